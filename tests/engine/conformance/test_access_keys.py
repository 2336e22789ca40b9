"""Access keys: their status, their secret, and PGP keys."""

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws import server
from local_aws.provider.aws import AwsError
from tests.asker import Asker
from tests.engine.conformance.world import World, statuses


def test_an_inactive_key_is_made_and_then_switched_off(ask: Asker, world: World, iam: Any) -> None:
    key = ask.create("AccessKey", {"user": world.user, "status": "Inactive"})
    assert statuses(iam, world.user) == {key.id: "Inactive"}
    assert key.outputs["status"] == "Inactive"


def test_the_secret_survives_a_refresh(ask: Asker, world: World) -> None:
    key = ask.create("AccessKey", {"user": world.user})
    found = ask.read(key)
    assert found is not None
    assert found.outputs["secret"] == key.outputs["secret"]
    assert found.secrets == {"secret", "sesSmtpPasswordV4"}


def test_the_delete_of_a_renamed_user_s_key_leaves_the_key(ask: Asker, name: str, iam: Any) -> None:
    user = ask.create("User", {"name": name})
    key = ask.create("AccessKey", {"user": name})
    ask.update(user, {"name": f"{name}-2"})
    ask.delete(key)  # goes to the old name, is answered with 404, and counts as done
    assert statuses(iam, f"{name}-2") == {key.id: "Active"}


@pytest.fixture(scope="session")
def gpg_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("gpg", numbered=False)
    home.chmod(0o700)
    _gpg(home, "--passphrase", "", "--quick-generate-key", "someone@example.com", "future-default", "default", "never")
    yield home
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)


def _gpg(home: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


def test_with_a_pgp_key_the_secret_is_encrypted_and_nowhere_bare(
    ask: Asker, aws: server.Aws, world: World, gpg_home: Path
) -> None:
    public = base64.b64encode(_gpg(gpg_home, "--export")).decode()
    key = ask.create("AccessKey", {"user": world.user, "pgpKey": public})
    assert "secret" not in key.outputs
    assert "sesSmtpPasswordV4" not in key.outputs
    fingerprints = re.findall(r"^fpr:+(\w+):", _gpg(gpg_home, "--with-colons", "--list-keys").decode(), re.M)
    assert key.outputs["keyFingerprint"] == fingerprints[0].lower()
    secret, password = (
        _gpg(gpg_home, "--decrypt", stdin=base64.b64decode(key.outputs[output])).decode()
        for output in ("encryptedSecret", "encryptedSesSmtpPasswordV4")
    )
    assert aws.client("sts", key.id, secret).get_caller_identity()["Arn"].endswith(world.user)
    assert re.fullmatch(r"B[\w/+]{43}", password)


# What go-crypto refuses: see tests/unit/iam/test_pgp.py.
PGP_KEYS = json.loads((Path(__file__).parents[2] / "unit" / "iam" / "pgp_keys.json").read_text())
REFUSED = {name: each["key"] for name, each in PGP_KEYS.items() if each["go-crypto"] != "ok"}


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("garbage!", id="no-base64"),
        pytest.param(base64.b64encode(b"no key").decode(), id="no-key"),
        pytest.param("keybase:someone", id="keybase"),
        pytest.param(PGP_KEYS["ed25519"]["key"].replace("A", " A", 1), id="white-space"),
        pytest.param(base64.b64encode(b"-----BEGIN PGP PUBLIC KEY BLOCK-----").decode(), id="armoured"),
        *(pytest.param(key, id=name) for name, key in REFUSED.items()),
    ],
)
def test_a_bad_pgp_key_is_found_when_the_key_lives_already(ask: Asker, world: World, iam: Any, bad: str) -> None:
    with pytest.raises(AwsError, match=rf"^creating IAM Access Key \({world.user}\): "):
        ask.create("AccessKey", {"user": world.user, "pgpKey": bad})
    assert list(statuses(iam, world.user).values()) == ["Active"]


def test_without_gpg_the_error_says_so(ask: Asker, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AwsError, match="encrypts with the program gpg, which is not on PATH"):
        ask.create("AccessKey", {"user": world.user, "pgpKey": PGP_KEYS["ed25519"]["key"]})
