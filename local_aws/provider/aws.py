"""Connects to AWS: boto3 clients by the provider's settings, and AWS's errors in the real provider's words."""

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from s3io_user.iam.arns import partition_of_region

from .values import Props

STAND_IN = "the stand-in for the aws provider on the embedded AWS"
REFUSED_SETTINGS = frozenset(
    {
        "allowedAccountIds",
        "assumeRoleWithWebIdentity",
        "customCaBundle",
        "ec2MetadataServiceEndpoint",
        "ec2MetadataServiceEndpointMode",
        "forbiddenAccountIds",
        "httpProxy",
        "httpsProxy",
        "ignoreTags",
        "insecure",
        "noProxy",
        "s3UsEast1RegionalEndpoint",
        "sharedConfigFiles",
        "sharedCredentialsFiles",
        "stsRegion",
        "tagPolicyCompliance",
        "tokenBucketRateLimiterCapacity",
        "useDualstackEndpoint",
        "useFipsEndpoint",
        "userAgents",
    }
)
_GONE = frozenset({"NoSuchEntity", "ResourceNotFoundException", "ParameterNotFound", "NoSuchBucket", "404"})
_TIMES_TRIED = 25  # as by the real one, whose maxRetries counts the first attempt too
_TIMES_UNREACHED = 5  # the real provider also gives up early if it can't connect, after ten
CONNECTIONS = 32  # more than the engine does at the same time by default


class AwsError(Exception):
    """What went wrong, in one sentence for the user that never contains a secret."""


class Aws:
    """Clients for a provider's settings, created at their first use and shared by all threads.

    ``settings`` are the provider's inputs as plain values. Objects may be JSON text, as the SDK sends them.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = {name: _decoded(value) for name, value in settings.items()}
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.RLock()
        self._session: Any = None
        self.default_tags: dict[str, str] = dict((self._settings.get("defaultTags") or {}).get("tags") or {})

    @property
    def region(self) -> str:
        """The region of the settings, of AWS_REGION or AWS_DEFAULT_REGION, or of the profile."""
        found = self.set_region or self._boto().region_name
        if not found:
            raise AwsError("no AWS region is set: `pulumi config set aws:region REGION`, or set AWS_REGION")
        return str(found)

    @property
    def set_region(self) -> str:
        """The region of the settings or of the environment, which Check adds to a resource's inputs; may be empty."""
        found = self._setting("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        return str(found or "")

    @property
    def partition(self) -> str:
        """The partition of the region, such as ``aws-cn``."""
        return partition_of_region(self.region)

    @property
    def dns_suffix(self) -> str:
        """The domain of the partition's endpoints."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    @property
    def iam(self) -> Any:
        """IAM is the same in every region."""
        return self.client("iam")

    def client(self, service: str, region: str | None = None) -> Any:
        """The boto3 client for ``service``, in ``region`` or else the provider's."""
        key = service, region or self.region
        if key not in self._clients:
            with self._lock:  # making clients is not thread-safe, using them is
                self._clients.setdefault(key, self._make(*key))
        return self._clients[key]

    def _setting(self, name: str) -> Any:
        return self._settings.get(name) or None

    def _make(self, service: str, region: str) -> Any:
        from botocore.config import Config  # only here: it takes long, and previews need no client

        endpoints = {name: url for one in self._setting("endpoints") or [] for name, url in one.items()}
        config = Config(
            max_pool_connections=CONNECTIONS,
            retries={
                "mode": self._setting("retryMode") or "standard",
                "total_max_attempts": int(self._setting("maxRetries") or _TIMES_TRIED),
            },
            s3={"addressing_style": "path"} if self._setting("s3UsePathStyle") else None,
        )
        client = self._boto().client(
            service, region_name=region, endpoint_url=endpoints.get(service) or None, config=config
        )
        client.meta.events.register("after-call", _note_model)
        retried = f"needs-retry.{client.meta.service_model.service_id.hyphenize()}"
        client.meta.events.register_first(retried, _give_up_on_nobody)
        return client

    def _boto(self) -> Any:
        with self._lock:
            if self._session is None:
                import boto3

                self._session = boto3.Session(
                    aws_access_key_id=self._setting("accessKey"),
                    aws_secret_access_key=self._setting("secretKey"),
                    aws_session_token=self._setting("token"),
                    region_name=self._setting("region"),
                    profile_name=self._setting("profile"),
                )
                for role in self._setting("assumeRoles") or []:
                    self._session = self._assumed(role)
            return self._session

    def _assumed(self, role: Mapping[str, Any]) -> Any:
        import boto3

        wanted = given(
            RoleArn=role.get("roleArn"),
            RoleSessionName=role.get("sessionName") or "local-aws",
            ExternalId=role.get("externalId"),
        )
        with saying(f"assuming IAM Role ({role.get('roleArn')})"):
            keys = self._make("sts", self.region).assume_role(**wanted)["Credentials"]
        return boto3.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            region_name=self.region,
        )


def given(**arguments: Any) -> Props:
    """The arguments of a call without those that are None."""
    return {name: value for name, value in arguments.items() if value is not None}


def to_aws_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """``{"a": "b"}`` as AWS wants it."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def from_aws_tags(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """AWS's list as ``{"a": "b"}``."""
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def retag(doing: str, untag: Any, tag: Any, removed: list[str], added: Mapping[str, str], **what: str) -> None:
    """Remove tags and add others, by two calls with the same arguments, each only if it has something to do."""
    with saying(doing):
        if removed:
            untag(**what, TagKeys=removed)
        if added:
            tag(**what, Tags=to_aws_tags(added))


def pages(client: Any, listing: str, key: str, **arguments: Any) -> Iterator[Any]:
    """The items under ``key`` of every page of a listing."""
    if not client.can_paginate(listing):
        yield from getattr(client, listing)(**arguments)[key]
        return
    for page in client.get_paginator(listing).paginate(**arguments):
        yield from page[key]


@contextmanager
def saying(doing: str) -> Iterator[None]:
    """Raise AWS's errors as ``<doing>: operation error IAM: CreateUser, … EntityAlreadyExists: …``."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise AwsError(f"{doing}: {_in_words(error)}") from None
    except BotoCoreError as error:
        raise AwsError(f"{doing}: {_without_values(error)}") from None


@contextmanager
def unless_gone() -> Iterator[None]:
    """Ignore an error that means that the resource does not exist: a deletion is done, a read goes on below."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if not _is_gone(error):
            raise


def _is_gone(error: Any) -> bool:
    said = error.response.get("Error", {})
    if said.get("Code") == "InvalidRequestException":  # a secret that waits for its end
        return re.search("was deleted|marked (for deletion|deleted)", said.get("Message", "")) is not None
    return said.get("Code") in _GONE


def _in_words(error: Any) -> str:
    said, about = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    return (
        f"operation error {said.get('Service', 'AWS')}: {error.operation_name},{_how_often(about)} https response error"
        f" StatusCode: {about.get('HTTPStatusCode', 0)}, RequestID: {about.get('RequestId', '')},"
        f" {'' if said.get('Modelled') else 'api error '}{said.get('Code')}: {said.get('Message')}"
    )


def _how_often(about: Mapping[str, Any]) -> str:
    tried = about.get("RetryAttempts", 0) + 1
    return f" exceeded maximum number of attempts, {tried}," if about.get("MaxAttemptsReached") else ""


def _give_up_on_nobody(attempts: int, caught_exception: Exception | None, **_: Any) -> bool | None:
    """False, which ends the retries, if it can't connect for long; else None, to leave it to the retry mode."""
    from botocore.exceptions import EndpointConnectionError

    return False if attempts >= _TIMES_UNREACHED and isinstance(caught_exception, EndpointConnectionError) else None


def _note_model(parsed: Props, model: Any, **_: Any) -> None:
    """Add to an error what the real provider's sentence needs and boto3's exceptions lack."""
    if "Error" in parsed:
        codes = {shape.error_code for shape in model.error_shapes}
        parsed["Error"] |= {
            "Service": model.service_model.service_id,
            "Modelled": parsed["Error"].get("Code") in codes,
        }


def _without_values(error: Exception) -> str:
    """An error before the request is sent. botocore's own sentence quotes the parameters, which may be secrets."""
    return re.split(r", value:", str(error), maxsplit=1)[0].replace("\n", " ")


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return json.loads(value)
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
