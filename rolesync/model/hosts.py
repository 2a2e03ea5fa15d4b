"""Judges hosts and their network addresses: this machine, internal networks, and services that reveal secrets."""

import ipaddress

_METADATA = frozenset({"100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "168.63.129.16"})
"""Addresses of metadata services of clouds that are not link-local."""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_literal(host: str) -> bool:
    """Whether a host is a network address, and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_metadata(address: str) -> bool:
    """Whether a network address may be of a metadata service, which gives secrets to each program of the machine."""
    return any(
        each.is_link_local or each.is_multicast or each.is_unspecified or str(each) in _METADATA
        for each in _readings(address)
    )


def is_internal(address: str) -> bool:
    """Whether a network address is not of the public internet."""
    return any(not each.is_global or each.is_multicast for each in _readings(address))


def _readings(address: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Return a network address, and the IPv4 address that an IPv6 address contains."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        return [parsed]
    contained = [parsed.ipv4_mapped, parsed.sixtofour]
    if parsed in ipaddress.IPv6Network("64:ff9b::/96"):
        contained.append(ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF))
    mapped: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [each for each in contained if each is not None]
    return mapped or [parsed]
