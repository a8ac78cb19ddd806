"""Lists by keyset: every row once, in order, whatever happens between the pages."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from shared.db import Database
from tests.shared.http.sample import Note


@pytest.fixture
async def notes(db: Database) -> list[tuple[str, int]]:
    made = [(f"注{number:02}", number % 3) for number in range(12)]
    async with db.transaction() as session:
        session.add_all(Note(title=title, grade=grade) for title, grade in made)
    return made


async def walk(client: AsyncClient, path: str, **params: str | int) -> list[Any]:
    """All items, page by page, by following the Link header."""
    items: list[Any] = []
    answer = await client.get(path, params=params)
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= int(params.get("limit", 50))
        items.extend(page["items"])
        if page["next"] is None:
            assert "Link" not in answer.headers
            return items
        address, _, relation = answer.headers["Link"].partition(">; ")
        assert relation == 'rel="next"'
        assert parse_qs(urlsplit(address[1:]).query)["cursor"] == [page["next"]]
        answer = await client.get(address[1:])


@pytest.mark.parametrize("limit", [1, 5, 11, 12, 13, 200])
@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("title", lambda note: note[0]),
        ("-title", lambda note: [-ord(character) for character in note[0]]),
        ("mixed", lambda note: (-note[1], note[0])),
    ],
)
async def test_pages_join_without_gap_or_repetition(
    officer: AsyncClient,
    notes: list[tuple[str, int]],
    sort: str,
    order: Callable[[tuple[str, int]], object],
    limit: int,
) -> None:
    items = await walk(officer, "/v1/notes", sort=sort, limit=limit)
    assert [(item["title"], item["grade"]) for item in items] == sorted(notes, key=order)  # type: ignore[arg-type]  # any order


async def test_rows_that_come_and_go_disturb_nobody(
    officer: AsyncClient, db: Database, notes: list[tuple[str, int]]
) -> None:
    first = (await officer.get("/v1/notes", params={"limit": 4})).json()
    async with db.transaction() as session:
        await session.execute(text("DELETE FROM note WHERE title = '注03'"))
        session.add_all([Note(title="注00a"), Note(title="注04a")])
    second = (await officer.get("/v1/notes", params={"limit": 4, "cursor": first["next"]})).json()
    assert [item["title"] for item in second["items"]] == ["注04", "注04a", "注05", "注06"]


async def test_filters_go_along_with_the_link(officer: AsyncClient, notes: list[tuple[str, int]]) -> None:
    items = await walk(officer, "/v1/notes", grade=1, sort="grade", limit=2)
    assert sorted(str(item["title"]) for item in items) == [title for title, grade in notes if grade == 1]


async def test_rows_of_several_columns(officer: AsyncClient, notes: list[tuple[str, int]]) -> None:
    assert await walk(officer, "/v1/notes/titles", limit=5) == [f"{title}:{grade}" for title, grade in notes]


async def test_an_empty_list(officer: AsyncClient) -> None:
    assert (await officer.get("/v1/notes")).json() == {"items": [], "next": None}


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", ""])
async def test_limits_outside_1_to_200_are_422(officer: AsyncClient, limit: str) -> None:
    assert (await officer.get("/v1/notes", params={"limit": limit})).status_code == 422


def cursor_of(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%%%",
        "钥匙",
        base64.urlsafe_b64encode(b"[" * 1400).decode().rstrip("="),
        cursor_of([]),
        cursor_of({"a": 1}),
        cursor_of([["title"], [5]]),
        cursor_of([["title"], [None]]),
        cursor_of([["title"], ["a\x00b"]]),
        cursor_of([["title"], ["\ud800"]]),
        cursor_of([["title"], ["a", "b"]]),
        cursor_of([["title-"], ["a"]]),
        cursor_of([["version"], ["a"]]),
    ],
)
async def test_a_cursor_nobody_gave_out_is_422(officer: AsyncClient, cursor: str) -> None:
    answer = await officer.get("/v1/notes", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["code"] == "cursor-invalid"


@pytest.mark.parametrize("values", [[2**31, "x"], [True, "x"], ["1", "x"], [1, "not a uuid"], [1.5, "x"]])
async def test_cursor_values_fit_their_columns(officer: AsyncClient, values: list[object]) -> None:
    cursor = cursor_of([["grade", "id"], values])
    answer = await officer.get("/v1/notes", params={"sort": "grade", "cursor": cursor})
    assert answer.status_code == 422


async def test_a_cursor_of_another_order_is_422(officer: AsyncClient, notes: list[tuple[str, int]]) -> None:
    cursor = (await officer.get("/v1/notes", params={"limit": 1})).json()["next"]
    answer = await officer.get("/v1/notes", params={"limit": 1, "sort": "-title", "cursor": cursor})
    assert answer.json()["code"] == "cursor-invalid"
