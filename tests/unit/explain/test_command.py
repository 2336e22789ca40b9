"""The command `explain`: its sources, its options and its errors."""

import io
import json
import re
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from s3io_user.cli.commands import explain as command
from s3io_user.errors import S3IOError
from s3io_user.explain import FULL_ACCESS, Config
from s3io_user.explain.output import as_dict
from s3io_user.inputs import project
from s3io_user.policy.document import OWN_ACCOUNT, s3_policy_document
from s3io_user.policy.presets import Access, preset_of
from s3io_user.stack import project_file
from s3io_user.stack import pulumi_cli as stack_module
from tests.unit.explain.policies import (
    DOCS,
    KEY_ARN,
    deny,
    document,
    explained,
)


def run(*arguments: str) -> int:
    """As the cli runs it."""
    parser = ArgumentParser()
    command.add_arguments(parser)
    parser.set_defaults(usage_error=parser.error)
    return command.run(parser.parse_args(arguments))


def test_inputs_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run("--access", "optimizer", "--bucket", "photos/up", "--bucket", "logs", "--tls-only", "--format", "json") == 0
    )
    found = json.loads(capsys.readouterr().out)
    expected = explained(s3_policy_document(["photos/up", "logs"], access="optimizer", tls_only=True))
    assert found == as_dict(expected)


def test_every_input_reaches_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "--access",
        "optimizer",
        "--allow-acl",
        "--allow-delete",
        "--allow-bucket-listing",
        "--same-account-only",
    ]
    arguments += ["--kms-key-arn", KEY_ARN, "--source-ip", "203.0.113.0/24", "--bucket", "photos"]
    arguments += ["--source-vpc-endpoint", "vpce-0123456789abcdef0", "--partition", "aws", "--format", "json"]
    assert run(*arguments) == 0
    policy = s3_policy_document(
        ["photos"],
        access="optimizer",
        allow_acl=True,
        allow_delete=True,
        allow_bucket_listing=True,
        kms_key_arns=[KEY_ARN],
        source_ips=["203.0.113.0/24"],
        source_vpc_endpoints=["vpce-0123456789abcdef0"],
        account_id=OWN_ACCOUNT,
    )
    assert json.loads(capsys.readouterr().out) == as_dict(explained(policy))


def test_a_bucket_alone_is_the_default_access(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--bucket", "photos", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == as_dict(explained(s3_policy_document(["photos"])))


def test_full_is_explained_by_aws_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--access", "full", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == as_dict(explained(FULL_ACCESS))


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda d: d, id="bare"),
        pytest.param(lambda d: {"UserName": "u", "PolicyName": "p", "PolicyDocument": d}, id="get-user-policy"),
        pytest.param(lambda d: {"PolicyVersion": {"Document": d, "VersionId": "v1"}}, id="get-policy-version"),
    ],
)
def test_documents_from_files(wrap: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text(json.dumps(wrap(s3_policy_document())), encoding="utf-8-sig")
    second.write_text(json.dumps(document(deny("s3:Put*"))), encoding="utf-8")
    assert run("--document", str(first), "--document", str(second), "--format", "json") == 0
    expected = explained(s3_policy_document(), document(deny("s3:Put*")))
    assert json.loads(capsys.readouterr().out) == as_dict(expected)


def test_a_document_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(s3_policy_document())))
    assert run("--document", "-") == 0
    assert "What standard input lets a key do" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "can't be read: No such file or directory", id="missing"),
        pytest.param(b"\xff\xfe", "it is not UTF-8", id="encoding"),
        pytest.param(b'{"a":\n 1 2}', "line 2: is not JSON: Expecting ',' delimiter at column 4", id="syntax"),
        pytest.param(b"[]", "line 1: must be a JSON object with Version and Statement", id="shape"),
    ],
)
def test_a_document_that_cannot_be_read(content: bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(S3IOError, match=re.escape(words)):
        run("--document", str(path))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param("--document x --access optimizer", "--document or --access, not both", id="document-and-access"),
        pytest.param("--document x --bucket b", "--document or --bucket, not both", id="document-and-bucket"),
        pytest.param("--document x --stack s", "--document or --stack, not both", id="document-and-stack"),
        pytest.param("--tls-only --user u", "--tls-only or --user, not both", id="input-and-user"),
        pytest.param("--access full --bucket b", "--bucket does not go with --access full", id="full-and-bucket"),
        pytest.param("--access full --source-ip 1.2.3.4", "--source-ip does not go with", id="full-and-ip"),
    ],
)
def test_sources_that_clash_are_wrong_usage(arguments: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*arguments.split())
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


def test_bad_inputs_are_wrong_usage_and_named_all_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("--bucket", "Bad Name!", "--source-ip", "10.0.0.1")
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert "--bucket: a bucket name must be" in error
    assert "--source-ip: must be public" in error


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param("--access s3-access", 1, id="the-page"),
        pytest.param("--access full", 1, id="full"),
        pytest.param("--access optimizer --bucket photos", 0, id="optimizer-has-advice-only"),
        pytest.param("--access optimizer --bucket photos --allow-delete", 1, id="allow-delete"),
        pytest.param("--access read-only", 0, id="read-only"),
    ],
)
def test_fail_on_danger(arguments: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments.split(), "--fail-on-danger") == code
    assert run(*arguments.split()) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("form", command.FORMATS)
def test_every_format_is_printed(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--access", "optimizer", "--bucket", "photos", "--format", form) == 0
    out = capsys.readouterr().out.replace("&#160;", " ").replace("\xa0", " ")
    assert "photos" in out
    assert form == "json" or "What access optimizer on photos lets a key do" in out


def test_a_preset_says_whom_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--access", "backup", "--bucket", "photos", "--lock-prefix", "locks") == 0
    out = capsys.readouterr().out
    assert out.endswith(f"\nUse backup for {preset_of(Access.BACKUP).for_whom}.\n")
    assert "photos/locks" in out


def test_a_preset_that_would_let_a_key_read_is_not_tighter() -> None:
    assert explained(s3_policy_document(["photos"], access="write-only")).tighter == ()


PROJECT_NAME = "my-project"
ONE = {"userName": "site", "policyDocument": json.dumps(s3_policy_document(["photos"], access="optimizer"))}
SHOP = {**ONE, "userName": "shop-1"}
NONE = {"userName": "site", "policyDocument": None}


def _stack(
    monkeypatch: pytest.MonkeyPatch, outputs: Mapping[str, Any], attached: Sequence[str] = (), users_file: str = ""
) -> list[Any]:
    """A stack with these outputs, of which nobody can ask AWS; the list fills with where it was looked for."""
    calls: list[Any] = []

    def read(stack: str | None = None, cwd: str | None = None) -> Mapping[str, Any]:
        calls.append((stack, cwd))
        return outputs

    def nobody(*_: object) -> None:
        raise S3IOError("there are no AWS credentials")

    names = [each["userName"] for each in (outputs.get("users") or {"": outputs}).values() if "userName" in each]
    resources = [
        {"type": kind, "urn": f"u::{user}", "id": user, "outputs": {"name": user, "user": user, "policyArn": arn}}
        for user in names
        for kind, arn in [("aws:iam/user:User", ""), *((ATTACHMENT, arn) for arn in attached)]
    ]
    monkeypatch.setattr(project, "read_export", lambda *_: {"deployment": {"resources": resources}})
    monkeypatch.setattr(project, "read_project", nobody)
    monkeypatch.setattr(project_file, "project_name", lambda cwd: PROJECT_NAME)
    monkeypatch.setattr(project_file, "takes_users_from_config", lambda cwd: True)
    monkeypatch.setattr(stack_module, "outputs", read)
    monkeypatch.setattr(stack_module, "run", lambda arguments, *_: {"my-project:users": users_file}[arguments[-1]])
    return calls


FULL_ARN = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"


def test_a_stacks_user(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    calls = _stack(monkeypatch, ONE)
    assert run("--stack", "prod", "--cwd", "infra") == 0
    assert calls == [("prod", "infra")]
    out = capsys.readouterr().out
    assert "What the key of site may do" in out
    assert "pulumi config set my-project:access read-only" in out


def test_in_a_program_of_one_s_own_no_config_is_suggested(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _stack(monkeypatch, ONE)
    monkeypatch.setattr(project_file, "takes_users_from_config", lambda cwd: False)
    assert run("--stack", "prod") == 0
    out = capsys.readouterr().out
    assert 'the program: set "access" to "read-only"' in out
    assert "pulumi config set" not in out


@pytest.mark.parametrize(
    ("outputs", "arguments"),
    [
        pytest.param({"users": {"blog": ONE, "shop": SHOP}}, ["--user", "shop"], id="named"),
        pytest.param({"users": {"shop": SHOP}}, [], id="the-only-one"),
    ],
)
def test_a_user_of_many(
    outputs: Mapping[str, Any],
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _stack(monkeypatch, outputs)
    assert run(*arguments) == 0
    out = capsys.readouterr().out
    assert "What the key of shop-1 may do" in out
    assert "my-project:users.shop.access" in out


def test_what_to_edit_for_a_user_of_a_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _stack(monkeypatch, {"users": {"blog": ONE, "shop": SHOP}}, users_file="sites.json")
    assert run("--user", "shop") == 0
    out = capsys.readouterr().out
    assert 'sites.json: set "access" of "shop" to "read-only"' in out
    assert "pulumi config set" not in out


def test_full_access_of_a_user_of_a_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _stack(monkeypatch, {"users": {"blog": NONE}}, [FULL_ARN], users_file="sites.yaml")
    assert run("--format", "json") == 0
    (first, *_) = json.loads(capsys.readouterr().out)["tighter"]
    assert first["config"] == ['sites.yaml: set "access" of "blog" to "optimizer"']


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        pytest.param("allowAcl", False, 'a.json: set "allowAcl" of "b" to false', id="switch"),
        pytest.param("buckets", ["x"], 'a.json: set "buckets" of "b" to ["x"]', id="list"),
    ],
)
def test_a_line_about_a_users_file(option: str, value: Any, expected: str) -> None:
    assert Config("b", "my-project", "a.json").line(option, value) == expected


@pytest.mark.parametrize("outputs", [NONE, {"users": {"blog": NONE}}], ids=["one-user", "one-of-many"])
def test_full_access_of_a_stack_is_explained_by_aws_document(
    outputs: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _stack(monkeypatch, outputs, [FULL_ARN])
    assert run("--format", "json") == 0
    user = "blog" if "users" in outputs else None
    assert json.loads(capsys.readouterr().out) == as_dict(explained(FULL_ACCESS, user=user, project=PROJECT_NAME))


@pytest.mark.parametrize(
    ("outputs", "arguments", "words"),
    [
        pytest.param(NONE, [], "site has no policy document in the stack, and what it has in AWS was not", id="none"),
        pytest.param({**ONE, "policyDocument": "[secret]"}, [], "is a secret in the stack", id="secret"),
        pytest.param({}, [], "pulumi up first", id="no-outputs"),
        pytest.param({"users": {"a": ONE, "b": ONE}}, [], "choose one by --user", id="which-user"),
        pytest.param({"users": {"a": ONE, "b": ONE}}, ["--user", "c"], "no user 'c'", id="unknown-user"),
    ],
)
def test_a_stack_without_the_document(
    outputs: Mapping[str, Any], arguments: Sequence[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stack(monkeypatch, outputs)
    with pytest.raises(S3IOError, match=re.escape(words)):
        run(*arguments)


def test_the_docs_show_what_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    shown = re.search(r"```console\n\$ s3io-user explain (.*)\n((?s:.)*?)```", DOCS)
    assert shown
    assert run(*shown[1].split()) == 0
    assert capsys.readouterr().out == shown[2]


def test_the_docs_python_runs() -> None:
    code = re.search(r"```python\n((?s:.)*?)```", DOCS)
    assert code
    exec(code[1], {})  # noqa: S102  # our own docs
