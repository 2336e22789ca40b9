"""Checks the names of users, paths, groups, policies and tags.

Each ``*_fault`` takes one value and returns what must hold and what it got, or ``None`` if the value is valid. The
rules are those of the IAM user guide. The AWS provider checks few of them (it accepts a user name of 65 characters), so
without these checks AWS would be the first to object.
"""

import re
import unicodedata
from collections.abc import Mapping

from s3io_user.wording import shown

USER_NAME_LIMIT = 64
"""The maximum length of a new user's name; that of an existing user, a group or a policy is 128."""


_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_NAME_WORDS = "letters, digits and _ + = , . @ -"
_USER_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:user/(?:[!-~]*/)?([\w+=,.@-]+)", re.ASCII)
_TAG_SIGNS = "_ . : / = + - @"


def _entity_fault(what: str, name: object, limit: int) -> str | None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"{what} must be 1 to {limit} of {_NAME_WORDS} (got {shown(name)})"
    if len(name) > limit:
        return f"{what} must have at most {limit} characters (got {len(name)}: {shown(name)})"
    return None


def user_name_fault(name: object) -> str | None:
    """Check a new user's name: up to 64 characters (IAM quotas; the API model's 128 applies to existing users)."""
    return _entity_fault("a user name", name, USER_NAME_LIMIT)


def existing_user_fault(name: object) -> str | None:
    """Check the name or ARN of an existing user: up to 128 characters."""
    return _entity_fault("an existing user's name", existing_user_name(name), 128)


def existing_user_name(text: object) -> object:
    """The user's name from an ARN; any other text as it is."""
    match = _USER_ARN.fullmatch(text) if isinstance(text, str) else None
    return match[1] if match else text


def group_name_fault(name: object) -> str | None:
    """Check a group's name: up to 128 characters."""
    return _entity_fault("a group name", name, 128)


def policy_name_fault(name: object) -> str | None:
    """Check a policy's name: up to 128 characters."""
    return _entity_fault("a policy name", name, 128)


def path_fault(path: object) -> str | None:
    """Check a path: it begins and ends with ``/``, in printable ASCII without spaces, up to 512 characters."""
    if not isinstance(path, str) or not re.fullmatch(r"/|/[!-~]+/", path):
        return (
            f"a path must begin and end with '/' and hold printable ASCII without spaces in between (got {shown(path)})"
        )
    if re.search(r"[*?]|\$\{", path):
        return f"a path must not hold '*', '?' or '${{', which stand for other users in a policy (got {shown(path)})"
    if len(path) > 512:
        return f"a path must have at most 512 characters (got {len(path)})"
    return None


def tag_faults(tags: Mapping[str, object]) -> list[str]:
    """Check tags: at most 50, keys of 1 to 128 characters that do not begin with ``aws:``, values up to 256.

    IAM ignores case in the keys of a user's tags, and refuses a user with two that differ in case alone.
    """
    faults = [f"at most 50 tags (got {len(tags)})"] if len(tags) > 50 else []
    spelled: dict[str, str] = {}
    for key in (key for key in tags if isinstance(key, str)):
        if (first := spelled.setdefault(key.lower(), key)) != key:
            faults.append(f"each tag's key must be unique without regard to case (got {shown(first)} and {shown(key)})")
    for key, value in tags.items():
        if not isinstance(key, str):
            faults.append(f"a tag's key must be a string (got {shown(key)})")
            continue
        if not 1 <= len(key) <= 128:
            faults.append(f"a tag's key must have 1 to 128 characters (got {len(key)}: {shown(key)})")
        if key.lower().startswith("aws:"):
            faults.append(f"a tag's key must not begin with 'aws:', which AWS keeps for itself (got {shown(key)})")
        if odd := next((one for one in f"{key}{value if isinstance(value, str) else ''}" if not _in_a_tag(one)), None):
            faults.append(f"the tag {shown(key)} must hold letters, digits, spaces and {_TAG_SIGNS} (got {shown(odd)})")
        if isinstance(value, str) and len(value) > 256:
            faults.append(f"the tag {shown(key)} must have a value of at most 256 characters (got {len(value)})")
    return faults


def _in_a_tag(one: str) -> bool:
    """Whether a tag may contain it, by the API model: letters, spaces and numbers of any script, and a few signs."""
    return one in _TAG_SIGNS or unicodedata.category(one)[0] in "LZN"
