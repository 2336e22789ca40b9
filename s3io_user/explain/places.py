"""What a policy speaks of, as the rows of a table: buckets, folders, every other bucket, whole services.

Pure. A row stands for many resources; its samples are the ARNs that an action is tried on. A name of the document's
own stands for itself, a wildcard is filled with a name that nobody has.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from s3io_user.explain.decide import Statement

_ANY = "any-other-name"
_ARN = re.compile(
    r"arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<rest>.*)", re.S
)
_S3_TYPES = frozenset({"bucket", "object"})
_TITLES = {"s3": "the S3 account", "s3-object-lambda": "S3 Object Lambda", "kms": "every KMS key"}


@dataclass(frozen=True)
class Action:
    """An action as AWS's service authorization reference has it.

    ``level`` is List, Read, Write, Tagging or Permissions management; ``resources`` are the types of resource that
    it can be allowed on (``bucket``, ``object``, …), none for an action that only ``"Resource": "*"`` allows.
    """

    name: str
    level: str
    resources: frozenset[str]

    @property
    def service(self) -> str:
        """The part before the colon: ``s3``."""
        return self.name.partition(":")[0]


class Kind(str, Enum):
    """What a row stands for."""

    BUCKET = "bucket"
    FOLDER = "folder"
    EVERY_BUCKET = "every-bucket"
    SERVICE = "service"
    OTHER = "other"


@dataclass(frozen=True)
class Place:
    """A row: ``samples`` maps a type of resource to the ARN that stands for it (a service's are made as asked)."""

    kind: Kind
    name: str
    service: str = "s3"
    samples: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def arns(self, action: Action) -> tuple[str, ...]:
        """The ARNs to try an action on here; none where it is not an action on such a resource."""
        if action.service != self.service:
            return ()
        if self.kind is Kind.SERVICE:
            return _service_arns(action, dict(self.samples)["partition"])
        if self.kind is Kind.OTHER:
            types = action.resources - (_S3_TYPES if self.service == "s3" else frozenset())
            return (dict(self.samples)["any"],) if types else ()
        return tuple(arn for kind, arn in self.samples if kind in action.resources)


def places_of(statements: Sequence[Statement], services: Iterable[str]) -> tuple[Place, ...]:
    """The rows: each bucket with its folders, every other bucket, the services, then what else is named."""
    texts = list(dict.fromkeys(text for statement in statements for text in statement.resources))
    partition = partition_of(statements)
    named = _merged(place for text in texts for place in _named(text))
    own = sorted((p for p in named if p.kind in (Kind.BUCKET, Kind.FOLDER)), key=lambda p: (p.name.split("/"), p.kind))
    every = "every other bucket" if own else "every bucket"
    others = sorted((place for place in named if place.kind is Kind.OTHER), key=lambda place: place.name)
    return (
        *own,
        Place(Kind.EVERY_BUCKET, every, samples=_bucket_samples(partition, _ANY)),
        *(_service(service, partition) for service in sorted(services, key=lambda s: (s != "s3", s))),
        *others,
    )


def partition_of(statements: Iterable[Statement]) -> str:
    """The partition of the first ARN that names one; ``aws`` where none does."""
    arns = (_ARN.fullmatch(text) for statement in statements for text in statement.resources)
    return next((arn["partition"] for arn in arns if arn and "*" not in arn["partition"]), "aws")


def _merged(places: Iterable[Place]) -> list[Place]:
    """One row for what has one name: an object ``a``, say, and the folder ``a/*``."""
    merged: dict[Place, tuple[tuple[str, str], ...]] = {}
    for place in places:
        merged[place] = tuple(dict.fromkeys((*merged.get(place, ()), *place.samples)))
    return [replace(place, samples=samples) for place, samples in merged.items()]


def _service(service: str, partition: str) -> Place:
    return Place(Kind.SERVICE, _TITLES.get(service, service), service, (("partition", partition),))


def _named(text: str) -> list[Place]:
    """The rows that one Resource makes; none for what every request matches, which the standing rows show."""
    arn = _ARN.fullmatch(_six_parts(text))
    if arn is None:
        return []
    if arn["service"] != "s3" or arn["region"].strip("*") or arn["account"].strip("*"):
        return [Place(Kind.OTHER, text, arn["service"], (("any", fill(arn[0])),))]
    bucket, slash, key = arn["rest"].partition("/")
    partition = "aws" if "*" in arn["partition"] else arn["partition"]
    whole = [] if bucket == "*" else [Place(Kind.BUCKET, bucket, samples=_bucket_samples(partition, fill(bucket)))]
    if not slash or key == "*":
        return whole
    name = f"{bucket}/{key.removesuffix('/*')}"
    return [*whole, Place(Kind.FOLDER, name, samples=(("object", f"arn:{partition}:s3:::{fill(bucket)}/{fill(key)}"),))]


def _six_parts(text: str) -> str:
    """A pattern whose ``*`` reaches over the colons of an ARN (``arn:aws:s3:*``), with those colons written out."""
    return text.replace("*", ":" * max(0, 5 - text.count(":")) + "*", 1)


def _bucket_samples(partition: str, name: str) -> tuple[tuple[str, str], ...]:
    arn = f"arn:{partition}:s3:::{name}"
    return (("bucket", arn), ("object", f"{arn}/{_ANY}"))


def _service_arns(action: Action, partition: str) -> tuple[str, ...]:
    """A service as a whole: what belongs to the account, and its resources that no other row shows."""
    if action.name == "s3:ListAllMyBuckets":
        return (f"arn:{partition}:s3:::*",)
    if not action.resources:
        return ("*",)
    if action.service == "s3" and action.resources & _S3_TYPES:
        return ()
    return (f"arn:{partition}:{action.service}:{_ANY}:{_ANY}:{_ANY}",)


def fill(text: str) -> str:
    """A resource that a pattern matches: wildcards and variables filled in, ``${*}`` and its like taken literally."""
    tokens = re.findall(r"\$\{([*?$])\}|(\$\{[^}]+\}|\*)|(.)", text, re.DOTALL)
    return "".join(special or (_ANY if many else "0" if one == "?" else one) for special, many, one in tokens)
