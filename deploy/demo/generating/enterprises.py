"""Six hundred fictional enterprises and their stays: admitted, filed, graduated, left, moved on after the delisting."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.addresses import address
from deploy.demo.generating.centres import PLANS, Plan, takes_tenants_from
from deploy.demo.generating.chance import Chance, days_after, weekday
from deploy.demo.generating.codes import ENTERPRISE, credit_code
from deploy.demo.generating.names import Names
from shared.calendar import add_months

COUNT: Final = 600
YEARS: Final = (2019, 2020, 2021)

DELISTED: Final = "C01"
DELISTED_ON: Final = date(2021, 3, 1)
NEW_HOMES: Final = ("C09", "C26", "C09", "C26")
"""Where enterprises of the delisted centre are admitted next."""

_LATER_YEARS: Final = {2020: 65, 2021: 55}
_GRADUATES: Final = {"excellent": 0.13, "good": 0.11, "pass": 0.055, "fail": 0.0, "exempt": 0.03, "new": 0.0}
_EXITS: Final = {"excellent": 0.02, "good": 0.03, "pass": 0.05, "fail": 0.1, "exempt": 0.05, "new": 0.0}
_FILED_LATE: Final = {"excellent": 0.0, "good": 0.04, "pass": 0.2, "fail": 0.6, "exempt": 0.2, "new": 0.0}
_NEVER_FILED: Final = {"fail": 0.3}
_OTHER_FIELDS: Final = 8
_MIXED_FROM: Final = date(2019, 6, 3)
"""At a specialised centre, one in so many is of another industry than the centre, once it has its tier."""
_EXIT_REASONS: Final = ("moved_out", "agreement_ended", "ceased", "moved_out", "breach")
_TECHNOLOGY_ROUTES: Final = ("high_tech_certificate", "two_year_income", "venture_capital", "merger_or_listing")


@dataclass(slots=True)
class Stay:
    """A stay while it is being made up; `ended_on` is the last day at the centre."""

    enterprise: tables.Enterprise
    centre: str
    admitted_on: date
    filed_on: date | None
    agreement_no: str
    ended_on: date | None = None
    criterion: str | None = None
    criterion_value: str | None = None
    exit_reason: str | None = None

    def present_on(self, day: date) -> bool:
        """Still there at the end of the day."""
        return self.admitted_on <= day and (self.ended_on is None or self.ended_on > day)


@dataclass(slots=True)
class Population:
    """Everybody who ever was at a centre."""

    enterprises: list[tables.Enterprise] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)

    def of(self, centre: str) -> list[Stay]:
        return [stay for stay in self.stays if stay.centre == centre]

    def rows(self) -> list[tables.Tenancy]:
        return [_row(stay) for stay in self.stays]


def make_population(centres: list[tables.Centre]) -> Population:
    """Enterprises in the order of their codes' numbers; stays by centre and admission."""
    population, names = Population(), Names("enterprise-names")
    quotas = _quotas()
    for plan, centre in zip(PLANS, centres, strict=True):
        chance = Chance(f"population/{plan.key}")
        for year in YEARS:
            _admit(population, names, plan, centre, year, quotas.get((plan.key, year), 0), chance)
            _let_go(population.of(plan.key), plan, year, chance)
    _move_on(population)
    assert len(population.enterprises) == COUNT, len(population.enterprises)
    return population


def _quotas() -> dict[tuple[str, int], int]:
    """How many each centre admits in each year; 600 altogether."""
    quotas = {(plan.key, 2019): plan.size for plan in PLANS if plan.years[0] != "new"}
    quotas |= {(plan.key, 2021): plan.size for plan in PLANS if plan.years[0] == "new"}
    for year, total in _LATER_YEARS.items():
        open_then = [plan for plan in PLANS if plan.years[year - 2019] not in ("new", "gone")]
        sizes = sum(plan.size for plan in open_then)
        given = 0
        for number, plan in enumerate(open_then, start=1):
            share = total - given if number == len(open_then) else round(total * plan.size / sizes)
            quotas[plan.key, year] = max(share, 3) if plan.key == DELISTED else share
            given += quotas[plan.key, year]
    quotas["C27", 2021] += COUNT - sum(quotas.values())
    return quotas


def _admit(
    population: Population, names: Names, plan: Plan, centre: tables.Centre, year: int, count: int, chance: Chance
) -> None:
    level = plan.years[year - 2019]
    begins = takes_tenants_from(centre)
    first = max(begins + timedelta(days=3), date(year, 1, 8))
    early = max(first, date(year, 5, 31)) if begins.year == year else date(year, 9, 30)
    for number in range(count):
        admitted = chance.day(first, early if chance.happens(0.75) else date(year, 11, 20))
        graduates_soon = begins.year == year and number < round(2 * count * _GRADUATES[level])
        enterprise = _enterprise(population, names, plan, admitted, graduates_soon, chance)
        if plan.tier == "specialised" and (number % _OTHER_FIELDS or admitted < _MIXED_FROM):
            enterprise = _of_the_centres_industry(population, names, enterprise, plan)
        late = chance.happens(_FILED_LATE[level])
        filed: date | None = days_after(admitted, chance.number(36, 60) if late else chance.number(2, 24))
        if chance.happens(_NEVER_FILED.get(level, 0)):
            filed = None
        agreement = f"示例入驻-{plan.key}-{year}-{number + 1:03}"
        population.stays.append(Stay(enterprise, plan.key, admitted, filed, agreement))


def _of_the_centres_industry(
    population: Population, names: Names, enterprise: tables.Enterprise, plan: Plan
) -> tables.Enterprise:
    name = names.in_trade(enterprise.name, plan.industry)
    population.enterprises[-1] = enterprise.model_copy(update={"name": name, "industry_code": plan.industry})
    return population.enterprises[-1]


def _enterprise(
    population: Population, names: Names, plan: Plan, admitted: date, graduates_soon: bool, chance: Chance
) -> tables.Enterprise:
    months = chance.number(19, 22) if graduates_soon else chance.number(1, 18)
    if plan.key == DELISTED and admitted.year == 2020:
        months = chance.number(1, 3)
    number = len(population.enterprises)
    name, industry = names.enterprise()
    enterprise = tables.Enterprise(
        code=credit_code(ENTERPRISE + 17 * number + 1, plan.site),
        name=name,
        industry_code=industry,
        division=plan.site,
        registered_on=weekday(add_months(admitted, -months)),
        legal_representative_ref=f"demo-person-{number + 1:04}",
        graduate_founder=chance.happens(0.3),
        registered_address=address(f"enterprise/{number}", plan.site),
    )
    population.enterprises.append(enterprise)
    return enterprise


def _let_go(stays: list[Stay], plan: Plan, year: int, chance: Chance) -> None:
    """Some graduate and some leave in the year, as many as its level says."""
    level = plan.years[year - 2019]
    if level == "gone":
        return
    present = [stay for stay in stays if stay.ended_on is None]
    graduates, leavers = round(len(present) * _GRADUATES[level]), round(len(present) * _EXITS[level])
    for stay in sorted(present, key=lambda stay: stay.enterprise.registered_on):
        if graduates and _graduate(stay, plan, year, chance):
            graduates -= 1
    for stay in [stay for stay in present if stay.ended_on is None and stay.admitted_on.month < 9][:leavers]:
        stay.ended_on = chance.day(max(date(year, 4, 1), stay.admitted_on + timedelta(days=70)), date(year, 12, 20))
        stay.exit_reason = chance.pick(_EXIT_REASONS)


def _graduate(stay: Stay, plan: Plan, year: int, chance: Chance) -> bool:
    technology = "tech_incubator" in plan.titles
    operating_since = add_months(stay.enterprise.registered_on, 24)
    earliest = max(date(year, 6, 3), stay.admitted_on + timedelta(days=100), operating_since + timedelta(days=3))
    if earliest > date(year, 12, 15) or stay.filed_on is None:
        return False
    stay.ended_on = chance.day(earliest, date(year, 12, 18))
    stay.criterion = chance.pick(_TECHNOLOGY_ROUTES) if technology else "operating"
    stay.criterion_value = _claim(stay.criterion, stay.ended_on.year, chance)
    return True


def _claim(criterion: str, year: int, chance: Chance) -> str:
    return {
        "high_tech_certificate": f"GR{year}54{chance.number(1, 999999):06}",
        "two_year_income": f"{year - 2}/{chance.number(52, 70)}00000.00/{chance.number(55, 90)}00000.00",
        "venture_capital": f"{chance.number(51, 90)}00000.00",
        "merger_or_listing": chance.pick(("merged", "acquired")),
        "operating": f"{chance.number(3, 12)}",
    }[criterion]


def _move_on(population: Population) -> None:
    """After the delisting, its youngest tenants move to other centres; the others are still looking for a place."""
    chance = Chance("moving-on")
    young = [
        stay
        for stay in population.of(DELISTED)
        if stay.ended_on is None and add_months(stay.enterprise.registered_on, 24) > date(2021, 5, 15)
    ]
    for stay, home in zip(young, NEW_HOMES, strict=False):
        stay.ended_on = chance.day(date(2021, 3, 15), date(2021, 3, 31))
        stay.exit_reason = "centre_delisted"
        admitted = days_after(stay.ended_on, chance.number(2, 20))
        agreement = f"示例入驻-{home}-2021-R{len(population.stays):03}"
        population.stays.append(Stay(stay.enterprise, home, admitted, days_after(admitted, 9), agreement))


def _row(stay: Stay) -> tables.Tenancy:
    evidence = None
    if stay.ended_on is not None:
        evidence = f"示例{'毕业' if stay.criterion else '退出'}材料-{stay.agreement_no.removeprefix('示例入驻-')}"
    return tables.Tenancy(
        enterprise=stay.enterprise.code,
        centre=stay.centre,
        agreement_no=stay.agreement_no,
        admitted_on=stay.admitted_on,
        filed_on=stay.filed_on,
        ended_on=stay.ended_on,
        criterion=stay.criterion,
        criterion_value=stay.criterion_value,
        exit_reason=stay.exit_reason,
        evidence=evidence,
    )
