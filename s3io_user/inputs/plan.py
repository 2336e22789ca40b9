"""Plans a user's policies from its inputs: which documents there are, and whether IAM's quotas allow them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from s3io_user.errors import InputError
from s3io_user.iam import documents
from s3io_user.iam.arns import PARTITIONS
from s3io_user.iam.user_policies import Permissions
from s3io_user.inputs.checks import is_plain
from s3io_user.inputs.fields import FIELDS, Inputs
from s3io_user.inputs.self_service import largest_size
from s3io_user.policy import document as policy
from s3io_user.policy.document import Document
from s3io_user.policy.packing import ATTACHED_LIMIT, GROUPS_LIMIT, INLINE_LIMIT, PolicyType, pack, size
from s3io_user.policy.presets import OPTIONS, Access, preset_of

# Stands in for a bucket whose name is not known yet, where only the size matters: as long as a name with a folder of
# usual length can be.
_LONGEST = "x" * 63 + "/" + "y" * 40


def document_inputs(inputs: Inputs) -> dict[str, Any]:
    """The inputs that the user's own document is built from."""
    return {
        "policy": inputs.policy,
        "extra_statements": inputs.extra_statements,
        "account_id": policy.OWN_ACCOUNT if inputs.same_account_only else None,
        **{key: getattr(inputs, key) for key in ("access", "buckets", "tls_only", *OPTIONS)},
        **{key: getattr(inputs, key) or () for key in ("kms_key_arns", "source_ips", "source_vpc_endpoints")},
    }


def build(partition: str, policy: Any, access: Access, **given: Any) -> Document:
    """Build the document. Raises InputError."""
    if policy is not None:
        return documents.read_document(policy)
    return _preset_document(access=access, partition=partition, **given)


_preset_document = policy.s3_policy_document


def has_document(inputs: Inputs) -> bool:
    """Whether the user gets a document of its own."""
    return inputs.policy is not None or preset_of(inputs.access).has_document


@dataclass(frozen=True)
class Planned:
    """The policies that hold the user's own document. They must be known before all of the document is."""

    inline: int = 0
    """The number of inline policies: 0 or 1."""
    managed: int = 0

    @property
    def kind(self) -> PolicyType:
        """The policy type that was chosen."""
        return PolicyType.INLINE if self.inline else PolicyType.MANAGED


def plan(inputs: Inputs, partition: str | None, copied: Permissions) -> Planned:
    """Decide which policies there will be. ``partition`` is None where it is not known yet.

    Raises InputError where the policies exceed a quota.
    """
    if not has_document(inputs):
        return Planned()
    document = draft(inputs, partition)
    packed = pack(document, inputs.policy_type, **_taken(inputs, copied, document))
    return Planned(int(packed.inline is not None), len(packed.managed))


def draft(inputs: Inputs, partition: str | None) -> Document:
    """The document with stand-ins for what is not known yet, which are as long as that can be."""
    given = {name: _stand_in(name, value) for name, value in document_inputs(inputs).items()}
    if given["policy"] is None and not is_plain(inputs.policy):
        return _UNKNOWN
    return build(partition or _partition_named(inputs), **given)


def policies(document: Document, planned: Planned, inputs: Inputs, copied: Permissions) -> list[Document]:
    """The documents of the planned policies, once every value is known.

    Raises InputError if they need more policies than were planned.
    """
    packed = pack(document, planned.kind, **_taken(inputs, copied, document))
    documents = list(packed.managed) if packed.inline is None else [packed.inline]
    missing = planned.inline + planned.managed - len(documents)
    if missing < 0:
        late = "must be 'managed' here: a value that was not known in advance made the policy larger than planned"
        raise InputError([("policy_type", late)])
    # If they need fewer, the last one is repeated: a policy can't be empty.
    return documents + documents[-1:] * missing


def _partition_named(inputs: Inputs) -> str:
    """The partition that the inputs' ARNs name, which is checked once the user's own is known.

    If they name none, it is the one with the longest name: a plan that has room for it has room for any.
    """
    given = [(name, arn) for name in ("buckets", "kms_key_arns") for arn in getattr(inputs, name) or ()]
    named = {arn.split(":")[1]: name for name, arn in given if isinstance(arn, str) and arn.startswith("arn:")}
    if len(named) > 1:
        raise InputError([(list(named.values())[-1], f"must all be in one partition (got {', '.join(sorted(named))})")])
    return next(iter(named), max(PARTITIONS, key=len))


def _taken(inputs: Inputs, copied: Permissions, document: Document) -> dict[str, Any]:
    """What other policies use of the user's quotas, and the inputs to name if a quota is exceeded."""
    return {
        "made_of": "policy" if inputs.policy is not None else _largest(inputs, document),
        "attached_by": "policy_arns" if inputs.policy_arns else _COPY if copied.attached else "",
        "inline_taken": _characters(copied) + largest_size(inputs),
        "attached_taken": len(attached(inputs, copied)),
    }


def _largest(inputs: Inputs, document: Document) -> str:
    """The input that makes a preset's document large."""
    extra = inputs.extra_statements
    if extra is not None and is_plain(extra):
        statements = documents.read_statements(extra)
        if 2 * size({"Statement": statements}) > size(document):
            return "extra_statements"
    return max(_LISTS, key=lambda name: len(getattr(inputs, name) or ()))


_COPY = "copy_permissions_from"
_LISTS = [name for name, field in FIELDS.items() if field.of_document and field.kind is list]


def attached(inputs: Inputs, copied: Permissions) -> dict[str, str | None]:
    """The policies to attach beside the user's own: the ARN of each by the name of its attachment.

    The ARN of the preset's managed policy is None, since it depends on the partition.
    """
    given = {attachment_name(arn): arn for arn in (*(inputs.policy_arns or ()), *copied.attached)}
    managed = preset_of(inputs.access).managed_policy
    return {**given, managed: None} if managed else {**given}


def _characters(copied: Permissions) -> int:
    """The characters that the copied inline policies use of the user's quota."""
    return sum(map(size, copied.inline.values()))


def quota_faults(inputs: Inputs, copied: Permissions) -> list[tuple[str, str]]:
    """Why the user can't have what is copied and attached, together with what is declared."""
    source = inputs.copy_permissions_from
    groups = {*copied.groups, *inputs.known_groups}
    count = len(attached(inputs, copied))
    faults = []
    if fault := groups_fault(groups):
        faults.append((_COPY, f"'{source}' brings groups, and {fault}"))
    if count > ATTACHED_LIMIT and copied.attached:
        faults.append((_COPY, f"'{source}' brings attached policies, and {_too_many_attached(count)}"))
    elif count > ATTACHED_LIMIT:
        managed = preset_of(inputs.access).managed_policy
        beside = f"beside the {managed} of access '{inputs.access.value}'"
        faults.append(("policy_arns", f"{beside}, {_too_many_attached(count)}"))
    if _characters(copied) > INLINE_LIMIT:
        said = f"inline policies of {_characters(copied):,} characters; {INLINE_LIMIT:,} are allowed"
        faults.append((_COPY, f"'{source}' has {said}"))
    own = largest_size(inputs)
    if own and _characters(copied) <= INLINE_LIMIT < own + _characters(copied):
        beside = f", beside {_characters(copied):,} that are copied" if copied.inline else ""
        said = f"makes an inline policy of up to {own:,} characters{beside}; {INLINE_LIMIT:,} are allowed: shorten the"
        faults.append(("self_service", f"{said} names in secrets_manager and parameter_store, or use one of the two"))
    if inputs.policy_name in copied.inline and has_document(inputs):
        said = f"an inline policy '{inputs.policy_name}' too: set policy_name to another"
        faults.append((_COPY, f"'{source}' has {said}"))
    if copied.boundary and inputs.existing_user:
        said = "a permissions boundary, which existing_user can't get: that user is never changed"
        faults.append((_COPY, f"'{source}' has {said}"))
    return faults


def _too_many_attached(count: int) -> str:
    return f"a user can have {ATTACHED_LIMIT} managed policies (here {count}): attach {count - ATTACHED_LIMIT} fewer"


def groups_fault(groups: Collection[str]) -> str | None:
    """Why a user can't be in all of these groups."""
    return None if len(groups) <= GROUPS_LIMIT else f"a user can be in {GROUPS_LIMIT} groups (here {len(groups)})"


def attachment_name(arn: str) -> str:
    """A name for a policy's attachment, from its ARN alone.

    If attachments were numbered, removing one policy from the list would rename those after it, and each deletion would
    detach what its successor has just attached.
    """
    account, resource = arn.split(":", 5)[4:]
    path = resource.removeprefix("policy/")
    return path if account == "aws" else f"{account}-{path}"


def _stand_in(name: str, value: Any) -> Any:
    if name == "buckets" and value is not None:
        return [item if is_plain(item) else _unlike(number) for number, item in enumerate(value)]
    if isinstance(value, list | tuple):
        # An address, an endpoint or a key that is not known yet is short, and does not decide.
        return [item for item in value if is_plain(item)]
    return value if is_plain(value) else None


def _unlike(number: int) -> str:
    return f"{number:04}{_LONGEST[4:]}"


_UNKNOWN: Document = {"Version": policy.VERSION, "Statement": []}
