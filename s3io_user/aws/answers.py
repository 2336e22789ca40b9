"""What comes back from AWS, or from whatever stands in its way: told apart, named and bounded. Pure."""

import re
import threading
from collections.abc import Mapping
from typing import Any

from s3io_user.errors import S3IOError
from s3io_user.wording import visible

_LONGEST_CODE = 64
_last = threading.local()


class AwsError(S3IOError):
    """AWS, or the way to it, said no. ``code`` is AWS's own, such as NoSuchEntity or AccessDenied.

    ``status`` is the answer's HTTP status; None where no answer of AWS's came.
    """

    def __init__(self, code: str, sentence: str, status: int | None = None) -> None:
        self.code = code
        self.status = status
        super().__init__(sentence)


class NotAwsError(Exception):
    """The answer is a web page, a redirect, or nothing at all."""


class Answer(dict[str, Any]):
    """An answer whose missing elements are an AwsError, wherever they are asked for."""

    def __init__(self, purpose: str, parsed: Mapping[str, Any]) -> None:
        self.purpose = purpose
        super().__init__({key: as_answer(purpose, value) for key, value in parsed.items()})

    def __missing__(self, key: str) -> Any:
        raise unreadable(self.purpose)


def as_answer(purpose: str, value: Any) -> Any:
    """A parsed answer, its maps as Answers at every depth."""
    if isinstance(value, dict):
        return Answer(purpose, value)
    return [as_answer(purpose, item) for item in value] if isinstance(value, list) else value


def watch(events: Any) -> None:
    """Have botocore show each answer here: before it is read, and with the service's name after."""
    events.register("before-parse", _look)
    events.register("after-call", _name_the_service)


def forget() -> None:
    """Begin a call: no answer was seen yet."""
    _last.answer = ""


def unreadable(purpose: str) -> AwsError:
    """The error for an answer that is not AWS's, or that lacks something."""
    seen = getattr(_last, "answer", "")
    return AwsError(
        "Unreadable", f"can't {purpose}: AWS sent an answer that could not be read{seen}. Is a proxy in the way?"
    )


def _look(response_dict: Mapping[str, Any], operation_model: Any, **_: Any) -> None:
    """Refuse what can't be AWS's before it is taken for an answer: with a page, HTTP says 200 and nothing is wrong."""
    status, body = response_dict["status_code"], response_dict.get("body")
    headers = {str(name).lower(): str(value) for name, value in response_dict["headers"].items()}
    kind = headers.get("content-type", "").partition(";")[0].strip()
    _last.answer = f" (HTTP {status}{', ' + visible(kind[:40]) if kind else ''})"
    # AWS, and what speaks as it does, gives every answer a number. What failed is tried again, whoever said it.
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
    """Whether a success is not this operation's: one that has no elements to miss would pass for done."""
    protocol, output = operation.service_model.metadata.get("protocol"), operation.output_shape
    if protocol == "query":
        return re.search(rf"<(\w+:)?{operation.name}Response[\s/>]".encode(), body[:1000]) is None
    if root := _ROOTS.get(operation.name):
        return re.search(rf"<(\w+:)?{root}[\s/>]".encode(), body[:1000]) is None
    members = output.members.values() if output is not None else ()
    in_headers = all(member.serialization.get("location") for member in members)
    return protocol == "rest-xml" and in_headers and body.strip() != b""


# S3's answers that have no element which must be there: without their own root they would read as an empty list.
_ROOTS = {
    "ListObjectsV2": "ListBucketResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "GetBucketLocation": "LocationConstraint",
}


def _name_the_service(model: Any, parsed: dict[str, Any], **_: Any) -> None:
    parsed.setdefault("ResponseMetadata", {})["Service"] = model.service_model.service_name


def code_of(response: Mapping[str, Any]) -> str:
    """AWS's code for an error, fit for a terminal; whoever is in the way may have written it."""
    code = (response.get("Error") or {}).get("Code") or "Unknown"
    return visible(str(code)[:_LONGEST_CODE])


# Where a permission is not called as the operation is: the service authorization reference of S3.
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
    """What one must be allowed for an operation, such as ``s3:ListBucket`` for HeadBucket."""
    return f"{service}:{_PERMISSIONS.get(operation, operation) if service == 's3' else operation}"
