"""`python -m tools.release STEP`: a step of a release. Nothing is published by any of them."""

import argparse
import datetime
import os
import sys
import tempfile
from pathlib import Path

from tools.release import bill, changelog, packages, trial, versions
from tools.release.versions import PROJECT


def main() -> None:
    """Take the step that the command line names, or end with a sentence."""
    asked = _parser().parse_args()
    try:
        asked.step(asked)
    except ValueError as fault:
        sys.exit(f"error: {fault}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    steps = parser.add_subparsers(required=True, metavar="STEP")
    one = steps.add_parser("prepare", help="set the version, and give CHANGELOG.md its section")
    one.add_argument("version")
    one.set_defaults(step=_prepare)
    one = steps.add_parser("tag", help="check that a tag is the version's, and that CHANGELOG.md has its section")
    one.add_argument("tag")
    one.set_defaults(step=lambda asked: print(versions.check_tag(asked.tag)))
    one = steps.add_parser("build", help="build wheel and source distribution, twice to the same bytes")
    one.add_argument("--out", type=Path, default=PROJECT / "dist")
    one.set_defaults(step=_build)
    one = steps.add_parser("check", help="check what was built as a package index would")
    one.add_argument("files", type=Path, nargs="+")
    one.set_defaults(step=lambda asked: packages.check(asked.files))
    one = steps.add_parser("try", help="install the wheel into an empty environment and use it")
    one.add_argument("wheel", type=Path)
    one.add_argument("--bill", type=Path, metavar="FILE", help="also write what was installed, as a CycloneDX SBOM")
    one.add_argument("--resolution", choices=["highest", "lowest-direct"], default="highest")
    one.set_defaults(step=_try)
    one = steps.add_parser("notes", help="print a version's section of CHANGELOG.md")
    one.add_argument("version")
    one.set_defaults(step=lambda asked: print(changelog.notes(_history(), asked.version.removeprefix("v"))))
    return parser


def _prepare(asked: argparse.Namespace) -> None:
    today = datetime.datetime.now(datetime.timezone.utc).date()
    written = versions.prepare(asked.version, today)
    print("wrote", *written)
    print(f"commit them, and push the tag v{asked.version}: the workflow 'release' does the rest")


def _build(asked: argparse.Namespace) -> None:
    for path in packages.build(PROJECT, asked.out):
        print(packages.digest(path), path.name)


def _try(asked: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        python = trial.run(asked.wheel, Path(folder), "--resolution", asked.resolution)
        if asked.bill:
            bill.write(asked.wheel, python, PROJECT, asked.bill)
    print(f"{asked.wheel.name} works on Python {sys.version.split()[0]}, {os.name}")


def _history() -> str:
    return (PROJECT / "CHANGELOG.md").read_text("utf-8")


if __name__ == "__main__":
    main()
