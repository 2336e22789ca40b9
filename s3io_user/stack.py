"""Stacks: read outputs, write config. The only module that runs the pulumi command."""

import difflib
import json
import os
import re
import resource
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from s3io_user.errors import S3IOError
from s3io_user.names import legible, shown

# What pulumi writes to standard error, and what is said instead, since its own words may hold inputs.
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
    r"yaml|unmarshal": "a YAML file of the project or the stack can't be read: pulumi config shows which",
}


@dataclass(frozen=True)
class ConfigValue:
    """One key of stack config: a string, a list of strings, or ``None`` to take the key away."""

    key: str
    value: str | Sequence[str] | None = field(repr=False)
    secret: bool = False


def outputs(stack: str | None = None, cwd: str | None = None, *, show_secrets: bool = False) -> dict[str, Any]:
    """A stack's outputs by name, ``{}`` before the first update; a secret is ``"[secret]"`` unless asked for.

    The stack is the one that is selected, and the folder this one, where they are left out. Raises S3IOError.
    """
    if show_secrets:
        forbid_core_dumps()
    text = run(["stack", "output", "--json", *(["--show-secrets"] if show_secrets else [])], stack, cwd)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise S3IOError("pulumi stack output --json printed no JSON object: update pulumi, which must be version 3")
    return found


def set_config(
    values: Iterable[ConfigValue],
    stack: str | None = None,
    cwd: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Write keys into a stack's config, one after the other; each value goes by standard input, never by argv.

    Raises S3IOError; where some keys were already written, it names them.
    """
    forbid_core_dumps()
    done: list[str] = []
    for each in values:
        try:
            _set(each, stack, cwd, environ)
        except S3IOError as error:
            partly = f" (written before that: {', '.join(done)}; run the command again)" if done else ""
            raise S3IOError(f"{each.key} was not written: {error}{partly}") from None
        done.append(each.key)


def _set(each: ConfigValue, stack: str | None, cwd: str | None, environ: Mapping[str, str] | None) -> None:
    if isinstance(each.value, str):
        kind = "--secret" if each.secret else "--plaintext"
        run(["config", "set", kind, "--", each.key], stack, cwd, given=each.value, environ=environ)
        return
    # A list that was longer would keep its tail.
    run(["config", "rm", "--", each.key], stack, cwd, environ=environ)
    for at, item in enumerate(each.value or ()):
        # Without its type an item like 123 would become a number.
        path = ["config", "set", "--path", "--type", "string", "--", f"{each.key}[{at}]"]
        run(path, stack, cwd, given=item, environ=environ)


def forbid_core_dumps() -> None:
    """Let neither this process nor its children leave a core dump, for as long as a secret is in their memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(
    arguments: Sequence[str],
    stack: str | None = None,
    cwd: str | None = None,
    *,
    given: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> str:
    """Run a pulumi command to its end and return what it printed.

    Raises S3IOError, which quotes nothing of what pulumi wrote.
    """
    folder = cwd or "."
    if not os.path.isdir(folder):
        raise S3IOError(f"there is no folder {shown(folder)}: name the one of the Pulumi project")
    options = ["--non-interactive", "--color=never", *(["--stack", stack] if stack is not None else [])]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    _heed_interrupts()
    try:
        done = subprocess.run(
            ["pulumi", *arguments[:at], *options, *arguments[at:]],
            cwd=folder,
            env={**(os.environ if environ is None else environ), "PULUMI_SKIP_UPDATE_CHECK": "true"},
            input=given or "",
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError:
        raise S3IOError("pulumi is not on PATH: install it, or add its folder to PATH") from None
    except OSError as error:
        raise S3IOError(f"pulumi can't be started ({error.strerror}): see which pulumi is first on PATH") from None
    if done.returncode != 0:
        raise S3IOError(_cause(done.stderr, arguments[:2], stack, folder, environ))
    return done.stdout


def _heed_interrupts() -> None:
    """Where SIGINT is ignored, as in a shell's background job, pulumi would inherit that; it ends its hosts by it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _cause(
    complaint: str, command: Sequence[str], stack: str | None, folder: str, environ: Mapping[str, str] | None
) -> str:
    """What is said of a failed run."""
    place = "this folder" if folder == "." else shown(folder)
    for pattern, sentence in _CAUSES.items():
        if re.search(pattern, complaint, re.IGNORECASE):
            hint = _near(stack, folder, environ) if stack and "{hint}" in sentence else ""
            name = shown(stack) if stack else "that is selected"
            return sentence.format(folder=place, stack=name, hint=hint)
    return f"pulumi {' '.join(command)} failed in {place}, and s3io-user can't tell why: run pulumi config there to see"


def _near(stack: str, folder: str, environ: Mapping[str, str] | None) -> str:
    """The nearest stack that there is, or all of them."""
    try:
        known = [
            str(found["name"]) for found in json.loads(run(["stack", "ls", "--json"], None, folder, environ=environ))
        ]
    except (S3IOError, ValueError, KeyError, TypeError, RecursionError):
        return ": see pulumi stack ls"
    if near := difflib.get_close_matches(stack, known, n=1):
        return f": did you mean {shown(near[0])}?"
    return (
        f": there are {', '.join(map(legible, known[:20]))}"
        if known
        else ": there is none, make one by pulumi stack init"
    )
