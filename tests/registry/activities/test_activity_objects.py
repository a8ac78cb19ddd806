"""Role by endpoint by organiser for activities, winners and the years of a series: a stranger finds nothing but what
everybody reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from services.registry.main import build
from shared.auth import roles as r
from tests.registry.activities.support import ACTIVITIES, AFTER, SERIES, WINNERS, activity_body, submitted
from tests.registry.activities.test_series import opened
from tests.registry.activities.test_winners import project, result
from tests.registry.conftest import running, settings_for
from tests.registry.matrix_activities import OFFICERS_OF_ALL
from tests.registry.matrix_mentors import CITY, DIVISIONS
from tests.registry.ownership import OPEN, Finds, Room, routes_with_ids, shelf, wrong_answers
from tests.registry.support import OPERATOR, Caller, Json, Registry, expect
from tests.support.postgres import Cluster
from tests.support.tokens import Keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

A, W, SERIE = f"{ACTIVITIES}/{{}}", f"{WINNERS}/{{}}", f"{SERIES}/{{}}"
YEAR = f"{SERIE}/years/{{}}"

EDITORS = {r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER, r.OFFICE_OFFICER}
CENTRE = {r.CENTRE_OPERATOR}
DIVISION = {r.DIVISION_OFFICER}


def of_activity(
    reads: Collection[str], keeps: Collection[str], *, leads: Collection[str] = (), results: Collection[str] = OPEN
) -> dict[str, Collection[str]]:
    """Read besides the city and kept besides the editors; who leads its series follows its winners too."""
    reads, keeps = CITY | {*reads}, EDITORS | {*keeps}
    steps = ("hold", "cancel", "eligibility", "submit")
    decisions = ("verify", "return", "reject", "withdraw-verification")
    return {
        f"GET {A}": reads,
        f"GET {A}/clashes": reads,
        f"GET {A}/history": reads,
        f"GET {A}/results": results,
        f"PATCH {A}": keeps,
        **{f"POST {A}/{step}": keeps for step in steps},
        **{f"POST {A}/{decision}": reads for decision in decisions},
        f"GET {W}": reads,
        f"GET {W}/history": reads,
        f"PATCH {W}": keeps | {*leads},
        **{f"POST {W}/{step}": keeps | {*leads} for step in ("follow-up", "give-up", "remove")},
    }


YEARS: Finds = {
    f"GET {SERIE}": OPEN,
    f"GET {SERIE}/years": OPEN,
    f"POST {SERIE}/years": OPEN,
    f"GET {YEAR}": OPEN,
    f"POST {YEAR}/close": OPEN,
    f"POST {YEAR}/cancel": OPEN,
    f"GET {YEAR}/history": OPEN,
}
OTHERS = OFFICERS_OF_ALL - {r.HR_OFFICER, r.OFFICE_OFFICER}
LED = {f"POST {SERIE}/years": OTHERS, f"POST {YEAR}/close": OTHERS, f"POST {YEAR}/cancel": OTHERS}
"""Everybody knows the years; the bureau that leads the series and the office that coordinates all move them."""

OF_CENTRE: Finds = {
    **of_activity(CENTRE | DIVISIONS, CENTRE | DIVISION),
    **shelf(A, CITY | CENTRE | DIVISIONS, EDITORS | CENTRE | DIVISION),
}
BY_ORGANISER: dict[str, Finds] = {
    "division": of_activity(DIVISIONS, DIVISION),
    "bureau": of_activity((), {r.HR_OFFICER}, results=()),
    "alliance": of_activity((), {r.EDUCATION_OFFICER}),
    "series of a bureau": of_activity(CENTRE | DIVISIONS, CENTRE | DIVISION, leads={r.HR_OFFICER}),
    "series of a park": of_activity(CENTRE | DIVISIONS, CENTRE, leads=DIVISION),
}
"""The bureau's is not in the calendar. In the last the division that asks leads the series and does not own the
centre."""


@dataclass(frozen=True)
class World:
    """A centre's reported activity, one of each other organiser with its winner, and a year of a series."""

    centre: Room
    others: dict[str, Room]
    years: Room


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(postgres: Cluster, keys: Keys) -> AsyncIterator[World]:
    async with running(build(settings_for(postgres.service_database("registry"), keys)), keys) as registry:
        yield await _made(registry)


async def _made(registry: Registry) -> World:
    office = registry.caller(r.OFFICE_OFFICER, today=AFTER, account="office-1")
    team = await project(registry)
    reported = await submitted(registry)
    own = {
        r.CENTRE_OPERATOR: {"org": OPERATOR},
        r.DIVISION_OFFICER: {"division": "540102"},
        r.DIVISION_APPROVER: {"division": "540102"},
    }
    things = {
        A: reported["id"],
        f"{A}/documents/{{}}": reported["photo_ids"][0],
        W: await _won(office, reported, team),
    }
    centre = Room(registry, things, own, today=AFTER)

    at_centre = {"centre_id": reported["centre_id"]}
    organisers: dict[str, Json] = {
        "division": {"organiser_kind": "division", "division": "540102"},
        "bureau": {"organiser_kind": "bureau", "department": "hr", "on_calendar": False},
        "alliance": {"organiser_kind": "alliance", "alliance": "sci"},
        "series of a bureau": {**at_centre, "series": "chuangyi"},
        "series of a park": {**at_centre, "series": "peking_university_camp"},
    }
    others = {}
    for name, organiser in organisers.items():
        held = await _held(office, organiser)
        others[name] = replace(centre, things={A: held["id"], W: await _won(office, held, team)})
    park = {**own, **{role: {"division": "LIUWU"} for role in DIVISIONS}}
    others["series of a park"] = replace(others["series of a park"], own=park)

    year = await opened(registry, "chuangyi", registry.caller(r.HR_OFFICER, account="hr-1"))
    of_year = {SERIE: year["series_id"], YEAR: year["id"]}
    return World(centre, others, replace(centre, things=of_year, strangers={}, version=str(year["version"])))


async def _held(office: Caller, organiser: Json) -> Json:
    entered = expect(await office.post(ACTIVITIES, {**activity_body(None), **organiser}), 201)
    return expect(await office.post(f"{ACTIVITIES}/{entered['id']}/hold", {"heads": 30}), 200)


async def _won(office: Caller, activity: Json, team: Json) -> str:
    return str(expect(await office.post(WINNERS, result(activity, project_id=team["id"])), 201)["id"])


async def test_every_route_of_activities_with_an_id_says_who_finds_it() -> None:
    assert routes_with_ids(r"/v1/(activities|activity-winners|activity-series)/") == {*OF_CENTRE, *YEARS}


@pytest.mark.parametrize("role", sorted(r.ALL_ROLES))
async def test_ones_own_opens_and_a_strangers_is_not_there(world: World, role: str) -> None:
    assert await wrong_answers(world.centre, role, OF_CENTRE) == []


@pytest.mark.parametrize("organiser", sorted(BY_ORGANISER))
async def test_an_activity_is_its_organisers_and_its_winners_also_the_leads(world: World, organiser: str) -> None:
    room, finds = world.others[organiser], BY_ORGANISER[organiser]
    wrong = [line for role in sorted(r.ALL_ROLES) for line in await wrong_answers(room, role, finds)]
    assert wrong == []


@pytest.mark.parametrize("role", sorted(r.ALL_ROLES))
async def test_years_are_known_to_everybody_and_moved_by_who_leads_them(world: World, role: str) -> None:
    """One of its activities is not decided on, so that whoever leads the year is told 409."""
    assert await wrong_answers(world.years, role, YEARS, refused=LED) == []
