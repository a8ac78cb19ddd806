"""`GET /v1/audit/entries`: auditors alone, filtered, page by page, and as a file that is on record itself."""

import csv
import io

from httpx import AsyncClient

from gateway.audit.entries import Entry, write
from shared.db import Database
from shared.events.contracts.gateway import DataExported, ExportedState
from tests.gateway.audit.books import entries_of
from tests.gateway.audit.conftest import Record
from tests.gateway.conftest import Hire

ENTRIES = "/v1/audit/entries"


async def test_only_auditors_read_entries(client: AsyncClient, hire: Hire) -> None:
    assert (await client.get(ENTRIES)).status_code == 401
    for role in ("admin", "security_admin", "science_officer", "finance_approver"):
        person = await hire(f"audited-{role.replace('_', '-')}", role)
        assert (await client.get(ENTRIES, headers=person.headers)).status_code == 403
    auditor = await hire("audit-reader", "auditor")
    assert (await client.get(ENTRIES, headers=auditor.headers)).status_code == 200


async def test_entries_come_latest_first_page_by_page(client: AsyncClient, hire: Hire, db: Database) -> None:
    auditor = await hire("audit-pager", "auditor")
    await entries_of(db, 7)
    seen: list[str] = []
    query: dict[str, str] = {"kind": "signed_in", "limit": "3"}
    while True:
        page = (await client.get(ENTRIES, params=query, headers=auditor.headers)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert len(seen) == len(set(seen)) >= 7
    assert seen == sorted(seen, reverse=True)


async def test_entries_are_found_by_account_reason_and_time(client: AsyncClient, hire: Hire, db: Database) -> None:
    auditor = await hire("audit-finder", "auditor")
    person = await hire("audited-found", "science_officer")
    await client.post("/v1/bans/1/lift?refuse=403", headers=person.headers)
    state = ExportedState(
        account_id=str(person.id),
        credential="session",
        credential_id=None,
        kind="case_pack",
        method="GET",
        route="/v1/audit/case-packs",
        purpose="inspection",
        rows=12,
        bytes=9,
        digest="ab",
    )
    async with db.transaction() as session:
        await write(session, [Entry(DataExported, state, actor=str(person.id))])

    async def found(**query: str) -> list[dict[str, object]]:
        response = await client.get(ENTRIES, params={"account_id": str(person.id), **query}, headers=auditor.headers)
        assert response.status_code == 200, response.text
        items: list[dict[str, object]] = response.json()["items"]
        return items

    assert {item["kind"] for item in await found()} == {"request_refused", "data_exported"}
    (pack,) = await found(code="case_pack")
    assert (pack["rows"], pack["purpose"], pack["digest"], pack["route"]) == (12, "inspection", "ab", state.route)
    assert [item["status"] for item in await found(kind="request_refused")] == [403]
    assert await found(until_at="2020-01-01T00:00:00Z") == []
    assert len(await found(from_at="2020-01-01T00:00:00Z")) == 2
    wrong = await client.get(ENTRIES, params={"user": "x"}, headers=auditor.headers)
    assert wrong.status_code == 422


async def test_reading_entries_as_a_file_is_an_entry(client: AsyncClient, hire: Hire, record: Record) -> None:
    auditor = await hire("audit-filer", "auditor")
    response = await client.get(ENTRIES, headers={**auditor.headers, "Accept": "text/csv"})
    assert response.status_code == 200
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0][0] == "Kind of entry"
    taken = [one for one in await record.entries("data_exported") if one["actor"] == str(auditor.id)]
    assert [(one["route"], one["rows"]) for one in taken] == [(ENTRIES, len(rows) - 1)]
