"""The questions of a set-up, in order. What a flag or an interrupted run answers is not asked."""

from collections.abc import Mapping
from functools import partial

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import known_profiles
from s3io_user.errors import S3IOError
from s3io_user.handover.formats import RENDERERS, profile_fault
from s3io_user.setup import plan, situation, valid
from s3io_user.setup.account import Account
from s3io_user.setup.answers import Answers
from s3io_user.setup.asker import Asker
from s3io_user.setup.granting import Granting
from s3io_user.setup.keeping import Keeping
from s3io_user.setup.origins import ORIGINS
from s3io_user.setup.plan import STORES

_FORMS = {
    "wp-config": "wp-config: lines to paste into wp-config.php",
    "wp-cli": "wp-cli: commands that set them in wp-config.php",
    "env": "env: a .env file, for a shell or Docker",
    "csv": "csv: the file that the AWS console would offer",
    "ini": "ini: a profile of ~/.aws/credentials",
    "json": "json: for a program",
    "rclone": "rclone: a remote of rclone's config file",
    "restic": "restic: the environment of restic",
    "s3cmd": "s3cmd: a config file of s3cmd",
    "secrets-manager": "secrets-manager: AWS Secrets Manager, by the stack itself",
    "parameter-store": "parameter-store: AWS Systems Manager Parameter Store, by the stack itself",
    "later": "later: it stays in the stack's outputs, encrypted, for s3io-user export or to-config",
}
_FILES = {"wp-config": "wp-config-keys.php", "wp-cli": "wp-cli-keys.sh", "env": ".env", "ini": "~/.aws/credentials"}


class NoKeyNeededError(S3IOError):
    """The application has a better way to S3 than an access key."""


class Interview(Keeping, Granting):
    """All questions, in order."""

    def complete(self) -> Answers:
        """Ask, and return all answers. Raises NoKeyNeededError, and S3IOError with the flags that are missing."""
        self.put(stack=self.answers.stack or self.here.selected or "prod")
        self.config = situation.stack_config(self.here, str(self.answers.stack))
        self.before = plan.from_config(self.config, self.project)
        if self.asker is None:
            self.answers = self.answers.over(self.before)
        self._origin()
        self.ask_state()
        account = self._account()
        self.ask_permissions(account)
        self._hand_over()
        self.put(options=self.options or None)
        if self.missing:
            raise S3IOError(f"nobody can be asked here: add {_together(dict.fromkeys(self.missing))}")
        return self.answers

    def _origin(self) -> None:
        if any(key.startswith(f"{self.project}:") for key in self.config.values):
            return  # the stack has a key, or is meant to have one
        labels = {value: origin.label for value, origin in ORIGINS.items()}
        where = "Where does the application run?"
        runs_on = self.need("runs_on", lambda asker: asker.choose(where, labels, "elsewhere"))
        if runs_on is None or ORIGINS[runs_on].needs_key or self.answers.key_anyway:
            return
        self.say(f"\n{ORIGINS[runs_on].advice}\n")
        if self.asker is None or not self.asker.agreed("Create an access key all the same?"):
            raise NoKeyNeededError(
                "nothing was set up: follow the advice above, or add --key-anyway to create an access key"
            )
        self.put(key_anyway=True)

    def _account(self) -> Account:
        while True:
            self.need("profile", self._ask_profile, self.before.profile or "")
            try:
                account = Account.of(self.config, self.answers.profile or None)
                self.you = account.identity()
            except AwsError as error:
                if self.asker is None or not self.profiles:
                    raise
                self.asker.say(f"  {error}")
                self.put(profile=None)
            else:
                self.say(f"AWS: {self.you}")
                return account

    @property
    def profiles(self) -> list[str]:
        """The profiles on this machine."""
        return known_profiles()

    def _ask_profile(self, asker: Asker) -> str:
        if not self.profiles:
            return ""
        choices = {"": "What the environment says (AWS_PROFILE, AWS_ACCESS_KEY_ID, or a role)"}
        every = {**choices, **{name: f"Profile {name}" for name in self.profiles}}
        return asker.choose("Whose AWS credentials does Pulumi use?", every, self.before.profile or "")

    def _hand_over(self) -> None:
        choices = {name: _FORMS.get(name, name) for name in (*_FORMS, *valid.HAND_OVERS)}
        default = self.before.hand_over or next(iter(_FORMS))
        form = self.need("hand_over", lambda asker: asker.choose("Where does the key go?", choices, default))
        if form in STORES:
            self.need("store_name", lambda asker: self._ask_store(asker, form))
        elif form in RENDERERS:
            self._file(form)

    def _ask_store(self, asker: Asker, kind: str) -> str:
        default = self.before.store_name or (f"/{self.project}" if kind == "parameter-store" else f"{self.project}/s3")
        return asker.text("Its name there", lambda name: valid.store_fault(kind, name), default)

    def _file(self, form: str) -> None:
        if form == "ini":
            self.need(
                "out_profile", lambda asker: asker.text("Profile to write", profile_fault, self.project), "default"
            )
        default = _FILES.get(form, f"access-key.{form}")
        profile = self.answers.out_profile
        check = partial(valid.out_fault, form, profile=profile)
        out = self.need("out", lambda asker: asker.text("File", check, default), default)
        if out is not None and self.here.under_way is None and (fault := check(out)):
            raise S3IOError(f"--out {fault}")


def _together(words: Mapping[str, None]) -> str:
    first, *others = words
    return f"{', '.join([first, *others[:-1]])} and {others[-1]}" if others else first
