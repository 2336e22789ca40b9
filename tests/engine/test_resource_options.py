"""What a Pulumi user expects of resource options on the component, on the real engine: docs/many-sites.md, run."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from local_aws.server import Aws
from s3io_user import s3_policy_document
from tests.engine.aws_side import keys_of
from tests.engine.conftest import Stack
from tests.engine.test_many_sites import FEW_WRITES, commands, counted, resources, snippets

pytestmark = pytest.mark.long

NewStack = Callable[..., Stack]
NAME = "A new name, or a place in another component"
TYPE = "Something on every child of a type"
FOUND = "A user that exists"

START = """
import pulumi
import pulumi_aws as aws
from s3io_user import S3IOUser

Options, Alias = pulumi.ResourceOptions, pulumi.Alias
rotating = pulumi.Config().get("rotating")
"""

WORLD = """
class Group(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("acme:index:Group", name, {}, opts)
        self.user = S3IOUser(f"{name}-user", {}, Options(parent=self))

class Shop(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("acme:index:Shop", name, {}, opts)
        self.user = S3IOUser("group-user", {}, Options(parent=self))  # the name of the one in Group

async def say(args):
    pulumi.log.info(f"a hook of mine saw {args.name}")

def by_hand(args):
    if args.type_ == "aws:iam/user:User":
        return pulumi.ResourceTransformResult(args.props, Options.merge(args.opts, Options(ignore_changes=["tags"])))

def old_style(args):
    if args.type_ == "aws:iam/user:User":
        return pulumi.ResourceTransformationResult({**args.props, "tags": {"by": "transformation"}}, args.opts)

def on_the_stack(args):
    if args.type_ == "aws:iam/user:User" and args.name == "plain":
        return pulumi.ResourceTransformResult({**args.props, "tags": {"by": "stack"}}, args.opts)

def everything(name, opts=None):
    every = {"groups": ["options"], "key_generation": 2, "previous_key": "active", "wait_until_usable": True,
             "policy_type": "managed", "policy_arns": ["arn:aws:iam::aws:policy/IAMReadOnlyAccess"], "exclusive": True,
             "secrets_manager": {"name": "options-of-full"}, "parameter_store": {"path": "/options-of-full"}}
    return S3IOUser(name, every, opts)

def hooked(name, **more):
    generation = 3 if rotating == "hook" else 1
    args = {"key_generation": generation, "previous_key": "active"}
    hooks = pulumi.ResourceHookBinding(before_create=[mine], before_update=[mine])
    return S3IOUser(name, args, Options(hooks=hooks, **more))

mine = pulumi.ResourceHook("mine", say)
pulumi.runtime.register_resource_transform(on_the_stack)
S3IOUser("plain", {})
S3IOUser("old-style", {}, Options(transformations=[old_style]))
bucket = aws.s3.Bucket("late", bucket="resource-options-late", force_destroy=True)
late = S3IOUser("late", {}, Options(depends_on=[bucket]))
aws.ssm.Parameter("later", name="/resource-options/later", type="String", value="x", opts=Options(depends_on=[late]))
safe = S3IOUser("safe", {"key_generation": 2 if rotating == "safe" else 1}, Options(protect=True))
shop = Shop("shop")
"""

BEFORE = """
blog = S3IOUser("blog", {"buckets": ["blog-photos"]})
full, moved, group, hook = everything("full"), S3IOUser("moved", {}), Group("group"), hooked("hooked")
S3IOUser("ignoring", {"tags": {"stage": "before"}}, Options(transforms=[by_hand]))
S3IOUser("left", {}, Options(retain_on_delete=True))
left_keys = S3IOUser("left-keys", {}, Options(retain_on_delete=True))
"""

AFTER = """
full = everything("other", Options(aliases=[Alias(name="full")]))
moved = S3IOUser("moved", {}, Options(parent=shop, aliases=[Alias(parent=pulumi.ROOT_STACK_RESOURCE)]))
group = Group("set", Options(aliases=[Alias(name="group")]))
hook = hooked("hook", aliases=[Alias(name="hooked")])
S3IOUser("ignoring", {"tags": {"stage": "after"}}, Options(transforms=[by_hand]))
left_keys = S3IOUser("left-keys", {"key_generation": 2}, Options(retain_on_delete=True))
"""

END = """
users = {"blog": blog, "full": full, "moved": moved, "group": group.user, "shop": shop.user, "hook": hook}
pulumi.export("users", {name: user.exports() for name, user in users.items()})
for name, user in {"safe": safe, "left-keys": left_keys}.items():
    pulumi.export(name, user.user_name)
"""


def test_options_on_the_component_do_what_a_pulumi_user_expects(new_stack: NewStack, aws: Aws) -> None:
    aws.client("iam").create_group(GroupName="options")
    (renamed,), (tagged,) = snippets(NAME), snippets(TYPE)
    stack = new_stack("".join([START, WORLD, tagged, BEFORE, END]), name="options")
    stack.env |= FEW_WRITES
    said, made, users = stack.up().text, state(stack), stack.outputs()["users"]

    # transforms, transformations and those of the stack
    tags = {name: one(made, "User", name)["inputs"].get("tags") for name in ("press", "old-style", "plain", "late")}
    by = {"press": {"team": "media"}, "old-style": {"by": "transformation"}, "plain": {"by": "stack"}, "late": None}
    assert tags == by
    # hooks
    assert "a hook of mine saw hooked" in said
    assert "mine" in one(made, "S3IOUser", "hooked")["resourceHooks"]["BeforeUpdate"]
    # depends_on
    bucket, late = one(made, "Bucket", "late"), one(made, "S3IOUser", "late")
    assert late["dependencies"] == [bucket["urn"]]
    assert one(made, "User", "late")["created"] > bucket["modified"]
    assert set(one(made, "Parameter", "later")["dependencies"]) == children(made, late)

    left = {name: one(made, "User", name)["id"] for name in ("left", "left-keys")}
    keys = {name: one(made, "AccessKey", f"{name}-b")["id"] for name in left}
    (stack.folder / "__main__.py").write_text("".join([START, WORLD, tagged, renamed, AFTER, END]))
    said, now = stack.up().text, state(stack)

    # aliases: of all that is there, only what had retain_on_delete changed
    assert counted(said) | {"unchanged": 0} == {"created": 1, "updated": 1, "deleted": 5, "unchanged": 0}
    assert stack.outputs()["users"] == users
    assert {"blog-media", "other-usable", "set-user", "hook"} <= {urn.rsplit("::")[-1] for urn in now}
    assert one(now, "S3IOUser", "moved")["parent"] == one(now, "Shop", "shop")["urn"]
    # ignore_changes by a transform
    assert one(now, "User", "ignoring")["outputs"]["tags"] == {"stage": "before"}
    # retain_on_delete
    assert keys_of(aws, left["left"]) == {keys["left"]: "Active"}
    assert keys_of(aws, left["left-keys"]) == dict.fromkeys(
        [keys["left-keys"], one(now, "AccessKey", "left-keys-a")["id"]], "Active"
    )
    assert "a key that a rotation removes stays active in AWS" in said

    # the gate, under the user's own hooks and after the alias; and protect
    assert "failed: must go up by one at a time while the previous key is kept (from 1 to 3)" in rotated(stack, "hook")
    assert re.search(r"AccessKey::safe-b\" cannot be deleted\s+because it is protected", rotated(stack, "safe"))
    stack.config()
    ran = stack.run("destroy", "--yes", "--skip-preview", check=False)
    assert (ran.code != 0, "it is protected" in ran.text) == (True, True)
    safe = one(now, "S3IOUser", "safe")
    assert children(now, safe) | {safe["urn"]} <= state(stack).keys()
    assert list(keys_of(aws, one(now, "User", "safe")["id"])) == [one(now, "AccessKey", "safe-b")["id"]]


def test_components_under_parents_of_two_types_may_have_one_name(new_stack: NewStack) -> None:
    twins = """
for parent in ("Blog", "Shop"):
    group = pulumi.ComponentResource(f"acme:index:{parent}", parent, {})
    S3IOUser("media", {"wait_until_usable": True}, Options(parent=group))
"""
    said = new_stack(START + twins, name="twins").preview().text

    assert "+ 13 to create" in said


def state(stack: Stack) -> dict[str, dict[str, Any]]:
    """The state's resources by URN."""
    return {each["urn"]: each for each in resources(stack)}


def one(made: dict[str, dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """The only resource whose type ends so, by its name."""
    (found,) = (each for urn, each in made.items() if re.search(rf"[:/]{kind}::{name}$", urn))
    return found


def children(made: dict[str, dict[str, Any]], component: dict[str, Any]) -> set[str]:
    return {urn for urn, each in made.items() if each.get("parent") == component["urn"]}


def rotated(stack: Stack, name: str) -> str:
    """What a preview says that refuses a rotation."""
    stack.config(options__rotating=name)
    ran = stack.preview(check=False)
    assert ran.code != 0
    return ran.text


BY_FILE = """
S3IOUser("site", {"user_name": "photos-by-hand", "key_generation": 2 if rotating else 1})
"""


def test_a_user_its_policy_and_its_key_are_imported_and_the_key_is_replaced(new_stack: NewStack, aws: Aws) -> None:
    file, program = snippets(FOUND)
    key, other = by_hand(aws, "photos-by-hand"), by_hand(aws, "photos-by-transform")
    program = program.replace("photos-by-hand", "photos-by-transform").replace('"site"', '"other"')
    stack = new_stack(START + BY_FILE + program, name="found")
    (stack.folder / "adopt.json").write_text(file.replace("AKIAPHOTOSBYHANDEXAMPLE", key))
    (adopting,) = (command for command in commands("pulumi") if "import" in command)
    stack.run(*adopting, "--yes", "--skip-preview")
    said = stack.up().text

    assert "= 2 imported" in said
    assert counted(said) | {"unchanged": 0} == {"created": 2, "imported": 2, "updated": 2, "unchanged": 0}
    assert list(keys_of(aws, "photos-by-hand")) == [key]
    assert set(keys_of(aws, "photos-by-transform")) == {other, one(state(stack), "AccessKey", "other-b")["id"]}
    assert stack.steps() == []

    (stack.folder / "__main__.py").write_text(START + BY_FILE + program.replace("transforms=[adopted]", ""))
    stack.config(found__rotating=True)
    said = stack.up().text
    new = one(state(stack), "AccessKey", "site-a")["id"]
    assert counted(said) | {"unchanged": 0} == {"created": 1, "deleted": 1, "updated": 2, "unchanged": 0}
    assert keys_of(aws, "photos-by-hand") == {new: "Active"}
    assert one(state(stack), "User", "other")["inputs"]["forceDestroy"] is True


def by_hand(aws: Aws, user: str) -> str:
    """A user as the page has people make one in the console; the ID of its key."""
    iam = aws.client("iam")
    iam.create_user(UserName=user)
    policy = json.dumps(s3_policy_document(), indent=4)
    iam.put_user_policy(UserName=user, PolicyName="S3Access", PolicyDocument=policy)
    return str(iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"])
