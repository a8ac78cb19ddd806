"""What a centre can still do about its score: each input with what one more unit of it gives, and how far it goes.

Units are the input's own: one mentor, one event, one square metre, ten thousand yuan. What helps one indicator may cost
another (an admission raises the incubatees that everything is divided by), so gains are those of the whole score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from services.evaluation.provisional.lever import ENDLESS, ONE, PERSON, Lever, Room
from services.evaluation.provisional.record_levers import record_levers
from services.evaluation.rubrics.counting import from_records
from services.evaluation.rubrics.facts import Facts, Money
from services.evaluation.rubrics.rules import line, score
from services.evaluation.rubrics.texts import Said
from shared.policy.rubric import Indicator, Rubric

WAN: Final = 10_000


@dataclass(frozen=True, slots=True)
class Gain:
    """What an input still gives: by the next unit, and by as many units as its own indicators can use."""

    lever: Lever
    first: Fraction
    units: int
    most: Fraction
    indicators: tuple[str, ...]

    @property
    def per_unit(self) -> Fraction:
        """Points for each unit, over all useful units."""
        return self.most / self.units


def _form(
    title: Said, field: str, *formulas: str, step: int = 1, unit: Said = ONE, also: str = "", room: Room | None = None
) -> Lever:
    def change(facts: Facts, units: int) -> Facts:
        numbers = dict(facts.form.numbers)
        for name in (field, also) if also else (field,):
            numbers[name] = facts.form[name] + units * step
        return replace(facts, form=replace(facts.form, numbers=numbers))

    known = frozenset(formulas)
    return Lever(field, title, unit, known, change) if room is None else Lever(field, title, unit, known, change, room)


def _money(title: Said, field: str, *, equity: bool) -> Lever:
    """Ten thousand yuan more, where the limit for each enterprise lets most of it count: with those that have least."""
    totals = _form(title, field, "financing.amount_per_enterprise", step=WAN, unit=_TEN_THOUSAND)

    def change(facts: Facts, units: int) -> Facts:
        changed, found = totals.change(facts, units), facts.financing
        if found is None:
            return changed
        there = max(facts.tenancies.in_year, len(found.enterprises))
        known = (*found.enterprises, *(Money() for _ in range(there - len(found.enterprises))))
        poured = levelled([money.equity + money.loans for money in known], Fraction(units * WAN))
        more = [Money(add, Fraction(0)) if equity else Money(Fraction(0), add) for add in poured]
        enterprises = tuple(
            Money(money.equity + one.equity, money.loans + one.loans) for money, one in zip(known, more, strict=True)
        )
        return replace(changed, financing=replace(found, enterprises=enterprises))

    return replace(totals, change=change)


def levelled(held: Sequence[Fraction], amount: Fraction) -> list[Fraction]:
    """How an amount is dealt out so that the least is raised first: what each gets."""
    if not held:
        return []
    ordered, left, level = sorted(held), amount, Fraction(0)
    for number, known in enumerate(ordered):
        level = known
        above = ordered[number + 1] if number + 1 < len(ordered) else None
        wanted = None if above is None else (above - known) * (number + 1)
        if wanted is None or wanted >= left:
            level = known + left / (number + 1)
            break
        left -= wanted
    return [max(level - one, Fraction(0)) for one in held]


def _left(limit: Callable[[Facts], int | Fraction], used: str) -> Room:
    return lambda facts: max(0, int(limit(facts) - facts.form[used]))


def _stays(name: str, title: Said, formula: str, changes: dict[str, int], room: Room, *, in_year: bool) -> Lever:
    def change(facts: Facts, units: int) -> Facts:
        stays = facts.tenancies
        moved = {key: getattr(stays, key) + by * units for key, by in changes.items()}
        return replace(facts, tenancies=replace(stays, **moved))

    return Lever(name, title, Said("家", "enterprise"), frozenset({formula}), change, room, in_year)


def levers_of(rubric: Rubric, levels: Sequence[str]) -> list[Lever]:
    """Every input that some indicator of the rubric reads; `levels` are the edition's levels of events."""
    wanted = {indicator.formula for indicator in rubric.with_bonus if not from_records(indicator)}
    higher = next(
        (found.params["levels"] for found in rubric.with_bonus if found.formula == "activities.events_at_levels"), ()
    )
    named = higher if isinstance(higher, tuple) else ()
    plain = next((level for level in levels if level not in named), "")
    found = [*_LEVERS]
    if plain:
        found.append(_held("events", Said("活动", "events"), "activities.events", plain))
    if named:
        title = Said("市级及以上活动", "events of a level that counts")
        found.append(_held("higher_level_events", title, "activities.events_at_levels", named[0]))
    recorded = {indicator.formula for indicator in rubric.with_bonus if from_records(indicator)}
    usable = [lever for lever in found if not wanted.isdisjoint(lever.formulas)]
    return [*usable, *record_levers(recorded, plain, named)]


def _held(name: str, title: Said, formula: str, level: str) -> Lever:
    def change(facts: Facts, units: int) -> Facts:
        held = dict(facts.form.events_by_level)
        held[level] = held.get(level, 0) + units
        return replace(facts, form=replace(facts.form, events_by_level=held))

    return Lever(name, title, Said("场", "event"), frozenset({formula}), change)


def _filled(facts: Facts, units: int) -> Facts:
    return replace(facts, reporting=replace(facts.reporting, filled=facts.reporting.filled + units))


_FIRM: Final = Said("家", "enterprise")
_TEN_THOUSAND: Final = Said("万元", "10,000 yuan")

_LEVERS: Final = (
    _form(
        Said("企业确认的服务（逐家）", "services confirmed, each by another enterprise"),
        "confirmed_services",
        "services.confirmed_per_enterprise",
        also="enterprises_served",
    ),
    _form(Said("创业导师", "mentors"), "mentors", "services.mentors_per_ten", unit=PERSON),
    _form(
        Said("受训的专职服务人员", "trained specialist staff"),
        "specialist_staff",
        "services.staff_per_ten",
        unit=PERSON,
        also="trained_staff",
    ),
    _form(
        Said("培训现有服务人员", "training for the staff there is"),
        "trained_staff",
        "services.staff_per_ten",
        unit=PERSON,
        room=lambda facts: max(0, int(facts.form["specialist_staff"] - facts.form["trained_staff"])),
    ),
    _form(
        Said("在孵企业使用面积", "area in incubation use"),
        "area_used_m2",
        "services.area_share",
        unit=Said("平方米", "m²"),
        room=_left(lambda facts: int(facts.total_area_m2), "area_used_m2"),
    ),
    _form(
        Said("拥有知识产权的企业", "enterprises holding intellectual property"),
        "enterprises_with_ip",
        "services.ip_share",
        unit=_FIRM,
        room=_left(lambda facts: facts.incubatees, "enterprises_with_ip"),
    ),
    _form(Said("从业人员", "jobs"), "jobs", "services.jobs_per_enterprise", unit=PERSON),
    _form(
        Said("满12个月仍存续的企业", "enterprises alive after their first year"),
        "alive_after_12_months",
        "enterprises.survival_share",
        unit=_FIRM,
        room=_left(lambda facts: facts.tenancies.cohort, "alive_after_12_months"),
    ),
    _form(
        Said("获得融资的企业", "enterprises financed"),
        "enterprises_financed",
        "financing.financed_share",
        unit=_FIRM,
        room=_left(lambda facts: facts.incubatees, "enterprises_financed"),
    ),
    _money(Said("股权融资额", "equity raised"), "equity_financing", equity=True),
    _money(Said("银行贷款额", "bank loans"), "bank_loans", equity=False),
    _form(Said("融资对接成功", "financing matches with an offer"), "financing_matches", "financing.matches"),
    _form(Said("活动参加人次", "attendance"), "attendance", "activities.attendance", unit=PERSON),
    Lever(
        "fields_filled",
        Said("报表漏填字段", "fields left empty in reports"),
        ONE,
        frozenset({"quarterly.complete_share"}),
        _filled,
        lambda facts: max(0, facts.reporting.fields - facts.reporting.filled),
        in_year=False,
    ),
    _stays(
        "filed",
        Said("补办备案", "admissions still to be filed"),
        "filing.filed_share",
        {"filed": 1},
        lambda facts: facts.tenancies.admitted - facts.tenancies.filed,
        in_year=False,
    ),
    _stays(
        "admitted",
        Said("新入驻并及时备案", "admissions, filed in time"),
        "enterprises.incubatees",
        {"admitted": 1, "filed": 1, "filed_in_time": 1, "at_year_end": 1, "window_base": 1},
        lambda _: ENDLESS,
        in_year=True,
    ),
    _stays(
        "graduated",
        Said("企业毕业", "graduations"),
        "enterprises.graduation_rate",
        {"graduated": 1, "window_graduated": 1, "at_year_end": -1},
        lambda facts: facts.incubatees,
        in_year=True,
    ),
    _stays(
        "exits_documented",
        Said("补齐退出原因", "exits whose reason is documented"),
        "enterprises.exits_in_order_share",
        {"exited_without_reason": -1},
        lambda facts: facts.tenancies.exited_without_reason,
        in_year=False,
    ),
)


def gains(rubric: Rubric, facts: Facts, levers: Sequence[Lever], *, year_over: bool) -> list[Gain]:
    """What gives points, those with the most for a unit first. Once the year is over only what reports and files were
    late with can still be mended."""
    now = score(rubric, facts).exact
    usable = [lever for lever in levers if not (year_over and lever.in_year)]
    found = [gain for lever in usable if (gain := _gain(rubric, facts, lever, now)) is not None]
    return sorted(found, key=lambda gain: (-gain.per_unit, gain.lever.input))


def _gain(rubric: Rubric, facts: Facts, lever: Lever, now: Fraction) -> Gain | None:
    own = [indicator for indicator in rubric.with_bonus if indicator.formula in lever.formulas]
    room = lever.room(facts)
    if room < 1:
        return None
    units = _useful(rubric, facts, lever, own, room)
    if units < 1:
        return None
    most = score(rubric, lever.change(facts, units)).exact - now
    first = score(rubric, lever.change(facts, 1)).exact - now
    if most <= 0:
        return None
    return Gain(lever, first, units, most, tuple(indicator.id for indicator in own))


def _useful(rubric: Rubric, facts: Facts, lever: Lever, own: Sequence[Indicator], room: int) -> int:
    """The fewest units that give the input's own indicators all that it can give them."""

    def points(units: int) -> Fraction:
        changed = lever.change(facts, units)
        return sum((line(rubric, indicator, changed).points for indicator in own), Fraction(0))

    best = points(room)
    low, high = 0, room
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if points(middle) >= best else (middle + 1, high)
    return low
