"""Use by any side and burn of budgets: what the sums say is what was done (4.3-4).

Each test takes an issuer of its own, so that nobody else's use is in its sums.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.vouchers.support import (
    AUDITOR,
    PUBLIC,
    SCIENCE_OFFICER,
    Caller,
    Firm,
    Seller,
    Town,
    approver,
    code_of,
    fresh_invoice,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/voucher-usage"


async def sell(
    town: Town, seller: Seller, firm: Firm, voucher: str, price: str, category: str = "legal_protection", **options: Any
) -> dict[str, Any]:
    sale = {"code": await town.code(firm, voucher), "category": category, "price": price, "invoice": fresh_invoice()}
    return await town.api.ok(seller.caller, "/v1/redemptions/counter", sale, **options)


async def asked(town: Town, caller: Caller, path: str = PATH, **wanted: Any) -> dict[str, Any]:
    response = await town.api.get(caller, path, **wanted)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_use_is_summed_by_each_side(town: Town) -> None:
    division = "LIUWU"
    centre = await town.registry.centre(owner=division)
    small, unknown = await town.registry.tenant(centre, size_class="small"), await town.registry.tenant(centre)
    one = await town.provider(categories=["legal_protection", "exhibition"])
    two = await town.provider()
    programme = await town.programme(division)
    first = (await town.voucher(programme, small, "1000.00", division=division))["id"]
    second = (await town.voucher(programme, unknown, "1000.00", division=division))["id"]
    await sell(town, one, small, first, "200.00")
    await sell(town, one, small, first, "100.00", "exhibition")
    await sell(town, two, unknown, second, "60.00", today=date(2019, 7, 1))
    look = {"captured_to": "2019-12-31"}

    def figures(found: dict[str, Any], *words: str) -> dict[Any, tuple[int, str, str]]:
        return {
            tuple(line[word] for word in words): (line["uses"], line["price"], line["captured"])
            for line in found["items"]
        }

    by_division = await asked(town, officer(division), **look)
    assert figures(by_division, "issuer_division") == {(division,): (3, "360.00", "180.00")}
    totals = by_division["totals"]
    assert (totals["enterprises"], totals["providers"], totals["net"]) == (2, 2, "180.00")
    by_size = await asked(town, officer(division), by="size", **look)
    assert figures(by_size, "size") == {("small",): (2, "300.00", "150.00"), ("unknown",): (1, "60.00", "30.00")}
    by_month = await asked(town, officer(division), by="month", **look)
    assert figures(by_month, "month") == {
        ("2019-06",): (2, "300.00", "150.00"),
        ("2019-07",): (1, "60.00", "30.00"),
    }
    by_provider = await asked(town, officer(division), by="provider", **look)
    assert figures(by_provider, "provider_code") == {
        (one.code,): (2, "300.00", "150.00"),
        (two.code,): (1, "60.00", "30.00"),
    }
    by_category = await asked(town, officer(division), by="category", **look, size="small")
    assert figures(by_category, "category") == {
        ("legal_protection",): (1, "200.00", "100.00"),
        ("exhibition",): (1, "100.00", "50.00"),
    }
    in_june = await asked(town, officer(division), captured_from="2019-06-01", captured_to="2019-06-30")
    assert in_june["totals"]["uses"] == 2


async def test_several_sides_at_once_in_every_combination(town: Town) -> None:
    for words in (["division", "month"], ["size", "category", "provider"], ["programme", "kind"], ["month", "size"]):
        response = await town.api.client.get(
            PATH, params=[("by", word) for word in words], headers=town.api.headers(SCIENCE_OFFICER)
        )
        assert response.status_code == 200, response.text
        found = response.json()
        assert found["by"] == words
        assert sum(line["uses"] for line in found["items"]) == found["totals"]["uses"]


async def test_a_division_sees_its_own_whatever_it_asks_for(town: Town) -> None:
    standing = await town.standing()
    assert (await standing.at_counter("100.00")).status_code == 201
    foreign = await asked(town, officer("540174"), issuer_division="540102")
    assert foreign["totals"]["uses"] == 0
    for caller in (SCIENCE_OFFICER, AUDITOR):
        assert (await asked(town, caller, issuer_division="540102"))["totals"]["uses"] > 0
    for caller, status in ((standing.firm.caller, 403), (standing.seller.caller, 403), (PUBLIC, 401)):
        for path in (PATH, f"{PATH}/burn", f"{PATH}/lapses"):
            assert (await town.api.get(caller, path)).status_code == status


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"captured_from": "2019-06-02", "captured_to": "2019-06-01"}, "captured_to"),
        ({"by": "colour"}, "by.0"),
        ({"issuer_division": "110101"}, "issuer_division"),
        ({"size": "tiny"}, "size"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_refused(town: Town, sent: dict[str, Any], field: str) -> None:
    response = await town.api.get(SCIENCE_OFFICER, PATH, **sent)
    assert code_of(response) == (422, "validation-failed")
    assert [error["field"] for error in response.json()["errors"]] == [field]


async def test_burn_shows_where_a_budget_stands_to_the_fen(town: Town) -> None:
    division = "540172"
    centre = await town.registry.centre(owner=division)
    firm, other = await town.registry.tenant(centre), await town.registry.tenant(centre)
    seller = await town.provider()
    programme = await town.programme(division, budget="10000.00", valid_months=2)
    voucher = (await town.voucher(programme, firm, "1000.00", division=division))["id"]
    held = (await town.voucher(programme, other, "500.00", division=division))["id"]
    await sell(town, seller, firm, voucher, "180.00")
    hold = {"voucher_id": held, "provider_id": seller.id, "category": "legal_protection", "price": "50.00"}
    await town.api.ok(other.caller, "/v1/redemptions", hold)
    found = await asked(town, officer(division), f"{PATH}/burn")
    [line] = found["items"]
    expected = {
        "vouchers": 2,
        "enterprises": 2,
        "budget": "10000.00",
        "issued": "1500.00",
        "unissued": "8500.00",
        "free": "1385.00",
        "held": "25.00",
        "captured": "90.00",
        "settled": "0.00",
        "returned": "0.00",
        "ending_soon": "1385.00",
        "captured_percent": "0.90",
    }
    assert {name: line[name] for name in expected} == expected
    # One yuan a day in the 90 days before, and 61 days until the vouchers end.
    assert line["lapse_forecast"] == "1324.00"
    assert Decimal(line["free"]) + Decimal(line["held"]) + Decimal(line["captured"]) == Decimal(line["issued"])
    by_division = await asked(town, SCIENCE_OFFICER, f"{PATH}/burn", by="division", issuer_division=division)
    assert [(item["issuer_division"], item["programme_no"]) for item in by_division["items"]] == [(division, None)]
    assert by_division["totals"]["free"] == "1385.00"
    assert by_division["totals"]["enterprises"] == 2
    calendar = await asked(town, officer(division), f"{PATH}/lapses")
    assert calendar["items"] == [
        {"month": "2019-08", "vouchers": 2, "enterprises": 2, "free": "1385.00", "held": "25.00"}
    ]


async def test_what_an_amended_and_a_closed_programme_leave_is_shown(town: Town) -> None:
    division = "540127"
    centre = await town.registry.centre(owner=division)
    firm = await town.registry.tenant(centre)
    programme = await town.programme(division, budget="10000.00")
    await town.voucher(programme, firm, "1000.00", division=division)
    body = {"changes": {"budget": "4000.00"}, "reason": "调减"}
    drafted = await town.api.ok(officer(division), f"/v1/voucher-programmes/{programme}/amendments", body)
    await town.api.ok(approver(division), f"/v1/voucher-amendments/{drafted['id']}/approve")
    [line] = (await asked(town, officer(division), f"{PATH}/burn"))["items"]
    assert (line["budget"], line["unissued"]) == ("4000.00", "3000.00")
    closed = await town.api.ok(officer(division), f"/v1/voucher-programmes/{programme}/close")
    assert (closed["issued"], closed["unissued"], closed["unissued_at_close"]) == ("1000.00", "3000.00", "3000.00")
    await town.registry.delist(centre)
    shown = (await town.api.get(PUBLIC, f"/v1/voucher-programmes/{programme}")).json()
    assert (shown["unissued"], shown["unissued_at_close"]) == ("4000.00", "3000.00")
    [line] = (await asked(town, officer(division), f"{PATH}/burn", status="closed"))["items"]
    assert (line["returned"], line["free"], line["unissued"]) == ("1000.00", "0.00", "4000.00")


@pytest.mark.parametrize("path", [PATH, f"{PATH}/burn", f"{PATH}/lapses", "/v1/voucher-outcomes/summary?year=2019"])
@pytest.mark.parametrize("kind", ["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"])
async def test_every_view_is_a_file_too(town: Town, path: str, kind: str) -> None:
    headers = {**town.api.headers(SCIENCE_OFFICER), "Accept": kind}
    response = await town.api.client.get(path, headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith(kind)
    assert response.content
