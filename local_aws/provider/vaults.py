"""What the rows of Secrets Manager and SSM do at AWS: create, read, update, delete, and where an import points."""

import base64
from typing import Any

from .aws import Aws, AwsError, from_aws_tags, given, saying, to_aws_tags, unless_gone
from .documents import kept_text, normalise
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
    if new.get("policy"):
        _put_secret_policy(aws, secret["ARN"], new)
    return secret["ARN"], {}


def _put_secret_policy(aws: Aws, id_: str, new: Props) -> None:
    with saying(f"putting Secrets Manager Secret ({id_}) policy"):
        _secrets(aws, new).put_resource_policy(SecretId=id_, ResourcePolicy=new["policy"])


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
            "policy": kept_text(state.get("policy"), normalise(policy)) if policy else "",
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
    if new.get("policy") and _differ(old, new, "policy"):
        _put_secret_policy(aws, id_, new)


def _differ(old: Props, new: Props, *names: str) -> bool:
    return any((old.get(name) or "") != (new.get(name) or "") for name in names)


def tag_secret(aws: Aws, id_: str, new: Props, removed: list[str], added: dict[str, str]) -> None:
    with saying(f"updating tags for Secrets Manager Secret ({id_})"):
        if removed:
            _secrets(aws, new).untag_resource(SecretId=id_, TagKeys=removed)
        if added:
            _secrets(aws, new).tag_resource(SecretId=id_, Tags=to_aws_tags(added))


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
                VersionStages=new.get("versionStages"),
            )
        )["VersionId"]
    return f"{secret}|{version}", {}


def locate_secret_version(aws: Aws, id_: str) -> Props:
    secret, bar, version = id_.partition("|")
    if not (secret and bar and version):
        raise AwsError(f"unexpected format of ID ({id_}), expected SecretID|VersionID")
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


def update_secret_version(aws: Aws, id_: str, old: Props, new: Props) -> None:
    before, after = set(old["versionStages"]), set(new["versionStages"])
    for stage in sorted(after - before):
        with saying(f"adding Secrets Manager Secret Version ({id_}) stage ({stage})"):
            _move_stage(aws, id_, new, stage)
    _drop_stages(aws, id_, new, before - after)


def _move_stage(aws: Aws, id_: str, new: Props, stage: str) -> None:
    client, (secret, version) = _secrets(aws, new), id_.split("|", 1)
    holders = client.describe_secret(SecretId=secret).get("VersionIdsToStages", {})
    holder = next((held for held, stages in holders.items() if stage in stages), None)
    client.update_secret_version_stage(
        **given(SecretId=secret, VersionStage=stage, MoveToVersionId=version, RemoveFromVersionId=holder)
    )


def _drop_stages(aws: Aws, id_: str, props: Props, stages: set[str]) -> None:
    secret, version = id_.split("|", 1)
    for stage in sorted(stages - {"AWSCURRENT"}):  # AWSCURRENT can move, never go
        with saying(f"deleting Secrets Manager Secret Version ({id_}) stage ({stage})"), unless_gone():
            _secrets(aws, props).update_secret_version_stage(
                SecretId=secret, VersionStage=stage, RemoveFromVersionId=version
            )


def delete_secret_version(aws: Aws, id_: str, old: Props) -> None:
    _drop_stages(aws, id_, old, set(old["versionStages"]))


# -- parameters -------------------------------------------------------------------------------------------


def _ssm(aws: Aws, props: Props) -> Any:
    return aws.client("ssm", props.get("region"))


def create_parameter(aws: Aws, new: Props) -> tuple[str, Props]:
    with saying(f"creating SSM Parameter ({new['name']})"):
        tags = to_aws_tags(new["tagsAll"])
        _ssm(aws, new).put_parameter(**_parameter(new), Overwrite=bool(new.get("overwrite")), Tags=tags)
    return new["name"], {}


def _parameter(new: Props) -> Props:
    secure = new["type"] == "SecureString"
    return given(
        Name=new["name"],
        Value=new["value"],
        Type=new["type"],
        Description=new.get("description"),
        AllowedPattern=new.get("allowedPattern"),
        DataType=new.get("dataType"),
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
    watched = ("value", "type", "description", "allowedPattern", "dataType", "keyId", "tier")
    if _differ(old, new, *watched):
        with saying(f"updating SSM Parameter ({new['name']})"):
            _ssm(aws, new).put_parameter(**_parameter(new), Overwrite=True)


def tag_parameter(aws: Aws, id_: str, new: Props, removed: list[str], added: dict[str, str]) -> None:
    about = {"ResourceType": "Parameter", "ResourceId": new["name"]}
    with saying(f"updating tags for SSM Parameter ({id_})"):
        if removed:
            _ssm(aws, new).remove_tags_from_resource(**about, TagKeys=removed)
        if added:
            _ssm(aws, new).add_tags_to_resource(**about, Tags=to_aws_tags(added))


def delete_parameter(aws: Aws, id_: str, old: Props) -> None:
    with saying(f"deleting SSM Parameter ({old['name']})"), unless_gone():
        _ssm(aws, old).delete_parameter(Name=old["name"])
