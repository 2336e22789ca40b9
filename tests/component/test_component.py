"""The component under Pulumi's mocks: resources, inputs, parents, secrets and outputs for every input."""

import json
import typing

import pulumi
import pytest

from s3io_user import InputError, S3IOUser, S3IOUserArgs, s3_policy_document
from s3io_user.component.user import OUTPUTS
from s3io_user.testing import Deployment, deploy
from s3io_user.wording import camel_case

USER = "aws:iam/user:User"
KEY = "aws:iam/accessKey:AccessKey"
POLICY = "aws:iam/userPolicy:UserPolicy"
ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"


def make(args: S3IOUserArgs | None = None, *, preview: bool = False, region: str = "eu-west-1") -> Deployment:
    return deploy(lambda: S3IOUser("site", args or {}), preview=preview, config={"aws:region": region})


def test_without_inputs_it_is_the_page_s_user() -> None:
    made = make()

    assert {resource.type for resource in made.resources} == {"s3io-user:index:S3IOUser", USER, POLICY, KEY}
    assert len(made.resources) == 4
    policy = made.one(POLICY).inputs
    assert policy["name"] == "S3Access"
    assert json.loads(policy["policy"]) == s3_policy_document()
    assert made.one(KEY).inputs["status"] == "Active"


def test_children_are_parented_and_named_after_the_component() -> None:
    made = make({"groups": ["editors"], "access": "full"})
    component, *children = made.resources

    assert component.name == "site"
    assert {child.parent for child in children} == {component.urn}
    assert all(child.name == "site" or child.name.startswith("site-") for child in children)


def test_of_its_outputs_the_state_keeps_with_it_what_commands_look_for() -> None:
    made = make({"key_generation": 2, "previous_key": "active"})
    component = made.resources[0]

    kept = {"userName", "accessKeyId", "previousAccessKeyId", "keyGeneration"}
    assert set(made.registered[component.urn]) == kept
    assert set(OUTPUTS) <= set(made.outputs)


def exported(args: S3IOUserArgs) -> set[str]:
    """The names of the outputs that a component exports."""
    return set(deploy(lambda: pulumi.export("names", sorted(S3IOUser("site", args).exports()))).exports["names"].value)


def test_only_the_outputs_that_the_inputs_create_are_exported() -> None:
    always = {"userName", "userArn", "userUniqueId", "secretAccessKey", "parameterNames", "credentials"}
    assert exported({}) == always | {"accessKeyId", "policyDocument"}
    assert exported({"create_access_key": False, "access": "full"}) == always
    kept: S3IOUserArgs = {"key_generation": 2, "previous_key": "active"}
    assert exported(kept) == exported({}) | {"previousAccessKeyId"}
    assert exported({"secrets_manager": {"name": "site"}}) == exported({}) | {"secretArn"}


def test_where_a_plugin_makes_it_the_state_keeps_every_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s3io_user.component.user.in_a_program", lambda: False)
    made = make({"key_generation": 2, "previous_key": "active"})

    # What holds nothing is not sent.
    filled = {camel_case(name) for name in OUTPUTS if made.outputs[name].value is not None}
    assert set(made.registered[made.resources[0].urn]) == filled | {"keyGeneration"}


@pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
def test_the_secret_and_the_credentials_are_secrets_and_nothing_else_is(preview: bool) -> None:
    made = make({"buckets": ["photos"]}, preview=preview)

    secret = {name for name, output in made.outputs.items() if output.secret}
    assert secret == {"secret_access_key", "credentials"}


def test_outputs() -> None:
    made = make({"user_name": "site.example", "path": "/sites/", "buckets": ["s3://photos/wp-content/uploads/"]})
    outputs = {name: output.value for name, output in made.outputs.items()}

    assert outputs["user_name"] == "site.example"
    assert outputs["user_arn"] == "arn:aws:iam::123456789012:user/sites/site.example"
    assert outputs["user_unique_id"].startswith("AIDA")
    assert outputs["access_key_id"].startswith("AKIA")
    assert outputs["previous_access_key_id"] is None
    assert outputs["policy_document"] == made.one(POLICY).inputs["policy"]
    assert outputs["credentials"] == {
        "userName": "site.example",
        "accessKeyId": outputs["access_key_id"],
        "secretAccessKey": outputs["secret_access_key"],
        "region": "eu-west-1",
        "buckets": ["photos/wp-content/uploads"],
    }


@pytest.mark.parametrize(
    ("args", "resource", "expected"),
    [
        pytest.param({"user_name": "a+b=c,d.e@f-g_h"}, USER, {"name": "a+b=c,d.e@f-g_h"}, id="user-name"),
        pytest.param({"path": "/sites/"}, USER, {"path": "/sites/"}, id="path"),
        pytest.param({"tags": {"site": "example"}}, USER, {"tags": {"site": "example"}}, id="tags"),
        pytest.param({"permissions_boundary": BOUNDARY}, USER, {"permissionsBoundary": BOUNDARY}, id="boundary"),
        pytest.param({}, USER, {"forceDestroy": True}, id="force-destroy-by-default"),
        pytest.param({"force_destroy": False}, USER, {"forceDestroy": False}, id="force-destroy-off"),
        pytest.param({"groups": ["a", "b"]}, MEMBERSHIP, {"groups": ["a", "b"]}, id="groups"),
        pytest.param({"policy_name": "Photos"}, POLICY, {"name": "Photos"}, id="policy-name"),
        pytest.param({"key_status": "Inactive"}, KEY, {"status": "Inactive"}, id="key-status"),
        pytest.param(
            {"access": "full"}, ATTACHMENT, {"policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}, id="full"
        ),
    ],
)
def test_an_input_reaches_its_resource(args: S3IOUserArgs, resource: str, expected: dict[str, object]) -> None:
    inputs = make(args).one(resource).inputs

    assert {name: inputs.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("args", "absent"),
    [
        pytest.param({"access": "none"}, [POLICY, ATTACHMENT], id="no-rights"),
        pytest.param({"access": "full"}, [POLICY], id="full-has-no-document"),
        pytest.param({"create_access_key": False}, [KEY], id="no-key"),
        pytest.param({"groups": []}, [MEMBERSHIP], id="no-groups"),
    ],
)
def test_what_is_not_wanted_is_not_made(args: S3IOUserArgs, absent: list[str]) -> None:
    made = make(args)

    assert [token for token in absent if made.of(token)] == []


def test_without_a_key_its_outputs_are_empty_and_the_secret_stays_one() -> None:
    outputs = make({"create_access_key": False}).outputs

    assert outputs["access_key_id"].value is None
    assert outputs["secret_access_key"].value is None
    assert outputs["secret_access_key"].secret


def test_a_changed_name_replaces_the_user() -> None:
    assert list(make().one(USER).request.replaceOnChanges) == ["name"]


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
@pytest.mark.parametrize("access", ["full", "s3-access", "optimizer"])
def test_every_arn_is_in_the_region_s_partition(region: str, partition: str, access: str) -> None:
    made = make({"access": access}, region=region)  # type: ignore[typeddict-item]
    arn = made.one(ATTACHMENT).inputs["policyArn"] if access == "full" else made.one(POLICY).inputs["policy"]

    assert f"arn:{partition}:" in arn
    assert arn.count("arn:") == arn.count(f"arn:{partition}:")


def test_without_a_region_the_partition_comes_from_the_user_s_arn(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    made = deploy(lambda: S3IOUser("site", {"access": "full"}))

    assert made.one(ATTACHMENT).inputs["policyArn"] == "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    assert made.outputs["credentials"].value["region"] is None


@pytest.mark.parametrize(
    ("args", "keys"),
    [
        pytest.param({"key_generation": 1, "previous_key": "active"}, {"site-b": "Active"}, id="first"),
        pytest.param({"key_generation": 2}, {"site-a": "Active"}, id="removed"),
        pytest.param(
            {"key_generation": 2, "previous_key": "inactive"}, {"site-a": "Active", "site-b": "Inactive"}, id="inactive"
        ),
        pytest.param(
            {"key_generation": 3, "previous_key": "active"}, {"site-b": "Active", "site-a": "Active"}, id="active"
        ),
        pytest.param(
            {"key_generation": 3, "previous_key": "active", "key_status": "Inactive"},
            {"site-b": "Inactive", "site-a": "Inactive"},
            id="both-off",
        ),
    ],
)
def test_the_keys_of_a_generation(args: S3IOUserArgs, keys: dict[str, str]) -> None:
    made = make(args)

    assert {key.name: key.inputs["status"] for key in made.of(KEY)} == keys
    current = next(iter(keys))
    assert made.outputs["access_key_id"].value == f"AKIA{current.upper()}EXAMPLE"


def test_the_previous_key_waits_for_the_current_one() -> None:
    current, previous = make({"key_generation": 2, "previous_key": "inactive"}).of(KEY)

    assert current.urn in previous.request.dependencies


def test_values_that_are_known_later_pass() -> None:
    def program() -> S3IOUser:
        later = pulumi.Output.from_input
        return S3IOUser(
            "site",
            {
                "user_name": later("later"),
                "groups": later(["editors"]),
                "buckets": [later("photos"), "videos"],
                "tags": {"site": later("example")},
            },
        )

    made = deploy(program, config={"aws:region": "eu-west-1"})

    assert made.one(USER).inputs["name"] == "later"
    assert made.one(MEMBERSHIP).inputs["groups"] == ["editors"]
    assert "arn:aws:s3:::photos/*" in made.one(POLICY).inputs["policy"]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        pytest.param({"user_name": "ö"}, "user_name: a user name must be 1 to 64 of", id="name"),
        pytest.param({"user_name": "x" * 65}, "user_name: a user name must have at most 64 characters", id="long-name"),
        pytest.param({"user_name": "x\n"}, r"user_name: a user name must be .* \(got 'x\\n'\)", id="newline"),
        pytest.param({"user_name": 5}, r"user_name: must be a string \(got 5\)", id="name-not-a-string"),
        pytest.param({"path": "sites"}, r"path: a path must begin and end with '/' .*\(got 'sites'\)", id="path"),
        pytest.param({"tags": {"aws:x": "y"}}, "tags: a tag's key must not begin with 'aws:'", id="tag-key"),
        pytest.param({"tags": {"x": 1}}, "tags: the tag 'x' must have a string as its value", id="tag-value"),
        pytest.param({"groups": 5}, r"groups: must be a list \(got 5\)", id="groups-not-a-list"),
        pytest.param({"groups": ["a b"]}, "groups: a group name must be 1 to 128 of", id="group-name"),
        pytest.param(
            {"groups": [f"g{n}" for n in range(11)]}, "groups: a user can be in at most 10", id="groups-quota"
        ),
        pytest.param({"buckets": ["a_"]}, "buckets: a bucket name must be 3 to 63 of", id="bucket"),
        pytest.param({"buckets": []}, "buckets: must name at least one bucket", id="no-bucket"),
        pytest.param({"buckets": ["photos/*.jpg"]}, "buckets: a folder must not hold", id="wildcard"),
        pytest.param({"policy_name": ""}, "policy_name: a policy name must be 1 to 128 of", id="policy-name"),
        pytest.param({"permissions_boundary": "x"}, "permissions_boundary: must be a policy's ARN", id="boundary"),
        pytest.param({"access": "fulll"}, "access: must be one of full, s3-access", id="access"),
        pytest.param({"force_destroy": "yes"}, "force_destroy: must be true or false", id="bool"),
        pytest.param({"key_generation": 0}, "key_generation: must be a whole number from 1", id="generation"),
        pytest.param({"key_generation": 1.5}, "key_generation: must be a whole number from 1", id="half-generation"),
        pytest.param({"bucket": ["photos"]}, r"bucket: is not an input \(did you mean 'buckets'\?\)", id="unknown"),
        pytest.param(
            {"access": "full", "buckets": ["photos"]},
            "buckets: has no effect with access 'full'",
            id="full",
        ),
        pytest.param({"allow_delete": True}, "allow_delete: has no effect unless access is 'optimizer'", id="allow"),
        pytest.param({"buckets": ["arn:aws-cn:s3:::photos"]}, "buckets: must be in the user's partition", id="cn"),
        pytest.param({"kms_key_arns": ["alias/x"]}, "kms_key_arns: must be a KMS key's own ARN", id="kms"),
        pytest.param({"source_ips": ["10.0.0.0/8"]}, "source_ips: must be public", id="private-ip"),
        pytest.param({"source_vpc_endpoints": ["x"]}, "source_vpc_endpoints: must be a VPC endpoint's ID", id="vpce"),
    ],
)
def test_a_bad_input_is_one_sentence_before_anything_is_made(args: S3IOUserArgs, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as raised:
        make(args)

    assert isinstance(raised.value, pulumi.RunError)
    assert len(raised.value.faults) == 1


def test_all_faults_at_once() -> None:
    with pytest.raises(InputError) as raised:
        make({"user_name": "ö", "path": "x", "groups": ["a b", "ok", "c d"], "access": "nothing"})  # type: ignore[typeddict-item]

    assert sorted(name for name, _ in raised.value.faults) == ["access", "groups", "groups", "path", "user_name"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("user_name", "ö", id="name"),
        pytest.param("groups", ["a b"], id="groups"),
        pytest.param("tags", {"aws:x": "y"}, id="tags"),
        pytest.param("policy_name", "", id="policy-name"),
    ],
)
def test_a_bad_value_that_is_known_later_is_the_same_sentence(name: str, value: object) -> None:
    def program() -> S3IOUser:
        return S3IOUser("site", {name: pulumi.Output.from_input(value)})  # type: ignore[misc]

    with pytest.raises(InputError) as raised:
        deploy(program)

    assert [fault[0] for fault in raised.value.faults] == [name]


@pytest.mark.parametrize(("secret", "quoted"), [(True, False), (False, True)])
def test_what_is_known_later_is_quoted_unless_it_is_a_secret(secret: bool, quoted: bool) -> None:
    def program() -> S3IOUser:
        later = pulumi.Output.from_input("not/a name")
        return S3IOUser("site", {"user_name": pulumi.Output.secret(later) if secret else later})

    with pytest.raises(InputError) as raised:
        deploy(program)

    assert ("not/a name" in str(raised.value)) is quoted
    assert "must be 1 to 64" in str(raised.value)


def test_names_that_differ_only_in_case_are_refused() -> None:
    def program() -> None:
        S3IOUser("a", {"user_name": "Site"})
        S3IOUser("b", {"user_name": "site"})

    with pytest.raises(InputError, match="must be unique without regard to case"):
        deploy(program)


def test_two_programs_may_use_one_name() -> None:
    for _ in range(2):
        deploy(lambda: S3IOUser("a", {"user_name": "site"}))


def test_a_component_s_name_that_gives_no_user_name_is_refused() -> None:
    with pytest.raises(InputError, match="can't be made of the component's name 'my site'"):
        deploy(lambda: S3IOUser("my site", {}))


def test_nothing_that_takes_rights_from_others_is_ever_made() -> None:
    source = "".join(path.read_text() for path in _package_sources())

    for forbidden in ("PolicyAttachment(", "GroupMembership(", "UserLoginProfile"):
        allowed = source.count(f"User{forbidden}")
        assert source.count(forbidden) == allowed, f"{forbidden} is exclusive across the account"


def _package_sources() -> list[typing.Any]:
    import pathlib

    import s3io_user

    return sorted(pathlib.Path(s3io_user.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param([{}, {"buckets": ["photos"]}], 1, id="once"),
        pytest.param([{"access": "s3-access"}, {"access": "optimizer"}, {"access": "none"}], 0, id="chosen"),
        pytest.param([{"policy": json.dumps(s3_policy_document(["photos"]))}], 0, id="a-policy"),
    ],
)
def test_which_preset_is_tighter_is_said_once_to_who_chose_none(
    args: list[S3IOUserArgs], said: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda line, *_, **__: lines.append(line))

    def program() -> None:
        for number, each in enumerate(args):
            S3IOUser(f"site-{number}", each)

    deploy(program)

    assert len([line for line in lines if "'optimizer' allows only what the plugin calls" in line]) == said
    assert not any("\n" in line for line in lines)


def test_a_component_needs_no_args() -> None:
    made = deploy(lambda: S3IOUser("site"))

    assert made.one("aws:iam/user:User").name == "site"
