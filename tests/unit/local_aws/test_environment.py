"""The embedded AWS's own environment: made once, whole or not at all, and one sentence where it can't be made."""

from pathlib import Path

import pytest

from local_aws import environment


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("S3IO_USER_CACHE", str(tmp_path))
    return tmp_path


def test_without_pypi_it_is_one_sentence_and_nothing_stays(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    said: list[str] = []
    with pytest.raises(RuntimeError, match=r"^the embedded AWS could not be installed from PyPI: ERROR: [^\n]+$"):
        environment.ensure(said.append)
    assert said[0] == "installing the embedded AWS …"
    assert [path.name for path in cache.iterdir()] == ["aws.lock"]


def test_a_cache_that_cannot_be_made_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cache / "file").touch()
    monkeypatch.setenv("S3IO_USER_CACHE", str(cache / "file"))
    with pytest.raises(RuntimeError, match=r"/file must be writable .*S3IO_USER_CACHE"):
        environment.ensure(print)


def test_it_is_made_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def make(folder: Path, *_: object) -> None:
        made.append(folder)
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()

    monkeypatch.setattr(environment, "_make", make)
    assert environment.ensure(print) == environment.ensure(print) == made[0] / "bin" / "python"
    assert len(made) == 1


def test_another_pin_has_an_environment_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []
    monkeypatch.setattr(environment, "_make", lambda folder, *_: made.append(folder))
    environment.ensure(print)
    other = tmp_path / "requirements.txt"
    other.write_text("ministack==9")
    monkeypatch.setattr(environment, "PINNED", other)
    environment.ensure(print)
    assert len(set(made)) == 2
