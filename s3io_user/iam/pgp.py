"""Reads a PGP key in any of its usual forms, and checks it before AWS is called.

The provider encrypts only after it has created the access key, so a PGP key that it can't use leaves a live key behind.
"""

import base64
import binascii
import re

from s3io_user.iam.pasted import without_invisible
from s3io_user.iam.pgp_rules import cannot_encrypt

# A marker may be without some of its dashes, and an editor makes one long dash of two or three.
_DASH = "[-\u2010-\u2015\u2212]"
_MARKER = re.compile(rf"(?<!{_DASH}){_DASH}+ ?(BEGIN|END) PGP ([A-Z ]{{1,40}}?) ?{_DASH}+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+=*")
_SHORTEST = 100
"""Fewer characters are no key."""
_EXPORT = "gpg --export KEY | base64 -w0"


def pgp_key_fault(key: object) -> str | None:
    """Why the provider can't encrypt to the key: see `read_pgp_key`, and pgp_rules. No request goes to Keybase."""
    if not isinstance(key, str):
        return "must be a string: a public PGP key as base64, or keybase:NAME"
    text = read_pgp_key(key)
    if text.startswith("keybase:"):
        named = re.fullmatch(r"keybase:[A-Za-z0-9_]{2,16}", text)
        return None if named else "must name a Keybase user after 'keybase:' (2 to 16 letters, digits and _)"
    if "PRIVATE" in text:
        return f"must be a public PGP key, and this one is private: {_EXPORT}"
    raw = _decoded(text)
    if len(raw) > _SHORTEST // 2:
        return cannot_encrypt(raw)
    return (
        f"must be a public PGP key itself, in base64 or armored, or keybase:NAME (got {len(key)} characters): {_EXPORT}"
    )


def read_pgp_key(key: str) -> str:
    """The key as the provider expects it: ``keybase:NAME``, or base64 of the binary form without white space.

    What a variable, a web page, YAML or a shell adds is removed: quotes, written-out line ends, white space and
    invisible characters. Armored text, and base64 of it, is converted. Other text is returned as it is.
    """
    pasted = re.sub(r"\\+[rn]", "\n", without_invisible(key)).strip().strip("\"'")
    if _MARKER.search(pasted):
        return _without_armour(pasted)
    text = "".join(pasted.split())
    if text.lower().startswith("keybase:"):
        return f"keybase:{text[8:]}"
    text = text if len(text) < _SHORTEST else _standard(text)
    within = _decoded(text)
    # A key in binary form begins with a byte beyond ASCII.
    return read_pgp_key(within.decode()) if within.isascii() and len(within) >= _SHORTEST else text


def _standard(text: str) -> str:
    """Base64 in its usual alphabet, with its padding and without a checksum of armor; other text as it is."""
    without = re.sub(r"(?<=.)=[A-Za-z0-9+/]{4}$", "", text) if "=" in text else text
    if not _decoded(text) and re.fullmatch(r"[\w+/-]+=*", without, re.ASCII):
        bare = without.rstrip("=").replace("-", "+").replace("_", "/")
        padded = bare + "=" * (-len(bare) % 4)
        return padded if _decoded(padded) else text
    return text


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _without_armour(text: str) -> str:
    """The base64 of armored text, without headers such as ``Version: 1`` and the checksum, ``=aBcD``.

    Of several keys it is the first. One of the two markers may be missing, as where only a part was copied.
    """
    if any(marker[2] != "PUBLIC KEY BLOCK" for marker in _MARKER.finditer(text)):
        return text
    begin = next((marker for marker in _MARKER.finditer(text) if marker[1] == "BEGIN"), None)
    body = text[begin.end() :] if begin else text
    end = next((marker.start() for marker in _MARKER.finditer(body)), None)
    words = [word for word in body[:end].split() if _BASE64.fullmatch(word)]
    # Headers come first, and have no words as long as a line of the key, also where YAML has folded all into one.
    first = next((number for number, word in enumerate(words) if len(word) > 40), len(words))
    return "".join(words[first:])
