"""At the counter: sales made without a connection, categories' own terms, and the holder in a centre (4.3-2, 4.3-3)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.vouchers.redemptions.life import PATH, after, reverse
from tests.vouchers.support import AUDITOR, Standing, Town, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAYS = ("counter", "hold")


async def sell(standing: Standing, way: str, price: str, **more: Any) -> Any:
    path = f"{PATH}/counter" if way == "counter" else PATH
    return await standing.town.api.post(standing.seller.caller, path, standing.sale(price, **more))


@pytest.mark.parametrize(
    ("today", "occurred", "code"),
    [
        (after(7), after(0), (201, "")),
        (after(8), after(0), (409, "sold-too-long-ago")),
        (after(0), after(0), (201, "")),
        (after(0), after(1), (409, "sold-in-the-future")),
        (after(3), date(2019, 6, 2), (409, "voucher-not-yet-issued")),
        (date(2019, 7, 5), date(2019, 7, 3), (201, "")),
        (date(2019, 7, 5), date(2019, 7, 4), (409, "voucher-expired")),
    ],
)
async def test_a_sale_without_a_connection_is_judged_on_its_day_and_arrives_in_time(
    town: Town, today: date, occurred: date, code: tuple[int, str]
) -> None:
    standing = await town.standing(valid_months=1)
    answer = await standing.at_counter("10.00", more={"occurred_on": occurred.isoformat()}, today=today)
    assert code_of(answer) == code, answer.text
    if code[0] == 201:
        made = answer.json()
        assert (made["held_on"], made["redeemed_on"]) == (occurred.isoformat(), today.isoformat())
        flags = await town.api.get(officer(), f"{PATH}/{made['id']}/flags")
        assert flags.json()["flags"] == (["offline"] if occurred < today else [])
        shown = await town.api.get(AUDITOR, f"{PATH}/{made['id']}")
        assert shown.json() == made


async def test_a_device_that_retries_for_days_counts_once(town: Town) -> None:
    standing, key = await town.standing(), uuid4().hex
    sale = standing.sale("10.00", occurred_on="2019-06-03")
    answers = [
        await town.api.post(standing.seller.caller, f"{PATH}/counter", sale, key=key, today=after(day))
        for day in (0, 1, 6, 20)
    ]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await standing.parts() == ("995.00", "0.00", "5.00")
    lost = await town.api.post(standing.seller.caller, f"{PATH}/counter", sale, today=after(6))
    assert code_of(lost) == (409, "document-already-claimed"), "a device that lost its key"
    assert await standing.parts() == ("995.00", "0.00", "5.00")


async def test_a_voucher_frozen_or_stopped_by_now_pays_for_no_sale_of_an_earlier_day(town: Town) -> None:
    standing = await town.standing()
    freeze = (
        "UPDATE voucher SET status = 'frozen', frozen_on = issued_on, frozen_by = 'x', frozen_reason = 'fraud'"
        " WHERE id = CAST(:id AS uuid) RETURNING id"
    )
    await town.one(freeze, id=standing.voucher_id)
    more = {"occurred_on": "2019-06-03"}
    assert code_of(await standing.at_counter("10.00", more=more, today=after(1))) == (409, "voucher-frozen")
    await town.registry.delist(standing.centre_id)
    assert code_of(await standing.at_counter("10.00", more=more, today=after(1))) == (409, "voucher-stopped")


@pytest.mark.parametrize("way", WAYS)
async def test_a_category_has_its_own_share_and_a_cap_over_all_its_uses(town: Town, way: str) -> None:
    terms = {"legal_protection": {"percent": "30.00", "cap": "100.00"}}
    made_for_both = await town.provider(categories=("legal_protection", "management_consulting"))
    standing = replace(await town.standing(category_terms=terms), seller=made_for_both)
    for price, subsidy in (("100.00", "30.00"), ("0.05", "0.02"), ("233.30", "69.98")):
        made = await sell(standing, way, price)
        assert made.status_code == 201, made.text
        assert (made.json()["subsidy"], made.json()["subsidy_percent"]) == (subsidy, "30.00")
        shown = await town.api.get(AUDITOR, f"{PATH}/{made.json()['id']}")
        assert shown.json()["decision"] == made.json()["decision"]
    refused = await sell(standing, way, "100.00")
    assert code_of(refused) == (409, "category-cap-used-up")
    assert "legal_protection" in refused.json()["detail"]
    other = await sell(standing, way, "100.00", category="management_consulting")
    assert (other.status_code, other.json()["subsidy"]) == (201, "50.00"), "another category has no cap"
    assert code_of(await sell(standing, way, "0.01")) == (409, "subsidy-below-one-fen")


async def test_a_category_has_room_again_for_what_was_released_or_reversed(town: Town) -> None:
    standing = await town.standing(category_terms={"legal_protection": {"cap": "100.00"}})
    held = await standing.hold("120.00")
    sold = (await standing.at_counter("80.00")).json()
    assert (held["subsidy"], sold["subsidy"]) == ("60.00", "40.00")
    assert code_of(await standing.at_counter("10.00")) == (409, "category-cap-used-up")
    assert (await standing.step(standing.firm.caller, held["id"], "release")).status_code == 200
    await reverse(standing, sold["id"], "15.00")
    again = (await standing.at_counter("400.00")).json()
    assert again["subsidy"] == "75.00"


async def test_sales_at_once_never_draw_more_than_the_category_allows(town: Town) -> None:
    """4.3-3: ten counters sell on one voucher at the same time; each would fit alone."""
    standing = await town.standing(category_terms={"legal_protection": {"cap": "100.00"}})
    answers = await asyncio.gather(*(standing.at_counter("60.00") for _ in range(10)))
    drawn = sorted(answer.json()["subsidy"] for answer in answers if answer.status_code == 201)
    assert drawn == ["10.00", "30.00", "30.00", "30.00"]
    assert {code_of(answer) for answer in answers} == {(201, ""), (409, "category-cap-used-up")}
    assert await standing.parts() == ("900.00", "0.00", "100.00")


@pytest.mark.parametrize("way", WAYS)
async def test_a_first_voucher_free_of_charge_pays_all_up_to_its_balance(town: Town, way: str) -> None:
    terms = {"legal_protection": {"percent": "30.00", "cap": "10.00"}}
    standing = await town.standing("150.00", first_voucher_free=True, category_terms=terms)
    first, second = await sell(standing, way, "100.00"), await sell(standing, way, "100.00")
    assert (first.json()["subsidy"], second.json()["subsidy"]) == ("100.00", "50.00")
    assert first.json()["subsidy_percent"] == "100.00"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("left_on", "code"), [(date(2019, 6, 3), (201, "")), (date(2019, 6, 2), (409, "voucher-holder-in-no-centre"))]
)
async def test_the_holder_is_in_a_centre_on_the_day_of_the_use(
    town: Town, way: str, left_on: date, code: tuple[int, str]
) -> None:
    standing = await town.standing()
    stay = await town.one("SELECT id FROM known_tenancy WHERE enterprise_id = :id", id=standing.firm.id)
    await town.registry.tenancy(standing.firm.id, standing.centre_id, tenancy_id=stay, ended_on=left_on, version=2)
    assert code_of(await sell(standing, way, "10.00")) == code


async def test_flags_are_the_issuers_and_the_auditors_to_see(town: Town) -> None:
    standing = await town.standing()
    made = (await standing.at_counter("10.00")).json()
    path = f"{PATH}/{made['id']}"
    for _ in range(2):
        flagged = await town.api.post(officer(), f"{path}/flag", {"reason_code": "unusual_price"})
        assert flagged.json() == {"flags": ["unusual_price"]}
    assert await town.events(made["id"], "vouchers.redemption.flagged.v1") == 1
    assert (await town.api.get(AUDITOR, f"{path}/flags")).json() == {"flags": ["unusual_price"]}
    assert (await town.api.get(standing.seller.caller, f"{path}/flags")).status_code == 403
    assert (await town.api.get(officer("540121"), f"{path}/flags")).status_code == 404
