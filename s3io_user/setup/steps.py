"""The steps of a set-up. Each may be repeated."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3io_user import secret_files
from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials, from_outputs, user_outputs
from s3io_user.iam.buckets import Bucket
from s3io_user.setup import project
from s3io_user.setup.answers import AGAIN, Answers
from s3io_user.setup.plan import Change
from s3io_user.setup.situation import Situation
from s3io_user.setup.valid import EVERY_BUCKET
from s3io_user.stack import pulumi_cli
from s3io_user.stack.config import set_config, write_config
from s3io_user.stack.process import Interrupted
from s3io_user.stack.project_file import config_file
from s3io_user.verify.expected import Check
from s3io_user.verify.stack import verify_stack
from s3io_user.wording import legible

Say = Callable[[str], None]
_TAKES_AWAY = ("delete", "delete-replaced", "replace", "discard-replaced", "delete-replacement")


@dataclass
class Steps:
    """What is done after the last yes. ``files`` are those of a new project, ``changes`` those of the stack's config.

    ``say`` gets a sentence for each step, ``echo`` the lines of pulumi's progress.
    """

    here: Situation
    answers: Answers
    files: dict[str, str]
    changes: Sequence[Change]
    say: Say
    echo: Say | None = None
    passphrase: str | None = field(default=None, repr=False)

    @property
    def stack(self) -> str:
        """The stack's name."""
        return str(self.answers.stack)

    @property
    def cwd(self) -> str:
        """The folder in which pulumi runs."""
        return str(self.here.folder)

    @property
    def home(self) -> Path:
        """The project's folder, also where there is no project yet."""
        return self.here.home or self.here.folder

    @property
    def needs_install(self) -> bool:
        """Whether to install the program's packages: into a new project, or if its environment is missing."""
        missing = bool(self.files or self.here.under_way or self.here.not_installed)
        return missing and self.answers.install is not False

    @property
    def _note(self) -> Path:
        return self.home / project.NOTE

    def begin(self) -> None:
        """Save the answers, so that an interrupted set-up can continue without questions. Raises S3IOError."""
        secret_files.write_private(self._note, self.answers.as_note(), force=True)

    def end(self) -> None:
        """Delete the saved answers."""
        self._note.unlink(missing_ok=True)

    def make_project(self) -> None:
        """Write the files of a new project. Raises S3IOError."""
        if self.files:
            project.write(self.here.folder, self.files)
            self.say(f"Wrote {', '.join(self.files)} to {legible(self.here.folder)}.")

    def use_passphrase(self) -> None:
        """Set the variable from which pulumi reads the passphrase. If its file does not exist, create one."""
        if self.passphrase is not None:
            os.environ["PULUMI_CONFIG_PASSPHRASE"] = self.passphrase
        elif self.answers.passphrase_file and os.environ.get("PULUMI_CONFIG_PASSPHRASE") is None:
            file = secret_files.named(self.answers.passphrase_file).absolute()
            if not file.exists():
                secret_files.write_private(file, f"{secrets.token_urlsafe(24)}\n")
                self.say(f"Created a passphrase in {legible(file)}, which only you can read.")
            os.environ["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(file)

    def install(self) -> None:
        """Install the program's packages into its own environment. Raises S3IOError and Interrupted."""
        if not self.needs_install:
            return
        self.say("pulumi install: the program's packages and Pulumi's AWS plugin, a minute or two …")
        self._continued("pulumi install", lambda: pulumi_cli.install(self.cwd, echo=self.echo))

    def make_stack(self) -> None:
        """Create the stack, if it does not exist. Raises S3IOError and Interrupted."""
        if not self.here.exists(self.stack):
            try:
                self._continued("pulumi stack init", lambda: pulumi_cli.make_stack(self.stack, self.cwd))
            except S3IOError as error:
                if "already exists" not in str(error):
                    raise
                raise S3IOError(
                    f"the state has a stack {legible(self.stack)} of a project of this name already, as from a folder "
                    f"that was deleted. To work on that stack, {AGAIN}. For a new one, add --stack NAME to it"
                ) from None
            self.say(f"Created the stack {legible(self.stack)}.")

    def write_config(self) -> None:
        """Write all changes of the stack's config, or none. Raises S3IOError and Interrupted."""
        if self.changes:
            values = [change.value for change in self.changes]
            self._continued("the stack's config", lambda: write_config(values, self.stack, self.cwd))
            self.say(f"Wrote {len(values)} keys to {config_file(self.stack, self.cwd).name}.")

    def losses(self) -> list[str]:
        """What the update would delete or replace in an existing stack, from a preview with a copy of its config.

        Raises S3IOError and Interrupted.
        """
        if not self.here.exists(self.stack):
            return []
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "config.yaml"
            if (own := config_file(self.stack, self.cwd)).is_file():
                shutil.copyfile(own, copy)
            set_config([change.value for change in self.changes], str(copy), self.stack, self.cwd)
            steps = pulumi_cli.preview(str(copy), self.stack, self.cwd)
        return [f"{step['op']} {_name(step)}" for step in steps if step.get("op") in _TAKES_AWAY]

    def up(self) -> None:
        """Run pulumi up. Raises S3IOError with the cause, and Interrupted."""
        self.say("pulumi up …")
        self._continued("pulumi up", lambda: pulumi_cli.up(self.stack, self.cwd, echo=self.echo))

    def outputs(self) -> Mapping[str, Any]:
        """The user's outputs, without secrets. Raises S3IOError."""
        return user_outputs(pulumi_cli.outputs(self.stack, self.cwd))

    def credentials(self) -> Credentials:
        """The user's access key. Raises S3IOError if the stack has none to hand over."""
        return from_outputs(user_outputs(pulumi_cli.outputs(self.stack, self.cwd, show_secrets=True)))

    def checks(self, wait: float) -> list[Check]:
        """Try the key, as verify does. Raises S3IOError."""
        named = [bucket for bucket in self.answers.buckets or () if bucket != EVERY_BUCKET]
        places: list[Bucket] | None = None if named else []
        return verify_stack(self.stack, self.cwd, None, places=places, within=wait, progress=self.say)

    def _continued(self, what: str, step: Callable[[], Any]) -> None:
        try:
            step()
        except S3IOError as error:
            raise S3IOError(f"{what} failed: {error}. Correct that, then {AGAIN}") from None
        except Interrupted as interrupt:
            raise Interrupted(f"{interrupt}. To continue, {AGAIN}") from None


def _name(step: dict[str, Any]) -> str:
    kind = str((step.get("oldState") or step.get("newState") or {}).get("type"))
    return f"{str(step.get('urn')).rpartition('::')[2]} ({kind})"
