"""Everything public that an enterprise has: the figures are the sums of its cases, against each cap."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from sqlalchemy import update

from services.finance.exposures.links import borrowers_link
from services.finance.projections import known_enterprise
from services.finance.subsidies.schemas import SubsidyLineOut
from shared.ids import uuid7
from tests.finance.exposures.world import DIVISION, World, as_firm, cap_of, totals
from tests.finance.loans.lending import Counter, firm, know_banks
from tests.finance.matching import Office, forget
from tests.finance.support import Desk, Json, list_centre
from tests.support.identifiers import make_uscc

pytestmark = pytest.mark.asyncio(loop_scope="session")

_operators = count(9000)


async def test_an_enterprise_with_nothing_has_nothing_against_each_cap(world: World) -> None:
    firm = await world.firm()
    shown = await world.shown("finance_officer", firm)
    assert (shown["lines"], shown["totals"], shown["codes"]) == ([], [], [firm.code])
    assert cap_of(shown, "loans.guaranteed_cap") == ("2000000.00", "0.00", "2000000.00")
    assert cap_of(shown, "loans.small_micro_cap") == ("3000000.00", "0.00", "3000000.00")


async def test_loans_count_to_the_cent_and_link_to_their_cases(world: World) -> None:
    firm = await world.firm()
    one = await world.loan(firm, "1500000.01", outstanding=Decimal("1200000.01"), committed=Decimal("1200000.01"))
    await world.loan(firm, "300000.00", product="small_micro_startup")
    shown = await world.shown("auditor", firm)
    assert totals(shown) == {"loan": ("1800000.01", "1800000.01", "300000.00", "1500000.01")}
    assert cap_of(shown, "loans.guaranteed_cap") == ("2000000.00", "1200000.01", "799999.99")
    (line,) = [line for line in shown["lines"] if line["case_id"] == str(one)]
    assert (line["link"], line["entries"]) == (f"/v1/loans/{one}", f"/v1/journal-entries?case_id={one}")


async def test_drafts_refusals_and_loans_of_test_credentials_are_no_exposure(world: World) -> None:
    firm = await world.firm()
    unsigned: Json = {"contracted": None, "disbursed": Decimal(0), "outstanding": Decimal(0), "committed": Decimal(0)}
    await world.loan(firm, "100.00", status="draft", approved=None, **unsigned)
    await world.loan(
        firm,
        "100.00",
        status="refused",
        approved=None,
        reason_code="unsuitable",
        ended_by="someone",
        ended_on=world.desk.today,
        **unsigned,
    )
    await world.loan(firm, "100.00", livemode=False)
    assert (await world.shown("auditor", firm))["lines"] == []


async def test_a_cap_that_is_passed_by_a_merger_leaves_nothing_and_not_less(world: World) -> None:
    one, other = await world.firm(), await world.firm()
    await world.loan(one, "1500000.00")
    await world.loan(other, "1000000.00")
    await world.firm(firm=other, merged_into=one, version=2)
    shown = await world.shown("finance_officer", one)
    assert cap_of(shown, "loans.guaranteed_cap") == ("2000000.00", "2500000.00", "0.00")
    assert totals(shown)["loan"][0] == "2500000.00"


async def test_merged_records_are_one_enterprise_under_either_code_and_through_chains(world: World) -> None:
    oldest, older, last = await world.firm(), await world.firm(), await world.firm()
    await world.loan(oldest, "100.00")
    await world.loan(older, "20.00")
    await world.loan(last, "3.00")
    await world.firm(firm=oldest, merged_into=older, version=2)
    await world.firm(firm=older, merged_into=last, version=2)
    for named in (oldest, older, last):
        shown = await world.shown("auditor", named)
        assert (shown["code"], shown["codes"]) == (last.code, sorted({oldest.code, older.code, last.code}))
        assert totals(shown)["loan"][0] == "123.00"
        by_id = await world.desk.get("auditor", f"/v1/exposures/{named.id}")
        assert by_id.json() == shown
        assert (await world.shown("auditor", named, **as_firm(named)))["code"] == last.code


async def test_grants_belong_to_the_operator_of_the_centre(world: World, desk: Desk) -> None:
    code = make_uscc(next(_operators))
    centre_id = await list_centre(world.db, operator_code=code)
    claims = {"org": code}
    body = {"centre_id": str(centre_id), "fiscal_year": 2019, "amount": "100000.00"}
    plan = [{"purpose": "operations", "description": "运行费", "amount": "100000.00"}]
    answer = await desk.post("operator", "/v1/grants", {**body, "plan": plan}, claims=claims)
    assert answer.status_code == 201, answer.text
    grant = answer.json()
    await desk.step("science_officer", grant, "review")
    await desk.announce(grant)
    await desk.step("science_approver", grant, "approve", {"amount": "80000.50"})
    shown = await world.shown("operator", code, org=code)
    assert totals(shown) == {"grant": ("80000.50", "0.00", "0.00", "0.00")}
    assert cap_of(shown, "grants.centre_year_ceiling") == ("200000.00", "80000.50", "119999.50")
    assert (await world.statement("operator", code)).status_code == 404
    await desk.step("industry_approver", grant, "countersign")
    await desk.step("treasury_approver", grant, "disburse", key=desk.new_key())
    assert totals(await world.shown("treasury_officer", code))["grant"][:2] == ("80000.50", "80000.50")


async def test_matching_money_counts_until_it_is_taken_back(world: World, desk: Desk) -> None:
    await forget(world.db)
    firm = await world.firm()
    office = Office(desk)
    fund = await office.approved("1000.00")
    await office.spent(fund, "300.01", enterprise_code=firm.code)
    await office.spent(fund, "200.00", enterprise_code=firm.code)
    shown = await world.shown("auditor", firm)
    assert totals(shown) == {"matching_fund": ("500.01", "500.01", "0.00", "0.00")}
    entry = shown["lines"][-1]["entries"]
    assert entry.startswith("/v1/journal-entries/")
    assert (await desk.get("auditor", entry)).status_code == 200


async def test_vouchers_by_their_events(world: World) -> None:
    firm = await world.firm()
    programme = await world.programme("5000.00")
    active = await world.voucher(programme, firm, "1000.00")
    await world.use(active, firm, "200.00", "redeemed")
    await world.use(active, firm, "50.00", "held")
    use = await world.use(active, firm, "70.00", "held")
    await world.use(active, firm, "70.00", "released", use_id=use, version=2)
    stopped = await world.voucher(programme, firm, "800.00", status="stopped", reason_code="centre_delisted")
    await world.use(stopped, firm, "30.00", "redeemed")
    await world.use(stopped, firm, "20.00", "delivered")
    shown = await world.shown("auditor", firm)
    assert totals(shown) == {"voucher": ("1050.00", "230.00", "0.00", "820.00")}
    assert cap_of(shown, "vouchers.quota") == ("5000.00", "1050.00", "3950.00")


async def test_a_frozen_voucher_has_what_it_had(world: World) -> None:
    firm = await world.firm()
    frozen = await world.voucher(await world.programme("5000.00"), firm, "1000.00", status="frozen")
    await world.use(frozen, firm, "200.00", "redeemed")
    shown = await world.shown("auditor", firm)
    assert shown["lines"][0]["status"] == "frozen"
    assert totals(shown) == {"voucher": ("1000.00", "200.00", "0.00", "800.00")}
    assert cap_of(shown, "vouchers.quota") == ("5000.00", "1000.00", "4000.00")


async def test_an_amended_quota_counts_from_its_day(world: World) -> None:
    firm = await world.firm()
    programme = await world.programme("5000.00")
    await world.voucher(programme, firm, "1000.00")
    today = world.desk.today
    days = [today + timedelta(days=offset) for offset in range(4)]
    await world.amended(programme, "9000.00", days[3], 4)
    await world.amended(programme, "8000.00", days[1], 3)
    quotas = [cap_of(await world.shown("auditor", firm, today=day), "vouchers.quota")[0] for day in days]
    assert quotas == ["5000.00", "8000.00", "8000.00", "9000.00"]


async def test_an_expired_voucher_keeps_its_quota_and_cannot_be_used(world: World) -> None:
    firm = await world.firm()
    voucher = await world.voucher(await world.programme(), firm, "1000.00", valid_until=world.desk.today)
    await world.use(voucher, firm, "100.00", "held")
    assert totals(await world.shown("auditor", firm))["voucher"] == ("1000.00", "0.00", "0.00", "1000.00")
    later = world.desk.today.replace(day=world.desk.today.day + 1)
    shown = await world.shown("auditor", firm, today=later)
    assert totals(shown)["voucher"] == ("1000.00", "0.00", "0.00", "100.00")
    assert cap_of(shown, "vouchers.quota")[1] == "1000.00"


async def test_events_out_of_order_and_twice_leave_the_last_state(world: World) -> None:
    firm = await world.firm()
    voucher = await world.voucher(await world.programme(), firm, "1000.00")
    use = uuid7()
    await world.use(voucher, firm, "100.00", "redeemed", use_id=use, version=3)
    for version, status in ((1, "held"), (2, "delivered"), (3, "redeemed"), (1, "held")):
        await world.use(voucher, firm, "100.00", status, use_id=use, version=version)
    assert totals(await world.shown("auditor", firm))["voucher"][1] == "100.00"


async def test_a_group_has_one_legal_representative_and_is_summed_for_the_bureaus(world: World) -> None:
    ref = f"p-{uuid7()}"
    one, sister = await world.firm(representative=ref), await world.firm(representative=ref)
    absorbed = await world.firm(representative=ref)
    await world.firm(firm=absorbed, representative=ref, merged_into=sister, version=2)
    stranger = await world.firm(representative="p-somebody-else")
    await world.loan(one, "100.00")
    await world.loan(sister, "20.00")
    await world.loan(absorbed, "3.00")
    await world.loan(stranger, "1000000.00")
    for person in ("finance_officer", "science_approver", "auditor"):
        group = (await world.shown(person, one))["group"]
        assert [(member["code"], totals(member)["loan"][0]) for member in group["members"]] == [(sister.code, "23.00")]
        assert totals(group)["loan"][0] == "123.00"
    own = await world.shown("auditor", one, **as_firm(one))
    assert (own["group"], totals(own)["loan"][0]) == (None, "100.00")
    assert (await world.shown("auditor", await world.firm()))["group"] is None


async def test_a_statement_is_for_its_owner_the_bureaus_and_the_auditor(world: World) -> None:
    firm, other = await world.firm(), await world.firm()
    assert (await world.statement("auditor", firm, **as_firm(firm))).status_code == 200
    for claims in (as_firm(other), {"roles": ("centre_operator",), "org": other.code}):
        assert (await world.statement("auditor", firm, **claims)).status_code == 404
        assert (await world.desk.get("auditor", f"/v1/exposures/{firm.id}", claims=claims)).status_code == 404
    assert (await world.statement("auditor", make_uscc(next(_operators)))).status_code == 404
    assert (await world.desk.get("auditor", f"/v1/exposures/{uuid7()}")).status_code == 404
    for role in ("provider", "bank", "founder", "public", "expert", "division_officer", "admin"):
        claims = {"roles": (role,), "org": firm.code, "division": "540102"}
        assert (await world.statement("auditor", firm, **claims)).status_code == 403, role


async def test_a_divisions_approver_reads_whom_the_division_may_pay(world: World) -> None:
    here, away, moved = [await world.firm(division=code) for code in (DIVISION, "540121", "540121")]
    claims = {"roles": ("division_approver",), "division": DIVISION}
    assert (await world.statement("auditor", here, **claims)).json()["group"] is None
    assert (await world.statement("auditor", away, **claims)).status_code == 404
    centre_id = await list_centre(world.db)
    await world.tenancy(moved, centre_id)
    assert (await world.statement("auditor", moved, **claims)).status_code == 200
    assert (await world.statement("auditor", moved, **{**claims, "division": "540123"})).status_code == 404
    operator = make_uscc(next(_operators))
    await list_centre(world.db, operator_code=operator)
    assert (await world.statement("auditor", operator, **claims)).status_code == 200
    assert (await world.statement("auditor", operator, **{**claims, "division": "540123"})).status_code == 404


async def test_an_alliances_support_is_its_recipients(world: World) -> None:
    code = make_uscc(next(_operators))
    await world.support(code, "200000.00", "50000.00", refunded="0.50")
    await world.support(code, "9.99", None)
    shown = await world.shown("auditor", code)
    assert totals(shown) == {"alliance_support": ("50000.00", "50000.00", "0.50", "49999.50")}
    assert {line["requested"] for line in shown["lines"]} == {"200000.00", "9.99"}


async def test_graduates_who_borrow_for_it_have_caps_that_bureaus_alone_see(world: World) -> None:
    firm, ref, partner = await world.firm(), f"p-{uuid7()}", f"p-{uuid7()}"
    own: Json = {"product": "graduate", "borrower": ref, "person_ref": ref, "guarantor": False}
    await world.loan(firm, "60000.00", **own)
    await world.joint_group(ref, partner, "60000.00")
    shown = await world.shown("finance_officer", firm)
    caps = {cap["rule"]: (cap["limit"], cap["counted"]) for cap in shown["caps"] if cap["counted"] == "60000.00"}
    assert caps.keys() == {"loans.graduate_cap", "loans.joint_cap"}
    assert partner not in str(shown)
    mine = await world.shown("auditor", firm, **as_firm(firm))
    assert not {"loans.graduate_cap", "loans.joint_cap"} & {cap["rule"] for cap in mine["caps"]}
    assert ref not in str(mine["caps"])


async def test_the_books_are_linked_for_those_who_keep_them(world: World) -> None:
    firm = await world.firm()
    await world.loan(firm, "100.00")
    for person, linked in (("treasury_officer", True), ("auditor", True), ("finance_officer", False)):
        (line,) = (await world.shown(person, firm))["lines"]
        assert (line["entries"] is not None) == linked, person


async def test_a_loan_counts_from_its_approval_and_the_case_links_to_the_statement(world: World) -> None:
    """By the cases themselves: what approvers decide is what the statement sums."""
    await know_banks(world.db)
    counter = Counter(world.desk)
    borrower = await firm(world.db)
    applied = await counter.guaranteed(borrower, "500000.00")
    assert applied["exposure"] == f"/v1/exposures?code={borrower.code}"
    shown = await world.shown("finance_approver", borrower.code)
    assert totals(shown)["loan"] == ("0.00", "0.00", "0.00", "0.00")
    assert cap_of(shown, "loans.guaranteed_cap")[1] == "0.00"
    assert (await counter.step("guarantor", applied, "guarantor-accept", {"refusal_seen": True})).status_code == 200
    shown = await world.shown("finance_approver", borrower.code)
    assert totals(shown)["loan"] == ("500000.00", "0.00", "0.00", "0.00")
    assert cap_of(shown, "loans.guaranteed_cap") == ("2000000.00", "500000.00", "1500000.00")


async def test_a_grant_links_to_its_applicants_statement(world: World, desk: Desk) -> None:
    code = make_uscc(next(_operators))
    centre_id = await list_centre(world.db, operator_code=code)
    plan = [{"purpose": "operations", "description": "运行费", "amount": "1.00"}]
    body = {"centre_id": str(centre_id), "fiscal_year": 2019, "amount": "1.00", "plan": plan}
    made = await desk.post("operator", "/v1/grants", body, claims={"org": code})
    assert made.json()["exposure"] == f"/v1/exposures?code={code}"
    read = await world.shown("science_approver", code)
    assert [line["case_no"] for line in read["lines"]] == [made.json()["no"]]


async def test_guarantees_rewards_and_equity_stand_beside_loans(world: World) -> None:
    firm = await world.firm()
    loan = await world.loan(firm, "1000000.00")
    await world.guaranteed(firm, loan, "800000.00", liability=Decimal("640000.00"))
    await world.reward(firm, "20000.50")
    await world.equity(firm, "300000.00", "150000.00", "1234.56")
    await world.equity(firm, "9.99", "0.00", "0.00", status="voted")
    shown = await world.shown("auditor", firm)
    assert totals(shown) == {
        "financing_reward": ("20000.50", "0.00", "0.00", "0.00"),
        "loan": ("1000000.00", "1000000.00", "0.00", "1000000.00"),
        "guarantee": ("800000.00", "0.00", "0.00", "640000.00"),
        "equity": ("300000.00", "150000.00", "1234.56", "150000.00"),
    }
    assert cap_of(shown, "reward.ceiling") == ("50000.00", "20000.50", "29999.50")
    assert cap_of(shown, "guarantees.borrower_limit") == ("1000000.00", "640000.00", "360000.00")


async def test_guarantees_and_investments_link_to_the_statement(world: World) -> None:
    firm = await world.firm()
    guarantee = await world.guaranteed(firm, await world.loan(firm, "1000.00"), "800.00")
    investment = await world.equity(firm, "100.00", "100.00", "0.00", centre_id=await list_centre(world.db))
    for path in (f"/v1/loans/guarantees/{guarantee}", f"/v1/angel-funds/investments/{investment}"):
        read = await world.desk.get("auditor", path)
        assert read.json()["exposure"] == f"/v1/exposures?code={firm.code}", path
    assert "exposure" in SubsidyLineOut.model_computed_fields
    assert borrowers_link("p-0190") is None


async def test_what_the_guarantor_paid_and_has_not_got_back_is_open(world: World) -> None:
    firm = await world.firm()
    loan = await world.loan(firm, "1000.00")
    claimed = {"status": "called", "liability": Decimal(0), "paid": Decimal("800.00"), "recovered": Decimal("300.00")}
    await world.guaranteed(firm, loan, "800.00", **claimed)
    assert totals(await world.shown("auditor", firm))["guarantee"] == ("800.00", "800.00", "300.00", "500.00")


async def test_a_reward_that_has_to_come_back_is_open_until_it_has(world: World) -> None:
    firm = await world.firm()
    paid = {"paid": Decimal("50000.00"), "recovery_due": Decimal("50000.00"), "recovered": Decimal("19999.99")}
    await world.reward(firm, "50000.00", status="in_recovery", **paid)
    shown = await world.shown("auditor", firm)
    assert totals(shown)["financing_reward"] == ("50000.00", "50000.00", "19999.99", "30000.01")
    assert cap_of(shown, "reward.ceiling")[2] == "0.00"


async def test_reading_the_registry_again_fills_what_a_copy_did_not_have(world: World) -> None:
    """As the migration leaves a copy: without the new columns, its version one lower, the cursor at the beginning."""
    ref = f"p-{uuid7()}"
    one, sister = await world.firm(representative=ref), await world.firm(representative=ref)
    await world.loan(sister, "7.00")
    async with world.db.transaction() as session:
        old = update(known_enterprise).where(known_enterprise.c.id.in_([one.id, sister.id]))
        await session.execute(old.values(version=known_enterprise.c.version - 1, legal_representative_ref=None))
    assert (await world.shown("auditor", one))["group"] is None
    for known in (one, sister):
        await world.firm(firm=known, representative=ref)
    assert [found["code"] for found in (await world.shown("auditor", one))["group"]["members"]] == [sister.code]
