"""What the rows of inline and managed policies, their attachments and the exclusive two do at AWS."""

from typing import Any

from .aws import Aws, AwsError, from_aws_tags, given, pages, retag, saying, to_aws_tags, unless_gone
from .documents import equivalent, kept_text, normalise
from .values import Props, unique_id

# -- inline policies --------------------------------------------------------------------------------------


def put_user_policy(aws: Aws, new: Props) -> tuple[str, Props]:
    with saying(f"putting IAM User ({new['user']}) Policy ({new['name']})"):
        aws.iam.put_user_policy(UserName=new["user"], PolicyName=new["name"], PolicyDocument=new["policy"])
    return f"{new['user']}:{new['name']}", {"namePrefix": ""}


def locate_user_policy(aws: Aws, id_: str) -> Props:
    user, colon, name = id_.partition(":")
    if not (user and colon and name):
        raise AwsError(f"unexpected format for ID ({id_}), expected USER-NAME:POLICY-NAME")
    return {"user": user, "name": name, "namePrefix": ""}


def read_user_policy(aws: Aws, id_: str, state: Props) -> Props | None:
    user, name = state["user"], state["name"]
    with saying(f"reading IAM User ({user}) Policy ({name})"), unless_gone():
        document = aws.iam.get_user_policy(UserName=user, PolicyName=name)["PolicyDocument"]
        return {"policy": kept_text(state.get("policy"), normalise(document, version_first=True))}
    return None


def update_user_policy(aws: Aws, id_: str, old: Props, new: Props) -> None:
    put_user_policy(aws, new)


def delete_user_policy(aws: Aws, id_: str, old: Props) -> None:
    with saying(f"deleting IAM User ({old['user']}) Policy ({old['name']})"), unless_gone():
        aws.iam.delete_user_policy(UserName=old["user"], PolicyName=old["name"])


# -- managed policies -------------------------------------------------------------------------------------


def create_policy(aws: Aws, new: Props) -> tuple[str, Props]:
    with saying(f"creating IAM Policy ({new['name']})"):
        policy = aws.iam.create_policy(
            **given(
                PolicyName=new["name"],
                Path=new["path"],
                PolicyDocument=new["policy"],
                Description=new.get("description"),
                Tags=to_aws_tags(new["tagsAll"]),
            )
        )["Policy"]
    return policy["Arn"], {"namePrefix": ""}


def read_policy(aws: Aws, id_: str, state: Props) -> Props | None:
    with saying(f"reading IAM Policy ({id_})"), unless_gone():
        policy, document = fetch_policy(aws, id_)
        return {
            "arn": policy["Arn"],
            "attachmentCount": policy["AttachmentCount"],
            "description": policy.get("Description", ""),
            "name": policy["PolicyName"],
            "namePrefix": "",
            "path": policy["Path"],
            "policy": kept_text(state.get("policy"), normalise(document)),
            "policyId": policy["PolicyId"],
            "tagsAll": from_aws_tags(policy.get("Tags")),
        }
    return None


def fetch_policy(aws: Aws, arn: str) -> tuple[Props, Any]:
    """A managed policy, and the document of its default version."""
    policy = aws.iam.get_policy(PolicyArn=arn)["Policy"]
    version = aws.iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
    return policy, version["PolicyVersion"]["Document"]


def update_policy(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if equivalent(old["policy"], new["policy"]):
        return
    with saying(f"updating IAM Policy ({id_})"):
        spare = _spare_versions(aws, id_)
        if len(spare) >= 4:  # with the default one that is AWS's limit of five
            aws.iam.delete_policy_version(PolicyArn=id_, VersionId=spare[0]["VersionId"])
        aws.iam.create_policy_version(PolicyArn=id_, PolicyDocument=new["policy"], SetAsDefault=True)


def tag_policy(aws: Aws, id_: str, new: Props, removed: list[str], added: dict[str, str]) -> None:
    doing, iam = f"updating tags for IAM Policy ({id_})", aws.iam
    retag(doing, iam.untag_policy, iam.tag_policy, removed, added, PolicyArn=id_)


def delete_policy(aws: Aws, id_: str, old: Props) -> None:
    with saying(f"deleting IAM Policy ({id_})"), unless_gone():
        for version in _spare_versions(aws, id_):
            aws.iam.delete_policy_version(PolicyArn=id_, VersionId=version["VersionId"])
        aws.iam.delete_policy(PolicyArn=id_)


def _spare_versions(aws: Aws, arn: str) -> list[Props]:
    versions = pages(aws.iam, "list_policy_versions", "Versions", PolicyArn=arn)
    return sorted((one for one in versions if not one["IsDefaultVersion"]), key=lambda one: one["CreateDate"])


# -- attachments of managed policies ----------------------------------------------------------------------


class Attachment:
    """The functions of UserPolicyAttachment and GroupPolicyAttachment: ``kind`` is "user" or "group"."""

    def __init__(self, kind: str) -> None:
        self.kind, self.title = kind, kind.title()

    def create(self, aws: Aws, new: Props) -> tuple[str, Props]:
        with saying(f"attaching IAM Policy ({new['policyArn']}) to IAM {self.title} ({new[self.kind]})"):
            getattr(aws.iam, f"attach_{self.kind}_policy")(**self._both(new))
        return unique_id(f"{new[self.kind]}-"), {}

    def locate(self, aws: Aws, id_: str) -> Props | None:
        owner, slash, arn = id_.partition("/")
        if not (owner and slash and arn):
            return None
        return {self.kind: owner, "policyArn": arn, "id": f"{owner}-{arn}"}

    def read(self, aws: Aws, id_: str, state: Props) -> Props | None:
        listing, owner = f"list_attached_{self.kind}_policies", {f"{self.title}Name": state[self.kind]}
        with saying(f"reading IAM {self.title} ({state[self.kind]}) policy attachments"), unless_gone():
            for policy in pages(aws.iam, listing, "AttachedPolicies", **owner):
                if policy["PolicyArn"] == state["policyArn"]:
                    return {}
        return None

    def delete(self, aws: Aws, id_: str, old: Props) -> None:
        doing = f"detaching IAM Policy ({old['policyArn']}) from IAM {self.title} ({old[self.kind]})"
        with saying(doing), unless_gone():
            getattr(aws.iam, f"detach_{self.kind}_policy")(**self._both(old))

    def _both(self, props: Props) -> Props:
        return {f"{self.title}Name": props[self.kind], "PolicyArn": props["policyArn"]}


# -- exclusive --------------------------------------------------------------------------------------------


class Exclusive:
    """The functions of UserPolicyAttachmentsExclusive and UserPoliciesExclusive; they remove what is not listed."""

    def __init__(self, title: str, prop: str, listing: str, key: str, item: str, add: str, remove: str) -> None:
        self.title, self.prop, self.listing, self.key = title, prop, listing, key
        self.item, self.add, self.remove = item, add, remove

    def create(self, aws: Aws, new: Props) -> tuple[str, Props]:
        self._sync(aws, new, "creating")
        return str(new["userName"]), {}

    def update(self, aws: Aws, id_: str, old: Props, new: Props) -> None:
        self._sync(aws, new, "updating")

    def read(self, aws: Aws, id_: str, state: Props) -> Props | None:
        with saying(f"reading IAM {self.title} ({state['userName']})"), unless_gone():
            return {self.prop: self._there(aws, state["userName"])}
        return None

    def delete(self, aws: Aws, id_: str, old: Props) -> None:
        """Nothing: giving up the claim changes nothing at AWS."""

    def _there(self, aws: Aws, user: str) -> list[str]:
        items = pages(aws.iam, self.listing, self.key, UserName=user)
        return sorted(item if isinstance(item, str) else item[self.item] for item in items)

    def _sync(self, aws: Aws, new: Props, doing: str) -> None:
        user, wanted = new["userName"], new[self.prop]
        with saying(f"{doing} IAM {self.title} ({user})"):
            there = self._there(aws, user)
            for item in (one for one in wanted if one not in there):
                getattr(aws.iam, self.add)(UserName=user, **{self.item: item})
            for item in (one for one in there if one not in wanted):
                getattr(aws.iam, self.remove)(UserName=user, **{self.item: item})


ATTACHMENTS_EXCLUSIVE = Exclusive(
    title="User Policy Attachments Exclusive",
    prop="policyArns",
    listing="list_attached_user_policies",
    key="AttachedPolicies",
    item="PolicyArn",
    add="attach_user_policy",
    remove="detach_user_policy",
)
POLICIES_EXCLUSIVE = Exclusive(
    title="User Policies Exclusive",
    prop="policyNames",
    listing="list_user_policies",
    key="PolicyNames",
    item="PolicyName",
    add="put_user_policy",
    remove="delete_user_policy",
)
