"""The program: stack config → one user, or many → stack outputs."""

import asyncio
import os
import signal
from typing import Any

import pulumi

from s3io_user import S3IOUser, read_setup

# When a resource fails, the engine interrupts this program. Python would print that interruption as a traceback
# above the cause; with the system's own handling it just ends.
signal.signal(signal.SIGINT, signal.SIG_DFL)


def log_error(msg: str, *rest: Any, _log: Any = pulumi.log.error, **more: Any) -> None:
    """Log an error, except that requests were canceled, as the engine cancels them before an interruption at times."""
    if not msg.rstrip().endswith("context canceled"):
        _log(msg, *rest, **more)


pulumi.log.error = log_error
# The SDK sends the engine four debug messages for each resource, and waits for each. With many users that takes longer
# than the rest of the program. To see them with `pulumi up --debug`, set S3IO_USER_DEBUG=true in the environment.
if not os.environ.get("S3IO_USER_DEBUG"):
    pulumi.log.debug = lambda *_, **__: None


async def program() -> dict[str, Any]:
    """Make the users, and return the stack outputs."""
    setup = read_setup()
    exports = {name: S3IOUser(name, args).exports() for name, args in setup.users.items()}
    # Let every resource's request begin. The SDK otherwise waits for outputs before requests, and goes through all
    # that are still to come whenever one has come: with hundreds of users it does little else.
    await asyncio.sleep(0)
    return {"users": exports} if setup.many else exports.popitem()[1]


pulumi.run(program)
