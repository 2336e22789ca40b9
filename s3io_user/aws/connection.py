"""Connects to AWS with boto3; no other module imports it."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeVar

import boto3
import botocore.config
import botocore.exceptions
import botocore.loaders
import botocore.parsers
import botocore.session

from s3io_user.aws import answers
from s3io_user.aws.answers import AwsError
from s3io_user.errors import S3IOError

T = TypeVar("T")


@dataclass(frozen=True)
class Connection:
    """How to reach AWS: by the stack's ``aws:`` config or a provider's, and by the environment for what it leaves out.

    With ``account``, credentials of another account are refused before anything is asked.
    """

    region: str | None = None
    profile: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    assume_roles: tuple[Mapping[str, Any], ...] = ()
    endpoints: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    _clients: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    _sessions: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)
    _known: list["Connection"] = field(default_factory=list, init=False, repr=False, compare=False)
    _creating: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def client(self, service: str) -> Any:
        """A boto3 client, created once. Raises AwsError if there are no credentials."""
        with self._creating:  # threads may share a client, and must not share the session that creates it
            if service not in self._clients:
                if not self._sessions:
                    self._sessions.append(reworded(f"reach {service}", self._session))
                (session,) = self._sessions
                self._clients[service] = reworded(f"reach {service}", lambda: self._made(session, service))
            return self._clients[service]

    def with_key(self, key_id: str, secret: str) -> "Connection":
        """The same way to AWS, signed by this access key alone, whatever account it is of."""
        alone: dict[str, Any] = {"token": None, "profile": None, "assume_roles": (), "account": None}
        return replace(self, access_key=key_id, secret_key=secret, **alone)

    def shared(self, other: "Connection") -> "Connection":
        """The connection that equals ``other`` and was given here first, so that equal ones share their clients."""
        if other.assume_roles:  # the session of a role ends after an hour, and nothing renews it
            return other
        with self._creating:
            first = next((known for known in self._known if known == other), None)
            if first is None:
                self._known.append(other)
            return first or other

    def _made(self, session: Any, service: str) -> Any:
        try:
            return session.client(service, **self._where(service))
        except botocore.exceptions.BotoCoreError:
            raise
        except ValueError:  # which an endpoint in the environment, or in AWS's own files, may be as well
            raise AwsError("Endpoint", f"can't reach {service}: the endpoint that is set for it is no URL") from None

    def default_region(self) -> str | None:
        """The Region of the environment or of the profile. Raises AwsError."""
        session = reworded("read the AWS profile", lambda: boto3.Session(profile_name=self.profile))
        return os.environ.get("AWS_REGION") or session.region_name or None

    @property
    def _region(self) -> str | None:
        """AWS_REGION is the variable of every SDK but boto3, so of Pulumi's AWS provider as well."""
        return self.region or os.environ.get("AWS_REGION") or None

    def _session(self) -> Any:
        session: Any = boto3.Session(
            botocore_session=_with_a_shared_loader(),
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            aws_session_token=self.token,
            region_name=self._region,
            profile_name=self.profile,
        )
        answers.watch(session.events)
        for role in self.assume_roles:
            session = self._assumed(session, role)
        if self.account:
            self._check_account(session)
        return session

    def _check_account(self, session: Any) -> None:
        there = str(session.client("sts", **self._where("sts")).get_caller_identity()["Account"])
        if there != self.account:
            raise AwsError(
                "OtherAccount",
                f"the user is in the account {self.account}, and these credentials are of the account {there}: nothing "
                f"was asked there. Use credentials of {self.account}",
            )

    def _assumed(self, session: Any, role: Mapping[str, Any]) -> Any:
        request = {"RoleArn": role["roleArn"], "RoleSessionName": role.get("sessionName") or "s3io-user"}
        request |= {name: role[key] for key, name in _OF_A_ROLE.items() if role.get(key)}
        key = session.client("sts", **self._where("sts")).assume_role(**request)["Credentials"]
        token = (key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
        assumed = boto3.Session(*token, region_name=self._region, botocore_session=_with_a_shared_loader())
        answers.watch(assumed.events)
        return assumed

    def _where(self, service: str) -> dict[str, Any]:
        # More than boto3's three, unless its own variable says how many: IAM throttles a whole account at once.
        attempts = {} if os.environ.get("AWS_MAX_ATTEMPTS") else {"total_max_attempts": 6}
        retries: Any = {"mode": "standard", **attempts}
        return {"endpoint_url": self.endpoints.get(service), "config": botocore.config.Config(retries=retries)}


_OF_A_ROLE = {"externalId": "ExternalId", "policy": "Policy", "sourceIdentity": "SourceIdentity"}


def _with_a_shared_loader() -> Any:
    """A session that takes the models of the services, which are slow to read, from where every session does."""
    session: Any = botocore.session.Session()
    session.lazy_register_component("data_loader", lambda: _loader(session.get_config_variable("data_path")))
    return session


@cache
def _loader(folders: str | None) -> Any:
    return botocore.loaders.create_loader(folders)


def known_regions() -> frozenset[str]:
    """The Regions of all partitions that this version of boto3 knows."""
    session = _without_a_profile()
    return frozenset(r for p in session.get_available_partitions() for r in session.get_available_regions("s3", p))


def known_profiles() -> list[str]:
    """The profiles of the shared AWS config and credentials files. Raises AwsError."""
    return [str(name) for name in reworded("read the AWS profiles", lambda: _without_a_profile().available_profiles)]


def _without_a_profile() -> Any:
    """A session for what needs no profile: AWS_PROFILE may name one that does not exist."""
    return boto3.Session(botocore_session=botocore.session.Session({"profile": (None, None, None, None)}))


def reworded(purpose: str, call: Callable[[], T]) -> T:
    """Call, and turn a failure into a sentence with the purpose and AWS's code. boto3's own text may quote the request.

    Raises AwsError.
    """
    answers.forget()
    try:
        answer: T = answers.as_answer(purpose, call())
    except S3IOError:
        raise
    except botocore.exceptions.ClientError as error:
        raise _refused(purpose, error) from None
    except botocore.exceptions.BotoCoreError as error:
        raise AwsError(type(error).__name__, f"can't {purpose}: {_on_the_way(error)}") from None
    except (botocore.parsers.ResponseParserError, answers.NotAwsError, *_BROKEN):
        raise answers.unreadable(purpose) from None
    return answer


# What reading an answer ends with that lacks an element, or has a date or a number that is none.
_BROKEN = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError)


def _refused(purpose: str, error: botocore.exceptions.ClientError) -> AwsError:
    about: Mapping[str, Any] = error.response.get("ResponseMetadata") or {}
    code, status = answers.code_of(error.response), int(about.get("HTTPStatusCode") or 0)
    service = about.get("Service", "")
    asked = answers.permission(service, error.operation_name) if service else ""
    why = answers.refused_by(error.response, asked) if code in _DENIED else ""
    advice = _advice(code, service, error.operation_name) + (f": {why}" if why else "")
    return AwsError(code, f"can't {purpose}: {advice}", status, why)


def _on_the_way(error: botocore.exceptions.BotoCoreError) -> str:
    for kinds, advice in _ON_THE_WAY.items():
        if isinstance(error, kinds):
            return advice
    return f"{type(error).__name__} on the way to AWS"


_ON_THE_WAY: dict[tuple[type[Exception], ...], str] = {
    (botocore.exceptions.NoCredentialsError, botocore.exceptions.PartialCredentialsError): (
        "there are no AWS credentials; set AWS_PROFILE, or aws:profile in config"
    ),
    (botocore.exceptions.ProfileNotFound,): "the AWS profile that is set does not exist",
    (botocore.exceptions.NoRegionError,): "no AWS region is set; set aws:region in config, or AWS_REGION",
    (botocore.exceptions.InvalidRegionError,): "the AWS region that is set can't be one; correct aws:region",
}
# An answer without a body has a number alone.
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}


_OF_CODES = {
    ("RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"): "the clock of this machine is wrong",
    ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"): "the session of these credentials has ended",
    ("InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"): (
        "AWS does not know the access key, or it is inactive"
    ),
    ("SignatureDoesNotMatch",): "the secret access key is not that of the access key, or the clock is wrong",
    ("SlowDown", "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"): (
        "AWS throttles these requests: try again later"
    ),
}


def _advice(code: str, service: str, operation: str) -> str:
    if code in _DENIED:
        what = answers.permission(service, operation) if service else operation
        return f"{what} is not allowed to these credentials" if operation else "it is not allowed"
    if code == "NoSuchEntity":
        return "it does not exist in this account"
    if advice := next((advice for codes, advice in _OF_CODES.items() if code in codes), ""):
        return f"{advice} (AWS answered {code} to {operation})"
    return f"AWS answered {code} to {operation}"
