"""What a user's inputs name, and whether AWS has it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from s3io_user.iam.buckets import parse_bucket
from s3io_user.policy.presets import preset_of
from s3io_user.stack.state import UserState

if TYPE_CHECKING:
    from s3io_user.aws.users import KeyInfo
    from s3io_user.inputs.fields import Inputs


@dataclass(frozen=True)
class Bucket:
    """A bucket in AWS. None is what could not be looked up. ``acls``: whether it still uses ACLs."""

    exists: bool | None = None
    region: str | None = None
    acls: bool | None = None


@dataclass(frozen=True)
class Wanted:
    """What one user's inputs name, and whether AWS has it. None in a map is what could not be looked up.

    ``names_taken`` maps the names that IAM treats as the same as the new user's to when those users were created.
    ``keys`` are the user's in AWS; None if there is no such user yet, or if they could not be looked up.
    """

    logical: str
    inputs: "Inputs"
    state: UserState | None = None
    names_taken: Mapping[str, datetime] = field(default_factory=dict)
    exist: Mapping[tuple[str, str], bool | None] = field(default_factory=dict)
    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    keys: tuple["KeyInfo", ...] | None = None

    @property
    def user(self) -> str:
        """The user's name; if Pulumi will choose it, the logical name."""
        named = self.inputs.user_name or self.inputs.existing_user
        return str(named or (self.state.user if self.state else self.logical))

    @property
    def is_new(self) -> bool:
        """Whether the next update creates the user."""
        return not self.inputs.existing_user and not (self.state and self.state.owned)

    @property
    def bucket_names(self) -> set[str]:
        """The buckets that the inputs name, without patterns."""
        names = {parse_bucket(bucket).name for bucket in self.inputs.known_buckets}
        return {name for name in names if "*" not in name}

    @property
    def acls_matter(self) -> bool:
        """Whether the key may write images but not set their ACLs."""
        return preset_of(self.inputs.access).writes_without_acls and not self.inputs.allow_acl

    @property
    def acls_can_be_set(self) -> bool:
        """Whether an input would let the key set ACLs."""
        return "allow_acl" in preset_of(self.inputs.access).options


def buckets_of(wanted: Iterable[Wanted]) -> dict[str, bool]:
    """The buckets of several users, and whether it matters to any of them if the bucket uses ACLs."""
    acls_matter: dict[str, bool] = {}
    for each in wanted:
        for name in each.bucket_names:
            acls_matter[name] = acls_matter.get(name, False) or each.acls_matter
    return acls_matter
