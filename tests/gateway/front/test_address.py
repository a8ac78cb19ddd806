"""From where a caller comes: whose word is believed, and whose is not."""

from ipaddress import ip_network

import pytest
from pydantic import TypeAdapter, ValidationError
from starlette.types import Message

from gateway.front.address import client_address
from gateway.front.exchange import Exchange
from gateway.settings import GatewaySettings, Networks, Origins

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48"))


async def receive() -> Message:
    raise AssertionError("nobody reads")


async def send(_message: Message) -> None:
    raise AssertionError("nobody answers")


def address(peer: str | None, *lines: str, header: str = "x-forwarded-for", trusted: bool = True) -> str:
    settings = GatewaySettings.model_construct(
        trusted_proxies=PROXIES if trusted else (),
        forwarded_header=header if header == "forwarded" else "x-forwarded-for",
    )
    headers = [(header.encode(), line.encode()) for line in lines]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "client": (peer, 1) if peer else None}
    return str(client_address(Exchange(scope, receive, send), settings))


@pytest.mark.parametrize(
    ("peer", "lines", "expected"),
    [
        ("203.0.113.1", ["198.51.100.1"], "203.0.113.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, rubbish"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, rubbish, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["fe80::1%eth0"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [", ".join(["10.0.0.3"] * 500)], "10.0.0.3"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("2001:db8:ffff::5", ["198.51.100.1"], "198.51.100.1"),
        (None, ["198.51.100.1"], "None"),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy(peer: str | None, lines: list[str], expected: str) -> None:
    assert address(peer, *lines) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("for=198.51.100.1", "198.51.100.1"),
        ('for=1.1.1.1, for="[2001:db8::1]:4711";proto=https', "2001:db8::1"),
        ("For=198.51.100.1;by=10.0.0.1", "198.51.100.1"),
        ("for=unknown", "10.0.0.1"),
        ("for=_hidden", "10.0.0.1"),
        ("proto=https", "10.0.0.1"),
        ("for=1.1.1.1;for=2.2.2.2", "10.0.0.1"),
    ],
)
def test_the_standard_header_where_the_proxies_write_that(line: str, expected: str) -> None:
    assert address("10.0.0.1", line, header="forwarded") == expected


def test_nobody_is_believed_by_default() -> None:
    assert address("10.0.0.1", "198.51.100.1", trusted=False) == "10.0.0.1"


def test_networks_are_listed_with_commas() -> None:
    read = TypeAdapter(Networks).validate_python
    assert read("10.0.0.0/8, 2001:db8::/32") == (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    assert read("") == ()
    with pytest.raises(ValidationError):
        read("10.0.0.1/8")


@pytest.mark.parametrize(
    "origin", ["*", "null", "https://a.example/", "HTTPS://a.example", "https://*.example", "a.example"]
)
def test_no_origin_stands_for_several(origin: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Origins).validate_python(f"https://b.example:8443, {origin}")
