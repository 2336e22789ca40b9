"""The forms that credentials are handed over in. Pure."""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote

from s3io_user.errors import InputError
from s3io_user.handover.credentials import Credentials
from s3io_user.iam.addresses import s3_host
from s3io_user.wording import shown

_PROFILE = re.compile(r"(?!DEFAULT$)[A-Za-z0-9_./%@:+=,-]{1,128}")


def render_csv(pair: Credentials) -> str:
    """The console's columns, then the name: unquoted, since ``aws configure import`` splits at every comma."""
    return csv_rows([(pair.user_name, pair)])


def csv_rows(named: Iterable[tuple[str, Credentials]]) -> str:
    """The same with a line for each user, and the names that they are to have."""
    rows = [f"{pair.access_key_id},{pair.secret_access_key},{name}" for name, pair in named]
    return "\n".join(["Access key ID,Secret access key,User name", *rows, ""])


def csv_warning(pair: Credentials) -> str | None:
    """A warning if a reader of the .csv file would change this name; else None."""
    if pair.user_name[0] in "=+-@":
        return f"a spreadsheet may read the name {pair.user_name!r} as a formula: import the file as text"
    if "," in pair.user_name:
        return f"the name {pair.user_name!r} has a comma, where a reader of the .csv file may cut it"
    return None


def render_env(pair: Credentials) -> str:
    """Variables for a shell, a .env file, ``docker --env-file`` or systemd; quoted only if a shell needs it."""
    variables = env_pair(pair) | env_region(pair)
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def env_pair(pair: Credentials) -> dict[str, str]:
    """The access key as environment variables."""
    return {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}


def env_region(pair: Credentials) -> dict[str, str]:
    """The Region, if it is known: boto3 reads only the second variable, most other SDKs only the first."""
    return {"AWS_REGION": pair.region, "AWS_DEFAULT_REGION": pair.region} if pair.region else {}


def render_ini(pair: Credentials, profile: str = "default", *, config: bool = False) -> str:
    """A profile of ``~/.aws/credentials``, or of ``~/.aws/config``. Raises InputError for a name that is none."""
    if fault := profile_fault(profile):
        raise InputError([("profile", fault)])
    values = ini_pair(pair) | ({"region": pair.region} if pair.region else {})
    section = f"profile {profile}" if config and profile != "default" else profile
    return _section(section, values)


def ini_pair(pair: Credentials) -> dict[str, str]:
    """The access key as settings of a profile."""
    return {"aws_access_key_id": pair.access_key_id, "aws_secret_access_key": pair.secret_access_key}


def profile_fault(profile: str) -> str | None:
    """Why a profile's name is refused: an SDK would not read it back, or it would break out of its line."""
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
    """The output that an SDK expects from a profile's ``credential_process``."""
    values = {"Version": 1, "AccessKeyId": pair.access_key_id, "SecretAccessKey": pair.secret_access_key}
    return json.dumps(values) + "\n"


def render_wp_config(pair: Credentials) -> str:
    """Lines to paste into wp-config.php: the access key, and bucket, folder and Region if there is one bucket."""
    constants = {"DBI_AWS_ACCESS_KEY_ID": pair.access_key_id, "DBI_AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    lines = [
        f'// The S3 key of IAM user {pair.user_name}: paste above "That\'s all, stop editing!" in wp-config.php.',
        *(f"// {line}" for line in _OTHER_CONSTANTS),
        *(_define(name, value) for name, value in (constants | _bucket_constants(pair)).items()),
        *(f"// {line}" for line in _bucket_notes(pair)),
    ]
    return "\n".join(lines) + "\n"


def render_wp_cli(pair: Credentials) -> str:
    """WP-CLI commands that write the same constants into the wp-config.php of the current folder.

    The secret goes through standard input, because every user of the machine can see arguments. With ``--prompt``,
    WP-CLI reads the missing value there; without ``--quiet`` it would print it.
    """
    lines = [
        f"# The S3 key of IAM user {pair.user_name}: run these lines with a shell in the folder of the site.",
        *(f"# {line}" for line in _OTHER_CONSTANTS),
        _wp_set("DBI_AWS_ACCESS_KEY_ID", pair.access_key_id),
        "wp config set DBI_AWS_SECRET_ACCESS_KEY --type=constant --prompt --quiet >/dev/null <<'SECRET'",
        pair.secret_access_key,
        "SECRET",
        *(_wp_set(name, value) for name, value in _bucket_constants(pair).items()),
        *(f"# {line}" for line in _bucket_notes(pair)),
    ]
    return "\n".join(lines) + "\n"


_OTHER_CONSTANTS = (
    "Remove every other AS3CF_, DBI_ or AWS_ constant of a key: AS3CF_ comes before DBI_, and DBI_ before AWS_,",
    "for the ID and the secret separately, so that one left over is paired wrongly.",
)


def _bucket_constants(pair: Credentials) -> dict[str, str]:
    """The constants that name the bucket, if there is exactly one."""
    if len(pair.buckets) != 1:
        return {}
    name, _, folder = pair.buckets[0].partition("/")
    constants = {"S3_IMAGE_OPTIMIZER_BUCKET": name}
    if folder:
        # Without the slash the plugin also lists the folder's siblings, and stops at the first that is refused.
        constants["S3_IMAGE_OPTIMIZER_FOLDER"] = f"{folder}/"
    if pair.region:
        constants["S3_IMAGE_OPTIMIZER_REGION"] = pair.region
    return constants


def _bucket_notes(pair: Credentials) -> list[str]:
    if not pair.buckets:
        return ["The key is not limited to one bucket: choose the bucket in the plugin's settings."]
    if len(pair.buckets) == 1:
        return []
    # Safe in a comment: a folder holds no line break, and no '?', so no '?>' that would end PHP.
    return [
        "Only one bucket can be named here; put these in the list in the plugin's settings:",
        *(f"  {bucket}" for bucket in pair.buckets),
    ]


def _wp_set(constant: str, value: str) -> str:
    return f"wp config set {constant} {shlex.quote(value)} --type=constant"


def _define(constant: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"define( '{constant}', '{quoted}' );"


def render_rclone(pair: Credentials) -> str:
    """A remote for ``rclone.conf``."""
    values = {
        "type": "s3",
        "provider": "AWS",
        "access_key_id": pair.access_key_id,
        "secret_access_key": pair.secret_access_key,
        **({"region": pair.region} if pair.region else {}),
        # Else it creates the bucket before it writes a single file, which the key may not.
        "no_check_bucket": "true",
    }
    return _section("s3", values)


def render_restic(pair: Credentials) -> str:
    """Variables for restic, the repository's address included where there is one bucket; its password is not ours."""
    variables = env_pair(pair) | env_region(pair)
    places = [f"s3:https://{s3_host(pair.region)}/{quote(place)}" for place in pair.buckets or ["BUCKET"]]
    chosen = "" if len(pair.buckets) == 1 else "# "
    return "".join(
        [
            *(f"{name}={shlex.quote(value)}\n" for name, value in variables.items()),
            *(f"{chosen}RESTIC_REPOSITORY={place}\n" for place in places),
            "# Set RESTIC_PASSWORD or RESTIC_PASSWORD_FILE too: without the password nothing can be restored.\n",
        ]
    )


def render_s3cmd(pair: Credentials) -> str:
    """A whole ``~/.s3cfg``."""
    host = s3_host(pair.region)
    values = {
        "access_key": pair.access_key_id,
        "secret_key": pair.secret_access_key,
        **({"bucket_location": pair.region} if pair.region else {}),
        "host_base": host,
        "host_bucket": f"%(bucket)s.{host}",
        "use_https": "True",
    }
    return _section("default", values)


def _section(name: str, values: Mapping[str, str]) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in values.items()), ""])


# By the names that `s3io-user export --format` has for them.
RENDERERS: dict[str, Callable[[Credentials], str]] = {
    "csv": render_csv,
    "env": render_env,
    "ini": render_ini,
    "json": render_json,
    "wp-config": render_wp_config,
    "wp-cli": render_wp_cli,
    "rclone": render_rclone,
    "restic": render_restic,
    "s3cmd": render_s3cmd,
}
