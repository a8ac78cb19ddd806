"""Descriptions, documentation, health and metrics outside `/v1`."""

import asyncio
import json
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from httpx import AsyncClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlalchemy import make_url

from shared.asyncapi import build_asyncapi
from shared.events.types import Audience
from tests.gateway.conftest import Hire, World
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import eventually, free_port

SEGMENTS = ("centres", "evaluations", "grants", "vouchers")


def description(*segments: str) -> str:
    answer = {"responses": {"200": {"description": "fine"}}}
    paths = {f"/v1/{segment}": {"get": {"operationId": segment, **answer}} for segment in segments}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "Any service", "version": "1"}, "paths": paths})


@pytest.fixture(scope="module")
def described(
    environment: dict[str, str], gateway_folder: Path, gateway_keys: Keys
) -> Iterator[tuple[ServiceProcess, ServiceProcess]]:
    """A gateway all of whose services are one process that describes itself."""
    file = gateway_folder / "openapi.json"
    file.write_text(description(*SEGMENTS))
    env = {"SERVICE_NAME": "registry", "PUBLIC_KEYS_DIR": str(gateway_keys.public_dir), "OPENAPI": str(file)}
    service = ServiceProcess("tests.gateway.upstream:app", free_port(), env, log_file=gateway_folder / "described.log")
    service.start()
    urls = {f"{name}_URL": service.url for name in ("REGISTRY", "EVALUATION", "FINANCE", "VOUCHERS")}
    kept = {"DESCRIPTION_FILE": str(gateway_folder / "description.zst"), "DESCRIPTION_SECONDS": "0.2"}
    env = {**environment, **urls, **kept, "DESCRIPTION_AHEAD": "true"}
    gateway = ServiceProcess("gateway.main:app", free_port(), env, log_file=gateway_folder / "describing.log").start()
    yield gateway, service
    gateway.terminate()
    service.terminate()


async def test_the_description_is_made_before_anybody_asks_and_sent_again_only_when_it_is_another(
    described: tuple[ServiceProcess, ServiceProcess], gateway_folder: Path
) -> None:
    await eventually((gateway_folder / "description.zst").exists)
    async with AsyncClient(base_url=described[0].url, timeout=120) as client:
        plain, *coded = [
            await client.get("/openapi.json", headers={"Accept-Encoding": coding})
            for coding in ("identity", "gzip", "zstd")
        ]
        tag = plain.headers["etag"]
        assert tag.startswith('W/"')
        assert "content-encoding" not in plain.headers
        assert [answer.headers["content-encoding"] for answer in coded] == ["gzip", "zstd"]
        for answer in (plain, *coded):
            assert (answer.headers["etag"], answer.content) == (tag, plain.content)
            assert (answer.headers["cache-control"], answer.headers["vary"]) == ("public, no-cache", "Accept-Encoding")
        for sent in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
            known = await client.get("/openapi.json", headers={"If-None-Match": sent})
            assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
        assert (await client.get("/openapi.json", headers={"If-None-Match": '"x"'})).status_code == 200
        head = await client.head("/openapi.json")
        assert (head.status_code, head.headers["etag"], head.content) == (200, tag, b"")


async def test_the_merged_description_is_valid_and_outlives_its_services(
    described: tuple[ServiceProcess, ServiceProcess], gateway_folder: Path
) -> None:
    gateway, service = described
    async with AsyncClient(base_url=gateway.url, timeout=120) as client:
        first = (await client.get("/openapi.json")).json()
        assert not list(OpenAPIV31SpecValidator(first).iter_errors())
        wanted = {"/v1/centres", "/v1/evaluations", "/v1/grants", "/v1/vouchers", "/v1/auth/token", "/v1/events"}
        assert wanted <= set(first["paths"])
        assert first["paths"]["/v1/grants"]["get"]["tags"] == ["grants"]
        (gateway_folder / "openapi.json").write_text(description(*SEGMENTS, "bans"))

        async def seen() -> bool:
            return "/v1/bans" in (await client.get("/openapi.json")).json()["paths"]

        tag = (await client.get("/openapi.json")).headers["etag"]
        await eventually(seen)
        changed = await client.get("/openapi.json", headers={"If-None-Match": tag})
        assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
        service.kill9()
        await asyncio.sleep(0.3)
        assert await seen()
        ready = await client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["services"]["finance"] != "ok"
    last = changed.json()
    gateway.terminate()
    gateway.start()
    async with AsyncClient(base_url=gateway.url, timeout=120) as client:
        answer = await client.get("/openapi.json")
        assert (answer.json(), answer.headers["etag"]) == (last, changed.headers["etag"]), "what the last process left"
    gateway.terminate()
    file = gateway_folder / "description.zst"
    file.write_bytes(file.read_bytes()[:-9])
    gateway.start()
    async with AsyncClient(base_url=gateway.url, timeout=120) as client:
        assert (await client.get("/openapi.json")).status_code == 503, "a file that is not whole says nothing"


async def test_a_service_never_seen_leaves_no_description_to_serve(client: AsyncClient) -> None:
    response = await client.get("/openapi.json")
    assert (response.status_code, response.json()["code"]) == (503, "service-unavailable")


async def test_the_documentation_loads_nothing_from_elsewhere(client: AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 4
    for path in loaded:
        assert path.startswith("/docs/")
        part = await client.get(path)
        assert (part.status_code, bool(part.content)) == (200, True)
    assert "<script>" not in page.text
    assert (await client.get("/docs/../settings.py")).status_code == 404
    assert (await client.get("/docs/nothing.js")).status_code == 404
    assert (await client.get("/")).headers["location"] == "/docs"


async def test_asyncapi_tells_of_events_for_outsiders_only(client: AsyncClient) -> None:
    document = (await client.get("/asyncapi.json")).json()
    assert document == json.loads(json.dumps(build_asyncapi()))
    assert document["asyncapi"] == "3.0.0"
    messages = document["components"]["messages"]
    assert "registry.centre.delisted.v1" in messages
    assert "gateway.account.created.v1" not in messages
    assert {message["x-audience"] for message in messages.values()} == {"public", "bureau"}


@pytest.mark.parametrize("audiences", [{Audience.PUBLIC}, set(Audience)], ids=["public", "all"])
def test_every_reference_in_asyncapi_leads_somewhere(audiences: set[Audience]) -> None:
    document = build_asyncapi(audiences)
    for path in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        found: object = document
        for key in path.split("/"):
            assert isinstance(found, dict)
            found = found[key]


async def test_health_and_readiness(client: AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    answer = ready.json()
    assert (ready.status_code, answer["ready"]) == (200, True), answer
    assert {"database", "migrations", "draining"} <= {name for name, state in answer["checks"].items() if state == "ok"}
    assert answer["checks"]["broker"] != "ok", "reported, but the API goes on without it"
    assert set(answer["services"]) == {"registry", "evaluation", "finance", "vouchers"}


async def test_metrics_are_for_insiders_or_those_who_run_and_audit(client: AsyncClient, hire: Hire) -> None:
    inside = await client.get("/metrics")
    assert "mengchuang_http_requests_total{" in inside.text
    assert 'route="site"' in inside.text
    outside = {"X-Forwarded-For": "198.51.100.1"}
    assert (await client.get("/metrics", headers=outside)).status_code == 404
    auditor, officer = await hire("site.auditor", "auditor"), await hire("site.officer", "science_officer")
    assert (await client.get("/metrics", headers={**outside, **auditor.headers})).status_code == 200
    assert (await client.get("/metrics", headers={**outside, **officer.headers})).status_code == 404


async def test_problems_are_in_chinese_or_in_english(client: AsyncClient) -> None:
    chinese = await client.get("/v1/nothing", headers={"Accept-Language": "zh-CN,en;q=0.5"})
    english = await client.get("/v1/nothing", headers={"Accept-Language": "en"})
    assert (chinese.json()["title"], english.json()["title"]) == ("地址不存在", "No such address")
    assert chinese.headers["content-language"] == "zh-CN"
    assert (await client.post("/docs")).status_code == 405


async def test_without_its_database_it_is_alive_and_not_ready(
    world: World, environment: dict[str, str], postgres: Cluster, gateway_folder: Path
) -> None:
    url = postgres.service_database("gateway")
    env = {**environment, "DATABASE_URL": url}
    process = ServiceProcess("gateway.main:app", free_port(), env, log_file=gateway_folder / "lost.log").start()
    try:
        name = make_url(url).database
        postgres.sql(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
        postgres.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        async with AsyncClient(base_url=process.url, timeout=120) as client:
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/readyz")).status_code == 503
            assert (await client.get("/v1/centres/echo")).status_code == 200, "nobody in particular needs no account"
            token = world.tokens().issue(uuid4(), 1, uuid4())
            known = await client.get("/v1/centres/echo", headers={"Authorization": f"Bearer {token}"})
            assert (known.status_code, known.json()["code"]) == (503, "service-unavailable")
    finally:
        process.terminate()
        postgres.drop_database(url)


async def test_a_gateway_told_to_stop_drains_and_ends(environment: dict[str, str], gateway_folder: Path) -> None:
    process = ServiceProcess("gateway.main:app", free_port(), environment, log_file=gateway_folder / "stop.log").start()
    started = time.monotonic()
    assert process.terminate() == -signal.SIGTERM
    assert time.monotonic() - started < 20
    assert '"stopped"' in (gateway_folder / "stop.log").read_text()
