"""Tells AWS's answers from those of a proxy or a captive portal, and reads their error codes. Pure."""

import re
import threading
from collections.abc import Mapping
from typing import Any

from s3io_user.errors import S3IOError
from s3io_user.wording import visible

_LONGEST_CODE = 64
_last = threading.local()


class AwsError(S3IOError):
    """A request to AWS failed. ``code`` is AWS's error code, such as NoSuchEntity or AccessDenied.

    ``status`` is the HTTP status; None if there was no answer from AWS. ``why`` is the policy that refused it, if AWS
    said which: "an explicit deny in a service control policy".
    """

    def __init__(self, code: str, sentence: str, status: int | None = None, why: str = "") -> None:
        self.code = code
        self.status = status
        self.why = why
        super().__init__(sentence)


class NotAwsError(Exception):
    """The answer is a web page, a redirect, or nothing at all."""


class Answer(dict[str, Any]):
    """An answer that raises AwsError for an element that is missing."""

    def __init__(self, purpose: str, parsed: Mapping[str, Any]) -> None:
        self.purpose = purpose
        super().__init__({key: as_answer(purpose, value) for key, value in parsed.items()})

    def __missing__(self, key: str) -> Any:
        raise unreadable(self.purpose)


def as_answer(purpose: str, value: Any) -> Any:
    """Turn every map of a parsed answer into an Answer."""
    if isinstance(value, dict):
        return Answer(purpose, value)
    return [as_answer(purpose, item) for item in value] if isinstance(value, list) else value


def watch(events: Any) -> None:
    """Register hooks that check each answer before botocore parses it, and that add the service's name after."""
    events.register("before-parse", _look)
    events.register("after-call", _name_the_service)


def forget() -> None:
    """Forget the last answer, before a new call."""
    _last.answer = ""


def unreadable(purpose: str) -> AwsError:
    """The error for an answer that is not AWS's, or that lacks something."""
    seen = getattr(_last, "answer", "")
    return AwsError(
        "Unreadable", f"can't {purpose}: AWS sent an answer that could not be read{seen}. Is a proxy in the way?"
    )


def _look(response_dict: Mapping[str, Any], operation_model: Any, **_: Any) -> None:
    """Refuse answers that are not from AWS. A web page with HTTP 200 would otherwise count as a success."""
    status, body = response_dict["status_code"], response_dict.get("body")
    headers = {str(name).lower(): str(value) for name, value in response_dict["headers"].items()}
    kind = headers.get("content-type", "").partition(";")[0].strip()
    _last.answer = f" (HTTP {status}{', ' + visible(kind[:40]) if kind else ''})"
    # Errors of a server are retried, whether they come from AWS or not. Every other answer of AWS has a request ID.
    if status >= 500:
        return
    if 200 <= status < 300 and isinstance(body, bytes) and _is_foreign(operation_model, body):
        raise NotAwsError
    if any(name.startswith("x-amz") for name in headers):
        return
    text = body[:1000].lower() if isinstance(body, bytes) else b""
    if b"<html" in text or b"<!doctype html" in text or not text or 300 <= status < 400:
        raise NotAwsError


def _is_foreign(operation: Any, body: bytes) -> bool:
    """Whether a success is the answer to another operation, which would otherwise be read as an empty one to this."""
    protocol, output = operation.service_model.metadata.get("protocol"), operation.output_shape
    if protocol == "query":
        return re.search(rf"<(\w+:)?{operation.name}Response[\s/>]".encode(), body[:1000]) is None
    if root := _ROOTS.get(operation.name):
        return re.search(rf"<(\w+:)?{root}[\s/>]".encode(), body[:1000]) is None
    members = output.members.values() if output is not None else ()
    in_headers = all(member.serialization.get("location") for member in members)
    return protocol == "rest-xml" and in_headers and body.strip() != b""


# Answers of S3 that have no required element: under another root element they would be read as an empty list.
_ROOTS = {
    "ListObjectsV2": "ListBucketResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "GetBucketLocation": "LocationConstraint",
}


def _name_the_service(model: Any, parsed: dict[str, Any], **_: Any) -> None:
    parsed.setdefault("ResponseMetadata", {})["Service"] = model.service_model.service_name


def code_of(response: Mapping[str, Any]) -> str:
    """AWS's error code, safe to print: a proxy may have written it."""
    code = (response.get("Error") or {}).get("Code") or "Unknown"
    return visible(str(code)[:_LONGEST_CODE])


_KINDS = "|".join(
    (
        *("service control policy", "resource control policy", "VPC endpoint policy", "permissions boundary"),
        *("session policy", "resource-based policy", "identity-based policy", "role trust policy"),
    )
)
_WHY = re.compile(
    r"(perform: (?P<action>[a-z0-9-]{1,40}:[A-Za-z]{1,80})\b.*?)?"
    rf"((?P<deny>explicit deny)( in an? (?P<denying>{_KINDS}))?|because no (?P<silent>{_KINDS}))",
    re.DOTALL,
)


def refused_by(response: Mapping[str, Any], permission: str) -> str:
    """Which policy refused a request, by AWS's message; empty if it does not say.

    Nothing else of the message is shown, since it may quote the request. Source: the IAM User Guide, "Troubleshoot
    access denied error messages".
    """
    match = _WHY.search(str((response.get("Error") or {}).get("Message") or "")[:4000])
    if match is None:
        return ""
    action = match["action"] or permission or "it"
    if match["deny"] is None:
        return f"no {match['silent']} allows {action}"
    policy = f" in the {match['denying']}" if match["denying"] else ""
    return f"an explicit deny{policy}" + (f" of {action}" if permission and action != permission else "")


# The operations whose permission has another name, from the service authorization reference of S3.
_PERMISSIONS = {
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
}


def permission(service: str, operation: str) -> str:
    """The permission that an operation needs, such as ``s3:ListBucket`` for HeadBucket."""
    return f"{service}:{_PERMISSIONS.get(operation, operation) if service == 's3' else operation}"
