"""The checks of what a key may do for itself: tried where that only reads, simulated otherwise, and never a guess."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from s3io_user.aws.connection import Connection
from s3io_user.policy.self_service import Stored, self_service_document
from s3io_user.verify.expected import Check, Rights
from s3io_user.verify.observed import TOO_EARLY, Patience
from s3io_user.verify.self_service import checks

HERE = "eu-west-1:123456789012"
USER, NOBODY = (f"arn:aws:iam::123456789012:user/{name}" for name in ("sites/site", "s3io-user-verify"))
SECRET, NO_SECRET = (f"arn:aws:secretsmanager:{HERE}:secret:{name}" for name in ("site-AbCdEf", "s3io-user-verify"))
PARAMETER, NO_PARAMETER = (f"arn:aws:ssm:{HERE}:parameter/{name}/credentials" for name in ("site", "s3io-user-verify"))
DOCUMENT = self_service_document([Stored(SECRET, "1234abcd"), Stored(PARAMETER)], USER)
READS = {SECRET, PARAMETER, "site"}
ELSEWHERE = {NO_SECRET, NO_PARAMETER, "s3io-user-verify"}


class Aws:
    """AWS as a key sees it: ``permitted`` is what it may read, the rest is refused with ``code``."""

    def __init__(self, permitted: Iterable[str], code: str = "AccessDenied", late: int = 0) -> None:
        self.permitted, self.code, self.late, self.asked = set(permitted), code, late, 0

    def _ask(self, what: str, missing: str) -> dict[str, Any]:
        self.asked += 1
        if what not in self.permitted or self.asked <= self.late:
            raise ClientError({"Error": {"Code": self.code}}, "Op")
        if what in ELSEWHERE:
            raise ClientError({"Error": {"Code": missing}}, "Op")
        return {}

    def list_access_keys(self, UserName: str, MaxItems: int) -> dict[str, Any]:  # noqa: N803
        return self._ask(UserName, "NoSuchEntity")

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803
        return self._ask(SecretId, "ResourceNotFoundException")

    def get_parameter(self, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803
        assert WithDecryption
        return self._ask(f"arn:aws:ssm:{HERE}:parameter{Name}", "ParameterNotFound")

    def simulate_principal_policy(self, **asked: Any) -> dict[str, Any]:
        ((action,), (arn,)) = asked["ActionNames"], asked["ResourceArns"]
        decision = "allowed" if arn == USER else "implicitDeny"
        return {"EvaluationResults": [{"EvalActionName": action, "EvalDecision": decision}]}


def checked(monkeypatch: pytest.MonkeyPatch, aws: Aws, rights: Rights, arn: str | None = USER) -> list[Check]:
    regions = []

    def client(connection: Connection, service: str) -> Aws:
        regions.append((service, connection.region))
        return aws

    monkeypatch.setattr(Connection, "client", client)
    monkeypatch.setattr("s3io_user.verify.observed.time.sleep", lambda _: None)
    there = Connection("us-east-1")
    found = checks(rights, arn, there, there, Patience(float("inf") if aws.late else 0, lambda _: None))
    assert set(regions) <= {("iam", "us-east-1"), ("secretsmanager", "eu-west-1"), ("ssm", "eu-west-1")}
    return found


def given(**more: Any) -> Rights:
    return Rights([DOCUMENT], self_service=DOCUMENT, **more)


def verdicts(found: list[Check]) -> Mapping[tuple[str, bool], str]:
    """By the call, and whether it is on the user's own."""
    return {(check.call, check.where in (USER, SECRET, PARAMETER)): check.verdict for check in found}


def test_it_may_do_that_on_its_own_and_on_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    found = checked(monkeypatch, Aws(READS), given())

    assert {check.verdict for check in found} == {"ok"}
    assert [check.call for check in found if check.how == "simulated" and check.where == USER] == [
        f"iam:{verb}AccessKey" for verb in ("Create", "Delete", "Update")
    ]
    assert {check.where for check in found if check.expected is False} == {NOBODY, NO_SECRET, NO_PARAMETER}
    assert len(found) == 12


def test_nothing_is_checked_where_nothing_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked(monkeypatch, Aws(READS), Rights([DOCUMENT])) == []


def test_what_it_may_not_read_and_what_it_may_read_besides_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    found = verdicts(checked(monkeypatch, Aws({PARAMETER, "site", NO_PARAMETER, "s3io-user-verify"}), given()))

    assert found[("secretsmanager:GetSecretValue", True)] == "finding"
    assert found[("secretsmanager:GetSecretValue", False)] == "unknown", "nothing of the kind was permitted"
    assert found[("ssm:GetParameter", False)] == found[("iam:ListAccessKeys", False)] == "finding"


def test_a_new_permission_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {check.verdict for check in checked(monkeypatch, Aws(READS, late=3), given())} == {"ok"}


def test_a_refusal_that_proves_nothing_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = [check.note for check in checked(monkeypatch, Aws(()), given()) if check.verdict == "unknown"]

    assert notes == [TOO_EARLY] * 3


@pytest.mark.parametrize(
    ("code", "note"),
    [
        ("ResourceNotFoundException", "it does not exist: run pulumi up --refresh"),
        ("ThrottlingException", "AWS answered ThrottlingException"),
    ],
)
def test_another_answer_is_unknown(monkeypatch: pytest.MonkeyPatch, code: str, note: str) -> None:
    found = checked(monkeypatch, Aws(READS - {SECRET}, code), given())
    (check,) = (each for each in found if each.where == SECRET)

    assert (check.verdict, check.note) == ("unknown", note)


def test_what_comes_from_elsewhere_and_who_is_not_known_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = verdicts(checked(monkeypatch, Aws(READS), given(other_rights=True)))
    assert {verdict for (_, own), verdict in elsewhere.items() if not own} == {"unknown"}

    without = checked(monkeypatch, Aws(READS), given(), arn=None)
    assert {check.note for check in without if check.how == "simulated"} == {"the user's ARN is not known"}
