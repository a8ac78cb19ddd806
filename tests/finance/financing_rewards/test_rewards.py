"""A reward over HTTP: application, review, notice, approval, exception, payment, re-check, recovery (3.3-2)."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.finance.enterprises import read_enterprise
from services.finance.financing_rewards.commitments import combine_lives
from shared.db import Database
from shared.events.contracts import vouchers as vc
from shared.ids import uuid7
from tests.finance.financing_rewards.world import (
    INVESTOR,
    NOTICE_OVER,
    PATH,
    REVIEW,
    Bureau,
    Firm,
    application,
    facts,
    firm,
    know,
    merge,
)
from tests.finance.support import Desk, Json, delist, deliver, received
from tests.finance.test_tasks import finders, found
from tests.support.identifiers import make_uscc

pytestmark = pytest.mark.asyncio(loop_scope="session")
YEAR_ON = date(2020, 5, 14)


@pytest_asyncio.fixture(loop_scope="session")
async def bureau(desk: Desk) -> Bureau:
    return Bureau(desk)


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def held(db: Database, code: str) -> Decimal:
    query = "SELECT committed FROM ceiling WHERE kind = 'rewards.enterprise_life' AND subject = :code"
    async with db.transaction() as session:
        return await session.scalar(text(query), {"code": code}) or Decimal(0)


async def balances(db: Database, reward: Json) -> dict[str, Decimal]:
    query = text(
        "SELECT account, sum(amount) AS total FROM posting JOIN journal_entry ON journal_entry.id = entry_id"
        " WHERE case_id = CAST(:id AS uuid) GROUP BY account HAVING sum(amount) <> 0"
    )
    async with db.transaction() as session:
        return {row.account: row.total for row in await session.execute(query, {"id": reward["id"]})}


async def test_from_application_to_payment_with_four_people(bureau: Bureau, db: Database) -> None:
    who = await firm(db)
    reward = await bureau.applied(who)
    assert (reward["no"][:8], reward["status"]) == ("FR-2019-", "applied")
    assert code_of(await bureau.step("approver", reward, "review", REVIEW))[0] == 403
    both = {"roles": ("finance_officer", "finance_approver")}
    assert (await bureau.step("officer", reward, "review", REVIEW)).json()["status"] == "reviewed"
    assert code_of(await bureau.approve(reward, "50000.00")) == (409, "notice-missing")
    await bureau.ok("officer", f"{PATH}/{reward['id']}/notice")
    early = await bureau.approve(reward, "50000.00", today=date(2019, 5, 13))
    assert code_of(early) == (409, "notice-running")
    assert code_of(await bureau.approve(reward, "50000.00", "officer", **both)) == (403, "four-eyes-required")
    approved = await bureau.approve(reward, "50000.00")
    assert (approved.status_code, approved.json()["approved"]) == (200, "50000.00"), approved.text
    assert await held(db, who.code) == Decimal("50000.00")
    own = {"roles": ("treasury_officer",)}
    assert code_of(await bureau.pay(reward, "approver", claims=own)) == (403, "four-eyes-required")
    paid = await bureau.pay(reward)
    assert (paid.json()["status"], paid.json()["recheck_due_on"]) == ("paid", "2020-05-14")
    assert code_of(await bureau.pay(reward)) == (409, "invalid-transition")
    assert await balances(db, reward) == {
        "reward.committed": Decimal("50000.00"),
        "reward.authority": Decimal("-50000.00"),
        "reward.expenditure": Decimal("50000.00"),
        "reward.treasury": Decimal("-50000.00"),
        "budget.paid": Decimal("50000.00"),
        "budget.free": Decimal("-50000.00"),
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"requested": "50000.01"}, "reward-above-share"),
        ({"requested": "50000.01", "investment_amount": "2000000.00"}, "reward-above-cap"),
        ({"requested": "5000.01", "investment_amount": "100000.00"}, "reward-above-share"),
        ({"investor_type": "bank"}, "reward-investor-type-unknown"),
        ({"arrived_on": "2018-12-31"}, "reward-money-not-arrived"),
        ({"capital_registered_on": "2019-05-07"}, "reward-capital-not-registered"),
        ({"prior_holding_percent": "25.00"}, "reward-parties-related-by-holding"),
    ],
)
async def test_dry_run_and_application_refuse_alike(bureau: Bureau, db: Database, changes: Json, code: str) -> None:
    who = await firm(db)
    claims = {"org": who.code}
    tried = await bureau.send("enterprise", f"{PATH}/eligibility", facts(who, **changes), claims=claims)
    assert tried.status_code == 200, tried.text
    first = next(result for result in tried.json()["results"] if not result["passed"])
    assert (tried.json()["passed"], first["message"]) == (False, code)
    assert code_of(await bureau.apply(who, **changes)) == (409, code)


@pytest.mark.parametrize(
    ("registered", "code"),
    [
        ({"address_in_city": None}, "reward-address-unknown"),
        ({"address_in_city": False}, "reward-address-outside"),
        ({"tenanted": False}, "reward-not-tenanted"),
    ],
)
async def test_who_is_not_rewarded(bureau: Bureau, db: Database, registered: Json, code: str) -> None:
    assert code_of(await bureau.apply(await firm(db, **registered))) == (409, code)


async def test_a_code_of_the_economic_zone_is_no_reason_to_refuse(bureau: Bureau, db: Database) -> None:
    """The address decides, whatever division the code has: 540091."""
    who = await firm(db, code=make_uscc(8801, division="540091"), division="540172")
    assert (await bureau.apply(who)).status_code == 201


async def test_the_same_representative_is_refused(bureau: Bureau, db: Database) -> None:
    investor = await firm(db, legal_representative_ref="person-1")
    who = await firm(db, legal_representative_ref="person-1")
    assert code_of(await bureau.apply(who, investor_code=investor.code)) == (409, "reward-parties-related")


async def test_the_review_finds_out_what_nobody_had_recorded(bureau: Bureau, db: Database) -> None:
    reward = await bureau.applied(await firm(db))
    related = {**REVIEW, "same_representative": True}
    assert code_of(await bureau.step("officer", reward, "review", related)) == (409, "reward-parties-related")
    holding = {**REVIEW, "prior_holding_percent": "25.00"}
    answer = await bureau.step("officer", reward, "review", holding)
    assert code_of(answer) == (409, "reward-parties-related-by-holding")


async def test_an_investment_is_rewarded_once_until_it_is_refused(bureau: Bureau, db: Database) -> None:
    who, other = await firm(db), await firm(db)
    reward = await bureau.applied(who, "10.00", bank_slip_no="HD-一次")
    for again in (who, other):
        answer = await bureau.apply(again, "10.00", bank_slip_no="HD-一次")
        assert code_of(answer) == (409, "reward-investment-rewarded")
    await bureau.step("approver", reward, "refuse", {"reason_code": "incomplete_documents"})
    assert (await bureau.apply(who, "10.00", bank_slip_no="HD-一次")).status_code == 201


async def test_rewards_over_a_life_stay_within_50_000(bureau: Bureau, db: Database) -> None:
    who = await firm(db)
    await bureau.approved(who, "30000.00")
    second = await bureau.announced(who, "20000.00")
    above = await bureau.apply(who, "20000.01")
    assert code_of(above) == (409, "reward-ceiling-exceeded")
    third = await bureau.announced(who, "20000.00")
    assert (await bureau.approve(second, "20000.00")).status_code == 200
    refused = await bureau.approve(third, "0.01")
    assert code_of(refused) == (409, "reward-ceiling-exceeded")
    await bureau.step("approver_2", second, "refuse", {"reason_code": "other"}, claims={"today": NOTICE_OVER})
    assert await held(db, who.code) == Decimal("30000.00")
    assert (await bureau.approve(third, "20000.00")).status_code == 200


async def test_merged_records_count_together(bureau: Bureau, db: Database) -> None:
    gone, goes_on = await firm(db), await firm(db)
    first = await bureau.approved(gone, "30000.00")
    await bureau.approved(goes_on, "30000.00")
    waiting = await bureau.announced(goes_on, "10000.00")
    await merge(db, gone, goes_on)
    await merge(db, gone, goes_on)
    assert (await held(db, gone.code), await held(db, goes_on.code)) == (Decimal(0), Decimal("60000.00"))
    assert code_of(await bureau.approve(waiting, "0.01")) == (409, "reward-ceiling-exceeded")
    assert code_of(await bureau.apply(gone, "1.00")) == (409, "reward-enterprise-merged")
    await bureau.step("approver_2", first, "refuse", {"reason_code": "other"}, claims={"today": NOTICE_OVER})
    assert await held(db, goes_on.code) == Decimal("30000.00")
    assert (await bureau.approve(waiting, "10000.00")).status_code == 200


EXCEPTION: Json = {"reason": "重点项目", "minutes_no": "纪要〔2019〕9号"}


async def test_an_exception_is_approved_by_two_with_reason_and_minutes(bureau: Bureau, db: Database) -> None:
    who = await firm(db)
    reward = await bureau.approved(who, "80000.00", exception=EXCEPTION)
    assert code_of(await bureau.pay(reward)) == (409, "reward-second-approval-missing")
    claims = {"today": NOTICE_OVER}
    own = await bureau.step("approver", reward, "second-approve", claims=claims)
    assert code_of(own) == (403, "four-eyes-required")
    assert (await bureau.step("approver_2", reward, "second-approve", claims=claims)).status_code == 200
    assert code_of(await bureau.step("approver_2", reward, "second-approve", claims=claims)) == (
        409,
        "reward-signature-not-needed",
    )
    assert (await bureau.pay(reward)).status_code == 200
    assert code_of(await bureau.apply(who, "0.01")) == (409, "reward-ceiling-exceeded")


async def test_who_applies_asks_for_an_exception_and_the_review_alone_makes_it(bureau: Bureau, db: Database) -> None:
    who = await firm(db)
    assert (await bureau.apply(who, "80000.00", exception=EXCEPTION)).status_code == 422
    assert code_of(await bureau.apply(who, "80000.00")) == (409, "reward-above-share")
    reward = await bureau.applied(who, "80000.00", exception_asked="重点项目")
    assert (reward["is_exception"], reward["exception_asked"]) == (False, "重点项目")
    assert code_of(await bureau.step("officer", reward, "review", REVIEW)) == (409, "reward-above-share")
    half = {**REVIEW, "exception": {"reason": "重点项目"}}
    assert (await bureau.step("officer", reward, "review", half)).status_code == 422
    made = await bureau.step("officer", reward, "review", {**REVIEW, "exception": EXCEPTION})
    assert (made.json()["is_exception"], made.json()["exception_minutes_no"]) == (True, "纪要〔2019〕9号")
    within = await bureau.announced(who, "50000.00", exception_asked="重点项目")
    assert (await bureau.approve(within, "50000.00")).json()["is_exception"] is False


@pytest.mark.parametrize(
    ("valid_from", "status"),
    [(date(2019, 3, 31), 409), (date(2019, 4, 1), 201)],
)
async def test_the_investment_itself_is_no_holding_before_it(
    bureau: Bureau, db: Database, valid_from: date, status: int
) -> None:
    """The money arrived on 1 April, before the capital was registered; a share from that day on is what it bought."""
    who = await firm(db)
    await hold(db, who, valid_from)
    answer = await bureau.apply(who)
    assert answer.status_code == status, answer.text
    if status == 409:
        assert code_of(answer) == (409, "reward-parties-related-by-holding")
        return
    assert (await bureau.step("officer", answer.json(), "review", REVIEW)).status_code == 200


async def test_capital_registered_before_the_money_came_ends_the_time_before(bureau: Bureau, db: Database) -> None:
    who = await firm(db)
    await hold(db, who, date(2019, 3, 20))
    late, early = {"capital_registered_on": "2019-03-21"}, {"capital_registered_on": "2019-03-20"}
    assert code_of(await bureau.apply(who, **late)) == (409, "reward-parties-related-by-holding")
    assert (await bureau.apply(who, **early)).status_code == 201


async def hold(db: Database, who: Firm, valid_from: date) -> None:
    """The investor has had half of the enterprise since that day, by vouchers' records."""
    state = vc.HoldingState(
        id=uuid7(),
        provider_id=uuid7(),
        holder_code=INVESTOR,
        held_code=who.code,
        percent=Decimal(50),
        valid_from=valid_from,
        valid_to=None,
    )
    await deliver(db, vc.HoldingRecorded, received(vc.HoldingRecorded, state, state.id, 1, valid_from))


async def test_the_recipient_is_looked_at_again_before_the_payment(bureau: Bureau, db: Database) -> None:
    moved, left, gone, goes_on = [await firm(db) for _ in range(4)]
    away = await bureau.approved(moved)
    await know(db, moved, address_in_city=False)
    assert code_of(await bureau.pay(away)) == (409, "reward-address-outside")
    exited = await bureau.approved(left)
    async with db.transaction() as session:
        ended = "UPDATE known_tenancy SET ended_on = :day WHERE enterprise_id = :id"
        await session.execute(text(ended), {"day": date(2019, 5, 13), "id": left.id})
    assert code_of(await bureau.pay(exited)) == (409, "reward-not-tenanted")
    merged = await bureau.approved(gone)
    await merge(db, gone, goes_on)
    assert (await bureau.pay(merged)).status_code == 200


async def test_a_signed_objection_waits_for_the_financial_office(bureau: Bureau, db: Database) -> None:
    reward = await bureau.announced(await firm(db))
    objection = {"signatory": "扎西", "text": "不实"}
    made = await bureau.ok("officer", f"{PATH}/{reward['id']}/notice/objections", objection)
    kind = "reward_objection_to_answer"
    assert await finders(bureau.desk, kind, reward["id"]) == {"finance_officer"}
    assert not await found(bureau.desk, kind, reward["id"], "finance_officer", account="officer")
    answer = {"outcome": "dismissed", "text": "属实"}
    path = f"{PATH}/{reward['id']}/notice/objections/{made['id']}/answer"
    await bureau.ok("officer", path, answer, claims={"account_id": "officer-2"})
    assert await finders(bureau.desk, kind, reward["id"]) == set()


async def test_a_reference_pays_one_case(bureau: Bureau, db: Database) -> None:
    first, second = await bureau.approved(await firm(db)), await bureau.approved(await firm(db))
    assert (await bureau.pay(first, reference="国库-同号")).status_code == 200
    again = await bureau.pay(second, reference="国库-同号")
    assert code_of(again) == (409, "payment-reference-used")
    assert first["no"] in again.text
    assert (await bureau.pay(second)).status_code == 200


async def test_capital_that_went_back_is_recorded_on_any_day(bureau: Bureau, db: Database) -> None:
    reward = await bureau.paid(await firm(db))
    path, claims = f"{PATH}/{reward['id']}", {"today": date(2019, 7, 1)}
    back = {"outcome": "returned", "document_no": "复核〔2019〕1号"}
    await bureau.ok("officer", f"{path}/recheck", back, claims=claims)
    assert (await bureau.ok("approver", f"{path}/confirm-recheck", claims=claims))["status"] == "in_recovery"


async def test_a_closed_case_is_taken_up_again_by_two(bureau: Bureau, db: Database) -> None:
    reward = await bureau.paid(await firm(db))
    path, claims, later = f"{PATH}/{reward['id']}", {"today": YEAR_ON}, {"today": date(2020, 9, 1)}
    kept, back = ({"outcome": outcome, "document_no": f"复核-{outcome}"} for outcome in ("kept", "returned"))
    await bureau.ok("officer", f"{path}/recheck", kept, claims=claims)
    closed = await bureau.ok("approver", f"{path}/confirm-recheck", claims=claims)
    assert code_of(await bureau.send("officer", f"{path}/recheck", kept, claims=later)) == (
        409,
        "reward-nothing-to-recover",
    )
    facts = ("status", "recheck_outcome", "recheck_document_no", "rechecked_by", "rechecked_on", "ended_on")
    again = await bureau.ok("officer", f"{path}/recheck", back, claims=later)
    assert (again["status"], again["ended_on"], again["recheck_confirmed_by"]) == ("rechecked", None, None)
    both = {**later, "roles": ("finance_approver",)}
    own = await bureau.send("officer", f"{path}/confirm-recheck", claims=both)
    assert code_of(own) == (403, "four-eyes-required")
    stays = await bureau.ok("approver_2", f"{path}/reject-recheck", claims=later)
    assert [stays[name] for name in facts] == [closed[name] for name in facts]
    await bureau.ok("officer", f"{path}/recheck", back, claims=later)
    opened = await bureau.ok("approver", f"{path}/confirm-recheck", claims=later)
    assert (opened["status"], opened["recovery_due"]) == ("in_recovery", "50000.00")
    money = {"amount": "50000.00", "reference": "缴款-9"}
    assert (await bureau.ok("treasury", f"{path}/recover", money, claims=later))["status"] == "closed"
    assert code_of(await bureau.send("officer", f"{path}/recheck", back, claims=later)) == (
        409,
        "reward-nothing-to-recover",
    )


async def test_two_mergers_at_once_leave_one_life(bureau: Bureau, db: Database) -> None:
    """The middle record's merger is not committed yet when the first one's is handled: it waits for it."""
    first, middle, last = [await firm(db) for _ in range(3)]
    await bureau.approved(first, "30000.00")
    await bureau.approved(middle, "20000.00")
    async with db.transaction() as session:
        await session.execute(
            text("UPDATE known_enterprise SET merged_into_id = :into, version = 2 WHERE id = :id"),
            {"into": last.id, "id": middle.id},
        )
        await combine_lives(session, [middle.id])
        other = asyncio.create_task(merge(db, first, middle))
        await asyncio.sleep(0.3)
        assert not other.done()
    await other
    assert [await held(db, who.code) for who in (first, middle, last)] == [0, 0, Decimal("50000.00")]


async def test_an_approval_holds_every_record_that_its_enterprise_went_into(bureau: Bureau, db: Database) -> None:
    first, middle, last = [await firm(db) for _ in range(3)]
    await merge(db, first, middle)
    async with db.transaction() as session:
        known = await read_enterprise(session, first.code, lock=True)
        assert known.survivor == middle.code
        other = asyncio.create_task(merge(db, middle, last))
        await asyncio.sleep(0.3)
        assert not other.done()
    await other


async def test_a_recheck_after_a_year_closes_or_recovers(bureau: Bureau, db: Database) -> None:
    kept, gone = await bureau.paid(await firm(db)), await bureau.paid(await firm(db))
    check = {"outcome": "kept", "document_no": "复核〔2020〕1号"}
    early = await bureau.step("officer", kept, "recheck", check, claims={"today": date(2020, 5, 13)})
    assert code_of(early) == (409, "reward-recheck-not-due")
    claims = {"today": YEAR_ON}
    due = await bureau.get("officer", PATH, claims=claims, recheck_due_to="2020-05-14", limit=200)
    assert {kept["no"], gone["no"]} <= {item["no"] for item in due.json()["items"]}
    tasks = await bureau.get("officer", "/v1/tasks", claims=claims, kind="reward_to_recheck")
    assert {kept["no"], gone["no"]} <= {task["no"] for task in tasks.json()["items"]}
    await bureau.ok("officer", f"{PATH}/{kept['id']}/recheck", check, claims=claims)
    both = {**claims, "roles": ("finance_officer", "finance_approver")}
    assert code_of(await bureau.step("officer", kept, "confirm-recheck", claims=both)) == (403, "four-eyes-required")
    await bureau.ok("approver", f"{PATH}/{kept['id']}/reject-recheck", claims=claims)
    await bureau.ok("officer", f"{PATH}/{kept['id']}/recheck", check, claims=claims)
    assert (await bureau.ok("approver", f"{PATH}/{kept['id']}/confirm-recheck", claims=claims))["status"] == "closed"
    await bureau.ok("officer", f"{PATH}/{gone['id']}/recheck", {**check, "outcome": "returned"}, claims=claims)
    opened = await bureau.ok("approver", f"{PATH}/{gone['id']}/confirm-recheck", claims=claims)
    assert (opened["status"], opened["recovery_due"]) == ("in_recovery", "50000.00")
    money = {"amount": "50000.01", "reference": "缴款-1"}
    assert code_of(await bureau.step("treasury", gone, "recover", money, claims=claims)) == (
        409,
        "returned-above-outstanding",
    )
    part = {**money, "amount": "49999.99"}
    assert (await bureau.step("treasury", gone, "recover", part, claims=claims)).json()["status"] == "in_recovery"
    last = await bureau.step("treasury", gone, "recover", {**money, "amount": "0.01"}, claims=claims)
    assert (last.json()["status"], last.json()["recovered"]) == ("closed", "50000.00")
    assert (await balances(db, gone))["budget.returned"] == Decimal("50000.00")
    assert "reward.receivable" not in await balances(db, gone)


async def test_a_delisting_ends_what_is_unpaid_and_gives_it_back(bureau: Bureau, db: Database) -> None:
    who = await firm(db)
    paid = await bureau.paid(who, "10000.00")
    approved, applied = await bureau.approved(who, "20000.00"), await bureau.applied(who, "5000.00")
    assert await held(db, who.code) == Decimal("30000.00")
    await delist(db, who.centre)
    for reward, status in ((paid, "paid"), (approved, "cancelled"), (applied, "cancelled")):
        assert (await bureau.get("auditor", f"{PATH}/{reward['id']}")).json()["status"] == status
    assert await held(db, who.code) == Decimal("10000.00")
    assert await balances(db, approved) == {}
    assert code_of(await bureau.apply(who, "1.00")) == (409, "reward-not-tenanted")


async def test_nobody_is_paid_whose_centre_is_not_in_good_standing(
    bureau: Bureau, db: Database, standings: Any
) -> None:
    reward = await bureau.approved(await firm(db))
    standings.answers["registry"] = "delisted"
    assert code_of(await bureau.pay(reward)) == (409, "centre-not-in-good-standing")
    standings.answers["registry"] = None
    assert code_of(await bureau.pay(reward)) == (503, "standing-unknown")


async def test_whose_rewards_are_seen(bureau: Bureau, db: Database) -> None:
    who, other = await firm(db), await firm(db)
    reward = await bureau.applied(who, "10.00")
    path = f"{PATH}/{reward['id']}"
    assert (await bureau.get("enterprise", path, claims={"org": who.code})).status_code == 200
    assert (await bureau.get("enterprise", path, claims={"org": other.code})).status_code == 404
    assert (await bureau.get("enterprise", PATH, claims={"org": other.code})).json()["items"] == []
    assert (await bureau.get("operator", path)).status_code == 200
    assert (await bureau.get("operator", path, claims={"org": other.code})).status_code == 404
    foreign = await bureau.send("enterprise", PATH, application(who), claims={"org": other.code})
    assert foreign.status_code == 404
    assert (await bureau.send("admin", f"{path}/approve", {})).status_code == 403
    operator = await bureau.send("operator", PATH, application(who, "10.00"))
    assert operator.status_code == 201, operator.text
    sheet = await bureau.desk.client.get(
        PATH, headers=bureau.desk.headers("auditor", account_id="auditor") | {"Accept": "text/csv"}
    )
    assert (sheet.status_code, who.code in sheet.text) == (200, True)
