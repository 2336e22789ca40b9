"""What `pulumi up --continue-on-error` makes of a failure, under mocks: the program fails, and nothing is deleted."""

from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks
from pulumi.runtime import stack as sdk
from pulumi.runtime.proto import resource_pb2

from s3io_user import S3IOUser, S3IOUserArgs, tokens
from s3io_user.testing import Deployment, deploy

EVERYTHING: S3IOUserArgs = {
    "key_generation": 2,
    "previous_key": "active",  # type: ignore[typeddict-item]
    "wait_until_usable": True,
    "groups": ["editors"],
    "policy_arns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
    "secrets_manager": {"name": "a"},
    "parameter_store": {"path": "/a"},
}

NOT_UPDATED = "'site' was not updated to the end, so nothing is deleted"
# SDKs before 3.271 put it into the outputs of a component that failed, and the kit meets it there before the RunError.
FAILED: type[Exception] = getattr(sdk, "ResourceRegistrationFailed", pulumi.RunError)
TELLS_OF_READS = "result" in resource_pb2.ReadResourceResponse.DESCRIPTOR.fields_by_name


def make(**options: Any) -> Deployment:
    return deploy(lambda: S3IOUser("site", EVERYTHING), config={"aws:region": "eu-west-1"}, **options)


@pytest.mark.parametrize(
    ("token", "left_out"),
    [
        # The engine may have created the resources below it by the time that it notes that it was refused.
        (tokens.COMPONENT, False),
        (tokens.USER, False),
        (tokens.USER, True),
        (tokens.INLINE_POLICY, False),
        (tokens.ATTACHMENT, False),
        (tokens.MEMBERSHIP, False),
        (tokens.ACCESS_KEY, False),
        # The key depends on all that comes before it, and so is left out with it.
        (tokens.ACCESS_KEY, True),
        (tokens.STASH, False),
        ("aws:secretsmanager/secretVersion:SecretVersion", False),
        ("aws:ssm/parameter:Parameter", False),
    ],
)
def test_whichever_resource_fails_or_is_left_out_the_program_fails(
    token: str, left_out: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = mocks.MockMonitor.RegisterResource

    def spoil(self: mocks.MockMonitor, request: Any) -> Any:
        answer = register(self, request)
        if request.type == token:
            if left_out:  # what depends on a failure comes back as the state had it
                answer.unknown = True
            else:
                answer.result = resource_pb2.Result.FAIL
        return answer

    monkeypatch.setattr(mocks.MockMonitor, "RegisterResource", spoil)
    failed = FAILED if token == tokens.COMPONENT else pulumi.RunError
    with pytest.raises(failed, match=f"{NOT_UPDATED}|failed to register"):
        make()


@pytest.mark.skipif(not TELLS_OF_READS, reason="this SDK is not told that a read failed")
def test_a_user_to_adopt_that_can_not_be_read_makes_it_fail_too(monkeypatch: pytest.MonkeyPatch) -> None:
    read = mocks.MockMonitor.ReadResource

    def spoil(self: mocks.MockMonitor, request: Any) -> Any:
        answer = read(self, request)
        answer.result = resource_pb2.Result.FAIL
        return answer

    monkeypatch.setattr(mocks.MockMonitor, "ReadResource", spoil)
    with pytest.raises(pulumi.RunError, match=NOT_UPDATED):
        deploy(lambda: S3IOUser("site", {"existing_user": "old"}), config={"aws:region": "eu-west-1"})


@pytest.mark.parametrize("preview", [False, True])
def test_where_nothing_fails_the_component_is_finished(preview: bool) -> None:
    made = make(preview=preview)
    assert "keyGeneration" in made.registered[made.one(tokens.COMPONENT).urn]
