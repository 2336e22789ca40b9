"""A proxy before the embedded AWS that throttles, fails, delays, lies and hangs up, by a plan that a seed makes.

It stands where ``AWS_ENDPOINT_URL`` points. What a call gets is decided by its action and by how often that action was
asked for; every attempt counts, so that a fault either passes or outlasts whoever tries again.
"""

import http.client
import json
import re
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Lock, Thread
from typing import Any

LASTING = 1_000_000
"""As many times as outlast every retry."""
_SLOW = 0.3  # seconds: longer than an answer takes, shorter than anyone's patience
_S3 = ("GET", "PUT", "HEAD", "DELETE")  # S3 names no action

# What AWS says: the status, and the code. Both SDKs take the first four for a reason to try again.
_SAID = {
    "throttled": (400, "Throttling"),
    "too many": (429, "TooManyRequestsException"),
    "failed": (500, "InternalFailure"),
    "unavailable": (503, "ServiceUnavailable"),
    # And two that say: what was just made is not known everywhere yet.
    "not seen": (404, "NoSuchEntity"),
    "key not known": (403, "InvalidClientTokenId"),
}
ANYWHERE = ("throttled", "too many", "failed", "unavailable", "slow", "cut before", "cut after", "killed")
"""What any call may get. ``cut after``: AWS did it, and the answer is lost; ``killed``: so is whoever asked.

There is one more, ``held``: the call waits for what a test does meanwhile.
"""


@dataclass(frozen=True)
class Fault:
    """What the attempts at an action get: from the ``nth`` on, counted from 1, ``times`` in a row."""

    action: str
    kind: str
    nth: int = 1
    times: int = 1

    def meets(self, action: str, count: int) -> bool:
        return action == self.action and self.nth <= count < self.nth + self.times

    def __str__(self) -> str:
        often = "for good" if self.times == LASTING else f"{self.times}x"
        return f"{self.action} #{self.nth} {self.kind} {often}"


def plan(seed: int, actions: Sequence[str], attempts: int) -> list[Fault]:
    """The faults of a seed, where these actions are asked for: one that may last, and one that passes.

    What passes does so within ``attempts``.
    """
    chance = Random(seed)  # noqa: S311 - faults, not secrets
    first = chance.choice(actions)
    second = chance.choice([action for action in actions if action != first])
    return [_fault(chance, first, attempts, True), _fault(chance, second, attempts, False)]


def _fault(chance: Random, action: str, attempts: int, may_last: bool) -> Fault:
    late = {"GetUser", "GetUserPolicy", "GetPolicy"} & {action} and ["not seen"] * 3
    new = {"GetCallerIdentity", "GET"} & {action} and ["key not known"] * 3
    kind = chance.choice([*ANYWHERE[: None if may_last else -1], *(late or []), *(new or [])])
    lasts = may_last and kind not in ("slow", "killed", "not seen") and chance.random() < 0.5
    nth = chance.choice((1, 1, 2)) if action.startswith(("Get", "List", "GET")) else 1
    return Fault(action, kind, nth, LASTING if lasts else chance.randint(1, attempts - 1))


@dataclass(frozen=True)
class Request:
    """A request's action, such as ``CreateAccessKey``, or its method on S3, and the ID of the key that signed it."""

    action: str
    key_id: str
    as_json: bool


def request(method: str, headers: Any, body: bytes) -> Request:
    """What is asked for by whom."""
    signed = re.search(r"Credential=([^/]+)/", headers.get("Authorization") or "")
    target = headers.get("X-Amz-Target") or ""
    form = urllib.parse.parse_qs(body.decode()) if "urlencoded" in (headers.get("Content-Type") or "") else {}
    return Request(
        target.rpartition(".")[2] or form.get("Action", [method])[0], signed[1] if signed else "", bool(target)
    )


@dataclass
class Proxy:
    """What it does to calls, what it was asked and did, and the secrets of the keys that AWS made meanwhile."""

    upstream: str
    faults: Sequence[Fault] = ()
    meanwhile: Callable[[], None] = lambda: None
    endpoint: str = ""
    asked: list[Request] = field(default_factory=list)
    done: list[Fault] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set, repr=False)
    over: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    _lock: Any = field(default_factory=Lock)

    def decide(self, asked: Request) -> str:
        """The kind of fault that a request gets; empty where it gets none."""
        with self._lock:
            if self.over:
                return "cut before"
            self.asked.append(asked)
            self.counts[asked.action] += 1
            met = next((f for f in self.faults if f.meets(asked.action, self.counts[asked.action])), None)
            if met is None:
                return ""
            self.done.append(met)
            return met.kind

    def forward(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Ask AWS."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.upstream).netloc, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            status, found, said = answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()
        self.secrets.update(re.findall("<SecretAccessKey>(.+?)</SecretAccessKey>", said.decode(errors="replace")))
        return status, found, said


@contextmanager
def proxy(upstream: str, faults: Sequence[Fault] = ()) -> Iterator[Proxy]:
    """A running proxy; when it has ended, nobody reaches AWS through it any more."""
    opened = Proxy(upstream, faults)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # S3's client waits for a '100 Continue'

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = request(self.command, self.headers, body)
            kind = opened.decide(asked)
            if kind in _SAID:
                self.answer(*_refusal(kind, asked))
                return
            if kind == "slow":
                time.sleep(_SLOW)
            if kind == "held":
                opened.meanwhile()
            answer = None if kind == "cut before" else opened.forward(self.command, self.path, self.headers, body)
            if kind == "killed":
                opened.meanwhile()
            if answer is None or kind in ("cut after", "killed"):
                self.close_connection = True
            else:
                self.answer(*answer)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve  # noqa: N815

        def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", headers.get("Content-Length", str(len(body))))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that was killed hangs up first."""

    with Server(("127.0.0.1", 0), Handler) as server:
        opened.endpoint = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield opened
        opened.over = True
        server.shutdown()


def _refusal(kind: str, asked: Request) -> tuple[int, dict[str, str], bytes]:
    status, code = _SAID[kind]
    if asked.as_json:
        text = json.dumps({"__type": code, "message": "as planned"}).encode()
        return status, {"Content-Type": "application/x-amz-json-1.1"}, text
    code = "InvalidAccessKeyId" if kind == "key not known" and asked.action in _S3 else code
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>as planned</Message></Error>"
    whole = error if asked.action in _S3 else f"<ErrorResponse>{error}</ErrorResponse>"
    return status, {"Content-Type": "text/xml"}, whole.encode()
