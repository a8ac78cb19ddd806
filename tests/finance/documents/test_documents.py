"""Documents of grants and findings: added while the case is open, by whom it concerns, and told in events."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import Response

from shared.db import Database
from tests.finance.support import OTHER_OPERATOR, Desk, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")

PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"


async def add(desk: Desk, person: str, path: str, **claims: Any) -> Response:
    headers = desk.headers(person, **claims) | {
        "Content-Type": "application/pdf",
        "Content-Disposition": "attachment; filename=plan.pdf",
    }
    return await desk.client.post(f"{path}/documents", content=PDF, headers=headers)


async def test_a_grant_has_documents_that_its_readers_download(desk: Desk, db: Database) -> None:
    grant = await desk.applied(await list_centre(db))
    path = f"/v1/grants/{grant['id']}"
    added = await add(desk, "operator", path)
    assert added.status_code == 201, added.text
    listed = (await desk.get("auditor", f"{path}/documents")).json()["items"]
    assert [item["id"] for item in listed] == [added.json()["id"]]
    content = await desk.get("auditor", f"{path}/documents/{added.json()['id']}/content")
    assert content.content == PDF


async def test_documents_are_taken_out_again_only_before_the_review(desk: Desk, db: Database) -> None:
    grant = await desk.applied(await list_centre(db))
    path = f"/v1/grants/{grant['id']}"
    first, second = [(await add(desk, "operator", path)).json()["id"] for _ in range(2)]

    async def take_out(document_id: str) -> Response:
        return await desk.client.delete(f"{path}/documents/{document_id}", headers=desk.headers("operator"))

    assert (await take_out(first)).status_code == 204
    await desk.step("science_officer", grant, "review")
    kept = await take_out(second)
    assert (kept.status_code, kept.json()["code"]) == (409, "document-kept")


async def test_an_ended_grant_takes_no_more_documents(desk: Desk, db: Database) -> None:
    grant = await desk.applied(await list_centre(db))
    await desk.step("science_officer", grant, "refuse", {"reason_code": "other"}, key=desk.new_key())
    refused = await add(desk, "operator", f"/v1/grants/{grant['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid-transition")


@pytest.mark.parametrize(
    ("person", "claims", "status"),
    [
        pytest.param("operator", {"org": OTHER_OPERATOR}, 404, id="another-operator"),
        pytest.param("treasury_officer", {}, 201, id="treasury"),
        pytest.param("auditor", {}, 403, id="auditor"),
        pytest.param("science_approver", {}, 403, id="approver"),
    ],
)
async def test_who_adds_documents_to_a_grant(
    desk: Desk, db: Database, person: str, claims: dict[str, Any], status: int
) -> None:
    grant = await desk.applied(await list_centre(db))
    assert (await add(desk, person, f"/v1/grants/{grant['id']}", **claims)).status_code == status


async def test_a_finding_takes_documents_until_it_is_decided(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db))
    await desk.spend(grant, "1000.00", purpose="cooperation")
    finding = (await desk.get("operator", "/v1/findings", grant_id=grant["id"])).json()["items"][0]
    path = f"/v1/findings/{finding['id']}"
    assert (await add(desk, "operator", path)).status_code == 201
    await desk.post("operator", f"{path}/reply", {"statement": "用于合作"})
    assert (await add(desk, "operator", path)).status_code == 201
    assert (await desk.post("science_approver", f"{path}/confirm")).status_code == 200
    assert (await add(desk, "operator", path)).json()["code"] == "invalid-transition"
