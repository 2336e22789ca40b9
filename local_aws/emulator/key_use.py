"""When each access key was last used; and, if a test wants it, a delay before a new access key is accepted."""

import time
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import AuthError, CredentialResolutionError
from ministack.core.sigv4 import parse_header_signature, parse_query_signature

_used: dict[str, tuple[str, str, str]] = {}
_seen: dict[str, float] = {}


def last_use(key_id: str) -> tuple[str, str, str] | None:
    """The date, region and service of an access key's last use; None if it was never used."""
    return _used.get(key_id)


def install(settling: float = 0.0) -> None:
    """Record every use from now on. For the first ``settling`` seconds, a new access key is refused."""
    authenticate, resolve = iam_evaluator.authenticate, iam_evaluator.resolve_credential

    def authenticate_and_note(access_key_id: str, account_id: str) -> Any:
        request = iam_evaluator._signed_request.get()
        checked = authenticate(access_key_id, account_id)
        if request is not None and checked is not None and not isinstance(checked, AuthError):
            _note(request)
        return checked

    def resolve_when_settled(access_key_id: str, *args: Any, **more: Any) -> Any:
        found = resolve(access_key_id, *args, **more)
        new = time.monotonic() - _seen.setdefault(access_key_id, time.monotonic()) < settling
        if new and not isinstance(found, CredentialResolutionError):
            return iam_evaluator._unknown_access_key()
        return found

    iam_evaluator.authenticate = authenticate_and_note
    if settling:
        iam_evaluator.resolve_credential = resolve_when_settled


def _note(request: Any) -> None:
    read = parse_query_signature(request.query_params) if request.presigned else parse_header_signature(request.headers)
    if not isinstance(read, tuple):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        _used[request.access_key_id] = (now, read.region, read.service)
