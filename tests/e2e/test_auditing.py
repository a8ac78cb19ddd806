"""The auditor through the gateway: a paid grant as one archive, a sample, related parties and the year's end."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.audit.checking import check_pack, compare_log, events_of
from shared.audit.sampling import Item, Method, digest_of, draw
from tests.e2e.city import Body, City, Person
from tests.support.postgres import Cluster
from tests.support.suite import Suite

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

PAID = "2019-12-20"
NOW = "2019-12-31"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
async def city(postgres: Cluster, tmp_path: Path) -> AsyncIterator[City]:
    with Suite(postgres, tmp_path) as suite:
        async with City(suite) as made:
            yield made


async def fetch(person: Person, path: str, *, accept: str = "*/*", expect: int = 200) -> httpx.Response:
    headers = {"Mengchuang-Today": NOW, "Accept": accept, "Accept-Language": "en"}
    if person.token:
        headers["Authorization"] = f"Bearer {person.token}"
    response = await person.client.get(path, headers=headers, timeout=60)
    assert response.status_code == expect, response.text[:2000]
    return response


async def file(person: Person, path: str) -> Body:
    headers = {
        "Mengchuang-Today": PAID,
        "Authorization": f"Bearer {person.token}",
        "Content-Type": "application/pdf",
        "Content-Disposition": "attachment; filename*=UTF-8''%E7%94%B3%E8%AF%B7.pdf",
        "Idempotency-Key": str(uuid4()),
    }
    response = await person.client.post(path, content=PDF, headers=headers)
    assert response.status_code == 201, response.text
    body: Body = response.json()
    return body


async def test_what_the_auditor_takes_away_can_be_checked_and_drawn_again_elsewhere(city: City, tmp_path: Path) -> None:
    code = city.code()
    operator = await city.enrol("operator", ["centre_operator"], org=code)
    centre = await city.listed_centre("虚构中心甲", operator, code)
    await city.tenant(operator, centre)
    grant = await city.grant(operator, centre, PAID, "100000.00", paid=True)
    document = await file(operator, f"/v1/grants/{grant}/documents")
    paper = await file(city.people["science_officer"], f"/v1/centres/{centre}/documents")
    auditor = city.people["auditor"]

    pack = await the_pack(auditor, grant, document, tmp_path)
    await the_audit_knows(auditor, grant)
    await a_second_pack_holds_the_first_reading(auditor, grant, tmp_path)
    await other_services_cases_are_packed_alike(auditor, centre, paper, tmp_path)
    await nobody_else(city, grant)
    await the_log_agrees(city, pack)
    await samples(auditor, grant)
    await year_end(auditor, grant)
    await relations(auditor, centre)


async def the_pack(auditor: Person, grant: str, document: Body, tmp_path: Path) -> Path:
    response = await fetch(auditor, f"/v1/audit/cases/grants/{grant}/case-pack")
    assert response.headers["content-type"] == "application/zip"
    pack = tmp_path / "grant.zip"
    pack.write_bytes(response.content)
    checked = check_pack(pack)
    assert checked.findings == ()
    assert checked.left_out == ()
    assert checked.case["kind"] == "grants"
    assert checked.case["no"].startswith("GR-2019-")
    assert checked.documents == 1
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        names = archive.namelist()
        assert f"documents/{document['id']}" in names
        assert archive.read(f"documents/{document['id']}") == PDF
        assert f"record/grants/{grant}.json" in names
        lines = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
        types = {line["event"]["attributes"]["type"] for line in lines}
        assert {"finance.grant.approved.v1", "finance.grant.disbursed.v1", "finance.document.added.v1"} <= types
        decisions = json.loads(archive.read("decisions.json"))
        assert any("3.1" in clause for step in decisions for clause in step["clauses"])
        summary = archive.read("summary.html").decode()
        assert "案卷" in summary
        assert "Course" in summary
        assert "finance.grant.disbursed.v1" in summary
    return pack


async def the_audit_knows(auditor: Person, grant: str) -> None:
    entries = (await auditor.get("/v1/audit/entries?kind=data_exported", NOW))["items"]
    assert any(grant in json.dumps(entry) or "case-pack" in json.dumps(entry) for entry in entries)


async def a_second_pack_holds_the_first_reading(auditor: Person, grant: str, tmp_path: Path) -> None:
    response = await fetch(auditor, f"/v1/audit/cases/grants/{grant}/case-pack")
    again = tmp_path / "again.zip"
    again.write_bytes(response.content)
    assert check_pack(again).findings == ()
    with zipfile.ZipFile(again) as archive:
        lines = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
    assert any(line["relation"] == "audit" and grant in line["event"]["data"] for line in lines)


async def other_services_cases_are_packed_alike(auditor: Person, centre: str, paper: Body, tmp_path: Path) -> None:
    response = await fetch(auditor, f"/v1/audit/cases/centres/{centre}/case-pack")
    pack = tmp_path / "centre.zip"
    pack.write_bytes(response.content)
    checked = check_pack(pack)
    assert (checked.findings, checked.documents) == ((), 1)
    with zipfile.ZipFile(pack) as archive:
        assert archive.read(f"documents/{paper['id']}") == PDF
        manifest = json.loads(archive.read("manifest.json"))
        assert f"record/centres/{centre}/history.json" in archive.namelist()
    assert any(one["table"] == "tenancy" for one in manifest["beneath"]) or manifest["counts"]["events_of_case"] > 3


async def nobody_else(city: City, grant: str) -> None:
    for role, status in (("science_officer", 403), ("admin", 403), ("public", 401)):
        person = city.people[role]
        for path in (f"/v1/audit/cases/grants/{grant}/case-pack", "/v1/audit/related-parties?since=2019-01-01"):
            await fetch(person, path, expect=status)
    await fetch(city.people["auditor"], f"/v1/audit/cases/grants/{uuid4()}/case-pack", expect=404)
    await fetch(city.people["auditor"], f"/v1/audit/cases/grants.anything/{grant}/case-pack", expect=404)
    await fetch(city.people["auditor"], f"/v1/audit/cases/nothing/{grant}/case-pack", expect=404)
    await fetch(city.people["auditor"], f"/v1/audit/cases/accounts/{grant}/case-pack", expect=404)


async def the_log_agrees(city: City, pack: Path) -> None:
    from shared.audit.online import hashes_at
    from shared.db import Database

    databases = {name: Database(url, pool_size=1) for name, url in city.suite.database_urls.items()}
    try:
        events = events_of(pack)
        known = await hashes_at(databases, [(event.topic, event.position) for event in events])
        assert compare_log(events, lambda topic, position: known.get((topic, position))) == []
    finally:
        for database in databases.values():
            await database.close()


async def samples(auditor: Person, grant: str) -> None:
    known = (await auditor.get("/v1/audit/populations", NOW))["items"]
    assert {"grants_paid", "redemptions", "quarterly_reports_submitted", "centres_listed"} <= {p["name"] for p in known}
    period = "since=2019-01-01&until=2019-12-31"
    methods: tuple[Method, ...] = ("simple_random", "stratified", "monetary_unit")
    for population in known:
        found = await auditor.get(f"/v1/audit/populations/{population['name']}?{period}", NOW)
        items = [Item(one["id"], one["stratum"], one["amount"] and money(one["amount"])) for one in found["items"]]
        assert found["population_digest"] == digest_of(items)
        for method in methods if population["money"] else methods[:2]:
            query = f"population={population['name']}&{period}&method={method}&size=3&seed=2019-A"
            sample = await auditor.get(f"/v1/audit/samples?{query}", NOW)
            assert [one["id"] for one in sample["items"]] == [d.item.id for d in draw(items, method, 3, "2019-A")]
            assert sample["population_digest"] == found["population_digest"]
    drawn = await auditor.get(
        f"/v1/audit/samples?population=grants_paid&{period}&method=monetary_unit&size=2&seed=x", NOW
    )
    assert [(one["id"], one["hits"], one["amount"]) for one in drawn["items"]] == [(grant, 2, "100000.00")]
    bad = f"/v1/audit/samples?population=centres_listed&{period}&method=monetary_unit&size=2&seed=x"
    refused = await fetch(auditor, bad, expect=422)
    assert refused.json()["code"] == "sample-needs-amounts"
    await fetch(auditor, f"/v1/audit/samples?population=grants_paid&{period}&size=0&seed=x", expect=422)
    await fetch(auditor, f"/v1/audit/samples?population=nothing&{period}&size=1&seed=x", expect=404)
    await fetch(auditor, "/v1/audit/populations/grants_paid?since=2020-01-01&until=2019-01-01", expect=422)


def money(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


async def year_end(auditor: Person, grant: str) -> None:
    found = await auditor.get("/v1/audit/year-end-rush?year=2019", NOW)
    lines = {(line["by"], line["key"]): line for line in found["items"]}
    assert lines["total", "2019"]["spent"] == "100000.00"
    assert lines["month", "2019-12"]["in_last_month"] == "100000.00"
    assert lines["total", "2019"]["last_month_share"] == "100.0"
    assert found["last_days_from"] == "2019-12-18"
    cases = await auditor.get("/v1/audit/year-end-rush/cases?year=2019", NOW)
    assert [(one["case_id"], one["path"], one["in_last_days"]) for one in cases["items"]] == [
        (grant, f"/v1/grants/{grant}", True)
    ]
    table = (await fetch(auditor, "/v1/audit/year-end-rush?year=2019", accept="text/csv")).text
    assert "100000.00" in table
    assert table.count("\n") == len(found["items"]) + 1


async def relations(auditor: Person, centre: str) -> None:
    found = await auditor.get("/v1/audit/related-parties?since=2019-01-01&until=2019-12-31", NOW)
    text = json.dumps(found, ensure_ascii=False)
    assert "items" in found
    assert "虚构" not in text
