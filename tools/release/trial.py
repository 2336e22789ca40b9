"""The wheel in an environment that has nothing else: a program makes a user, and with all extras its command runs."""

import os
import subprocess
import sys
import venv
from pathlib import Path

_PROGRAM = """\
import json
from s3io_user import S3IOUser, __version__, s3_policy_document
from s3io_user.testing import deploy

made = deploy(lambda: S3IOUser("site", {"access": "optimizer", "buckets": ["photos"]}))
assert "PutObject" in made.one("aws:iam/userPolicy:UserPolicy").inputs["policy"]
assert made.outputs["secret_access_key"].secret
with open("policy.json", "w") as file:
    json.dump(s3_policy_document(["photos"], access="read-only"), file)
print(__version__)
"""
_SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"


def run(wheel: Path, folder: Path, *options: str) -> Path:
    """Install the wheel with what it needs, use it, then the same with all extras. Returns the environment's Python.

    Raises ValueError.

    ``options`` are uv's, such as ``--resolution lowest-direct`` for the oldest versions that are allowed.
    """
    venv.create(folder, symlinks=os.name != "nt")
    scripts = folder / _SCRIPTS
    python = next(scripts.glob("python.exe" if sys.platform == "win32" else "python"))
    uv = [sys.executable, "-m", "uv", "pip"]
    install: list[str | Path] = [*uv, "install", "--quiet", "--system-certs", "--python", python, *options]
    _said(*install, wheel.resolve(), cwd=folder)
    _said(*uv, "check", "--python", python, cwd=folder)
    version = _said(python, "-c", _PROGRAM, cwd=folder).strip()
    _said(*install, f"{wheel.resolve()}[all]", cwd=folder)
    _said(*uv, "check", "--python", python, cwd=folder)
    said = _said(scripts / "s3io-user", "--version", cwd=folder).strip()
    if wheel.name.split("-")[1] != version or said != f"s3io-user {version}":
        raise ValueError(f"the wheel is {wheel.name}, the package says {version}, and its command '{said}'")
    _said(scripts / "s3io-user", "explain", "--document", "policy.json", "--fail-on-danger", cwd=folder)
    return python


def _said(*command: str | Path, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"{' '.join(map(str, command[:5]))} …: {(done.stdout + done.stderr).strip()}")
    return done.stdout
