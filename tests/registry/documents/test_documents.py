"""Documents of cases: only with a case that one may see, only what they say they are, only gone from a draft."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from services.registry.documents.models import Document
from shared.files.documents import MAX_FILE, ORPHAN_AGE, sweep
from shared.files.storage import Storage
from shared.runtime import Runtime
from tests.registry.imports.files import as_xlsx
from tests.registry.support import Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

PDF = b"%PDF-1.7\n" + b"x" * 1000


@pytest.fixture
def files(registry: Registry) -> Storage:
    runtime: Runtime = registry.client._transport.app.state.runtime  # type: ignore[attr-defined]  # in-process
    return runtime.files


def stored(files: Storage) -> list[Path]:
    root = Path(str(files._place[1])) / "documents"
    return sorted(root.iterdir()) if root.exists() else []


async def test_a_document_comes_back_as_it_was_with_its_hash(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/documents"
    response = await registry.officer.upload(path, PDF, "营业执照.pdf")
    document = expect(response, 201)
    assert response.headers["Location"] == f"{path}/{document['id']}"
    assert {name: document[name] for name in ("name", "sha256", "size", "media_type")} == {
        "name": "营业执照.pdf",
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "size": len(PDF),
        "media_type": "application/pdf",
    }
    assert [item["id"] for item in expect(await registry.officer.get(path), 200)["items"]] == [document["id"]]
    assert expect(await registry.officer.get(f"{path}/{document['id']}"), 200) == document
    content = await registry.officer.get(f"{path}/{document['id']}/content")
    assert content.content == PDF
    assert content.headers["Content-Disposition"].startswith("attachment;")
    assert content.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<html><script>alert(1)</script></html>", "a.pdf"),
        (b"MZ" + b"\0" * 100, "a.png"),
        (b"PK\x03\x04 nothing", "a.docx"),
        (b"plain", "a.txt"),
    ],
)
async def test_what_a_file_is_counts_and_not_its_name(
    registry: Registry, files: Storage, content: bytes, name: str
) -> None:
    before = stored(files)
    path = f"/v1/centres/{(await registry.draft())['id']}/documents"
    refused(await registry.officer.upload(path, content, name), 422, "document-type-not-accepted")
    assert stored(files) == before


async def test_size_and_emptiness_are_refused(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/documents"
    refused(await registry.officer.upload(path, b"%PDF-" + b"x" * (MAX_FILE + 20_000)), 413, "payload-too-large")
    refused(await registry.officer.upload(path, b""), 422, "validation-failed")


async def test_a_workbook_is_told_from_any_archive(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/documents"
    document = expect(await registry.officer.upload(path, as_xlsx({"a": [["b"]]}), "a.zip"), 201)
    assert document["media_type"].endswith("spreadsheetml.sheet")


async def test_only_those_who_see_the_case_see_its_documents(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}/documents"
    document = expect(await registry.operator.upload(path, PDF), 201)
    address = f"{path}/{document['id']}"
    for caller in (registry.operator, registry.officer, registry.auditor):
        expect(await caller.get(address), 200)
    for caller in (registry.stranger, registry.caller("enterprise", org="91540102MA0000000X")):
        for wanted in (path, address, f"{address}/content"):
            refused(await caller.get(wanted), 404, "not-found")
        refused(await caller.upload(path, PDF), 404, "not-found")
    refused(await registry.auditor.upload(path, PDF), 404, "not-found")
    refused(await registry.public.get(path), 401, "unauthenticated")
    other = f"/v1/centres/{(await registry.draft(name='另一中心'))['id']}/documents/{document['id']}"
    refused(await registry.officer.get(other), 404, "not-found")


async def test_a_document_goes_from_a_draft_and_stays_once_it_is_submitted(registry: Registry) -> None:
    centre = await registry.draft()
    path = f"/v1/centres/{centre['id']}/documents"
    first, second = [expect(await registry.operator.upload(path, PDF), 201)["id"] for _ in range(2)]
    assert (await registry.operator.delete(f"{path}/{first}")).status_code == 204
    refused(await registry.operator.get(f"{path}/{first}"), 404, "not-found")
    refused(await registry.operator.get(f"{path}/{first}/content"), 404, "not-found")
    expect(await registry.operator.post(f"/v1/centres/{centre['id']}/submit"), 200)
    refused(await registry.operator.delete(f"{path}/{second}"), 409, "document-kept")


async def test_every_kind_of_case_has_documents(registry: Registry) -> None:
    centre = await registry.listed()
    enterprise = await registry.enterprise()
    title = await registry.applied(centre["id"])
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    division = expect(await registry.officer.get("/v1/divisions"), 200)["items"][0]
    for address in (
        f"/v1/enterprises/{enterprise['id']}",
        f"/v1/qualification-applications/{title['id']}",
        f"/v1/tenancies/{tenancy['id']}",
        f"/v1/divisions/{division['id']}",
    ):
        expect(await registry.officer.upload(f"{address}/documents", PDF), 201)
        assert len(expect(await registry.officer.get(f"{address}/documents"), 200)["items"]) == 1
        refused(await registry.stranger.get(f"{address}/documents"), 404, "not-found")


async def test_old_files_without_a_row_are_swept_and_no_others(registry: Registry, files: Storage) -> None:
    centre = await registry.draft()
    path = f"/v1/centres/{centre['id']}/documents"
    kept, removed = [expect(await registry.operator.upload(path, PDF), 201)["id"] for _ in range(2)]
    assert (await registry.operator.delete(f"{path}/{removed}")).status_code == 204
    fresh = "01900000-0000-7000-8000-000000000001"
    orphan = "01900000-0000-7000-8000-000000000002"
    folder = stored(files)[0].parent
    for name in (fresh, orphan):
        (folder / name).write_bytes(PDF)
    past = time.time() - ORPHAN_AGE.total_seconds() - 10
    for name in (kept, removed, orphan):
        os.utime(folder / name, (past, past))
    await sweep(registry.db, files, Document)
    names = {path.name for path in stored(files)}
    assert {kept, fresh} <= names
    assert names.isdisjoint({removed, orphan})
    assert (await registry.operator.get(f"{path}/{kept}/content")).content == PDF


async def test_a_change_of_documents_is_an_event_without_the_name(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/documents"
    document = expect(await registry.operator.upload(path, PDF, "张三身份证.pdf"), 201)
    await registry.operator.delete(f"{path}/{document['id']}")
    async with registry.db.engine.connect() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT type, data FROM event_log WHERE topic = 'registry.document' ORDER BY seq"
        )
        events = [tuple(row) for row in rows]
    assert [kind for kind, _ in events] == ["registry.document.added.v1", "registry.document.removed.v1"]
    assert all("张三" not in data for _, data in events)
