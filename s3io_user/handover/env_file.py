"""Writes an access key into a .env file so that shells and dotenv read the same, and keeps every other line."""

import io
import re
import subprocess
from pathlib import Path

from dotenv.parser import parse_stream

from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials
from s3io_user.handover.formats import env_pair, env_region

# Left beside a new pair, a session token of an older one would make AWS refuse it.
_STALE = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_NAMES = "|".join(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", *_STALE))
# The tokens of a shell: an escape, quoted text, a comment; or a quotation mark that nothing closes.
_QUOTED = re.compile(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*"|(?<![^\s;&|()])\#[^\r\n]*|['"\\]""", re.DOTALL)
_LITERAL, _COMMENT = "\1", "\2"
_START = r"^(?P<lead>[ \t]*(?:export[ \t]+)?)"
# A variable that is alone on its line, also with spaces around the equals sign, which dotenv allows.
_OURS = re.compile(
    rf"{_START}(?P<name>{_NAMES})[ \t]*=[ \t]*(?P<value>[^\s;&|<>(){_COMMENT}]*)"
    rf"(?P<tail>[ \t]*{_COMMENT}*)\r?(?:\n|\Z)",
    re.MULTILINE,
)
_OTHERWISE = re.compile(
    rf"(?<![\w${{])(?:{_NAMES})[ \t]*\+?=|"
    rf"^[ \t]*(?:(?:unset|export|readonly|declare|typeset)\b[^\n]*?\b)?(?:{_NAMES})\s*$",
    re.MULTILINE,
)
_REGION = re.compile(rf"{_START}AWS_(?:DEFAULT_)?REGION[ \t]*=", re.MULTILINE)
_ANY = re.compile(rf"{_START}[A-Za-z_]\w*[ \t]*=", re.MULTILINE)
_EXPORT = re.compile(r"^[ \t]*export\b([^\n;&|]*)", re.MULTILINE)
_EXPORTED = re.compile(rf"{_COMMENT}+|{_LITERAL}.*|[A-Za-z_]\w*(=.*)?", re.ASCII | re.DOTALL)
_ONE_QUOTATION = re.compile(r"""(['"])[^'"\\]*\1""")


def merge_env(text: str, pair: Credentials) -> str:
    """Replace the key's variables wherever the file sets them, and add what is missing.

    Everything else stays byte for byte: other variables, comments, the pair's own comments, quotes and ``export``. A
    variable of ours ends its line without a carriage return, which a shell would take for a part of the secret.
    Raises S3IOError, without quoting the file, where a shell and dotenv would not read the same pair from it.
    """
    bare = _bare(text)
    ours = list(_OURS.finditer(bare))
    _refuse_other_ways(text, bare)
    if [text[slice(*match.span())].strip() for match in ours] != _as_dotenv_finds(text):
        raise S3IOError(_disagreement("a line"))
    values = env_pair(pair)
    kept = [match for match in ours if match["name"] in values]
    missing = {name: value for name, value in values.items() if name not in {match["name"] for match in kept}}
    missing |= {} if _REGION.search(bare) else env_region(pair)
    lead = kept[-1]["lead"] if kept else _common_lead(bare)
    added = "".join(f"{lead}{name}={value}\n" for name, value in missing.items())
    pieces, end = list[str](), 0
    for match in ours:
        pieces += [text[end : match.start()], _line(text, match, values), added if match in kept[-1:] else ""]
        end = match.end()
    pieces.append(text[end:])
    if not kept:  # at the end, where a last line that does not end, or goes on behind a backslash, ends first
        pieces += ["" if bare.endswith("\n") or not text else "\n", added]
    after = "".join(pieces)
    _check_dotenv(text, after, values)
    return after


def _line(text: str, match: re.Match[str], values: dict[str, str]) -> str:
    """A variable's line with its new value, its old quotes and its old comment; empty for a stale token."""
    if match["name"] not in values:
        return ""
    quotation = _ONE_QUOTATION.fullmatch(text[slice(*match.span("value"))])
    mark = quotation[1] if quotation else ""
    return f"{match['lead']}{match['name']}={mark}{values[match['name']]}{mark}{text[slice(*match.span('tail'))]}\n"


def _as_dotenv_finds(text: str) -> list[str]:
    names = _NAMES.split("|")
    return [each.original.string.strip() for each in parse_stream(io.StringIO(text, newline="")) if each.key in names]


def _refuse_other_ways(text: str, bare: str) -> None:
    """Refuse a file that sets the key within another command, or in which a shell stops before it."""
    rest = _OURS.sub(lambda match: re.sub(r"[^\n]", _LITERAL, match[0]), bare)
    if other := _OTHERWISE.search(rest):
        raise S3IOError(_disagreement(f"line {_line_number(text, other.start())}"))
    for match in _EXPORT.finditer(bare):
        if not all(_EXPORTED.fullmatch(word) for word in re.findall(r"[^ \t]+", match[1])):
            line = _line_number(text, match.start())
            raise S3IOError(f"a shell stops at line {line} of the .env file, after export: put that value in quotes")


def _line_number(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def check_shell(written: Path) -> None:
    """Check the file's shell syntax without running it. Raises S3IOError."""
    try:
        done = subprocess.run(["sh", "-n", str(written)], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    except OSError:  # no shell here that could read it
        return
    if done.returncode != 0:
        line = re.search(rb":(?: line)? (\d+):", done.stderr)
        where = f" (line {line[1].decode()})" if line else ""
        raise S3IOError(f"a shell can't read the .env file{where}, which is left as it was: put that value in quotes")


def _bare(text: str) -> str:
    """Replace quoted text, escapes and comments with marks of the same length."""
    if any("\udc80" <= letter <= "\udcff" for letter in text):
        raise S3IOError("the .env file is not in UTF-8, and not every program can read it: convert it first")
    if text.startswith("\ufeff"):
        raise S3IOError(
            "the .env file begins with a byte order mark, which a shell takes for a part of the first line: save it as "
            "UTF-8 without one"
        )

    def marks(match: re.Match[str]) -> str:
        if len(match[0]) == 1 and match[0] != "#":
            line = _line_number(text, match.start())
            raise S3IOError(f"a shell can't read line {line} of the .env file: a quote there is not closed; close it")
        return (_COMMENT if match[0].startswith("#") else _LITERAL) * len(match[0])

    return _QUOTED.sub(marks, text)


def _common_lead(bare: str) -> str:
    """``export`` where every variable of the file has it."""
    leads = [match["lead"].strip() for match in _ANY.finditer(bare)]
    return "export " if leads and all(leads) else ""


def _disagreement(place: str) -> str:
    return (
        f"{place} of the .env file sets a variable of the key in a way that a shell and dotenv read differently: "
        "give it a line of its own, as NAME=value"
    )


def _check_dotenv(before: str, after: str, values: dict[str, str]) -> None:
    """Check that dotenv reads the key, and reads everything else as before."""
    was, now = (
        {each.key: each.value for each in parse_stream(io.StringIO(text, newline="")) if each.key is not None}
        for text in (before, after)
    )
    ours = {*_NAMES.split("|"), *({"AWS_REGION", "AWS_DEFAULT_REGION"} - was.keys())}
    same = {name: value for name, value in now.items() if name not in ours}
    if {name: now.get(name) for name in values} != values or any(name in now for name in _STALE):
        raise S3IOError(_disagreement("a line"))
    if same != {name: value for name, value in was.items() if name not in ours}:
        raise S3IOError(
            "the .env file has a value over several lines that a shell and dotenv read differently: correct it"
        )
