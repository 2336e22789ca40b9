"""The list of stacks in a file: what it may say, what is refused, and which variables pulumi gets."""

import json
from pathlib import Path

import pytest

from s3io_user.errors import S3IOError
from s3io_user.fleet import places
from s3io_user.fleet.places import Place, in_file
from s3io_user.stack import pulumi_cli
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    monkeypatch.chdir(tmp_path)
    for folder in ("blog", "shop"):
        (tmp_path / folder).mkdir()
    fake = fake_pulumi.install(tmp_path / "bin", monkeypatch)
    fake.answer("stack ls", json.dumps([{"name": "prod"}, {"name": "dev"}]))
    return fake


def written(text: str, name: str = "fleet.yaml") -> str:
    Path(name).write_text(text)
    return name


def test_a_folder_is_every_stack_of_its_project_and_each_stack_is_there_once(pulumi: FakePulumi) -> None:
    found, unread = in_file(
        written("- blog\n- {folder: ./blog, stack: prod}\n- {folder: shop, stack: eu}\n- stack: own")
    )

    assert [(each.stack, each.cwd) for each in found] == [
        ("prod", "blog"), ("dev", "blog"), ("eu", "shop"), ("own", None)
    ]  # fmt: skip
    assert unread == []
    assert [str(each) for each in found[2:]] == ["eu in shop", "own"]


def test_a_stack_that_is_there_for_a_second_backend_is_named(
    pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///a/")
    entries = [{"folder": "blog", "stack": "prod", "backend": f"file:///{name}"} for name in ("a", "b")]
    found, unread = in_file(written(json.dumps([{"folder": "blog", "stack": "prod"}, *entries])))

    assert [str(each) for each in found] == ["prod in blog"]
    assert [str(each.place) for each in unread] == ["prod in blog"]
    assert "another backend already" in unread[0].reason


def test_folders_are_relative_to_the_list(pulumi: FakePulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(json.dumps([{"folder": "../blog", "stack": "prod", "passphraseFile": "key.txt"}]), "shop/fleet.json")
    found, _ = in_file("shop/fleet.json")

    assert [(each.stack, each.cwd) for each in found] == [("prod", "blog")]
    assert found[0].variables["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(tmp_path / "shop/key.txt")


def test_a_home_folder_that_nobody_has_is_a_folder_that_is_not_there(pulumi: FakePulumi) -> None:
    written("- {folder: ~nobody-here/x, stack: prod, passphraseFile: ~nobody-here/y}", "fleet.yaml")
    (place,), _ = in_file("fleet.yaml")
    assert place.cwd == "~nobody-here/x"


def test_an_entry_whose_stacks_can_t_be_listed_ends_nothing(pulumi: FakePulumi) -> None:
    found, unread = in_file(written("- nowhere\n- {folder: shop, stack: eu}"))

    assert [str(each) for each in found] == ["eu in shop"]
    assert [(str(each.place), "there is no folder 'nowhere'" in each.reason) for each in unread] == [
        ("every stack in nowhere", True)
    ]


def test_a_project_without_a_stack_is_said(pulumi: FakePulumi) -> None:
    pulumi.answer("stack ls", "[]")
    with pytest.raises(S3IOError, match="the project in 'blog' has no stack: create one with pulumi stack init"):
        places.of_project("blog")


def test_pulumi_gets_the_variables_of_an_entry_and_of_no_other(
    pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of-the-environment")
    (place, plain), _ = in_file(
        written("- {folder: blog, stack: a, backend: 's3://state', passphraseFile: p.txt}\n- {folder: shop, stack: b}")
    )
    for each in (place, plain):
        with pulumi_cli.with_variables(each.variables):
            pulumi_cli.run(["stack", "export"], each.stack, each.cwd)
    own, other = (call["environ"] for call in pulumi.calls)

    assert (own["PULUMI_BACKEND_URL"], own["PULUMI_CONFIG_PASSPHRASE_FILE"]) == ("s3://state", str(tmp_path / "p.txt"))
    assert "PULUMI_CONFIG_PASSPHRASE" not in own, "pulumi would take it before the file"
    assert other["PULUMI_CONFIG_PASSPHRASE"] == "of-the-environment"
    assert "PULUMI_BACKEND_URL" not in other


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "must be a list of folders and stacks, with at least one (got nothing)", id="empty"),
        pytest.param("blog", "must be a list of folders and stacks, with at least one (got 'blog')", id="text"),
        pytest.param("- 3", "entry 1 must be a folder, or a map with folder, stack, backend", id="number"),
        pytest.param("- blog\n- {}", "entry 2 must be a folder, or a map", id="empty-map"),
        pytest.param("- {stak: a}", "entry 1: 'stak' is not a key (did you mean 'stack'?)", id="near-miss"),
        pytest.param("- {stack: 3}", "entry 1: stack must be a text (got 3)", id="no-text"),
        pytest.param("- [", "must be YAML or JSON (line 2)", id="broken"),
        pytest.param("- a\x00", "must be YAML or JSON", id="no-text-at-all"),
    ],
)
def test_a_list_that_is_not_right_is_refused_with_the_entry(text: str, said: str, pulumi: FakePulumi) -> None:
    with pytest.raises(S3IOError) as error:
        in_file(written(text + "\n" * ("[" in text)))
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert pulumi.calls == []


def test_a_list_that_is_not_there_is_said() -> None:
    with pytest.raises(S3IOError, match=r"none\.yaml can't be read: No such file"):
        in_file("none.yaml")
    with pytest.raises(S3IOError, match=r"the list of stacks must be a file \(got ''\)"):
        in_file("")


def test_the_selected_stack_is_called_that() -> None:
    assert str(Place()) == "the selected stack"
