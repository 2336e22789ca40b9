"""Prints the checks of a key, for several commands."""

import sys
from typing import TextIO

from s3io_user.verify.expected import Check


def print_checks(checks: list[Check], file: TextIO | None = None) -> None:
    """Print what was expected and observed, and why something is unknown."""
    from s3io_user.cli.table import print_rows
    from s3io_user.cli.text import counted, print_text

    out = file or sys.stdout
    words = {True: "yes", False: "no", None: "unknown"}
    rows = [
        (c.verdict, c.call, c.where, words[c.expected], words[c.observed], c.how if c.verdict == "unknown" else _how(c))
        for c in checks
    ]
    print_rows(("verdict", "may it …", "on", "expected", "observed", "how"), rows, out)
    unknown = [check for check in checks if check.verdict == "unknown"]
    for note in dict.fromkeys(check.note for check in unknown):
        calls = dict.fromkeys(check.call for check in unknown if check.note == note)
        print_text(f"Unknown ({', '.join(calls)}): {note or 'no reason is known'}", out)
    found = sum(check.verdict == "finding" for check in checks)
    findings = f"{found or 'no'} finding{'' if found == 1 else 's'}"
    print_text(f"{counted(len(checks), 'check')}: {findings}, {len(unknown)} unknown.", out)


def _how(check: Check) -> str:
    return f"{check.how}: {check.note}" if check.note else check.how
