"""The questions about the user: what its key may do, on which buckets, and their Region."""

from s3io_user.iam.buckets import parse_bucket
from s3io_user.policy.presets import Access, Preset, preset_of
from s3io_user.setup import valid
from s3io_user.setup.account import Account
from s3io_user.setup.asker import Asker
from s3io_user.setup.questions import Questions, or_nothing
from s3io_user.wording import camel_case

_UPLOADS = "wp-content/uploads"


class Granting(Questions):
    """The questions about the user and its permissions."""

    def ask_permissions(self, account: Account) -> None:
        """Ask for all of them."""
        self._user(account)
        self._access()
        self._buckets(account)
        self._region(account)

    def _user(self, account: Account) -> None:
        if self.answers.user_name is not None or self.answers.existing_user is not None:
            return
        if self.asker is None:
            self.put(user_name="")
            return
        choices = {
            "new": "A new user",
            "existing": "An existing user: it gets a policy and a key, and is never deleted",
        }
        default = "existing" if self.before.existing_user else "new"
        if self.asker.choose("Which IAM user?", choices, default) == "existing":
            for name in account.users():
                self.asker.say(f"      {name}")
            default_name = self.before.existing_user
            self.put(existing_user=self.asker.text("Its name", valid.of_input("existing_user"), default_name))
            return
        self.asker.say("Enter alone keeps the name." if self.before.user_name else "Enter alone lets Pulumi choose.")
        name = self.asker.text("Its name", or_nothing(valid.of_input("user_name")), self.before.user_name)
        self.put(user_name=name)

    def _access(self) -> None:
        choices = {
            access.value: f"{access.value}: {preset_of(access).purpose}"
            for access in Access
            if access is not Access.NONE
        }
        default = self.before.access or Access.OPTIMIZER.value
        access = self.need("access", lambda asker: asker.choose("What may the key do?", choices, default))
        if access is not None and self.asker is not None:
            self._prefixes(self.asker, Access(access))

    def _prefixes(self, asker: Asker, access: Access) -> None:
        """Ask for the prefixes that widen a preset, such as that of a backup program's locks."""
        for name, option in preset_of(access).options.items():
            if not option.by_prefix or name in (self.answers.options or {}):
                continue
            asker.say(f"\nUnder which prefix may it {option.action}, such as locks/? Enter alone for none.")
            default = (self.before.options or {}).get(name)
            prefix = asker.text(camel_case(name), or_nothing(valid.of_input(name)), str(default) if default else None)
            self.put_option(name, prefix)

    @property
    def _preset(self) -> Preset | None:
        return preset_of(Access(self.answers.access)) if self.answers.access else None

    def _buckets(self, account: Account) -> None:
        if self._preset and not self._preset.has_document:
            return
        buckets = self.need("buckets", lambda asker: self._ask_buckets(asker, account))
        names = sorted({parse_bucket(bucket).name for bucket in buckets or () if bucket != valid.EVERY_BUCKET})
        for name in names:
            if account.bucket(name).exists is False:
                self.say(f"The bucket '{name}' does not exist: create it before you say yes, or correct its name.")
        for name in names if self._preset and self._preset.writes_without_acls else ():
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
        chosen = asker.several("Folder", offered, lambda text: _folder_fault(bucket, text), default)
        folder = chosen[0].strip("/") if chosen else ""
        return f"{bucket}/{folder}" if folder else bucket

    def _acls(self, name: str, account: Account) -> None:
        if "allow_acl" in self.options or not account.bucket(name).acls:
            return
        self.say(
            f"\nThe bucket '{name}' still uses ACLs, and this key may not set them: images that it overwrites go\n"
            "private. Switch ACLs off, if nothing else needs them:\n"
            f"    aws s3api put-bucket-ownership-controls --bucket {name} "
            "--ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'"
        )
        if self.asker is not None and self._preset and "allow_acl" in self._preset.options:
            self.put_option("allow_acl", self.asker.agreed("Allow the key to set ACLs instead (allowAcl)?"))

    def _region(self, account: Account) -> None:
        buckets = [bucket for bucket in self.answers.buckets or () if bucket != valid.EVERY_BUCKET]
        if self.answers.region is None and buckets:
            name = parse_bucket(buckets[0]).name
            if region := account.bucket(name).region:
                self.say(f"Region: {region}, where the bucket '{name}' is")
                self.put(region=region)
        default = self.before.region or account.access.region
        self.need("region", lambda asker: asker.text("\nAWS region", valid.region_fault, default), default)


def _folder_fault(bucket: str, text: str) -> str | None:
    return valid.bucket_fault(f"{bucket}/{text.strip('/')}") if text.strip("/") else None
