"""Checks where requests may come from: IP addresses and VPC endpoints. Pure."""

import ipaddress
import re

from s3io_user.wording import shown

IP_BLOCK = re.compile(r"[0-9A-Fa-f.:]+(/(0|[1-9]\d{0,2}))?", re.ASCII)
_MAPPED = ipaddress.ip_network("::ffff:0:0/96")
# IANA's registries of special-purpose addresses, without those for documentation, which examples have.
_NEVER_SEEN = [
    ipaddress.ip_network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"),
        *("::/127", "64:ff9b::/96", "fc00::/7", "fe80::/9", "ff00::/8"),
    )
]


def source_ip_fault(block: object) -> str | None:
    """Check a public address or block. AWS sees only public addresses, so a private one would lock the key out."""
    try:
        # Python also reads netmasks and zones (198.51.100.0/255.255.255.0, fe80::1%eth0); a policy can't have them.
        network = ipaddress.ip_network(block) if isinstance(block, str) and IP_BLOCK.fullmatch(block) else None
    except ValueError:
        network = None
    if network is None:
        return f"must be an IP address or a block like 198.51.100.0/24, with the host bits zero (got {shown(block)})"
    if network.prefixlen == 0:
        return f"must not cover every address: leave it out to allow them all (got {shown(block)})"
    if _is_within(network, _MAPPED):
        return f"must be written as the IPv4 address that AWS sees, without ::ffff: (got {shown(block)})"
    if _is_never_seen(network):
        return f"must be public, because AWS sees the site's public address (got {shown(block)})"
    return None


def never_seen(block: str) -> bool:
    """Whether AWS sees no request from an address of this block: aws:SourceIp is always a public address."""
    try:
        network = ipaddress.ip_network(block, strict=False)
    except ValueError:
        return False
    return _is_never_seen(network)


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _is_never_seen(network: _Network) -> bool:
    return any(_is_within(network, never) for never in _NEVER_SEEN)


def _is_within(network: _Network, other: _Network) -> bool:
    return network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]


def vpc_endpoint_fault(endpoint: object) -> str | None:
    """Check a VPC endpoint's ID, ``vpce-…``."""
    if isinstance(endpoint, str) and re.fullmatch(r"vpce-[0-9a-f]{8,17}", endpoint, re.ASCII):
        return None
    return f"must be a VPC endpoint's ID like vpce-0123456789abcdef0 (got {shown(endpoint)})"
