"""The rows of the table: buckets, folders, every other bucket, whole services, and other named resources.

Pure. A row stands for many resources. Its samples are the ARNs on which actions are tried: names in the document are
taken as they are, and a wildcard is filled with a name that nothing has and that only a wildcard matches.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache

from s3io_user.explain.catalogue import Action, Catalogue, template_tokens
from s3io_user.explain.statements import Statement, is_unfilled
from s3io_user.iam.arns import PARTITIONS
from s3io_user.iam.buckets import bucket_pattern_fault
from s3io_user.iam.wildcards import GENERIC, Token, common, fill, head, matches, tokens, wild

_REGIONAL = ("accesspoint/", "job/", "storage-lens", "async-request/", "access-grants/")
_ACCESS_POINTS = frozenset({"accesspoint", "accesspointobject"})
_S3_TYPES = frozenset({"bucket", "object"})
_TITLES = {"s3": "the S3 account", "s3-object-lambda": "S3 Object Lambda", "kms": "every KMS key"}
_BUCKET_NAME = template_tokens("${BucketName}", "")


class Kind(str, Enum):
    """What a row stands for."""

    BUCKET = "bucket"
    FOLDER = "folder"
    EVERY_BUCKET = "every-bucket"
    SERVICE = "service"
    OTHER = "other"


@dataclass(frozen=True, order=True)
class Sample:
    """An ARN that stands for a type of a service's resources. For what belongs to the account, the type is empty."""

    service: str
    kind: str
    arn: str


@dataclass(frozen=True)
class Place:
    """A row, and its samples."""

    kind: Kind
    name: str
    service: str = "s3"
    samples: tuple[Sample, ...] = field(default=(), compare=False)

    def kinds(self, action: Action) -> frozenset[str]:
        """The types of resource on which an action is tried in this row."""
        if action.service == "s3" and self.kind is Kind.OTHER:
            return action.resources - _S3_TYPES
        if action.name == "s3:ListAllMyBuckets" and self.kind is Kind.SERVICE:
            return frozenset({"every bucket"})
        if action.service == "s3" and self.kind is Kind.SERVICE and action.resources & _S3_TYPES:
            return frozenset()
        return action.resources or frozenset({""})


def places_of(statements: Sequence[Statement], catalogue: Catalogue) -> tuple[Place, ...]:
    """The rows: each bucket with its folders, every other bucket, the services, then other named resources."""
    texts = list(dict.fromkeys(text for statement in statements for text in statement.resources))
    partition = partition_of(statements)
    named = _merged(place for text in texts for place in _named(text, partition, catalogue))
    own = sorted((p for p in named if p.kind in (Kind.BUCKET, Kind.FOLDER)), key=lambda p: (p.name.split("/"), p.kind))
    every = "every other bucket" if own else "every bucket"
    others = sorted((place for place in named if place.kind is Kind.OTHER), key=lambda place: place.name)
    return (
        *own,
        Place(Kind.EVERY_BUCKET, every, samples=_bucket_samples("*", partition)),
        *(_service(name, catalogue, partition) for name in sorted(catalogue.by_service, key=lambda s: (s != "s3", s))),
        *others,
    )


def partition_of(statements: Iterable[Statement]) -> str:
    """The partition of the first ARN that names one; ``aws`` if none does."""
    parts = (text.split(":", 2)[1] for each in statements for text in each.resources if text.startswith("arn:"))
    return next((part for part in parts if part in PARTITIONS), "aws")


def _merged(places: Iterable[Place]) -> list[Place]:
    """Merge places that have the same name, such as the object ``a`` and the folder ``a/*``."""
    merged: dict[Place, dict[Sample, None]] = {}
    for place in places:
        merged.setdefault(place, {}).update(dict.fromkeys(place.samples))
    return [replace(place, samples=tuple(samples)) for place, samples in merged.items()]


def _service(service: str, catalogue: Catalogue, partition: str) -> Place:
    """A whole service: what belongs to the account, and its resources that no other row shows."""
    templates = catalogue.by_service[service][0].templates
    resources = tuple(Sample(service, kind, generic(template, partition)) for kind, template in templates.items())
    listing = (Sample("s3", "every bucket", f"arn:{partition}:s3:::*"),) if service == "s3" else ()
    name = _TITLES.get(service, service)
    return Place(Kind.SERVICE, name, service, (Sample(service, "", "*"), *listing, *resources))


def _named(text: str, partition: str, catalogue: Catalogue) -> Iterator[Place]:
    """The rows of one Resource. None if the fixed rows show it, or if it matches no resource."""
    samples = samples_of(text, partition, catalogue)
    if _is_regional(text):
        samples = tuple(sample for sample in samples if sample.kind not in _S3_TYPES)
    in_buckets = [sample for sample in samples if sample.service == "s3" and sample.kind in _S3_TYPES]
    if in_buckets:
        yield from _buckets(text, in_buckets)
    # Objects have no row of their own, whether they are reached through a bucket or through an access point.
    shown = {*in_buckets, *(sample for sample in samples if in_buckets and sample.kind == "accesspointobject")}
    others = tuple(each for each in samples if each not in shown and not _is_generic(each, text, catalogue))
    if others:
        yield Place(Kind.OTHER, text, others[0].arn.split(":", 3)[2], others)


def _is_regional(text: str) -> bool:
    """Whether it means an access point or a job. Literally, its wildcards also match a bucket of that name."""
    parts = text.split(":", 5)
    return len(parts) == 6 and parts[3:5] != ["", ""] and parts[5].startswith(_REGIONAL)


def _is_generic(sample: Sample, text: str, catalogue: Catalogue) -> bool:
    """Whether the row of the service stands for it. The objects behind an access point are on no such row."""
    if sample.kind in _ACCESS_POINTS and _is_regional(text):
        return False
    template, partition = catalogue.by_service[sample.service][0].templates[sample.kind], sample.arn.split(":", 2)[1]
    every = generic(template, partition)
    # A multi-Region access point's ARN has no Region, so a sample of a pattern that matches both kinds may have none.
    alike = {_squeezed(generic(one, partition)) for one in (template, template.replace("${Region}", ""))}
    return sample.arn == every or (_squeezed(sample.arn) in alike and matches(text, every))


def _squeezed(arn: str) -> str:
    return re.sub(f"{GENERIC[0]}+", GENERIC[0], arn)


def _buckets(text: str, samples_in_s3: Sequence[Sample]) -> Iterator[Place]:
    """The bucket of a pattern and, if the pattern names a part of the bucket, that folder."""
    partition = samples_in_s3[0].arn.split(":", 2)[1]
    bucket, slash, key = six_parts(text).split(":", 5)[5].partition("/")
    folder = bool(slash and key != "*")
    if bucket.strip("*"):
        own = _bucket_samples(bucket, partition)
        yield Place(Kind.BUCKET, bucket, samples=own if folder else (*own, *samples_in_s3))
    if folder:
        arns = dict.fromkeys(f"arn:{partition}:s3:::{fill(bucket)}/{fill(key, many)}" for many in (GENERIC, ""))
        samples = (Sample("s3", "object", arn) for arn in arns if not arn.endswith("/"))
        yield Place(Kind.FOLDER, f"{bucket}/{key.removesuffix('/*')}", samples=(*samples, *samples_in_s3))


def _bucket_samples(bucket: str, partition: str) -> tuple[Sample, ...]:
    """Samples of a bucket and of any object in it. A wildcard in its name may also stand for nothing."""
    if common(_tokens(bucket), _BUCKET_NAME) is None:
        return ()
    names = dict.fromkeys(fill(bucket, many) for many in (GENERIC, ""))
    arns = [f"arn:{partition}:s3:::{name}" for name in names if name]
    return tuple(Sample("s3", *each) for arn in arns for each in (("bucket", arn), ("object", f"{arn}/{GENERIC}")))


def samples_of(text: str, partition: str, catalogue: Catalogue) -> tuple[Sample, ...]:
    """An ARN of each type of resource that a pattern matches. None for ``*``, and for what is no ARN."""
    if not text.startswith("arn:") or is_unfilled(text):
        return ()
    parts, no_bucket = text.split(":"), names_no_bucket(text) is not None
    # A wildcard in the last part also matches the parts that are missing.
    names = parts[1] if len(parts) > 2 else "*"
    service = parts[2] if len(parts) > 3 and not wild(names) else "*"
    partitions = [name for name in (partition, *PARTITIONS) if matches(names, name)]
    return tuple(
        Sample(owner, kind, arn)
        for owner, kind, template in (catalogue.types(service) if partitions else ())
        if not _apart(parts, template)
        and not (no_bucket and owner == "s3" and kind in _S3_TYPES)
        and (arn := common(_tokens(text), template_tokens(template, partitions[0]))) is not None
    )


def names_no_bucket(text: str) -> str | None:
    """Why the bucket of an ARN of S3 is none for S3's actions, such as a directory bucket; None if it may be one."""
    parts = six_parts(text).split(":", 5)
    if len(parts) < 6 or parts[2:5] != ["s3", "", ""] or not parts[5]:
        return None
    return bucket_pattern_fault(parts[5].partition("/")[0])


def _apart(parts: Sequence[str], template: str) -> bool:
    """Whether two ARNs of six parts have resources that begin differently: a quick test before `common`."""
    own, theirs = head(parts[-1]), template.rpartition(":")[2].partition("${")[0].partition("*")[0]
    whole = len(parts) == 6 and template.count(":") == 5 and parts[2] != "s3"
    return whole and not own.startswith(theirs) and not theirs.startswith(own)


@lru_cache(maxsize=8192)
def _tokens(text: str) -> tuple[Token, ...]:
    return tuple(tokens(text))


@lru_cache(maxsize=8192)
def generic(template: str, partition: str) -> str:
    """An ARN of a type, whose placeholders are filled with what only a wildcard matches."""
    every = template.replace("${Partition}", partition).replace("*", GENERIC)
    return re.sub(r"\$\{\w+\}", GENERIC[0] + GENERIC, every)


def six_parts(text: str) -> str:
    """A pattern whose ``*`` matches colons of the ARN (``arn:aws:s3:*``), with those colons written out."""
    return text.replace("*", ":" * max(0, 5 - text.count(":")) + "*", 1)
