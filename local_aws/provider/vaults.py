"""What the rows of Secrets Manager and SSM do at AWS: create, read, update, delete, and where an import points."""

import base64
from typing import Any

from .aws import Aws, from_aws_tags, given, retag, saying, to_aws_tags, unless_gone
from .documents import normalise
from .values import Props, unique_id

# -- secrets ----------------------------------------------------------------------------------------------


def _secrets(aws: Aws, props: Props) -> Any:
    return aws.client("secretsmanager", props.get("region"))


def create_secret(aws: Aws, new: Props) -> tuple[str, Props]:
    with saying(f"creating Secrets Manager Secret ({new['name']})"):
        secret = _secrets(aws, new).create_secret(
            **given(
                Name=new["name"],
                Description=new.get("description"),
                KmsKeyId=new.get("kmsKeyId") or None,
                Tags=to_aws_tags(new["tagsAll"]),
            )
        )
    return secret["ARN"], {}


def read_secret(aws: Aws, id_: str, state: Props) -> Props | None:
    client = _secrets(aws, state)
    with saying(f"reading Secrets Manager Secret ({id_})"), unless_gone():
        secret = client.describe_secret(SecretId=id_)
        if "DeletedDate" in secret:
            return None
        policy = client.get_resource_policy(SecretId=id_).get("ResourcePolicy")
        return {
            "arn": secret["ARN"],
            "description": secret.get("Description", ""),
            "kmsKeyId": secret.get("KmsKeyId", ""),
            "name": secret["Name"],
            "namePrefix": "",
            "policy": normalise(policy) if policy else "",
            "region": state.get("region") or aws.region,
            "replicas": [],
            "tagsAll": from_aws_tags(secret.get("Tags")),
        }
    return None


def update_secret(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if _differ(old, new, "description", "kmsKeyId"):
        with saying(f"updating Secrets Manager Secret ({id_})"):
            _secrets(aws, new).update_secret(
                **given(
                    SecretId=id_,
                    Description=new.get("description", ""),
                    KmsKeyId=new.get("kmsKeyId") or None,
                )
            )


def _differ(old: Props, new: Props, *names: str) -> bool:
    return any((old.get(name) or "") != (new.get(name) or "") for name in names)


def tag_secret(aws: Aws, id_: str, new: Props, removed: list[str], added: dict[str, str]) -> None:
    doing, client = f"updating tags for Secrets Manager Secret ({id_})", _secrets(aws, new)
    retag(doing, client.untag_resource, client.tag_resource, removed, added, SecretId=id_)


def delete_secret(aws: Aws, id_: str, old: Props) -> None:
    days = old.get("recoveryWindowInDays", 30)
    how: Props = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    with saying(f"deleting Secrets Manager Secret ({id_})"), unless_gone():
        _secrets(aws, old).delete_secret(SecretId=id_, **how)


def create_secret_version(aws: Aws, new: Props) -> tuple[str, Props]:
    secret, binary = new["secretId"], new.get("secretBinary")
    with saying(f"putting Secrets Manager Secret ({secret}) value"):
        version = _secrets(aws, new).put_secret_value(
            **given(
                SecretId=secret,
                ClientRequestToken=unique_id("terraform-"),
                SecretString=new.get("secretString"),
                SecretBinary=base64.b64decode(binary) if binary else None,
            )
        )["VersionId"]
    return f"{secret}|{version}", {}


def locate_secret_version(aws: Aws, id_: str) -> Props | None:
    secret, bar, version = id_.partition("|")
    if not (secret and bar and version):
        return None
    return {"secretId": secret, "versionId": version}


def read_secret_version(aws: Aws, id_: str, state: Props) -> Props | None:
    secret, version = id_.split("|", 1)
    with saying(f"reading Secrets Manager Secret Version ({id_})"), unless_gone():
        value = _secrets(aws, state).get_secret_value(SecretId=secret, VersionId=version)
        return {
            "arn": value["ARN"],
            "hasSecretStringWo": False,
            "region": state.get("region") or aws.region,
            "secretArn": value["ARN"],
            "secretBinary": base64.b64encode(value.get("SecretBinary", b"")).decode(),
            "secretId": secret,
            "secretString": value.get("SecretString", ""),
            "versionId": value["VersionId"],
            "versionStages": sorted(value["VersionStages"]),
        }
    return None


def delete_secret_version(aws: Aws, id_: str, old: Props) -> None:
    secret, version = id_.split("|", 1)
    for stage in sorted(set(old["versionStages"]) - {"AWSCURRENT"}):  # AWSCURRENT can move, never go
        with saying(f"deleting Secrets Manager Secret Version ({id_}) stage ({stage})"), unless_gone():
            _secrets(aws, old).update_secret_version_stage(
                SecretId=secret, VersionStage=stage, RemoveFromVersionId=version
            )


# -- parameters -------------------------------------------------------------------------------------------


def _ssm(aws: Aws, props: Props) -> Any:
    return aws.client("ssm", props.get("region"))


def create_parameter(aws: Aws, new: Props) -> tuple[str, Props]:
    with saying(f"creating SSM Parameter ({new['name']})"):
        tags = to_aws_tags(new["tagsAll"])
        _ssm(aws, new).put_parameter(**_parameter(new), Tags=tags)
    return new["name"], {}


def _parameter(new: Props) -> Props:
    secure = new["type"] == "SecureString"
    return given(
        Name=new["name"],
        Value=new["value"],
        Type=new["type"],
        Description=new.get("description"),
        KeyId=(new.get("keyId") or None) if secure else None,
        Tier=new.get("tier"),
    )


def read_parameter(aws: Aws, id_: str, state: Props) -> Props | None:
    client, name = _ssm(aws, state), state["name"]
    with saying(f"reading SSM Parameter ({name})"), unless_gone():
        value = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        about = client.describe_parameters(ParameterFilters=filters)["Parameters"][0]
        tags = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
        return {
            "allowedPattern": about.get("AllowedPattern", ""),
            "arn": value["ARN"],
            "dataType": value.get("DataType", "text"),
            "description": about.get("Description", ""),
            "hasValueWo": False,
            "keyId": about.get("KeyId", ""),
            "name": name,
            "region": state.get("region") or aws.region,
            "tagsAll": from_aws_tags(tags),
            "tier": about.get("Tier", "Standard"),
            "type": value["Type"],
            "value": value["Value"],
            "version": value["Version"],
        }
    return None


def update_parameter(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if _differ(old, new, "value", "type", "description", "keyId", "tier"):
        with saying(f"updating SSM Parameter ({new['name']})"):
            _ssm(aws, new).put_parameter(**_parameter(new), Overwrite=True)


def tag_parameter(aws: Aws, id_: str, new: Props, removed: list[str], added: dict[str, str]) -> None:
    doing, client = f"updating tags for SSM Parameter ({id_})", _ssm(aws, new)
    about = {"ResourceType": "Parameter", "ResourceId": new["name"]}
    retag(doing, client.remove_tags_from_resource, client.add_tags_to_resource, removed, added, **about)


def delete_parameter(aws: Aws, id_: str, old: Props) -> None:
    with saying(f"deleting SSM Parameter ({old['name']})"), unless_gone():
        _ssm(aws, old).delete_parameter(Name=old["name"])
