"""A real gateway on a real database, trusting one outside issuer; behind it a process that remembers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.oidc.conftest import configured
from tests.gateway.oidc.issuing import Key, OutsideIssuer
from tests.security.people import Town, settle
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port


class Issuer(OutsideIssuer):
    """The outside issuer that the upstream process stands for, below a path of its own."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/issuer"


@dataclass(frozen=True)
class World:
    """The processes, the keys, and who is known at the gateway."""

    gateway: ServiceProcess
    upstream: ServiceProcess
    database_url: str
    keys: Keys
    issuer: Issuer
    stranger: Key
    """Somebody else's key, which the upstream process publishes at `/-/attacker`."""
    town: Town

    @property
    def url(self) -> str:
        return self.gateway.url

    def reached(self) -> dict[str, Any]:
        """What reached the services since this was asked last."""
        told: dict[str, Any] = httpx.get(f"{self.upstream.url}/-/reached", timeout=20).json()
        return told


@pytest.fixture(scope="session")
def world(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("security")
    keys, port = Keys(folder / "secrets"), free_port()
    people = {"wang": {"groups": ["science"], "amr": ["pwd"]}}
    issuer = Issuer("city", port, [Key.new("RS256"), Key.new("ES256"), Key.new("EdDSA")], people)
    stranger = Key.new("RS256")
    published = {"keys": [key.jwk(public=True) for key in issuer.keys]}
    upstream = ServiceProcess(
        "tests.security.upstream:app",
        port,
        {
            "PUBLIC_KEYS_DIR": str(keys.public_dir),
            "ISSUER": issuer.url,
            "ISSUER_KEYS": json.dumps(published),
            "ATTACKER_KEYS": json.dumps({"keys": [stranger.jwk(public=True)]}),
        },
        log_file=folder / "upstream.log",
    ).start()
    database_url = postgres.service_database("gateway")
    file = folder / "issuers.json"
    file.write_text(json.dumps({"issuers": [configured(issuer, scopes=None)]}))
    environment = _environment(keys, database_url, upstream.url, file)
    gateway = ServiceProcess("gateway.main:app", free_port(), environment, log_file=folder / "gateway.log").start()
    access_key = Path(environment["ACCESS_SIGNING_KEY_FILE"])
    town = asyncio.run(settle(database_url, access_key))
    yield World(gateway, upstream, database_url, keys, issuer, stranger, town)
    gateway.terminate()
    upstream.terminate()
    postgres.drop_database(database_url)


def _environment(keys: Keys, database_url: str, upstream_url: str, issuers: Path) -> dict[str, str]:
    services = ("REGISTRY", "EVALUATION", "FINANCE", "VOUCHERS")
    return {
        "ENVIRONMENT": "test",
        "BUSINESS_CLOCK": "simulated",
        "DATABASE_URL": database_url,
        "NATS_URL": "nats://127.0.0.1:9",
        "SIGNING_KEY_FILE": str(keys.private("gateway")),
        "ACCESS_SIGNING_KEY_FILE": str(keys.private("gateway").parent / "access.pem"),
        "ANSWER_SIGNING_KEY_FILE": str(keys.answer_key),
        "GATEWAY_KEYS_FILE": str(keys.gateway_keys),
        "PUBLIC_KEYS_DIR": str(keys.public_dir),
        **{f"{service}_URL": upstream_url for service in services},
        "OIDC_ISSUERS_FILE": str(issuers),
        "RATE_LIMITS": "off",
        "LOG_LEVEL": "WARNING",
        "WEBHOOK_ALLOW_NETS": "127.0.0.0/8",
        "MAX_IN_FLIGHT": "1500",
        "MAX_LAG_SECONDS": "30",
    }
