"""Takes a secret out of what a command printed, however it is spelled there. Pure."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

MASK = "[secret]"
_PIECE = 8
"""As many characters in a row as a secret are a part of it: a command may print it cut."""


class Redactor:
    """Masks a secret, and its parts, in lines: as it is, and in the forms that URLs, JSON and base64 give it."""

    def __init__(self, secret: str) -> None:
        self._pieces = frozenset(piece for form in _forms(secret) for piece in _pieces(form))

    def __repr__(self) -> str:
        return "Redactor()"

    def __call__(self, line: str) -> str:
        """The line without the secret."""
        hidden = [False] * len(line)
        for at in range(len(line) - _PIECE + 1):
            if line[at : at + _PIECE] in self._pieces:
                hidden[at : at + _PIECE] = [True] * _PIECE
        return "".join(_masked(line, hidden))


def _masked(line: str, hidden: list[bool]) -> Iterator[str]:
    before = False
    for letter, away in zip(line, hidden, strict=True):
        if not away:
            yield letter
        elif not before:
            yield MASK
        before = away


def _pieces(form: str) -> set[str]:
    return {form[at : at + _PIECE] for at in range(len(form) - _PIECE + 1)}


def _forms(secret: str) -> Iterator[str]:
    """The secret as a command may print it. Of its letters (see `Credentials`) only / + = are changed by any form."""
    yield from (secret, quote(secret), quote(secret, safe=""), secret.replace("/", "\\/"))
    yield secret[::-1]
    yield secret.encode().hex()
    # Within a longer text base64 depends on where the secret begins; the letters at its ends on what is beside it.
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret.encode()).decode()
        yield encoded[(before * 8 + 5) // 6 : (before + len(secret)) * 8 // 6]
