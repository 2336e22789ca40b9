"""Several keys of a stack's config, written at once or not at all."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from s3io_user.errors import S3IOError
from s3io_user.stack import config, pulumi_cli
from s3io_user.stack.config import ConfigValue, change_config, set_config, write_config
from s3io_user.stack.project_file import config_file, read_config_file
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi

CANARY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
VALUES = [
    ConfigValue("s3io:secret", CANARY, secret=True),
    ConfigValue("name", "a"),
    ConfigValue("s3io:buckets", ("a", "1")),
    ConfigValue("s3io:region", None),
]
PAIR = [ConfigValue("s3io:secret", CANARY, secret=True), ConfigValue("s3io:name", "-a=b")]
HELD = {
    "s3io:secret": {"value": CANARY, "secret": True},
    "site:name": {"value": "a", "secret": False},
    "s3io:buckets": {"value": '["a","1"]', "secret": False},
}


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    fake = fake_pulumi.in_project(tmp_path, monkeypatch)
    fake.answer("config --json", json.dumps(HELD))
    return fake


@pytest.mark.parametrize(
    ("project", "stack_name", "file"),
    [
        pytest.param({"Pulumi.yaml": "name: a"}, "prod", "Pulumi.prod.yaml", id="plain"),
        pytest.param({"Pulumi.yml": "name: a"}, "org/a/prod", "Pulumi.prod.yml", id="organisation"),
        pytest.param({"Pulumi.json": "{}"}, "a.b-c_1", "Pulumi.a.b-c_1.json", id="json"),
        pytest.param({"Pulumi.yaml": "stackConfigDir: stacks\nconfig: {}"}, "p", "stacks/Pulumi.p.yaml", id="folder"),
        pytest.param({"Pulumi.yaml": "config: old"}, "p", "old/Pulumi.p.yaml", id="old-name-of-it"),
        pytest.param({"Pulumi.yaml": "config: {a:b: 1}"}, "p", "Pulumi.p.yaml", id="defaults"),
    ],
)
def test_where_the_config_is(project: dict[str, str], stack_name: str, file: str, tmp_path: Path) -> None:
    for name, text in project.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    assert config_file(stack_name, str(tmp_path)) == config_file(stack_name, str(tmp_path / "deep" / "er"))
    assert config_file(stack_name, str(tmp_path)) == tmp_path.resolve() / file


def test_the_parts_of_a_map_are_seen_to_be_there(pulumi: FakePulumi) -> None:
    held = {"site:store": {"value": '{"name":"a","kept":"b"}', "secret": False}}
    pulumi.answer("config --json", json.dumps(held))
    write_config([ConfigValue("store", {"name": "a"})], "prod", None)
    with pytest.raises(S3IOError, match="does not read store as written"):
        write_config([ConfigValue("store", {"name": "other"})], "prod", None)


@pytest.mark.parametrize("content", ["- a\n", "a: [", "\x00"])
def test_a_config_file_that_is_none_is_told(pulumi: FakePulumi, tmp_path: Path, content: str) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(content)
    with pytest.raises(S3IOError, match=r"Pulumi\.prod\.yaml can't be read"):
        read_config_file("prod", None)


def test_a_config_file_is_read_as_it_is(pulumi: FakePulumi, tmp_path: Path) -> None:
    assert read_config_file("prod", None) == {}
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  a:b: {secure: x}\n")
    assert read_config_file("org/site/prod", None) == {"config": {"a:b": {"secure": "x"}}}


@pytest.mark.parametrize("name", ["", "a/", "a b", "\0", "..;x", "x" * 101, "é"])
def test_what_is_no_name_of_a_stack(name: str, pulumi: FakePulumi) -> None:
    with pytest.raises(S3IOError, match="can't be a stack's name"):
        write_config(VALUES, name, None)
    assert pulumi.calls == []


def test_the_copy_takes_the_files_place(pulumi: FakePulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text("mine: 1\n")
    file.chmod(0o640)
    real = pulumi_cli.run

    def writing(argv: list[str], *given: Any, **named: Any) -> str:
        if "--config-file" in argv:
            with open(argv[argv.index("--config-file") + 1], "a") as copy:
                copy.write(f"{argv[-1]} ")
        assert file.read_text() == "mine: 1\n" or "--json" in argv
        return real(argv, *given, **named)

    monkeypatch.setattr(pulumi_cli, "run", writing)
    write_config(VALUES, "prod", None, environ={**os.environ, "MARK": "x"})
    keys = "s3io:secret name s3io:buckets s3io:buckets[0] s3io:buckets[1] s3io:region "
    assert file.read_text() == f"mine: 1\n{keys}"
    assert file.stat().st_mode & 0o777 == 0o640
    assert {call["environ"].get("MARK") for call in pulumi.calls} == {"x"}
    assert [call["argv"][:3] for call in pulumi.calls[-1:]] == [["config", "--json", "--show-secrets"]]
    assert sorted(os.listdir(tmp_path)) == ["Pulumi.prod.yaml", "Pulumi.yaml", "bin"]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("command", ["config set --secret", "config set --plaintext", "config rm", "config set --path"])
def test_a_failure_leaves_the_file_as_it_was(command: str, there: bool, pulumi: FakePulumi, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    if there:
        file.write_text("mine: 1\n")
    before = sorted(os.listdir(tmp_path))
    pulumi.answer(command, complaint=f"error: {CANARY}", code=1)
    with pytest.raises(S3IOError, match=r"the config of stack 'prod' is left as it was: .* was not written") as caught:
        write_config(VALUES, "prod", None)
    assert CANARY not in str(caught.value)
    assert sorted(os.listdir(tmp_path)) == before
    assert not there or file.read_text() == "mine: 1\n"


def test_a_change_by_another_meanwhile_is_kept(
    pulumi: FakePulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text("mine: 1\n")
    real = config.set_config

    def also(*given: Any, **named: Any) -> None:
        real(*given, **named)
        file.write_text("mine: 2\n")

    monkeypatch.setattr(config, "set_config", also)
    with pytest.raises(S3IOError, match=r"another program changed .*Pulumi\.prod\.yaml meanwhile: run"):
        write_config(VALUES, "prod", None)
    assert file.read_text() == "mine: 2\n"
    assert sorted(os.listdir(tmp_path)) == ["Pulumi.prod.yaml", "Pulumi.yaml", "bin"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        pytest.param({"s3io:secret": {"value": "old", "secret": True}}, "s3io:secret", id="secret"),
        pytest.param({"s3io:secret": {"value": CANARY, "secret": False}}, "s3io:secret", id="plain"),
        pytest.param({"site:name": None}, "name", id="missing"),
        pytest.param({"site:name": None, "name": {"value": "a"}}, "name", id="another-project"),
        pytest.param({"s3io:buckets": {"value": '["a"]'}}, "s3io:buckets", id="shorter"),
        pytest.param({"s3io:region": {"value": "x"}}, "s3io:region", id="not-taken-away"),
    ],
)
def test_what_pulumi_reads_otherwise_is_said(change: dict[str, Any], key: str, pulumi: FakePulumi) -> None:
    pulumi.answer("config --json", json.dumps({k: v for k, v in {**HELD, **change}.items() if v}))
    with pytest.raises(S3IOError, match=f"pulumi does not read {key} as written") as caught:
        write_config(VALUES, "prod", None)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("printed", ["oops", "[]"])
def test_what_is_no_config_is_said(printed: str, pulumi: FakePulumi) -> None:
    pulumi.answer("config --json", printed)
    with pytest.raises(S3IOError, match="printed no JSON object"):
        write_config(VALUES, "prod", None)


def test_config_goes_by_standard_input(pulumi: FakePulumi) -> None:
    set_config([*PAIR, ConfigValue("s3io:buckets", ["a/b", "123"]), ConfigValue("s3io:region", None)], "file", "prod")
    tail = ["--config-file", "file", "--non-interactive", "--color=never", "--stack", "prod", "--"]
    assert [(call["argv"], call["stdin"]) for call in pulumi.calls] == [
        (["config", "set", "--secret", *tail, "s3io:secret"], CANARY),
        (["config", "set", "--plaintext", *tail, "s3io:name"], "-a=b"),
        (["config", "rm", *tail, "s3io:buckets"], ""),
        (["config", "set", "--path", "--type", "string", *tail, "s3io:buckets[0]"], "a/b"),
        (["config", "set", "--path", "--type", "string", *tail, "s3io:buckets[1]"], "123"),
        (["config", "rm", *tail, "s3io:region"], ""),
    ]
    assert not any(CANARY in json.dumps([call["argv"], call["environ"]]) for call in pulumi.calls)


def test_the_environment_is_kept_or_the_one_that_is_given(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "one")
    set_config(PAIR[:1], "file")
    set_config(PAIR[:1], "file", environ={**os.environ, "PULUMI_CONFIG_PASSPHRASE": "two"})
    assert [call["environ"]["PULUMI_CONFIG_PASSPHRASE"] for call in pulumi.calls] == ["one", "two"]
    assert {call["environ"]["PULUMI_SKIP_UPDATE_CHECK"] for call in pulumi.calls} == {"true"}


def test_the_parts_of_a_map_are_set_one_by_one(pulumi: FakePulumi) -> None:
    set_config([ConfigValue("secretsManager", {"name": "sites/a", "kmsKeyId": "123"})], "file")
    text, number = pulumi.calls
    assert text["argv"][:4] == ["config", "set", "--path", "--plaintext"]
    assert (text["argv"][-1], text["stdin"]) == ("secretsManager.name", "sites/a")
    assert number["argv"][:5] == ["config", "set", "--path", "--type", "string"]


def test_plain_values_are_set_by_one_process_and_removed_by_one(pulumi: FakePulumi) -> None:
    values = {
        "site:keyGeneration": "2",
        'site:users["a=b"].previousKey': "-x\ny",
        """site:users["a'=b"].previousKey""": "active",
        "site:previousKey": None,
        "other:gone": None,
    }
    change_config(values, "prod", None, "copy.yaml")
    written, removed = (call["argv"] for call in pulumi.calls)
    assert written[:5] == ["config", "set-all", "--path", "--config-file", "copy.yaml"]
    assert [part for part in written if "=" in part and not part.startswith("--")] == [
        "'site:keyGeneration'=2",
        "'site:users[\"a=b\"].previousKey'=-x\ny",
        """"site:users["a'=b"].previousKey"=active""",
    ]
    assert removed[:2] == ["config", "rm-all"]
    assert removed[removed.index("--") + 1 :] == ["site:previousKey", "other:gone"]


def test_a_key_that_pulumi_can_t_be_given_is_refused(pulumi: FakePulumi) -> None:
    with pytest.raises(S3IOError, match="pulumi can't set the key"):
        change_config({"""site:users["'=\\"="].a""": "1"}, "prod", None)
    assert pulumi.calls == []


def test_a_value_is_in_no_repr() -> None:
    assert CANARY not in repr(PAIR)


def test_without_a_file_the_stack_s_own_config_is_changed(pulumi: FakePulumi) -> None:
    change_config({"site:keyGeneration": "2", "site:previousKey": None}, "prod", None)
    assert not any("--config-file" in call["argv"] for call in pulumi.calls)
