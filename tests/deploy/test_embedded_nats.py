"""The broker's rights: a service publishes under its own prefix, hears its own inbox, and reaches its own durables."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import nats.errors
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from deploy.embedded.nats import NatsServer, Tls, write_config
from deploy.embedded.nats_permissions import SERVICES, USERS
from deploy.embedded.process import EmbeddedServerError
from shared.events.broker import Broker as Connection
from shared.events.streams import durable_name, provision
from tests.support import reaper
from tests.support.broker import Broker
from tests.support.waiting import eventually, free_port

DURABLE = durable_name("finance", "registry.centre")


class Listener:
    """Collects what the broker refuses."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def has(self, count: int) -> bool:
        return len(self.refused) >= count

    async def __call__(self, error: Exception) -> None:
        self.refused.append(str(error))


async def client(broker: Broker, user: str) -> tuple[Client, Listener]:
    listener = Listener()
    connection = await broker.connect(user)
    connection._error_cb = listener
    return connection, listener


async def streams(broker: Broker) -> None:
    provisioner = await broker.connect("provisioner")
    await provision(provisioner, deny=False)
    await provisioner.close()


async def test_every_service_publishes_under_its_own_prefix_only(nats_server: Broker) -> None:
    await streams(nats_server)
    for user in SERVICES:
        connection, listener = await client(nats_server, user)
        for prefix in SERVICES:
            await connection.publish(f"{prefix}.thing.happened.v1", b"{}")
        await connection.flush()
        await eventually(partial(listener.has, len(SERVICES) - 1))
        assert not any(f'"{user}.thing' in refusal for refusal in listener.refused)
        await connection.close()
    operator = await nats_server.connect()
    info = await operator.jetstream().stream_info("FINANCE")
    assert info.state.messages == 1, "only finance's own message is stored"
    await operator.jetstream().purge_stream("FINANCE")
    await operator.close()


async def test_a_service_consumes_another_s_stream_through_its_own_durable(nats_server: Broker) -> None:
    await streams(nats_server)
    registry, _ = await client(nats_server, "registry")
    await registry.jetstream().publish("registry.centre.listed.v1", b"{}")
    finance, listener = await client(nats_server, "finance")
    subscription = await finance.jetstream().pull_subscribe("registry.centre.>", durable=DURABLE, stream="REGISTRY")
    (message,) = await subscription.fetch(1, timeout=5)
    await message.ack_sync()
    assert (await subscription.consumer_info()).num_ack_pending == 0
    assert listener.refused == []
    await finance.jetstream().delete_consumer("REGISTRY", DURABLE)
    await registry.close()
    await finance.close()


async def test_a_service_cannot_touch_another_s_durable(nats_server: Broker) -> None:
    await streams(nats_server)
    finance, _ = await client(nats_server, "finance")
    await finance.jetstream().pull_subscribe("registry.centre.>", durable=DURABLE, stream="REGISTRY")
    registry, listener = await client(nats_server, "registry")
    for forbidden in (
        f"$JS.API.CONSUMER.MSG.NEXT.REGISTRY.{DURABLE}",
        f"$JS.API.CONSUMER.INFO.REGISTRY.{DURABLE}",
        f"$JS.API.CONSUMER.DELETE.REGISTRY.{DURABLE}",
        f"$JS.API.CONSUMER.CREATE.REGISTRY.{DURABLE}",
        f"$JS.API.CONSUMER.DURABLE.CREATE.REGISTRY.{DURABLE}",
        "$JS.API.CONSUMER.CREATE.REGISTRY",
        f"$JS.ACK.REGISTRY.{DURABLE}.1.1.1.1.0",
        f"$JS.ACK.hub.hash.REGISTRY.{DURABLE}.1.1.1.1.0.x",
        "$JS.API.STREAM.DELETE.REGISTRY",
        "$JS.API.STREAM.PURGE.REGISTRY",
        "$JS.API.STREAM.UPDATE.REGISTRY",
        "$JS.API.STREAM.MSG.DELETE.REGISTRY",
    ):
        listener.refused.clear()
        with pytest.raises(nats.errors.TimeoutError):
            await registry.request(forbidden, b"{}", timeout=0.2)
        await eventually(lambda: listener.refused)
        assert "permissions violation" in listener.refused[0]
    await finance.jetstream().delete_consumer("REGISTRY", DURABLE)
    await registry.close()
    await finance.close()


async def test_nobody_hears_another_s_answers_or_events(nats_server: Broker) -> None:
    registry, listener = await client(nats_server, "registry")
    for subject in ("_INBOX_finance.>", "_INBOX.>", "finance.>", ">", "_wake.finance"):
        listener.refused.clear()
        await registry.subscribe(subject)
        await registry.flush()
        await eventually(lambda: listener.refused)
        assert "permissions violation" in listener.refused[0]
    await registry.close()


async def test_only_known_users_come_in(nats_server: Broker) -> None:
    for url in (nats_server.address, nats_server.url_for("registry").replace("registry-secret", "guessed")):
        refused: list[Exception] = []

        async def note(error: Exception, refused: list[Exception] = refused) -> None:
            refused.append(error)

        with pytest.raises(nats.errors.Error, match="Authorization Violation"):
            await nats.connect(url, allow_reconnect=False, error_cb=note)
        assert refused


async def test_a_wiped_broker_has_no_streams_until_they_are_provisioned_again(own_nats_server: Broker) -> None:
    await streams(own_nats_server)
    own_nats_server.kill9()
    own_nats_server.wipe()
    own_nats_server.start()
    operator = await own_nats_server.connect()
    with pytest.raises(NotFoundError):
        await operator.jetstream().stream_info("REGISTRY")
    await streams(own_nats_server)
    assert (await operator.jetstream().stream_info("REGISTRY")).state.messages == 0
    await operator.close()


@pytest.mark.fault
async def test_stored_messages_survive_a_kill(own_nats_server: Broker) -> None:
    await streams(own_nats_server)
    operator = await own_nats_server.connect()
    await asyncio.gather(*(operator.jetstream().publish("registry.a.b.v1", b"x") for _ in range(20)))
    await operator.close()
    own_nats_server.kill9()
    own_nats_server.start()
    operator = await own_nats_server.connect()
    assert (await operator.jetstream().stream_info("REGISTRY")).state.messages == 20
    await operator.close()


async def test_strangers_come_in_over_tls_and_services_know_the_broker_by_its_name(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    _self_signed(certificate, key, "events.example.org")
    server = NatsServer(
        tmp_path / "nats",
        free_port(),
        users={user: f"{user}-secret" for user in USERS},
        sync_always=False,
        tls=Tls(certificate, key),
    )
    server.start()
    reaper.watch_process(server.process())
    try:
        good = _client(server, certificate, "events.example.org")
        await asyncio.wait_for(good.run(), 5)
        assert good.connected
        await good.close()
        for wrong in (_client(server, certificate, "other.example.org"), _client(server, None, "events.example.org")):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(wrong.run(), 1.5)
    finally:
        server.stop()


def _client(server: NatsServer, ca_file: Path | None, hostname: str) -> Connection:
    return Connection(
        server.address,
        user="registry",
        password="registry-secret",
        name="registry",
        tls_ca_file=ca_file,
        tls_hostname=hostname,
    )


def _self_signed(certificate: Path, key: Path, name: str) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def test_a_configuration_that_the_server_refuses_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "server.conf"
    write_config(path, '{"listen": "127.0.0.1:4222"}')
    with pytest.raises(EmbeddedServerError, match="refuses"):
        write_config(path, '{"listen": "127.0.0.1:4222", "accounts": {"A": {"imports": [{"stream": "x"}]}}}')
    assert path.read_text() == '{"listen": "127.0.0.1:4222"}'
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
