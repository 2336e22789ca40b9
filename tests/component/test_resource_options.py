"""Resource options on the component, where Pulumi's mocks tell enough: providers, regions, names, what is handed on."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from s3io_user import InputError, PreviousKey, S3IOUser, S3IOUserArgs, s3_policy_document
from s3io_user.testing import Deployment, deploy

POLICY = "aws:iam/userPolicy:UserPolicy"
ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
COMPONENT = "s3io-user:index:S3IOUser"


def by_provider(args: S3IOUserArgs, *, region: str | None, preview: bool = False) -> Deployment:
    def program() -> S3IOUser:
        customer = aws.Provider("customer", region=region, profile="customer")
        return S3IOUser("site", args, pulumi.ResourceOptions(provider=customer))

    return deploy(program, preview=preview, config={"aws:region": "eu-west-1"})


@pytest.fixture(autouse=True)
def no_region_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        pytest.param("eu-central-1", "aws", id="another-than-the-stack-s"),
        pytest.param("cn-north-1", "aws-cn", id="china"),
        pytest.param("us-gov-west-1", "aws-us-gov", id="govcloud"),
        pytest.param(None, "aws", id="a-profile-tells"),
    ],
)
def test_region_and_partition_are_the_provider_s(region: str | None, partition: str) -> None:
    made = by_provider({"access": "full"}, region=region)
    own = by_provider({}, region=region)

    assert made.one(ATTACHMENT).inputs["policyArn"] == f"arn:{partition}:iam::aws:policy/AmazonS3FullAccess"
    assert json.loads(own.one(POLICY).inputs["policy"])["Statement"][0]["Resource"] == [f"arn:{partition}:s3:::*"]
    assert made.outputs["credentials"].value["region"] == region


def test_a_preview_knows_the_policy_where_the_provider_names_its_region() -> None:
    assert "arn:aws-cn:s3:::*" in by_provider({}, region="cn-north-1", preview=True).one(POLICY).inputs["policy"]


USER = "aws:iam/user:User"
KEY = "arn:{}:kms:{}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def of_partition(partition: str) -> Any:
    """A user as AWS makes it in a partition."""
    return lambda name, inputs: {"arn": f"arn:{partition}:iam::123456789012:user/site", "uniqueId": "AIDASITEEXAMPLE"}


@pytest.mark.parametrize("told", ["by-the-provider", "by-a-profile", "by-the-stack-s-profile"])
@pytest.mark.parametrize(
    ("partition", "region"), [("aws", "eu-west-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")]
)
def test_arns_of_the_user_s_partition_can_be_used_wherever_the_region_is_told(
    told: str, partition: str, region: str
) -> None:
    args: S3IOUserArgs = {
        "access": "optimizer",  # type: ignore[typeddict-item]
        "buckets": [f"arn:{partition}:s3:::photos"],
        "kms_key_arns": [KEY.format(partition, region)],
    }

    def program() -> S3IOUser:
        named = region if told == "by-the-provider" else None
        customer = aws.Provider("customer", region=named, profile="customer")
        return S3IOUser(
            "site", args, None if told == "by-the-stack-s-profile" else pulumi.ResourceOptions(provider=customer)
        )

    made = deploy(program, resources={USER: of_partition(partition)}, config={"aws:profile": "customer"})
    assert json.loads(made.one(POLICY).inputs["policy"]) == s3_policy_document(**args, partition=partition)  # type: ignore[misc]


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_a_document_near_the_limit_has_room_in_any_partition(partition: str) -> None:
    def program(count: int) -> S3IOUser:
        customer = aws.Provider("customer", profile="customer")
        args: S3IOUserArgs = {"access": "optimizer", "buckets": [f"bucket-{n:02}" for n in range(count)]}  # type: ignore[typeddict-item]
        return S3IOUser("site", args, pulumi.ResourceOptions(provider=customer))

    made = [deploy(lambda n=n: program(n), resources={USER: of_partition(partition)}) for n in range(12, 32)]  # type: ignore[misc]
    inline = [each for each in made if each.of(POLICY)]

    assert 0 < len(inline) < len(made), "the limit is between the smallest and the largest"
    assert all(f"arn:{partition}:s3:::" in each.one(POLICY).inputs["policy"] for each in inline)


@pytest.mark.parametrize("region", ["eu-west-1", None])
def test_arns_of_another_partition_are_refused_when_the_user_s_is_known(region: str | None) -> None:
    with pytest.raises(InputError, match="buckets: must be in the user's partition 'aws', not in 'aws-cn'"):
        by_provider({"buckets": ["arn:aws-cn:s3:::photos"]}, region=region)


def test_arns_of_two_partitions_are_refused_at_once() -> None:
    keys = [KEY.format("aws-cn", "cn-north-1")]
    with pytest.raises(InputError) as raised:
        by_provider({"buckets": ["arn:aws:s3:::photos"], "kms_key_arns": keys}, region=None, preview=True)  # type: ignore[typeddict-item]
    assert str(raised.value) == "kms_key_arns: must all be in one partition (got aws, aws-cn)"


def two_of_one_name(first: str | None, second: str | None) -> Deployment:
    def program() -> None:
        providers = {name: aws.Provider(name, region="eu-west-1") for name in ("one", "other")}
        for name, which in (("ours", first), ("theirs", second)):
            options = pulumi.ResourceOptions(provider=providers[which] if which else None)
            S3IOUser(name, {"user_name": "photos"}, options)

    return deploy(program)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("one", "other", id="two"),
        pytest.param("one", None, id="one-and-the-stack-s"),
        pytest.param(None, "other", id="the-stack-s-and-one"),
    ],
)
def test_two_providers_may_each_have_a_user_of_one_name(first: str | None, second: str | None) -> None:
    assert len(two_of_one_name(first, second).of("aws:iam/user:User")) == 2


@pytest.mark.parametrize("which", [pytest.param("one", id="a-program-s"), pytest.param(None, id="the-stack-s")])
def test_one_provider_may_not(which: str | None) -> None:
    with pytest.raises(InputError, match=r"user_name: must be unique .* \(got 'photos' as 'ours'\)"):
        two_of_one_name(which, which)


def test_nor_two_components_of_one_name_under_two_parents() -> None:
    def program() -> None:
        for parent in ("Blog", "Shop"):
            group = pulumi.ComponentResource(f"acme:index:{parent}", parent, {})
            S3IOUser("media", {"user_name": "photos"}, pulumi.ResourceOptions(parent=group))

    with pytest.raises(InputError, match=r"user_name: must be unique .* \(got 'photos' as 'media'\)"):
        deploy(program)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("blog", id="another"),
        pytest.param("site-a", id="as-a-key"),
        pytest.param("site-2", id="as-a-second-policy"),
        pytest.param("site-usable", id="as-the-gate"),
    ],
)
def test_two_components_with_the_same_inputs_have_no_resource_of_one_name(other: str) -> None:
    every: S3IOUserArgs = {
        "buckets": [f"photos-{number}/{'folder' * 10}" for number in range(50)],
        "groups": ["editors"],
        "policy_arns": ["arn:aws:iam::aws:policy/IAMReadOnlyAccess"],
        "exclusive": True,
        "key_generation": 2,
        "previous_key": PreviousKey.ACTIVE,
        "wait_until_usable": True,
        "secrets_manager": {"name": "same"},
        "parameter_store": {"path": "/same"},
    }
    made = deploy(lambda: [S3IOUser(name, every) for name in ("site", other)]).resources

    assert len({(resource.type, resource.name) for resource in made}) == len(made) == 32


def test_what_pulumi_hands_to_no_child_is_taken_and_handed_to_none() -> None:
    given = pulumi.ResourceOptions(
        ignore_changes=["tags"],
        replace_on_changes=["user"],
        delete_before_replace=True,
        custom_timeouts=pulumi.CustomTimeouts(create="1m"),
        additional_secret_outputs=["userArn"],
        version="1.2.3",
    )
    component, *children = deploy(lambda: S3IOUser("site", {}, given)).resources

    assert list(component.request.ignoreChanges) == ["tags"]
    for child in children:
        asked = child.request
        assert not asked.ignoreChanges
        assert "user" not in asked.replaceOnChanges
        assert not asked.customTimeouts.create
        assert "userArn" not in asked.additionalSecretOutputs


@pytest.mark.parametrize("kept", [True, False, None])
def test_what_a_rotation_leaves_in_aws_is_warned_of(kept: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda sentence, *about: warned.append(sentence))
    deploy(lambda: S3IOUser("site", {}, pulumi.ResourceOptions(retain_on_delete=kept)))

    assert [sentence.split(":")[0] for sentence in warned] == ["retain_on_delete"] * bool(kept)
