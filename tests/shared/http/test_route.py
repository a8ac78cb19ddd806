"""A request is one transaction, committed before the answer leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import event, text

from shared.app import create_app
from shared.db import Database
from shared.settings import ServiceSettings
from tests.shared.http.conftest import DEFINITION
from tests.shared.http.sample import Note

Titles = Callable[[], Awaitable[list[str]]]


async def test_an_answered_request_is_committed(officer: AsyncClient, titles: Titles) -> None:
    answer = await officer.post("/v1/notes", json={"title": "一"})
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"0"'
    assert await titles() == ["一"]


async def test_a_commit_that_fails_is_not_answered_2xx(officer: AsyncClient, db: Database) -> None:
    answer = await officer.post("/v1/notes/untidy")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal-error"
    async with db.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM tag")) == 0


async def test_a_refusal_rolls_back(officer: AsyncClient, titles: Titles) -> None:
    assert (await officer.post("/v1/notes/refused")).status_code == 409
    assert await titles() == []


async def test_an_unexpected_error_rolls_back(officer: AsyncClient, titles: Titles) -> None:
    assert (await officer.post("/v1/notes/broken", json={"title": "x"})).status_code == 500
    assert await titles() == []


async def test_an_endpoint_without_database_needs_no_connection(app: FastAPI, officer: AsyncClient) -> None:
    engine = app.state.runtime.db.engine
    checkouts: list[object] = []
    event.listen(engine.sync_engine.pool, "checkout", lambda *args: checkouts.append(args))
    assert (await officer.get("/v1/notes/no/database")).status_code == 200
    assert checkouts == []


async def test_a_deadlock_is_done_again_from_the_start(officer: AsyncClient, db: Database) -> None:
    async with db.transaction() as session:
        session.add_all([Note(title="a", grade=1), Note(title="b", grade=2)])
    answers = await asyncio.gather(
        officer.post("/v1/notes/contended", params={"first": 1, "second": 2}),
        officer.post("/v1/notes/contended", params={"first": 2, "second": 1}),
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    async with db.transaction() as session:
        assert list(await session.scalars(text("SELECT version FROM note"))) == [2, 2]


async def test_a_duplicate_that_slipped_past_the_rules_is_409(
    officer: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await officer.post("/v1/notes", json={"title": "一"})
    answer = await officer.post("/v1/notes", json={"title": "一"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"
    out = capsys.readouterr().out
    assert "uq_note_title" in out
    assert "一" not in answer.text + out


async def test_a_database_that_is_gone_is_503(officer: AsyncClient, db: Database) -> None:
    async with db.engine.connect() as connection:
        await connection.execute(text("SET lock_timeout = 0"))
        await connection.execute(text("LOCK TABLE note"))
        blocked = asyncio.create_task(officer.post("/v1/notes", json={"title": "x"}))
        await asyncio.sleep(0.3)
        await connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sample'")
        )
        answer = await blocked
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert (await officer.post("/v1/notes", json={"title": "x"})).status_code == 201


@pytest.mark.parametrize("fault", ["nobody listens", "all connections in use"])
async def test_a_database_that_cannot_be_reached_is_503(
    settings: ServiceSettings, db: Database, officer: AsyncClient, fault: str
) -> None:
    changes: dict[str, object] = {"database_pool_size": 1, "database_pool_timeout": 0.2}
    if fault == "nobody listens":
        changes["database_url"] = settings.sqlalchemy_url().set(port=1).render_as_string(hide_password=False)
    app = create_app(DEFINITION, settings.model_copy(update=changes))
    transport = ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://sample", headers=officer.headers) as client,
    ):
        holder = asyncio.create_task(client.post("/v1/notes/slow"))
        await asyncio.sleep(0.1)
        answer = await client.post("/v1/notes", json={"title": "x"})
        assert answer.status_code == 503
        assert answer.json()["detail"].startswith("The database needed for this does not answer")
        await holder


async def test_an_answer_that_breaks_its_own_schema_is_500(
    officer: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await officer.get("/v1/notes/wrong/answer")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert "张三" not in capsys.readouterr().out


async def test_patch_needs_the_version_it_was_read_at(officer: AsyncClient) -> None:
    created = await officer.post("/v1/notes", json={"title": "一"})
    location = created.headers["Location"]
    assert (await officer.patch(location, json={"title": "二"})).status_code == 428
    assert (await officer.patch(location, json={"title": "二"}, headers={"If-Match": '"0"'})).status_code == 200
    stale = await officer.patch(location, json={"title": "三"}, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    assert stale.json()["code"] == "precondition-failed"
    assert stale.headers["ETag"] == '"1"'


async def test_what_is_not_there_is_404_in_the_readers_language(officer: AsyncClient) -> None:
    missing = "/v1/notes/0190a000-0000-7000-8000-00000000ffff"
    assert (await officer.get(missing)).json()["detail"] == "There is no note that you may see or act for."
    chinese = await officer.get(missing, headers={"Accept-Language": "zh-CN"})
    assert chinese.json()["detail"] == "没有您可以查看或办理的笔记。"
    assert chinese.headers["Content-Language"] == "zh-CN"
