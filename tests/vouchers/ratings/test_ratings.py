"""Ratings: by the holder, once, after the capture; public as averages and without names (4.3-2)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.vouchers.support import PUBLIC, SCIENCE_OFFICER, Standing, Town, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def bought(standing: Standing, price: str = "10.00") -> str:
    sold = await standing.at_counter(price)
    assert sold.status_code == 201, sold.text
    return str(sold.json()["id"])


async def rated(standing: Standing, redemption_id: str, stars: int, **more: Any) -> dict[str, Any]:
    body = {"stars": stars, **more}
    return await standing.town.api.ok(standing.firm.caller, f"/v1/redemptions/{redemption_id}/rating", body)


async def test_the_average_of_all_ratings_is_public_rounded_half_up(town: Town) -> None:
    standing = await town.standing("1000.00")
    for stars in (5, 4, 4, 4):
        await rated(standing, await bought(standing), stars)
    shown = (await town.api.get(PUBLIC, f"/v1/providers/{standing.seller.id}")).json()
    assert (shown["rating"], shown["ratings"]) == ("4.3", 4)
    listed = (await town.api.get(PUBLIC, "/v1/providers", code=standing.seller.code, sort="rating")).json()["items"]
    assert [(found["rating"], found["ratings"]) for found in listed] == [("4.3", 4)]


async def test_a_use_is_rated_once_even_by_two_at_the_same_time(town: Town) -> None:
    standing = await town.standing("1000.00")
    redemption = await bought(standing)
    path, body = f"/v1/redemptions/{redemption}/rating", {"stars": 5}
    answers = await asyncio.gather(*(town.api.post(standing.firm.caller, path, body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers).count(201) == 1
    assert all(answer.status_code in (201, 409) for answer in answers)
    shown = (await town.api.get(PUBLIC, f"/v1/providers/{standing.seller.id}")).json()
    assert shown["ratings"] == 1


async def test_nobody_rates_before_the_capture_or_for_another(town: Town) -> None:
    standing, other = await town.standing("1000.00"), await town.standing("1000.00")
    held = await standing.hold("100.00")
    path = f"/v1/redemptions/{held['id']}/rating"
    assert code_of(await town.api.post(standing.firm.caller, path, {"stars": 5})) == (409, "invalid-transition")
    redemption = await bought(standing)
    path = f"/v1/redemptions/{redemption}/rating"
    assert (await town.api.post(other.firm.caller, path, {"stars": 1})).status_code == 404
    assert (await town.api.post(standing.seller.caller, path, {"stars": 5})).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"stars": 0},
        {"stars": 6},
        {"stars": 5, "text": "好" * 501},
        {"stars": 1, "text": "经理身份证 110101199003077758"},
    ],
    ids=["none", "six", "too-long", "identity-number"],
)
async def test_stars_go_from_one_to_five_and_a_text_holds_no_identity_number(town: Town, body: dict[str, Any]) -> None:
    standing = await town.standing("1000.00")
    path = f"/v1/redemptions/{await bought(standing)}/rating"
    assert (await town.api.post(standing.firm.caller, path, body)).status_code == 422
    assert (await town.api.post(standing.firm.caller, path, {"stars": 5, "text": "好" * 500})).status_code == 201


async def test_the_public_reads_texts_without_names_and_hidden_ones_not_at_all(town: Town) -> None:
    standing = await town.standing("1000.00")
    rating = await rated(standing, await bought(standing), 2, text="拖延两周")
    path = f"/v1/providers/{standing.seller.id}/ratings"
    [shown] = (await town.api.get(PUBLIC, path)).json()["items"]
    assert (shown["text"], shown["stars"]) == ("拖延两周", 2)
    assert not {"enterprise_id", "redemption_id", "rated_by"} & set(shown)
    hide = f"/v1/ratings/{rating['id']}/hide"
    assert (await town.api.post(officer(), hide, {"reason_code": "insulting"})).status_code == 403
    await town.api.ok(SCIENCE_OFFICER, hide, {"reason_code": "insulting"})
    [shown] = (await town.api.get(PUBLIC, path)).json()["items"]
    assert (shown["text"], shown["stars"], shown["hidden_reason"]) == (None, 2, "insulting")
    again = await town.api.post(SCIENCE_OFFICER, hide, {"reason_code": "insulting"})
    assert code_of(again) == (409, "invalid-transition")
    own = (await town.api.get(standing.firm.caller, f"/v1/redemptions/{rating['redemption_id']}/rating")).json()
    assert own["enterprise_id"] == str(standing.firm.id)
