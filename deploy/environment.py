"""The environment of every process of the suite, whoever starts it: the supervisor, a test, a container."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from deploy.embedded.databases import DATABASES
from deploy.secrets import Secrets

APPS: Mapping[str, str] = {name: f"services.{name}.main:app" for name in DATABASES if name != "gateway"} | {
    "gateway": "gateway.main:app"
}


@dataclass(frozen=True, slots=True)
class Suite:
    """What the processes of one running suite have in common."""

    ports: Mapping[str, int]
    """HTTP port by service name, the gateway's included."""
    database_urls: Mapping[str, str]
    """By service name, for the run-time role. Without a password when the secrets hold it."""
    nats_url: str
    secrets: Secrets
    environment: str = "development"
    business_clock: str = "real"
    policy_dir: Path | None = None
    files_url: str | None = None
    """Where uploaded files lie, a folder or prefix in it for each service; each service's own default without it."""
    own_broker: bool = True
    """The broker has our users; another may have none, or one that NATS_URL names."""
    nats_tls: Mapping[str, str] = field(default_factory=dict)
    """How every process checks the broker's certificate; empty where it has none."""
    public_url: str | None = None
    """Where callers outside find the gateway, and bureaus the broker."""
    public_nats_url: str | None = None
    audit_heads_dir: Path | None = None
    """Where the gateway writes the heads of all logs down, outside the databases."""
    audit_heads_copy_dir: Path | None = None
    description_file: Path | None = None
    """Where the gateway keeps the merged API description between starts."""
    extra: Mapping[str, str] = field(default_factory=dict)

    def of(self, service: str) -> dict[str, str]:
        """Environment variables of one service; passwords and keys are named as files."""
        values = {
            "SERVICE_NAME": service,
            "ENVIRONMENT": self.environment,
            "DATABASE_URL": self.database_urls[service],
            "NATS_URL": self.nats_url,
            "SIGNING_KEY_FILE": str(self.secrets.signing_key(service)),
            "PUBLIC_KEYS_DIR": str(self.secrets.public_keys),
            "BUSINESS_CLOCK": self.business_clock,
            **{f"{name.upper()}_URL": self.url(name) for name in DATABASES},
            **self._broker_login(service),
            **self.nats_tls,
        }
        if ":" not in self.database_urls[service].partition("://")[2].partition("@")[0]:
            values["DATABASE_PASSWORD_FILE"] = str(self.secrets.database_password(service))
        if self.policy_dir is not None:
            values["POLICY_DIR"] = str(self.policy_dir)
        if self.files_url is not None:
            values["FILES_URL"] = f"{self.files_url}/{service}"
        if service == "registry":
            values["PERSON_KEYS_FILE"] = str(self.secrets.person_keys)
        if service == "finance":
            values["EVIDENCE_KEYS_FILE"] = str(self.secrets.evidence_keys)
        if service == "vouchers":
            values["ACCOUNT_KEYS_FILE"] = str(self.secrets.account_keys)
        if service == "gateway":
            given = {"PUBLIC_URL": self.public_url, "PUBLIC_NATS_URL": self.public_nats_url}
            values |= {name: value for name, value in given.items() if value is not None}
            values["ACCESS_SIGNING_KEY_FILE"] = str(self.secrets.access_key)
            values["ANSWER_SIGNING_KEY_FILE"] = str(self.secrets.answer_key)
            values["GATEWAY_KEYS_FILE"] = str(self.secrets.gateway_keys)
            places = {
                "AUDIT_HEADS_DIR": self.audit_heads_dir,
                "AUDIT_HEADS_COPY_DIR": self.audit_heads_copy_dir,
                "DESCRIPTION_FILE": self.description_file,
            }
            values |= {name: str(place) for name, place in places.items() if place is not None}
        return {**values, **self.extra}

    def of_provisioner(self) -> dict[str, str]:
        return {"NATS_URL": self.nats_url, **self._broker_login("provisioner"), **self.nats_tls}

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def _broker_login(self, user: str) -> dict[str, str]:
        given = urlsplit(self.nats_url)
        if given.username is not None:
            return {"NATS_USER": given.username, "NATS_PASSWORD": given.password or ""}
        if not self.own_broker:
            return {}
        return {"NATS_USER": user, "NATS_PASSWORD_FILE": str(self.secrets.nats_password(user))}


def inherited() -> dict[str, str]:
    """Our own environment without what is meant for one process only: nobody gets another's database."""
    return {name: value for name, value in os.environ.items() if not name.endswith("_DATABASE_URL")}
