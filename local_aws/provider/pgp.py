"""Secrets encrypted to a PGP public key by the gpg program, in a home of their own that is gone afterwards."""

import base64
import binascii
import shutil
import subprocess
import tempfile
from pathlib import Path

from s3io_user.iam.pgp_rules import cannot_encrypt

from .aws import STAND_IN, AwsError
from .values import Props


def encrypt(pgp_key: str, secrets: Props, doing: str) -> Props:
    """The outputs of an access key with ``pgpKey``: base64 of binary PGP messages instead of the secrets.

    ``pgp_key`` is base64 of a binary public key. Raises AwsError, beginning with ``doing``, where it is not.
    """
    if pgp_key.startswith("keybase:"):
        raise AwsError(f"{doing}: {STAND_IN} does not ask keybase for keys; give the public key in base64")
    try:
        binary = base64.b64decode(pgp_key.replace("\n", "").replace("\r", ""), validate=True)  # Go skips line ends
    except binascii.Error as error:
        raise AwsError(f"{doing}: decoding given PGP key: {error}") from None
    if binary[:1] < b"\x80":  # armoured text, for one
        raise AwsError(f"{doing}: parsing given PGP key: openpgp: invalid data: tag byte does not have MSB set")
    # gpg takes more than the real one, and looks at the time in another way.
    if fault := cannot_encrypt(binary):
        raise AwsError(f"{doing}: setting up encryption for PGP message: openpgp: {fault}")
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        key = Path(home, "key.gpg")
        key.write_bytes(binary)
        return {
            "keyFingerprint": _fingerprint(home, key, doing),
            "encryptedSecret": _message(home, key, secrets["secret"], doing),
            "encryptedSesSmtpPasswordV4": _message(home, key, secrets["sesSmtpPasswordV4"], doing),
        }


def _fingerprint(home: str, key: Path, doing: str) -> str:
    listed = _gpg(home, doing, "--with-colons", "--show-keys", str(key)).decode()
    found = [line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:")]
    if not found:
        raise AwsError(f"{doing}: parsing given PGP key: there is no public key in it")
    return found[0].lower()


def _message(home: str, key: Path, secret: str, doing: str) -> str:
    options = ("--trust-model", "always", "--recipient-file", str(key), "--encrypt")
    return base64.b64encode(_gpg(home, doing, *options, stdin=secret)).decode()


def _gpg(home: str, doing: str, *arguments: str, stdin: str = "") -> bytes:
    if not shutil.which("gpg"):
        raise AwsError(f"{doing}: {STAND_IN} encrypts with the program gpg, which is not on PATH")
    command = ["gpg", "--homedir", home, "--batch", "--quiet", "--no-autostart", *arguments]
    done = subprocess.run(command, input=stdin.encode(), capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise AwsError(f"{doing}: parsing given PGP key: {said[-1] if said else 'gpg failed'}")
    return done.stdout
