"""The shared AWS files: tells a config file from a credentials file, and checks which key botocore uses."""

import configparser
import os
from collections.abc import Iterable
from pathlib import Path

from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials
from s3io_user.handover.profiles import looks_like_config, profile_of
from s3io_user.wording import legible

_VARIABLES = {"config": "AWS_CONFIG_FILE", "credentials": "AWS_SHARED_CREDENTIALS_FILE"}
# If a profile has one of these settings, botocore or another SDK does not use its access key.
_OTHER_WAYS = ("role_arn", "credential_source", "credential_process", "web_identity_token_file", "login_session")
_OTHER_WAYS_PREFIX = "sso_"
_TOKENS = ("aws_session_token", "aws_security_token")
# Where botocore looks if these files have no key: other files, and addresses on the network.
_ELSEWHERE = ("ec2-credentials-file", "boto-config", "container-role", "iam-role")


def is_config(target: Path, text: str) -> bool:
    """Whether a file is a config file: by the environment, then by its name, then by its text."""
    for kind in ("config", "credentials"):
        if _same(target, _of_the_environment(kind)):
            return kind == "config"
    return target.name == "config" or (target.name != "credentials" and looks_like_config(text))


def check_profile(target: Path, written: Path, profile: str, pair: Credentials, *, config: bool) -> None:
    """Check that botocore uses the access key for the profile once ``written`` replaces ``target``.

    The other file of the two is the one in the same folder, else this machine's. Runs no program and uses no network.
    Raises S3IOError with the reason if botocore would use another key.
    """
    files = {"config": written, "credentials": _beside(target, "credentials")}
    if not config:
        files = {"config": _beside(target, "config"), "credentials": written}
    shown = {kind: target if path is written else path for kind, path in files.items()}
    try:
        reason = _reason(files, shown, profile, pair)
    except Exception as error:  # botocore's own, which quote the file, and whatever such a file makes botocore raise
        both = f"{legible(shown['config'])} and {legible(shown['credentials'])}"
        reason = f"botocore can't read {both} together ({type(error).__name__}): repair them"
    if reason:
        raise S3IOError(
            f"{legible(target)} is left as it was, because profile {profile} would not use the key: {reason}"
        )


def _reason(files: dict[str, Path], shown: dict[str, Path], profile: str, pair: Credentials) -> str | None:
    """Why botocore would not use the access key; None if it would."""
    from botocore.credentials import create_credential_resolver
    from botocore.session import Session

    session = Session(profile=profile)
    for kind, path in files.items():
        session.set_config_variable(f"{kind}_file", str(path))
    keys = session.full_config["profiles"].get(profile, {})
    if others := [key for key in keys if key in _OTHER_WAYS or key.startswith(_OTHER_WAYS_PREFIX)]:
        return (
            f"it has {', '.join(others)} ({_places(others, files, shown, profile)}), which comes before a key: "
            "remove that, or choose another --profile"
        )
    resolver = create_credential_resolver(session)
    for name in _ELSEWHERE:
        resolver.remove(name)
    credentials = resolver.load_credentials()
    if credentials is None:
        return "botocore finds no key for it there"
    if credentials.token:
        return f"a session token is set ({_places(_TOKENS, files, shown, profile)}): remove it"
    if (credentials.access_key, credentials.secret_key) != (pair.access_key_id, pair.secret_access_key):
        other = shown["credentials" if credentials.method == "shared-credentials-file" else "config"]
        return f"{legible(other)} has another key for it, which comes first: export into that file"
    return None


def _places(keys: Iterable[str], files: dict[str, Path], shown: dict[str, Path], profile: str) -> str:
    """Which files set one of the keys, for this profile or for all profiles."""
    places = []
    for kind, path in files.items():
        parser = configparser.RawConfigParser()
        parser.read(path)
        if any(key in parser.defaults() for key in keys):
            places.append(f"in [DEFAULT] of {legible(shown[kind])}")
        elif any(
            parser.has_option(section, key)
            for section in parser.sections()
            for key in keys
            if profile_of(section, config=kind == "config") == profile
        ):
            places.append(f"in {legible(shown[kind])}")
    return " and ".join(places)


def _beside(target: Path, kind: str) -> Path:
    """The config or credentials file that the SDKs read together with the target."""
    own = next(other for other in _VARIABLES if other != kind)
    beside = target.with_name(kind)
    if target.name == own and beside.exists() and not _same(target, _of_the_environment(own)):
        return beside
    return _of_the_environment(kind)


def _of_the_environment(kind: str) -> Path:
    return Path(os.path.expanduser(os.path.expandvars(os.environ.get(_VARIABLES[kind]) or f"~/.aws/{kind}")))


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
