"""A PGP key to encrypt the secret with: checked by encrypting to it, before AWS is asked for a key.

A bad one makes the provider create a live access key and only then fail.
"""

import base64
import binascii
import re


def pgp_key_fault(key: object) -> str | None:
    """A public key, base64 of its binary form (``gpg --export KEY | base64 -w0``), or ``keybase:NAME``.

    What Keybase holds is not looked up here.
    """
    if not isinstance(key, str):
        return "must be a string: a public PGP key as base64, or keybase:NAME"
    if key.startswith("keybase:"):
        known = re.fullmatch(r"keybase:[A-Za-z0-9_]{2,16}", key)
        return None if known else "must name a Keybase user after 'keybase:' (2 to 16 letters, digits and _)"
    if "-----BEGIN" in key:
        return "must be base64 of the binary key, not armoured text: gpg --export KEY | base64 -w0"
    try:
        raw = base64.b64decode("".join(key.split()), validate=True)
    except (binascii.Error, ValueError):
        return "must be base64 of a public PGP key: gpg --export KEY | base64 -w0"
    return _encrypting_fault(raw)


def _encrypting_fault(raw: bytes) -> str | None:
    from pysequoia import Cert, encrypt  # only here: it is a library of some megabytes that few users need

    try:
        cert = Cert.from_bytes(raw)
    except (RuntimeError, ValueError):
        return "must be a whole public PGP key: gpg --export KEY | base64 -w0"
    # A private key's first packet is of type 5 (RFC 9580); in a state file or config it would be given away.
    if _first_packet(raw) == 5:
        return "must be a public PGP key, and this one is private: gpg --export KEY | base64 -w0"
    try:
        encrypt(recipients=[cert], bytes=b"a secret")
    except (RuntimeError, ValueError):
        return "must be a PGP key that can encrypt: it has no valid encryption subkey (it may have expired)"
    return None


def _first_packet(raw: bytes) -> int:
    return raw[0] & 0x3F if raw[0] & 0x40 else (raw[0] & 0x3C) >> 2
