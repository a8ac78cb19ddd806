"""The ban (2.3-6) as applicants meet it, day by day, and as its public register shows it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from services.registry.consumers import carry_out_decided
from tests.registry.support import (
    OPERATOR,
    STRANGER,
    Caller,
    Json,
    Registry,
    centre_body,
    decided,
    expect,
    refused,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

APPLICATIONS = "/v1/qualification-applications"
TABLE = [
    (date(2021, 3, 1), date(2021, 2, 28), None),
    (date(2021, 3, 1), date(2021, 3, 1), ("2024-03-01", "2024-03-02")),
    (date(2021, 3, 1), date(2022, 7, 15), ("2024-03-01", "2024-03-02")),
    (date(2021, 3, 1), date(2024, 3, 1), ("2024-03-01", "2024-03-02")),
    (date(2021, 3, 1), date(2024, 3, 2), None),
    (date(2020, 2, 29), date(2020, 2, 28), None),
    (date(2020, 2, 29), date(2020, 2, 29), ("2023-02-28", "2023-03-01")),
    (date(2020, 2, 29), date(2023, 2, 28), ("2023-02-28", "2023-03-01")),
    (date(2020, 2, 29), date(2023, 3, 1), None),
]
"""Published on, applied on, and the last barred and first open day that a refusal names; None where none stands."""


async def delist(registry: Registry, centre: Json, on: date, **data: object) -> None:
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"], on=on, **data)])  # type: ignore[arg-type]  # event data


def barred(problem: Json, days: tuple[str, str]) -> None:
    assert problem["clauses"] == ["2.3-6"]
    result = next(item for item in problem["decision"]["results"] if item["rule"] == "ban.application_barred")
    assert (result["inputs"]["last_barred_day"], result["inputs"]["first_open_day"]) == days
    assert days[0] in problem["detail"]
    assert days[1] in problem["detail"]


@pytest.mark.parametrize(("published_on", "today", "days"), TABLE)
async def test_new_centre_of_a_barred_operator(
    registry_after_2020: Registry, published_on: date, today: date, days: tuple[str, str] | None
) -> None:
    registry = registry_after_2020
    waiting = await registry.draft(name="早已起草的中心")
    await delist(registry, await registry.listed(), published_on)
    applicant = registry.operator.on(today)
    response = await applicant.post("/v1/centres", centre_body(name="换个名字的中心"))
    submission = await applicant.post(f"/v1/centres/{waiting['id']}/submit")
    if days is None:
        path = f"/v1/centres/{expect(response, 201)['id']}"
        expect(await applicant.post(f"{path}/submit"), 200)
        expect(submission, 200)
    else:
        barred(refused(response, 409, "carrier-ban-in-force"), days)
        barred(refused(submission, 409, "carrier-ban-in-force"), days)


async def test_a_barred_operator_is_told_of_its_ban_before_anything_else(registry_after_2020: Registry) -> None:
    """Another centre has the name by now as well: choosing another one would not help."""
    registry = registry_after_2020
    name = "后来在册的中心"
    await delist(registry, await registry.listed(), date(2021, 3, 1))
    await registry.listed(name=name, operator_code=STRANGER)
    response = await registry.operator.on(date(2022, 3, 1)).post("/v1/centres", centre_body(name=name))
    refused(response, 409, "carrier-ban-in-force")


@pytest.mark.parametrize(("published_on", "today", "days"), TABLE)
async def test_title_for_another_centre_of_a_barred_operator(
    registry_after_2020: Registry, published_on: date, today: date, days: tuple[str, str] | None
) -> None:
    registry = registry_after_2020
    other = await registry.listed(name="同一运营方的另一中心")
    await delist(registry, await registry.listed(), published_on)
    body = {"centre_id": other["id"], "kind": "maker_space"}
    response = await registry.operator.on(today).post(APPLICATIONS, body)
    if days is None:
        expect(response, 201)
    else:
        barred(refused(response, 409, "carrier-ban-in-force"), days)


@pytest.mark.parametrize(
    ("today", "code"),
    [
        (date(2021, 3, 1), "carrier-ban-in-force"),
        (date(2024, 3, 1), "carrier-ban-in-force"),
        (date(2024, 3, 2), "centre-not-listed"),
    ],
)
async def test_title_for_the_delisted_centre_itself(registry_after_2020: Registry, today: date, code: str) -> None:
    registry = registry_after_2020
    centre = await registry.listed()
    await delist(registry, centre, date(2021, 3, 1))
    body = {"centre_id": centre["id"], "kind": "maker_space"}
    refused(await registry.operator.on(today).post(APPLICATIONS, body), 409, code)


@pytest.mark.parametrize(
    ("today", "status"),
    [(date(2021, 2, 28), 200), (date(2021, 3, 1), 409), (date(2024, 3, 1), 409)],
)
async def test_ban_is_tested_again_at_approval(registry_after_2020: Registry, today: date, status: int) -> None:
    """Rows put in behind the handler's back: an approval must not rely on the sweep having come first."""
    registry = registry_after_2020
    centre = await registry.listed()
    title = await registry.grantable(centre["id"])
    submitted = await registry.announced(name="待列入的中心")
    await put_ban(registry, centre["id"])
    approver = registry.approver.on(today)
    document = {"document_no": "拉科发〔2021〕1号"}
    grant = await approver.post(f"{APPLICATIONS}/{title['id']}/grant", document)
    listing = await approver.post(f"/v1/centres/{submitted['id']}/list", document)
    for response in (grant, listing):
        if status == 409:
            barred(refused(response, 409, "carrier-ban-in-force"), ("2024-03-01", "2024-03-02"))
        else:
            expect(response, 200)


async def put_ban(registry: Registry, centre_id: str) -> None:
    async with registry.db.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO ban (id, case_id, centre_id, operator_code, decision_no, published_on, last_barred_day,"
                " first_open_day, status) VALUES (gen_random_uuid(), gen_random_uuid(), :centre, :operator, 'x',"
                " '2021-03-01', '2024-03-01', '2024-03-02', 'in_force')"
            ),
            {"centre": centre_id, "operator": OPERATOR},
        )


async def test_paper_from_before_the_ban_does_not_get_around_it(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    other = await registry.listed()
    await delist(registry, await registry.listed(), date(2021, 3, 1))
    body = {"centre_id": other["id"], "kind": "maker_space", "applied_on": "2021-02-01"}
    for today in (date(2021, 3, 1), date(2024, 3, 2)):
        refused(await registry.officer.on(today).post(APPLICATIONS, body), 409, "carrier-ban-in-force")


async def test_other_operators_are_not_barred(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    await delist(registry, await registry.listed(), date(2021, 3, 1))
    stranger = registry.stranger.on(date(2021, 3, 1))
    expect(await stranger.post("/v1/centres", centre_body(operator_code=STRANGER)), 201)


async def test_operator_is_spared_where_the_edition_spares_it(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    centre, other = await registry.listed(), await registry.listed()
    await delist(registry, centre, date(2021, 3, 1), operator_barred=False)
    operator = registry.operator.on(date(2021, 3, 1))
    expect(await operator.post(APPLICATIONS, {"centre_id": other["id"], "kind": "maker_space"}), 201)
    own = {"centre_id": centre["id"], "kind": "maker_space"}
    refused(await operator.post(APPLICATIONS, own), 409, "carrier-ban-in-force")


async def test_of_two_bans_the_one_that_ends_last_is_named(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    await delist(registry, await registry.listed(), date(2021, 3, 1))
    await delist(registry, await registry.listed(), date(2022, 4, 29))
    response = await registry.operator.on(date(2022, 5, 3)).post("/v1/centres", centre_body())
    barred(refused(response, 409, "carrier-ban-in-force"), ("2025-04-29", "2025-04-30"))
    response = await registry.operator.on(date(2024, 3, 2)).post("/v1/centres", centre_body())
    barred(refused(response, 409, "carrier-ban-in-force"), ("2025-04-29", "2025-04-30"))


async def _listed_bans(caller: Caller, **params: object) -> list[str]:
    items = expect(await caller.get("/v1/bans", **params), 200)["items"]
    return [item["last_barred_day"] for item in items]


async def test_public_register_shows_current_bans_only(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    centre = await registry.listed()
    await delist(registry, centre, date(2021, 3, 1))
    for today, shown in [
        (date(2021, 2, 28), []),
        (date(2021, 3, 1), ["2024-03-01"]),
        (date(2024, 3, 1), ["2024-03-01"]),
        (date(2024, 3, 2), []),
    ]:
        assert await _listed_bans(registry.public.on(today)) == shown, today
    assert await _listed_bans(registry.auditor.on(date(2024, 3, 2))) == ["2024-03-01"]
    auditor = registry.auditor.on(date(2024, 3, 2))
    assert await _listed_bans(auditor, on="2024-03-01", operator_code=OPERATOR, centre_id=centre["id"]) == [
        "2024-03-01"
    ]
    assert await _listed_bans(auditor, on="2024-03-02") == []
    ban = expect(await registry.public.on(date(2021, 3, 1)).get("/v1/bans"), 200)["items"][0]
    assert (ban["centre_no"], ban["current"], ban["decision_no"]) == (centre["no"], True, "拉科发〔2021〕9号")
    expect(await registry.public.on(date(2024, 3, 1)).get(f"/v1/bans/{ban['id']}"), 200)
    refused(await registry.public.on(date(2024, 3, 2)).get(f"/v1/bans/{ban['id']}"), 404, "not-found")
    expect(await auditor.get(f"/v1/bans/{ban['id']}"), 200)
