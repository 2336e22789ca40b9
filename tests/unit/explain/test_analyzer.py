"""explain --ask-aws: what AWS's own validator says, beside ours, and which right is missing where it is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from s3io_user import cli
from s3io_user.aws import connection
from s3io_user.cli.commands import explain as command
from s3io_user.explain import stack as explain_stack
from s3io_user.iam.user_policies import Policy, UserPolicies
from s3io_user.inputs import project
from s3io_user.stack import project_file, pulumi_cli

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}],
}
FOUND = {
    "findingDetails": "Using PassRole with wildcards in the resource can be overly permissive.",
    "findingType": "SECURITY_WARNING",
    "issueCode": "PASS_ROLE_WITH_STAR_IN_RESOURCE",
    "learnMoreLink": "https://docs.aws.amazon.com/",
    "locations": [
        {
            "path": [{"value": "Statement"}, {"index": 0}, {"value": "Resource"}],
            "span": {
                "start": {"line": 1, "column": 1, "offset": 1},
                "end": {"line": 1, "column": 2, "offset": 2},
            },
        }
    ],
}
ASKED = {"policyDocument": ANY, "policyType": "IDENTITY_POLICY"}


@pytest.fixture
def analyzer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.client(
        "accessanalyzer", region_name="eu-west-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="example"
    )
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setattr(connection.Connection, "client", lambda self, service: {"accessanalyzer": client}[service])
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def policy(tmp_path: Path) -> str:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(POLICY))
    return str(path)


def explain(policy: str, *arguments: str) -> int:
    return cli.main(["explain", "--document", policy, "--ask-aws", *arguments])


def test_every_page_of_findings_is_shown_beside_ours(
    analyzer: Stubber, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    suggestion = {**FOUND, "findingType": "SUGGESTION", "issueCode": "EMPTY_ARRAY_ACTION", "locations": []}
    analyzer.add_response("validate_policy", {"findings": [FOUND], "nextToken": "more"}, ASKED)
    analyzer.add_response("validate_policy", {"findings": [suggestion]}, {**ASKED, "nextToken": "more"})
    assert explain(policy, "--format", "json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["awsFindings"] == [
        {
            "kind": "SECURITY_WARNING",
            "code": "PASS_ROLE_WITH_STAR_IN_RESOURCE",
            "text": FOUND["findingDetails"],
            "where": ["Statement[0].Resource"],
        },
        {"kind": "SUGGESTION", "code": "EMPTY_ARRAY_ACTION", "text": FOUND["findingDetails"], "where": []},
    ]


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_page_has_them_in_words(
    form: str, analyzer: Stubber, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    analyzer.add_response("validate_policy", {"findings": [FOUND]}, ASKED)
    assert explain(policy, "--format", form) == 0
    out = " ".join(capsys.readouterr().out.replace("\\", "").split())
    assert "AWS's policy validation" in out
    for word in ("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE", "can be overly permissive"):
        assert word in out


def test_no_finding_is_said_only_where_aws_was_asked(
    analyzer: Stubber, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    analyzer.add_response("validate_policy", {"findings": []}, ASKED)
    assert explain(policy) == 0
    assert "AWS's policy validation has no findings." in capsys.readouterr().out
    assert cli.main(["explain", "--document", policy]) == 0
    assert "validator" not in capsys.readouterr().out


@pytest.mark.parametrize(("kind", "code"), [("ERROR", 1), ("SECURITY_WARNING", 1), ("WARNING", 0), ("SUGGESTION", 0)])
def test_what_is_grave_fails_where_a_danger_would(kind: str, code: int, analyzer: Stubber, policy: str) -> None:
    analyzer.add_response("validate_policy", {"findings": [{**FOUND, "findingType": kind}]}, ASKED)
    assert explain(policy, "--fail-on-danger") == code


def test_a_refusal_names_the_right_after_what_is_known_without_it(
    analyzer: Stubber, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    analyzer.add_client_error("validate_policy", "AccessDeniedException")
    assert explain(policy) == 1
    captured = capsys.readouterr()
    assert "Read an image?" in captured.out
    assert "access-analyzer:ValidatePolicy is not allowed to these credentials" in captured.err


def test_a_stacks_aws_is_asked_where_a_stack_is_explained(
    analyzer: Stubber, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[connection.Connection] = []
    client = connection.Connection().client("accessanalyzer")
    monkeypatch.setattr(connection.Connection, "client", lambda self, service: asked.append(self) or client)
    outputs = {"userName": "site", "policyDocument": json.dumps(POLICY)}
    monkeypatch.setattr(pulumi_cli, "outputs", lambda *_: outputs)
    monkeypatch.setattr(project, "read_export", lambda *_: {})
    found = UserPolicies((Policy("S3Access", POLICY),))
    monkeypatch.setattr(explain_stack, "_read_from_aws", lambda *_: found)
    monkeypatch.setattr(project_file, "project_name", lambda cwd: "site")
    own = connection.Connection(region="eu-north-1", profile="ours")
    monkeypatch.setattr(command, "read_project", lambda stack, cwd: SimpleNamespace(access=own))
    analyzer.add_response("validate_policy", {"findings": []}, ASKED)
    assert cli.main(["explain", "--ask-aws"]) == 0
    assert [(access.profile, access.region) for access in asked] == [("ours", "eu-north-1")]


@pytest.mark.parametrize(
    ("action", "code"), [("s3:GetObjct", 1), ("s3:Frob*", 1), ("frob:Nicate", 1), ("s3:GetObject", 0)]
)
def test_what_no_list_knows_is_not_proved_harmless(
    action: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::photos/*"}
    (tmp_path / "policy.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert cli.main(["explain", "--document", str(tmp_path / "policy.json"), "--fail-on-danger"]) == code
    assert (f"--fail-on-danger: {action} can't be judged" in capsys.readouterr().err) is (code == 1)
