"""Support for alliances over HTTP: the sheet, the activities, the year's cap, notice, report (4.6-3, 4.7-3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any, Final
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import Response
from sqlalchemy import text

from shared.db import Database
from shared.events.contracts import evaluation as ev
from shared.ids import uuid7
from tests.finance.support import Desk, Json, deliver, received
from tests.finance.test_tasks import finders, found
from tests.support.identifiers import make_uscc

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH: Final = "/v1/alliance-support"
BODY: Final = make_uscc(9001)
NOTICE_OVER: Final = date(2020, 5, 13)
_payments = count(1)
TODAY: Final = date(2020, 5, 6)


class Bureau:
    """The leading bureau of an alliance, and the treasury."""

    def __init__(self, desk: Desk, bureau: str = "industry") -> None:
        self.desk, self.bureau = desk, bureau

    async def send(self, person: str, path: str, body: object = None, **more: Any) -> Response:
        role = {"treasury": "treasury_officer", "auditor": "auditor", "admin": "admin"}.get(person)
        rank = "approver" if person.startswith("approver") else "officer"
        claims: Json = {"roles": (role or f"{self.bureau}_{rank}",), "account_id": f"{self.bureau}-{person}"}
        claims |= {"today": TODAY, **more.pop("claims", {})}
        if more.pop("method", "POST") == "GET":
            return await self.desk.get("admin", path, claims=claims, **more)
        return await self.desk.post("admin", path, body, claims=claims, **more)

    async def ok(self, person: str, path: str, body: object = None, **more: Any) -> Json:
        answer = await self.send(person, path, body, **more)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    async def announced(self, body: Json) -> Json:
        support = await self.ok("officer", PATH, body)
        await self.ok("officer_2", f"{PATH}/{support['id']}/review")
        await self.ok("officer", f"{PATH}/{support['id']}/notice")
        return support

    async def approve(self, support: Json, amount: str, **claims: Any) -> Response:
        body = {"amount": amount, "document_no": "拉工信〔2020〕5号"}
        return await self.send(
            "approver", f"{PATH}/{support['id']}/approve", body, claims={"today": NOTICE_OVER, **claims}
        )

    async def paid(self, body: Json) -> Json:
        support = await self.announced(body)
        approved = await self.approve(support, body["amount"])
        assert approved.status_code == 200, approved.text
        pay = {"reference": f"国库-S-{next(_payments)}"}
        return await self.ok("treasury", f"{PATH}/{support['id']}/pay", pay, claims={"today": NOTICE_OVER})


@pytest_asyncio.fixture(loop_scope="session")
async def bureau(desk: Desk) -> Bureau:
    return Bureau(desk)


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def assessed(
    db: Database,
    records: int = 3,
    *,
    alliance: str = "maker_spaces",
    year: int = 2019,
    grade: str = "good",
    published: bool = True,
) -> list[UUID]:
    """The year's sheet with as many activities; a later sheet of the same year stands in for a fresh database."""
    ids = [uuid7() for _ in range(records)]
    for number, record in enumerate(ids, start=1):
        await deliver(db, ev.AllianceWorkRecorded, _record(record, number, alliance, year, "recorded", version=1))
    data = ev.AllianceAssessmentState(
        id=uuid7(),
        no=f"AA-{year}-0001",
        alliance=alliance,
        year=year,
        edition="lhasa-2019",
        status="published" if published else "confirmed",
        items=(),
        score=Decimal(85),
        grade=grade,
        record_ids=tuple(ids),
        records_by_kind={"activity": records},
        reason_code=None,
        confirmed_on=date(2020, 1, 10),
        document_no="拉工信〔2020〕1号" if published else None,
        published_on=date(2020, 1, 20) if published else None,
    )
    kind = ev.AllianceAssessmentPublished if published else ev.AllianceAssessmentConfirmed
    await deliver(db, kind, received(kind, data, data.id, 3, date(2020, 1, 20)))
    return ids


def _record(record: UUID, number: int, alliance: str, year: int, status: str, *, version: int) -> Any:
    data = ev.AllianceRecordState(
        id=record,
        no=f"AW-{year}-{number:04d}",
        alliance=alliance,
        kind="activity",
        year=year,
        held_on=date(year, 9, number),
        title="创业沙龙",
        participants=60,
        evidence=(),
        status=status,
        reason_code=None,
    )
    kind = ev.AllianceWorkRecorded if status == "recorded" else ev.AllianceWorkStruck
    return received(kind, data, record, version, date(year, 9, number))


async def forget(db: Database) -> None:
    """No sheets and no support: a year of an alliance exists once, and tests share the database."""
    async with db.transaction() as session:
        for table in ("alliance_citation", "alliance_support", "known_alliance_assessment", "known_alliance_record"):
            await session.execute(text(f"DELETE FROM {table}"))
        await session.execute(text("DELETE FROM ceiling WHERE kind = 'alliances.year'"))


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def fresh(db: Database, app: object) -> None:
    await forget(db)


def application(cited: Sequence[UUID], amount: str = "200000.00", **other: Any) -> Json:
    return {
        "alliance": "maker_spaces",
        "year": 2019,
        "amount": amount,
        "record_ids": [str(record) for record in cited],
        "recipient_code": BODY,
        "recipient_name": "拉萨众创空间联盟秘书处",
        **other,
    }


def facts(body: Json) -> Json:
    return {name: value for name, value in body.items() if not name.startswith("recipient")}


async def test_from_application_to_the_accepted_report(bureau: Bureau, db: Database) -> None:
    cited = await assessed(db)
    support = await bureau.ok("officer", PATH, application(cited))
    assert (support["no"][:8], support["status"], len(support["activities"])) == ("AS-2020-", "applied", 3)
    path = f"{PATH}/{support['id']}"
    assert code_of(await bureau.send("officer", f"{path}/review")) == (403, "four-eyes-required")
    await bureau.ok("officer_2", f"{path}/review")
    assert code_of(await bureau.approve(support, "200000.00")) == (409, "notice-missing")
    await bureau.ok("officer", f"{path}/notice")
    assert code_of(await bureau.approve(support, "200000.00", today=TODAY)) == (409, "notice-running")
    assert (await bureau.approve(support, "200000.00")).status_code == 200
    later = {"today": NOTICE_OVER}
    pay = {"reference": "国库-1"}
    own = {**later, "roles": ("treasury_officer",)}
    assert code_of(await bureau.send("approver", f"{path}/pay", pay, claims=own)) == (403, "four-eyes-required")
    await bureau.ok("treasury", f"{path}/pay", pay, claims=later)
    assert code_of(await bureau.send("treasury", f"{path}/pay", pay, claims=later)) == (409, "invalid-transition")
    line = {"purpose": "activities", "description": "沙龙", "amount": "200000.01", "voucher_no": "记-1"}
    report = {"document_no": "报〔2020〕1号", "lines": [line]}
    above = await bureau.send("officer", f"{path}/report", report, claims=later)
    assert code_of(above) == (409, "alliance-spent-above-paid")
    off = {**report, "lines": [{**line, "purpose": "banquets", "amount": "1.00"}]}
    assert code_of(await bureau.send("officer", f"{path}/report", off, claims=later)) == (
        409,
        "alliance-purpose-unknown",
    )
    used = {**report, "lines": [{**line, "amount": "199999.50"}]}
    await bureau.ok("officer", f"{path}/report", used, claims=later)
    await bureau.ok("approver", f"{path}/return-report", claims=later)
    await bureau.ok("officer", f"{path}/report", used, claims=later)
    both = {**later, "roles": ("industry_officer", "industry_approver")}
    assert code_of(await bureau.send("officer", f"{path}/accept-report", {}, claims=both)) == (
        403,
        "four-eyes-required",
    )
    missing = await bureau.send("approver", f"{path}/accept-report", {}, claims=later)
    assert code_of(missing) == (409, "alliance-refund-missing")
    back = {"reference": "缴-1"}
    assert (await bureau.send("approver", f"{path}/confirm-refund", back, claims=later)).status_code == 403
    reporter = {**later, "roles": ("treasury_officer",)}
    assert code_of(await bureau.send("officer", f"{path}/confirm-refund", back, claims=reporter)) == (
        403,
        "four-eyes-required",
    )
    waiting = await bureau.send("treasury", "/v1/tasks", method="GET", kind="support_refund_to_confirm")
    assert [task["no"] for task in waiting.json()["items"]] == [support["no"]]
    confirmed = await bureau.ok("treasury", f"{path}/confirm-refund", back, claims=later)
    assert (confirmed["status"], confirmed["refunded"]) == ("reported", "0.50")
    assert code_of(await bureau.send("treasury", f"{path}/confirm-refund", back, claims=later)) == (
        409,
        "alliance-nothing-to-refund",
    )
    confirmer = {**later, "roles": ("industry_approver",)}
    assert code_of(await bureau.send("treasury", f"{path}/accept-report", {}, claims=confirmer)) == (
        403,
        "four-eyes-required",
    )
    closed = await bureau.ok("approver", f"{path}/accept-report", {}, claims=later)
    assert (closed["status"], closed["spent"], closed["refunded"]) == ("closed", "199999.50", "0.50")
    query = text(
        "SELECT account, sum(amount) AS total FROM posting JOIN journal_entry ON journal_entry.id = entry_id"
        " WHERE case_id = CAST(:id AS uuid) AND account LIKE 'alliance.%' GROUP BY account"
    )
    async with db.transaction() as session:
        found = {row.account: row.total for row in await session.execute(query, {"id": support["id"]})}
    assert found == {
        "alliance.committed": Decimal("200000.00"),
        "alliance.authority": Decimal("-200000.00"),
        "alliance.advance": Decimal("0.00"),
        "alliance.treasury": Decimal("-199999.50"),
        "alliance.expenditure": Decimal("199999.50"),
    }


@pytest.mark.parametrize(
    ("sheet", "change", "code"),
    [
        (None, {}, "alliance-not-assessed"),
        ({"published": False}, {}, "alliance-not-assessed"),
        ({"year": 2018}, {}, "alliance-not-assessed"),
        ({"alliance": "sci"}, {}, "alliance-not-assessed"),
        ({"grade": "fail"}, {}, "alliance-grade-not-supported"),
        ({}, {"amount": "200000.01"}, "alliance-above-cap"),
        ({}, {"record_ids": ["01900000-0000-7000-8000-000000000001"]}, "alliance-activities-not-counted"),
    ],
)
async def test_what_support_rests_on(bureau: Bureau, db: Database, sheet: Json | None, change: Json, code: str) -> None:
    cited = await assessed(db, **sheet) if sheet is not None else [uuid7()]
    body = {**application(cited), **change}
    tried = await bureau.send("officer", f"{PATH}/eligibility", facts(body))
    assert tried.status_code == 200, tried.text
    assert tried.json()["passed"] is False
    assert code_of(await bureau.send("officer", PATH, body)) == (409, code)


async def test_a_struck_activity_does_not_count(bureau: Bureau, db: Database) -> None:
    cited = await assessed(db)
    event = _record(cited[0], 1, "maker_spaces", 2019, "struck", version=2)
    await deliver(db, ev.AllianceWorkStruck, event)
    assert code_of(await bureau.send("officer", PATH, application(cited))) == (409, "alliance-activities-not-counted")
    await bureau.ok("officer", PATH, application(cited[1:]))


async def test_a_report_made_again_after_a_refund_has_what_is_left(bureau: Bureau, db: Database) -> None:
    paid = await bureau.paid(application(await assessed(db), "1000.00"))
    path, later = f"{PATH}/{paid['id']}", {"today": NOTICE_OVER}
    line = {"purpose": "activities", "description": "沙龙", "amount": "900.00", "voucher_no": "记-1"}
    await bureau.ok("officer", f"{path}/report", {"document_no": "报1", "lines": [line]}, claims=later)
    await bureau.ok("treasury", f"{path}/confirm-refund", {"reference": "缴-2"}, claims=later)
    await bureau.ok("approver", f"{path}/return-report", claims=later)
    for amount, status in (("900.01", 409), ("850.00", 200)):
        again = {"document_no": "报2", "lines": [{**line, "amount": amount}]}
        assert (await bureau.send("officer", f"{path}/report", again, claims=later)).status_code == status
    early = await bureau.send("approver", f"{path}/accept-report", {}, claims=later)
    assert code_of(early) == (409, "alliance-refund-missing")
    await bureau.ok("treasury", f"{path}/confirm-refund", {"reference": "缴-3"}, claims=later)
    closed = await bureau.ok("approver", f"{path}/accept-report", {}, claims=later)
    assert (closed["spent"], closed["refunded"]) == ("850.00", "150.00")


@pytest.mark.parametrize("approved", [False, True])
async def test_an_activity_that_is_struck_later_stops_the_money(bureau: Bureau, db: Database, approved: bool) -> None:
    cited = await assessed(db)
    support = await bureau.announced(application(cited))
    if approved:
        assert (await bureau.approve(support, "1000.00")).status_code == 200
    event = _record(cited[0], 1, "maker_spaces", 2019, "struck", version=2)
    await deliver(db, ev.AllianceWorkStruck, event)
    pay = {"reference": "国库-没有"}
    answer = (
        await bureau.send("treasury", f"{PATH}/{support['id']}/pay", pay, claims={"today": NOTICE_OVER})
        if approved
        else await bureau.approve(support, "1000.00")
    )
    assert code_of(answer) == (409, "alliance-activities-not-counted")


async def test_a_signed_objection_waits_for_an_officer_of_the_leading_bureau(bureau: Bureau, db: Database) -> None:
    support = await bureau.announced(application(await assessed(db)))
    objection = {"signatory": "扎西", "text": "不实"}
    made = await bureau.ok("officer_3", f"{PATH}/{support['id']}/notice/objections", objection)
    kind = "support_objection_to_answer"
    assert await finders(bureau.desk, kind, support["id"]) == {"industry_officer"}
    own = {"account": "industry-officer_3"}
    assert not await found(bureau.desk, kind, support["id"], "industry_officer", **own)
    answer = {"outcome": "dismissed", "text": "属实"}
    await bureau.ok("officer", f"{PATH}/{support['id']}/notice/objections/{made['id']}/answer", answer)
    assert await finders(bureau.desk, kind, support["id"]) == set()


async def test_a_reference_pays_one_case(bureau: Bureau, db: Database) -> None:
    cited = await assessed(db)
    first, second = [await bureau.announced(application([record], "10.00")) for record in cited[:2]]
    pay, claims = {"reference": "国库-一次"}, {"today": NOTICE_OVER}
    for support in (first, second):
        assert (await bureau.approve(support, "10.00")).status_code == 200
    await bureau.ok("treasury", f"{PATH}/{first['id']}/pay", pay, claims=claims)
    again = await bureau.send("treasury", f"{PATH}/{second['id']}/pay", pay, claims=claims)
    assert code_of(again) == (409, "payment-reference-used")
    assert first["no"] in again.text


async def test_an_activity_counts_once_until_its_support_is_refused(bureau: Bureau, db: Database) -> None:
    cited = await assessed(db)
    first = await bureau.ok("officer", PATH, application(cited[:2], "1000.00"))
    again = await bureau.send("officer", PATH, application(cited[1:], "1000.00"))
    assert code_of(again) == (409, "alliance-activity-cited")
    await bureau.ok("approver", f"{PATH}/{first['id']}/refuse", {"reason_code": "not_eligible"})
    await bureau.ok("officer", PATH, application(cited[1:], "1000.00"))


async def test_a_year_of_an_alliance_is_supported_with_200_000_together(bureau: Bureau, db: Database) -> None:
    cited = await assessed(db)
    first = await bureau.announced(application(cited[:1], "150000.00"))
    second = await bureau.announced(application(cited[1:2], "50000.01"))
    assert (await bureau.approve(first, "150000.00")).status_code == 200
    assert code_of(await bureau.approve(second, "50000.01")) == (409, "alliance-ceiling-exceeded")
    assert (await bureau.approve(second, "50000.00")).status_code == 200
    third = await bureau.announced(application(cited[2:], "0.01"))
    assert code_of(await bureau.approve(third, "0.01")) == (409, "alliance-ceiling-exceeded")
    await bureau.ok(
        "approver_2", f"{PATH}/{first['id']}/refuse", {"reason_code": "other"}, claims={"today": NOTICE_OVER}
    )
    assert (await bureau.approve(third, "0.01")).status_code == 200
    sci = Bureau(bureau.desk, "education")
    other = await sci.announced(application(await assessed(db, alliance="sci"), alliance="sci"))
    assert (await sci.approve(other, "200000.00")).status_code == 200


async def test_each_alliance_has_its_leading_bureau(bureau: Bureau, db: Database) -> None:
    cited, sci = await assessed(db), await assessed(db, alliance="sci")
    education = Bureau(bureau.desk, "education")
    assert (await education.send("officer", PATH, application(cited))).status_code == 403
    assert (await bureau.send("officer", PATH, application(sci, alliance="sci"))).status_code == 403
    support = await bureau.announced(application(cited))
    assert (await education.approve(support, "1.00")).status_code == 403
    assert (await bureau.send("admin", f"{PATH}/{support['id']}/approve", {})).status_code == 403
    refused = await education.send("approver", f"{PATH}/{support['id']}/refuse", {"reason_code": "other"})
    assert refused.status_code == 403
    listed = await bureau.send("auditor", PATH, method="GET", alliance="maker_spaces")
    assert [item["no"] for item in listed.json()["items"]] == [support["no"]]
    operator = await bureau.desk.get("operator", PATH)
    assert operator.status_code == 403
