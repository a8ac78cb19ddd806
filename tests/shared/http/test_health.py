"""Readiness tells what is missing; metrics and logs tell what happened, and nothing personal."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import func, select, text, update

from shared.app import Runtime, create_app
from shared.db import Database
from shared.events.types import Topic
from shared.kernel_tables import idempotency_key
from shared.logging import configure_logging, get_logger
from shared.settings import ServiceSettings
from tests.shared.http.conftest import DEFINITION
from tests.support.broker import Broker
from tests.support.postgres import Cluster
from tests.support.tokens import Keys, bearer, service_token

Headers = Callable[..., dict[str, str]]

MIGRATION = """
revision = "{revision}"
down_revision = {down}
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    for revision, down in (("0001", None), ("0002", "0001")):
        script = MIGRATION.format(revision=revision, down=repr(down))
        (tmp_path / "versions" / f"{revision}_x.py").write_text(script)
    return tmp_path


async def test_ready_with_a_database(nobody: AsyncClient) -> None:
    answer = await nobody.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"database": "ok", "draining": "ok"}}
    assert (await nobody.get("/healthz")).json() == {"status": "ok"}


async def test_not_ready_while_draining(app: FastAPI, nobody: AsyncClient) -> None:
    app.state.draining = True
    answer = await nobody.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["draining"] == "yes"
    assert (await nobody.get("/healthz")).status_code == 200


async def test_not_ready_until_migrated_to_the_head(settings: ServiceSettings, db: Database, migrations: Path) -> None:
    app = create_app(replace(DEFINITION, migrations=migrations), settings)
    levels = (None, "0001", "0002")
    seen = []
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://sample") as client,
    ):
        for level in levels:
            if level is not None:
                async with db.transaction() as session:
                    await session.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num text)"))
                    await session.execute(text("DELETE FROM alembic_version"))
                    await session.execute(text("INSERT INTO alembic_version VALUES (:level)"), {"level": level})
            answer = await client.get("/readyz")
            seen.append((answer.status_code, answer.json()["checks"]["migrations"]))
    assert seen == [(503, "none, needs 0002"), (503, "at 0001, needs 0002"), (200, "ok")]


async def test_not_ready_without_a_database(settings: ServiceSettings, postgres: Cluster, db: Database) -> None:
    url = postgres.create_database(None)
    app = create_app(DEFINITION, settings.model_copy(update={"database_url": url}))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://sample") as client,
    ):
        assert (await client.get("/readyz")).status_code == 200
        postgres.drop_database(url)
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["database"] != "ok"


@pytest.mark.parametrize("broker_is_there", [True, False])
async def test_with_workers_the_broker_is_part_of_readiness(
    settings: ServiceSettings, db: Database, nats_server: Broker, keys: Keys, broker_is_there: bool
) -> None:
    topic = Topic("registry.centre", "Centres")
    definition = replace(DEFINITION, name="registry", topics=(topic,), migrations=Path("/none"))
    changes = {
        "service_name": "registry",
        "signing_key_file": keys.private("registry"),
        "workers_enabled": True,
        "nats_url": nats_server.address if broker_is_there else "nats://127.0.0.1:1",
        "nats_user": "registry",
        "nats_password": SecretStr("registry-secret"),
    }
    app = create_app(definition, settings.model_copy(update=changes))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://registry") as client,
    ):
        async with asyncio.timeout(60):
            while broker_is_there and (await client.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.1)
        answer = await client.get("/readyz")
        assert answer.status_code == (200 if broker_is_there else 503)
        assert answer.json()["checks"]["broker"] == ("ok" if broker_is_there else "not connected")
        headers = bearer(service_token(keys, "evaluation", "registry"))
        feed = await client.get("/internal/events/registry.centre", headers=headers)
        assert (feed.status_code, feed.json()["items"]) == (200, [])
        assert (await client.get("/internal/events/registry.nothing", headers=headers)).status_code == 404


async def test_metrics_count_by_template(nobody: AsyncClient, as_role: Headers) -> None:
    path = "/v1/notes/0190a000-0000-7000-8000-00000000ffff"
    await nobody.get(path, headers=as_role("auditor"))
    lines = (await nobody.get("/metrics")).text.splitlines()
    counted = [line for line in lines if line.startswith("mengchuang_http_requests_total")]
    assert any('method="GET",route="/v1/notes/{note_id}",service="sample",status="404"' in line for line in counted)
    assert not any("0190a000" in line for line in lines)
    assert any(line.startswith('mengchuang_db_pool_in_use{service="sample"}') for line in lines)


def records(captured: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in captured.splitlines()]


async def test_one_log_line_a_request(
    nobody: AsyncClient, as_role: Headers, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = as_role("science_officer", account_id="acc-1") | {"X-Request-Id": "r-1"}
    headers["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await nobody.post("/v1/notes?who=张三", json={"title": "秘密"}, headers=headers)
    out = capsys.readouterr().out
    (line,) = [record for record in records(out) if record["event"] == "request"]
    assert isinstance(line.pop("ms"), float)
    assert line.pop("timestamp")
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "shared.http.middleware",
        "service": "sample",
        "method": "POST",
        "route": "/v1/notes",
        "status": 201,
        "request_id": "r-1",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "correlation_id": "test",
        "account_id": "acc-1",
    }
    assert not any(word in out for word in ("秘密", "张三", headers["Authorization"][7:]))


async def test_an_unexpected_error_is_logged_with_stack_and_without_values(
    nobody: AsyncClient, as_role: Headers, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = as_role("science_officer")
    await nobody.post("/v1/notes/untidy", headers=headers)
    out = capsys.readouterr().out
    (line,) = [record for record in records(out) if record["event"] == "unexpected-error"]
    assert "fk_tag_note_id" in str(line["exception"])
    assert "Traceback" in str(line["exception"])
    assert "00000000-0000-0000-0000-000000000001" not in out


def test_standard_library_records_are_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("sample", "info")
    logging.getLogger("uvicorn.error").info("Started on %s", "port")
    get_logger("x").debug("not shown")
    (line,) = records(capsys.readouterr().out)
    assert (line["event"], line["service"], line["level"]) == ("Started on port", "sample", "info")


async def test_background_workers_run_in_one_process_and_restart(settings: ServiceSettings, db: Database) -> None:
    starts: list[str] = []

    async def flaky(runtime: Runtime) -> None:
        starts.append(runtime.settings.service_name)
        if len(starts) == 1:
            raise RuntimeError("first start fails")
        await asyncio.Event().wait()

    async with db.transaction() as session:
        row = {"client": "c", "route": "r", "key": "k", "request_hash": b"", "status": 200, "headers": {}, "body": b""}
        await session.execute(idempotency_key.insert(), [row])
        await session.execute(update(idempotency_key).values(created_at=func.now() - text("interval '31 days'")))
    enabled = settings.model_copy(update={"workers_enabled": True})
    apps = [create_app(replace(DEFINITION, background=(flaky,)), enabled) for _ in range(2)]
    async with apps[0].router.lifespan_context(apps[0]), apps[1].router.lifespan_context(apps[1]):
        async with asyncio.timeout(60):
            while len(starts) < 2:
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        async with db.transaction() as session:
            assert await session.scalar(select(func.count()).select_from(idempotency_key)) == 0
    assert len(starts) == 2
