"""`python -m local_aws up | down | env | shell | stop`: the program on the embedded AWS."""

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

try:
    from botocore.exceptions import BotoCoreError, ClientError

    from local_aws import cache, console
    from local_aws.engine import EngineError
    from local_aws.sandbox import PROJECT, Sandbox
except ModuleNotFoundError as error:
    # As after an upgrade of Python, which leaves the packages in another one's folder.
    sys.exit(f"error: .venv is incomplete (it has no {error.name}): run 'rm -rf .venv', then 'make up'")

STACK = "local"
CONFIG = PROJECT / f"Pulumi.{STACK}.yaml"


def main(argv: list[str]) -> int:
    """Run a command; 0 when it is done, 1 when it failed, 2 when there is no such command."""
    # Where SIGINT is ignored, as in a shell's background job, the engine takes five seconds longer to end a program.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    commands = {"up": _up, "down": _down, "env": _env, "shell": _shell, "stop": Sandbox.stop}
    folder = PROJECT / ".local-aws"
    if len(argv) != 1 or argv[0] not in commands:
        console.err(f"usage: python -m local_aws {' | '.join(commands)}\n")
        return 2
    try:
        with _alone(folder):
            commands[argv[0]](Sandbox(folder))
    except (EngineError, RuntimeError) as error:
        return _fail(str(error))
    except (BotoCoreError, ClientError) as error:
        return _fail(f"the embedded AWS failed a request ({error}): run 'make down', then 'make up'")
    except subprocess.CalledProcessError as error:
        _fail(f"pulumi {error.cmd[1]} failed: see its message above. Fix that, and run it again")
        return error.returncode
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return _fail(f"{PROJECT} must be writable and have free space ({what})")
    except KeyboardInterrupt as interrupt:
        console.progress(f"{str(interrupt).capitalize() or 'Interrupted'}. Run it again to continue.")
        return 130
    return 0


def _fail(why: str) -> int:
    console.progress(f"error: {why}")
    return 1


def _alone(folder: Path) -> AbstractContextManager[None]:
    """Hold the lock: two `make up` at once would each start an embedded AWS, and one would never be stopped."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return cache.alone(folder / "lock", lambda: console.progress("waiting for another make in this folder …"))


def _up(sandbox: Sandbox) -> None:
    _have_config()
    sandbox.start(console.progress, stack=STACK, photos_later=True)
    console.progress("pulumi up …")
    with ThreadPoolExecutor(1) as meanwhile:
        seeding = meanwhile.submit(sandbox.seed)
        sandbox.pulumi("up", "--stack", STACK, "--yes", "--skip-preview", "--suppress-outputs")
        seeding.result()
    said = sandbox.pulumi("stack", "output", "--stack", STACK, "--json", "--show-secrets", quiet=True)
    _show(sandbox, said)


def _show(sandbox: Sandbox, outputs: str) -> None:
    from local_aws import first_look

    for line in first_look.lines(sandbox.running(), json.loads(outputs)):
        console.out(f"{line}\n")


def _have_config() -> None:
    """Write the stack's config if there is none, whole or not at all."""
    if not CONFIG.exists():
        part = PROJECT / ".local-aws" / CONFIG.name
        shutil.copyfile(Path(__file__).with_name("stack.yaml"), part)
        part.rename(CONFIG)


def _has_stack(sandbox: Sandbox) -> bool:
    return STACK in [stack["name"] for stack in json.loads(sandbox.pulumi("stack", "ls", "--json", quiet=True))]


def _down(sandbox: Sandbox) -> None:
    try:
        if sandbox.aws is not None and _has_stack(sandbox):
            sandbox.pulumi("destroy", "--stack", STACK, "--yes", "--skip-preview")
    except subprocess.CalledProcessError:
        console.progress("pulumi destroy failed. The embedded AWS is stopped, and everything in it is gone with it.")
    sandbox.stop()
    CONFIG.unlink(missing_ok=True)


def _env(sandbox: Sandbox) -> None:
    exports = sandbox.exports()
    _have_config()
    sandbox.select_stack(STACK)
    console.out(f"{exports}\n")


def _shell(sandbox: Sandbox) -> None:
    command, more = sandbox.shell()
    _have_config()
    sandbox.select_stack(STACK)
    console.progress("This shell uses the embedded AWS, and the stack 'local' is selected. To leave it, type exit.")
    os.execve(command[0], command, {**os.environ, **more})  # noqa: S606 - a shell is what is wanted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
