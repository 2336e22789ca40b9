"""Reads one user's credentials from a stack's outputs, and masks the secret when it is shown. Pure."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from s3io_user import tokens
from s3io_user.errors import InputError, S3IOError
from s3io_user.iam.buckets import parse_bucket
from s3io_user.iam.names import existing_user_fault
from s3io_user.wording import legible, shown

MASK = "********"
"""Shown in place of a secret."""

# AWS uses letters, digits, '/' and '+' today. None of these characters has a meaning in a shell, PHP, CSV or ini file,
# so no secret can break out of its place in one.
_SECRET = re.compile(r"[A-Za-z0-9/+=_.-]{16,256}")
_KEY_ID = re.compile(r"[A-Za-z0-9_]{16,128}")
_REGION = re.compile(r"[a-z0-9-]{0,40}")
_FEW_NAMES = 20


class Credentials:
    """A user's access key and where it is used. Immutable; repr, vars, copy and pickle don't expose the secret.

    ``buckets`` are ``name`` or ``name/folder``, empty for every bucket. ``region`` is ``""`` if it is unknown. Raises
    InputError with every fault, without the access key.
    """

    __slots__ = ("access_key_id", "buckets", "region", "secret_access_key", "user_name")

    user_name: str
    access_key_id: str
    secret_access_key: str
    region: str
    buckets: tuple[str, ...]

    def __init__(
        self,
        user_name: str,
        access_key_id: str,
        secret_access_key: str,
        region: str = "",
        buckets: Iterable[str] = (),
    ) -> None:
        places, faults = _places(buckets)
        if fault := existing_user_fault(user_name):
            faults.append(("userName", fault))
        if not _matches(_KEY_ID, access_key_id):
            faults.append(("accessKeyId", "must be 16 to 128 letters and digits"))
        if secret_access_key != MASK and not _matches(_SECRET, secret_access_key):
            faults.append(("secretAccessKey", "must be 16 to 256 letters, digits and / + = _ . -"))
        if not _matches(_REGION, region):
            faults.append(("region", f"must be a region like eu-west-1 (got {shown(region)})"))
        if faults:
            raise InputError(faults)
        values = (access_key_id, places, region, secret_access_key, user_name)
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"credentials are frozen: '{name}' can't be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"credentials are frozen: '{name}' can't be deleted")

    def __repr__(self) -> str:
        return f"Credentials(user_name={self.user_name!r}, access_key_id={self.access_key_id!r}, {MASK})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials can't be pickled or copied, so that their secret does not spread unnoticed")

    def masked(self) -> "Credentials":
        """A copy with the secret masked."""
        return Credentials(self.user_name, self.access_key_id, MASK, self.region, self.buckets)


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _places(buckets: Iterable[str]) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    places, faults = [], []
    for bucket in buckets:
        try:
            places.append(str(parse_bucket(bucket, known=True)))
        except ValueError as fault:
            faults.append(("buckets", str(fault)))
    return tuple(places), faults


def all_outputs(outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The outputs of every user, by its name in the map ``users``, or the only user's by its name in AWS.

    Raises S3IOError if the stack has no users.
    """
    if not outputs:
        raise S3IOError("the stack has no outputs yet: run pulumi up first")
    users = outputs.get("users")
    if not isinstance(users, Mapping):
        if "userName" not in outputs:
            raise S3IOError(
                "the stack has neither an output userName nor an output users, which this command reads: name another "
                "stack by --stack, or export the component's outputs by their own names"
            )
        return {str(outputs["userName"]): outputs}
    return users


def user_outputs(outputs: Mapping[str, Any], user: str | None = None) -> Mapping[str, Any]:
    """Select one user's outputs: the only user's, or those of the one that ``user`` names in the map ``users``.

    Raises S3IOError where the stack has no user, several and none is named, or none of that name.
    """
    users = all_outputs(outputs)
    if user is None and len(users) == 1:
        user = next(iter(users))
    if user is None or user not in users:
        raise S3IOError(_no_user(user, sorted(users)))
    chosen = users[user]
    if not isinstance(chosen, Mapping):
        raise S3IOError("the output users must be a map of name to outputs: see the program that exports it")
    _check_known(chosen, legible(user))
    return chosen


def _check_known(outputs: Mapping[str, Any], who: str) -> None:
    if is_unknown(outputs):
        raise S3IOError(
            f"the stack's outputs do not say what {who} has, because the last update with --continue-on-error failed "
            "for it: correct that, and run pulumi up"
        )


def is_unknown(outputs: Any) -> bool:
    """Whether any of the outputs is one that a failed update with ``--continue-on-error`` did not know."""
    if isinstance(outputs, Mapping):
        return any(map(is_unknown, outputs.values()))
    return bool(outputs == tokens.UNKNOWN)


def _no_user(user: str | None, names: list[str]) -> str:
    listed = ", ".join(map(legible, names[:_FEW_NAMES])) or "none"
    listed += f" and {len(names) - _FEW_NAMES} more" if len(names) > _FEW_NAMES else ""
    if user is None:
        return f"the stack has {len(names)} users: choose one by --user ({listed})"
    near = difflib.get_close_matches(user, names, n=1)
    return f"no user {shown(user)} in the stack ({f'did you mean {shown(near[0])}?' if near else f'known: {listed}'})"


def from_outputs(outputs: Mapping[str, Any]) -> Credentials:
    """Read one user's credentials from its outputs, as ``pulumi stack output --json --show-secrets`` prints them.

    Raises S3IOError if there is no access key to hand over, and says what to do.
    """
    _check_known(outputs, "the user")
    secret_map = outputs.get("credentials")
    pair = {**outputs, **{k: v for k, v in secret_map.items() if v}} if isinstance(secret_map, Mapping) else outputs
    name, key_id, secret = (pair.get(key) for key in ("userName", "accessKeyId", "secretAccessKey"))
    if not key_id:
        raise S3IOError(
            f"{shown(name)} has no access key in the stack's outputs: set createAccessKey to true, or export "
            "accessKeyId and secretAccessKey in a program of your own, and run pulumi up"
        )
    if not secret and pair.get("encryptedSecret"):
        raise S3IOError(
            f"the secret of {shown(name)} is encrypted with your PGP key, and only that key opens it: "
            "pulumi stack output encryptedSecret | base64 --decode | gpg --decrypt"
        )
    if not secret or secret == MASK:
        raise S3IOError(
            f"the stack does not know the secret of {shown(name)}, because AWS shows it once, when the key is created: "
            "raise keyGeneration by one and run pulumi up for a new key"
        )
    buckets = pair.get("buckets") or ()
    if not isinstance(buckets, list | tuple):
        raise S3IOError("the output credentials must hold buckets as a list: see the program that exports it")
    return Credentials(str(name), key_id, secret, pair.get("region") or "", buckets)
