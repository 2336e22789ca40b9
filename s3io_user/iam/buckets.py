"""Buckets and folders, as people write them and as S3 names them. Pure."""

import re
from dataclasses import dataclass

from s3io_user.iam.addresses import is_host, read_address
from s3io_user.iam.arns import PARTITIONS
from s3io_user.iam.wildcards import head, wild
from s3io_user.wording import shown

_ARN = re.compile(r"arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<rest>.*)")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_LEGACY_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}", re.ASCII)
_POLICY_TEXT = re.compile(r"[\x20-\x7e\xa0-\xff]*")
_NO_VALUE = ("null", "none", "undefined", "nan", "true", "false")
# What documentation writes where a name is to be filled in. Such a bucket, if there is one, is somebody else's.
_PLACEHOLDER = re.compile(r"(your|my|the)?(s3)?bucketname(here)?|your(s3|own)?bucket(here)?|docexamplebucket\d*")
_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


@dataclass(frozen=True, order=True)
class Bucket:
    """A bucket, or one folder in it. The folder has no slashes at its ends; ``""`` is the whole bucket."""

    name: str
    folder: str = ""
    partition: str | None = None

    def __str__(self) -> str:
        return f"{self.name}/{self.folder}" if self.folder else self.name


def parse_bucket(text: object, *, known: bool = False) -> Bucket:
    """Read ``name``, ``name/folder``, ``s3://name/folder``, an ARN or an address. Raises ValueError with the reason.

    ``known``: a stack has such a bucket, even if its name looks like an address of another service or a placeholder.
    """
    if not isinstance(text, str):
        raise ValueError(f"must be a string: a bucket's name, ARN, s3:// URI or address (got {shown(text)})")
    partition, place = _split_arn(text) if text.startswith("arn:") else _split_address(text, known)
    name, _, folder = place.partition("/")
    if name == "*":
        raise ValueError(f"must be one bucket: leave the list of buckets out for every bucket (got {shown(text)})")
    if name.lower() in _NO_VALUE:
        raise ValueError(
            f"must be a bucket's name, and '{name}' is what programs print for no value (got {shown(text)})"
        )
    if fault := bucket_name_fault(name):
        raise ValueError(fault if name == text else f"{fault} in {shown(text)}")
    if "//" in place:
        raise ValueError(f"a folder must not hold '//' (got {shown(text)})")
    folder = "" if folder == "*" else folder.removesuffix("/*").strip("/")
    if fault := _folder_fault(folder):
        raise ValueError(f"{fault} (got {shown(text)})")
    return Bucket(name, folder, partition)


def parse_prefix(text: object) -> str:
    """Read a prefix within a bucket or folder, without slashes at its ends. Raises ValueError with the reason."""
    prefix = text.strip("/") if isinstance(text, str) else ""
    if not prefix or "//" in prefix:
        raise ValueError(f"must be a folder's name like locks, within each of the buckets (got {shown(text)})")
    if fault := _folder_fault(prefix):
        raise ValueError(f"{fault} (got {shown(text)})")
    return prefix


def _split_address(text: str, known: bool) -> tuple[str | None, str]:
    place = re.sub(r"^s3[an]?://", "", text, flags=re.IGNORECASE)
    if re.match(r"(https?://)?[^/]*(:.*)?@", place, re.IGNORECASE):  # an access key, which no error may repeat
        got = shown(f"…@{place.rpartition('@')[2].partition('?')[0]}")
        raise ValueError(f"must be a bucket's name or its S3 address, without a user and a password (got {got})")
    try:
        address = read_address(place)
    except ValueError as fault:
        if known:
            return None, place
        page, query, _ = text.partition("?")
        raise ValueError(f"{fault} (got {shown(page + query + ('…' if query else ''))})") from None
    if address:
        return address.partition or None, f"{address.bucket}/{address.folder}"
    if not known and _PLACEHOLDER.fullmatch(re.sub("[^a-z0-9]", "", place.partition("/")[0].lower())):
        raise ValueError(f"must be the bucket's own name, and this is a placeholder for one (got {shown(text)})")
    return None, place


def _split_arn(text: str) -> tuple[str, str]:
    match = _ARN.fullmatch(text)
    if match is None or match["service"] != "s3" or match["region"] or match["account"]:
        raise ValueError(f"must be a bucket's ARN like arn:aws:s3:::photos, not another resource's (got {shown(text)})")
    if match["partition"] not in PARTITIONS:
        raise ValueError(f"the ARN's partition must be one of {', '.join(PARTITIONS)} (got {shown(text)})")
    return match["partition"], match["rest"]


def bucket_name_fault(name: object) -> str | None:
    """Check a bucket's name by the S3 user guide; old us-east-1 names (capitals, ``_``, up to 255) pass."""
    if not isinstance(name, str) or not (_BUCKET.fullmatch(name) or legacy_bucket(name)):
        rule = "3 to 63 of a-z, 0-9, '.' and '-', a letter or digit at both ends"
        return f"a bucket name must be {rule} (got {shown(name)})"
    if is_host(name):
        return f"must be the bucket's own name, not its address (got {shown(name)})"
    if ".." in name or re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name, re.ASCII):
        return f"a bucket name must not hold '..' nor look like an IP address (got {shown(name)})"
    return _reserved(name, name, name)


def _reserved(start: str, end: str, name: str) -> str | None:
    if prefix := next((p for p in _BUCKET_PREFIXES if start.startswith(p)), None):
        return f"a bucket name must not begin with '{prefix}', which AWS keeps for itself (got {shown(name)})"
    if suffix := next((s for s in _BUCKET_SUFFIXES if end.endswith(s)), None):
        return (
            f"must be a general purpose bucket: a name that ends in '{suffix}' is of another kind (got {shown(name)})"
        )
    return None


def bucket_pattern_fault(pattern: str) -> str | None:
    """Why no bucket can have a name that a pattern of a policy matches; None if one may."""
    if not wild(pattern):
        return bucket_name_fault(pattern)
    # Reserved beginnings and endings show in what stands before the first wildcard and after the last.
    return _reserved(head(pattern), re.split(r"[*?}]", pattern)[-1], pattern)


def legacy_bucket(name: str) -> bool:
    """Whether only an old bucket in us-east-1 can have this name: up to 255 characters, with capitals or ``_``."""
    return bool(_LEGACY_BUCKET.fullmatch(name)) and re.search(r"[A-Z_]", name) is not None


def _folder_fault(folder: str) -> str | None:
    if re.search(r"[*?]|\$\{", folder):
        return "a folder must not hold '*', '?' or '${', which would open its siblings"
    if not _POLICY_TEXT.fullmatch(folder):
        return "a folder must hold only characters that a policy can (U+0020 to U+00FF)"
    if len(folder.encode()) > 900:
        return f"a folder must have at most 900 bytes (has {len(folder.encode())})"
    return None
