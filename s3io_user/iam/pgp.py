"""Reads a PGP key in any of its usual forms, and checks it before AWS is called.

The provider encrypts only after it has created the access key, so a PGP key that it can't use leaves a live key behind.
"""

import base64
import binascii
import re

from s3io_user.iam.pgp_rules import cannot_encrypt

_ARMOUR = re.compile(r"-----BEGIN PGP ([A-Z ]+)-----(.*?)(-----END PGP [A-Z ]+-----|\Z)", re.DOTALL)
_EXPORT = "gpg --export KEY | base64 -w0"


def pgp_key_fault(key: object) -> str | None:
    """Why the provider can't encrypt to the key: see `read_pgp_key`, and pgp_rules. No request goes to Keybase."""
    if not isinstance(key, str):
        return "must be a string: a public PGP key as base64, or keybase:NAME"
    text = read_pgp_key(key)
    if text.startswith("keybase:"):
        named = re.fullmatch(r"keybase:[A-Za-z0-9_]{2,16}", text)
        return None if named else "must name a Keybase user after 'keybase:' (2 to 16 letters, digits and _)"
    if "PRIVATE KEY" in key or "PRIVATE KEY" in _decoded(text)[:40].decode("latin-1"):
        return f"must be a public PGP key, and this one is private: {_EXPORT}"
    raw = _decoded(text)
    return cannot_encrypt(raw) if raw else f"must be base64 of a public PGP key: {_EXPORT}"


def read_pgp_key(key: str) -> str:
    """The key as the provider expects it: ``keybase:NAME``, or base64 of the binary form without white space.

    White space, which YAML's folding adds, is removed. Armored text, and base64 of it, is converted. Other text is
    returned as it is.
    """
    text = "".join(key.split()) if "-----BEGIN" not in key else _without_armour(key)
    within = _decoded(text).decode("latin-1")
    read = _without_armour(within) if "-----BEGIN PGP" in within else within
    return text if read == within else read


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _without_armour(text: str) -> str:
    """The base64 of armored text, without headers such as ``Version: 1`` and the checksum, ``=aBcD``."""
    match = _ARMOUR.search(text)
    if match is None or match[1] != "PUBLIC KEY BLOCK":
        return text
    lines = [line for line in match[2].splitlines() if ": " not in line]
    return "".join(word for line in lines for word in line.split() if not word.startswith("="))
