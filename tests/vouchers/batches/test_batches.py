"""Batches: checked row by row, approved by another person, each row issued once (4.3-3)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from time import perf_counter
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from services.vouchers.batches.issuing import run_waiting
from shared.runtime import Runtime
from tests.vouchers.support import Caller, Firm, Town, approver, code_of, fresh_code, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

IMPORT = "/v1/imports/vouchers"
PATH = "/v1/voucher-batches"
HEADER = "enterprise_code,programme_no,face_value,category"


@dataclass(frozen=True)
class Office:
    """A county with an open programme and firms in a listed centre."""

    town: Town
    programme_no: str
    firms: Sequence[Firm]

    def file(self, *amounts: str) -> str:
        rows = [f"{firm.code},{self.programme_no},{amount}," for firm, amount in zip(self.firms, amounts, strict=False)]
        return "\n".join([HEADER, *rows])

    async def send(self, content: str, caller: Caller | None = None, **params: str) -> httpx.Response:
        headers = self.town.api.headers(caller or officer())
        headers["Content-Disposition"] = "attachment; filename=batch.csv"
        return await self.town.api.client.post(IMPORT, params=params, headers=headers, content=content.encode())

    async def taken(self, content: str) -> str:
        answer = await self.send(content)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["batch_id"])

    async def approved(self, batch_id: str, caller: Caller | None = None) -> dict[str, Any]:
        return await self.town.api.ok(caller or approver(), f"{PATH}/{batch_id}/approve")

    async def batch(self, batch_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.town.api.get(officer(), f"{PATH}/{batch_id}")).json()
        return answer

    async def run(self) -> int:
        return await run_waiting(self.runtime)

    @property
    def runtime(self) -> Runtime:
        runtime = self.town.api.client._transport.app.state.runtime  # type: ignore[attr-defined]  # the ASGI transport
        return cast(Runtime, runtime)

    async def issued(self, batch_id: str) -> int:
        return int(await self.town.one("SELECT count(*) FROM voucher WHERE batch_id = CAST(:id AS uuid)", id=batch_id))


async def office(town: Town, firms: int = 3, **terms: Any) -> Office:
    centre = await town.registry.centre()
    holders = [await town.registry.tenant(centre) for _ in range(firms)]
    programme = await town.programme(**terms)
    no = await town.one("SELECT no FROM programme WHERE id = CAST(:id AS uuid)", id=programme)
    return Office(town, no, holders)


async def test_a_file_waits_for_another_person_and_is_issued_row_by_row(town: Town) -> None:
    there = await office(town)
    batch_id = await there.taken(there.file("100.00", "200.00", "300.5"))
    shown = await there.batch(batch_id)
    assert (shown["status"], shown["row_count"], shown["amount"]) == ("awaiting_approval", 3, "600.50")
    assert await there.issued(batch_id) == 0
    operation = await there.approved(batch_id)
    assert operation["status"] == "running"
    assert await there.run() == 1
    done = (await town.api.get(approver(), f"/v1/operations/{operation['id']}")).json()
    assert (done["status"], done["done"], done["result"]["issued"]) == ("done", 3, 3)
    shown = await there.batch(batch_id)
    assert (shown["status"], shown["issued_count"], shown["issued_amount"]) == ("issued", 3, "600.50")
    rows = (await town.api.get(officer(), f"{PATH}/{batch_id}/rows")).json()["items"]
    assert [(row["row"], row["status"], row["face_value"]) for row in rows] == [
        (2, "issued", "100.00"),
        (3, "issued", "200.00"),
        (4, "issued", "300.50"),
    ]
    mine = (await town.api.get(there.firms[0].caller, f"/v1/vouchers/{rows[0]['voucher_id']}")).json()
    assert (mine["batch_id"], mine["face_value"]) == (batch_id, "100.00")
    assert await town.events(batch_id, "vouchers.batch.issued.v1") == 1


async def test_each_row_is_judged_with_those_before_it(town: Town) -> None:
    there = await office(town, budget="500.00")
    answer = await there.send(there.file("300.00", "200.00", "0.01"))
    assert code_of(answer) == (422, "import-refused")
    problem = answer.json()["problems"][0]
    assert (problem["row"], problem["column"], problem["code"]) == (4, "face_value", "voucher-budget-exceeded")
    assert (await there.send(there.file("300.00", "200.00"), dry_run="true")).json()["would_insert"] == 2


async def test_bad_rows_are_named_with_what_to_do(town: Town) -> None:
    there = await office(town, firms=2)
    outside = await town.registry.enterprise()
    other = await town.programme("540121")
    foreign = await town.one("SELECT no FROM programme WHERE id = CAST(:id AS uuid)", id=other)
    code, no = there.firms[0].code, there.programme_no
    content = "\n".join(
        [
            HEADER,
            f"{code},{no},10.00,legal_protection",
            f"{code},{no},20.00,legal_protection",
            f"{outside.code},{no},10.00,",
            f"91540100MA6T1WRONG,{no},10.00,",
            f"{there.firms[1].code},{foreign},10.00,",
            f"{there.firms[1].code},{no},-5,",
            f"{there.firms[1].code},{no},5,catering",
        ]
    )
    answer = (await there.send(content)).json()
    found = {problem["row"]: (problem["column"], problem["code"]) for problem in answer["problems"]}
    assert found == {
        3: ("enterprise_code", "cell_twice"),
        4: ("enterprise_code", "not-in-a-centre"),
        5: ("enterprise_code", found[5][1]),
        6: ("programme_no", "batch-row-other-division"),
        7: ("face_value", found[7][1]),
        8: ("category", "category-not-in-programme"),
    }
    assert (answer["rows"], answer["refused"], answer["committed"]) == (7, 6, False)
    assert all(problem["remedy"] for problem in answer["problems"])


async def test_partial_keeps_the_good_rows(town: Town) -> None:
    there = await office(town, budget="300.00")
    answer = (await there.send(there.file("300.00", "200.00"), partial="true")).json()
    assert (answer["committed"], answer["inserted"], answer["refused"], answer["amount"]) == (True, 1, 1, "300.00")


async def test_the_same_file_is_taken_in_once_until_it_is_given_up(town: Town) -> None:
    there = await office(town)
    content = there.file("100.00", "200.00")
    answers = await asyncio.gather(*(there.send(content) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "batch-file-already-taken"}
    batch_id = next(answer.json()["batch_id"] for answer in answers if answer.status_code == 200)
    await town.api.ok(approver(), f"{PATH}/{batch_id}/refuse", {"answer": "金额有误"})
    assert (await there.send(content)).status_code == 200


async def test_who_took_it_in_cannot_approve_it(town: Town) -> None:
    there = await office(town)
    both = Caller(("division_officer", "division_approver"), division="540102")
    answer = await there.send(there.file("100.00"), both)
    refused = await town.api.post(both, f"{PATH}/{answer.json()['batch_id']}/approve")
    assert code_of(refused) == (403, "four-eyes-required")


async def test_a_row_that_no_longer_fits_is_noted_and_the_others_go_on(town: Town) -> None:
    there = await office(town)
    batch_id = await there.taken(there.file("100.00", "200.00", "300.00"))
    centre = await town.one("SELECT centre_id FROM known_tenancy WHERE enterprise_id = :id", id=there.firms[1].id)
    stay = await town.one("SELECT id FROM known_tenancy WHERE enterprise_id = :id", id=there.firms[1].id)
    await town.registry.tenancy(there.firms[1].id, centre, tenancy_id=stay, ended_on=date(2019, 6, 2), version=2)
    await there.approved(batch_id)
    await there.run()
    shown = await there.batch(batch_id)
    assert (shown["status"], shown["issued_count"], shown["refused_count"]) == ("issued", 2, 1)
    row = (await town.api.get(officer(), f"{PATH}/{batch_id}/rows", status="refused")).json()["items"][0]
    assert (row["row"], row["code"], bool(row["message"])) == (3, "not-in-a-centre", True)


async def test_others_do_not_see_it(town: Town) -> None:
    there = await office(town)
    batch_id = await there.taken(there.file("100.00"))
    for path in (f"{PATH}/{batch_id}", f"{PATH}/{batch_id}/rows"):
        assert (await town.api.get(officer("540121"), path)).status_code == 404
        assert (await town.api.get(there.firms[0].caller, path)).status_code == 403
    assert (await town.api.post(approver("540121"), f"{PATH}/{batch_id}/approve")).status_code == 404


async def test_the_template_can_be_sent_back_as_it_is_filled_in(town: Town) -> None:
    answer = await town.api.get(officer(), f"{IMPORT}/template")
    assert answer.status_code == 200
    assert answer.content.startswith(b"PK")


async def crowd(town: Town, count: int) -> Office:
    """Many firms in one centre, written behind the service's back."""
    there = await office(town, firms=1, budget="100000000.00")
    centre = await town.one("SELECT centre_id FROM known_tenancy WHERE enterprise_id = :id", id=there.firms[0].id)
    firms = [Firm(uuid4(), fresh_code()) for _ in range(count)]
    async with town.db.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO known_enterprise (id, version, code, name, registered_on, legal_representative_ref)"
                " VALUES (:id, 1, :code, '测试企业', '2018-01-01', :code)"
            ),
            [{"id": firm.id, "code": firm.code} for firm in firms],
        )
        await session.execute(
            text(
                "INSERT INTO known_tenancy (id, version, enterprise_id, centre_id, admitted_on)"
                " VALUES (:id, 1, :firm, :centre, '2019-02-01')"
            ),
            [{"id": uuid4(), "firm": firm.id, "centre": centre} for firm in firms],
        )
    return Office(town, there.programme_no, firms)


async def test_killed_in_the_middle_and_taken_up_by_two_at_once_each_row_is_issued_once(
    town: Town, vouchers_url: str
) -> None:
    there = await crowd(town, 80)
    batch_id = await there.taken(there.file(*["10.00"] * 80))
    await there.approved(batch_id)

    def worker() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.vouchers.batches.worker_process", vouchers_url]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    first = worker()
    while await there.issued(batch_id) < 10:
        await asyncio.sleep(0.02)
    first.kill()
    await asyncio.to_thread(first.communicate)
    before = await there.issued(batch_id)
    assert 10 <= before < 80
    assert (await there.batch(batch_id))["issued_count"] == before
    both = [worker() for _ in range(2)]
    for process in both:
        await asyncio.to_thread(process.communicate)
    assert [process.returncode for process in both] == [0, 0]
    await there.run()
    shown = await there.batch(batch_id)
    assert (shown["status"], shown["issued_count"], shown["issued_amount"]) == ("issued", 80, "800.00")
    assert await there.issued(batch_id) == 80
    sql = "SELECT count(DISTINCT enterprise_id) FROM voucher WHERE batch_id = CAST(:id AS uuid)"
    assert await town.one(sql, id=batch_id) == 80
    told = (
        "SELECT count(*) FROM event_log JOIN voucher ON voucher.id = aggregate_id"
        " WHERE type = 'vouchers.voucher.issued.v1' AND batch_id = CAST(:id AS uuid)"
    )
    assert await town.one(told, id=batch_id) == 80
    committed = (
        "SELECT committed FROM ceiling JOIN programme ON subject = programme.id::text"
        " WHERE ceiling.kind = 'vouchers.programme_budget' AND no = :no"
    )
    assert await town.one(committed, no=there.programme_no) == Decimal("800.00")


async def test_a_whole_batch_is_checked_within_seconds(town: Town) -> None:
    there = await crowd(town, 2_000)
    content = there.file(*["10.00"] * 2_000)
    begun = perf_counter()
    answer = await there.send(content, dry_run="true")
    seconds = perf_counter() - begun
    assert answer.json()["would_insert"] == 2_000, answer.text
    assert seconds < 45, f"2,000 rows checked in {seconds:.1f} s"
    too_many = await there.send(f"{content}\n{there.firms[0].code},{there.programme_no},1.00,legal_protection")
    assert code_of(too_many) == (422, "batch-too-many-rows")
