"""Facts gathered for many centres at once are those of each centre alone, and an interrupted scoring goes on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete

from services.evaluation.evaluations.gather import Frame, Gathered, Subject, frame_of, gather
from services.evaluation.evaluations.scoring import score_evaluations
from services.evaluation.operations import worker
from services.evaluation.projections import known_tenancy
from services.evaluation.rubrics.facts import TenancyFacts
from services.evaluation.rubrics.rules import Listing
from shared.calendar import add_months
from shared.clock import utcnow
from shared.events.consumer import Received
from shared.events.contracts import registry as rc
from shared.events.types import EventType
from shared.policy.edition import load_editions
from tests.evaluation.known import Centre
from tests.evaluation.support import Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

YEAR = 2019
FIRST, LAST = date(YEAR, 1, 1), date(YEAR, 12, 31)
SCORED = date(2020, 2, 3)
REPORTED = (date(2019, 4, 10), date(2019, 7, 18), date(2019, 10, 10), date(2020, 1, 10))
TOLD = (rc.TenancyAdmitted, rc.TenancyFiled, rc.TenancyGraduated)

_positions = count(1_000_000)


@dataclass(frozen=True)
class Stay:
    """One enterprise at one centre, as it is once all its events are known."""

    centre: UUID
    enterprise: UUID
    admitted_on: date
    filed_on: date | None
    ended_on: date | None
    graduated: bool
    reason: str | None

    def there(self, year: int) -> bool:
        begun = self.admitted_on <= date(year, 12, 31)
        return begun and (self.ended_on is None or self.ended_on >= date(year, 1, 1))

    def ended_between(self, first: date, last: date) -> bool:
        return self.ended_on is not None and first <= self.ended_on <= last


def _drawn(chance: Random, centres: Sequence[UUID]) -> list[Stay]:
    firms = [UUID(int=chance.getrandbits(128), version=4) for _ in range(25)]
    return [_one_drawn(chance, chance.choice(centres), chance.choice(firms)) for _ in range(90)]


def _one_drawn(chance: Random, centre: UUID, firm: UUID) -> Stay:
    edges = [FIRST, LAST, LAST + timedelta(1), FIRST - timedelta(1), date(2018, 12, 31), date(2016, 12, 31)]
    admitted = chance.choice([*edges, date(2014, 1, 1) + timedelta(chance.randrange(2300))])
    filed = None if chance.random() < 0.2 else admitted + timedelta(chance.randrange(45))
    ended = None if chance.random() < 0.5 else admitted + timedelta(chance.randrange(1500))
    if chance.random() < 0.2:
        ended = max(admitted, chance.choice(edges))
    graduated = ended is not None and chance.random() < 0.4
    reason = "closed" if ended is not None and not graduated and chance.random() < 0.7 else None
    return Stay(centre, firm, admitted, filed, ended, graduated, reason)


def _events(stay: Stay) -> list[Received[Any]]:
    """Three versions of the stay, the last one whole."""
    tenancy = uuid4()
    known: dict[str, Any] = {"filed_on": None, "ended_on": None, "reason_code": None, "graduation_criterion": None}
    whole = {
        "filed_on": stay.filed_on,
        "ended_on": stay.ended_on,
        "reason_code": stay.reason,
        "graduation_criterion": "high_tech" if stay.graduated else None,
    }
    versions = (known, {**known, "filed_on": stay.filed_on}, whole)
    return [
        _event(event_type, tenancy, version, stay, told)
        for version, (event_type, told) in enumerate(zip(TOLD, versions, strict=True), start=1)
    ]


def _event(event_type: EventType[Any], tenancy: UUID, version: int, stay: Stay, told: dict[str, Any]) -> Received[Any]:
    data = rc.TenancyState(
        id=tenancy,
        enterprise_id=stay.enterprise,
        centre_id=stay.centre,
        status="admitted",
        admitted_on=stay.admitted_on,
        agreement_no="协议",
        relocation_case_id=None,
        **told,
    )
    return Received(
        id=uuid4(),
        type=event_type.name,
        topic=event_type.topic.name,
        position=next(_positions),
        subject=tenancy,
        aggregate_version=version,
        effective_on=stay.admitted_on,
        time=utcnow(),
        actor="registry",
        correlation_id="fed",
        rules=(),
        edition=None,
        simulated=True,
        data=data,
    )


async def _fed(desk: Desk, events: Sequence[Received[Any]], chance: Random) -> None:
    """In any order, some of them twice."""
    shuffled = [*events, *chance.sample(list(events), len(events) // 4)]
    chance.shuffle(shuffled)
    async with desk.runtime.db.transaction() as session:
        await session.execute(delete(known_tenancy))
    for event_type in chance.sample(TOLD, len(TOLD)):
        same = [event for event in shuffled if event.type == event_type.name]
        for start in range(0, len(same), 20):
            await desk.apply(same[start : start + 20])


def _counted(frame: Frame, stays: Collection[Stay]) -> TenancyFacts:
    """One centre's stays counted one by one, as the indicators' definitions read."""
    counted = frame.windows
    deadlines = dict(zip(frame.admission_days, frame.filing_deadlines, strict=True))
    years = range(YEAR - counted.rolling_years + 1, YEAR + 1)
    new = [stay for stay in stays if FIRST <= stay.admitted_on <= LAST]
    there = [stay for stay in stays if stay.admitted_on < FIRST and stay.there(YEAR)]
    at_end = [stay for stay in stays if stay.admitted_on <= LAST and (stay.ended_on is None or stay.ended_on > LAST)]
    ended = [stay for stay in stays if stay.ended_between(FIRST, LAST)]
    left = [stay for stay in ended if not stay.graduated]
    since, until = (add_months(day, -counted.survival_months) for day in (FIRST, LAST))
    graduates = [stay for stay in stays if stay.graduated and stay.ended_between(date(years[0], 1, 1), LAST)]
    in_time = [stay for stay in new if stay.filed_on is not None and stay.filed_on <= deadlines[stay.admitted_on]]
    return TenancyFacts(
        opening=_firms(there),
        admitted=len(new),
        filed=sum(stay.filed_on is not None for stay in new),
        filed_in_time=len(in_time),
        at_year_end=_firms(at_end),
        graduated=_firms([stay for stay in ended if stay.graduated]),
        exited=len(left),
        exited_without_reason=sum(stay.reason is None for stay in left),
        past_stay=sum(stay.admitted_on < add_months(LAST, -counted.stay_months) for stay in at_end),
        past_long_stay=sum(stay.admitted_on < add_months(LAST, -counted.long_stay_months) for stay in at_end),
        cohort=_firms([stay for stay in stays if since <= stay.admitted_on <= until]),
        window_graduated=_firms(graduates),
        window_base=sum(_firms([stay for stay in stays if stay.there(year)]) for year in years),
        repeated=_firms(there) + len(new) - _firms([*there, *new]),
    )


def _firms(stays: Collection[Stay]) -> int:
    return len({stay.enterprise for stay in stays})


def _subject(centre: Centre) -> Subject:
    listing = Listing(date(2018, 1, 2), None, None)
    area = centre.state["total_area_m2"]
    return Subject(uuid4(), centre.id, "standard", "540102", "540102", area, listing, exempt=False)


async def _gathered(desk: Desk, frame: Frame, subjects: Sequence[Subject]) -> dict[UUID, Gathered]:
    async with desk.runtime.db.transaction() as session:
        return await gather(session, frame, subjects)


@pytest.mark.parametrize("seed", range(4))
async def test_facts_of_many_centres_are_those_of_each_alone_in_whatever_order_events_came(
    desk: Desk, seed: int
) -> None:
    chance = Random(seed)
    frame = frame_of(load_editions(None).for_evaluation_year(YEAR), YEAR, SCORED)
    centres = [await desk.centre(listed_on=date(2018, 1, 2)) for _ in range(6)]
    for centre in centres[1:4]:
        for quarter in sorted(chance.sample(range(1, 5), 2)):
            form = full_form(jobs=20 + quarter, attendance=chance.randrange(15, 25))
            await desk.report(centre, YEAR, quarter, REPORTED[quarter - 1], form, accept=chance.random() < 0.7)
    stays = _drawn(chance, [centre.id for centre in centres[:5]])
    events = [event for stay in stays for event in _events(stay)]
    await _fed(desk, events, chance)
    subjects = [_subject(centre) for centre in centres]
    at_once = await _gathered(desk, frame, subjects)
    for subject in subjects:
        own = [stay for stay in stays if stay.centre == subject.centre_id]
        assert at_once[subject.id].facts.tenancies == _counted(frame, own)
        assert (await _gathered(desk, frame, [subject]))[subject.id] == at_once[subject.id]
    await _fed(desk, events, chance)
    assert await _gathered(desk, frame, chance.sample(subjects, len(subjects))) == at_once


async def test_an_interrupted_scoring_goes_on_and_scores_nobody_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SCORED_AT_ONCE", 2)
    centres = [await desk.centre(listed_on=date(2019, 1, 2)) for _ in range(5)]
    for centre in centres[:3]:
        await desk.report(centre, YEAR, 1, REPORTED[0], full_form(jobs=7))
    officer = desk.caller("science_officer", today=SCORED)
    cycle = await officer.ok("/v1/evaluation-cycles", {"year": YEAR}, 201)
    operation = await officer.ok(f"/v1/evaluation-cycles/{cycle['id']}/score", status=202)
    begun = count(1)

    async def interrupted(*given: Any, **named: Any) -> None:
        await score_evaluations(*given, **named)
        if next(begun) == 2:
            raise ConnectionResetError  # as when the database goes away before the second commit

    monkeypatch.setattr(worker, "score_evaluations", interrupted)
    with pytest.raises(ConnectionResetError):
        await desk.work()
    shown = await officer.read(f"/v1/operations/{operation['id']}")
    assert (shown["status"], shown["done"], shown["total"]) == ("running", 2, 5)
    await desk.work()
    finished = await officer.read(f"/v1/operations/{operation['id']}")
    assert (finished["status"], finished["done"], finished["errors"]) == ("done", 5, [])
    assert await desk.count("SELECT count(*) FROM score_sheet") == 5
    assert await desk.count("SELECT count(DISTINCT evaluation_id) FROM score_sheet") == 5
    assert await desk.count("SELECT count(*) FROM event_log WHERE type = 'evaluation.result.scored.v1'") == 5
