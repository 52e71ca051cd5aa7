"""Which addresses of the internet are public: those that a tenant may let us call.

IANA's special-purpose registries, read 2026-07:
https://www.iana.org/assignments/iana-ipv4-special-registry , https://www.iana.org/assignments/iana-ipv6-special-registry
The lists stand here, and not only in `ipaddress`, whose tables differ between Python's patch releases.
"""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network

_NEVER_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local: 169.254.169.254 hands out a cloud's credentials
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments: 192.0.0.192 hands out credentials too
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_UNICAST_6 = IPv6Network("2000::/3")
"""All that is public lies here. What maps or tunnels to IPv4 outside (::ffff:0:0/96, 64:ff9b::/96) is not."""
_NEVER_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


def is_public(address: str) -> bool:
    """Whether an address in its usual form (8.8.8.8, 2606:4700::1111) is public unicast. False for anything else:
    names, zones (fe80::1%eth0), and forms like 0x7f.1 that some read as an address."""
    return _is_public_4(address) if ":" not in address else _is_public_6(address)


def _is_public_4(address: str) -> bool:
    try:
        parsed = IPv4Address(address)
    except AddressValueError:
        return False
    return not any(parsed in network for network in _NEVER_4)


def _is_public_6(address: str) -> bool:
    try:
        parsed = IPv6Address(address)
    except AddressValueError:
        return False
    return parsed.scope_id is None and parsed in _UNICAST_6 and not any(parsed in network for network in _NEVER_6)
