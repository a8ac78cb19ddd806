"""The network side alone, with a name server that lies: what is checked is what is connected to."""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.webhooks.addresses import Address, AddressRefused, Boundary
from gateway.webhooks.sending import Sender
from gateway.webhooks.targets import parse
from tests.gateway.webhooks.receiver import Receiver
from tests.support.waiting import free_port

PUBLIC_ONLY = Boundary((), frozenset({443, 8443}))
LOOPBACK = Boundary((ip_network("127.0.0.0/8"),), frozenset({443}))


class Names:
    """A name server that gives one answer after the other, and the last one for ever."""

    def __init__(self, *answers: Sequence[str], seconds: float = 0) -> None:
        self._answers = [*answers]
        self._seconds = seconds
        self.asked = 0

    async def resolve(self, host: str, port: int) -> list[Address]:
        self.asked += 1
        await asyncio.sleep(self._seconds)
        answer = self._answers[min(self.asked, len(self._answers)) - 1]
        if not answer:
            raise OSError("no such name")
        return [ip_address(text) for text in answer]


async def send(sender: Sender, url: str) -> tuple[int | None, str | None]:
    try:
        outcome = await sender.send(url, {"webhook-id": "x"}, b"{}")
    finally:
        await sender.close()
    return outcome.status, outcome.error


async def test_a_name_that_means_something_else_once_it_was_checked_is_no_way_around() -> None:
    """At registration public, a moment later loopback: where the receiver listens, nothing arrives."""
    async with Receiver() as receiver:
        names = Names(["93.184.215.14"], ["127.0.0.1"])
        sender = Sender(Boundary((), frozenset({receiver.port})), 2, resolver=names)
        url = f"https://rebinding.example:{receiver.port}/hook"
        await sender.check(parse(url))
        assert await send(sender, url) == (None, "address_refused")
        assert names.asked == 2
        assert receiver.seen == []


async def test_a_connect_looks_the_name_up_once_and_goes_to_what_it_got() -> None:
    """A second look-up would give metadata's address; there is none."""
    async with Receiver() as receiver:
        names = Names(["127.0.0.1"], ["169.254.169.254"])
        sender = Sender(LOOPBACK, 2, resolver=names)
        assert await send(sender, f"http://hook.example:{receiver.port}/a?b=c") == (204, None)
        assert names.asked == 1
        assert receiver.seen[0].head == "POST /a?b=c HTTP/1.1"
        assert receiver.seen[0].headers["host"] == f"hook.example:{receiver.port}"


@pytest.mark.parametrize("answer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00::1"])
@pytest.mark.parametrize("also", [[], ["8.8.8.8"]], ids=["alone", "with a public one"])
async def test_a_name_for_an_inner_address_is_refused_at_registration_and_at_connect(
    answer: str, also: list[str]
) -> None:
    sender = Sender(PUBLIC_ONLY, 2, resolver=Names([*also, answer]))
    with pytest.raises(AddressRefused, match="webhook-address-refused"):
        await sender.check(parse("https://inner.example/"))
    assert await send(sender, "https://inner.example/") == (None, "address_refused")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("https://127.0.0.1/", "address_refused"),
        ("https://2130706433/", "address_refused"),
        ("https://[::ffff:169.254.169.254]/", "address_refused"),
        ("https://user@example.com/", "url_malformed"),
        ("http://93.184.215.14/", "scheme_refused"),
        ("https://93.184.215.14:22/", "port_refused"),
    ],
)
async def test_a_url_that_came_into_the_database_otherwise_is_checked_all_the_same(url: str, error: str) -> None:
    assert await send(Sender(PUBLIC_ONLY, 2), url) == (None, error)


async def test_an_unknown_name_and_a_slow_name_server_are_failures_in_time() -> None:
    assert await send(Sender(PUBLIC_ONLY, 2, resolver=Names([])), "https://x.example/") == (None, "host_unknown")
    assert await send(Sender(PUBLIC_ONLY, 0.3, resolver=Names([], seconds=5)), "https://x.example/") == (
        None,
        "timeout",
    )
    slow = Sender(PUBLIC_ONLY, 0.3, resolver=Names([], seconds=5))
    with pytest.raises(AddressRefused, match="webhook-host-unknown"):
        await slow.check(parse("https://x.example/"))
    await slow.close()


async def test_of_several_addresses_the_next_is_taken_where_one_does_not_answer() -> None:
    async with Receiver() as receiver:
        sender = Sender(LOOPBACK, 2, resolver=Names(["127.0.0.2", "127.0.0.1"]))
        assert await send(sender, f"http://hook.example:{receiver.port}/") == (204, None)
    assert await send(Sender(LOOPBACK, 2), f"http://127.0.0.1:{free_port()}/") == (None, "connection_failed")


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Receiver() as receiver, Receiver() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert await send(Sender(LOOPBACK, 2), receiver.url) == (204, None)
        assert (len(receiver.seen), len(proxy.seen)) == (1, 0)


@pytest.fixture
def authority(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for hook.example that signs itself, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file, key_file = tmp_path / "ca.pem", tmp_path / "key.pem"
    file.write_bytes(certificate.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return file, context


async def test_certificates_are_verified_for_the_name_and_not_for_the_address(
    authority: tuple[Path, ssl.SSLContext],
) -> None:
    file, context = authority
    async with Receiver(tls=context) as receiver:
        names = Names(["127.0.0.1"])
        known = Sender(LOOPBACK, 2, resolver=names, ca_file=file)
        assert await send(known, f"https://hook.example:{receiver.port}/") == (204, None)
        stranger = Sender(LOOPBACK, 2, resolver=names)
        assert await send(stranger, f"https://hook.example:{receiver.port}/") == (None, "tls_failed")
        other = Sender(LOOPBACK, 2, resolver=names, ca_file=file)
        assert await send(other, f"https://other.example:{receiver.port}/") == (None, "tls_failed")
        assert len(receiver.seen) == 1


async def test_a_connection_is_used_again_for_the_next_delivery() -> None:
    async with Receiver() as receiver:
        names = Names(["127.0.0.1"])
        sender = Sender(LOOPBACK, 2, resolver=names)
        for _ in range(5):
            outcome = await sender.send(f"http://hook.example:{receiver.port}/", {"webhook-id": "x"}, b"{}")
            assert outcome.delivered
        await sender.close()
        assert (len(receiver.seen), names.asked) == (5, 1)
