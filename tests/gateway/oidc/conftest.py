"""Four outside issuers on a real OpenID provider, one that is never there, and a second gateway that trusts them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response

from tests.gateway.conftest import World
from tests.gateway.oidc.issuing import AUDIENCE, CLIENT, Key, OutsideIssuer
from tests.support.identifiers import make_uscc
from tests.support.node import NodeProcess
from tests.support.service_process import ServiceProcess
from tests.support.waiting import free_port

ORG = make_uscc(77)
PEOPLE: dict[str, dict[str, object]] = {
    "wang": {"groups": ["science", "unheard-of"], "amr": ["pwd"]},
    "li": {"groups": ["science", "science-approvers"], "amr": ["pwd", "otp"]},
    "founder": {"groups": ["founders"], "person": "person-7"},
    "operator": {"groups": ["operators"], "organisation": {"code": ORG}},
    "nobody": {"groups": ["unheard-of"]},
    "schemer": {"groups": ["admin", "admins", "administrators"], "roles": ["admin"], "role": "admin"},
}


@dataclass(frozen=True)
class Outside:
    """The issuers by name, the processes, and a client of the gateway that trusts them."""

    city: OutsideIssuer
    partner: OutsideIssuer
    old: OutsideIssuer
    turning: OutsideIssuer
    gone: OutsideIssuer
    world: World
    other_gateway: str

    async def ask(self, token: str, path: str = "/v1/centres/echo", method: str = "GET", **more: Any) -> Response:
        async with AsyncClient(base_url=self.world.url, timeout=120, headers={"Accept-Language": "en"}) as http:
            return await http.request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)

    async def status(self, token: str) -> int:
        return (await self.ask(token)).status_code

    async def claims(self, token: str) -> dict[str, Any]:
        """What a service is told of the caller."""
        answer = await self.ask(token)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()["claims"]
        return told


def configured(issuer: OutsideIssuer, **more: object) -> dict[str, object]:
    """An issuer's part of the file."""
    made: dict[str, object] = {
        "name": issuer.name,
        "issuer": issuer.url,
        "audiences": [AUDIENCE],
        "algorithms": ["RS256", "ES256", "EdDSA"],
        "provisioning": "first_sight",
        "ceiling": ["science_officer", "science_approver", "founder", "centre_operator"],
        "second_factor": {"amr": ["otp", "hwk"], "acr": ["high"]},
        "roles": [
            {"claim": "groups", "value": "science", "roles": ["science_officer"]},
            {"claim": "groups", "value": "science-approvers", "roles": ["science_approver"]},
            {"claim": "groups", "value": "founders", "roles": ["founder"]},
            {"claim": "groups", "value": "operators", "roles": ["centre_operator"]},
        ],
        "fields": {"person_ref": {"claim": "person"}, "org": {"claim": ["organisation", "code"]}},
        "scopes": {"mengchuang:read": ["*:read"], "mengchuang:write": ["centres:write"]},
        "unknown_key_pause": 2,
    }
    return {name: value for name, value in {**made, **more}.items() if value is not None}


LINKED: dict[str, Any] = {"provisioning": "linked", "roles": None, "fields": None, "scopes": None}


@pytest.fixture(scope="session")
def issuers(gateway_folder: Path) -> dict[str, OutsideIssuer]:
    def made(name: str, *algorithms: str) -> OutsideIssuer:
        return OutsideIssuer(name, free_port(), [Key.new(algorithm) for algorithm in algorithms], PEOPLE)

    return {
        "city": made("city", "ES256", "RS256", "EdDSA"),
        "partner": made("partner", "EdDSA"),
        "old": made("old", "RS256"),
        "turning": made("turning", "ES256"),
        "gone": made("gone", "ES256"),
    }


@pytest.fixture(scope="session")
def provider(issuers: dict[str, OutsideIssuer], gateway_folder: Path) -> Iterator[NodeProcess]:
    described = gateway_folder / "providers.json"
    described.write_text(json.dumps([issuer.described() for issuer in issuers.values() if issuer.name != "gone"]))
    process = NodeProcess("oidc", "provider.mjs", gateway_folder / "provider.log")
    process.start([str(described)], ready="listening")
    yield process
    process.stop()


@pytest.fixture(scope="session")
def outside(
    world: World,
    environment: dict[str, str],
    issuers: dict[str, OutsideIssuer],
    provider: NodeProcess,
    gateway_folder: Path,
) -> Iterator[Outside]:
    content = {
        "issuers": [
            configured(issuers["city"]),
            configured(issuers["partner"], **LINKED),
            configured(issuers["old"], lenient=True, clients=[CLIENT], algorithms=["RS256"]),
            configured(issuers["turning"], keys_min_age=1, keys_max_age=10, keys_kept=60, scopes=None),
            configured(issuers["gone"]),
        ]
    }
    file = gateway_folder / "issuers.json"
    file.write_text(json.dumps(content))
    gateway = ServiceProcess(
        "gateway.main:app",
        free_port(),
        {**environment, "OIDC_ISSUERS_FILE": str(file)},
        log_file=gateway_folder / "gateway-oidc.log",
    ).start()
    yield Outside(**issuers, world=replace(world, gateway=gateway), other_gateway=world.url)
    gateway.terminate()
