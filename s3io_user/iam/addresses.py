"""Reads S3 addresses as people copy them: the bucket and folder that each one names.

Source: the S3 user guide on virtual-hosted and path-style requests, dual-stack and FIPS endpoints and websites, and
botocore's endpoints.json for the domains of the partitions.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from s3io_user.iam.arns import REGION, partition_of_region

_DOMAINS = {
    "amazonaws.com": "",
    "amazonaws.com.cn": "aws-cn",
    "amazonaws.eu": "aws-eusc",
    "c2s.ic.gov": "aws-iso",
    "sc2s.sgov.gov": "aws-iso-b",
    "cloud.adc-e.uk": "aws-iso-e",
    "csp.hci.ic.gov": "aws-iso-f",
}
_HOST = re.compile(
    r"((?P<bucket>.+)\.)?"
    rf"(s3(-fips)?(\.dualstack)?([.-](?P<region>{REGION}|external-1))?|s3-accelerate(\.dualstack)?"
    rf"|s3-website[.-](?P<website>{REGION}))"
    rf"\.(?P<domain>{'|'.join(map(re.escape, _DOMAINS))})",
    re.IGNORECASE,
)
# Of AWS's other services, and of those that take S3's calls (rclone's documentation of its S3 providers names them):
# they alone would have a bucket of such a name. So would an endpoint that names a Region, whoever's it is.
_OTHERS = (
    *("aliyuncs.com", "appdomain.cloud", "backblazeb2.com", "cloudflarestorage.com", "cloudfront.net"),
    *("contabostorage.com", "digitaloceanspaces.com", "dream.io", "exo.io", "filebase.com", "googleapis.com"),
    *("idrivee2.com", "ionoscloud.com", "linodeobjects.com", "myhuaweicloud.com", "myqcloud.com"),
    *("oraclecloud.com", "otc.t-systems.com", "ovh.net", "ovh.us", "qiniucs.com", "r2.dev", "scw.cloud"),
    *("storage.dev", "storageapi.net", "storjshare.io", "tigris.dev", "upcloudobjects.com", "vultrobjects.com"),
    *("wasabisys.com", "windows.net", "yandexcloud.net", "your-objectstorage.com"),
)
_A_REGION = r"([a-z]{2}|eusc)(-[a-z]{2,4})?-(central|(north|south)?(east|west)?|north|south)-\d"
_ELSEWHERE = re.compile(
    rf".+\.({'|'.join(map(re.escape, (*_DOMAINS, *_OTHERS)))}|amazon\.com|aws)"
    rf"|.+\.amazonaws(-eusc|-us-gov)?(\..+)?|.+\.s3[.-]{_A_REGION}(\..+)?|s3[.-]{_A_REGION}\..+",
    re.IGNORECASE,
)
_CONSOLE = re.compile(
    r"(.+\.)?console\.(aws\.amazon\.com|amazonaws-us-gov\.com|amazonaws\.cn|amazonaws-eusc\.eu)", re.IGNORECASE
)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """What an address names. ``partition`` is empty if the host does not tell."""

    bucket: str
    folder: str
    partition: str = ""


def read_address(text: str) -> Address | None:
    """The bucket and folder that an address of S3 (with or without ``https://``) or of AWS's console names.

    None if the text is not an address. Raises ValueError if it is one that names no bucket.
    """
    if not text.isprintable():  # line ends and tabs, which urlsplit removes
        return None
    written = _SCHEME.match(text)
    try:
        parts = urlsplit(text if written else f"https://{text}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if match := _HOST.fullmatch(host):
        address = _of_host(match, unquote(parts.path))
    elif _CONSOLE.fullmatch(host):
        address = _of_console(parts.path, parts.query)
    elif written:
        raise ValueError("must be a bucket's name or its S3 address")
    elif _ELSEWHERE.fullmatch(host):
        raise ValueError("must be a bucket's name or its S3 address; a bucket of this very name goes by its ARN")
    else:
        return None
    if not address.bucket or port not in (None, 80, 443) or parts.username:
        raise ValueError("must be an address that names a bucket")
    return address


def _of_host(match: "re.Match[str]", path: str) -> Address:
    place = path.strip("/") if match["bucket"] is None else f"{match['bucket']}/{path.strip('/')}"
    bucket, _, folder = place.partition("/")
    region = (match["region"] or match["website"] or "").lower()
    partition = "aws-us-gov" if region.startswith("us-gov-") else _DOMAINS[match["domain"].lower()]
    return Address(bucket, folder, partition or ("aws" if region else ""))


def _of_console(path: str, query: str) -> Address:
    """``/s3/buckets/NAME?prefix=FOLDER/``: the page that shows a bucket or one of its folders."""
    bucket = re.fullmatch(r"/s3/(buckets|object)/([^/]+)/?", path)
    if bucket is None:
        raise ValueError("must be the page of the console that lists a bucket's or a folder's objects")
    return Address(unquote(bucket[2]), parse_qs(query).get("prefix", [""])[0].strip("/"))


def is_host(name: str) -> bool:
    """Whether a name is that of a host of S3, such as ``photos.s3.amazonaws.com``."""
    return _HOST.fullmatch(name) is not None


def is_of_aws(url: str) -> bool:
    """Whether an endpoint is one of AWS, in any partition, and not of a service that takes S3's calls."""
    return (urlsplit(url).hostname or "").endswith(tuple(f".{domain}" for domain in _DOMAINS))


def s3_host(region: str) -> str:
    """The host of S3 in a region; of the global endpoint where the region is ``""``."""
    partition = partition_of_region(region)
    domain = next((domain for domain, its in _DOMAINS.items() if its == partition), "amazonaws.com")
    return f"s3.{region}.{domain}" if region else "s3.amazonaws.com"
