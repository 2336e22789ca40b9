"""Deploys a program with the Automation API, and prints the outcome as JSON: python consumer.py PROGRAM."""

import json
import os
import sys
from typing import Any

import pulumi
import pulumi_s3io_user as s3io
from pulumi import automation


def sites() -> None:
    """An input of every type: enum, boolean, whole number, text, lists, map, object, JSON; plain and as an Output."""
    site = s3io.S3IOUser(
        "site",
        access=s3io.Access.OPTIMIZER,
        allow_delete=True,
        buckets=[pulumi.Output.from_input("my-photos/wp-content/uploads")],
        extra_statements=[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::my-photos/shared/*"}],
        path=pulumi.Output.from_input("/python/"),
        tags={"site": pulumi.Output.from_input("example")},
        key_generation=2,
        previous_key=s3io.PreviousKey.INACTIVE,
        secrets_manager=s3io.SecretsManagerArgs(name="sites/python", recovery_window_in_days=7),
    )
    reader = s3io.S3IOUser(
        "reader",
        user_name=pulumi.Output.format("{0}-reader", site.user_name),
        access=s3io.Access.READ_ONLY,
        policy_type=s3io.PolicyType.MANAGED,
        source_ips=["198.51.100.0/24"],
        rotate_every_days=90,
        rotate_from="2026-01-01",
        parameter_store={"path": pulumi.Output.from_input("/sites/python")},
        self_service=[s3io.SelfService.READ_SECRET],
    )
    access_key_id: pulumi.Output[str | None] = site.access_key_id
    pulumi.export("accessKeyId", access_key_id)
    pulumi.export("secretAccessKey", site.secret_access_key)
    pulumi.export("credentials", site.credentials)
    pulumi.export("userName", site.user_name)
    pulumi.export("previousAccessKeyId", site.previous_access_key_id)
    pulumi.export("policyDocument", site.policy_document)
    pulumi.export("secretArn", site.secret_arn)
    pulumi.export("reader", reader.user_name)
    pulumi.export("parameterNames", reader.parameter_names)


def accounts() -> None:
    """A user of one name in each account, by the two ways to hand on a provider."""
    ours, theirs = (pulumi.ProviderResource("aws", name, key) for name, key in json.loads(os.environ["KEYS"]).items())
    name = "twin-python"
    first = s3io.S3IOUser("ours", user_name=name, opts=pulumi.ResourceOptions(providers=[ours]))
    second = s3io.S3IOUser("theirs", user_name=name, opts=pulumi.ResourceOptions(provider=theirs))
    pulumi.export("ours", first.user_arn)
    pulumi.export("theirs", second.user_arn)


def invalid() -> None:
    """Two inputs that no user can have."""
    s3io.S3IOUser("site", user_name="bad name", secrets_manager=s3io.SecretsManagerArgs(name="a b"))


def deploy(name: str) -> dict[str, Any]:
    """Deploy one of the programs: its outputs and what a preview would change next, or why it failed."""
    program = {"sites": sites, "accounts": accounts, "invalid": invalid}[name]
    stack = automation.create_or_select_stack("test", f"python-{name}", program)
    stack.set_config("aws:region", automation.ConfigValue("eu-west-1"))
    try:
        done = stack.up()
    except automation.CommandError as error:
        return {"error": str(error)}
    outputs = {key: {"value": output.value, "secret": output.secret} for key, output in done.outputs.items()}
    return {"outputs": outputs, "next": stack.preview().change_summary}


if __name__ == "__main__":
    print(json.dumps(deploy(sys.argv[1])))
