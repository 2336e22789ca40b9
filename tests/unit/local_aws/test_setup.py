"""local_aws.setup: what is made once, whole or not at all, and what is said where it can't be made."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws import environment, packages, setup

PROJECT = setup.PROJECT


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work tree without an environment, in which nothing is installed for real."""
    monkeypatch.setattr(setup, "PROJECT", tmp_path)
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(packages, "install", lambda *_: None)
    monkeypatch.setattr(packages, "install_uv", lambda *_: None)
    monkeypatch.setattr(packages, "install_project", lambda *_: None)
    monkeypatch.setattr(environment, "ensure", lambda *_: None)
    # A venv without ensurepip, which takes seconds: this python's own pip is seen from it.
    monkeypatch.setattr(setup.venv, "create", lambda folder, **_: _bare(folder))
    return tmp_path


def _bare(folder: Path) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("home = /usr\n")
    (folder / "bin" / "python").write_text("#!/bin/sh\nexit 0\n")
    (folder / "bin" / "python").chmod(0o755)


def _gone(tree: Path) -> None:
    (tree / ".venv" / "bin" / "python").unlink()
    (tree / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")


def _broken(tree: Path) -> None:
    (tree / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")


def _moved(tree: Path) -> None:
    (tree / ".venv" / "folder").write_text("/elsewhere")


def test_it_is_made_and_stamped(tree: Path) -> None:
    assert setup.main(["dev"]) == 0
    assert (tree / ".venv" / "folder").read_text() == str(tree)
    assert (tree / ".venv" / "dev").exists()
    assert (tree / ".venv" / "up").exists(), "what the tests need is more than what `make up` needs"


@pytest.mark.parametrize("harm", [_gone, _broken, _moved])
def test_an_environment_that_no_longer_works_is_made_anew(
    tree: Path, harm: object, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.main(["dev"])
    (tree / ".venv" / "left").touch()
    harm(tree)  # type: ignore[operator]
    assert setup.main(["dev"]) == 0
    assert "no longer works" in capsys.readouterr().err
    assert not (tree / ".venv" / "left").exists()
    assert (tree / ".venv" / "bin" / "python").exists()


def test_one_that_works_is_kept(tree: Path) -> None:
    setup.main(["dev"])
    (tree / ".venv" / "left").touch()
    assert setup.main(["dev"]) == 0
    assert (tree / ".venv" / "left").exists()


def test_a_folder_that_is_no_environment_is_left_alone(tree: Path) -> None:
    (tree / ".venv").mkdir()
    (tree / ".venv" / "mine").touch()
    assert setup.main(["dev"]) == 0
    assert (tree / ".venv" / "mine").exists()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(packages.InstallError("ERROR: no network"), "error: ERROR: no network", id="install"),
        pytest.param(
            OSError(30, "Read-only file system", "/x/.venv"),
            "must be writable and have free space (/x/.venv: Read-only file system)",
            id="read-only",
        ),
        pytest.param(OSError(28, "No space left on device"), "must be writable and have free space", id="full"),
        pytest.param(KeyboardInterrupt(), "Interrupted. Run it again to continue.", id="stopped"),
    ],
)
def test_what_fails_is_one_sentence_and_no_stamp(
    tree: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(packages, "install", fail)
    assert setup.main(["dev"]) in (1, 130)
    assert said in capsys.readouterr().err.splitlines()[-1]
    assert not (tree / ".venv" / "dev").exists()
    monkeypatch.setattr(packages, "install", lambda *_: None)
    assert setup.main(["dev"]) == 0


def test_a_python_without_ensurepip_is_named(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "find_spec", lambda _: None)
    assert setup.main(["up"]) == 1
    assert "apt install python3-venv" in capsys.readouterr().err


def test_why_pip_can_t_be_installed_is_said(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "ensurepip", b"ERROR: No space left\nCalledProcessError: x\n")

    monkeypatch.setattr(setup.venv, "create", fail)
    assert setup.main(["up"]) == 1
    said = f"error: pip can't be installed into {tree}/.venv: ERROR: No space left\n"
    assert capsys.readouterr().err.endswith(said)


def _engine(tree: Path, script: str) -> None:
    (tree / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit 0\n{script}\n')


def test_the_engine_is_made_beside_and_waited_for(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup.main(["dev"])
    os.mkfifo(tree / "gate")
    _engine(tree, f"read line < {tree}/gate; echo $line > {tree}/made")
    monkeypatch.setattr(packages, "install", lambda *_: (tree / "gate").write_text("beside\n"))
    assert setup.main(["up"]) == 0
    assert (tree / "made").read_text() == "beside\n"


def test_no_engine_is_a_failure(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup.main(["dev"])
    _engine(tree, "exit 1")
    assert setup.main(["up"]) == 1
    assert "Pulumi's engine could not be installed: see above" in capsys.readouterr().err


def test_the_engine_s_making_ends_with_ours(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup.main(["dev"])
    os.mkfifo(tree / "gate")
    code = f"import signal; open({str(tree / 'gate')!r}, 'w').close(); signal.pause()"
    _engine(tree, f'exec {sys.executable} -c "{code}"')

    def fail(*_: object) -> None:
        (tree / "gate").read_text()
        raise packages.InstallError("no")

    monkeypatch.setattr(packages, "install", fail)
    signal.alarm(30)
    assert setup.main(["up"]) == 1
    signal.alarm(0)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copy(PROJECT / "Makefile", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        pytest.param("down", 0, "There is nothing to take down.", id="down"),
        pytest.param("env", 2, "the embedded AWS is not running: run 'make up' first", id="env"),
        pytest.param("shell", 2, "the embedded AWS is not running: run 'make up' first", id="shell"),
    ],
)
def test_in_a_fresh_clone_these_install_nothing(clone: Path, target: str, code: int, said: str) -> None:
    done = subprocess.run(["make", target], cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert [path.name for path in clone.iterdir()] == ["Makefile"]


def test_down_does_not_call_it_nothing_when_its_python_is_gone(clone: Path) -> None:
    (clone / ".local-aws").mkdir()
    (clone / ".local-aws" / "aws.json").touch()
    done = subprocess.run(["make", "down"], cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "run 'make up', which recreates it, then 'make down'" in done.stderr


def test_make_runs_what_it_finds_by_its_folder(clone: Path) -> None:
    probe = ["make", "--silent", "--eval", 'probe: ; @python3 -c "import sys; print(sys.path[0])"', "probe"]
    done = subprocess.run(
        probe, cwd=clone, env={**os.environ, "PYTHONSAFEPATH": "1"}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "\n"
