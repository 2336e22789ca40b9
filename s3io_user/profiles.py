"""Profiles: put a key pair into a shared credentials file and leave every other byte of it as it is. Pure."""

import configparser
import io
import re
from collections.abc import Iterator

from s3io_user.credentials import Credentials, ini_pair, render_ini
from s3io_user.errors import S3IOError

_PAIR = ("aws_access_key_id", "aws_secret_access_key")
# Left beside a new pair, a session token of an older one would make AWS refuse it.
_STALE = ("aws_session_token", "aws_security_token")
_HEADER = re.compile(r"\[(.+)\]")


def merge_profile(text: str, profile: str, pair: Credentials) -> str:
    """The file's text with this profile's pair replaced, or with the profile added at its end.

    Everything else stays byte for byte: other profiles, the profile's other keys, comments, order, line endings.
    Raises S3IOError where botocore could not read the file, without quoting it.
    """
    _check_readable(text)
    end = "\r\n" if "\r\n" in text else "\n"
    lines = io.StringIO(text, newline="").readlines()
    owned = list(zip(lines, _owners(lines), strict=True))
    at = next((at for at, (_, owner) in enumerate(owned) if owner == (profile, "")), None)
    if at is None:
        gap = "" if not text else end if text.endswith(("\n", "\r")) else end * 2
        return text + gap + render_ini(pair, profile).replace("\n", end)
    before, after = lines[: at + 1], owned[at + 1 :]
    values = ini_pair(pair)
    kept = list(_replaced(after, profile, values, end))
    # As deep as what follows, which would else be taken for more of the last value.
    indent = next((_indent(line) for line, owner in after if owner), "")
    missing = [f"{indent}{key} = {value}{end}" for key, value in values.items()]
    if not before[-1].endswith(("\n", "\r")):
        before.append(end)
    return "".join([*before, *missing, *kept])


def _replaced(
    owned: list[tuple[str, tuple[str, str] | None]], profile: str, values: dict[str, str], end: str
) -> Iterator[str]:
    """The lines with the pair in its old places, and without stale tokens; takes from ``values`` what found a place."""
    for line, owner in owned:
        if owner is None or owner[0] != profile or owner[1] not in (*_PAIR, *_STALE):
            yield line
        elif owner[1] in values:
            yield f"{_indent(line)}{owner[1]} = {values.pop(owner[1])}{end}"


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _check_readable(text: str) -> None:
    try:
        configparser.RawConfigParser().read_file(io.StringIO(text, newline=None))
    except configparser.Error as error:
        at = getattr(error, "lineno", None) or next((line for line, _ in getattr(error, "errors", ())), "?")
        raise S3IOError(
            f"the file can't be read as an AWS credentials file ({type(error).__name__}, line {at}): repair it first"
        ) from None


def _owners(lines: list[str]) -> Iterator[tuple[str, str] | None]:
    """For each line the profile and the key that it belongs to, by configparser's rules, as botocore reads the file.

    A header has the key ``""``; comments and blank lines belong to nobody, and so are always kept.
    """
    section, option, level = "", "", 0
    for line in lines:
        bare = line.strip()
        if not bare or bare[0] in "#;":
            yield None
            continue
        indent = len(_indent(line))
        if not option or indent <= level:  # else the line goes on with the value above it
            level = indent
            header = _HEADER.match(bare)
            section, option = (header[1], "") if header else (section, re.split(r"\s*[=:]", bare)[0].lower())
        yield section, option
