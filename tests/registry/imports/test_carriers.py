"""Carriers with their links to centres, by a file."""

from __future__ import annotations

import pytest

from tests.registry.imports.files import Cell
from tests.registry.imports.test_kinds import codes, table
from tests.registry.support import OPERATOR, STRANGER, Json, Registry, expect, refused
from tests.registry.test_delisting import events

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/imports/carriers"


def carrier(no: str | None, **changes: Cell) -> dict[str, Cell]:
    return {
        "kind": "众创空间",
        "name": "河谷众创空间",
        "division": "540102 城关区",
        "operator_code": None,
        "is_centre_no": None,
        "centre_no": no,
        "linked_on": "2019-03-01" if no else None,
        "agreement_no": None,
        **changes,
    }


async def links(registry: Registry, centre: Json) -> list[Json]:
    items: list[Json] = expect(await registry.public.get(f"/v1/centres/{centre['id']}/carriers"), 200)["items"]
    return items


async def test_one_carrier_with_two_links_is_registered_once(registry: Registry) -> None:
    one, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    file = table(
        carrier(one["no"]), carrier(other["no"], agreement_no="衔接2号"), carrier(one["no"], name="高原孵化器")
    )
    assert expect(await registry.officer.upload(PATH, file), 200)["inserted"] == 3
    mine, theirs = await links(registry, one), await links(registry, other)
    assert {link["carrier"]["name"] for link in mine} == {"河谷众创空间", "高原孵化器"}
    assert (theirs[0]["agreement_no"], theirs[0]["linked_on"]) == ("衔接2号", "2019-03-01")
    assert theirs[0]["carrier"]["id"] in {link["carrier"]["id"] for link in mine}
    registered = await events(registry, "registry.carrier.registered.v1")
    begun = await events(registry, "registry.carrier_link.begun.v1")
    assert (len(registered), len(begun)) == (2, 3)
    assert {event["data"]["no"] for event in registered} == {"CA-2019-0001", "CA-2019-0002"}
    again = expect(await registry.officer.upload(PATH, file), 200)
    assert (again["inserted"], again["unchanged"]) == (0, 3)


async def test_a_bureau_registers_a_carrier_alone_and_an_operator_links_its_own_centre(registry: Registry) -> None:
    centre = await registry.listed()
    expect(await registry.officer.upload(PATH, table(carrier(None))), 200)
    alone = expect(await registry.operator.upload(PATH, table(carrier(None))), 422)
    assert codes(alone) == [("centre_no", "missing")]
    foreign = expect(await registry.stranger.upload(PATH, table(carrier(centre["no"]))), 422)
    assert codes(foreign) == [("centre_no", "import-centre-unknown")]
    assert expect(await registry.operator.upload(PATH, table(carrier(centre["no"]))), 200)["inserted"] == 1
    for role in ("enterprise", "division_officer", "auditor"):
        caller = registry.caller(role, org=OPERATOR, division="540102")
        refused(await caller.upload(PATH, table(carrier(None))), 403, "forbidden")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"kind": "palace"}, ("kind", "enum")),
        ({"division": "110000"}, ("division", "enum")),
        ({"linked_on": None}, ("linked_on", "missing")),
        ({"linked_on": "2019-06-04"}, ("linked_on", "in_the_future")),
        ({"centre_no": None, "agreement_no": None}, ("linked_on", "without_centre")),
        ({"operator_code": "1"}, ("operator_code", "format")),
        ({"is_centre_no": "CE-2019-9999"}, ("is_centre_no", "carrier-centre-unknown")),
        ({"is_centre_no": "self"}, ("centre_no", "carrier_is_the_centre")),
        ({"linked_on": "2019-04-01"}, ("linked_on", "carrier-linked-already")),
        ({"agreement_no": "另一号"}, ("agreement_no", "import-row-differs")),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value[1],
)
async def test_a_row_is_refused_as_its_request_would_be(
    registry: Registry, changes: dict[str, Cell], found: tuple[str, str]
) -> None:
    centre = await registry.listed()
    first = carrier(centre["no"], agreement_no="衔接1号")
    expect(await registry.officer.upload(PATH, table(first)), 200)
    row = {**first, **changes}
    if row["is_centre_no"] == "self":
        row["is_centre_no"], row["name"] = centre["no"], "别的载体"
    problem = expect(await registry.officer.upload(PATH, table(row)), 422)
    assert codes(problem) == [found]
    assert problem["problems"][0]["remedy"]
    assert len(await links(registry, centre)) == 1
