"""States of stacks with users, as `pulumi stack export` prints them."""

import json
from typing import Any

from s3io_user import s3_policy_document, tokens

STACK = "urn:pulumi:prod::sites::"


def component(name: str, account: str = "123456789012", **more: Any) -> list[dict[str, Any]]:
    """A component, its user and its key of generation 1. ``more`` replaces what the component has, by its names."""
    urn = f"{STACK}{more.pop('parent', '')}{tokens.COMPONENT}::{name}"
    arn = f"arn:aws:iam::{account}:user/{name}-user"
    key = key_id(name)
    document = json.dumps(s3_policy_document([f"{name}-photos"], access="optimizer"))
    own = {"userName": f"{name}-user", "userArn": arn, "accessKeyId": key, "keyGeneration": 1}
    outputs = {**own, "policyDocument": document, **more.pop("outputs", {})}
    below = {"parent": urn, "provider": f"{STACK}pulumi:providers:aws::default_7_0_0::x"}
    return [
        {"urn": urn, "type": tokens.COMPONENT, "inputs": {"keyGeneration": 1, **more.pop("inputs", {})},
         "outputs": {k: v for k, v in outputs.items() if v is not None}, **more},
        {"urn": f"{urn}$user", "type": tokens.USER, "id": f"{name}-user", **below,
         "outputs": {"name": f"{name}-user", "arn": arn}},
        a_key(urn, key, 1),
    ]  # fmt: skip


def key_id(name: str, generation: int = 1) -> str:
    return f"AKIA{name.upper()}{generation}EXAMPLE"


def a_key(parent: str, key: str, generation: int, **more: Any) -> dict[str, Any]:
    outputs = {"status": "Active", "createDate": f"2026-01-{generation:02}T10:00:00Z", **more.pop("outputs", {})}
    return {"urn": f"{parent}$key-{generation}", "type": tokens.ACCESS_KEY, "id": key, "parent": parent,
            "outputs": outputs, "replacementTrigger": float(generation), **more}  # fmt: skip


def exported(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources)}}
