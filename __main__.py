"""The program: stack config → one user, or many → stack outputs."""

import signal

import pulumi

from s3io_user import S3IOUser
from s3io_user.config import read_setup

# When a resource fails, the engine interrupts this program. Python would print that interruption as a traceback
# above the cause; with the system's own handling it just ends.
signal.signal(signal.SIGINT, signal.SIG_DFL)

setup = read_setup()
exports = {name: S3IOUser(name, args).exports() for name, args in setup.users.items()}
for key, value in ({"users": exports} if setup.many else exports.popitem()[1]).items():
    pulumi.export(key, value)
