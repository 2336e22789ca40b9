"""What a rotation writes, in which order, into the stack's config and into the file that holds its users."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from s3io_user.errors import S3IOError
from s3io_user.inputs.project import Project
from s3io_user.rotation import config
from s3io_user.rotation.config import Change, RotationConfig, write, write_copy
from s3io_user.rotation.reads import Notes
from s3io_user.rotation.state import NOTE, Note

NOTED = Note("blog", 2, "AKIAEXAMPLE", None)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """What was written: to the config, and what the file then said."""
    done: list[dict[str, Any]] = []

    def change_config(values: dict[str, Any], *_: object) -> None:
        done.append({**values, "file": json.loads((tmp_path / "sites.json").read_text())})

    monkeypatch.setattr(config, "change_config", change_config)
    return done


def of(tmp_path: Path, user: str = "blog", notes: Notes | None = None) -> RotationConfig:
    if not (tmp_path / "sites.json").exists():
        (tmp_path / "sites.json").write_text('{"blog": {}, "shop": {}}')
    project = Project("sites", cast(Any, None), None, {}, None, True, users_file="sites.json", folder=str(tmp_path))
    return RotationConfig(project, None, None, user, notes or Notes(set()))


def test_a_note_is_in_the_config_before_the_file_says_more_and_goes_after_it(
    tmp_path: Path, written: list[dict[str, Any]]
) -> None:
    own = of(tmp_path)
    own.write(NOTED, {"keyGeneration": "2", "previousKey": "active"})
    raised = {"keyGeneration": 2, "previousKey": "active"}
    own.write(None, {"keyGeneration": "1", "previousKey": None})
    path = f'{NOTE}["blog"]'
    assert written == [
        {path: NOTED.as_text(), "file": {"blog": {}, "shop": {}}},
        {"file": {"blog": raised, "shop": {}}},
        {"file": {"blog": raised, "shop": {}}},
        {NOTE: None, "file": {"blog": {"keyGeneration": 1}, "shop": {}}},
    ]


def test_the_notes_of_others_stay(tmp_path: Path, written: list[dict[str, Any]]) -> None:
    notes = Notes({"blog", "shop", "wiki"})
    write([Change(of(tmp_path, user, notes), None) for user in ("blog", "shop")])
    assert set(written[-1]) == {f'{NOTE}["blog"]', f'{NOTE}["shop"]', "file"}
    assert notes.users == {"wiki"}


def test_a_preview_reads_a_copy_of_the_file(tmp_path: Path, written: list[dict[str, Any]]) -> None:
    (tmp_path / "copies").mkdir()
    write_copy([(of(tmp_path), {"keyGeneration": "2"})], tmp_path / "copies" / "config.yaml")
    copy = tmp_path / "copies" / "sites.json"
    assert json.loads(copy.read_text()) == {"blog": {"keyGeneration": 2}, "shop": {}}
    assert written == [{"sites:users": str(copy), "file": {"blog": {}, "shop": {}}}]


def test_a_file_that_can_t_be_changed_is_said_before_anything_is_written(
    tmp_path: Path, written: list[dict[str, Any]]
) -> None:
    (tmp_path / "sites.json").write_text("{")
    with pytest.raises(S3IOError, match=r"sites\.json can't be changed for 'blog' alone"):
        write_copy([(of(tmp_path), {"keyGeneration": "2"})], tmp_path / "config.yaml")
    assert written == []
