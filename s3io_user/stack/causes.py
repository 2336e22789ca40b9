"""Why pulumi failed, in a sentence without secrets, from what it wrote. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from s3io_user.wording import legible, visible

# What pulumi writes to standard error, and the sentence to show instead, because its own may contain inputs.
_CAUSES = {
    r"no project file|no pulumi\.yaml": "{folder} holds no Pulumi project: name the project's folder",
    r"no stack selected": "no stack is selected in {folder}: name one, or run pulumi stack select there",
    r"no stack named|stack '.*' not found": "there is no stack {stack} in {folder}{hint}",
    r"stack name|invalid stack": "{stack} can't be a stack's name: see pulumi stack ls",
    r"passphrase must be set": "the stack's secrets need their passphrase: set PULUMI_CONFIG_PASSPHRASE or "
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    r"unable to read pulumi_config_passphrase_file": "the file that PULUMI_CONFIG_PASSPHRASE_FILE names can't be read: "
    "correct the variable",
    r"incorrect passphrase": "the passphrase is not the one of this stack: correct PULUMI_CONFIG_PASSPHRASE or "
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    r"access.token|pulumi login|not logged in|unauthorized": "pulumi is not logged in: run pulumi login, or set "
    "PULUMI_ACCESS_TOKEN or PULUMI_BACKEND_URL",
    r"state directory|blob \(|logging in": "the place where pulumi keeps its state can't be reached: correct "
    "PULUMI_BACKEND_URL, or run pulumi login",
    r"secrets manager|decrypt|encrypt": "the stack's secrets provider can't be used: see that its key is there and "
    "that you may use it",
    r"open .*pulumi\.[^/\\]+: (permission denied|operation not permitted|read-only|access is denied)": "pulumi may not "
    "write or read the stack's config file in {folder}: correct the file's permissions",
    r"yaml|unmarshal": "a YAML file of the project or the stack can't be read: pulumi config shows which",
}
_LOCK = re.compile(r"created by (?P<who>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<at>\S+)")
# What the engine adds to every failure without naming a cause.
_EMPTY = re.compile(r"(update|preview|destroy|refresh) failed|an unhandled error occurred: .*|resource .* failed")
# What Pulumi's AWS provider puts around a fault: it logs each one too, with its own line of code and its version.
_AROUND = re.compile(
    r"(?:\S+\.go:\d+: sdk\.\w+: )?(?:\w+ urn:\S+: )?(?:1 error occurred: \* )?(?P<fault>.*?)(?:: provider=\w+@\S+)?"
)
# Longer than any word of a sentence: a secret key, a session token or a ciphertext.
_SECRETIVE = re.compile(r"(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+=_-]{40,}")
_FEW, _LONGEST, _SHORTEST_SECRET = 3, 500, 4


def complaint_of(text: str) -> str | None:
    """The sentence for a known error of pulumi, with ``{folder}``, ``{stack}`` and ``{hint}`` to fill in; else None."""
    return next((said for pattern, said in _CAUSES.items() if re.search(pattern, text, re.IGNORECASE)), None)


def lock_of(text: str, stack: str | None, runs: Callable[[str, int], bool]) -> str | None:
    """The sentence for a locked stack; None if pulumi reported something else.

    ``runs`` tells whether a process may still be running, by its host name and its ID.
    """
    name = f"the stack {legible(stack)}" if stack else "the stack"
    cancel = f"pulumi cancel{f' --stack {legible(stack)}' if stack else ''}"
    if "is currently locked by" not in text:
        if not re.search(r"another update is currently in progress|\[409\] Conflict", text, re.IGNORECASE):
            return None
        return f"another update of {name} is in progress: wait until it ends; if none runs any more, run {cancel}"
    lock = _LOCK.search(text)
    if lock is None:
        return f"{name} is locked by another update: wait until it ends; if none runs any more, run {cancel}"
    whose = legible(f"{lock['who']}@{lock['host']}, process {lock['pid']}, since {lock['at']}")
    if any(runs(*holder) for holder in lock_holders(text)):
        return f"{name} is locked by an update ({whose}): wait until it ends; if it runs no more, run {cancel}"
    return f"{name} is still locked by an update that is no longer running ({whose}): run {cancel}, then this again"


def lock_holders(text: str) -> list[tuple[str, int]]:
    """The host and the process ID of each lock that pulumi names."""
    return [(lock["host"], int(lock["pid"])) for lock in _LOCK.finditer(text)]


def failure_of(out: str, err: str, secrets: Iterable[str] = ()) -> str:
    """The errors that AWS, the program or pulumi reported in a failed update, without ``secrets``; may be empty."""
    diagnostics = out.partition("\nDiagnostics:\n")[2].partition("\n\nOutputs:")[0].partition("\n\nResources:")[0]
    return named(_errors(diagnostics) or _errors(err), secrets)


def named(messages: Sequence[str], secrets: Iterable[str] = ()) -> str:
    """The first few error messages on one line, shortened, escaped and without secrets."""
    telling = dict.fromkeys(each for each in map(_one_line, messages) if each and not _EMPTY.fullmatch(each))
    return "; ".join(_safe(each, secrets) for each in list(telling)[:_FEW])


def _errors(text: str) -> list[str]:
    """Each message after ``error:``, with the lines below it that are indented further."""
    messages: list[str] = []
    depth = None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if line.lstrip().startswith("error: "):
            depth = indent
            messages.append(line.lstrip().removeprefix("error: "))
        elif depth is not None and line.strip() and indent > depth:
            messages[-1] += f"\n{line.strip()}"
        elif line.strip():
            depth = None
    return messages


def _one_line(message: str) -> str:
    """A message on one line; of a program's traceback only the last line, the exception."""
    if "Traceback (most recent call last)" in message:
        message = f"the program failed: {message.strip().splitlines()[-1]}"
    around = _AROUND.fullmatch(" ".join(message.split()).removeprefix("error: "))
    return around["fault"] if around else ""


def _safe(message: str, secrets: Iterable[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            message = message.replace(secret, "[secret]")
    seen = visible(_SECRETIVE.sub("[hidden]", message))
    return seen if len(seen) <= _LONGEST else f"{seen[:_LONGEST]}…"


def errors_of_preview(printed: Mapping[str, object]) -> list[str]:
    """The error messages of what ``pulumi preview --json`` printed."""
    every = printed.get("diagnostics")
    entries = [each for each in every if isinstance(each, Mapping)] if isinstance(every, list) else []
    return [str(each.get("message") or "") for each in entries if each.get("severity") == "error"]
