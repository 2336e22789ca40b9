"""Installs the packages of a lock, each checked against its hash: with uv, or with pip if uv can't."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

Progress = Callable[[str], None]

# The lines of uv's output that are shown: not those that list every package.
_WORTH_SAYING = re.compile(r"(Downloading|Resolved|Prepared|Installed) ")
# Settings of pip that say where packages come from. uv does not read them.
_SOURCE = re.compile(r"^[^=]*\.(index-url|extra-index-url|no-index)=", re.MULTILINE)


class InstallError(RuntimeError):
    """Why packages could not be installed, in one sentence."""


def install(python: str | Path, lock: Path, progress: Progress, *more: str) -> None:
    """Install a lock's packages for a Python that has pip beside it. Raises InstallError.

    ``more`` are options that uv and pip share, such as ``--target``.
    """
    options = ["--require-hashes", "--only-binary", ":all:", *more, "--requirement", str(lock)]
    fault = _by_uv(python, options, progress)
    if not fault:
        return
    progress(f"{fault}: installing with pip instead, which takes a minute or two")
    _install(python, *options)


def install_uv(python: str | Path, lock: Path, scratch: Path) -> None:
    """Install uv, as the lock pins it, beside a Python. If that fails, ``install`` uses pip."""
    pins = re.findall(r"^uv==(?:.*\\\n)*.*\n", lock.read_text(), re.MULTILINE)
    scratch.write_text("".join(pins))
    options = ["--quiet", "--require-hashes", "--no-compile", "--retries=1", "--timeout=10"]
    _pip(python, "install", *options, "--requirement", str(scratch))
    scratch.unlink()


def install_project(python: str | Path, folder: Path) -> None:
    """Install the package itself in place, built with the installed build tools. Raises InstallError."""
    _install(python, "--no-deps", "--no-build-isolation", "--editable", str(folder))


def _install(python: str | Path, *arguments: str) -> None:
    done = _pip(python, "install", "--quiet", *arguments)
    if done.returncode:
        raise InstallError(reason(done.stderr or done.stdout))


def _by_uv(python: str | Path, options: list[str], progress: Progress) -> str:
    """Why uv did not install them; empty if it did."""
    uv = Path(python).parent / "uv"
    if not uv.exists():
        return "uv is not installed"
    source = _SOURCE.search(_pip(python, "config", "list").stdout)
    if source:
        return f"pip is configured with {source[1]}"
    # As pip does: a company's proxy is signed by what the system trusts, not by what uv brings along.
    command = [str(uv), "pip", "install", "--system-certs", "--python", str(python), *options]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr or ():
            lines.append(line)
            if _WORTH_SAYING.match(line):
                progress(line.rstrip())
    return f"uv failed ({reason(''.join(lines))})" if process.returncode else ""


def _pip(python: str | Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    # Packages on the user's PYTHONPATH don't count as installed.
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": ""})


def reason(text: str) -> str:
    """The line of an installer's output that says why it failed: the last one that is marked so, else the last."""
    lines = text.strip().splitlines() or ["it gave no reason"]
    return ([line for line in lines if line.lower().startswith("error:")] or lines)[-1]
