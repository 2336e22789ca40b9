"""The questions about the state: where Pulumi keeps it, and the passphrase that encrypts its secrets."""

import os

from s3io_user import secret_files
from s3io_user.errors import S3IOError
from s3io_user.setup import situation, valid
from s3io_user.setup.asker import Asker
from s3io_user.setup.questions import Questions
from s3io_user.setup.situation import PASSPHRASES
from s3io_user.wording import legible

_STATE = """
Pulumi keeps a record of what it created, its state, and in it the secret access key, encrypted.
Keep it where it is backed up. Without it, Pulumi can't change or delete the user any more."""
_ABOUT_PASSPHRASES = """
A passphrase encrypts the secret in the state. Pulumi needs it for every update, and nobody can restore it.
Keep it in a password manager, apart from the state."""


class Keeping(Questions):
    """The questions about state and passphrase."""

    def ask_state(self) -> None:
        """Ask for both. Raises S3IOError if the backend can't be used."""
        if self.here.home is not None or self.here.chosen_by == "PULUMI_BACKEND_URL":
            self._state_is_given()
        else:
            default = "current" if self.here.backend else None
            state = self.need("state", self._ask_state, default)
            if state is not None:
                self._reach(state)
        if self.answers.state is None:
            return
        if situation.needs_passphrase(self.backend, self.config):
            self._passphrase()
        elif self.answers.passphrase_file:
            raise S3IOError("--passphrase-file does not go with this stack: no passphrase encrypts its secrets")

    def _state_is_given(self) -> None:
        if self.here.backend is None:
            raise S3IOError("pulumi is not logged in: run pulumi login, or pulumi login --local, then this again")
        given = None if self.here.under_way else self.answers.state  # which then made the project
        if given not in (None, "current", self.here.backend):
            raise S3IOError(
                f"--state can't be {legible(given)}: {self.here.chosen_by} says where the state is, "
                f"{legible(self.here.backend)}"
            )
        self.put(state="current")

    def _ask_state(self, asker: Asker) -> str:
        asker.say(_STATE)
        choices = {
            **({"current": f"Where pulumi is logged in: {self.here.backend}"} if self.here.backend else {}),
            "local": "In files on this machine (~/.pulumi): no account needed, and the backup is yours",
            "cloud": "In Pulumi Cloud: history and locks, for several people; needs an account, and pulumi login first",
            "other": "In a bucket of yours, by its URL (s3://…, gs://…, azblob://…)",
        }
        state = asker.choose("Where does Pulumi keep its state?", choices, next(iter(choices)))
        return asker.text("URL", valid.state_fault) if state == "other" else state

    @property
    def url(self) -> str | None:
        """The backend to name in a new project; None for the one that pulumi is logged in to."""
        state = self.answers.state
        return {"current": None, "cloud": situation.CLOUD, "local": situation.LOCAL}.get(str(state), state)

    @property
    def backend(self) -> str:
        """The URL of the backend."""
        return self.url or self.here.backend or ""

    def _reach(self, state: str) -> None:
        if state == "current" and self.here.backend is None:
            raise S3IOError("pulumi is not logged in: run pulumi login, or add --state local")
        if self.url and situation.backend_here(str(self.here.folder), self.url) is None:
            raise S3IOError(f"pulumi is not logged in to {legible(self.url)}: run pulumi login there, then this again")

    def _passphrase(self) -> None:
        file = self.answers.passphrase_file
        if file and os.environ.get(PASSPHRASES[0]) is not None:
            raise S3IOError(f"{PASSPHRASES[0]} is set, and comes before --passphrase-file: unset one of them")
        if file is None and any(os.environ.get(name) is not None for name in PASSPHRASES):
            return
        if file is None and self.asker is not None:
            file = self._ask_passphrase(self.asker)
        if file is None and self.passphrase is None:
            self.missing.append("--passphrase-file (or set PULUMI_CONFIG_PASSPHRASE)")
        elif file and self.config.salted and not secret_files.named(file).is_file():
            raise S3IOError(
                f"--passphrase-file {legible(file)} does not exist, and the stack has its passphrase already"
            )

    def _ask_passphrase(self, asker: Asker) -> str | None:
        if self.config.salted:
            self.passphrase = asker.secret("The stack's passphrase", twice=False)
            return None
        asker.say(_ABOUT_PASSPHRASES)
        choices = {"type": "Type one", "file": "Create one, in a file that only you can read"}
        if asker.choose("Passphrase", choices, "type") == "type":
            self.passphrase = asker.secret("Passphrase", twice=True)
            return None
        file = asker.text("File", lambda text: None if text else "name a file", "~/.s3io-user-passphrase")
        self.put(passphrase_file=file)
        return file
