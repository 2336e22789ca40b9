"""Builds the policy document: what an access preset allows, on which buckets, under which conditions.

A document is a ``dict`` of JSON values. The same inputs in any order give the same document, byte for byte. Statements
that differ only in their resources become one.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from s3io_user import wording
from s3io_user.errors import InputError
from s3io_user.iam import documents, sources
from s3io_user.iam.arns import PARTITIONS, KmsKey, account_id_fault, parse_kms_key
from s3io_user.iam.buckets import Bucket, parse_bucket, parse_prefix
from s3io_user.policy.presets import Access, Option, Preset, option_faults, preset_of

Document = dict[str, Any]
Statement = dict[str, Any]

VERSION = "2012-10-17"
OWN_ACCOUNT = "${aws:PrincipalAccount}"
"""As ``account_id``: the key's own account, whichever it is."""

_EVERY_BUCKET = Bucket("*")
# A statement can be split over several policies by its resources, but not by its condition. So a condition must fit
# into one policy of 6,144 characters, with room to spare.
_PREFIXES_LIMIT = 3000


def s3_policy_document(
    buckets: Iterable[str | Bucket] | None = None,
    *,
    access: Access | str = "s3-access",
    partition: str = "aws",
    allow_acl: bool = False,
    allow_delete: bool = False,
    allow_bucket_listing: bool = False,
    lock_prefix: str | None = None,
    kms_key_arns: Sequence[str] = (),
    tls_only: bool = False,
    source_ips: Sequence[str] = (),
    source_vpc_endpoints: Sequence[str] = (),
    account_id: str | None = None,
    extra_statements: Any = None,
) -> Document:
    """The policy document of a preset, narrowed to buckets and folders.

    With no arguments it is the help page's document, exactly. ``buckets`` are names, ``name/folder``, ARNs or
    ``s3://`` URIs; ``None`` is every bucket. ``allow_acl`` (``s3:PutObjectAcl``), ``allow_delete``
    (``s3:DeleteObject``) and ``allow_bucket_listing`` (``s3:ListAllMyBuckets``) widen ``optimizer`` and no other;
    ``lock_prefix`` lets ``backup`` delete what is under that prefix in each of the buckets and folders.
    ``kms_key_arns`` are the keys that encrypt the buckets. ``tls_only``, ``source_ips`` (addresses or blocks) and
    ``source_vpc_endpoints`` deny every action of every service that comes another way, except what an AWS service
    calls on the user's behalf; ``account_id`` denies every S3 action on another account's buckets. They bind whatever
    other policies allow. ``extra_statements`` are added to the preset's: JSON text, or a list of dicts.

    Raises InputError, a ValueError, with every fault. Source of the rules: the S3 user guide's actions, resources
    and condition keys, and the calls that the plugin makes.
    """
    faults: list[tuple[str, str]] = []
    preset = _preset(access, faults)
    flags = {"allow_acl": allow_acl, "allow_delete": allow_delete, "allow_bucket_listing": allow_bucket_listing}
    widening = {**flags, "lock_prefix": lock_prefix is not None}
    named = None if buckets is None else _parse_all("buckets", buckets, parse_bucket, faults)
    keys = sorted(set(_parse_all("kms_key_arns", kms_key_arns, parse_kms_key, faults)))
    faults += _flag_faults({**flags, "tls_only": tls_only})
    faults += option_faults(getattr(access, "value", access), preset, widening)
    faults += _prefix_faults(lock_prefix, named)
    faults += _partition_faults(partition, named or (), keys)
    ips = _listed("source_ips", source_ips, faults)
    endpoints = _listed("source_vpc_endpoints", source_vpc_endpoints, faults)
    faults += [("source_ips", fault) for ip in ips if (fault := sources.source_ip_fault(ip))]
    faults += [("source_vpc_endpoints", fault) for e in endpoints if (fault := sources.vpc_endpoint_fault(e))]
    if account_id not in (None, OWN_ACCOUNT) and (fault := account_id_fault(account_id)):
        faults.append(("account_id", fault))
    extra = _extra(extra_statements, faults)
    if named == [] and not faults:
        faults.append(("buckets", NO_BUCKETS))
    if faults:
        raise InputError(faults)
    places = None if named is None else merge_buckets(named)
    added = [option for name, option in preset.options.items() if widening[name]]
    arn = f"arn:{partition}:s3:::"
    statements = [
        *_bucket_rights(preset, added, places, arn),
        *(_allow([option.action], _under(named, lock_prefix, arn)) for option in added if option.by_prefix),
        *(_allow([option.action], ["*"]) for option in added if not option.on_objects),
        *_kms_right(keys, preset),
        *extra,
        *_denials(tls_only, ips, endpoints, account_id),
    ]
    return {"Version": VERSION, "Statement": statements}


def compact(document: Mapping[str, Any]) -> str:
    """A document as JSON without whitespace, which is how IAM counts it."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def merge_buckets(places: Iterable[Bucket]) -> list[Bucket]:
    """The places, sorted, without those that are inside another."""
    distinct = {(place.name, place.folder): place for place in places}
    return [distinct[key] for key in sorted(distinct) if not any((key[0], up) in distinct for up in _above(key[1]))]


def _above(folder: str) -> list[str]:
    """The folders that contain a folder, the whole bucket (``""``) first."""
    parts = folder.split("/")
    return ["/".join(parts[:depth]) for depth in range(len(parts))] if folder else []


def _preset(access: Access | str, faults: list[tuple[str, str]]) -> Preset:
    try:
        chosen = Access(access if isinstance(access, str) else None)
    except ValueError:
        choices = ", ".join(choice.value for choice in Access)
        faults.append(("access", f"must be one of {choices} (got {wording.shown(access)})"))
        return preset_of(Access.S3_ACCESS)
    preset = preset_of(chosen)
    if preset.managed_policy:
        sentence = f"{chosen.value} has no document: it attaches the AWS managed policy {preset.managed_policy}"
        faults.append(("access", sentence))
    elif not preset.has_document:
        faults.append(("access", f"{chosen.value} has no document"))
    return preset


def _parse_all(
    what: str, values: Iterable[Any], parse: Callable[[Any], Any], faults: list[tuple[str, str]]
) -> list[Any]:
    parsed = []
    for value in _listed(what, values, faults):
        try:
            parsed.append(value if isinstance(value, Bucket) else parse(value))
        except ValueError as fault:
            faults.append((what, str(fault)))
    return parsed


def _listed(what: str, values: Iterable[Any], faults: list[tuple[str, str]]) -> list[Any]:
    if isinstance(values, str):
        return [values]
    if isinstance(values, bytes | Mapping) or not isinstance(values, Iterable):
        faults.append((what, f"must be a list (got {wording.shown(values)})"))
        return []
    return list(values)


def _extra(given: Any, faults: list[tuple[str, str]]) -> list[Statement]:
    try:
        return [] if given is None else documents.read_statements(given)
    except documents.DocumentError as fault:
        faults.append(("extra_statements", str(fault)))
        return []


def _flag_faults(flags: Mapping[str, bool]) -> list[tuple[str, str]]:
    """A string such as 'no' is true in Python, and would allow what it should not."""
    wrong = {name: flag for name, flag in flags.items() if not isinstance(flag, bool)}
    return [(name, f"must be true or false (got {wording.shown(flag)})") for name, flag in wrong.items()]


def _prefix_faults(prefix: str | None, named: Sequence[Bucket] | None) -> list[tuple[str, str]]:
    if prefix is None:
        return []
    try:
        parse_prefix(prefix)
    except ValueError as fault:
        return [("lock_prefix", str(fault))]
    # A '*' for the bucket also matches folders: the key could delete whatever lies in a folder of that name.
    return [("lock_prefix", LOCKS_NEED_BUCKETS)] if named is None else []


NO_BUCKETS = "must name at least one bucket, or be left out for every bucket (got none)"
LOCKS_NEED_BUCKETS = "needs buckets: name the buckets or folders that hold the backups"


def _partition_faults(partition: str, places: Sequence[Bucket], keys: Sequence[KmsKey]) -> list[tuple[str, str]]:
    if partition not in PARTITIONS:
        return [("partition", f"must be one of {', '.join(PARTITIONS)} (got {wording.shown(partition)})")]
    given = [*(("buckets", str(b), b.partition) for b in places), *(("kms_key_arns", k.arn, k.partition) for k in keys)]
    return [
        (name, f"must be in the user's partition '{partition}', not in '{its}' (got {wording.shown(text)})")
        for name, text, its in given
        if its not in (None, partition)
    ]


def _bucket_rights(preset: Preset, added: Sequence[Option], places: list[Bucket] | None, arn: str) -> list[Statement]:
    if preset.everywhere and places is None:
        return [_allow(preset.everywhere, [f"{arn}*"])]
    places = [_EVERY_BUCKET] if places is None else places
    whole = [arn + place.name for place in places if not place.folder]
    folders = [place for place in places if place.folder]
    within = [f"{arn}{place}/*" for place in places]
    objects = [*preset.on_objects, *(o.action for o in added if o.on_objects and not o.by_prefix)]
    if preset.everywhere:
        # On a bucket, the page's actions can also write its policy, so a folder must not grant them.
        objects, within, whole = [*preset.everywhere], sorted(whole + within), []
    on_whole = [*preset.listing, *preset.on_buckets, *preset.on_whole_buckets]
    return [
        *([_allow(on_whole, whole)] if on_whole and whole else []),
        *(_listing(preset.listing, folders, arn) if preset.listing else []),
        *([_allow(preset.on_buckets, _unique(arn + p.name for p in folders))] if preset.on_buckets and folders else []),
        _allow(objects, within),
    ]


def _under(named: Sequence[Bucket] | None, prefix: str | None, arn: str) -> list[str]:
    """The objects under a prefix in each place, also in a place that lies within another."""
    return [f"{arn}{place}/{parse_prefix(prefix)}/*" for place in sorted(set(map(str, named or ())))]


def _listing(actions: Sequence[str], folders: Sequence[Bucket], arn: str) -> list[Statement]:
    """List folders: one statement for each set of folders, for all buckets that have the same set."""
    by_bucket: dict[str, list[str]] = {}
    for place in folders:
        by_bucket.setdefault(place.name, []).append(place.folder)
    by_folders: dict[tuple[str, ...], list[str]] = {}
    for name, inside in by_bucket.items():
        for together in _batches(inside):
            by_folders.setdefault(together, []).append(arn + name)
    # The plugin lists its folder as entered in the site's settings, with or without a slash at the end.
    return [
        _allow(
            actions,
            arns,
            {"StringLike": {"s3:prefix": [prefix for folder in inside for prefix in _prefixes(folder)]}},
        )
        for inside, arns in by_folders.items()
    ]


def _prefixes(folder: str) -> tuple[str, ...]:
    return folder, f"{folder}/", f"{folder}/*"


def _batches(folders: Sequence[str]) -> list[tuple[str, ...]]:
    """Groups of as many folders as one condition can hold."""
    batches: list[tuple[str, ...]] = [()]
    characters = 0
    for folder in folders:
        characters += sum(map(len, _prefixes(folder)))
        if batches[-1] and characters > _PREFIXES_LIMIT:
            batches.append(())
            characters = sum(map(len, _prefixes(folder)))
        batches[-1] += (folder,)
    return batches


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _allow(actions: Sequence[str], resources: list[str], condition: Statement | None = None) -> Statement:
    statement: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement


def _kms_right(keys: Sequence[KmsKey], preset: Preset) -> list[Statement]:
    if not keys:
        return []
    suffix = "com.cn" if keys[0].partition == "aws-cn" else "com"
    services = _unique(f"s3.{key.region}.amazonaws.{suffix}" for key in sorted(keys, key=lambda key: key.region))
    return [_allow(preset.on_keys, [key.arn for key in keys], {"StringEquals": {"kms:ViaService": services}})]


def _denials(
    tls_only: bool, ips: Sequence[str], endpoints: Sequence[str], account_id: str | None
) -> Iterator[Statement]:
    if tls_only:
        yield _deny("*", {"Bool": {"aws:SecureTransport": "false"}})
    # One Deny for both: a request through a VPC endpoint has no public address, so two would deny every request.
    elsewhere = {
        **({"NotIpAddress": {"aws:SourceIp": sorted(set(ips))}} if ips else {}),
        **({"StringNotEquals": {"aws:SourceVpce": sorted(set(endpoints))}} if endpoints else {}),
    }
    if elsewhere:
        # S3 calls KMS on the user's behalf, from AWS's own addresses ("Forward access sessions" in the IAM user guide).
        yield _deny("*", {**elsewhere, "BoolIfExists": {"aws:ViaAWSService": "false"}})
    if account_id is not None:
        # A Deny, not a condition of our own Allows, so that it also applies to attached policies.
        yield _deny("s3:*", {"StringNotEquals": {"aws:ResourceAccount": account_id}})


def _deny(action: str, condition: Statement) -> Statement:
    return {"Effect": "Deny", "Action": [action], "Resource": ["*"], "Condition": condition}
