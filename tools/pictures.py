"""`make pictures`: the README's pictures of the terminal, from what the commands print on the embedded AWS."""

import os
import re
import shlex
import subprocess
import sys
from io import StringIO

from rich.console import Console
from rich.text import Text

from local_aws.sandbox import PROJECT, Sandbox
from s3io_user.explain.terminal import terminal_svg

FOLDER = PROJECT / "docs" / "pictures"
WIDTH = 112


def main() -> None:
    """Create the user afresh, and draw `make up`, `s3io-user explain` and `s3io-user verify`."""
    run([sys.executable, "-m", "local_aws", "down"])
    (FOLDER / "up.svg").write_text(picture("make up", run([sys.executable, "-m", "local_aws", "up"])))
    env = {**Sandbox(PROJECT / ".local-aws").child_env(), "PULUMI_STACK": "local"}
    for name in ("explain", "verify"):
        said = run([sys.executable, "-m", "s3io_user", name], env)
        (FOLDER / f"{name}.svg").write_text(picture(f"s3io-user {name}", said))


def run(command: list[str], env: dict[str, str] | None = None) -> str:
    """What a command prints, in colours, whatever its findings. Raises RuntimeError if it fails."""
    colours = {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "COLORTERM": "truecolor"}
    done = subprocess.run(
        command, cwd=PROJECT, env={**(env or os.environ), **colours}, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1) or not (done.stdout or "down" in command):
        raise RuntimeError(f"{shlex.join(command)}: {done.stderr}")
    return done.stdout


def picture(command: str, said: str) -> str:
    """Draw a terminal with a command as SVG. Key IDs become those of examples, which secret scanners ignore."""
    shown = re.sub("AKIA[A-Z0-9]{16}", "AKIAIOSFODNN7EXAMPLE", said)
    console = Console(
        file=StringIO(), record=True, width=WIDTH, force_terminal=True, color_system="truecolor", highlight=False
    )
    console.print(Text.assemble(("$ ", "green"), (command, "bold")))
    console.print(Text.from_ansi(shown.strip("\n")))
    return terminal_svg(console, command)


if __name__ == "__main__":
    main()
