"""What the operator may set, what every process is told, and what is said when a port is taken."""

import socket
from pathlib import Path

import pytest

from deploy.commands.stack import with_choices
from deploy.embedded.databases import DATABASES
from deploy.environment import inherited
from deploy.ports import PortsBusy, check_ports
from deploy.secrets import Secrets
from deploy.settings import PORT_VARIABLES, Choices, StackSettings
from gateway.settings import GatewaySettings
from services.finance.settings import FinanceSettings
from services.registry.settings import RegistrySettings
from services.vouchers.settings import VoucherSettings
from shared.settings import ServiceSettings
from tests.support.waiting import free_port


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StackSettings:
    for name in DATABASES:
        monkeypatch.delenv(f"{name.upper()}_DATABASE_URL", raising=False)
    return StackSettings(data_dir=tmp_path)


@pytest.mark.parametrize("service", DATABASES)
def test_every_variable_a_process_gets_is_a_setting_of_that_process(settings: StackSettings, service: str) -> None:
    own: dict[str, type[ServiceSettings]] = {
        "finance": FinanceSettings,
        "gateway": GatewaySettings,
        "registry": RegistrySettings,
        "vouchers": VoucherSettings,
    }
    kind = own.get(service, ServiceSettings)
    with_policy = settings.model_copy(update={"policy_dir": Path("/srv/policy")})
    given = with_policy.suite().of(service)
    assert {name.lower() for name in given} <= set(kind.model_fields)


@pytest.mark.parametrize("service", DATABASES)
def test_a_process_is_told_where_secrets_are_not_what_they_are(settings: StackSettings, service: str) -> None:
    secrets = Secrets(settings.home / "secrets")
    secrets.ensure()
    told = "\n".join(settings.suite().of(service).values())
    for secret in (*secrets.role_passwords().values(), *secrets.nats_passwords().values()):
        assert secret not in told


def test_nobody_inherits_another_s_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINANCE_DATABASE_URL", "postgresql+asyncpg://a:b@db/finance")
    monkeypatch.setenv("FINANCE_MIGRATION_DATABASE_URL", "postgresql+asyncpg://o:b@db/finance")
    assert not any("DATABASE_URL" in name for name in inherited())


def test_a_database_url_replaces_the_embedded_one_and_names_the_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINANCE_DATABASE_URL", "postgresql+asyncpg://app:pw@db:5432/finance")
    settings = StackSettings()
    assert settings.embeds_postgres, "the other four still need it"
    assert settings.database_url("finance") == "postgresql+asyncpg://app:pw@db:5432/finance"
    assert settings.runtime_role("finance") is None, "one role does both"
    assert "DATABASE_PASSWORD_FILE" not in settings.suite().of("finance")
    monkeypatch.setenv("FINANCE_MIGRATION_DATABASE_URL", "postgresql+asyncpg://owner:pw@db:5432/finance")
    settings = StackSettings()
    assert settings.migration_url("finance") == "postgresql+asyncpg://owner:pw@db:5432/finance"
    assert settings.runtime_role("finance") == "app"


def test_urls_for_everything_leave_nothing_to_embed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DATABASES:
        monkeypatch.setenv(f"{name.upper()}_DATABASE_URL", f"postgresql+asyncpg://app:pw@db/{name}")
    monkeypatch.setenv("NATS_URL", "nats://suite:pw@broker:4222")
    settings = StackSettings()
    assert not settings.embeds_postgres
    assert not settings.embeds_nats
    assert set(settings.ports_needed()) == set(DATABASES)
    told = settings.suite().of("registry")
    assert told["NATS_URL"] == "nats://suite:pw@broker:4222"
    assert told["NATS_USER"] == "suite"


def test_default_ports_differ_and_are_below_those_of_outgoing_connections() -> None:
    ports = StackSettings().ports_needed()
    assert len(set(ports.values())) == len(ports) == len(PORT_VARIABLES)
    assert max(ports.values()) < 32_768


def test_a_busy_port_names_itself_its_user_its_holder_and_the_variable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortsBusy) as refusal:
            check_ports({"gateway": port, "registry": free_port()})
    message = str(refusal.value)
    assert f"Port {port} is in use" in message
    assert "gateway needs it" in message
    assert "MENGCHUANG_GATEWAY_PORT" in message
    assert "python" in message
    assert "registry" not in message


def test_two_of_our_own_on_one_port_are_told_apart() -> None:
    port = free_port()
    with pytest.raises(
        PortsBusy, match=f"Port {port} is wanted by gateway and by finance. Set MENGCHUANG_FINANCE_PORT"
    ):
        check_ports({"gateway": port, "finance": port})


def test_what_was_said_about_a_folder_holds_at_the_next_start(settings: StackSettings, tmp_path: Path) -> None:
    """Its cases cite the editions of that folder and days that only a simulated clock could set."""
    policy = tmp_path / "policy"
    policy.mkdir()
    with_choices(settings, simulated_clock=True, policy_dir=policy)
    again = with_choices(StackSettings(data_dir=tmp_path), simulated_clock=False, policy_dir=None)
    assert (again.business_clock, again.environment, again.policy_dir) == ("simulated", "demo", policy)
    assert again.home == tmp_path.resolve()


def test_nothing_is_remembered_of_a_start_that_said_nothing(settings: StackSettings, tmp_path: Path) -> None:
    assert with_choices(settings, simulated_clock=False, policy_dir=None).business_clock == "real"
    assert not (tmp_path / "choices.json").exists()


def test_the_environment_wins_over_what_was_said_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Choices(business_clock="simulated", environment="demo", policy_dir=tmp_path).keep(tmp_path)
    monkeypatch.setenv("BUSINESS_CLOCK", "real")
    again = with_choices(StackSettings(data_dir=tmp_path), simulated_clock=False, policy_dir=None)
    assert (again.business_clock, again.policy_dir) == ("real", tmp_path)
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.delenv("BUSINESS_CLOCK")
    again = with_choices(StackSettings(data_dir=tmp_path), simulated_clock=False, policy_dir=None)
    assert (again.business_clock, again.policy_dir) == ("real", None)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"nats_listen": "0.0.0.0"}, "NATS_LISTEN beyond loopback needs"),  # noqa: S104  # refused
        ({"nats_listen": "events.example.org"}, "NATS_LISTEN beyond loopback needs"),
        ({"nats_tls_certificate_file": "c.pem"}, "belong together"),
        ({"nats_tls_key_file": "k.pem"}, "belong together"),
        ({"nats_tls_certificate_file": "c.pem", "nats_tls_key_file": "k.pem"}, "NATS_TLS_HOSTNAME"),
    ],
    ids=str,
)
def test_strangers_reach_the_broker_over_tls_or_not_at_all(given: dict[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        StackSettings.model_validate(given)


def test_every_process_knows_how_to_check_the_brokers_certificate(settings: StackSettings) -> None:
    given = {"nats_listen": "::", "nats_tls_certificate_file": "c.pem", "nats_tls_key_file": "k.pem"}
    names = {"nats_tls_hostname": "events.example.org", "nats_tls_ca_file": "ca.pem"}
    suite = StackSettings.model_validate({"data_dir": settings.data_dir, **given, **names}).suite()
    for environment in (*(suite.of(service) for service in DATABASES), suite.of_provisioner()):
        assert environment["NATS_TLS_HOSTNAME"] == "events.example.org"
        assert environment["NATS_TLS_CA_FILE"].endswith("/ca.pem")
    assert "NATS_TLS_HOSTNAME" not in settings.suite().of("registry")
