"""Which requests reach the embedded AWS: those that its own users signed on this machine, and none of a browser."""

import asyncio
import json
import re
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from ministack import app as ministack
from ministack.core import iam_evaluator

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=[A-Z0-9]{16,128}/\d{8}/[a-z0-9-]+/([a-z0-9]+)/aws4_request, ?\S")
# With any port: what stands before it on this machine, as a test's proxy, signs for its own.
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?")
_PRESIGNED = re.compile(r"(?:^|&)X-Amz-Credential=[A-Z0-9]{16,128}%2F\d{8}%2F[a-z0-9-]+%2F([a-z0-9]+)%2Faws4_request&")


class Gate:
    """ASGI middleware that refuses what no AWS client sends, and handles the lifespan itself."""

    def __init__(self, app: Any, services: Iterable[str], account: str) -> None:
        self._app, self._services, self._account = app, set(services), account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            refusal = self._refusal(headers, scope["query_string"].decode("latin-1"))
            answer = _late(_bare(send)) if "aws-sdk-go" in headers.get("user-agent", "") else _bare(send)
            await (_refuse(send, *refusal) if refusal else self._app(scope, receive, answer))

    def _refusal(self, headers: dict[str, str], query: str) -> tuple[str, str] | None:
        # A page of another site reaches loopback too: by its own name (DNS rebinding), or as a foreign origin.
        if not _LOOPBACK.fullmatch(headers.get("host", "")):
            return "AccessDenied", "This is the embedded AWS of one machine, and answers to no other name."
        if "origin" in headers or "sec-fetch-site" in headers:
            return "AccessDenied", "The embedded AWS does not answer browsers."
        signed = _SIGNED.match(headers.get("authorization", "")) or _PRESIGNED.search(f"{query}&")
        if not signed:
            return "AccessDenied", "Access Denied"
        if signed[1] not in self._services:
            return "AccessDenied", f"The embedded AWS has no {signed[1]}: it has {', '.join(sorted(self._services))}."
        if headers.get("x-amz-expected-bucket-owner", self._account) != self._account:
            return "AccessDenied", "Access Denied"
        return None


async def _live(receive: Receive, send: Send) -> None:
    """Answer the lifespan in place of MiniStack, whose own looks for Docker and starts schedulers and listeners."""
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def _refuse(send: Send, code: str, message: str) -> None:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    headers = [(b"content-type", b"application/xml"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _bare(send: Send) -> Send:
    """Drop the CORS headers with which MiniStack lets pages of any site read its responses."""

    async def bare(message: dict[str, Any]) -> None:
        if "headers" in message:
            kept = [h for h in message["headers"] if not h[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return bare


def _late(send: Send) -> Send:
    """Answer no sooner than AWS could, for the Go SDK.

    Terraform's AWS provider, and so Pulumi's, is not made for an answer within a millisecond: at times it then closes
    the connection before the answer's body, and sends the request again, which fails because the user exists. That was
    seen in six of 24 runs with 50 users, and with this in none of twelve.
    """

    async def late(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(_SOONEST)
        await send(message)

    return late


_SOONEST = 0.005  # seconds


def install() -> None:
    """Remove MiniStack's own interface (reset, settings, downloads), and log a line for each call."""

    async def nothing(*_: Any, **__: Any) -> None:
        return None

    for shortcut in ("_handle_pre_body_request", "_handle_post_body_shortcuts", "_handle_special_data_plane_request"):
        _replace(ministack, shortcut, nothing)
    enforce = iam_evaluator.enforce

    def enforce_and_note(key: str, action: str, service: str, region: str, resource_arn: str = "*", **more: Any) -> Any:
        refusal = enforce(key, action, service, region, resource_arn=resource_arn, **more)
        # Never a body nor a header: they hold secrets.
        answer = getattr(refusal, "code", "") or (refusal and "AccessDenied") or "allowed"
        context = {name: value for name, value in (more.get("service_context") or {}).items() if value is not None}
        line = {"at": round(time.time(), 3), "key": key, "action": action, "on": resource_arn, "with": context}
        print(json.dumps({**line, "answer": answer}), file=sys.stderr, flush=True)
        return refusal

    iam_evaluator.enforce = enforce_and_note


def close() -> None:
    """Disable the root user, which MiniStack accepts unsigned, by an empty key or an account ID."""
    from ministack.services import sts

    for module in (iam_evaluator, sts):
        _replace(module, "is_root_access_key", lambda access_key_id: False)


def _replace(module: Any, name: str, with_: Any) -> None:
    if not hasattr(module, name):
        raise RuntimeError(f"this MiniStack has no {module.__name__}.{name}: it can't be closed")
    setattr(module, name, with_)
