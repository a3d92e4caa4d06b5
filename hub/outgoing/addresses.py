"""Which addresses the hub may connect to: the public internet's, and private ones only for hosts allowed by name.

The blocks follow IANA's registries of special-purpose addresses. IPv6 is the other way round: global unicast alone is
open, so that mapped, translated (NAT64), tunnelled and local addresses are closed without being listed.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address


class AddressKind(StrEnum):
    """What an address is, as far as connecting goes."""

    PUBLIC = "public"
    # This machine, private and shared networks, link-local, documentation, translated and tunnelled addresses.
    SPECIAL = "special"
    # Never a receiver, whatever its name: metadata services hand out credentials, and nobody answers on the others.
    NEVER = "never"


_SPECIAL_V4 = [
    IPv4Network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
_GLOBAL_V6 = IPv6Network("2000::/3")
# Inside global unicast: protocol assignments (Teredo, ORCHID), documentation, 6to4.
_SPECIAL_V6 = [IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
_NEVER = [
    ip_network(block)
    for block in (
        "0.0.0.0/8", "169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32", "100.100.100.200/32",
        "192.0.0.192/32", "168.63.129.16/32", "224.0.0.0/4", "255.255.255.255/32",
        "::/128", "ff00::/8", "fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128",
    )
]  # fmt: skip


def kind_of(address: str) -> AddressKind:
    """What an address is; one that cannot be read is closed like the worst."""
    try:
        # A scope (fe80::1%eth0) says on which link; it makes no address public.
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return AddressKind.NEVER
    if any(_is_in(candidate, block) for candidate in (parsed, _embedded(parsed)) for block in _NEVER):
        return AddressKind.NEVER
    if isinstance(parsed, IPv4Address):
        is_public = not any(parsed in block for block in _SPECIAL_V4)
    else:
        is_public = parsed in _GLOBAL_V6 and not any(parsed in block for block in _SPECIAL_V6)
    return AddressKind.PUBLIC if is_public else AddressKind.SPECIAL


def _is_in(address: Address | None, block: IPv4Network | IPv6Network) -> bool:
    return address is not None and address.version == block.version and address in block


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    is_translated = address in IPv6Network("64:ff9b::/96") or address in IPv6Network("64:ff9b:1::/48")
    is_compatible = address in IPv6Network("::/96") and int(address) > 0xFFFFFF
    return IPv4Address(int(address) & 0xFFFFFFFF) if is_translated or is_compatible else None
