"""Price lists: kept by the provider, public, with the days on which they hold (4.3-2)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.vouchers.providers.support import Case, admitted, applied
from tests.vouchers.support import PUBLIC, SCIENCE_OFFICER, Caller, Town, code_of, fresh_code

pytestmark = pytest.mark.asyncio(loop_scope="session")

SERVICE = {"category": "legal_protection", "title": "商标注册代理", "unit": "件", "price": "1200.00"}


async def published(case: Case, **more: Any) -> dict[str, Any]:
    return await case.ok(case.caller, "offerings", {**SERVICE, **more})


async def test_the_public_reads_what_an_admitted_provider_offers(town: Town) -> None:
    case = await admitted(town)
    offering = await published(case, title=f"商标注册{fresh_code()}")
    assert (offering["price"], offering["valid_from"], offering["status"]) == ("1200.00", "2019-06-03", "active")
    for path in (f"{case.path}/offerings", "/v1/offerings"):
        listed = (await town.api.get(PUBLIC, path, title=offering["title"])).json()["items"]
        assert [found["id"] for found in listed] == [offering["id"]]
    one = await town.api.get(PUBLIC, f"{case.path}/offerings/{offering['id']}")
    assert one.status_code == 200
    assert await town.events(offering["id"], "vouchers.offering.published.v1") == 1


async def test_only_its_own_provider_changes_a_price_and_orders_see_the_new_one(town: Town) -> None:
    case, other = await admitted(town), await admitted(town)
    offering = await published(case)
    path = f"{case.path}/offerings/{offering['id']}"
    headers = {**town.api.headers(case.caller), "If-Match": '"1"'}
    changed = await town.api.client.patch(path, json={"price": "1500.00"}, headers=headers)
    assert (changed.status_code, changed.json()["price"], changed.headers["ETag"]) == (200, "1500.00", '"2"')
    assert (await town.api.client.patch(path, json={"price": "1.00"}, headers=headers)).status_code == 412
    bare = await town.api.client.patch(path, json={"price": "1.00"}, headers=town.api.headers(case.caller))
    assert bare.status_code == 428
    theirs = {**town.api.headers(other.caller), "If-Match": '"2"'}
    assert (await town.api.client.patch(path, json={"price": "1.00"}, headers=theirs)).status_code == 404
    assert (await town.api.post(other.caller, f"{path}/withdraw")).status_code == 404


async def test_what_is_withdrawn_or_over_cannot_be_bought_and_stays_in_the_file(town: Town) -> None:
    case = await admitted(town)
    word = fresh_code()
    ends = await published(case, title=f"甲{word}", valid_to="2019-06-10")
    gone = await published(case, title=f"乙{word}")
    await case.ok(case.caller, f"offerings/{gone['id']}/withdraw")
    for day, found in (("2019-06-10", [ends["id"]]), ("2019-06-11", [])):
        listed = (await town.api.get(PUBLIC, "/v1/offerings", title=word, valid_on=day)).json()["items"]
        assert [one["id"] for one in listed] == found
    assert (await town.api.get(PUBLIC, f"{case.path}/offerings/{gone['id']}")).status_code == 404
    for caller in (case.caller, SCIENCE_OFFICER):
        assert len((await town.api.get(caller, f"{case.path}/offerings")).json()["items"]) == 2
    again = await case.post(case.caller, f"offerings/{gone['id']}/withdraw")
    assert code_of(again) == (409, "invalid-transition")


async def test_a_list_holds_only_categories_of_the_admission_and_days_to_come(town: Town) -> None:
    case = await admitted(town)
    for wrong, field in (
        ({"category": "exhibition"}, "category"),
        ({"valid_from": "2019-06-02"}, "valid_from"),
        ({"valid_to": "2019-06-02"}, "valid_to"),
        ({"price": "0.00"}, "price"),
    ):
        refused = await case.post(case.caller, "offerings", {**SERVICE, **wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_an_applicant_and_a_suspended_provider_publish_nothing(town: Town) -> None:
    waiting = await applied(town)
    assert code_of(await waiting.post(waiting.caller, "offerings", SERVICE)) == (409, "invalid-transition")
    case = await admitted(town)
    offering = await published(case, title=f"丙{fresh_code()}")
    await case.ok(case.caller, "withdraw")
    assert (await town.api.get(PUBLIC, "/v1/offerings", title=offering["title"])).json()["items"] == []
    assert (await town.api.get(PUBLIC, f"{case.path}/offerings/{offering['id']}")).status_code == 404
    assert (await case.post(Caller(("enterprise",), org="x"), "offerings", SERVICE)).status_code == 403


async def test_the_catalogue_leaves_out_those_who_may_not_sell_that_day(town: Town) -> None:
    case = await admitted(town)
    word = fresh_code()
    await published(case, title=word)
    await case.licence(valid_to="2019-06-10")
    for day, count in ((date(2019, 6, 10), 1), (date(2019, 6, 11), 0)):
        listed = await town.api.get(PUBLIC, "/v1/offerings", title=word, today=day)
        assert len(listed.json()["items"]) == count


async def test_prices_sort_both_ways(town: Town) -> None:
    case = await admitted(town)
    word = fresh_code()
    for price in ("300.00", "100.00", "200.00"):
        await published(case, title=f"{word}{price[0]}", price=price)
    for sort, order in (("price", ["100.00", "200.00", "300.00"]), ("-price", ["300.00", "200.00", "100.00"])):
        first = (await town.api.get(PUBLIC, "/v1/offerings", title=word, sort=sort, limit=2)).json()
        rest = await town.api.get(PUBLIC, "/v1/offerings", title=word, sort=sort, limit=2, cursor=first["next"])
        assert [found["price"] for found in [*first["items"], *rest.json()["items"]]] == order
