"""A change of one map in a file leaves every other letter of it as it is, or is refused."""

from pathlib import Path

import pytest

from s3io_user.errors import S3IOError
from s3io_user.stack.map_file import Value, revise_map_file

BLOCK = """\
# our sites
blog:   # the first
  # its photos
  buckets: [a, "b"]   # two
  previousKey: inactive  # for now
shop:
  keyGeneration: 4 # raised by hand
  buckets:
    - c
idle: {}
wiki: {buckets: [d], previousKey: removed}
"""
JSON = """\
{
  "blog": {
    "buckets": ["a"],
    "previousKey": "inactive"
  },
  "shop": {"buckets": ["b"]}
}"""


def changed(path: Path, text: str, **changes: dict[str, Value]) -> str:
    path.write_bytes(text.encode())
    revise_map_file(path, changes)
    return path.read_bytes().decode()


def test_comments_order_and_layout_stay_in_yaml(tmp_path: Path) -> None:
    raised: dict[str, Value] = {"previousKey": "active", "keyGeneration": 5}
    after = """\
# our sites
blog:   # the first
  # its photos
  keyGeneration: 5
  buckets: [a, "b"]   # two
  previousKey: active  # for now
shop:
  previousKey: active
  keyGeneration: 5 # raised by hand
  buckets:
    - c
idle: {previousKey: active, keyGeneration: 5}
wiki: {keyGeneration: 5, buckets: [d], previousKey: active}
"""
    assert changed(tmp_path / "s.yaml", BLOCK, blog=raised, shop=raised, idle=raised, wiki=raised) == after


def test_keys_are_removed_again(tmp_path: Path) -> None:
    before = '  buckets: [a, "b"]   # two\n  previousKey: inactive  # for now\n'
    wanted = BLOCK.replace(before, '  keyGeneration: 2\n  buckets: [a, "b"]   # two\n')
    wanted = wanted.replace(", previousKey: removed", "")
    blog: dict[str, Value] = {"previousKey": None, "keyGeneration": 2}
    assert changed(tmp_path / "s.yml", BLOCK, blog=blog, wiki={"previousKey": None}) == wanted


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a: {previousKey: active, b: 1}\n", "a: {c: 1, b: 1}\n", id="first-in-braces"),
        pytest.param("a: {previousKey: active}\n", "a: {c: 1, }\n", id="only-one-in-braces"),
        pytest.param("a:\n  previousKey: active\n  b: 1", "a:\n  c: 1\n  b: 1", id="first-line"),
        pytest.param("a:\n  b: 1\n  previousKey: active", "a:\n  c: 1\n  b: 1\n", id="last-line-without-an-end"),
    ],
)
def test_a_key_is_removed_where_another_is_added(tmp_path: Path, before: str, after: str) -> None:
    assert changed(tmp_path / "f.yaml", before, a={"previousKey": None, "c": 1}) == after


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_json_stays_json_with_its_ends_of_line(tmp_path: Path, newline: str, bom: str) -> None:
    raised: dict[str, Value] = {"previousKey": "active", "keyGeneration": 2}
    after = JSON.replace('"inactive"', '"active"')
    after = after.replace('    "buckets": ["a"]', '    "keyGeneration": 2,\n    "buckets": ["a"]')
    after = after.replace('{"buckets": ["b"]}', '{"previousKey": "active", "keyGeneration": 2, "buckets": ["b"]}')
    before, after = (bom + text.replace("\n", newline) for text in (JSON, after))
    assert changed(tmp_path / "s.json", before, blog=raised, shop=raised) == after
    back = changed(tmp_path / "s.json", after, shop={"previousKey": None}, blog={"previousKey": None})
    assert '"shop": {"keyGeneration": 2, "buckets": ["b"]}' in back
    assert f'"buckets": ["a"]{newline}  }},' in back


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("s.yaml", "other: &shared {buckets: [a]}\nblog: *shared\n", id="alias"),
        pytest.param("s.yaml", "blog:\n", id="nothing"),
        pytest.param("s.yaml", "blog: [a]\n", id="list"),
        pytest.param("s.yaml", "shop: {}\n", id="another"),
        pytest.param("s.json", '{"blog": {\t"buckets": []\n\t}}', id="tabs"),
        pytest.param("s.json", "{", id="no-json"),
        pytest.param("s.json", "{blog: {a: 1}}", id="yaml-in-json"),
        pytest.param("s.yaml", "", id="empty"),
        pytest.param("s.yaml", "[" * 2000, id="deep"),
        pytest.param("s.yaml", "blog: !!map\n  ? a\n  : 1\n", id="a-question-mark"),
        pytest.param("s.yaml", "blog: {a: 1}\nshop:\n  <<: *y\n", id="no-yaml"),
    ],
)
def test_what_can_t_be_changed_alone_is_refused_and_left(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(S3IOError, match=r"can't be changed for 'blog' alone.*write keyGeneration: 2 there by hand"):
        changed(tmp_path / name, text, blog={"keyGeneration": 2})
    assert (tmp_path / name).read_text() == text
    assert list(tmp_path.glob("*.tmp*")) == []


def test_what_to_write_by_hand_is_said_without_what_is_removed(tmp_path: Path) -> None:
    with pytest.raises(S3IOError, match=r"write keyGeneration: 2, rotateFrom: active there by hand, and"):
        changed(tmp_path / "s.yaml", "blog:\n", blog={"rotateFrom": "active", "keyGeneration": 2, "previousKey": None})
    with pytest.raises(S3IOError, match=r"write the keys there by hand"):
        changed(tmp_path / "s.yaml", "blog:\n", blog={"previousKey": None})


def test_a_text_that_yaml_would_read_as_something_else_is_quoted(tmp_path: Path) -> None:
    assert changed(tmp_path / "s.yaml", "blog: {a: 1}\n", blog={"a": "2026-01-31"}) == 'blog: {a: "2026-01-31"}\n'


def test_what_is_not_there_need_not_be_removed(tmp_path: Path) -> None:
    assert changed(tmp_path / "s.yaml", BLOCK, shop={"previousKey": None}) == BLOCK


def test_json_under_another_spelling_of_its_ending_is_json(tmp_path: Path) -> None:
    assert changed(tmp_path / "S.JSON", '{"blog": {"a": 1}}', blog={"a": "active"}) == '{"blog": {"a": "active"}}'


def test_a_copy_leaves_the_file_alone(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(BLOCK)
    revise_map_file(tmp_path / "s.yaml", {"blog": {"keyGeneration": 7}}, tmp_path / "copy.yaml")
    assert (tmp_path / "s.yaml").read_text() == BLOCK
    assert "keyGeneration: 7" in (tmp_path / "copy.yaml").read_text()


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(S3IOError, match="can't be changed"):
        revise_map_file(tmp_path / "s.yaml", {"blog": {"keyGeneration": 7}}, tmp_path / "copy.yaml")
