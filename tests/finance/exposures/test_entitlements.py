"""What may still be applied for: by the rules of each application, with what every cap leaves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.finance.loans.models import BankRefusal
from services.finance.projections import known_person
from shared.ids import uuid7
from tests.finance.exposures.world import DIVISION, Firm, World, as_firm
from tests.finance.support import Json, delist, list_centre
from tests.support.identifiers import make_uscc

pytestmark = pytest.mark.asyncio(loop_scope="session")

_operators = count(9500)


async def tenant(world: World, *, operator: str | None = None, **other: Any) -> tuple[Firm, UUID]:
    """An enterprise in a listed centre."""
    centre_id = await list_centre(
        world.db, operator_code=operator or make_uscc(next(_operators)), owner_division=DIVISION
    )
    firm = await world.firm(**other)
    await world.tenancy(firm, centre_id)
    return firm, centre_id


async def asked(world: World, firm: Firm, person: str = "finance_officer", **claims: Any) -> Json:
    answer = await world.desk.get(person, "/v1/entitlements", claims=claims, enterprise_id=str(firm.id))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def item_of(answer: Json, product: str) -> Json:
    (item,) = [item for item in answer["items"] if item["product"] == product]
    return dict(item)


def missing(item: Json) -> set[str]:
    return {result["message"] for result in item["missing"]}


async def refuse(world: World, firm: Firm, on: date) -> None:
    async with world.db.transaction() as session:
        session.add(
            BankRefusal(
                borrower=firm.code,
                bank="CCB",
                refused_on=on,
                reason_code="other",
                source="bank",
                recorded_by="bank",
                livemode=True,
            )
        )


async def graduate(world: World, ref: str) -> None:
    async with world.db.transaction() as session:
        values = {"id": uuid7(), "version": 1, "ref": ref, "graduate": True}
        await session.execute(known_person.insert().values(**values))


async def test_a_guaranteed_loan_needs_a_refusal_and_opens_with_one(world: World) -> None:
    firm, _ = await tenant(world)
    item = item_of(await asked(world, firm), "guaranteed")
    assert (item["standing"], missing(item)) == ("needs", {"loan-refusal-missing"})
    assert item["missing"][0]["text"]
    await refuse(world, firm, date(2019, 4, 1))
    item = item_of(await asked(world, firm), "guaranteed")
    assert (item["standing"], item["limit"], item["remaining"]) == ("open", "2000000.00", "2000000.00")


@pytest.mark.parametrize(("on", "standing"), [(date(2018, 11, 6), "open"), (date(2018, 11, 5), "needs")])
async def test_a_refusal_is_good_for_six_months_to_the_day(world: World, on: date, standing: str) -> None:
    firm, _ = await tenant(world)
    await refuse(world, firm, on)
    assert item_of(await asked(world, firm), "guaranteed")["standing"] == standing


async def test_what_is_left_is_the_cap_without_what_is_owed(world: World) -> None:
    firm, _ = await tenant(world)
    await refuse(world, firm, date(2019, 4, 1))
    await world.loan(firm, "1999999.99")
    item = item_of(await asked(world, firm), "guaranteed")
    assert (item["standing"], item["counted"], item["remaining"]) == ("open", "1999999.99", "0.01")


@pytest.mark.parametrize(
    ("left", "status", "expected"),
    [("0.01", "approved", "there"), ("0.00", "approved", "used_up"), ("100.00", "closed", "missing")],
)
async def test_each_item_says_whether_its_budget_is_there(world: World, left: str, status: str, expected: str) -> None:
    firm, _ = await tenant(world)
    mine = {"programme": "interest_subsidy", "left": Decimal(left), "status": status}
    async with world.db.transaction() as session:
        await session.execute(
            text(
                "UPDATE ceiling SET limit_amount = committed + :left WHERE kind = 'appropriations.programme_year'"
                " AND subject = :programme AND period = '2019'"
            ),
            mine,
        )
        await session.execute(
            text(
                "UPDATE appropriation SET status = :status,"
                " closed_on = CASE CAST(:status AS text) WHEN 'closed' THEN DATE '2019-12-31' END"
                " WHERE programme = :programme AND year = 2019"
            ),
            mine,
        )
    answer = await asked(world, firm)
    assert item_of(answer, "small_micro_startup")["budget"] == expected
    assert item_of(answer, "guaranteed")["budget"] is None
    assert item_of(answer, "financing_reward")["budget"] == "there"


async def test_a_cap_that_is_used_up_closes(world: World) -> None:
    firm, _ = await tenant(world)
    await refuse(world, firm, date(2019, 4, 1))
    await world.loan(firm, "2000000.00")
    item = item_of(await asked(world, firm), "guaranteed")
    assert (item["standing"], item["remaining"], missing(item)) == ("closed", "0.00", {"loan-cap-exceeded"})


async def test_caps_agree_with_the_statement(world: World) -> None:
    firm, _ = await tenant(world)
    await world.loan(firm, "700000.00")
    await world.loan(firm, "12.34", product="small_micro_startup")
    statement = await world.shown("auditor", firm)
    answer = await asked(world, firm, "auditor")
    for product, rule in (("guaranteed", "loans.guaranteed_cap"), ("small_micro_startup", "loans.small_micro_cap")):
        (cap,) = [cap for cap in statement["caps"] if cap["rule"] == rule]
        item = item_of(answer, product)
        assert [cap[name] for name in ("limit", "counted", "remaining")] == [
            item[name] for name in ("limit", "counted", "remaining")
        ]
    assert answer["exposure"] == f"/v1/exposures?code={firm.code}"


async def test_a_small_firm_brings_its_hires_and_a_large_one_is_out(world: World) -> None:
    firm, _ = await tenant(world)
    item = item_of(await asked(world, firm), "small_micro_startup")
    assert (item["standing"], missing(item)) == ("needs", {"loan-staff-missing"})
    large, _ = await tenant(world, size_class="large")
    item = item_of(await asked(world, large), "small_micro_startup")
    assert item["standing"] == "closed"
    assert "loan-not-small" in missing(item)


async def test_each_graduate_behind_the_enterprise_may_borrow(world: World) -> None:
    nobody, _ = await tenant(world)
    assert item_of(await asked(world, nobody), "graduate")["standing"] == "closed"
    ref = f"p-{uuid7()}"
    await graduate(world, ref)
    firm, _ = await tenant(world, representative=ref)
    answer = await asked(world, firm)
    item = item_of(answer, "graduate")
    assert (item["standing"], item["subject"], item["remaining"]) == ("open", ref, "500000.00")
    joint = item_of(answer, "graduate_joint")
    assert (joint["standing"], missing(joint)) == ("needs", {"loan-partners-too-few"})


async def test_outside_a_listed_centre_nothing_that_asks_for_one_is_open(world: World) -> None:
    firm, centre_id = await tenant(world)
    await refuse(world, firm, date(2019, 4, 1))
    await delist(world.db, centre_id)
    item = item_of(await asked(world, firm), "guaranteed")
    assert (item["standing"], missing(item)) == ("closed", {"loan-centre-not-listed"})


async def test_a_reward_leaves_what_the_life_of_the_enterprise_has_not_had(world: World) -> None:
    firm, _ = await tenant(world)
    item = item_of(await asked(world, firm), "financing_reward")
    assert (item["standing"], item["limit"], item["remaining"]) == ("open", "50000.00", "50000.00")
    await world.reward(firm, "49999.99")
    item = item_of(await asked(world, firm), "financing_reward")
    assert (item["standing"], item["remaining"]) == ("open", "0.01")
    full, _ = await tenant(world)
    await world.reward(full, "50000.00")
    item = item_of(await asked(world, full), "financing_reward")
    assert (item["standing"], missing(item)) == ("closed", {"reward-ceiling-exceeded"})


@pytest.mark.parametrize(
    ("address", "message"), [(None, "reward-address-unknown"), (False, "reward-address-outside")], ids=["unknown", "no"]
)
async def test_a_reward_asks_for_an_address_in_the_city(world: World, address: bool | None, message: str) -> None:
    firm, _ = await tenant(world, address_in_city=address)
    item = item_of(await asked(world, firm), "financing_reward")
    assert (item["standing"], missing(item)) == ("closed", {message})


async def test_a_merged_enterprise_is_asked_about_under_the_code_that_goes_on(world: World) -> None:
    firm, _ = await tenant(world)
    old = await world.firm()
    await world.loan(old, "100.00")
    await world.firm(firm=old, merged_into=firm, version=2)
    answer = await asked(world, old)
    assert (answer["code"], item_of(answer, "guaranteed")["counted"]) == (firm.code, "100.00")


async def test_vouchers_are_named_with_what_is_left_of_the_quota(world: World) -> None:
    firm, _ = await tenant(world)
    programme = await world.programme("5000.00")
    await world.programme("5000.00", status="closed")
    await world.programme("5000.00", year=2018)
    await world.voucher(programme, firm, "1200.00")
    vouchers = [item for item in (await asked(world, firm))["items"] if item["programme"] == "voucher"]
    mine = [item for item in vouchers if item["apply"].endswith(str(programme))]
    assert [(item["standing"], item["remaining"], item["dry_run"]) for item in mine] == [
        ("ask", "3800.00", "/v1/vouchers/eligibility")
    ]
    assert all(item["remaining"] == "3800.00" for item in vouchers)
    await world.amended(programme, "6000.00", world.desk.today, 3)
    vouchers = [item for item in (await asked(world, firm))["items"] if item["programme"] == "voucher"]
    assert {item["remaining"] for item in vouchers if item["apply"].endswith(str(programme))} == {"4800.00"}


async def test_an_operator_sees_the_grants_of_its_centres(world: World) -> None:
    operator = make_uscc(next(_operators))
    centre_id = await list_centre(world.db, operator_code=operator)
    claims = {"org": operator}
    answer = await world.desk.get("operator", "/v1/entitlements", claims=claims, centre_id=str(centre_id))
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    assert (item["programme"], item["product"], item["standing"], item["remaining"]) == (
        "grant",
        "operations",
        "open",
        "200000.00",
    )
    by_code = await world.desk.get("operator", "/v1/entitlements", claims=claims, code=operator)
    assert by_code.json()["items"] == [item]


async def test_a_grant_counts_from_its_approval_and_the_dry_run_agrees(world: World) -> None:
    operator = make_uscc(next(_operators))
    desk = world.desk
    centre_id = await list_centre(world.db, operator_code=operator)
    plan = [{"purpose": "operations", "description": "运行费", "amount": "200000.00"}]
    body = {"centre_id": str(centre_id), "fiscal_year": 2019, "amount": "200000.00", "plan": plan}
    made = await desk.post("operator", "/v1/grants", body, claims={"org": operator})
    assert made.status_code == 201, made.text
    await desk.step("science_officer", made.json(), "review")
    await desk.announce(made.json())
    await desk.step("science_approver", made.json(), "approve", {"amount": "200000.00"})
    answer = await desk.get("science_officer", "/v1/entitlements", centre_id=str(centre_id))
    (item,) = answer.json()["items"]
    assert (item["standing"], item["remaining"]) == ("closed", "0.00")
    assert missing(item) == {"grant-ceiling-exceeded"}


async def test_a_specialised_centre_brings_its_list_of_equipment(world: World) -> None:
    centre_id = await list_centre(world.db, tier="specialised")
    answer = await world.desk.get("science_officer", "/v1/entitlements", centre_id=str(centre_id))
    (item,) = answer.json()["items"]
    assert (item["standing"], item["limit"], missing(item)) == ("needs", "300000.00", {"grant-evidence-missing"})


async def test_without_an_edition_in_force_there_is_nothing(world: World) -> None:
    firm, _ = await tenant(world)
    answer = await asked(world, firm, today=date(2018, 12, 31))
    assert (answer["items"], answer["in_force"]["passed"]) == ([], False)


async def test_nothing_is_stored_and_nothing_held(world: World) -> None:
    firm, _ = await tenant(world)
    await refuse(world, firm, date(2019, 4, 1))
    first = await asked(world, firm)
    assert await asked(world, firm) == first
    assert (await world.shown("auditor", firm))["lines"] == []


async def test_whose_entitlements_somebody_reads(world: World) -> None:
    operator = make_uscc(next(_operators))
    firm, centre_id = await tenant(world, operator=operator)
    other, _ = await tenant(world)
    assert (await asked(world, firm, **as_firm(firm)))["exposure"]
    landlord: Json = {"roles": ("centre_operator",), "org": operator}
    seen = await asked(world, firm, **landlord)
    assert seen["exposure"] is None
    assert "grant" not in {item["programme"] for item in seen["items"]}
    for claims in (as_firm(other), {"roles": ("centre_operator",), "org": make_uscc(next(_operators))}):
        for params in ({"enterprise_id": str(firm.id)}, {"code": firm.code}, {"centre_id": str(centre_id)}):
            answer = await world.desk.get("auditor", "/v1/entitlements", claims=claims, **params)
            assert answer.status_code == 404, (claims, params)
    for role in ("provider", "bank", "founder", "public", "division_officer", "admin"):
        outsider: Json = {"roles": (role,), "org": firm.code, "division": DIVISION}
        answer = await world.desk.get("auditor", "/v1/entitlements", claims=outsider, enterprise_id=str(firm.id))
        assert answer.status_code == 403, role


@pytest.mark.parametrize(
    "params", [{}, {"code": "x", "enterprise_id": str(uuid7())}, {"nonsense": "1"}], ids=["none", "two", "unknown"]
)
async def test_one_subject_is_named(world: World, params: Json) -> None:
    answer = await world.desk.get("auditor", "/v1/entitlements", **params)
    assert answer.status_code == 422
