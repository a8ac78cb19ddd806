"""A repeated POST gets the stored answer; anything else under its key is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, text, update

from shared.db import Database
from shared.http import idempotency
from shared.kernel_tables import idempotency_key

Titles = Callable[[], Awaitable[list[str]]]
Headers = Callable[..., dict[str, str]]

KEY = {"Idempotency-Key": "k-1"}


async def stored(db: Database) -> int:
    async with db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(idempotency_key)) or 0


def without_ids(answer: Response) -> dict[str, str]:
    varying = ("x-request-id", "idempotency-replayed", "date")
    return {name: value for name, value in answer.headers.items() if name not in varying}


async def test_a_replay_has_the_same_status_body_and_headers(officer: AsyncClient, titles: Titles) -> None:
    first = await officer.post("/v1/notes", json={"title": "一"}, headers=KEY)
    again = await officer.post("/v1/notes", json={"title": "一"}, headers=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert without_ids(again) == without_ids(first)
    assert again.headers["Location"].startswith("/v1/notes/")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert await titles() == ["一"]


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/notes", {"title": "二"}), ("/v1/notes?x=1", {"title": "一"})],
    ids=["other body", "other query"],
)
async def test_the_key_for_another_request_is_422(officer: AsyncClient, path: str, body: dict[str, str]) -> None:
    await officer.post("/v1/notes", json={"title": "一"}, headers=KEY)
    answer = await officer.post(path, json=body, headers=KEY)
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency-key-reused"


async def test_callers_without_a_name_share_no_keys(
    nobody: AsyncClient, as_role: Headers, db: Database, titles: Titles
) -> None:
    headers = as_role("public", account_id="anonymous") | KEY
    first = await nobody.post("/v1/notes/leads", json={"title": "一"}, headers=headers)
    other = await nobody.post("/v1/notes/leads", json={"title": "二"}, headers=headers)
    assert (first.status_code, other.status_code) == (201, 201)
    assert await titles() == ["一", "二"]
    assert await stored(db) == 0


async def test_keys_belong_to_a_route(officer: AsyncClient, titles: Titles) -> None:
    await officer.post("/v1/notes", json={"title": "一"}, headers=KEY)
    assert (await officer.post("/v1/notes/pay", json={"title": "二"}, headers=KEY)).status_code == 200
    assert await titles() == ["一", "二"]


async def test_keys_belong_to_a_client(nobody: AsyncClient, as_role: Headers, titles: Titles) -> None:
    for account, title in (("one", "一"), ("two", "二")):
        headers = as_role("science_officer", account_id=account) | KEY
        assert (await nobody.post("/v1/notes", json={"title": title}, headers=headers)).status_code == 201
    assert await titles() == ["一", "二"]


async def test_a_twin_still_running_is_409_at_once(officer: AsyncClient) -> None:
    first = asyncio.create_task(officer.post("/v1/notes/slow", headers=KEY))
    await asyncio.sleep(0.2)
    twin = await officer.post("/v1/notes/slow", headers=KEY)
    assert not first.done()
    assert twin.status_code == 409
    assert twin.json()["code"] == "idempotency-key-in-use"
    assert twin.headers["Retry-After"] == "1"
    assert (await first).status_code == 200
    assert (await officer.post("/v1/notes/slow", headers=KEY)).headers["Idempotency-Replayed"] == "true"


async def test_of_twenty_twins_one_is_carried_out(officer: AsyncClient, titles: Titles) -> None:
    answers = await asyncio.gather(*(officer.post("/v1/notes", json={"title": "一"}, headers=KEY) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency-key-in-use"}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert await titles() == ["一"]


@pytest.mark.parametrize("path", ["/v1/notes/refused", "/v1/notes/untidy", "/v1/notes/broken"])
async def test_only_2xx_is_stored(officer: AsyncClient, db: Database, path: str) -> None:
    assert (await officer.post(path, json={"title": "x"}, headers=KEY)).status_code >= 400
    assert await stored(db) == 0


async def test_answers_with_secrets_are_not_stored(officer: AsyncClient, db: Database) -> None:
    answers = [await officer.post("/v1/notes/secret", headers=KEY) for _ in range(2)]
    assert [answer.json()["secret"] for answer in answers] == [1, 2]
    assert await stored(db) == 0


async def test_a_replay_comes_before_the_role_and_the_payload(
    nobody: AsyncClient, as_role: Headers, officer: AsyncClient
) -> None:
    """Whoever lost the role meanwhile still learns what became of the request."""
    await officer.post("/v1/notes", json={"title": "一"}, headers=KEY)
    answer = await nobody.post("/v1/notes", json={"title": "一"}, headers=as_role("enterprise") | KEY)
    assert answer.status_code == 201
    other = await nobody.post("/v1/notes", content=b"{", headers=as_role("enterprise") | KEY)
    assert other.json()["code"] == "idempotency-key-reused"


async def test_a_stored_answer_is_only_for_who_is_known(nobody: AsyncClient, officer: AsyncClient) -> None:
    await officer.post("/v1/notes", json={"title": "一"}, headers=KEY)
    assert (await nobody.post("/v1/notes", json={"title": "一"}, headers=KEY)).status_code == 401


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "钥匙".encode().decode("latin-1"), "a\tb"])
async def test_a_malformed_key_is_400(officer: AsyncClient, key: str) -> None:
    answer = await officer.post(
        "/v1/notes",
        json={"title": "一"},
        headers=[("Idempotency-Key", key.encode("latin-1"))],  # type: ignore[arg-type]  # httpx takes bytes
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency-key-invalid"


async def test_a_key_of_200_characters_is_accepted(officer: AsyncClient) -> None:
    answer = await officer.post("/v1/notes", json={"title": "一"}, headers={"Idempotency-Key": "~" * 200})
    assert answer.status_code == 201


async def test_where_money_moves_a_key_is_required(officer: AsyncClient, nobody: AsyncClient, as_role: Headers) -> None:
    answer = await officer.post("/v1/notes/pay", json={"title": "一"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency-key-required"
    other_role = await nobody.post("/v1/notes/pay", json={"title": "一"}, headers=as_role("enterprise"))
    assert other_role.status_code == 403


async def test_keys_are_forgotten_after_30_days(officer: AsyncClient, db: Database) -> None:
    for number, age in enumerate((29, 31)):
        await officer.post("/v1/notes", json={"title": str(number)}, headers={"Idempotency-Key": f"k-{number}"})
        async with db.transaction() as session:
            await session.execute(
                update(idempotency_key)
                .where(idempotency_key.c.key == f"k-{number}")
                .values(created_at=func.now() - text(f"interval '{age} days'"))
            )
    assert await idempotency.purge(db) == 1
    async with db.transaction() as session:
        assert list(await session.scalars(select(idempotency_key.c.key))) == ["k-0"]
