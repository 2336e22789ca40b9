"""Credentials: from a stack's outputs to what a site, a shell or an SDK reads. Pure, and masked where shown."""

import difflib
import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from s3io_user.errors import InputError, S3IOError
from s3io_user.names import existing_user_fault, legible, parse_bucket, shown

MASK = "********"
"""What stands for a secret that is not to be seen."""

# Letters, digits, '/' and '+' are what AWS uses today. Nothing here means anything to a shell, PHP, CSV or an ini
# file, so that no secret can break out of its place in one.
_SECRET = re.compile(r"[A-Za-z0-9/+=_.-]{16,256}")
_KEY_ID = re.compile(r"[A-Za-z0-9_]{16,128}")
_REGION = re.compile(r"[a-z0-9-]{0,40}")
_FEW_NAMES = 20
_PROFILE = re.compile(r"(?!DEFAULT$)[A-Za-z0-9_./%@:+=,-]{1,128}")


class Credentials:
    """A user's key pair and where it is to be used; frozen, and its secret is in no repr, vars, copy or pickle.

    ``buckets`` holds ``name`` or ``name/folder`` each, none for every bucket; ``region`` is ``""`` where unknown.
    Raises InputError with every fault, without the pair.
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
        raise TypeError("credentials can't be pickled or copied, so that their secret goes nowhere unseen")

    def masked(self) -> "Credentials":
        """The same without the secret."""
        return Credentials(self.user_name, self.access_key_id, MASK, self.region, self.buckets)


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _places(buckets: Iterable[str]) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    places, faults = [], []
    for bucket in buckets:
        try:
            places.append(str(parse_bucket(bucket)))
        except ValueError as fault:
            faults.append(("buckets", str(fault)))
    return tuple(places), faults


def user_outputs(outputs: Mapping[str, Any], user: str | None = None) -> Mapping[str, Any]:
    """One user's outputs from a stack's: of the only one, or of the one that ``user`` names in the map ``users``.

    Raises S3IOError where the stack has no user, several and none is named, or none of that name.
    """
    if not outputs:
        raise S3IOError("the stack has no outputs yet: run pulumi up first")
    users = outputs.get("users")
    if not isinstance(users, Mapping):
        if "userName" not in outputs:
            raise S3IOError("the stack has no output userName: it is not a stack of s3io-user (name it by --stack)")
        users = {str(outputs["userName"]): outputs}
    if user is None and len(users) == 1:
        user = next(iter(users))
    if user not in users:
        raise S3IOError(_no_user(user, sorted(users)))
    chosen = users[user]
    if not isinstance(chosen, Mapping):
        raise S3IOError("the output users must be a map of name to outputs: see the program that exports it")
    return chosen


def _no_user(user: str | None, known: list[str]) -> str:
    listed = ", ".join(map(legible, known[:_FEW_NAMES])) or "none"
    listed += f" and {len(known) - _FEW_NAMES} more" if len(known) > _FEW_NAMES else ""
    if user is None:
        return f"the stack has {len(known)} users: choose one by --user ({listed})"
    near = difflib.get_close_matches(user, known, n=1)
    return f"no user {shown(user)} in the stack ({f'did you mean {shown(near[0])}?' if near else f'known: {listed}'})"


def from_outputs(outputs: Mapping[str, Any]) -> Credentials:
    """One user's credentials from its outputs, as ``pulumi stack output --json --show-secrets`` gives them.

    Raises S3IOError where there is no pair to hand over, with what to do about it.
    """
    secret_map = outputs.get("credentials")
    pair = {**outputs, **{k: v for k, v in secret_map.items() if v}} if isinstance(secret_map, Mapping) else outputs
    name, key_id, secret = (pair.get(key) for key in ("userName", "accessKeyId", "secretAccessKey"))
    if not key_id:
        raise S3IOError(f"{shown(name)} has no access key: set createAccessKey to true and run pulumi up")
    if not secret and pair.get("encryptedSecret"):
        raise S3IOError(
            f"the secret of {shown(name)} is encrypted by your PGP key, and only that opens it: "
            "pulumi stack output encryptedSecret | base64 --decode | gpg --decrypt"
        )
    if not secret or secret == MASK:
        raise S3IOError(
            f"the stack does not know the secret of {shown(name)}, since AWS gives it once, when a key is made: "
            "raise keyGeneration by one and run pulumi up for a new key"
        )
    buckets = pair.get("buckets") or ()
    if not isinstance(buckets, list | tuple):
        raise S3IOError("the output credentials must hold buckets as a list: see the program that exports it")
    return Credentials(str(name), key_id, secret, pair.get("region") or "", buckets)


def render_csv(pair: Credentials) -> str:
    """The console's columns, then the name: unquoted, since ``aws configure import`` splits at every comma."""
    row = f"{pair.access_key_id},{pair.secret_access_key},{pair.user_name}"
    return f"Access key ID,Secret access key,User name\n{row}\n"


def csv_warning(pair: Credentials) -> str | None:
    """What the readers of a .csv file make of this name, where it is not what it was."""
    if pair.user_name[0] in "=+-@":
        return f"a spreadsheet may take the name {pair.user_name!r} for a formula: read the file as text"
    if "," in pair.user_name:
        return f"the name {pair.user_name!r} holds a comma, where readers of the .csv file may cut it"
    return None


def render_env(pair: Credentials) -> str:
    """Variables for a shell, a .env file, ``docker --env-file`` or systemd; quoted only where a shell must have it."""
    variables = env_pair(pair) | env_region(pair)
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def env_pair(pair: Credentials) -> dict[str, str]:
    """The pair under the names that an environment has for it."""
    return {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}


def env_region(pair: Credentials) -> dict[str, str]:
    """The region, where it is known: boto3 reads the second alone, most other SDKs the first alone."""
    return {"AWS_REGION": pair.region, "AWS_DEFAULT_REGION": pair.region} if pair.region else {}


def render_ini(pair: Credentials, profile: str = "default", *, config: bool = False) -> str:
    """A profile of ``~/.aws/credentials``, or of ``~/.aws/config``. Raises InputError for a name that is none."""
    if fault := profile_fault(profile):
        raise InputError([("profile", fault)])
    values = ini_pair(pair) | ({"region": pair.region} if pair.region else {})
    section = f"profile {profile}" if config and profile != "default" else profile
    return "\n".join([f"[{section}]", *(f"{key} = {value}" for key, value in values.items()), ""])


def ini_pair(pair: Credentials) -> dict[str, str]:
    """The pair under the names that a profile has for it."""
    return {"aws_access_key_id": pair.access_key_id, "aws_secret_access_key": pair.secret_access_key}


def profile_fault(profile: str) -> str | None:
    """Why a profile's name would not be read back by every SDK, or would break out of its line."""
    if _PROFILE.fullmatch(profile):
        return None
    return f"must be 1 to 128 letters, digits and _ . / % @ : + = , -, and not DEFAULT (got {shown(profile)})"


def render_json(pair: Credentials) -> str:
    """The same keys as the stack's output ``credentials``."""
    values = {
        "userName": pair.user_name,
        "accessKeyId": pair.access_key_id,
        "secretAccessKey": pair.secret_access_key,
        "region": pair.region or None,
        "buckets": pair.buckets,
    }
    return json.dumps(values, indent=2) + "\n"


def render_process(pair: Credentials) -> str:
    """What an SDK expects of a profile's ``credential_process``."""
    values = {"Version": 1, "AccessKeyId": pair.access_key_id, "SecretAccessKey": pair.secret_access_key}
    return json.dumps(values) + "\n"


def render_wp_config(pair: Credentials) -> str:
    """Lines to paste into wp-config.php: the pair, and bucket, folder and region where there is one bucket."""
    constants = {"DBI_AWS_ACCESS_KEY_ID": pair.access_key_id, "DBI_AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    lines = [
        f'// The S3 key of IAM user {pair.user_name}: paste above "That\'s all, stop editing!" in wp-config.php.',
        "// Remove every other AS3CF_, DBI_ or AWS_ constant of a key: AS3CF_ comes before DBI_, and DBI_ before AWS_,",
        "// for the ID and the secret separately, so that one left over is paired wrongly.",
        *(_define(name, value) for name, value in constants.items()),
        *_bucket_lines(pair),
    ]
    return "\n".join(lines) + "\n"


def _bucket_lines(pair: Credentials) -> list[str]:
    if not pair.buckets:
        return ["// The key is not limited to one bucket: choose the bucket in the plugin's settings."]
    if len(pair.buckets) > 1:
        # Safe in a comment: a folder holds no line break, and no '?', so no '?>' that would end PHP.
        places = [f"//   {bucket}" for bucket in pair.buckets]
        return ["// Only one bucket can be named here; put these in the list in the plugin's settings:", *places]
    name, _, folder = pair.buckets[0].partition("/")
    constants = {"S3_IMAGE_OPTIMIZER_BUCKET": name}
    if folder:
        # Without the slash the plugin also lists the folder's siblings, and stops at the first that is refused.
        constants["S3_IMAGE_OPTIMIZER_FOLDER"] = f"{folder}/"
    if pair.region:
        constants["S3_IMAGE_OPTIMIZER_REGION"] = pair.region
    return [_define(constant, value) for constant, value in constants.items()]


def _define(constant: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"define( '{constant}', '{quoted}' );"


# By the names that `s3io-user export --format` has for them.
RENDERERS: dict[str, Callable[[Credentials], str]] = {
    "csv": render_csv,
    "env": render_env,
    "ini": render_ini,
    "json": render_json,
    "wp-config": render_wp_config,
}
