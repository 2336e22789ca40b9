"""PGP keys: refused where the AWS provider would refuse them, and only there; read from the forms that people paste.

pgp_keys.json has public keys that gpg has made, and what github.com/ProtonMail/go-crypto 1.3.0 said of each when it was
to encrypt to it as the provider does (base64, ReadEntity, Encrypt). Some of them are damaged by one bit.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pysequoia
import pytest

from s3io_user.iam.pgp import pgp_key_fault, read_pgp_key
from s3io_user.iam.pgp_rules import cannot_encrypt

KEYS: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("pgp_keys.json").read_text())
ARMOURED = Path(__file__).with_name("pgp_key.asc").read_text()
GOOD = KEYS["ed25519"]["key"]
REASONS = {
    "expired": "must be a PGP key that is valid, and this one expired on 2020-01-01",
    "subkey-expired": "must be a PGP key that can encrypt: its encryption subkey expired on 2020-01-01",
    "of-the-future": "must be a PGP key that is valid, and this one was made in the future (2099-01-01)",
    "revoked": "must be a PGP key that is valid, and this one is revoked",
    "subkey-revoked": "must be a PGP key that can encrypt: its encryption subkey is revoked",
    "no-encryption": "must be a PGP key that can encrypt: this one has no encryption subkey",
    "truncated": "must be a whole public PGP key: gpg --export KEY | base64 -w0",
    "damaged-rsa": "must be a whole public PGP key, and this one has a signature that is not valid",
}


@pytest.mark.parametrize("name", KEYS)
def test_the_verdict_is_the_provider_s(name: str) -> None:
    fault = pgp_key_fault(KEYS[name]["key"])

    assert (fault is None) is (KEYS[name]["go-crypto"] == "ok"), fault
    assert (fault or "").startswith(REASONS.get(name, ""))


def test_both_verdicts_are_there() -> None:
    verdicts = [each["go-crypto"] == "ok" for each in KEYS.values()]

    assert (verdicts.count(True), verdicts.count(False)) == (15, 11)


def made(profile: str, suite: str) -> str:
    library: Any = pysequoia
    key = library.Tsk.generate(
        "Site <site@example.com>",
        profile=getattr(library.Profile, profile),
        cipher_suite=getattr(library.CipherSuite, suite),
    )
    return base64.b64encode(bytes(key.extract_certificate())).decode()


@pytest.mark.parametrize("suite", ["Cv25519", "Cv448", "P256", "RSA2k"])
@pytest.mark.parametrize("profile", ["RFC4880", "RFC9580"])
def test_new_keys_of_either_standard_are_taken(profile: str, suite: str) -> None:
    assert pgp_key_fault(made(profile, suite)) is None


def test_a_key_of_a_kind_that_go_does_not_know_is_named() -> None:
    assert pgp_key_fault(made("RFC9580", "MLDSA65_Ed25519")) == (
        "must be a PGP key of a kind that the AWS provider reads: RSA, DSA, ECDSA or EdDSA"
    )


@pytest.mark.parametrize(
    "pasted",
    [
        pytest.param(" ".join(GOOD[start : start + 64] for start in range(0, len(GOOD), 64)), id="folded-by-yaml"),
        pytest.param("\n".join(GOOD[start : start + 76] for start in range(0, len(GOOD), 76)) + "\n", id="base64"),
        pytest.param(ARMOURED, id="armoured"),
        pytest.param(ARMOURED.replace("\n", "\r\n"), id="windows"),
        pytest.param(ARMOURED.replace("\n", " "), id="armoured-and-folded"),
        pytest.param(
            ARMOURED.replace("BLOCK-----\n", "BLOCK-----\nVersion: GnuPG v2\nComment: ours\n", 1), id="headers"
        ),
        pytest.param(base64.b64encode(ARMOURED.encode()).decode(), id="base64-of-armoured"),
        pytest.param(base64.encodebytes(ARMOURED.encode()).decode(), id="folded-base64-of-armoured"),
        # From a .env file, a JSON string, a chat, a mail; base64 of another program; hashicorp/terraform#10835.
        pytest.param(ARMOURED.replace("\n", "\\n"), id="written-out-line-ends"),
        pytest.param(f'"{GOOD}"', id="quoted"),
        pytest.param(f"\ufeff{GOOD[:40]}\u200b{GOOD[40:]}", id="invisible"),
        pytest.param(ARMOURED.replace(" ", "\u00a0"), id="no-break-spaces"),
        pytest.param(
            ARMOURED.replace("\n\n", "\nVersion: GnuPG v2 Comment: a/b\n\n", 1).replace("\n", " "), id="one-line"
        ),
        pytest.param("> " + ARMOURED.replace("\n", "\n> "), id="cited"),
        pytest.param(ARMOURED.split("\n\n", 1)[1].split("-----END")[0], id="body-with-its-checksum"),
        pytest.param("".join(ARMOURED.split("\n\n", 1)[1].split("-----END")[0].split()), id="body-in-one-line"),
        pytest.param(ARMOURED.split("\n", 1)[1], id="without-its-first-line"),
        pytest.param(ARMOURED.split("-----END")[0], id="without-its-last-line"),
        pytest.param(ARMOURED.removeprefix("--"), id="without-all-its-dashes"),
        pytest.param(ARMOURED.replace("-----", "\u2014\u2014-"), id="long-dashes"),
        pytest.param(ARMOURED.replace("\n", "\\\\n"), id="line-ends-written-out-twice"),
        pytest.param(f"gpg: a warning\n{ARMOURED}\n{ARMOURED}", id="between-other-text"),
        pytest.param(GOOD.rstrip("="), id="without-padding"),
        pytest.param(GOOD.translate(str.maketrans("+/", "-_")), id="url-safe"),
        pytest.param(base64.b64encode(GOOD.encode()).decode(), id="base64-twice"),
    ],
)
def test_a_key_is_read_from_what_people_paste(pasted: str) -> None:
    assert read_pgp_key(pasted) == GOOD
    assert pgp_key_fault(pasted) is None


def test_a_key_as_the_provider_takes_it_stays_as_it_is() -> None:
    for text in (GOOD, "keybase:example", "no key at all".replace(" ", "")):
        assert read_pgp_key(text) == text
    assert read_pgp_key(" Keybase: example\n") == "keybase:example"


NO_KEY = "must be a public PGP key itself, in base64 or armored, or keybase:NAME"


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("", f"{NO_KEY} (got 0 characters)"),
        ("key.asc", f"{NO_KEY} (got 7 characters)"),
        ("0123456789ABCDEF0123456789ABCDEF01234567", f"{NO_KEY} (got 40 characters)"),
        (base64.b64encode(b"no key" * 20).decode(), "must be a whole public PGP key"),
        (ARMOURED.replace("KEY BLOCK", "MESSAGE"), NO_KEY),
        ("-" * 100_000 + "BEGIN PGP" + "-" * 100_000, "must be "),
        (ARMOURED[:200], "must be "),
        ("keybase:", "must name a Keybase user"),
        (5, "must be a string"),
    ],
)
def test_what_is_no_key_is_a_sentence(key: object, sentence: str) -> None:
    assert (pgp_key_fault(key) or "").startswith(sentence)


@pytest.mark.parametrize("form", ["binary", "armoured", "base64-of-armoured"])
def test_a_private_key_is_refused_and_not_repeated(form: str) -> None:
    raw = bytes(pysequoia.Tsk.generate("Site <site@example.com>"))
    binary = base64.b64encode(raw).decode()
    armoured = f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{binary}\n-----END PGP PRIVATE KEY BLOCK-----\n"
    wrapped = base64.b64encode(armoured.encode()).decode()
    fault = pgp_key_fault({"binary": binary, "armoured": armoured, "base64-of-armoured": wrapped}[form]) or ""

    assert fault == "must be a public PGP key, and this one is private: gpg --export KEY | base64 -w0"


def test_whatever_the_bytes_are_there_is_an_answer() -> None:
    raw = base64.b64decode(GOOD)
    for place in range(0, len(raw), 3):
        for value in (0x00, 0x7F, 0xFF):
            damaged = raw[:place] + bytes([value]) + raw[place + 1 :]
            assert (cannot_encrypt(damaged) or "must be").startswith("must be")
