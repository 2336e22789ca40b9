"""A folder for the embedded AWS and for Pulumi on it, separate from the user's own Pulumi and AWS settings."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from local_aws import console, engine, photos, plugin, server
from local_aws.server import Aws
from s3io_user.stack import causes
from s3io_user.stack.process import Ended, may_run, run

Progress = Callable[[str], None]

PROJECT = Path(__file__).resolve().parent.parent
# The secrets of the embedded stack work on an emulator only, so its passphrase need not be secret.
PASSPHRASE = "embedded"


# Variables of the user that would take precedence over what the shell sets or selects.
_IN_THE_WAY = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_STACK")
_OFF = """\
if [ -z "${local_aws_on-}" ]; then
  for local_aws in NAMES; do
    eval "local_aws_had_$local_aws=\\${$local_aws+x} local_aws_old_$local_aws=\\${$local_aws-}"
  done
  local_aws_on=yes
fi
local_aws_off() {
  for local_aws in NAMES; do
    eval "if [ \\"\\$local_aws_had_$local_aws\\" ]; then export $local_aws=\\"\\$local_aws_old_$local_aws\\"; \\
      else unset $local_aws; fi; unset local_aws_had_$local_aws local_aws_old_$local_aws"
  done
  unset local_aws local_aws_on
  unset -f local_aws_off
}"""


_ENDED = "the embedded AWS has ended, and its users and buckets are gone with it: starting a new one …"


class Sandbox:
    """``root`` is the folder of Pulumi's home, the state of the stacks and a note of the running server."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._pulumi_home, self._state, self._note = root / "pulumi", root / "state", root / "aws.json"
        aws = self._noted()
        self.aws = aws if aws and aws.answers() else None

    def start(
        self,
        progress: Progress,
        *,
        yaml: bool = False,
        python: str | Path = sys.executable,
        more_accounts: tuple[str, ...] = (),
        stack: str = "",
        photos_later: bool = False,
    ) -> None:
        """Install the engine and its plugin, and start the embedded AWS if it is not running.

        With ``yaml`` the engine also runs YAML programs. ``python`` runs the plugin. A ``stack`` is created and
        selected in the meantime. With ``photos_later`` the caller must call ``seed``.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        starting = self._begin(progress, more_accounts) if self.aws is None else None
        try:
            self._get_engine(progress, yaml, python)
            if stack:
                self.select_stack(stack)
            if starting:
                self._keep(starting.wait())
        except BaseException:
            if starting:
                starting.stop()
            raise
        if not photos_later:
            self.seed()

    def _begin(self, progress: Progress, more_accounts: tuple[str, ...]) -> server.Starting:
        progress(_ENDED if self._note.exists() else "starting the embedded AWS …")
        self._end_what_does_not_answer()
        # Everything in the earlier server is gone, so the state of its stacks is no longer true.
        shutil.rmtree(self._state, ignore_errors=True)
        self._note.unlink(missing_ok=True)
        return server.begin(self.root / "aws.log", progress, more_accounts=more_accounts)

    def _get_engine(self, progress: Progress, yaml: bool, python: str | Path) -> None:
        bin_folder = engine.ensure(progress, yaml=yaml).bin
        plugin.install(bin_folder, self._pulumi_home, python)
        (self.root / "engine").write_text(str(bin_folder))
        self._state.mkdir(exist_ok=True)

    def _keep(self, aws: Aws) -> None:
        """Write the complete note of a server, or none: without it nothing could stop the server."""
        part = self.root / "aws.json.part"
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        part.write_text(json.dumps(asdict(aws)))
        part.rename(self._note)
        self.aws = aws

    def select_stack(self, stack: str) -> None:
        """Create the stack if it does not exist, and select it."""
        command = ["pulumi", "stack", "select", "--create", stack]
        ended = run(command, cwd=str(PROJECT), env=_clean(self._pulumi_env()), err=console.err)
        if ended.code:
            raise subprocess.CalledProcessError(ended.code, command)

    def seed(self) -> None:
        """Create the bucket of images if it does not exist."""
        photos.seed(self.running().client("s3"))

    def stop(self) -> None:
        """Stop the server, and delete the state of its stacks."""
        if self.aws is not None:
            self.aws.stop()
        else:
            self._end_what_does_not_answer()
        self._note.unlink(missing_ok=True)
        shutil.rmtree(self._state, ignore_errors=True)
        self.aws = None

    def running(self) -> Aws:
        """The server. Raises RuntimeError if it is not running."""
        if self.aws is None:
            raise RuntimeError("the embedded AWS is not running: run 'make up' first")
        return self.aws

    def env(self) -> dict[str, str]:
        """The environment variables to work on it."""
        return {**self.running().env(), **self._pulumi_env()}

    def _pulumi_env(self) -> dict[str, str]:
        nowhere = str(self.root / "no-profiles")
        path = [str(Path(sys.executable).parent), (self.root / "engine").read_text(), os.environ["PATH"]]
        return {
            "PATH": os.pathsep.join(path),
            "PULUMI_HOME": str(self._pulumi_home),
            "PULUMI_BACKEND_URL": self._state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "AWS_CONFIG_FILE": nowhere,
            "AWS_SHARED_CREDENTIALS_FILE": nowhere,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def exports(self) -> str:
        """The same as lines for a POSIX shell. They also define ``local_aws_off``, which restores the variables.

        They unset the user's variables that would take precedence.
        """
        env = self.env()
        names = " ".join([*_IN_THE_WAY, *env])
        lines = [f"export {name}={shlex.quote(value)}" for name, value in env.items()]
        return "\n".join([_OFF.replace("NAMES", names), f"unset {' '.join(_IN_THE_WAY)}", *lines])

    def shell(self) -> tuple[list[str], dict[str, str]]:
        """The command, and the additional variables, of a shell that works on it and says so in its prompt."""
        rc = self.root / "shellrc"
        rc.touch(mode=0o600)
        bash = shutil.which("bash")
        own = "[ -r ~/.bashrc ] && . ~/.bashrc\n" if bash else ""
        rc.write_text(f'{own}{self.exports()}\nPS1="(embedded AWS) ${{PS1:-$ }}"\n')
        return ([bash, "--rcfile", str(rc), "-i"], {}) if bash else (["/bin/sh", "-i"], {"ENV": str(rc)})

    def child_env(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a child process that works on it."""
        return _clean({**self.env(), **(extra or {})})

    def pulumi(self, *args: str, quiet: bool = False) -> str:
        """Run the Pulumi CLI on it and return its output, which also goes to standard output unless ``quiet``.

        Removes the lock of an update on this machine that was killed. Raises CalledProcessError and Interrupted.
        """
        ended = self._run(args, quiet)
        holders = causes.lock_holders(ended.err)
        if ended.code and holders and not any(may_run(*holder) for holder in holders):
            console.progress("removing the lock of an update that is no longer running …")
            self._run(["cancel", "--yes", "--stack", args[args.index("--stack") + 1]], True)
            ended = self._run(args, quiet)
        if ended.code:
            raise subprocess.CalledProcessError(ended.code, ["pulumi", *args])
        return ended.out

    def _run(self, args: Sequence[str], quiet: bool) -> Ended:
        command = ["pulumi", *args]
        return run(command, cwd=str(PROJECT), env=self.child_env(), out=None if quiet else console.out, err=console.err)

    def _noted(self) -> Aws | None:
        try:
            return Aws(**json.loads(self._note.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def _end_what_does_not_answer(self) -> None:
        aws = self._noted()
        if aws and server.is_ours(aws.pid):
            os.kill(aws.pid, signal.SIGKILL)  # a suspended process handles no other signal


def _clean(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without the user's AWS and Pulumi variables, and with ``more``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))}
    return {**kept, **more}
