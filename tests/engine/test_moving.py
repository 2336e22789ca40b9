"""docs/moving.md, step by step: no outage, and nothing of what was there before is deleted unasked."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local_aws.sandbox import PROJECT, Sandbox
from local_aws.server import Aws
from s3io_user import s3_policy_document
from tests.engine.aws_side import keys_of
from tests.engine.conftest import PROGRAM, Stack
from tests.images import optimise_first
from tests.patience import PATIENCE

pytestmark = [pytest.mark.long, pytest.mark.passphrase]

NewStack = Callable[..., Stack]
PAGE = (PROJECT / "docs" / "moving.md").read_text()
FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
Pair = tuple[str, str]


def blocks(language: str, section: str) -> list[str]:
    """The code blocks of a section that are in a language."""
    text = re.split(r"^## ", PAGE.split(f"\n## {section}")[1], flags=re.MULTILINE)[0]
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


class Reader:
    """Who follows the page: runs its commands as they stand, with a user's and a stack's name of the test's own."""

    def __init__(self, stack: Stack, **instead: str) -> None:
        self.stack, self.instead = stack, instead

    def follow(self, section: str, **instead: str) -> str:
        """What the section's commands say."""
        return "".join(self.run(line, **instead) for block in blocks("sh", section) for line in block.splitlines())

    def run(self, command: str, **instead: str) -> str:
        line = command.replace("pulumi up", "pulumi up --yes --skip-preview")
        for word, other in {**self.instead, **instead}.items():
            line = line.replace(word.replace("_", "-"), other)
        ran = subprocess.run(
            shlex.split(line), cwd=self.stack.folder, env=self.stack.environment(), capture_output=True, text=True,
            timeout=PATIENCE,
        )  # fmt: skip
        # As long as the doctor still finds something, it says so by a 1; so does verify of the old policies.
        fine = (0, 1) if "s3io-user doctor" in command or "s3io-user verify" in command else (0,)
        assert ran.returncode in fine, f"{command}\n{ran.stdout}{ran.stderr}"
        return ran.stdout + ran.stderr


def by_hand(aws: Aws, name: str) -> Pair:
    """A user as the help page has it clicked together, and as the Terraform modules leave one; returns its key."""
    iam = aws.client("iam")
    iam.create_user(UserName=name, Path="/sites/", Tags=[{"Key": "site", "Value": "example"}])
    iam.attach_user_policy(UserName=name, PolicyArn=FULL_ACCESS)
    for policy in ("S3Access", name):
        iam.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=json.dumps(s3_policy_document()))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def works(aws: Aws, pair: Pair) -> bool:
    """Whether a site with the key can do its work."""
    return optimise_first(aws, *pair) > 0


def rights(aws: Aws, name: str) -> set[str]:
    """The names of the user's policies, inline and attached."""
    iam = aws.client("iam")
    attached = iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]
    return {*iam.list_user_policies(UserName=name)["PolicyNames"], *(policy["PolicyName"] for policy in attached)}


def findings(said: str) -> list[str]:
    """The lines in which verify says that something is not as it should be."""
    return [line for line in said.splitlines() if line.split()[:1] == ["finding"]]


def pair_of(stack: Stack) -> Pair:
    outputs = stack.outputs()
    return outputs["accessKeyId"], outputs["secretAccessKey"]


@pytest.fixture
def reader(sandbox: Sandbox, tmp_path: Path, user_name: str) -> Reader:
    """In a copy of the program, before there is a stack: the page makes it."""
    for name in ("program", "state"):
        (tmp_path / name).mkdir()
    stack = Stack(sandbox, tmp_path / "program", {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri()})
    (stack.folder / "Pulumi.yaml").write_text((PROJECT / "Pulumi.yaml").read_text())
    (stack.folder / "__main__.py").write_text(PROGRAM)
    return Reader(stack, my_site=user_name)


def test_a_user_made_by_hand_is_moved_without_an_outage(reader: Reader, aws: Aws, user_name: str) -> None:
    iam, stack = aws.client("iam"), reader.stack
    old = by_hand(aws, user_name)
    unique = iam.get_user(UserName=user_name)["User"]["UserId"]

    reader.follow("1. Adopt the user")
    new = pair_of(stack)
    assert works(aws, old)
    assert works(aws, new)
    assert rights(aws, user_name) == {"AmazonS3FullAccess", "S3Access", user_name, "S3IOUser"}

    said = findings(reader.follow("2. Change the site"))
    assert len(said) == 3
    assert all("dangers that no input names" in line for line in said)
    assert new[1] in (stack.folder / "keys.php").read_text()
    assert set(keys_of(aws, user_name)) == {old[0], new[0]}

    reader.follow("3. Retire the old key", AKIAOLDKEYEXAMPLE=old[0])
    assert list(keys_of(aws, user_name)) == [new[0]]

    said = reader.follow("4. Remove the old permissions")
    assert findings(said) == []
    assert "no findings" in said
    assert rights(aws, user_name) == {"S3IOUser"}
    assert works(aws, new)
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("s3", *new).list_buckets()

    said = reader.follow("5. Let the stack own the user")
    assert changes(said) == ["~ s3io-user:index:S3IOUser: (update)", "~ aws:iam/user:User: (update)"]
    changed = re.findall(r"^ +([-+~] \w+) *: .*$", said, re.MULTILINE)
    assert changed == ["- existingUser", "+ userName", "+ forceDestroy"]
    assert reader.run("pulumi stack output accessKeyId").strip() == new[0]
    assert works(aws, new)
    user = iam.get_user(UserName=user_name)["User"]
    assert (user["UserId"], user["Path"]) == (unique, "/sites/")
    assert iam.list_user_tags(UserName=user_name)["Tags"] == [{"Key": "site", "Value": "example"}]


def changes(said: str) -> list[str]:
    """The resources that a `preview --diff` would change."""
    return re.findall(r"^ +((?:[-+~]|\+-) ?[\w-]+:\S+: \(\w+\))", said, re.MULTILINE)


def test_resources_of_a_program_are_taken_over_with_their_key(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    section = "From resources of `pulumi_aws`"
    before, after = (block.replace("my-site", user_name) for block in blocks("python", section))
    stack = new_stack(before, name="shop")
    stack.up()
    pair = pair_of(stack)
    (stack.folder / "__main__.py").write_text(after)
    said = Reader(stack).follow(section)

    assert changes(said) == [
        "+ s3io-user:index:S3IOUser: (create)",
        "~ aws:iam/user:User: (update)",
        "+-aws:iam/userPolicy:UserPolicy: (replace)",
    ]
    assert pair_of(stack) == pair
    assert list(keys_of(aws, user_name)) == [pair[0]]
    assert rights(aws, user_name) == {"S3Access"}
    # The next rotation is one of the component's, and what took the resources over can go.
    rotated = after.replace('"buckets"', '"key_generation": 2, "previous_key": "active", "buckets"')
    (stack.folder / "__main__.py").write_text(rotated.replace("transformations=[as_it_was]", ""))
    assert stack.steps() == [
        ("update", "s3io-user:index:S3IOUser"),
        ("create", "aws:iam/accessKey:AccessKey"),
    ]
