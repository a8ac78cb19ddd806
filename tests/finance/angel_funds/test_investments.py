"""Investments over HTTP: the enterprise's seat, the vote, tranches, exits by share, write-off, delisting (3.2-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from shared.db import Database
from shared.events.contracts import vouchers as vc
from shared.ids import uuid7
from tests.finance.angel_funds.world import CHECKLIST, MANAGER, PATH, Bureau, slip
from tests.finance.matching import enterprise, tenancy
from tests.finance.support import TODAY, Desk, Json, delist, deliver, list_centre, received
from tests.finance.test_delisting_orders import follow, relist
from tests.support.delisting_orders import Orders

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def bureau(desk: Desk) -> Bureau:
    return Bureau(desk)


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def tenant(db: Database, centre: UUID, **stay: Any) -> str:
    firm, code = await enterprise(db)
    await tenancy(db, firm, centre, **stay)
    return code


async def test_only_enterprises_of_the_centre_are_invested_in(bureau: Bureau, db: Database) -> None:
    centre, elsewhere = await list_centre(db), await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    path = f"{PATH}/{fund['id']}/investments"
    stranger, left = await tenant(db, elsewhere), await tenant(db, centre, ended_on=date(2019, 5, 5))
    for code in (stranger, left):
        body = {"enterprise_code": code, "amount": "10.00", "checklist": CHECKLIST}
        assert code_of(await bureau.send("officer", path, body)) == (409, "angel-fund-investee-not-tenanted")
    last_day = await tenant(db, centre, ended_on=TODAY)
    body = {"enterprise_code": last_day, "amount": "10.00", "checklist": CHECKLIST[:4]}
    assert code_of(await bureau.send("officer", path, body)) == (409, "angel-fund-checklist-incomplete")
    tried = await bureau.send("officer", f"{PATH}/{fund['id']}/eligibility", body)
    assert (tried.status_code, tried.json()["passed"]) == (200, False)
    investment = await bureau.proposed(fund, last_day, "10.00")
    assert (investment["no"][:8], investment["status"]) == ("AI-2019-", "proposed")


async def test_a_tranche_is_refused_once_the_enterprise_has_left(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    code = await tenant(db, centre, ended_on=TODAY)
    investment = await bureau.approved(fund, code, "10.00")
    tomorrow = {"today": date(2019, 5, 7)}
    body = {"document_no": "x", "amount": "10.00", "bank_slip_no": slip()}
    path = f"{PATH}/{fund['id']}/investments/{investment['id']}/tranches"
    order = await bureau.ok("officer", path, body, claims=tomorrow)
    late = await bureau.confirm(fund, order, "approver_2", claims=tomorrow)
    assert code_of(late) == (409, "angel-fund-investee-not-tenanted")


async def test_a_vote_that_falls_short_ends_the_proposal(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    investment = await bureau.proposed(fund, await tenant(db, centre), "10.00")
    voted = await bureau.vote(investment, "for", "abstained")
    assert (voted.json()["status"], voted.json()["reason_code"]) == ("refused", "voted_down")
    assert code_of(await bureau.vote(investment, "for", "for", "for")) == (409, "invalid-transition")


async def test_a_related_seat_is_recused_and_leaves_the_base(bureau: Bureau, db: Database) -> None:
    """The manager holds 25 % of the enterprise: its seat does not vote, and two of two carry it."""
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    code = await tenant(db, centre)
    state = vc.HoldingState(
        id=uuid7(),
        provider_id=uuid7(),
        holder_code=MANAGER,
        held_code=code,
        percent=Decimal("25.00"),
        valid_from=date(2019, 1, 1),
        valid_to=None,
    )
    event = received(vc.HoldingRecorded, state, state.id, 1, date(2019, 1, 1))
    await deliver(db, vc.HoldingRecorded, event)
    investment = await bureau.proposed(fund, code, "10.00")
    assert code_of(await bureau.vote(investment, "for", "for", "for")) == (409, "angel-fund-vote-conflict")
    voted = await bureau.vote(investment, "for", "recused", "for")
    assert voted.json()["status"] == "voted"
    assert voted.json()["decisions"][-1]["decision"]["results"][1]["inputs"]["base"] == 2


async def test_an_investment_takes_four_eyes_twice(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    investment = await bureau.proposed(fund, await tenant(db, centre), "10.00")
    path = f"{PATH}/{fund['id']}/investments/{investment['id']}/approve"
    document = {"document_no": "批"}
    assert code_of(await bureau.send("approver", path, document)) == (409, "invalid-transition")
    await bureau.vote(investment, "for", "for", "for")
    both = {"roles": ("finance_officer", "finance_approver")}
    assert code_of(await bureau.send("officer", path, document, claims=both)) == (403, "four-eyes-required")
    await bureau.ok("approver", path, document)
    order = await bureau.on(investment, "tranches", {"amount": "10.00", "bank_slip_no": slip()})
    own = await bureau.confirm(fund, order.json(), "officer", claims=both)
    assert code_of(own) == (403, "four-eyes-required")
    approver = await bureau.confirm(fund, order.json(), "approver")
    assert code_of(approver) == (403, "four-eyes-required")
    assert (await bureau.confirm(fund, order.json(), "approver_2")).status_code == 200


async def test_tranches_never_exceed_approval_or_cash(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    code = await tenant(db, centre)
    large = await bureau.approved(fund, code, "150.00")
    above = await bureau.on(large, "tranches", {"amount": "100.01", "bank_slip_no": slip()})
    assert code_of(above) == (409, "angel-fund-cash-short")
    small = await bureau.approved(fund, code, "60.00")
    above = await bureau.on(small, "tranches", {"amount": "60.01", "bank_slip_no": slip()})
    assert code_of(above) == (409, "angel-fund-tranche-above-approved")
    waiting = await bureau.on(large, "tranches", {"amount": "50.00", "bank_slip_no": "HD-重复"})
    twice = await bureau.on(small, "tranches", {"amount": "50.00", "bank_slip_no": "HD-重复"})
    assert code_of(twice) == (409, "angel-fund-bank-slip-used")
    await bureau.moved(small, "tranches", {"amount": "60.00", "bank_slip_no": slip()})
    assert code_of(await bureau.confirm(fund, waiting.json(), "approver_2")) == (409, "angel-fund-cash-short")
    await bureau.moved(large, "tranches", {"amount": "40.00", "bank_slip_no": slip()})
    read = await bureau.read(fund)
    assert (read["cash"], read["invested"]) == ("0.00", "100.00")


async def entries_of(db: Database, fund: Json) -> dict[str, Decimal]:
    query = text(
        "SELECT account, sum(amount) AS total FROM posting JOIN journal_entry ON journal_entry.id = entry_id"
        " WHERE case_id = CAST(:id AS uuid) AND account LIKE 'fund.%' GROUP BY account"
    )
    async with db.transaction() as session:
        return {row.account: row.total for row in await session.execute(query, {"id": fund["id"]})}


async def test_value_exit_and_write_off_and_the_statement_is_the_journal(bureau: Bureau, db: Database) -> None:
    """Of 300 + 333.33 + 366.67 paid in: 600.00 invested, 200.00 of it sold for 500.01, 400.00 written off."""
    centre = await list_centre(db)
    fund = await bureau.full(centre, "300.00", "333.33", "366.67")
    code = await tenant(db, centre)
    investment = await bureau.invested(fund, code, "600.00")
    await bureau.moved(investment, "valuations", {"value": "900.00", "method": "最近一轮融资价格"})
    noted = await bureau.statement(fund)
    assert (noted["cash"], noted["investments_value"], noted["value"]) == ("400.00", "900.00", "1300.00")
    await bureau.moved(investment, "exits", {"cost": "200.00", "proceeds": "500.01", "bank_slip_no": slip()})
    sold = await bureau.statement(fund)
    assert (sold["cash"], sold["invested"], sold["gains"], sold["proceeds"]) == (
        "400.00",
        "400.00",
        "300.01",
        "500.01",
    )
    assert [investor["proceeds"] for investor in sold["investors"]] == ["166.67", "183.34", "150.00"]
    assert sold["investments"][0]["value"] == "600.00"
    above = await bureau.on(investment, "write-offs", {"cost": "400.01", "reason": "停止经营"})
    assert code_of(above) == (409, "angel-fund-above-held")
    await bureau.moved(investment, "write-offs", {"cost": "400.00", "reason": "停止经营"})
    final = await bureau.statement(fund)
    assert (final["invested"], final["losses"], final["agrees"]) == ("0.00", "400.00", True)
    assert final["investments"][0]["status"] == "written_off"
    assert await entries_of(db, fund) == {
        "fund.subscribed": Decimal("700.00"),
        "fund.municipal_subscribed": Decimal("300.00"),
        "fund.subscribers": Decimal("-1000.00"),
        "fund.cash": Decimal("400.00"),
        "fund.capital": Decimal("-700.00"),
        "fund.municipal_capital": Decimal("-300.00"),
        "fund.investments": Decimal("0.00"),
        "fund.gains": Decimal("-300.01"),
        "fund.losses": Decimal("400.00"),
        "fund.distributed": Decimal("350.01"),
        "fund.municipal_distributed": Decimal("150.00"),
        "fund.treasury_due": Decimal("150.00"),
        "fund.treasury_claim": Decimal("-150.00"),
    }


async def test_an_exit_below_cost_is_a_loss(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.full(centre, "30.00", "70.00")
    investment = await bureau.invested(fund, await tenant(db, centre), "50.00")
    await bureau.moved(investment, "exits", {"cost": "50.00", "proceeds": "20.01", "bank_slip_no": slip()})
    end = await bureau.statement(fund)
    assert (end["losses"], end["proceeds"], end["cash"], end["agrees"]) == ("29.99", "20.01", "50.00", True)
    assert end["investments"][0]["status"] == "exited"


async def test_a_delisting_stops_new_money_and_a_reversal_lifts_it(bureau: Bureau, db: Database) -> None:
    centre = await list_centre(db)
    fund = await bureau.closed(centre, "30.00", "70.00")
    await bureau.called(fund, "70.00", "30.00")
    other, municipal = fund["investors"]
    await bureau.paid_in(fund, other, "70.00")
    code = await tenant(db, centre)
    held = await bureau.invested(fund, code, "20.00")
    new = await bureau.approved(fund, code, "10.00")
    order = await bureau.prepared(fund, "payments", {"investor_id": municipal["id"], "amount": "30.00"})
    assert (await bureau.confirm(fund, order)).json()["status"] == "approved"
    budget = "SELECT coalesce(sum(committed - paid), 0) FROM budget_commitment WHERE case_id = CAST(:id AS uuid)"
    async with db.transaction() as session:
        assert await session.scalar(text(budget), {"id": fund["id"]}) == Decimal("30.00")
    case_id = await delist(db, centre)
    stopped = await bureau.read(fund)
    assert (stopped["stopped_on"], stopped["stop_cause"]) == ("2021-03-01", "centre_delisted")
    async with db.transaction() as session:
        assert await session.scalar(text(budget), {"id": fund["id"]}) == Decimal(0)
    assert code_of(await bureau.pay(fund, order)) == (409, "invalid-transition")
    path = f"{PATH}/investments/{new['id']}"
    assert (await bureau.get("auditor", path)).json()["status"] == "cancelled"
    body = {"enterprise_code": code, "amount": "1.00", "checklist": CHECKLIST}
    again = await bureau.send("officer", f"{PATH}/{fund['id']}/investments", body)
    assert code_of(again) == (409, "angel-fund-stopped")
    payment = {"document_no": "x", "investor_id": municipal["id"], "amount": "1.00"}
    paid = await bureau.send("officer", f"{PATH}/{fund['id']}/payments", payment)
    assert code_of(paid) == (409, "angel-fund-stopped")
    await bureau.moved(held, "exits", {"cost": "20.00", "proceeds": "25.00", "bank_slip_no": slip()})
    assert (await bureau.statement(fund))["agrees"] is True
    await reverse(db, centre, case_id)
    resumed = await bureau.read(fund)
    assert (resumed["stopped_on"], resumed["stop_cause"]) == (None, None)
    assert (await bureau.paid_in(fund, municipal, "30.00")).status_code == 200


async def reverse(db: Database, centre: UUID, case_id: UUID) -> None:
    """The delisting is reversed, and the registry lists the centre again."""
    orders = Orders(case_id, centre)
    await follow(db, orders, "reversal", date(2021, 6, 1))
    await relist(db, centre, 12)
