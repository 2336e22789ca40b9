"""Names: what IAM and S3 accept as a user, path, group, policy, tag or bucket, and what a partition is called.

Each ``*_fault`` takes one value and returns what must hold and what it got, or ``None`` when the value is good.
The rules are those of the IAM and S3 user guides; AWS's own provider checks hardly any of them (it lets a user
name of 65 characters through), so these are the only checks that come before AWS.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from s3io_user.addresses import read_address

USER_NAME_LIMIT = 64
"""Characters of a new user's name; an existing user, a group and a policy may have 128."""

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")

_REGION_PREFIXES = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_NAME_WORDS = "letters, digits and _ + = , . @ -"
_USER_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:user/(?:[!-~]*/)?([\w+=,.@-]+)", re.ASCII)
_POLICY_ARN = re.compile(r"arn:([a-z-]+):iam::(aws|\d{12}):policy(/[!-~]*)?/([\w+=,.@-]+)", re.ASCII)
IP_BLOCK = re.compile(r"[0-9A-Fa-f.:]+(/(0|[1-9]\d{0,2}))?", re.ASCII)
_KMS_KEY_ARN = re.compile(r"arn:([a-z-]+):kms:([a-z0-9-]+):(\d{12}):key/([A-Za-z0-9-]+)", re.ASCII)
_ARN = re.compile(r"arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<rest>.*)")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_LEGACY_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}", re.ASCII)
_POLICY_TEXT = re.compile(r"[\x20-\x7e\xa0-\xff]*")
_TAG_SIGNS = "_ . : / = + - @"
_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def partition_of_region(region: str) -> str:
    """The partition that a region is in, e.g. ``cn-north-1`` → ``aws-cn``."""
    return next((name for prefix, name in _REGION_PREFIXES.items() if region.startswith(prefix)), "aws")


def partition_of_arn(arn: str) -> str:
    """The partition that an ARN names, e.g. ``arn:aws-cn:iam::…`` → ``aws-cn``."""
    return arn.split(":", 2)[1]


def managed_policy_arn(name: str, partition: str = "aws") -> str:
    """The ARN of a policy that AWS itself manages."""
    return f"arn:{partition}:iam::aws:policy/{name}"


def shown(value: object) -> str:
    """A value as an error quotes it: on one line, and no longer than a line."""
    text = _described(value)
    size, end = (len(value), "…'") if isinstance(value, str) else (len(text), "…")
    return text if len(text) <= 80 else f"{text[:60]}{end} ({size} characters)"


def _described(value: object) -> str:
    if isinstance(value, str):
        # Of a long one no more is needed than what is shown of it; where it ends must be plain to see.
        return "'" + _unmistakable(value[:80].replace("\\", "\\\\")).replace("'", r"\'") + "'"
    try:
        return _unmistakable(repr(value))
    except Exception:  # a number of thousands of digits, a list in a list without end: whatever can't describe itself
        return f"<{type(value).__name__}>"


def _unmistakable(text: str) -> str:
    """A text as it is, but for what a terminal would obey or not show, and for letters that pass for Latin ones."""
    seen = visible(text)
    if seen.isascii() or not re.search("[A-Za-z]", text):
        return seen
    return "".join(one if _latin(one) else one.encode("unicode_escape").decode() for one in seen)


def _latin(one: str) -> bool:
    """Whether it is a Latin letter, an accent on one, or no letter at all."""
    kind = unicodedata.category(one)[0]
    return one.isascii() or kind not in "LN" or unicodedata.name(one, "").startswith("LATIN")


_SHOWN = re.compile(r"(?<!\w)'((?:[^'\\]|\\.)*)'", re.DOTALL)
_OUR_OWN = {*PARTITIONS, "Allow", "Deny", "2012-10-17", "aws:", "/", "//", "..", "*", "?", "${", "managed", "optimizer"}


def unquoted(sentence: str) -> str:
    """An error's sentence without what it says of a value that is a secret.

    All that is of the value is shown (between quotation marks), or follows "(got". What is between quotation marks
    in every such sentence, whatever the value, stays.
    """
    hidden = _SHOWN.sub(lambda found: found[0] if found[1] in _OUR_OWN else "'…'", sentence)
    return re.sub(r" \(got .*", "", hidden, flags=re.DOTALL)


def legible(text: object) -> str:
    """A text as an error has it without quotes (a file, a key): on one line, and no longer than two or three."""
    seen = visible(str(text)[:256])
    return seen if len(seen) <= 255 else f"{seen[:240]}…"


def visible(text: str) -> str:
    """A text with what a terminal would obey, or not show, as escapes."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _entity_fault(what: str, name: object, limit: int) -> str | None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"{what} must be 1 to {limit} of {_NAME_WORDS} (got {shown(name)})"
    if len(name) > limit:
        return f"{what} must have at most {limit} characters (got {len(name)}: {shown(name)})"
    return None


def user_name_fault(name: object) -> str | None:
    """A new user's name: up to 64 characters (IAM quotas; the API model's 128 is for users that exist)."""
    return _entity_fault("a user name", name, USER_NAME_LIMIT)


def existing_user_fault(name: object) -> str | None:
    """The name of a user that exists already: up to 128 characters."""
    return _entity_fault("an existing user's name", existing_user_name(name), 128)


def existing_user_name(text: object) -> object:
    """A user's name from its ARN; whatever else it is, as it is."""
    match = _USER_ARN.fullmatch(text) if isinstance(text, str) else None
    return match[1] if match else text


def group_name_fault(name: object) -> str | None:
    """A group's name: up to 128 characters."""
    return _entity_fault("a group name", name, 128)


def policy_name_fault(name: object) -> str | None:
    """An inline or managed policy's name: up to 128 characters."""
    return _entity_fault("a policy name", name, 128)


def path_fault(path: object) -> str | None:
    """A path: ``/``, or begins and ends with ``/``; printable ASCII without spaces; up to 512 characters."""
    if not isinstance(path, str) or not re.fullmatch(r"/|/[!-~]+/", path):
        return (
            f"a path must begin and end with '/' and hold printable ASCII without spaces in between (got {shown(path)})"
        )
    if len(path) > 512:
        return f"a path must have at most 512 characters (got {len(path)})"
    return None


def policy_arn_fault(arn: object) -> str | None:
    """The ARN of a managed policy, AWS's or the account's own."""
    if isinstance(arn, str) and _POLICY_ARN.fullmatch(arn):
        return None
    return f"must be a policy's ARN like arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess (got {shown(arn)})"


def tag_faults(tags: Mapping[str, object]) -> list[str]:
    """Tags: at most 50, keys of 1 to 128 characters that do not begin with ``aws:``, values of at most 256."""
    faults = [f"at most 50 tags (got {len(tags)})"] if len(tags) > 50 else []
    for key, value in tags.items():
        if not isinstance(key, str):
            faults.append(f"a tag's key must be a string (got {shown(key)})")
            continue
        if not 1 <= len(key) <= 128:
            faults.append(f"a tag's key must have 1 to 128 characters (got {len(key)}: {shown(key)})")
        if key.lower().startswith("aws:"):
            faults.append(f"a tag's key must not begin with 'aws:', which AWS keeps for itself (got {shown(key)})")
        if odd := next((one for one in f"{key}{value if isinstance(value, str) else ''}" if not _in_a_tag(one)), None):
            faults.append(f"the tag {shown(key)} must hold letters, digits, spaces and {_TAG_SIGNS} (got {shown(odd)})")
        if isinstance(value, str) and len(value) > 256:
            faults.append(f"the tag {shown(key)} must have a value of at most 256 characters (got {len(value)})")
    return faults


def _in_a_tag(one: str) -> bool:
    """By the API model's pattern: letters, separators and numbers of every script, and a few signs."""
    return one in _TAG_SIGNS or unicodedata.category(one)[0] in "LZN"


def account_id_fault(account: object) -> str | None:
    """An account's ID: twelve digits."""
    if isinstance(account, str) and re.fullmatch(r"\d{12}", account, re.ASCII):
        return None
    return f"an account ID must be 12 digits (got {shown(account)})"


@dataclass(frozen=True, order=True)
class KmsKey:
    """A KMS key, from its ARN."""

    arn: str
    partition: str
    region: str


def parse_kms_key(arn: object) -> KmsKey:
    """Read a KMS key's ARN. Raises ValueError: an alias, too, since a policy on one grants nothing."""
    match = _KMS_KEY_ARN.fullmatch(arn) if isinstance(arn, str) else None
    if match is None or match[1] not in PARTITIONS:
        raise ValueError(
            "must be a KMS key's own ARN (not an alias) like arn:aws:kms:eu-west-1:123456789012:key/1234abcd-… "
            f"(got {shown(arn)})"
        )
    return KmsKey(match[0], match[1], match[2])


_NEVER_SEEN = [
    ipaddress.ip_network(block)
    for block in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
]


def source_ip_fault(block: object) -> str | None:
    """A public address or block; a private one would lock the key out, since AWS sees the public address."""
    try:
        # Python reads netmasks and zones too (198.51.100.0/255.255.255.0, fe80::1%eth0), which a policy does not.
        network = ipaddress.ip_network(block) if isinstance(block, str) and IP_BLOCK.fullmatch(block) else None
    except ValueError:
        network = None
    if network is None:
        return f"must be an IP address or a block like 198.51.100.0/24, host bits zero (got {shown(block)})"
    if network.prefixlen == 0:
        return f"must be narrower than every address; leave it out to allow them all (got {shown(block)})"
    if any(network.version == never.version and network.subnet_of(never) for never in _NEVER_SEEN):  # type: ignore[arg-type]
        return f"must be public, because AWS sees the site's public address (got the private {shown(block)})"
    return None


def vpc_endpoint_fault(endpoint: object) -> str | None:
    """A VPC endpoint's ID, ``vpce-…``."""
    if isinstance(endpoint, str) and re.fullmatch(r"vpce-[0-9a-f]{8,17}", endpoint, re.ASCII):
        return None
    return f"must be a VPC endpoint's ID like vpce-0123456789abcdef0 (got {shown(endpoint)})"


@dataclass(frozen=True, order=True)
class Bucket:
    """A bucket, or one folder in it: the folder without slashes at its ends, ``""`` for the whole bucket."""

    name: str
    folder: str = ""
    partition: str | None = None

    def __str__(self) -> str:
        return f"{self.name}/{self.folder}" if self.folder else self.name


def parse_bucket(text: object) -> Bucket:
    """Read ``name``, ``name/folder``, ``s3://name/folder``, an ARN or an address. Raises ValueError with the reason."""
    if not isinstance(text, str):
        raise ValueError(f"must be a bucket's name, ARN, s3:// URI or address (got {shown(text)})")
    partition, place = _split_arn(text) if text.startswith("arn:") else _split_address(text)
    name, _, folder = place.partition("/")
    if fault := bucket_name_fault(name):
        raise ValueError(fault if name == text else f"{fault} in {shown(text)}")
    if "//" in place:
        raise ValueError(f"a folder must not hold '//' (got {shown(text)})")
    folder = "" if folder == "*" else folder.removesuffix("/*").strip("/")
    if fault := _folder_fault(folder):
        raise ValueError(f"{fault} (got {shown(text)})")
    return Bucket(name, folder, partition)


def _split_address(text: str) -> tuple[str | None, str]:
    if re.match("s3a?://", text, re.IGNORECASE):
        return None, text.partition("://")[2]
    try:
        address = read_address(text)
    except ValueError as fault:
        raise ValueError(f"{fault} (got {shown(re.sub('//.*@', '//…@', text))})") from None
    return (address.partition or None, f"{address.bucket}/{address.folder}") if address else (None, text)


def _split_arn(text: str) -> tuple[str, str]:
    match = _ARN.fullmatch(text)
    if match is None or match["service"] != "s3" or match["region"] or match["account"]:
        raise ValueError(f"must be a bucket's ARN like arn:aws:s3:::photos, not another resource's (got {shown(text)})")
    if match["partition"] not in PARTITIONS:
        raise ValueError(f"the ARN's partition must be one of {', '.join(PARTITIONS)} (got {shown(text)})")
    return match["partition"], match["rest"]


def bucket_name_fault(name: object) -> str | None:
    """A bucket's name by the S3 user guide; old us-east-1 names (capitals, ``_``, up to 255) pass."""
    if not isinstance(name, str) or not (_BUCKET.fullmatch(name) or legacy_bucket(name)):
        rule = "3 to 63 of a-z, 0-9, '.' and '-', a letter or digit at both ends"
        return f"a bucket name must be {rule} (got {shown(name)})"
    if ".." in name or re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name, re.ASCII):
        return f"a bucket name must not hold '..' nor look like an IP address (got {shown(name)})"
    if prefix := next((p for p in _BUCKET_PREFIXES if name.startswith(p)), None):
        return f"a bucket name must not begin with '{prefix}', which AWS keeps for itself (got {shown(name)})"
    if suffix := next((s for s in _BUCKET_SUFFIXES if name.endswith(s)), None):
        return f"must be a general purpose bucket; '{suffix}' ends the name of something else (got {shown(name)})"
    return None


def legacy_bucket(name: str) -> bool:
    """Whether only an old us-east-1 bucket can have this name: up to 255 characters, with capitals or ``_``."""
    return bool(_LEGACY_BUCKET.fullmatch(name)) and re.search(r"[A-Z_]", name) is not None


def _folder_fault(folder: str) -> str | None:
    if re.search(r"[*?]|\$\{", folder):
        return "a folder must not hold '*', '?' or '${', which would open its siblings"
    if not _POLICY_TEXT.fullmatch(folder):
        return "a folder must hold only characters that a policy can (U+0020 to U+00FF)"
    if len(folder.encode()) > 900:
        return f"a folder must have at most 900 bytes (has {len(folder.encode())})"
    return None


def camel_case(name: str) -> str:
    """A Python name as Pulumi's other languages, its config and stack outputs spell it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
