"""Stacks: read outputs and config, preview and update, by the pulumi command."""

import difflib
import json
import os
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from s3io_user.errors import S3IOError, StackLockedError
from s3io_user.stack import causes, process
from s3io_user.stack.process import Ended
from s3io_user.wording import legible, shown


def outputs(stack: str | None = None, cwd: str | None = None, *, show_secrets: bool = False) -> dict[str, Any]:
    """A stack's outputs by name, ``{}`` before the first update. Without ``show_secrets`` a secret is ``"[secret]"``.

    The default is the selected stack of the current folder. Raises S3IOError.
    """
    if show_secrets:
        forbid_core_dumps()
    found = run_object(["stack", "output", "--json", *(["--show-secrets"] if show_secrets else [])], stack, cwd)
    if found.get("users") != HIDDEN:
        return found
    # In YAML a map with a secret in it is secret as a whole.
    return {**found, "users": _masked_users(outputs(stack, cwd, show_secrets=True)["users"])}


HIDDEN = "[secret]"
"""What the Pulumi CLI prints instead of a secret output."""
_OPEN = ("userName", "userArn", "userUniqueId", "accessKeyId", "previousAccessKeyId", "policyDocument", "secretArn",
         "parameterNames")  # fmt: skip


def _masked_users(users: Any) -> Any:
    if not isinstance(users, Mapping):
        return HIDDEN
    return {name: _masked(user) if isinstance(user, Mapping) else HIDDEN for name, user in users.items()}


def _masked(user: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if name in _OPEN or value is None else HIDDEN for name, value in user.items()}


def config(stack: str | None, cwd: str | None, *, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A stack's config by key, as ``pulumi config --json`` has it, with what is secret. Raises S3IOError."""
    forbid_core_dumps()
    return run_object(["config", "--json", "--show-secrets"], stack, cwd, environ=environ, if_empty="{}")


_variables: ContextVar[Mapping[str, str | None]] = ContextVar("variables", default=types.MappingProxyType({}))


@contextmanager
def with_variables(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Give each pulumi that this thread starts in the block variables beside its environment; None takes one away."""
    token = _variables.set(variables)
    try:
        yield
    finally:
        _variables.reset(token)


def _environment(environ: Mapping[str, str] | None) -> dict[str, str]:
    own = _variables.get()
    kept = {name: value for name, value in (os.environ if environ is None else environ).items() if name not in own}
    return kept | {name: value for name, value in own.items() if value is not None}


def forbid_core_dumps() -> None:
    """Disable core dumps of this process and its children, whose memory may contain a secret from here on."""
    with suppress(ModuleNotFoundError):  # Windows writes none
        import resource

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

    Raises S3IOError, which quotes nothing that pulumi wrote, and Interrupted.
    """
    ended = _run(arguments, stack, cwd, given=given, environ=environ)
    if ended.code != 0:
        raise _failure(ended, arguments[:2], stack, cwd, environ=environ)
    return ended.out


def run_object(
    arguments: Sequence[str],
    stack: str | None = None,
    cwd: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    if_empty: str = "",
) -> dict[str, Any]:
    """Run a pulumi command that prints a JSON object; ``if_empty`` stands for no output. Raises S3IOError as `run`."""
    printed = read_object(run(arguments, stack, cwd, environ=environ) or if_empty)
    if printed is None:
        command = " ".join(each for each in arguments if each != "--show-secrets")
        raise S3IOError(f"pulumi {command} printed no JSON object: upgrade to Pulumi 3")
    return printed


def up(
    stack: str | None = None,
    cwd: str | None = None,
    *,
    secrets: Iterable[str] = (),
    echo: Callable[[str], object] | None = None,
    targets: Sequence[str] = (),
    continue_on_error: bool = False,
) -> None:
    """Run ``pulumi up``, without its preview; ``echo`` gets the lines of its progress as they come.

    ``targets`` are URNs of resources to update with what depends on them, and nothing else; none are all. With
    ``continue_on_error`` a resource that fails ends only what depends on it.

    Raises S3IOError with the cause that AWS, the program or pulumi reported, without ``secrets``, and Interrupted.
    """
    further = ["--continue-on-error"] if continue_on_error else []
    command = ["up", "--yes", "--skip-preview", "--suppress-outputs", *further, *_targeted(targets)]
    ended = _run(command, stack, cwd, out=echo)
    if ended.code != 0:
        raise _failure(ended, ["up"], stack, cwd, named=causes.failure_of(ended.out, ended.err, secrets))


def install(cwd: str | None = None, *, echo: Callable[[str], object] | None = None) -> None:
    """Install the packages of the project's program. Raises S3IOError with the last error, and Interrupted."""
    ended = _run(["install"], None, cwd, out=echo)
    if ended.code != 0:
        said = [line.strip() for line in (ended.err or ended.out).splitlines() if line.strip()]
        raise S3IOError(
            legible(next((line for line in reversed(said) if "error" in line.lower()), "see pulumi install"))
        )


def make_stack(stack: str, cwd: str | None = None) -> None:
    """Create a stack and select it. Raises S3IOError and Interrupted."""
    ended = _run(["stack", "init", stack], None, cwd)
    if ended.code != 0:
        raise _failure(ended, ["stack", "init"], stack, cwd, named=causes.failure_of("", ended.err))


def preview(
    config_file: str,
    stack: str | None = None,
    cwd: str | None = None,
    *,
    secrets: Iterable[str] = (),
    targets: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """The steps that ``pulumi up`` would take with another config file, as ``pulumi preview --json`` prints them.

    ``targets`` are as in `up`. Raises S3IOError with the reported cause, without ``secrets``.
    """
    ended = _run(["preview", "--json", "--config-file", config_file, *_targeted(targets)], stack, cwd)
    printed = read_object(ended.out)
    if ended.code != 0 or printed is None:
        named = causes.named(causes.errors_of_preview(printed or {}), secrets)
        named = named or causes.failure_of("", ended.err, secrets)
        raise _failure(ended, ["preview"], stack, cwd, named=named)
    return [step for step in printed.get("steps") or () if isinstance(step, dict)]


def _targeted(urns: Sequence[str]) -> list[str]:
    return [*(part for urn in urns for part in ("--target", urn)), "--target-dependents"] if urns else []


def read_object(text: str) -> dict[str, Any] | None:
    """The JSON object in a text; None if it is something else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _run(
    arguments: Sequence[str],
    stack: str | None,
    cwd: str | None,
    *,
    given: str | None = None,
    environ: Mapping[str, str] | None = None,
    out: Callable[[str], object] | None = None,
) -> Ended:
    folder = cwd or "."
    if not os.path.isdir(folder):
        raise S3IOError(f"there is no folder {shown(folder)}: name the one of the Pulumi project")
    options = ["--non-interactive", "--color=never", *(["--stack", stack] if stack is not None else [])]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    env = {**_environment(environ), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    command = ["pulumi", *arguments[:at], *options, *arguments[at:]]
    try:
        return process.run(command, cwd=folder, env=env, given=given or "", out=out)
    except FileNotFoundError:
        raise S3IOError("pulumi is not on PATH: install it, or add its folder to PATH") from None
    except OSError as error:
        raise S3IOError(f"pulumi can't be started ({error.strerror}): see which pulumi is first on PATH") from None


def _failure(
    ended: Ended,
    command: Sequence[str],
    stack: str | None,
    cwd: str | None,
    *,
    named: str = "",
    environ: Mapping[str, str] | None = None,
) -> S3IOError:
    """The error for a failed run: that the stack is locked, the errors that it named, or what its complaint means."""
    sentence = causes.complaint_of(ended.err)
    if sentence and "passphrase" in sentence:  # pulumi's own sentence is how it came to ask for one
        named = ""
    if locked := causes.lock_of(ended.err, stack, process.may_run):
        return StackLockedError(locked)
    if named:
        return S3IOError(named)
    place = shown(cwd) if cwd and cwd != "." else "this folder"
    if sentence:
        hint = _near(stack, cwd, environ) if stack and "{hint}" in sentence else ""
        name = shown(stack) if stack else "that is selected"
        return S3IOError(sentence.format(folder=place, stack=name, hint=hint))
    failed = f"pulumi {' '.join(command)} failed in {place}"
    return S3IOError(f"{failed}, and s3io-user can't tell why: run pulumi config there to see")


def stacks(cwd: str | None = None, environ: Mapping[str, str] | None = None) -> dict[str, bool]:
    """A project's stacks by name, and whether each is the selected one. Raises S3IOError."""
    printed = run(["stack", "ls", "--json"], None, cwd, environ=environ)
    try:
        return {str(stack["name"]): bool(stack.get("current")) for stack in json.loads(printed)}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise S3IOError(
            "pulumi stack ls --json printed no list of stacks: update pulumi, which must be version 3"
        ) from None


def stack_names(cwd: str | None = None, environ: Mapping[str, str] | None = None) -> list[str]:
    """The names of a project's stacks. Raises S3IOError."""
    return list(stacks(cwd, environ))


def _near(stack: str, cwd: str | None, environ: Mapping[str, str] | None) -> str:
    """The stack with the nearest name, or all of them."""
    try:
        names = stack_names(cwd, environ)
    except S3IOError:
        return ": see pulumi stack ls"
    if near := difflib.get_close_matches(stack, names, n=1):
        return f": did you mean {shown(near[0])}?"
    return (
        f": there are {', '.join(map(legible, names[:20]))}"
        if names
        else ": the state has none. If it is kept elsewhere, run pulumi login there first; if not, pulumi stack init"
    )
