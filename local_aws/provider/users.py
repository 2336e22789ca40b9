"""What the rows of users, access keys, groups and memberships do at AWS, and where an import id points."""

import base64
import hashlib
import hmac
from typing import Any

from .aws import Aws, from_aws_tags, given, pages, saying, to_aws_tags, unless_gone
from .pgp import encrypt
from .values import Props, unique_id

# -- users ------------------------------------------------------------------------------------------------


def create_user(aws: Aws, new: Props) -> tuple[str, Props]:
    with saying(f"creating IAM User ({new['name']})"):
        aws.iam.create_user(
            **given(
                UserName=new["name"],
                Path=new["path"],
                PermissionsBoundary=new.get("permissionsBoundary") or None,
                Tags=to_aws_tags(new["tagsAll"]),
            )
        )
    return new["name"], {}


def read_user(aws: Aws, id_: str, state: Props) -> Props | None:
    name = state["name"]
    with saying(f"reading IAM User ({name})"), unless_gone():
        user = aws.iam.get_user(UserName=name)["User"]
        boundary = user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        return {
            "id": user["UserName"],
            "arn": user["Arn"],
            "name": user["UserName"],
            "path": user["Path"],
            "permissionsBoundary": boundary,
            "tagsAll": from_aws_tags(user.get("Tags")),
            "uniqueId": user["UserId"],
        }
    return None


def update_user(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if (old["name"], old["path"]) != (new["name"], new["path"]):
        with saying(f"updating IAM User ({old['name']})"):
            aws.iam.update_user(UserName=old["name"], NewUserName=new["name"], NewPath=new["path"])
    boundary = new.get("permissionsBoundary")
    if (old.get("permissionsBoundary") or None) == (boundary or None):
        return
    if boundary:
        with saying(f"setting IAM User ({new['name']}) permissions boundary"):
            aws.iam.put_user_permissions_boundary(UserName=new["name"], PermissionsBoundary=boundary)
    else:
        with saying(f"deleting IAM User ({new['name']}) permissions boundary"):
            aws.iam.delete_user_permissions_boundary(UserName=new["name"])


def tag_user(aws: Aws, id_: str, new: Props, removed: list[str], added: dict[str, str]) -> None:
    name = id_  # before the update, which may rename the user
    if removed:
        with saying(f"updating tags for IAM User ({name}): untagging resource ({name})"):
            aws.iam.untag_user(UserName=name, TagKeys=removed)
    if added:
        with saying(f"updating tags for IAM User ({name}): tagging resource ({name})"):
            aws.iam.tag_user(UserName=name, Tags=to_aws_tags(added))


def delete_user(aws: Aws, id_: str, old: Props) -> None:
    name, iam = old["name"], aws.iam
    with saying(f"removing IAM User ({name}) group memberships"), unless_gone():
        for group in pages(iam, "list_groups_for_user", "Groups", UserName=name):
            iam.remove_user_from_group(UserName=name, GroupName=group["GroupName"])
    if old.get("forceDestroy"):
        _strip_user(iam, name)
    with saying(f"deleting IAM User ({name})"), unless_gone():
        iam.delete_user(UserName=name)


# What forceDestroy removes: in words, the listing and its items, and the removal of one by which of its properties.
_STRIPPED = (
    ("policies", "list_user_policies", "PolicyNames", "delete_user_policy", "PolicyName"),
    ("policy attachments", "list_attached_user_policies", "AttachedPolicies", "detach_user_policy", "PolicyArn"),
    ("access keys", "list_access_keys", "AccessKeyMetadata", "delete_access_key", "AccessKeyId"),
    ("SSH public keys", "list_ssh_public_keys", "SSHPublicKeys", "delete_ssh_public_key", "SSHPublicKeyId"),
    ("MFA devices", "list_mfa_devices", "MFADevices", "deactivate_mfa_device", "SerialNumber"),
    (
        *("service-specific credentials", "list_service_specific_credentials", "ServiceSpecificCredentials"),
        *("delete_service_specific_credential", "ServiceSpecificCredentialId"),
    ),
    (
        *("signing certificates", "list_signing_certificates", "Certificates"),
        *("delete_signing_certificate", "CertificateId"),
    ),
)


def _strip_user(iam: Any, name: str) -> None:
    """Remove what forceDestroy removes before the user."""
    with saying(f"removing IAM User ({name}) MFA devices"):
        devices = pages(iam, "list_virtual_mfa_devices", "VirtualMFADevices", AssignmentStatus="Assigned")
        virtual = [device["SerialNumber"] for device in devices if device.get("User", {}).get("UserName") == name]
    for what, listing, items, removal, by in _STRIPPED:
        with saying(f"removing IAM User ({name}) {what}"), unless_gone():
            for item in pages(iam, listing, items, UserName=name):
                getattr(iam, removal)(UserName=name, **{by: item if isinstance(item, str) else item[by]})
    for serial in virtual:
        with saying(f"removing IAM User ({name}) virtual MFA device"), unless_gone():
            iam.delete_virtual_mfa_device(SerialNumber=serial)
    with saying(f"removing IAM User ({name}) login profile"), unless_gone():
        iam.delete_login_profile(UserName=name)


# -- access keys ------------------------------------------------------------------------------------------


def create_access_key(aws: Aws, new: Props) -> tuple[str, Props]:
    user, pgp_key = new["user"], new.get("pgpKey")
    with saying(f"creating IAM Access Key ({user})"):
        key = aws.iam.create_access_key(UserName=user)["AccessKey"]
    secret = {"secret": key["SecretAccessKey"]}
    secret["sesSmtpPasswordV4"] = ses_smtp_password(secret["secret"], aws.region)
    # A bad pgpKey is found only here, when the key lives already: as on the real one.
    kept = encrypt(pgp_key, secret, f"creating IAM Access Key ({user})") if pgp_key else secret
    if new["status"] == "Inactive":  # AWS makes every key Active
        with saying(f"deactivating IAM Access Key ({key['AccessKeyId']})"):
            aws.iam.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    return key["AccessKeyId"], kept


def ses_smtp_password(secret: str, region: str) -> str:
    """The SMTP password that belongs to a secret key (the SES guide, 'Obtaining SMTP credentials')."""
    signature = f"AWS4{secret}".encode()
    for part in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        signature = hmac.new(signature, part.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + signature).decode()


def locate_access_key(aws: Aws, id_: str) -> Props | None:
    from botocore.exceptions import ClientError

    try:
        return {"user": aws.iam.get_access_key_last_used(AccessKeyId=id_)["UserName"]}
    except ClientError:  # the bridge drops every error of a provider's importer
        return None


def read_access_key(aws: Aws, id_: str, state: Props) -> Props | None:
    with saying(f"reading IAM Access Key ({id_})"), unless_gone():
        for key in pages(aws.iam, "list_access_keys", "AccessKeyMetadata", UserName=state["user"]):
            if key["AccessKeyId"] == id_:
                created = key["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
                return {"createDate": created, "status": key["Status"], "user": state["user"]}
    return None


def update_access_key(aws: Aws, id_: str, old: Props, new: Props) -> None:
    with saying(f"updating IAM Access Key ({id_})"):
        aws.iam.update_access_key(UserName=new["user"], AccessKeyId=id_, Status=new["status"])


def delete_access_key(aws: Aws, id_: str, old: Props) -> None:
    # At the name that the state holds: where the user was renamed, AWS says 404 and the key lives on.
    with saying(f"deleting IAM Access Key ({id_})"), unless_gone():
        aws.iam.delete_access_key(UserName=old["user"], AccessKeyId=id_)


# -- groups -----------------------------------------------------------------------------------------------


def create_group(aws: Aws, new: Props) -> tuple[str, Props]:
    with saying(f"creating IAM Group ({new['name']})"):
        aws.iam.create_group(GroupName=new["name"], Path=new["path"])
    return new["name"], {}


def read_group(aws: Aws, id_: str, state: Props) -> Props | None:
    with saying(f"reading IAM Group ({state['name']})"), unless_gone():
        group = aws.iam.get_group(GroupName=state["name"])["Group"]
        name, path = group["GroupName"], group["Path"]
        return {"id": name, "arn": group["Arn"], "name": name, "path": path, "uniqueId": group["GroupId"]}
    return None


def update_group(aws: Aws, id_: str, old: Props, new: Props) -> None:
    with saying(f"updating IAM Group ({old['name']})"):
        aws.iam.update_group(GroupName=old["name"], NewGroupName=new["name"], NewPath=new["path"])


def delete_group(aws: Aws, id_: str, old: Props) -> None:
    with saying(f"deleting IAM Group ({old['name']})"), unless_gone():
        aws.iam.delete_group(GroupName=old["name"])


def create_membership(aws: Aws, new: Props) -> tuple[str, Props]:
    _join(aws, new["user"], new["groups"])
    return unique_id("terraform-"), {}


def locate_membership(aws: Aws, id_: str) -> Props | None:
    user, *groups = id_.split("/")
    if not groups or not all((user, *groups)):
        return None
    return {"user": user, "groups": groups, "id": unique_id("terraform-")}


def read_membership(aws: Aws, id_: str, state: Props) -> Props | None:
    with saying(f"reading IAM User ({state['user']}) group memberships"), unless_gone():
        groups = pages(aws.iam, "list_groups_for_user", "Groups", UserName=state["user"])
        joined = {group["GroupName"] for group in groups}
        # groups that were added by others are none of this resource's business
        return {"groups": [group for group in state["groups"] if group in joined]}
    return None


def update_membership(aws: Aws, id_: str, old: Props, new: Props) -> None:
    _join(aws, new["user"], [group for group in new["groups"] if group not in old["groups"]])
    _leave(aws, new["user"], [group for group in old["groups"] if group not in new["groups"]])


def delete_membership(aws: Aws, id_: str, old: Props) -> None:
    _leave(aws, old["user"], old["groups"])


def _join(aws: Aws, user: str, groups: list[str]) -> None:
    for group in groups:
        doing = f"assigning IAM User Group Membership ({user}): adding User ({user}) to Group ({group})"
        with saying(doing):
            aws.iam.add_user_to_group(UserName=user, GroupName=group)


def _leave(aws: Aws, user: str, groups: list[str]) -> None:
    for group in groups:
        with saying(f"removing User ({user}) from Group ({group})"), unless_gone():
            aws.iam.remove_user_from_group(UserName=user, GroupName=group)
