"""Levers of indicators that count the registry's records: what has to be put on record, and confirmed, to count."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from services.evaluation.provisional.lever import PERSON, Change, Lever
from services.evaluation.rubrics.facts import Facts, RecordFacts
from services.evaluation.rubrics.texts import Said

_EVENT: Final = Said("场", "event")
_ATTENDANCE: Final = "activities.attendance"
_EVENTS: Final = "activities.events"
_HIGHER: Final = "activities.events_at_levels"


def record_levers(formulas: Collection[str], plain: str, named: Sequence[str]) -> list[Lever]:
    """Those that one of the formulas reads. `plain` is a level that earns nothing extra, `named` are those that do."""
    found = [*_LEVERS]
    if plain:
        found.append(_held("recorded_events", Said("经核实的活动", "verified events"), _EVENTS, plain))
    if named:
        title = Said("经核实的市级及以上活动", "verified events of a level that counts")
        found.append(_held("recorded_higher_level_events", title, _HIGHER, named[0]))
    return [lever for lever in found if not lever.formulas.isdisjoint(formulas)]


def _changing(change: Callable[[RecordFacts, int], RecordFacts]) -> Change:
    return lambda facts, units: replace(facts, records=change(facts.records, units))


def _held(name: str, title: Said, formula: str, level: str) -> Lever:
    def change(records: RecordFacts, units: int) -> RecordFacts:
        return replace(records, events_by_level=_plus(records.events_by_level, {level: units}))

    return Lever(name, title, _EVENT, frozenset({formula}), _changing(change))


def _plus(held: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {level: held.get(level, 0) + more.get(level, 0) for level in {**held, **more}}


def _verified(records: RecordFacts, units: int) -> RecordFacts:
    """So many of the activities that wait, those with the most people first."""
    waiting = sorted(records.unverified, key=lambda one: -one.heads)
    levels: dict[str, int] = {}
    for one in waiting[:units]:
        levels[one.level] = levels.get(one.level, 0) + 1
    return replace(
        records,
        events_by_level=_plus(records.events_by_level, levels),
        attendance=records.attendance + sum(one.heads for one in waiting[:units]),
        unverified=tuple(waiting[units:]),
    )


def _untrained(facts: Facts) -> int:
    return max(0, facts.records.specialist_staff - facts.records.trained_staff)


_LEVERS: Final = (
    Lever(
        "mentors_linked",
        Said(
            "联系本中心且辅导经企业确认的在聘创业导师",
            "mentors linked to the centre, with a session that an enterprise confirmed",
        ),
        PERSON,
        frozenset({"services.mentors_per_ten"}),
        _changing(lambda records, units: replace(records, mentors=records.mentors + units)),
    ),
    Lever(
        "staff_certified",
        Said("取得培训证书的专职服务人员", "full-time staff with a training certificate"),
        PERSON,
        frozenset({"services.staff_per_ten"}),
        _changing(
            lambda records, units: replace(
                records,
                specialist_staff=records.specialist_staff + units,
                trained_staff=records.trained_staff + units,
            )
        ),
    ),
    Lever(
        "staff_to_certify",
        Said("现有服务人员取得培训证书", "training certificates for the staff there is"),
        PERSON,
        frozenset({"services.staff_per_ten"}),
        _changing(lambda records, units: replace(records, trained_staff=records.trained_staff + units)),
        _untrained,
    ),
    Lever(
        "attendance_recorded",
        Said("经核实活动的参加人次", "attendance of verified events"),
        PERSON,
        frozenset({_ATTENDANCE}),
        _changing(lambda records, units: replace(records, attendance=records.attendance + units)),
    ),
    Lever(
        "events_to_verify",
        Said("已举办、待主管部门核实的活动", "events held that wait for the bureau's verification"),
        _EVENT,
        frozenset({_EVENTS, _ATTENDANCE, _HIGHER}),
        _changing(_verified),
        lambda facts: len(facts.records.unverified),
        in_year=False,
    ),
)
