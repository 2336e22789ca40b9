"""The questions of a set-up, in order: each is asked only where no flag and no interrupted run answers it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import known_profiles
from s3io_user.errors import S3IOError
from s3io_user.handover.formats import RENDERERS, profile_fault
from s3io_user.iam.buckets import parse_bucket
from s3io_user.policy.presets import Access, preset_of
from s3io_user.setup import plan, situation, valid
from s3io_user.setup.account import Account
from s3io_user.setup.answers import Answers, flag
from s3io_user.setup.asker import Asker, Check
from s3io_user.setup.origins import ORIGINS
from s3io_user.setup.plan import STORES
from s3io_user.setup.project import name_for
from s3io_user.setup.situation import PASSPHRASES, Situation, StackConfig
from s3io_user.wording import camel_case, legible

_UPLOADS = "wp-content/uploads"
_FORMS = {
    "wp-config": "wp-config: lines to paste into wp-config.php",
    "wp-cli": "wp-cli: commands that set them in wp-config.php",
    "env": "env: a .env file, for a shell or Docker",
    "csv": "csv: the file that the AWS console would offer",
    "ini": "ini: a profile of ~/.aws/credentials",
    "json": "json: for a program",
    "secrets-manager": "secrets-manager: AWS Secrets Manager, by the stack itself",
    "parameter-store": "parameter-store: AWS Systems Manager Parameter Store, by the stack itself",
    "later": "later: it stays in the stack's outputs, encrypted, for s3io-user export or to-config",
}
_FILES = {"wp-config": "wp-config-keys.php", "wp-cli": "wp-cli-keys.sh", "env": ".env", "ini": "~/.aws/credentials"}
_STATE = """
Pulumi remembers what it made in its state, with the key's secret encrypted in it.
Keep it where it is backed up: whoever loses it can't change or remove the user by Pulumi any more."""
_ABOUT_PASSPHRASES = """
A passphrase encrypts the secret in the state. Pulumi needs it for every update, and nobody can restore it.
Keep it in a password manager, apart from the state."""


class NoKeyNeededError(S3IOError):
    """The application has a better way to S3 than an access key."""


@dataclass
class Interview:
    """Asks for what is not known yet. Without an ``asker`` nobody can be asked: what is missing is named, all at once.

    ``passphrase`` is what was typed, ``before`` what the stack's config says already.
    """

    here: Situation
    answers: Answers
    asker: Asker | None
    say: Callable[[str], None]
    config: StackConfig = field(default_factory=StackConfig)
    before: Answers = field(default_factory=Answers)
    passphrase: str | None = field(default=None, repr=False)
    you: str = ""
    missing: list[str] = field(default_factory=list)

    def complete(self) -> Answers:
        """Ask, and return all answers. Raises S3IOError: NoKeyNeededError, or what is missing."""
        self._set(stack=self.answers.stack or self.here.selected or "prod")
        self.config = situation.stack_config(self.here, str(self.answers.stack))
        self.before = plan.from_config(self.config, self.project)
        if self.asker is None:
            self.answers = self.answers.over(self.before)
        self._origin()
        self._state()
        account = self._account()
        self._user(account)
        self._access()
        self._buckets(account)
        self._region(account)
        self._hand_over()
        if self.missing:
            raise S3IOError(f"nobody can be asked here: add {_together(dict.fromkeys(self.missing))}")
        return self.answers

    @property
    def project(self) -> str:
        """The project's name: of the one that is there, or that will be made."""
        return self.here.project or self.answers.project or name_for(self.here.folder)

    def _set(self, **values: Any) -> None:
        self.answers = replace(self.answers, **values)

    def _need(self, name: str, ask: Callable[[Asker], Any], default: Any = None) -> Any:
        """An answer: the one that is there; else asked for; else the default, or it is missing."""
        if (held := getattr(self.answers, name)) is not None:
            return held
        if self.asker is not None:
            self._set(**{name: ask(self.asker)})
        elif default is not None:
            self._set(**{name: default})
        else:
            self.missing.append(flag(name))
        return getattr(self.answers, name)

    # ---- where it runs, and where Pulumi keeps its state

    def _origin(self) -> None:
        if any(key.startswith(f"{self.project}:") for key in self.config.values):
            return  # its key is there, or wanted
        labels = {value: origin.label for value, origin in ORIGINS.items()}
        where = "Where does the application run?"
        runs_on = self._need("runs_on", lambda asker: asker.choose(where, labels, "elsewhere"))
        if runs_on is None or ORIGINS[runs_on].needs_key or self.answers.key_anyway:
            return
        self.say(f"\n{ORIGINS[runs_on].advice}\n")
        if self.asker is None or not self.asker.agreed("Create an access key all the same?"):
            raise NoKeyNeededError("nothing was set up: follow the advice above, or add --key-anyway for an access key")
        self._set(key_anyway=True)

    def _state(self) -> None:
        if self.here.home is not None or self.here.chosen_by == "PULUMI_BACKEND_URL":
            self._state_is_given()
        else:
            default = "current" if self.here.backend else None
            state = self._need("state", self._ask_state, default)
            if state is not None:
                self._reach(state)
        if self.answers.state is not None and situation.needs_passphrase(self.backend, self.config):
            self._passphrase()

    def _state_is_given(self) -> None:
        if self.here.backend is None:
            raise S3IOError("pulumi is not logged in: run pulumi login, or pulumi login --local, then this again")
        given = None if self.here.under_way else self.answers.state  # which then made the project
        if given not in (None, "current", self.here.backend):
            raise S3IOError(
                f"--state can't be {legible(given)}: {self.here.chosen_by} says where the state is, "
                f"{legible(self.here.backend)}"
            )
        self._set(state="current")

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
        """The backend that a new project names; None for where pulumi is logged in."""
        state = self.answers.state
        return {"current": None, "cloud": situation.CLOUD, "local": situation.LOCAL}.get(str(state), state)

    @property
    def backend(self) -> str:
        """Where the state will be."""
        return self.url or self.here.backend or ""

    def _reach(self, state: str) -> None:
        if state == "current" and self.here.backend is None:
            raise S3IOError("pulumi is not logged in: run pulumi login, or add --state local")
        if self.url and situation.backend_here(str(self.here.folder), self.url) is None:
            raise S3IOError(f"pulumi is not logged in to {legible(self.url)}: run pulumi login there, then this again")

    def _passphrase(self) -> None:
        if any(os.environ.get(name) is not None for name in PASSPHRASES):
            return
        file = self.answers.passphrase_file
        if file is None and self.asker is not None:
            file = self._ask_passphrase(self.asker)
        if file is None and self.passphrase is None:
            self.missing.append("--passphrase-file (or set PULUMI_CONFIG_PASSPHRASE)")
        elif file and self.config.salted and not Path(file).expanduser().is_file():
            raise S3IOError(
                f"--passphrase-file {legible(file)} does not exist, and the stack has its passphrase already"
            )

    def _ask_passphrase(self, asker: Asker) -> str | None:
        if self.config.salted:
            self.passphrase = asker.secret("The stack's passphrase", twice=False)
            return None
        asker.say(_ABOUT_PASSPHRASES)
        choices = {"type": "Type one", "file": "Have one made, and kept in a file that only you can read"}
        if asker.choose("Passphrase", choices, "type") == "type":
            self.passphrase = asker.secret("Passphrase", twice=True)
            return None
        file = asker.text("File", lambda text: None if text else "name a file", "~/.s3io-user-passphrase")
        self._set(passphrase_file=file)
        return file

    # ---- the account, the user and what it may do

    def _account(self) -> Account:
        while True:
            self._need("profile", self._ask_profile, self.before.profile or "")
            try:
                account = Account.of(self.config, self.project, self.answers.profile or None)
                self.you = account.identity()
            except AwsError as error:
                if self.asker is None or not self.profiles:
                    raise
                self.asker.say(f"  {error}")
                self._set(profile=None)
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

    def _user(self, account: Account) -> None:
        if self.answers.user_name is not None or self.answers.existing_user is not None:
            return
        if self.asker is None:
            self._set(user_name="")
            return
        choices = {"new": "A new one", "existing": "One that exists: it gets a policy and a key, and is never deleted"}
        default = "existing" if self.before.existing_user else "new"
        if self.asker.choose("Which IAM user?", choices, default) == "existing":
            every = account.users()
            for name in every:
                self.asker.say(f"      {name}")
            default_name = self.before.existing_user
            self._set(existing_user=self.asker.text("Its name", valid.of_input("existing_user"), default_name))
            return
        self.asker.say("Enter alone keeps the name." if self.before.user_name else "Enter alone lets Pulumi choose.")
        name = self.asker.text("Its name", _or_nothing(valid.of_input("user_name")), self.before.user_name)
        self._set(user_name=name)

    def _access(self) -> None:
        choices = {
            access.value: f"{access.value}: {preset_of(access).purpose}"
            for access in Access
            if access is not Access.NONE
        }
        default = self.before.access or Access.OPTIMIZER.value
        access = self._need("access", lambda asker: asker.choose("What may the key do?", choices, default))
        if access is not None and self.asker is not None:
            self._prefixes(self.asker, Access(access))

    def _prefixes(self, asker: Asker, access: Access) -> None:
        """Ask for the prefixes that add to a preset, such as that of a backup program's locks."""
        for name, option in preset_of(access).options.items():
            if not option.by_prefix or (self.answers.options or {}).get(name) is not None:
                continue
            asker.say(f"\nUnder which prefix may it {option.action}, such as locks/? Enter alone for none.")
            default = (self.before.options or {}).get(name)
            prefix = asker.text(camel_case(name), _or_nothing(valid.of_input(name)), str(default) if default else None)
            self._set(options={**(self.answers.options or {}), name: prefix})

    @property
    def _has_document(self) -> bool:
        return self.answers.access is None or preset_of(Access(self.answers.access)).has_document

    def _buckets(self, account: Account) -> None:
        if not self._has_document:
            return
        buckets = self._need("buckets", lambda asker: self._ask_buckets(asker, account))
        if not buckets or not self.answers.access or not preset_of(Access(self.answers.access)).writes_without_acls:
            return
        for name in {parse_bucket(bucket).name for bucket in buckets if bucket != valid.EVERY_BUCKET}:
            self._acls(name, account)

    def _ask_buckets(self, asker: Asker, account: Account) -> tuple[str, ...]:
        offered = account.buckets()
        asker.say("\nWhich buckets? Numbers or names, with commas in between." if offered else "\nWhich buckets?")
        default = ", ".join(self.before.buckets or ()) or None
        chosen = asker.several("Buckets", offered, valid.bucket_fault, default)
        return tuple(self._folder(asker, account, bucket) for bucket in chosen)

    def _folder(self, asker: Asker, account: Account, bucket: str) -> str:
        if bucket == valid.EVERY_BUCKET or parse_bucket(bucket).folder or bucket in (self.before.buckets or ()):
            return bucket
        offered = account.folders(parse_bucket(bucket).name)
        asker.say(f"\nOnly one folder of {bucket}? Its number or name; / for the whole bucket.")
        default = _UPLOADS if _UPLOADS in offered else "/"
        found = asker.several("Folder", offered, lambda text: _folder_fault(bucket, text), default)
        folder = found[0].strip("/") if found else ""
        return f"{bucket}/{folder}" if folder else bucket

    def _acls(self, name: str, account: Account) -> None:
        if (self.answers.options or {}).get("allow_acl") is not None or not account.bucket(name).acls:
            return
        self.say(
            f"\nThe bucket '{name}' still uses ACLs, and this key may not set them: images that it overwrites go\n"
            "private. Switch ACLs off, if nothing else needs them:\n"
            f"    aws s3api put-bucket-ownership-controls --bucket {name} "
            "--ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'"
        )
        if self.asker is not None and "allow_acl" in preset_of(Access(self.answers.access)).options:
            allow = self.asker.agreed("Allow the key to set ACLs instead (allowAcl)?")
            self._set(options={**(self.answers.options or {}), "allow_acl": allow})

    def _region(self, account: Account) -> None:
        buckets = [bucket for bucket in self.answers.buckets or () if bucket != valid.EVERY_BUCKET]
        if self.answers.region is None and buckets:
            name = parse_bucket(buckets[0]).name
            if region := account.bucket(name).region:
                self.say(f"Region: {region}, where the bucket '{name}' is")
                self._set(region=region)
        default = self.before.region or account.access.region
        self._need("region", lambda asker: asker.text("\nAWS region", valid.region_fault, default), default)

    # ---- where the key goes

    def _hand_over(self) -> None:
        first = [name for name in _FORMS if name in valid.HAND_OVERS]
        choices = {name: _FORMS.get(name, name) for name in dict.fromkeys([*first, *valid.HAND_OVERS])}
        default = self.before.hand_over or next(iter(_FORMS))
        form = self._need("hand_over", lambda asker: asker.choose("Where does the key go?", choices, default))
        if form in STORES:
            self._need("store_name", lambda asker: self._ask_store(asker, form))
        elif form in RENDERERS:
            self._file(form)

    def _ask_store(self, asker: Asker, kind: str) -> str:
        default = self.before.store_name or (f"/{self.project}" if kind == "parameter-store" else f"{self.project}/s3")
        return asker.text("Its name there", lambda name: valid.store_fault(kind, name), default)

    def _file(self, form: str) -> None:
        if form == "ini":
            self._need(
                "out_profile", lambda asker: asker.text("Profile to write", profile_fault, self.project), "default"
            )
        default = _FILES.get(form, f"access-key.{form}")
        profile = self.answers.out_profile
        check = partial(valid.out_fault, form, profile=profile)
        out = self._need("out", lambda asker: asker.text("File", check, default), default)
        if out is not None and self.here.under_way is None and (fault := check(out)):
            raise S3IOError(f"--out {fault}")


def _or_nothing(check: Check) -> Check:
    return lambda text: check(text) if text else None


def _folder_fault(bucket: str, text: str) -> str | None:
    return valid.bucket_fault(f"{bucket}/{text.strip('/')}") if text.strip("/") else None


def _together(words: Mapping[str, None]) -> str:
    first, *others = words
    return f"{', '.join([first, *others[:-1]])} and {others[-1]}" if others else first
