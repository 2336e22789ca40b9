"""`python -m local_aws up | down | env | shell | stop`: the program on the embedded AWS."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local_aws import photos
from local_aws.engine import EngineError
from local_aws.sandbox import PROJECT, Sandbox

STACK = "local"
CONFIG = PROJECT / f"Pulumi.{STACK}.yaml"


def main(argv: list[str]) -> int:
    """Do what the one argument says; 0 when it is done, 1 when it failed, 2 when it says nothing known."""
    # Where SIGINT is ignored, as in a shell's background job, the engine takes five seconds longer to end a program.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    commands = {"up": _up, "down": _down, "env": _env, "shell": _shell, "stop": Sandbox.stop}
    folder = PROJECT / ".local-aws"
    if len(argv) != 1 or argv[0] not in commands:
        print(f"usage: python -m local_aws {' | '.join(commands)}", file=sys.stderr)
        return 2
    try:
        with _alone(folder):
            commands[argv[0]](Sandbox(folder))
    except (EngineError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode
    except KeyboardInterrupt as interrupt:
        print(f"stopped: {interrupt or 'interrupted'}; run it again to continue", file=sys.stderr)
        return 130
    return 0


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time: of two `make up` at once each would start an AWS of its own, and forget the other's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _up(sandbox: Sandbox) -> None:
    sandbox.start(_progress)
    _select_stack(sandbox)
    _progress("pulumi up …")
    sandbox.pulumi("up", "--stack", STACK, "--yes", "--skip-preview", "--suppress-outputs")
    said = sandbox.pulumi("stack", "output", "--stack", STACK, "--json", "--show-secrets", quiet=True)
    _show(sandbox, json.loads(said))


def _select_stack(sandbox: Sandbox) -> None:
    """Have the stack, with its config where there is none, and have it selected in the embedded AWS's Pulumi home."""
    if not CONFIG.exists():
        shutil.copyfile(Path(__file__).with_name("stack.yaml"), CONFIG)
    sandbox.pulumi("stack", "select", "--create", STACK, quiet=True)


def _has_stack(sandbox: Sandbox) -> bool:
    return STACK in [stack["name"] for stack in json.loads(sandbox.pulumi("stack", "ls", "--json", quiet=True))]


def _show(sandbox: Sandbox, outputs: dict[str, Any]) -> None:
    """Do with the new key what the page's user would do, and say what was made and seen."""
    key = outputs["accessKeyId"], outputs["secretAccessKey"]
    s3 = sandbox.running().client("s3", *key)
    listed, image = photos.optimise_first(s3)
    saved = f"{image.before:,} → {image.after:,} bytes" if image.after < image.before else "already small, left alone"
    beside = photos.BESIDE.rpartition("/")[0]
    refused = {
        f"read {photos.BESIDE}": _refusal(lambda: s3.get_object(Bucket=photos.BUCKET, Key=photos.BESIDE)),
        f"list {beside}": _refusal(lambda: s3.list_objects(Bucket=photos.BUCKET, Prefix=f"{beside}/")),
        "delete the image": _refusal(lambda: s3.delete_object(Bucket=photos.BUCKET, Key=image.key)),
        "create a bucket": _refusal(lambda: s3.create_bucket(Bucket="not-for-this-key")),
    }
    lines = [
        "",
        f"  user        {outputs['userName']}",
        f"  ARN         {outputs['userArn']}",
        f"  access key  {key[0]}",
        f"  secret      {'•' * 12}  (an encrypted output of the stack)",
        "",
        "  With this key, on the bucket 'photos':",
        f"    ✓ listed {listed} images under {photos.FOLDER}",
        f"    ✓ optimised {image.key.rsplit('/', 1)[1]}: {saved}",
        *(f"    ✓ may not {what}: {answer}" for what, answer in refused.items()),
        "",
        "  Next   make shell                  a shell in which pulumi and aws work on it; exit leaves it",
        "         pulumi stack output secretAccessKey --show-secrets",
        "         s3io-user explain           what the key may do; s3io-user verify tries it",
        "         make down                   take it all down",
        "  With an account of yours, outside that shell:",
        "         pulumi stack init prod && pulumi config set aws:region eu-west-1 && pulumi up",
    ]
    print("\n".join(lines))


def _refusal(call: Any) -> str:
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    raise RuntimeError("the new key was allowed what its policy does not grant")


def _down(sandbox: Sandbox) -> None:
    try:
        if sandbox.aws is not None and _has_stack(sandbox):
            sandbox.pulumi("destroy", "--stack", STACK, "--yes", "--skip-preview")
    except subprocess.CalledProcessError:
        _progress("the destroy failed: the embedded AWS is stopped, and what was in it goes with it")
    sandbox.stop()
    CONFIG.unlink(missing_ok=True)


def _env(sandbox: Sandbox) -> None:
    exports = sandbox.exports()
    _select_stack(sandbox)
    print(exports)


def _shell(sandbox: Sandbox) -> None:
    command, more = sandbox.shell()
    _select_stack(sandbox)
    _progress("This shell works on the embedded AWS, with the stack 'local' selected. exit leaves it.")
    os.execve(command[0], command, {**os.environ, **more})  # noqa: S606 - a shell is what is wanted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
