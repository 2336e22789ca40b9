"""Validates policies with IAM Access Analyzer's ValidatePolicy, which is free of charge and stores nothing."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from s3io_user.errors import S3IOError
from s3io_user.explain.explanation import AwsFinding

if TYPE_CHECKING:
    from s3io_user.aws.connection import Connection


def findings_on(documents: Iterable[Mapping[str, Any]], access: "Connection") -> tuple[AwsFinding, ...]:
    """Access Analyzer's findings on identity policies. Raises S3IOError, which names a missing permission."""
    from s3io_user.aws.answers import AwsError
    from s3io_user.aws.connection import reworded

    client, purpose = access.client("accessanalyzer"), "have AWS validate the policy"
    try:
        return tuple(
            finding
            for document in documents
            for finding in reworded(purpose, lambda document=document: _ask(client, document))  # type: ignore[misc]
        )
    except AwsError as error:
        if error.code in ("AccessDenied", "AccessDeniedException"):
            raise S3IOError(
                f"can't {purpose}: access-analyzer:ValidatePolicy is not allowed to these credentials"
            ) from None
        raise


def _ask(client: Any, document: Mapping[str, Any]) -> list[AwsFinding]:
    pages = client.get_paginator("validate_policy").paginate(
        policyDocument=json.dumps(document, ensure_ascii=False), policyType="IDENTITY_POLICY"
    )
    return [_finding(finding) for page in pages for finding in page["findings"]]


def _finding(answer: Mapping[str, Any]) -> AwsFinding:
    places = [_place(location.get("path", ())) for location in answer.get("locations", ())]
    where = tuple(dict.fromkeys(places))
    return AwsFinding(answer["findingType"], answer["issueCode"], answer["findingDetails"], where)


def _place(path: Iterable[Mapping[str, Any]]) -> str:
    """A path of the API as text: ``Statement[0].Action``."""
    text = ""
    for part in path:
        if "index" in part:
            text += f"[{part['index']}]"
        elif name := part.get("key") or part.get("value"):
            text += f".{name}"
    return text.lstrip(".")
