"""Any list as a file: all pages, the same filters and refusals, and nothing that a spreadsheet would carry out."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from python_calamine import CalamineWorkbook

from shared.db import Database
from shared.http import exports
from shared.http.exports import CSV, XLSX, neutral
from tests.shared.http.sample import Note


@pytest.fixture
async def notes(db: Database) -> None:
    async with db.transaction() as session:
        session.add_all([Note(title=f"n{number:03}", grade=number % 2) for number in range(450)])
        session.add(Note(title="=1+1", grade=1))


def lines(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.usefixtures("notes")
async def test_csv_holds_every_page_with_the_lists_filters(officer: AsyncClient) -> None:
    response = await officer.get("/v1/notes?grade=1&sort=-title", headers={"Accept": CSV})
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="notes.csv"'
    assert int(response.headers["Content-Length"]) == len(response.content)
    assert response.content.startswith("\ufeff".encode())
    header, *rows = lines(response.text)
    assert header == ["Title", "Grade", "Id", "Version"]
    assert len(rows) == 226
    assert [row[0] for row in rows] == [*sorted((row[0] for row in rows[:-1]), reverse=True), "'=1+1"]


@pytest.mark.usefixtures("notes")
async def test_headings_are_in_the_readers_language(officer: AsyncClient) -> None:
    response = await officer.get("/v1/notes", headers={"Accept": CSV, "Accept-Language": "zh-CN"})
    assert lines(response.text)[0] == ["标题", "评价等次", "标识", "版本"]
    assert response.headers["Content-Language"] == "zh-CN"
    assert "Accept-Language" in response.headers["Vary"]


@pytest.mark.usefixtures("notes")
async def test_a_workbook_holds_the_same(officer: AsyncClient) -> None:
    response = await officer.get("/v1/notes", headers={"Accept": f"{XLSX}, application/json;q=0.5"})
    assert response.headers["Content-Type"] == XLSX
    rows = CalamineWorkbook.from_filelike(BytesIO(response.content)).get_sheet_by_index(0).to_python()
    assert len(rows) == 452
    assert rows[1][0] == "'=1+1"


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/csv;q=0.1, application/json", "text/html"])
@pytest.mark.usefixtures("notes")
async def test_json_stays_json(officer: AsyncClient, accept: str) -> None:
    response = await officer.get("/v1/notes?limit=2", headers={"Accept": accept})
    assert len(response.json()["items"]) == 2


async def test_refusals_stay_problems(officer: AsyncClient, nobody: AsyncClient) -> None:
    wanted = {"Accept": CSV}
    assert (await officer.get("/v1/notes?colour=red", headers=wanted)).status_code == 422
    assert (await officer.get("/v1/notes?cursor=x", headers=wanted)).json()["code"] == "cursor-invalid"
    assert (await nobody.get("/v1/notes", headers=wanted)).status_code == 401


@pytest.mark.usefixtures("notes")
async def test_a_list_too_long_is_refused_and_never_cut(officer: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_ROWS", 450)
    response = await officer.get("/v1/notes", headers={"Accept": CSV})
    assert (response.status_code, response.json()["code"]) == (409, "export-too-large")


@pytest.mark.usefixtures("notes")
async def test_a_list_of_plain_values_has_one_column(officer: AsyncClient) -> None:
    header, first, *_ = lines((await officer.get("/v1/notes/titles", headers={"Accept": CSV})).text)
    assert (header, first) == (["Value"], ["'=1+1:1"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+86 10", "'+86 10"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-20.50", "-20.50"),
        ("-5", "-5"),
        ("1=1", "1=1"),
        ("", ""),
        ("拉萨", "拉萨"),
    ],
)
def test_what_a_spreadsheet_would_take_for_a_formula_is_neutralised(text: str, shown: str) -> None:
    assert neutral(text) == shown


async def test_the_description_offers_the_files_for_every_list(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    assert {CSV, XLSX} <= set(paths["/v1/notes"]["get"]["responses"]["200"]["content"])
    assert set(paths["/v1/notes/{note_id}"]["get"]["responses"]["200"]["content"]) == {"application/json"}
