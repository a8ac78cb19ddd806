"""What the operator may say about the stack, all of it through environment variables."""

from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.embedded.databases import DATABASES, Roles
from deploy.embedded.nats import NatsServer, Tls
from deploy.embedded.postgres import PostgresServer
from deploy.embedded.process import HOST
from deploy.environment import Suite
from deploy.secrets import Secrets, read

PORT_VARIABLES = {
    "postgres": "MENGCHUANG_POSTGRES_PORT",
    "nats": "MENGCHUANG_NATS_PORT",
    **{name: f"MENGCHUANG_{name.upper()}_PORT" for name in DATABASES},
}


def _port(name: str, default: int) -> int:
    port: int = Field(default=default, gt=0, lt=65536, validation_alias=PORT_VARIABLES[name])
    return port


class Choices(BaseModel):
    """What was said on the command line about a data folder. Its data depend on it – days that a simulated clock set,
    policy editions that cases cite – so it holds until somebody says otherwise or the folder is cleaned."""

    business_clock: Literal["real", "simulated"] | None = None
    environment: Literal["demo"] | None = None
    policy_dir: Path | None = None

    def and_then(self, later: Self) -> Self:
        """Both, the later winning."""
        return self.model_copy(update=later.model_dump(exclude_none=True))

    @classmethod
    def of(cls, home: Path) -> Self:
        """Those of a data folder; none where nothing was said."""
        with suppress(FileNotFoundError):
            return cls.model_validate_json((home / "choices.json").read_bytes())
        return cls()

    def keep(self, home: Path) -> None:
        """Remember them for the next start."""
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = home / "choices.part"
        part.write_text(self.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")
        part.replace(home / "choices.json")


class StackSettings(BaseSettings):
    """Ports, places and replacements for the embedded servers.

    The default ports lie below the range that systems use for outgoing connections, and away from the usual ones of
    PostgreSQL and NATS, which may be taken by servers of the machine's own.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    data_dir: Path = Path(".data")
    environment: Literal["production", "demo", "development", "test"] = "development"
    business_clock: Literal["real", "simulated"] = "real"
    policy_dir: Path | None = None

    files_url: str | None = None
    audit_heads_dir: Path | None = None
    """Where the heads of all logs are written down; `audit-heads` in the data folder without it."""
    audit_heads_copy_dir: Path | None = None
    """A second place for them, such as a medium that is written once only."""

    gateway_port: int = _port("gateway", 8080)
    registry_port: int = _port("registry", 8101)
    evaluation_port: int = _port("evaluation", 8102)
    finance_port: int = _port("finance", 8103)
    vouchers_port: int = _port("vouchers", 8104)
    postgres_port: int = _port("postgres", 15432)
    nats_port: int = _port("nats", 14222)

    nats_url: str | None = None
    nats_listen: str = HOST
    """The embedded broker's address. Anything but loopback, where other bureaus come in, needs a certificate."""
    nats_tls_certificate_file: Path | None = None
    nats_tls_key_file: Path | None = None
    nats_tls_ca_file: Path | None = None
    """Whom services believe about the broker's certificate, where it is not one of the system's authorities."""
    nats_tls_hostname: str = ""
    """The name in the certificate, which services check although they connect by loopback."""
    public_nats_url: str | None = None
    """Where bureaus find the broker, such as `tls://events.example.org:4222`."""
    public_url: str | None = None
    """Where everybody finds the gateway, such as `https://mengchuang.example.org`."""
    registry_database_url: str | None = None
    evaluation_database_url: str | None = None
    finance_database_url: str | None = None
    vouchers_database_url: str | None = None
    gateway_database_url: str | None = None
    registry_migration_database_url: str | None = None
    evaluation_migration_database_url: str | None = None
    finance_migration_database_url: str | None = None
    vouchers_migration_database_url: str | None = None
    gateway_migration_database_url: str | None = None

    @model_validator(mode="after")
    def _production_runs_on_real_time(self) -> Self:
        if self.environment == "production" and self.business_clock == "simulated":
            raise ValueError("BUSINESS_CLOCK=simulated is refused in production")
        return self

    @model_validator(mode="after")
    def _strangers_come_in_over_tls(self) -> Self:
        if (self.nats_tls_certificate_file is None) != (self.nats_tls_key_file is None):
            raise ValueError("NATS_TLS_CERTIFICATE_FILE and NATS_TLS_KEY_FILE belong together")
        if self.nats_tls_certificate_file is None and not _is_loopback(self.nats_listen):
            raise ValueError("NATS_LISTEN beyond loopback needs NATS_TLS_CERTIFICATE_FILE and NATS_TLS_KEY_FILE")
        if self.nats_tls_certificate_file is not None and not self.nats_tls_hostname:
            raise ValueError("NATS_TLS_HOSTNAME: the name in the certificate, by which services know the broker")
        return self

    def choosing(self, said: Choices, remembered: Choices) -> Self:
        """These settings with what is said now, which wins over the environment, and what was said before, which
        does not. A stack for production takes nothing over from before."""
        before = Choices() if self.environment == "production" else remembered
        kept = before.model_dump(exclude_none=True, exclude=self.model_fields_set)
        given = self.model_dump(include=self.model_fields_set)
        return type(self).model_validate({**given, **kept, **said.model_dump(exclude_none=True)})

    @property
    def home(self) -> Path:
        return self.data_dir.resolve()

    @property
    def secrets(self) -> Secrets:
        return Secrets(self.home / "secrets")

    @property
    def audit_heads(self) -> Path:
        return (self.audit_heads_dir or self.home / "audit-heads").resolve()

    def log_file(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    def port(self, name: str) -> int:
        port: int = getattr(self, f"{name}_port")
        return port

    def external_database(self, service: str) -> str | None:
        url: str | None = getattr(self, f"{service}_database_url")
        return url or None

    @property
    def embeds_postgres(self) -> bool:
        """Needed as soon as one service has no database of the operator's own."""
        return not all(self.external_database(service) for service in DATABASES)

    @property
    def embeds_nats(self) -> bool:
        return not self.nats_url

    def ports_needed(self) -> dict[str, int]:
        """Who will listen where."""
        servers = [*(["postgres"] * self.embeds_postgres), *(["nats"] * self.embeds_nats), *DATABASES]
        return {name: self.port(name) for name in servers}

    def postgres(self) -> PostgresServer:
        """The embedded cluster; the secrets must exist."""
        password = read(self.secrets.superuser_password)
        log_file = self.log_file("postgres")
        return PostgresServer(self.home / "postgres", self.postgres_port, password=password, log_file=log_file)

    def nats(self) -> NatsServer:
        """The embedded broker; the secrets must exist."""
        return NatsServer(
            self.home / "nats",
            self.nats_port,
            users=self.secrets.nats_passwords(),
            log_file=self.log_file("nats"),
            bureaus_file=self.secrets.nats_bureaus,
            listen=self.nats_listen,
            tls=self.nats_tls(),
        )

    def nats_tls(self) -> Tls | None:
        """The operator's certificate for the embedded broker, if there is one."""
        if self.nats_tls_certificate_file is None or self.nats_tls_key_file is None:
            return None
        return Tls(self.nats_tls_certificate_file.resolve(), self.nats_tls_key_file.resolve())

    def database_url(self, service: str) -> str:
        """For requests. Of the embedded server without the password, which the service reads from its file."""
        external = self.external_database(service)
        return external or f"postgresql+asyncpg://{Roles.of(service).runtime}@{HOST}:{self.postgres_port}/{service}"

    def migration_url(self, service: str) -> str:
        """For migrations; an external database without a migration URL is migrated by the role that serves it."""
        given: str | None = getattr(self, f"{service}_migration_database_url")
        if given or self.external_database(service):
            return given or self.database_url(service)
        return self.postgres().url(service, Roles.of(service).owner, read(self.secrets.migration_password(service)))

    def runtime_role(self, service: str) -> str | None:
        """The role from which migrations take rights; None where one role does both."""
        role = urlsplit(self.database_url(service)).username
        return None if role == urlsplit(self.migration_url(service)).username else role

    def suite(self) -> Suite:
        return Suite(
            ports={name: self.port(name) for name in DATABASES},
            database_urls={name: self.database_url(name) for name in DATABASES},
            nats_url=self.nats_url or f"nats://{HOST}:{self.nats_port}",
            own_broker=self.embeds_nats,
            nats_tls=self._nats_trust(),
            public_url=self.public_url,
            public_nats_url=self.public_nats_url,
            secrets=self.secrets,
            environment=self.environment,
            business_clock=self.business_clock,
            policy_dir=None if self.policy_dir is None else self.policy_dir.resolve(),
            audit_heads_dir=self.audit_heads,
            audit_heads_copy_dir=None if self.audit_heads_copy_dir is None else self.audit_heads_copy_dir.resolve(),
            description_file=self.home.resolve() / "description.json.zst",
            files_url=(self.files_url or f"file://{self.home / 'files'}").rstrip("/"),
        )

    def _nats_trust(self) -> dict[str, str]:
        """How services check the broker's certificate, as their environment says it."""
        ca = self.nats_tls_ca_file
        given = {
            "NATS_TLS_HOSTNAME": self.nats_tls_hostname,
            "NATS_TLS_CA_FILE": "" if ca is None else str(ca.resolve()),
        }
        return {name: value for name, value in given.items() if value}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
