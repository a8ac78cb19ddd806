"""What a programme's terms do to an issue: sizes, the city-wide quota, the rest of a budget (4.3-2 to 4.3-4)."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.vouchers.ceilings.returns import Unspent, give_back
from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.terms import is_first_of_issuer, take_ceilings, terms_on
from shared.errors import DomainError
from shared.policy.edition import Edition
from tests.vouchers.programmes.test_programme_rules import limited
from tests.vouchers.support import OTHER_DIVISION, PUBLIC, TODAY, Firm, Town, approver, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/voucher-programmes"
CITY = "SELECT committed FROM ceiling WHERE kind = 'vouchers.city_quota' AND subject = :firm"


async def ask(town: Town, programme: str, firm: Firm, amount: str = "100.00") -> Any:
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": amount}
    return await town.api.post(officer(), "/v1/vouchers", body)


@pytest.mark.parametrize(
    ("size", "code"),
    [("micro", None), ("small", None), ("medium", "enterprise-size-not-eligible"), (None, "enterprise-size-unknown")],
)
async def test_a_programme_for_small_ones_refuses_others(town: Town, size: str | None, code: str | None) -> None:
    programme = await town.programme(eligible_sizes=["small", "micro"])
    firm = await town.registry.tenant(await town.registry.centre(), size_class=size)
    answer = await ask(town, programme, firm)
    if code is None:
        assert answer.status_code == 201, answer.text
        return
    assert code_of(answer) == (409, code)
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": "100.00"}
    told = await town.api.ok(officer(), "/v1/vouchers/eligibility", body)
    failed = [result["rule"] for result in told["decision"]["results"] if not result["passed"]]
    assert failed == ["vouchers.eligible_size"]


async def take(town: Town, edition: Edition, programme_id: str, firm: Firm, amount: str) -> None:
    async with town.db.transaction() as session:
        query = select(Programme).where(Programme.id == UUID(programme_id)).with_for_update(read=True)
        programme = (await session.scalars(query)).one()
        terms = await terms_on(session, programme, TODAY)
        await take_ceilings(
            session, edition, programme, terms, enterprise_id=firm.id, enclave=False, amount=Decimal(amount)
        )


async def test_the_city_wide_quota_counts_all_issuers_and_what_comes_back(town: Town) -> None:
    edition = limited("150.00")
    firm = await town.registry.tenant(await town.registry.centre())
    ours, theirs = await town.programme(), await town.programme(OTHER_DIVISION)
    await take(town, edition, ours, firm, "100.00")
    with pytest.raises(DomainError) as refused:
        await take(town, edition, theirs, firm, "50.01")
    assert refused.value.code == "voucher-city-quota-exceeded"
    await take(town, edition, theirs, firm, "50.00")
    assert await town.one(CITY, firm=str(firm.id)) == Decimal("150.00")
    async with town.db.transaction() as session:
        await give_back(session, [Unspent(UUID(ours), "540102", firm.id, Decimal("30.00"))])
    assert await town.one(CITY, firm=str(firm.id)) == Decimal("120.00")
    await take(town, edition, theirs, firm, "30.00")


async def test_two_issuers_at_once_do_not_pass_the_city_wide_quota(town: Town) -> None:
    edition = limited("150.00")
    firm = await town.registry.tenant(await town.registry.centre())
    programmes = [await town.programme(), await town.programme(OTHER_DIVISION)] * 3
    answers = await asyncio.gather(
        *(take(town, edition, programme, firm, "50.00") for programme in programmes), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert len(refused) == len(programmes) - 3
    assert await town.one(CITY, firm=str(firm.id)) == Decimal("150.00")


async def test_an_edition_without_a_city_wide_quota_counts_all_the_same(town: Town, edition: Edition) -> None:
    firm = await town.registry.tenant(await town.registry.centre())
    await take(town, edition, await town.programme(), firm, "70.00")
    await take(town, edition, await town.programme(OTHER_DIVISION), firm, "90.00")
    assert await town.one(CITY, firm=str(firm.id)) == Decimal("160.00")


async def test_only_the_issuers_first_voucher_is_its_first(town: Town) -> None:
    firm = await town.registry.tenant(await town.registry.centre())
    await town.voucher(await town.programme(), firm, "10.00")
    async with town.db.transaction() as session:
        assert not await is_first_of_issuer(session, "540102", firm.id)
        assert await is_first_of_issuer(session, OTHER_DIVISION, firm.id)


async def test_a_draft_that_is_given_up_leaves_nothing_unissued(town: Town) -> None:
    programme = await town.programme(opened=False)
    closed = await town.api.ok(officer(), f"{PATH}/{programme}/close")
    assert (closed["status"], closed["unissued_at_close"], closed["terms_from"]) == ("closed", None, None)


async def test_what_opening_decided_is_kept_beside_what_drafting_decided(town: Town) -> None:
    programme = await town.programme(opened=False)
    opened = await town.api.ok(approver(), f"{PATH}/{programme}/open")
    rules = [result["rule"] for result in opened["opening_decision"]["results"]]
    assert rules == ["policy.in_force", "vouchers.issuer", "vouchers.guidance"]
    assert (opened["terms_from"], opened["unissued"]) == ("2019-06-03", "1000000.00")
    terms = (await town.api.get(PUBLIC, f"{PATH}/{programme}/terms")).json()["items"]
    assert [(item["effective_from"], item["amendment_id"]) for item in terms] == [("2019-06-03", None)]


async def test_parks_issue_as_counties_do(town: Town) -> None:
    for park in ("LIUWU", "540172", "540173", "540174"):
        drafted = await town.api.ok(officer(park), PATH, {"kind": "startup", "year": 2019, "budget": "1000.00"})
        assert drafted["issuer_division"] == park
