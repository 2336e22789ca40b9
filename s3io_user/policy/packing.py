"""Sizes: whether a document fits an inline policy, and into how many managed ones it goes where it does not.

Source of the limits: the IAM quotas. IAM counts no whitespace, and counts all inline policies of a user together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from s3io_user.errors import InputError
from s3io_user.policy.document import Document, Statement, compact

INLINE_LIMIT = 2048
"""Characters over all inline policies of a user together."""
MANAGED_LIMIT = 6144
"""Characters of one managed policy."""
ATTACHED_LIMIT = 10
"""Managed policies attached to one user; AWS raises it to 20 on request."""
GROUPS_LIMIT = 10
"""Groups that one user is in."""


class PolicyType(str, Enum):
    """How the user gets its policy document."""

    AUTO = "auto"
    """Inline where it fits, else managed."""
    INLINE = "inline"
    """A policy within the user, at most 2,048 characters."""
    MANAGED = "managed"
    """A policy of its own (or several), attached to the user."""


@dataclass(frozen=True)
class Packed:
    """A document as policies: one inline, or one or more managed."""

    inline: Document | None
    managed: tuple[Document, ...]


def size(document: Any) -> int:
    """The characters of a document, or of a part of one, as IAM counts them."""
    # IAM counts no whitespace; a space within a string is counted here, which errs on the safe side.
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
    """Put a document into as few policies as hold it, none of its statements lost.

    ``inline_taken`` are the characters of the user's other inline policies, ``attached_taken`` its other managed
    policies; ``made_of`` is the input that makes the document large, ``attached_by`` the one that attaches the others.
    Raises InputError, saying by how much, where the quotas do not hold it.
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
    """Documents of at most ``limit`` characters that together say what one says.

    Statements go in order; one that does not fit gives its resources to more than one, which says the same (a
    NotResource would not, so it stays whole). Raises InputError where a single statement is too large to go anywhere.
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
    """As much of a statement as a batch has room for, and what is left of it."""
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
