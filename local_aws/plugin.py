"""Installs the stand-in provider as the Pulumi plugin ``aws``, into a Pulumi home for the embedded AWS only.

With the path of a ``pulumi-resource-aws`` in S3IO_USER_PULUMI_PLUGIN, that provider takes its place.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from s3io_user.errors import S3IOError

BINARY = "S3IO_USER_PULUMI_PLUGIN"
_TREE = Path(__file__).resolve().parent.parent
# -I: ignore PYTHON* variables and the current folder, which is the program's when the engine starts a plugin.
_LAUNCHER = """#!/bin/sh
# The stand-in for the aws provider on the embedded AWS: it runs from the work tree.
exec {python} -I -c {start} "$@"
"""
_REAL = """#!/bin/sh
exec {binary} "$@"
"""
_START = "import sys; sys.path.insert(0, {tree!r}); from local_aws.provider.server import main; main({number!r})"


def install(engine_bin: Path, pulumi_home: Path, python: str | Path = sys.executable) -> None:
    """Install the plugin ``aws`` at the version of the pulumi_aws SDK, unless it is installed.

    ``engine_bin`` is the folder of ``pulumi``, and ``python`` an interpreter that has pulumi and boto3. Raises
    S3IOError if pulumi can't install it.
    """
    number = version("pulumi-aws")
    launcher = _launcher(number, python)
    installed = pulumi_home / "plugins" / f"resource-aws-v{number}" / "pulumi-resource-aws"
    if installed.is_file() and installed.read_text() == launcher:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pulumi-resource-aws")
        path.write_text(launcher)
        path.chmod(0o755)
        _install(engine_bin / "pulumi", pulumi_home, number, folder)


def _launcher(number: str, python: str | Path) -> str:
    if binary := os.environ.get(BINARY):
        return _REAL.format(binary=shlex.quote(str(Path(binary).absolute())))
    start = _START.format(tree=str(_TREE), number=number)
    return _LAUNCHER.format(python=shlex.quote(str(python)), start=shlex.quote(start))


def _install(pulumi: Path, pulumi_home: Path, number: str, folder: str) -> None:
    command = [str(pulumi), "plugin", "install", "resource", "aws", number, "--file", folder, "--reinstall"]
    environment = os.environ | {"PULUMI_HOME": str(pulumi_home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().replace("\n", "; ")
        raise S3IOError(f"the aws plugin of the embedded AWS could not be installed into {pulumi_home}: {reason}")
