"""Many sites in one stack, by config and by a program, and in two accounts: docs/many-sites.md, run."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import yaml

from local_aws.sandbox import PROJECT
from local_aws.server import Aws
from s3io_user import s3_policy_document
from s3io_user.component.user import OUTPUTS
from s3io_user.wording import camel_case
from tests.engine.aws_side import exists, keys_of
from tests.engine.conftest import CHINA, CUSTOMER, Stack
from tests.engine.test_doctor import command

NewStack = Callable[..., Stack]
PAGE = (PROJECT / "docs" / "many-sites.md").read_text()
# Of so many resources, much of the work would be the state, written whole after every step.
FEW_WRITES = {"PULUMI_SKIP_CHECKPOINTS": "true"}


def snippets(heading: str) -> list[str]:
    """The page's fenced blocks under a heading."""
    section = re.split(rf"^##+ {heading}$", PAGE, flags=re.MULTILINE)[1]
    return re.findall(
        r"^```\w+\n(.*?)^```$", re.split(r"^##+ ", section, flags=re.MULTILINE)[0], re.DOTALL | re.MULTILINE
    )


def commands(program: str) -> list[list[str]]:
    """The page's command lines of a program, without its name."""
    return [shlex.split(line) for line in re.findall(rf"^    {program} (.*)$", PAGE, re.MULTILINE)]


def counted(said: str) -> dict[str, int]:
    """What a run says at its end of how many resources it made, changed, …"""
    return {what: int(count) for count, what in re.findall(r"(\d+) (\w+)$", said.split("Resources:")[1], re.MULTILINE)}


def resources(stack: Stack) -> list[dict[str, Any]]:
    """The state's resources, without asking the CLI."""
    (file,) = (stack.folder.parent / "state").glob(".pulumi/stacks/*/test.json")
    return list(json.loads(file.read_text())["checkpoint"]["latest"]["resources"])


def test_fifty_sites_by_config_and_then_by_a_program_with_one_out_and_one_in(new_stack: NewStack, aws: Aws) -> None:
    (by_config,), (program,) = (
        snippets("Many sites in one stack, by config"),
        snippets("The same in a program of your own"),
    )
    config = yaml.safe_load(by_config)["config"]
    sites = config["s3io-user:users"] | {f"u{number:02}": {"access": "s3-access"} for number in range(48)}
    stack = new_stack(access=config["s3io-user:access"], users=sites)
    stack.env |= FEW_WRITES
    stack.up()
    assert bytes_of_a_user(stack, "u1") <= 5_000
    before = json.loads(stack.run(*commands("pulumi")[0], "--json").out)
    done = subprocess.run(
        [stack.python, "-m", "s3io_user", *commands("s3io-user")[0]], cwd=stack.folder, env=stack.environment()
    )

    assert done.returncode == 0
    assert before["blog"]["secretAccessKey"] in (stack.folder / "blog.php").read_text()
    assert before.keys() == sites.keys()
    kept, not_made = {"previousAccessKeyId"}, {"encryptedSecret", "secretArn"}
    expected = {camel_case(name) for name in OUTPUTS} - not_made
    assert all(outputs.keys() == expected - (set() if name == "shop" else kept) for name, outputs in before.items())
    for name in ("userName", "userUniqueId", "accessKeyId", "secretAccessKey"):
        assert len({outputs[name] for outputs in before.values()}) == 50
    shown = json.loads(stack.run("stack", "output", "--json").out)["users"]
    assert {(own["secretAccessKey"], own["credentials"]) for own in shown.values()} == {("[secret]", "[secret]")}
    assert sorted(keys_of(aws, before["shop"]["userName"]).values()) == ["Active", "Inactive"]

    own = {name: {snake_case(key): value for key, value in given.items()} for name, given in sites.items()}
    gone = own.pop("u00")
    (stack.folder / "sites.json").write_text(json.dumps({**own, "press": gone}))
    (stack.folder / "__main__.py").write_text(program)
    stack.config()
    ran = stack.up()
    after = stack.outputs()["users"]
    assert bytes_of_a_user(stack, "u1") <= 5_000, "in a program of one's own too"

    assert counted(ran.text) == {"created": 4, "deleted": 4, "unchanged": 198}
    assert after.keys() == {*own, "press"}
    assert {name: after[name] for name in own} == {name: before[name] for name in own}
    assert not exists(aws, before["u00"]["userName"])
    assert keys_of(aws, after["press"]["userName"]) == {after["press"]["accessKeyId"]: "Active"}


def bytes_of_a_user(stack: Stack, names: str) -> float:
    """The mean of the ten users whose names begin so, as compact JSON: their resources and their outputs.

    Eleven users less one, by ten, come to the same: the rest of the state doesn't grow.
    """
    own = [r for r in stack.state() if r["urn"].rsplit("::", 1)[-1].startswith(names)]
    outputs = next(r for r in stack.state() if r["type"] == "pulumi:pulumi:Stack")["outputs"]["users"]
    parts = [*own, *({name: value} for name, value in outputs.items() if name.startswith(names))]
    assert len(parts) == 10 * 5
    return sum(len(json.dumps(part, separators=(",", ":"))) for part in parts) / 10


def snake_case(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)


MORE_ACCOUNTS = """
class Agency(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("acme:index:Agency", name, {}, opts)
        every = {"user_name": "nested", "key_generation": 2, "previous_key": "active", "policy_type": "managed",
                 "groups": ["editors"], "policy_arns": ["arn:aws:iam::aws:policy/IAMReadOnlyAccess"], "exclusive": True,
                 "secrets_manager": {"name": "nested"}, "parameter_store": {"path": "/nested"}}
        self.user = S3IOUser("nested", every, pulumi.ResourceOptions(parent=self))

nested = Agency("agency", pulumi.ResourceOptions(providers=[customer])).user
found = S3IOUser("found", {"existing_user": "found"}, pulumi.ResourceOptions(providers={"aws": customer}))
china = aws.Provider("china", region="cn-north-1", access_key="CHINA_ID", secret_key="CHINA_SECRET")
by_china = pulumi.ResourceOptions(provider=china)
chinese = S3IOUser("chinese", {"user_name": "photos-of-blog", "wait_until_usable": True}, by_china)
users = {"ours": ours, "theirs": theirs, "nested": nested, "found": found, "chinese": chinese}
pulumi.export("users", {name: user.exports() for name, user in users.items()})
"""


def test_what_a_component_makes_is_in_the_account_of_its_provider(new_stack: NewStack, aws: Aws) -> None:
    customer, china = open_accounts(aws)
    (program,) = snippets("Two accounts")
    more = MORE_ACCOUNTS.replace("CHINA_ID", china["access_key_id"]).replace("CHINA_SECRET", china["secret_access_key"])
    stack = new_stack(program + more, name="accounts")
    stack.env |= FEW_WRITES
    stack.up()
    users = stack.outputs()["users"]

    made_by = {
        (each["parent"].rsplit("::")[-1], re.sub(r"_.*", "", each["provider"].split("::")[-2]))
        for each in resources(stack)
        if each["type"].startswith("aws:")
    }
    by_customer = {(name, "customer") for name in ("theirs", "nested", "found")}
    assert made_by == {("ours", "default"), ("chinese", "china"), *by_customer}
    arns = {name: outputs["userArn"] for name, outputs in users.items()}
    assert arns == {
        "ours": "arn:aws:iam::123456789012:user/photos-of-blog",
        "theirs": f"arn:aws:iam::{CUSTOMER}:user/photos-of-blog",
        "nested": f"arn:aws:iam::{CUSTOMER}:user/nested",
        "found": f"arn:aws:iam::{CUSTOMER}:user/found",
        "chinese": f"arn:aws-cn:iam::{CHINA}:user/photos-of-blog",
    }
    assert {name: held["credentials"]["region"] for name, held in users.items()} == {
        **dict.fromkeys(("theirs", "nested", "found"), "eu-west-1"),
        "ours": "us-east-1",
        "chinese": "cn-north-1",
    }
    assert "arn:aws-cn:s3:::*" in users["chinese"]["policyDocument"]
    for name in ("theirs", "nested", "found"):
        held = customer.list_access_keys(UserName=users[name]["userName"])["AccessKeyMetadata"]
        assert users[name]["accessKeyId"] in {key["AccessKeyId"] for key in held}
        sts = aws.client("sts", users[name]["accessKeyId"], users[name]["secretAccessKey"])
        assert sts.get_caller_identity()["Arn"] == users[name]["userArn"]
    assert list(keys_of(aws, "photos-of-blog")) == [users["ours"]["accessKeyId"]]

    # What the stack has in another account is not looked for in its own, where a name may be somebody else's.
    iam = aws.client("iam")
    iam.create_user(UserName="nested")
    iam.create_access_key(UserName="nested")
    command = [stack.python, "-m", "s3io_user", "doctor", "--fix", "--yes"]
    said = subprocess.run(command, cwd=stack.folder, env=stack.environment(), capture_output=True, text=True).stdout
    assert not {"key-unknown", "key-missing", "user-missing"} & set(said.split())
    assert len(keys_of(aws, "nested")) == 1


def open_accounts(aws: Aws) -> tuple[Any, dict[str, str]]:
    """A customer's account with a role to assume, a group and a user, and one in China with an admin.

    Returns an IAM client of the customer's, and the key of the admin in China.
    """
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    customer = aws.client("iam", **aws.others[CUSTOMER])
    made: list[Callable[[], object]] = [
        lambda: customer.create_role(RoleName="deployer", AssumeRolePolicyDocument=document),
        lambda: customer.create_user(UserName="found"),
        lambda: customer.create_group(GroupName="editors"),
    ]
    for make in made:
        with suppress(customer.exceptions.EntityAlreadyExistsException):  # the account outlives a test of this file
            make()
    customer.attach_role_policy(RoleName="deployer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return customer, dict(aws.others[CHINA])


def test_users_may_be_in_a_file_and_are_rotated_there(new_stack: NewStack, user_name: str) -> None:
    stack = new_stack(users="sites.json", access="optimizer")
    # Far more than the engine could hand over, most of it a site that is not wanted.
    sites: dict[str, dict[str, Any]] = {"blog": {"userName": user_name, "buckets": "blog, media"}}
    (stack.folder / "sites.json").write_text(json.dumps(sites) + " " * 200_000)
    stack.up()
    users = stack.outputs()["users"]

    assert users["blog"]["userName"] == user_name
    assert "arn:aws:s3:::media/*" in users["blog"]["policyDocument"]
    rotated = command(stack, "rotate", "--user", "blog", "--yes", "--no-verify")
    assert rotated.code == 0, rotated.text
    assert stack.outputs()["users"]["blog"]["accessKeyId"] != users["blog"]["accessKeyId"]
    assert stack.steps() == []
    sites["blog"] = {"keyGeneration": 2, **sites["blog"]}
    assert (stack.folder / "sites.json").read_text() == json.dumps(sites) + " " * 200_000
    assert "underway" not in (stack.folder / "Pulumi.test.yaml").read_text()


def test_what_one_types_first_works(new_stack: NewStack, user_name: str) -> None:
    stack = new_stack(userName=user_name, access="optimizer")
    for value in ("my-photos", "my-photos, media/wp", "https://my-photos.s3.eu-west-1.amazonaws.com/", '["my-photos"]'):
        stack.run("config", "set", "buckets", value)
        assert stack.preview().code == 0
    stack.run("config", "rm", "buckets")
    stack.run("config", "set", "--path", "buckets[0]", "my-photos")
    stack.run("config", "set", "policy", stdin=json.dumps(s3_policy_document(["my-photos"])))
    stack.run("config", "rm", "access")
    stack.run("config", "rm", "buckets")
    stack.up()

    assert "my-photos/*" in stack.outputs()["policyDocument"]
    stack.run("config", "set", "region", "eu-west-1")
    assert "did you mean 'aws:region'? pulumi config set aws:region" in stack.preview(check=False).text
