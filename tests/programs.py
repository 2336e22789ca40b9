"""Programs that some tests need and that are not Python packages: found, or asked for by the name of their package."""

import os
import shutil
import subprocess
from functools import cache

import pytest


def require_program(name: str, package: str) -> str:
    """The program's path. Where it is missing the test is skipped, but fails in CI, where nothing may be left out."""
    return shutil.which(name) or _missing(name, package)


def require_aws_cli_2() -> str:
    """The path of an AWS CLI v2, also where another version comes first on PATH."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/bin", "/usr/local/bin"]
    found = {shutil.which("aws", path=folder) for folder in folders if folder}
    return next((path for path in sorted(filter(None, found)) if _is_aws_cli_2(path)), "") or _missing("aws", "awscli")


@cache
def _is_aws_cli_2(path: str) -> bool:
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return version.stdout.startswith("aws-cli/2")


def _missing(name: str, package: str) -> str:
    reason = f"{name} is missing: apt-get install {package}"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(reason)
    pytest.skip(reason)
