"""Reads the text of a file that an option names, or standard input."""

import sys
from pathlib import Path

from s3io_user.errors import S3IOError
from s3io_user.explain.stack import MOST_CHARACTERS
from s3io_user.wording import legible


def named(name: str) -> str:
    """The file as a sentence names it."""
    return "standard input" if name == "-" else legible(name)


def read(option: str, name: str) -> str:
    """The text of a policy document or of a part of one. Raises S3IOError."""
    try:
        # No more than is needed to see that it is too much: a device has no end.
        if name == "-":
            text = sys.stdin.read(MOST_CHARACTERS + 1)
        else:
            with Path(name).open(encoding="utf-8-sig") as file:
                text = file.read(MOST_CHARACTERS + 1)
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "it is not UTF-8"
        raise S3IOError(f"{option} {named(name)} can't be read: {reason}") from None
    if len(text) > MOST_CHARACTERS:
        raise S3IOError(f"{named(name)} has more than {MOST_CHARACTERS:,} characters, which no policy has")
    return text
