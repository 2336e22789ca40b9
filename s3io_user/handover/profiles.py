"""Writes an access key into a shared credentials or config file, and keeps every other byte. Pure."""

import configparser
import io
import re
import shlex
from collections.abc import Iterator

from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials
from s3io_user.handover.formats import ini_pair, render_ini

_PAIR = ("aws_access_key_id", "aws_secret_access_key")
# Left beside a new pair, a session token of an older one would make AWS refuse it.
_STALE = ("aws_session_token", "aws_security_token")
_HEADER = re.compile(r"\[(.+)\]")
# A header as a person, or a stricter parser than botocore's, reads it: up to the first bracket or comment.
_MEANT = re.compile(r"\[\s*(?:profile\s)?[\s\"']*([^\]#;\"']*?)[\s\"']*([\]#;]|$)")
_CONFIG_SECTIONS = re.compile(r"^\[\s*(profile|sso-session|services)\s", re.MULTILINE)

_Owner = tuple[str, str]
"""The section and the key of a line; the key of a section's header is ``""``."""


def merge_profile(text: str, profile: str, pair: Credentials, *, config: bool = False) -> str:
    """Replace the access key of a profile in the file's text, or add the profile at the end.

    ``config`` is true for a file like ``~/.aws/config``, where a section is called ``profile NAME``. Everything else
    stays byte for byte: other profiles, the profile's other keys, comments, order, line endings. Raises S3IOError,
    without quoting the file, if botocore can't read it, or reads another section for the profile than a person would.
    """
    _check_readable(text)
    end = "\r\n" if "\r\n" in text else "\n"
    lines = io.StringIO(text, newline="").readlines()
    owned = list(zip(lines, _owners(lines), strict=True))
    at = _header_line(owned, profile, config=config)
    if at is None:
        gap = "" if not text else end if text.endswith(("\n", "\r")) else end * 2
        return text + gap + render_ini(pair, profile, config=config).replace("\n", end)
    before, after = lines[: at + 1], owned[at + 1 :]
    section = (owned[at][1] or ("", ""))[0]
    values = ini_pair(pair)
    kept = list(_replaced(after, section, values, end))
    # Indented like the lines below, which configparser would otherwise read as the end of the last value.
    indent = next((_indent(line) for line, owner in after if owner), "")
    missing = [f"{indent}{key} = {value}{end}" for key, value in values.items()]
    if not before[-1].endswith(("\n", "\r")):
        before.append(end)
    return "".join([*before, *missing, *kept])


def looks_like_config(text: str) -> bool:
    """Whether a text has sections that only a config file has."""
    return _CONFIG_SECTIONS.search(text) is not None


def _header_line(owned: list[tuple[str, _Owner | None]], profile: str, *, config: bool) -> int | None:
    """The line of the profile's section header; None if there is none."""
    headers = []
    for at, (line, owner) in enumerate(owned):
        if owner is None or owner[1]:
            continue
        if profile_of(owner[0], config=config) == profile:
            headers.append(at)
        elif _is_meant(line, profile, config=config):
            raise S3IOError(
                f"line {at + 1} of the file looks like the section of profile {profile}, but the AWS SDKs do not read "
                "it as that: put nothing but the name in the brackets, and a comment on a line of its own"
            )
    if len(headers) > 1:
        numbers = " and ".join(str(at + 1) for at in headers)
        raise S3IOError(f"the file has more than one section for profile {profile} (lines {numbers}): keep one of them")
    return headers[0] if headers else None


def profile_of(section: str, *, config: bool) -> str | None:
    """The profile that botocore reads from a section."""
    if not config or section == "default":
        return section
    try:
        words = shlex.split(section)
    except ValueError:  # a quote that is not closed
        return None
    return words[1] if section.startswith("profile") and len(words) == 2 else None


def _is_meant(line: str, profile: str, *, config: bool) -> bool:
    """Whether a person would read this header as the profile's, although botocore does not."""
    meant = _MEANT.match(line.strip())
    prefixed = re.match(r"\[\s*profile\s", line.strip()) is not None
    return meant is not None and meant[1] == profile and prefixed is (config and profile != "default")


def _replaced(owned: list[tuple[str, _Owner | None]], section: str, values: dict[str, str], end: str) -> Iterator[str]:
    """The lines with the key in its old places and without stale tokens. Removes from ``values`` what was placed."""
    for line, owner in owned:
        if owner is None or owner[0] != section or owner[1] not in (*_PAIR, *_STALE):
            yield line
        elif owner[1] in values:
            yield f"{_indent(line)}{owner[1]} = {values.pop(owner[1])}{end}"


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


_UNREADABLE = {
    configparser.MissingSectionHeaderError: "is before the first section, such as [default]: give it a section",
    configparser.DuplicateSectionError: "begins a section that the file has already: keep one of them",
    configparser.DuplicateOptionError: "sets a key that its section has already: keep one of them",
    configparser.ParsingError: "is neither a section, such as [default], nor a key and its value: correct it",
}


def _check_readable(text: str) -> None:
    if text.startswith("\ufeff"):
        raise S3IOError(
            "the file begins with a byte order mark, which the AWS SDKs can't read: save it as UTF-8 without one"
        )
    try:
        configparser.RawConfigParser().read_file(io.StringIO(text, newline=None))
    except configparser.Error as error:
        at = getattr(error, "lineno", None) or next((line for line, _ in getattr(error, "errors", ())), "?")
        why = next(
            (words for kind, words in _UNREADABLE.items() if isinstance(error, kind)), "can't be read: repair it"
        )
        raise S3IOError(f"line {at} of the file {why}") from None


def _owners(lines: list[str]) -> Iterator[_Owner | None]:
    """The section and the key that each line belongs to, by the rules of configparser, which botocore uses.

    A header has the key ``""``. Comments and blank lines have neither, and are always kept.
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
