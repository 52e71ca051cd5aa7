"""Addresses that a tenant gave us: only public ones, and the connection goes to the one that was checked."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.guard import (
    ADDRESSES_LIMIT,
    TRIES_LIMIT,
    PrivateAddress,
    Resolve,
    checked_addresses,
    connect,
    system_resolve,
)
from hub.kernel.addresses import is_public
from hub.kernel.errors import Invalid, Retry

PUBLIC = (
    "8.8.8.8",
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2400:3200::1",
    "2001:4860:4860::8888",
    "2a00::1",
    "3ffe::1",
)
NETWORKS = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:2::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
)
"""RFC 791, 1122, 1918, 2544, 3068, 3849, 3879, 3927, 4193, 4291, 4380, 5737, 6052, 6598, 6666, 6890, 7526, 7535, 8215,
9602, 9637."""


def resolver(*answers: Sequence[str]) -> tuple[list[str], Resolve]:
    """A resolver that gives one answer after the other, the last one for ever; and what it was asked."""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return asked, resolve


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    """What lies just outside each private range is public."""
    assert is_public(address)


@pytest.mark.parametrize("network", NETWORKS)
def test_no_address_of_a_special_range_passes(network: str) -> None:
    """First, last and middle of every special-purpose range, in short and in full."""
    known = ip_network(network)
    for index in (0, known.num_addresses // 2, known.num_addresses - 1):
        assert not is_public(str(known[index]))
        assert not is_public(known[index].exploded)


@pytest.mark.parametrize(
    "mapped",
    [
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:8.8.8.8",
        "::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
def test_an_ipv4_address_in_disguise_does_not_pass(mapped: str) -> None:
    """Mapped, compatible, translated and tunnelled ones, whatever they hide."""
    assert not is_public(mapped)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str))
def test_what_python_calls_no_global_address_never_passes(address: str) -> None:
    """We refuse at least what the standard library refuses, multicast included."""
    known = ip_address(address)
    assert not is_public(address) or (known.is_global and not known.is_multicast and not known.is_reserved)


@given(st.one_of(st.text(max_size=20), st.from_regex(r"[0-9a-fx.:%]{1,20}", fullmatch=True)))
def test_what_is_no_plain_address_is_not_public(text: str) -> None:
    """Anything but an address in its usual form is refused, and nothing crashes."""
    if is_public(text):
        assert ip_address(text).is_global


@pytest.mark.parametrize(
    "odd", ["0x08080808", "010.8.8.8", "134744072", "8.8.8", "8.8.8.8 ", "2606:4700::1%eth0", "fe80::1%1", ""]
)
def test_odd_notations_are_no_addresses(odd: str) -> None:
    """Hexadecimal, octal, decimal and short forms, zones and blanks: nobody else's idea of an address counts."""
    assert not is_public(odd)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "0", "[::1]", "::1"],
)
def test_loopback_is_found_in_every_notation(host: str) -> None:
    """The system's own resolver reads them all as this machine, and all are refused."""
    with pytest.raises(PrivateAddress):
        checked_addresses(host, 80, system_resolve)


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]"])
def test_the_clouds_metadata_is_found_in_every_notation(host: str) -> None:
    """169.254.169.254 hands out credentials: no way of writing it passes."""
    with pytest.raises(PrivateAddress):
        checked_addresses(host, 80, system_resolve)


@pytest.mark.parametrize("private", ["10.0.0.5", "169.254.169.254", "100.64.0.1", "fd00::1", "::ffff:10.0.0.5"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_private_address_spoils_a_host(private: str, place: int) -> None:
    """Whoever controls a name may choose which of its addresses is used: all must be public."""
    addresses = ["8.8.8.8", "2606:4700:4700::1111"]
    addresses.insert(place, private)
    with pytest.raises(PrivateAddress) as refused:
        checked_addresses("mail.example.com", 465, lambda *_: addresses)
    assert refused.value.code == "private-address"
    assert private not in str(refused.value)


def test_a_public_host_answers_with_its_addresses() -> None:
    """All of them, in the resolver's order."""
    addresses = ("8.8.8.8", "2606:4700:4700::1111")
    assert checked_addresses("mail.example.com", 465, lambda *_: addresses) == addresses


@pytest.mark.parametrize(
    "host",
    ["", "a b", "a..b", "-a.example", "x" * 64, "a." * 127 + "ab", "mail.example.com/x", "u@h", "邮件.example", "a\n"],
)
def test_what_is_no_host_name_is_never_looked_up(host: str) -> None:
    """Blanks, empty or long labels, paths, user names: refused with the rule, before any question is asked."""
    asked, resolve = resolver(["8.8.8.8"])
    with pytest.raises(Invalid):
        checked_addresses(host, 80, resolve)
    assert asked == []


def test_a_name_without_an_answer_is_tried_again() -> None:
    """No address, or a resolver that fails: Retry, since it may pass."""

    def fail(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "again")

    for resolve in (fail, lambda *_: ()):
        with pytest.raises(Retry) as raised:
            checked_addresses("mail.example.com", 80, resolve)
        assert raised.value.detail == "host-unresolved"


@pytest.mark.parametrize(("count", "passes"), [(ADDRESSES_LIMIT, True), (ADDRESSES_LIMIT + 1, False)])
def test_a_name_with_very_many_addresses_is_refused(count: int, passes: bool) -> None:
    """At the limit it passes, above it does not."""
    addresses = [f"8.8.8.{n}" for n in range(count)]
    try:
        assert len(checked_addresses("many.example.com", 80, lambda *_: addresses)) == count
    except PrivateAddress:
        assert not passes


class Dialled:
    """Connects to a server of the test's, whatever address it is given, and remembers which one that was."""

    def __init__(self, port: int, dead: Sequence[str] = ()) -> None:
        self.port, self.dead = port, dead
        self.addresses: list[str] = []

    def __call__(self, address: tuple[str, int], timeout_seconds: float | None) -> socket.socket:
        self.addresses.append(address[0])
        if address[0] in self.dead:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self.port), 5)


@contextmanager
def server() -> Iterator[int]:
    """A listening socket on loopback: its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_name_that_changes_its_answer_gains_nothing() -> None:
    """Rebinding: the name is asked once a connection, and the socket goes to the answer that was checked."""
    asked, resolve = resolver(["8.8.8.8"], ["127.0.0.1"])
    with server() as port:
        dialled = Dialled(port)
        connect("mail.example.com", 465, resolve=resolve, dial=dialled).close()
        assert (asked, dialled.addresses) == (["mail.example.com"], ["8.8.8.8"])
        with pytest.raises(PrivateAddress):
            connect("mail.example.com", 465, resolve=resolve, dial=dialled)
    assert dialled.addresses == ["8.8.8.8"]


def test_the_next_address_is_tried_where_one_is_dead() -> None:
    """In the resolver's order, three at most; then the failure is the last one's."""
    addresses = [f"8.8.8.{n}" for n in range(1, 6)]
    with server() as port:
        dialled = Dialled(port, dead=addresses[:2])
        connect("mail.example.com", 25, resolve=lambda *_: addresses, dial=dialled).close()
        assert dialled.addresses == addresses[:TRIES_LIMIT]
    dead = Dialled(0, dead=addresses)
    with pytest.raises(ConnectionRefusedError):
        connect("mail.example.com", 25, resolve=lambda *_: addresses, dial=dead)
    assert dead.addresses == addresses[:TRIES_LIMIT]


def test_ipv6_addresses_are_unicast_in_2000_3() -> None:
    """Outside 2000::/3 nothing is given out to anybody."""
    assert not any(is_public(str(IPv6Address((prefix << 125) + 1))) for prefix in range(8) if prefix != 1)
