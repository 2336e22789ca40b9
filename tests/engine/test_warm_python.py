"""The Python that forks what the tests run: no process is left, and it runs what a new Python would."""

import os
import socket
import subprocess
from pathlib import Path

from local_aws.sandbox import Sandbox


def test_what_was_not_asked_to_the_end_ends(sandbox: Sandbox) -> None:
    """The engine kills its plugins, which may have been about to ask."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(60)
        asking.connect(str(sandbox.root / "bin" / "socket"))
        asking.sendall(b'[["-u"')
        asking.shutdown(socket.SHUT_WR)
        with asking.makefile() as answers:
            assert int(answers.readline())
            assert answers.readline() == "0\n"


def test_another_copy_of_the_package_is_taken_where_it_is_meant(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "s3io_user").mkdir()
    (tmp_path / "s3io_user" / "__init__.py").touch()
    (tmp_path / "s3io_user" / "__main__.py").write_text("print('another')")
    command = [str(sandbox.root / "bin" / "python"), "-m", "s3io_user"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}

    assert (
        subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout == "another\n"
    )
