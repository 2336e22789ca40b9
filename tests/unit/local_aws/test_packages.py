"""local_aws.packages: uv installs, and where it can't pip does, with a sentence. Both are fakes of a few lines."""

import sys
from pathlib import Path

import pytest

from local_aws import packages

FAKE = """#!{python} -SE
import sys, pathlib
arguments = sys.argv[1:]
if "config" in arguments:
    sys.exit(print({config!r}))
with open({calls!r}, "a") as calls:
    print({name!r}, *arguments, file=calls)
print({said!r}, file=sys.stderr)
raise SystemExit({code})
"""
LOCK = """\
# made by a tool
urllib3==2.8.0 \\
    --hash=sha256:aa
    # via requests
uv==0.13.9 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via s3io-user
wrapt==2.5.2 \\
    --hash=sha256:dd
"""


class Beside:
    """A folder with a python and a uv."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls, self.said = folder, folder / "calls", list[str]()
        self.lock = folder / "lock.txt"
        self.lock.write_text(LOCK)
        self.python = self.has("python")

    def has(self, name: str, *, said: str = "", code: int = 0, config: str = "") -> Path:
        path = self.folder / name
        path.write_text(
            FAKE.format(python=sys.executable, config=config, calls=str(self.calls), name=name, said=said, code=code)
        )
        path.chmod(0o755)
        return path

    def install(self, *more: str) -> list[str]:
        """Who installed, in turn."""
        packages.install(self.python, self.lock, self.said.append, *more)
        return [line.split()[0] for line in self.calls.read_text().splitlines()]


@pytest.fixture
def beside(tmp_path: Path) -> Beside:
    return Beside(tmp_path)


def test_uv_installs_what_the_lock_pins_and_checks_each_hash(beside: Beside) -> None:
    beside.has("uv", said="Resolved 2 packages\nDownloading boto (16.1MiB)\n + boto==1\nInstalled 2 packages")
    assert beside.install("--target", "there") == ["uv"]
    asked = beside.calls.read_text()
    for option in ("--require-hashes", "--only-binary :all:", "--target there", f"--requirement {beside.lock}"):
        assert option in asked
    assert beside.said == ["Resolved 2 packages", "Downloading boto (16.1MiB)", "Installed 2 packages"]


def test_without_uv_pip_installs_the_same_and_says_so(beside: Beside) -> None:
    assert beside.install() == ["python"]
    assert "--require-hashes --only-binary :all:" in beside.calls.read_text()
    assert beside.said == ["uv is not installed: installing with pip instead, which takes a minute or two"]


def test_where_uv_fails_pip_has_the_last_word(beside: Beside) -> None:
    beside.has("uv", said="error: no route\nhint: a proxy", code=2)
    assert beside.install() == ["uv", "python"]
    assert beside.said == ["uv failed (error: no route): installing with pip instead, which takes a minute or two"]


@pytest.mark.parametrize("key", ["global.index-url", ":env:.no-index", "install.extra-index-url"])
def test_an_index_that_pip_is_told_of_is_kept_to(beside: Beside, key: str) -> None:
    beside.has("uv")
    beside.has("python", config=f"global.cert='/a'\n{key}='x'")
    assert beside.install() == ["python"]
    assert beside.said[0].startswith(f"pip is configured with {key.rpartition('.')[2]}: installing with pip")


def test_what_pip_is_told_of_beside_an_index_keeps_nobody_from_uv(beside: Beside) -> None:
    beside.has("uv")
    beside.has("python", config=":env:.find-links='/wheels'\nglobal.cert='/index-url'")
    assert beside.install() == ["uv"]


def test_when_neither_can_it_is_one_sentence(beside: Beside) -> None:
    beside.has("python", said="WARNING: a retry\nERROR: No space left on device", code=1)
    with pytest.raises(packages.InstallError, match=r"^ERROR: No space left on device$"):
        beside.install()


def test_uv_itself_is_the_lock_s(beside: Beside, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    beside.has("python").write_text(f'#!/bin/sh\nwhile [ "$1" != --requirement ]; do shift; done; cp "$2" {kept}\n')
    packages.install_uv(beside.python, beside.lock, tmp_path / "uv.txt")
    assert kept.read_text() == "uv==0.13.9 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    assert not (tmp_path / "uv.txt").exists()
