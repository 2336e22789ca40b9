"""The program: stack config → one user, or many → stack outputs."""

from typing import Any

from s3io_user import S3IOUser, read_setup, run


def program() -> dict[str, Any]:
    """Make the users, and return the stack outputs."""
    setup = read_setup()
    exports = {name: S3IOUser(name, args).exports() for name, args in setup.users.items()}
    return {"users": exports} if setup.many else exports.popitem()[1]


run(program)
