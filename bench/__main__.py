"""The runner: `python -m bench [NAMES] [--users 1,50,500] [--rounds N] [--write]`."""

import argparse
import signal
import sys
import time

from bench import calls, checkpoints, explanations, first, imports, policy_document, real, report, rotation, users
from bench.lab import Lab, say
from bench.measure import CommandError
from bench.options import Options

COMPARISONS = {
    "policy": policy_document.compare,
    "explain": explanations.compare,
    "imports": imports.compare,
    "calls": calls.compare,
    "first": first.compare,
    "checkpoints": checkpoints.compare,
    "users": users.compare,
    "rotate": rotation.compare,
}
REAL = {"real": real.compare}


def main(argv: list[str] | None = None) -> int:
    """Run the comparisons, print their tables, and with --write put them into docs/performance.md."""
    # Where SIGINT is ignored, as in a shell's background job, the engine takes five seconds longer to end a program.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    args = _parse(argv)
    options = Options(args.users, args.rounds)
    tables = []
    try:
        with Lab() as lab:
            for name in args.names or (REAL if real.is_set() else COMPARISONS):
                start = time.perf_counter()
                tables += {**COMPARISONS, **REAL}[name](lab, options)
                say(f"{name}: {time.perf_counter() - start:.0f} s in all")
            print("\n\n".join(table.markdown() for table in tables), f"\n\n{report.where()}")
            if args.write:
                report.write(tables)
    except CommandError as error:
        say(f"error: {error}")
        return 1
    return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m bench", description="Measure, side by side with what people would pick."
    )
    parser.add_argument(
        "names",
        nargs="*",
        choices=[*COMPARISONS, *REAL, []],
        metavar="NAME",
        help=f"of {', '.join([*COMPARISONS, *REAL])}",
    )
    parser.add_argument("--users", type=_counts, default=Options.users, help="numbers of users, as 1,50,500")
    parser.add_argument("--rounds", type=int, help="rounds of each comparison, in place of its own number")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    return parser.parse_args(argv)


def _counts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
