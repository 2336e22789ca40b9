"""Sentences on screens of every width: lines break between words, and a command to copy is never broken."""

import codecs
import io
import re
import sys
import textwrap
from typing import TextIO

from s3io_user.screen import width_of

_SPACE = "\x1f"  # one that is no place to break a line
_VALUE = r"""(?:'[^']*'|"[^"]*"|[^\s,;'"-][^\s,;]*)"""
_QUOTED = re.compile("`[^`]+`")
_WHOLE = re.compile(
    rf"""
    →[ ]
    | \b(?:aws|pulumi|s3io-user)(?:[ ][a-z][\w-]*){{1,4}}  # a program and its subcommands, or a word or two too many
      (?:[ ](?:--?[a-z][\w-]*(?:[ =]{_VALUE})?|'[^']*'|[^\s,;]*[/:=\[]{_VALUE}))*
    """,
    re.VERBOSE,
)


_PLAIN = {"…": "...", "→": "->", "─": "-", "▲": "!", "⚠": "!", "◦": "*", "✓": "+", "·": "-", "└": "-"}


def speak_plainly(*streams: TextIO) -> None:
    """On streams that are not Unicode, replace our symbols with ASCII, and other characters with escapes."""
    codecs.register_error("s3io-user", _plain)
    for stream in streams:
        # In the locale C, standard output is not strict: it lets through what stands for bytes, and nothing of ours.
        if isinstance(stream, io.TextIOWrapper) and (stream.errors == "strict" or not is_unicode(stream)):
            stream.reconfigure(errors="s3io-user")


def is_unicode(stream: TextIO) -> bool:
    """Whether every character can be written to a stream."""
    return codecs.lookup(stream.encoding or "utf-8").name.startswith("utf")


def markup(text: str) -> str:
    """HTML or SVG for standard output: what that can't show is a character reference, which reads the same."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "xmlcharrefreplace").decode(encoding)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unknown = error.object[error.start : error.end]
    return "".join(_PLAIN.get(one) or one.encode("unicode_escape").decode() for one in unknown), error.end


def wrapped(text: str, width: int, first: str = "", rest: str = "", *, commands: bool = True) -> list[str]:
    """Wrap a text at ``width``. Words, text in backticks and (unless ``commands`` is false) commands are never broken,
    even if they are longer.
    """
    whole = " ".join(text.split())
    for pattern in (_QUOTED, _WHOLE) if commands else (_QUOTED,):
        whole = pattern.sub(lambda found: found[0].replace(" ", _SPACE), whole)
    lines = textwrap.wrap(
        whole, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_SPACE, " ") for line in lines]


def print_text(text: str, file: TextIO) -> None:
    """Write a text, wrapped to the screen; each line is a paragraph."""
    width = width_of(file)
    for line in text.splitlines() or [""]:
        print("\n".join(wrapped(line, width, *[" " * (len(line) - len(line.lstrip()))] * 2)), file=file, flush=True)


def counted(number: int, noun: str) -> str:
    """``1 user``, ``2 users``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
