"""Packs a document into policies: inline if it fits, else one or more managed policies.

Source of the limits: the IAM quotas. IAM does not count white space, and counts a user's inline policies together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from s3io_user.errors import InputError
from s3io_user.policy.document import Document, Statement, compact

INLINE_LIMIT = 2048
"""The maximum characters of all inline policies of a user together."""
MANAGED_LIMIT = 6144
"""The maximum characters of one managed policy."""
ATTACHED_LIMIT = 10
"""The maximum number of managed policies attached to a user; AWS raises it to 20 on request."""
GROUPS_LIMIT = 10
"""The maximum number of groups that a user is in."""


class PolicyType(str, Enum):
    """The kind of policy that holds the user's document."""

    AUTO = "auto"
    """Inline if it fits, else managed."""
    INLINE = "inline"
    """A policy embedded in the user, of at most 2,048 characters."""
    MANAGED = "managed"
    """One or more customer managed policies, attached to the user."""


@dataclass(frozen=True)
class Packed:
    """A document as policies: one inline, or one or more managed."""

    inline: Document | None
    managed: tuple[Document, ...]


def size(document: Any) -> int:
    """The characters of a document, or of a part of one, as IAM counts them."""
    # IAM does not count white space. Spaces inside strings are counted here, to be on the safe side.
    return len(compact(document))


def pack(
    document: Document,
    kind: PolicyType,
    *,
    inline_taken: int = 0,
    attached_taken: int = 0,
    made_of: str = "buckets",
    attached_by: str = "",
) -> Packed:
    """Pack a document into as few policies as possible, with all of its statements.

    ``inline_taken`` counts the characters of the user's other inline policies, ``attached_taken`` its other managed
    policies. ``made_of`` is the input that makes the document large, ``attached_by`` the one that attaches the others.
    Raises InputError if a quota is exceeded, and says by how much.
    """
    characters = size(document)
    fits = characters + inline_taken <= INLINE_LIMIT
    if kind is PolicyType.INLINE and not fits:
        raise InputError([("policy_type", _too_large_inline(characters, inline_taken))])
    if kind is PolicyType.INLINE or (kind is PolicyType.AUTO and fits):
        return Packed(document, ())
    managed = tuple(split(document, made_of=made_of))
    free = ATTACHED_LIMIT - attached_taken
    if len(managed) > free and attached_by and len(managed) <= ATTACHED_LIMIT:
        raise InputError([(attached_by, _too_many_besides(len(managed), attached_taken, kind, fits))])
    if len(managed) > free:
        raise InputError([(made_of, _too_many_managed(characters, len(managed), free))])
    return Packed(None, managed)


def split(document: Document, limit: int = MANAGED_LIMIT, made_of: str = "policy") -> Iterator[Document]:
    """Split a document into documents of at most ``limit`` characters that together mean the same.

    Statements stay in order. The resources of one that does not fit are split over several statements; a NotResource
    can't be split without changing its meaning. Raises InputError if a statement can't be made to fit.
    """
    batch: Document = {**document, "Statement": []}
    for statement in document["Statement"]:
        rest: Statement | None = statement
        while rest is not None:
            part, rest = _part_that_fits(batch, rest, limit)
            if part is not None:
                batch = {**batch, "Statement": [*batch["Statement"], part]}
            elif batch["Statement"]:
                yield batch
                batch = {**batch, "Statement": []}
            else:
                raise InputError([(made_of, f"has a statement that does not fit a policy of {limit:,} characters")])
    yield batch


def _part_that_fits(batch: Document, statement: Statement, limit: int) -> tuple[Statement | None, Statement | None]:
    """The part of a statement that fits into a batch, and the rest."""
    room = limit - size(batch) - (1 if batch["Statement"] else 0)
    if size(statement) <= room:
        return statement, None
    resources = statement.get("Resource", [])
    if isinstance(resources, str) or len(resources) < 2:
        return None, statement
    count = _how_many_fit(statement, resources, room)
    if count == 0:
        return None, statement
    return {**statement, "Resource": resources[:count]}, {**statement, "Resource": resources[count:]}


def _how_many_fit(statement: Statement, resources: Sequence[str], room: int) -> int:
    used = size({**statement, "Resource": []}) - 1
    for count, resource in enumerate(resources):
        used += size(resource) + 1
        if used > room:
            return count
    return len(resources)


def _too_large_inline(characters: int, taken: int) -> str:
    beside = f" beside {taken:,} of others" if taken else ""
    over = characters + taken - INLINE_LIMIT
    return (
        f"inline policies of one user can have {INLINE_LIMIT:,} characters together, and this one has "
        f"{characters:,}{beside}, which is {over:,} too many: set policy_type to 'managed', or shorten the policy"
    )


def _too_many_managed(characters: int, needed: int, free: int) -> str:
    return (
        f"the policy has {characters:,} characters and needs {needed} managed policies of {MANAGED_LIMIT:,}, and the "
        f"user has room for {max(free, 0)} of {ATTACHED_LIMIT}: shorten the policy, or use several users"
    )


def _too_many_besides(needed: int, taken: int, kind: PolicyType, fits: bool) -> str:
    inline = ", or set policy_type to 'auto', which makes it inline" if kind is PolicyType.MANAGED and fits else ""
    return (
        f"{taken} managed policies are attached, and the user's own policy needs {needed} more: a user can have "
        f"{ATTACHED_LIMIT}. Attach {needed + taken - ATTACHED_LIMIT} fewer{inline}"
    )
