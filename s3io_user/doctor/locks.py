"""Whether a stack is locked, by an update that is running or by one that was killed. Changes nothing.

`pulumi` reports a lock only when it needs the lock itself. In a backend of files or an S3 bucket, a lock is a JSON
file below ``.pulumi/locks`` that names the process. Pulumi Cloud lists which stacks have an update in progress.
"""

import json
import os
import socket
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s3io_user.doctor.facts import Finding
from s3io_user.errors import S3IOError
from s3io_user.stack import process, pulumi_cli
from s3io_user.wording import legible

CANCEL = "pulumi cancel"


@dataclass(frozen=True)
class Lock:
    """A lock of the stack, and who holds it. ``runs``: whether that process still runs; None if it is not known."""

    holder: str
    runs: bool | None

    def finding(self) -> Finding:
        """The finding about it, with what to do."""
        if self.runs is False:
            return Finding("lock-stale", "", f"the stack is locked by {self.holder}, and no such process runs here any "
                           f"more: the update was killed", f"run {CANCEL}")  # fmt: skip
        if self.runs:
            return Finding("update-running", "", f"the stack is locked by {self.holder}, and a process of that number "
                           "runs here", f"wait for it to end; {CANCEL} only if that is not pulumi")  # fmt: skip
        return Finding("stack-locked", "", f"the stack is locked by {self.holder}; whether that update still runs "
                       "can't be seen from here", f"wait for it, or, if it was killed: {CANCEL}")  # fmt: skip


def read_locks(name: str | None, cwd: str | None, project: str) -> list[Lock]:
    """The locks of a stack. Raises S3IOError if they can't be read."""
    backend = _json(["whoami", "--verbose", "--json"], cwd)
    url = str(backend.get("url", "")) if isinstance(backend, Mapping) else ""
    if url.startswith(("http://", "https://")):
        return _in_progress(_json(["stack", "ls", "--json"], cwd), name)
    own = (name or pulumi_cli.run(["stack", "--show-name"], None, cwd)).strip().rpartition("/")[2]
    places = (f"organization/{project}/{own}", own)  # the second is how pulumi laid its files out until 2023
    scheme = url.partition("://")[0]
    read = {"file": _in_files, "s3": _in_bucket}.get(scheme)
    if read is None:
        raise S3IOError(f"can't see whether the stack is locked: its state is in {scheme or 'an unknown place'}")
    return [_lock(text) for text in read(url, places)]


def _json(arguments: list[str], cwd: str | None) -> Any:
    try:
        return json.loads(pulumi_cli.run(arguments, None, cwd))
    except (ValueError, RecursionError):
        raise S3IOError(f"can't see whether the stack is locked: pulumi {arguments[0]} printed no JSON") from None


def _in_progress(listed: Any, name: str | None) -> list[Lock]:
    """The lock of a stack, from Pulumi Cloud's list of stacks."""
    for each in listed if isinstance(listed, list) else ():
        own = str(each.get("name", ""))
        chosen = each.get("current") if name is None else own.rpartition("/")[2] == name.rpartition("/")[2]
        if chosen and each.get("updateInProgress"):
            return [Lock("an update that Pulumi Cloud has in progress", None)]
    return []


def _in_files(url: str, places: tuple[str, ...]) -> Iterator[str]:
    parsed = urllib.parse.urlsplit(url)
    root = Path(urllib.parse.unquote(parsed.netloc + parsed.path)).expanduser()
    try:
        for folder in (root / ".pulumi" / "locks" / place for place in places):
            # Not a glob, which leaves out folders that can't be read.
            for file in sorted(os.listdir(folder)) if folder.is_dir() else ():
                if file.endswith(".json"):
                    yield (folder / file).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:  # it was deleted in the meantime
        return
    except (OSError, RuntimeError) as error:
        raise S3IOError(f"can't see whether the stack is locked: {type(error).__name__} on {root}") from None


def _in_bucket(url: str, places: tuple[str, ...]) -> Iterator[str]:
    parsed = urllib.parse.urlsplit(url)
    options = dict(urllib.parse.parse_qsl(parsed.query))
    prefix = f"{parsed.path.strip('/')}/" if parsed.path.strip("/") else ""
    for place in places:
        yield from _objects_below(parsed.netloc, f"{prefix}.pulumi/locks/{place}/", options)


def _objects_below(bucket: str, prefix: str, options: Mapping[str, str]) -> Iterator[str]:
    from s3io_user.aws.connection import Connection, reworded  # only here: boto3 is a third of a second

    scheme = "http" if _is_set(options, "disableSSL", "disable_https") else "https"
    endpoint = options.get("endpoint")
    url = endpoint if not endpoint or "://" in endpoint else f"{scheme}://{endpoint}"
    # With an endpoint that is not AWS's, boto3 puts the bucket into the path.
    access = Connection(options.get("region"), options.get("profile"), endpoints={"s3": url} if url else {})
    s3, purpose = access.client("s3"), "see whether the stack is locked"
    listed = reworded(purpose, lambda: s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []))
    for each in listed:
        body = reworded(purpose, lambda each=each: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read())  # type: ignore[misc]
        yield body.decode(errors="replace")


def _is_set(options: Mapping[str, str], *names: str) -> bool:
    """Whether a backend's URL sets an option, under its name in version 1 or 2 of the AWS SDK for Go."""
    return any(options.get(name, "").lower() in ("true", "1", "t") for name in names)


def _lock(text: str) -> Lock:
    try:
        lock = json.loads(text)
        who, host, pid = legible(lock["username"]), str(lock["hostname"]), int(lock["pid"])
        since = f" since {legible(lock['timestamp'])[:19].replace('T', ' ')}"
    except (ValueError, KeyError, TypeError):
        return Lock("a lock that can't be read", None)
    here = host == socket.gethostname() and pid > 0
    return Lock(f"{who}@{legible(host)} (process {pid}){since}", process.may_run(host, pid) if here else None)
