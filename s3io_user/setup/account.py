"""What to offer as answers from an AWS account: its buckets and their folders, its users. Reads only."""

from dataclasses import dataclass, field, replace
from typing import Any

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection, reworded
from s3io_user.doctor import caller, lookups
from s3io_user.doctor.wanted import Bucket
from s3io_user.inputs.project import connection_of
from s3io_user.setup.plan import merged
from s3io_user.setup.situation import StackConfig

_REGION = "us-east-1"  # to send requests to, if neither config nor environment names one
_FEW = 10
_MANY = 100


@dataclass(frozen=True)
class Account:
    """An account as some credentials see it. What they may not list is an empty list: then the user types it."""

    access: Connection
    _seen: dict[str, Bucket] = field(default_factory=dict, init=False, compare=False)

    @staticmethod
    def of(config: StackConfig, profile: str | None) -> "Account":
        """Reached as a stack's config says, but with this profile. Raises AwsError and InputError."""
        access = connection_of(merged({"aws:profile": profile} if profile else {}, config))
        return Account(replace(access, region=access.region or access.default_region() or _REGION))

    def identity(self) -> str:
        """The ARN of whoever asks. Raises AwsError: no credentials, or refused ones."""
        return caller.identity(self.access)

    def buckets(self) -> list[str]:
        """The account's buckets, as far as these credentials may list them."""
        return self._names("list the buckets", "s3", lambda s3: [each["Name"] for each in s3.list_buckets()["Buckets"]])

    def folders(self, bucket: str) -> list[str]:
        """A bucket's first folders, to two levels, such as ``wp-content`` and ``wp-content/uploads``."""
        top = self._below(bucket, "")[:_FEW]
        return [each for folder in top for each in (folder, *self._below(bucket, f"{folder}/")[:_FEW])]

    def _below(self, bucket: str, prefix: str) -> list[str]:
        def read(s3: Any) -> list[str]:
            page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter="/", MaxKeys=1000)
            return [each["Prefix"].rstrip("/") for each in page.get("CommonPrefixes") or ()]

        return self._names("list the folders", "s3", read)

    def users(self) -> list[str]:
        """The account's users, as far as these credentials may list them."""
        return self._names("list the users", "iam", lambda iam: [u["UserName"] for u in iam.list_users()["Users"]])

    def _names(self, purpose: str, service: str, read: Any) -> list[str]:
        try:
            client = self.access.client(service)
            return [str(name) for name in reworded(purpose, lambda: read(client))][:_MANY]
        except AwsError:
            return []

    def bucket(self, name: str) -> Bucket:
        """Whether a bucket exists, its region and whether it uses ACLs; None for what AWS does not say."""
        if name not in self._seen:
            try:
                buckets = lookups.Lookups(self.access, lambda _: None).buckets({name: True})
            except AwsError:
                buckets = {}
            self._seen[name] = buckets.get(name, Bucket())
        return self._seen[name]
