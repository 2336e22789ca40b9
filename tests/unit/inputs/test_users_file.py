"""A file that `users` names: read as the map would be, and every way that it can't be is one sentence."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from s3io_user.errors import InputError
from s3io_user.inputs.config import read_setup
from s3io_user.inputs.users_file import read_users_file
from s3io_user.testing import deploy


def read(monkeypatch: pytest.MonkeyPatch, folder: Path, **config: Any) -> dict[str, Any]:
    monkeypatch.chdir(folder)
    found: list[dict[str, Any]] = []
    texts = {f"s3io-user:{key}": value for key, value in config.items()}
    deploy(lambda: found.append(dict(read_setup(pulumi.Config("s3io-user")).users)), config=texts)
    return found[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sites.json", '\ufeff{"blog": {"buckets": "blog"}, "shop": null}'),
        ("sites.yaml", "blog:\n  buckets: blog\nshop:\n"),
        ("Sites.YML", '{blog: {buckets: "blog"}, shop: }'),
    ],
)
def test_users_may_name_a_file_and_the_other_keys_are_its_defaults(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    assert read(monkeypatch, tmp_path, users=name, access="optimizer") == {
        "blog": {"access": "optimizer", "buckets": "blog"},
        "shop": {"access": "optimizer"},
    }


def test_names_and_days_in_yaml_are_taken_as_they_are_written(tmp_path: Path) -> None:
    text = """
        no: &norway {buckets: photos-no, tlsOnly: yes}
        0123: {<<: *norway, rotateFrom: 2026-01-31, keyGeneration: 2}
        2026-01-31: *norway
    """
    (tmp_path / "sites.yaml").write_text(text)

    norway = {"buckets": "photos-no", "tlsOnly": True}
    assert read_users_file("sites.yaml", str(tmp_path)) == {
        "no": norway,
        "0123": {**norway, "rotateFrom": "2026-01-31", "keyGeneration": 2},
        "2026-01-31": norway,
    }


def test_a_file_may_hold_more_than_config_can(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sites = {f"site{number:04}": {"buckets": [f"photos-of-site-{number:04}"]} for number in range(5000)}
    (tmp_path / "sites.json").write_text(json.dumps(sites))

    assert (tmp_path / "sites.json").stat().st_size > 131_072
    assert len(read(monkeypatch, tmp_path, users="sites.json")) == 5000


def test_what_is_wrong_in_a_file_is_named_as_in_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sites.json").write_text('{"blog": {"bucket": "x"}}')
    with pytest.raises(InputError, match=r"^users.blog.bucket: is not a key \(did you mean 'buckets'\?\)$"):
        read(monkeypatch, tmp_path, users="sites.json")
    (tmp_path / "sites.json").write_text('["blog"]')
    with pytest.raises(InputError, match=r"^users: must be a map from each user's name to that user's keys$"):
        read(monkeypatch, tmp_path, users="sites.json")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        pytest.param(
            "blog", None, r"must be a map, or the name of a file that ends in .json.* \(got 'blog'\)", id="word"
        ),
        pytest.param("none.json", None, "none.json: No such file or directory", id="missing"),
        pytest.param("a\0.json", None, "can't be read", id="null"),
        pytest.param("a.json", b'{"blog": {},\n}', r"a.json is not JSON \(line 2\)", id="json"),
        pytest.param("a.yaml", b"blog: [", "a.yaml is not YAML", id="yaml"),
        pytest.param("b.yaml", b"blog: !!binary aGk=", "b.yaml is not YAML", id="bytes-in-yaml"),
        pytest.param("g.json", b'{"a": {"x": {}, "x": 1}}', "g.json has 'x' twice: each name must", id="twice"),
        pytest.param("g.yaml", b"a:\nb:\na: {}", r"g.yaml has 'a' twice \(lines 1 and 3\): each", id="twice-in-yaml"),
        pytest.param("h.yaml", b"# no users\n", r"h.yaml must have at least one user \(got None\)", id="empty"),
        pytest.param("h.json", b"{}", r"h.json must have at least one user \(got {}\)", id="no-users"),
        pytest.param("c.yaml", b"blog: !!python/object:os.system x", "c.yaml is not YAML", id="an-object"),
        pytest.param("d.json", b"\xff\xfe", "d.json is not JSON", id="bytes"),
        pytest.param("e.json", b"[" * 100_000, "e.json is not JSON", id="deep"),
        pytest.param("f.json", b" " * (16 * 1024 * 1024 + 1), "f.json is larger than 16 MiB", id="large"),
    ],
)
def test_a_file_that_can_t_be_read_is_one_sentence(
    name: str, content: bytes | None, sentence: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"^users: .*{sentence}") as raised:
        read_users_file(name, str(tmp_path))

    assert "\n" not in str(raised.value)
