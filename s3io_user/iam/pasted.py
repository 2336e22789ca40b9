"""Cleans up a pasted policy document, and recognizes what is pasted by mistake."""

import json
import re
from collections.abc import Mapping
from typing import Any

CHARACTERS = {
    "\ufeff": "a mark of the byte order",
    "\u200b": "a zero-width space",
    "\u200c": "a zero-width character",
    "\u200d": "a zero-width character",
    "\u2060": "a zero-width character",
    "\u00ad": "a soft hyphen",
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u2032\u2033", "a typographic quote"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "a typographic dash"),
    "\u2026": "three dots as one character",
}
"""Names of characters that look like others, or are invisible."""

_NOTHING = "\ufeff\u200b\u200c\u200d\u2060\u00ad"
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u2028\u2029"
_BETWEEN = {**dict.fromkeys(map(ord, _NOTHING), ""), **dict.fromkeys(map(ord, _SPACES), " ")}
_MARK_AS_LATIN_1 = "\xef\xbb\xbf"
_STRING_OR_OTHER = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[^"]+')
_QUOTES = re.compile("[\u201c\u201d\u201e\u201f\u00ab\u00bb]")

# Mistakes, by how the text begins, and what to do instead.
_ELSE = (
    (r"arn:[\w-]+:iam::[^\s{]*$", "is a policy's ARN, not its text: give it in policy_arns"),
    (r"https?://", "is an address, not a policy document's text"),
    (
        r"(file://|fileb://|@)?[^\n{}\[\]\"]*\.(json|txt|ya?ml|tpl|tftpl)$",
        "is a file's name, not its text: cat FILE | pulumi config set policy, or in Python Path(FILE).read_text()",
    ),
    (r"(file|fileb)://", "is an address, not a policy document's text"),
    (r"(?=.{1,40}$)[a-z][a-z0-9]*(-[a-z]+)*$", "is a word, not a policy document: set an access preset in access"),
    (
        r"\{\s*'",
        "is a Python dict as print shows it, not JSON: give the dict itself, or json.dumps of it",
    ),
    (r"(---\s+)?(-\s+)?(Version|Statement|Id|Sid|Effect)\s*:", "is YAML, not JSON"),
    (r"%7B", "is URL-encoded: decode it first"),
    (r'"\{', "is JSON in a JSON string: give the text inside the string"),
    (r"'\s*[{\[]", "is in single quotes, which cmd.exe does not take off: leave them out"),
    (r'[{\[]\s*\\"', "has backslashes before its quotes: leave them out"),
    (r"<[a-z!?]|[{\[]\s*&quot;", "is HTML or XML, not JSON: copy the text that the page shows"),
    (r"```", "is Markdown: leave out the lines with ```"),
    (r"(\w+\s*=\s*)?<<|data\s+\"aws_iam_policy_document\"|jsonencode\(", "is Terraform's language, not JSON"),
)


def cleaned(text: str) -> str:
    """The text without what a web page or an editor adds outside of JSON's strings.

    No-break and similar spaces become plain spaces, and zero-width characters are removed. Strings stay as they are.
    """
    bare = text.removeprefix(_MARK_AS_LATIN_1)
    return _STRING_OR_OTHER.sub(lambda part: part[0] if part[0][0] == '"' else without_invisible(part[0]), bare)


def not_json(text: str, at: int) -> str:
    """What stands at the place where a text stops to be JSON, if it is one of the usual mistakes; else nothing."""
    here = text[at:].lstrip()
    if text[:at].rstrip().endswith(",") and here[:1] in ("}", "]"):
        return f"a comma before {here[0]}"
    if here.startswith(("//", "/*", "#")):
        return "it has a comment"
    if word := re.match(r"(True|False|None)\b", here):
        return f"{word[0]} is Python's: give the dict itself, or json.dumps of it"
    return "there is more after its end" if here and _is_whole(text[:at]) else ""


def _is_whole(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def around_a_document(parsed: Mapping[str, Any]) -> str | None:
    """What a map is that has a policy document, or a part of one, in it; None if it is none of these."""
    for key, query in (("PolicyDocument", "PolicyDocument"), ("PolicyVersion", "PolicyVersion.Document")):
        if key in parsed:
            return f"is an answer of the AWS CLI: give the document in it alone, as --query {query} prints it"
    if "Effect" in parsed and "Statement" not in parsed:
        return 'is one statement of a document: write it as {"Version": "2012-10-17", "Statement": [...]}'
    return None


def without_invisible(text: str) -> str:
    """The text without zero-width characters, and with plain spaces alone."""
    return text.translate(_BETWEEN)


def what_else(text: str) -> str | None:
    """What a text is if it is not JSON, and what to give instead; None if it may be JSON."""
    start = text.strip()
    for pattern, sentence in _ELSE:
        if re.match(pattern, start, re.IGNORECASE):
            return sentence
    outside = "".join(part for part in _STRING_OR_OTHER.findall(text) if part[0] != '"')
    if quote := _QUOTES.search(outside):
        line = text.count("\n", 0, text.index(quote[0])) + 1
        return f'line {line}: holds the typographic quote {quote[0]} where JSON has ": copy it from a plain text'
    return None
