"""The formulas of the catalogue: pure functions from a centre's year to a value in the indicator's unit.

Percentages are 0 to 100. A share of enterprises is 0 where there are none; a share of what was due is None where
nothing was due, and the indicator's weight is then spread over the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from services.evaluation.rubrics.counting import from_records
from services.evaluation.rubrics.facts import Facts, Financing, Measured, Money, Reading
from shared.policy.rubric import Indicator

Formula = Callable[[Facts, Indicator], Measured]

_ZERO = Fraction(0)


class MissingParameter(LookupError):
    """The edition gives an indicator no such parameter, or one of the wrong type."""


def whole(indicator: Indicator, name: str) -> int:
    """A whole-number parameter. Raises MissingParameter."""
    value = indicator.params.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise MissingParameter(f"{indicator.id}: {name}")
    return value


def amount(indicator: Indicator, name: str) -> Fraction:
    """An amount parameter in yuan. Raises MissingParameter."""
    value = indicator.params.get(name)
    if not isinstance(value, str):
        raise MissingParameter(f"{indicator.id}: {name}")
    return Fraction(Decimal(value))


def words(indicator: Indicator, name: str) -> tuple[str, ...]:
    """A parameter that lists codes. Raises MissingParameter."""
    value = indicator.params.get(name)
    if not isinstance(value, tuple):
        raise MissingParameter(f"{indicator.id}: {name}")
    return value


def _share_due(part: int | Fraction, whole_part: int, /, **inputs: int | Fraction) -> Measured:
    """Percentage of what was due; None where nothing was."""
    value = Fraction(part) * 100 / whole_part if whole_part else None
    return Measured(value, {**inputs})


def _per_enterprise(facts: Facts, total: Fraction, factor: int, **inputs: int | Fraction) -> Measured:
    """`factor` × total for each incubatee; 0 without incubatees."""
    n = facts.incubatees
    return Measured(total * factor / n if n else _ZERO, {**inputs, "incubatees": n})


def filed_share(facts: Facts, _: Indicator) -> Measured:
    """Of the year's admissions, those filed with the bureau."""
    stays = facts.tenancies
    return _share_due(stays.filed, stays.admitted, filed=stays.filed, admitted=stays.admitted)


def filed_in_time_share(facts: Facts, _: Indicator) -> Measured:
    """Of the year's admissions, those filed within the term."""
    stays = facts.tenancies
    return _share_due(stays.filed_in_time, stays.admitted, filed_in_time=stays.filed_in_time, admitted=stays.admitted)


def expert_mark(facts: Facts, indicator: Indicator) -> Measured:
    """What the expert entered; no mark yet counts as 0, "nothing to check" as not due."""
    if indicator.id not in facts.marks:
        return Measured(_ZERO, {"mark": None})
    mark = facts.marks[indicator.id]
    return Measured(None if mark is None else Fraction(mark), {"mark": mark})


def confirmed_per_enterprise(facts: Facts, indicator: Indicator) -> Measured:
    """Services that the enterprises confirmed, no more than `counted_at_most` for each enterprise of the year.

    What the registry has on record is limited enterprise by enterprise. Of what the report says beyond that nobody
    knows whose it is: it counts as far as the enterprises that the report names as served leave room.
    """
    each = whole(indicator, "counted_at_most")
    services, served = facts.form["confirmed_services"], facts.form["enterprises_served"]
    recorded = sum(number * firms for number, firms in facts.services.items())
    within = sum(min(number, each) * firms for number, firms in facts.services.items())
    beyond = max(Fraction(0), services - recorded)
    named = max(served, Fraction(sum(facts.services.values())))
    limit = each * _concerned(facts, named)
    reading: Reading = "total" if not recorded else "by_enterprise_and_total" if beyond else "by_enterprise"
    measured = _per_enterprise(
        facts,
        min(within + beyond, limit),
        1,
        confirmed_services=services,
        enterprises_served=served,
        services_recorded=recorded,
        services_within_limit=within,
        counted_at_most=limit,
    )
    return replace(measured, reading=reading)


def _concerned(facts: Facts, named: Fraction) -> Fraction:
    """To how many enterprises a limit for each applies: those that are named, at least one, and no more than were there
    in the year."""
    return max(_ZERO, min(Fraction(facts.tenancies.in_year), max(named, Fraction(1))))


def mentors_per_ten(facts: Facts, indicator: Indicator) -> Measured:
    """Mentors for every ten incubatees; of the records those appointed and linked to the centre on the last day."""
    reported = facts.form["mentors"]
    if not from_records(indicator):
        return _per_enterprise(facts, reported, 10, mentors=reported)
    mentors = Fraction(facts.records.mentors)
    return _recorded(_per_enterprise(facts, mentors, 10, mentors=mentors, mentors_reported=reported))


def _recorded(measured: Measured) -> Measured:
    """Counted from the registry's records; the inputs name beside them what the form says."""
    return replace(measured, reading="records")


def staff_per_ten(facts: Facts, indicator: Indicator) -> Measured:
    """Specialist staff for every ten incubatees; of staff too little trained only so many count as would make the
    trained share sufficient. Of the records, full-time staff on the last day and those among them with a certificate
    of the training register."""
    reported = {"specialist_staff": facts.form["specialist_staff"], "trained_staff": facts.form["trained_staff"]}
    staff, trained = reported["specialist_staff"], reported["trained_staff"]
    recorded = from_records(indicator)
    if recorded:
        staff, trained = Fraction(facts.records.specialist_staff), Fraction(facts.records.trained_staff)
    counted = min(staff, trained * 100 / whole(indicator, "trained_percent"))
    inputs = {"specialist_staff": staff, "trained_staff": trained, "counted": counted}
    if not recorded:
        return _per_enterprise(facts, counted, 10, **inputs)
    beside = {f"{name}_reported": value for name, value in reported.items()}
    return _recorded(_per_enterprise(facts, counted, 10, **inputs, **beside))


def area_share(facts: Facts, _: Indicator) -> Measured:
    """Area in incubation use of the centre's total area."""
    used, total = facts.form["area_used_m2"], Fraction(facts.total_area_m2)
    value = used * 100 / total if total else _ZERO
    return Measured(value, {"area_used_m2": used, "total_area_m2": total})


def ip_share(facts: Facts, _: Indicator) -> Measured:
    """Incubatees that hold intellectual property of the kinds the edition counts."""
    holders = facts.form["enterprises_with_ip"]
    return _per_enterprise(facts, holders, 100, enterprises_with_ip=holders)


def jobs_per_enterprise(facts: Facts, _: Indicator) -> Measured:
    """People employed for each incubatee."""
    jobs = facts.form["jobs"]
    return _per_enterprise(facts, jobs, 1, jobs=jobs)


def on_time_share(facts: Facts, _: Indicator) -> Measured:
    """Of the reports due, those first submitted by their due day."""
    reporting = facts.reporting
    return _share_due(reporting.on_time, reporting.due, on_time=reporting.on_time, due=reporting.due)


def complete_share(facts: Facts, _: Indicator) -> Measured:
    """Fields filled in accepted reports, of all fields of all reports due."""
    reporting = facts.reporting
    return _share_due(reporting.filled, reporting.fields, filled=reporting.filled, fields=reporting.fields)


def corrected_in_time_share(facts: Facts, _: Indicator) -> Measured:
    """Of the returned reports, those corrected within the term."""
    reporting = facts.reporting
    return _share_due(
        reporting.corrected_in_time,
        reporting.returned,
        corrected_in_time=reporting.corrected_in_time,
        returned=reporting.returned,
    )


def incubatees(facts: Facts, _: Indicator) -> Measured:
    """Enterprises at the centre on the year's last day."""
    return Measured(Fraction(facts.incubatees), {"incubatees": facts.incubatees})


def graduation_rate(facts: Facts, _: Indicator) -> Measured:
    """Graduates of opening plus new, over the rolling years together; 0 where there was no enterprise at all."""
    stays = facts.tenancies
    value = Fraction(stays.window_graduated * 100, stays.window_base) if stays.window_base else _ZERO
    return Measured(value, {"graduated": stays.window_graduated, "opening_and_new": stays.window_base})


def exits_in_order_share(facts: Facts, _: Indicator) -> Measured:
    """Of incubatees and exits, those neither past their longest stay nor without a documented reason.

    Stays between the two limits are in order as far as the report names enterprises of the fields that may stay longer.
    """
    stays = facts.tenancies
    between = stays.past_stay - stays.past_long_stay
    overdue = stays.past_long_stay + max(Fraction(0), between - facts.form["long_stay_enterprises"])
    concerned = stays.at_year_end + stays.exited
    return _share_due(
        concerned - overdue - stays.exited_without_reason,
        concerned,
        incubatees=stays.at_year_end,
        exited=stays.exited,
        overdue=overdue,
        exited_without_reason=stays.exited_without_reason,
    )


def survival_share(facts: Facts, _: Indicator) -> Measured:
    """Of the enterprises whose twelfth month after entry ended in the year, those reported alive."""
    alive, cohort = facts.form["alive_after_12_months"], facts.tenancies.cohort
    return _share_due(alive, cohort, alive_after_12_months=alive, cohort=cohort)


def financed_share(facts: Facts, _: Indicator) -> Measured:
    """Enterprises financed in the year for each hundred incubatees."""
    financed = facts.form["enterprises_financed"]
    return _per_enterprise(facts, financed, 100, enterprises_financed=financed)


def amount_per_enterprise(facts: Facts, indicator: Indicator) -> Measured:
    """Equity, and bank loans where the edition counts them, for each incubatee; of every enterprise no more than the
    limit a year.

    Where the reports have a line for each enterprise, the limit is applied to each one's sum over the year. Of totals
    without lines nobody knows whose they are: they count as far as the limit for each enterprise that such a report
    names as financed, at least one, leaves room.
    """
    each, loans_count = amount(indicator, "counted_at_most"), indicator.params.get("bank_loans_count") is True

    def counted(money: Money) -> Fraction:
        return money.equity + (money.loans if loans_count else _ZERO)

    form, found = facts.form, facts.financing
    financed = form["enterprises_financed"]
    if found is None:
        found = Financing((), Money(form["equity_financing"], form["bank_loans"]), financed)
    sums = [total for money in found.enterprises if (total := counted(money)) > 0]
    within, rest = sum((min(each, total) for total in sums), _ZERO), counted(found.rest)
    limit, reading, value = each * len(sums), _reading(facts, rest), within
    inputs: dict[str, Fraction | int] = {
        "equity_financing": sum((money.equity for money in found.enterprises), found.rest.equity),
        "bank_loans": sum((money.loans for money in found.enterprises), found.rest.loans),
        "enterprises_financed": financed,
    }
    if reading != "total":
        inputs |= {"financing_enterprises": len(sums), "financing_within_limit": within}
    if reading != "by_enterprise":
        limit = each * _concerned(facts, max(financed, Fraction(len(sums))))
        value = min(within + min(rest, each * max(found.rest_financed, Fraction(1))), limit)
    return replace(_per_enterprise(facts, value, 1, **inputs, counted_at_most=limit), reading=reading)


def _reading(facts: Facts, rest: Fraction) -> Reading:
    """How the limit for each enterprise's money is applied."""
    if facts.financing is None:
        return "total"
    return "by_enterprise_and_total" if rest else "by_enterprise"


def matches(facts: Facts, _: Indicator) -> Measured:
    """Matches with a fund or a bank that led to an offer."""
    found = facts.form["financing_matches"]
    return Measured(found, {"financing_matches": found})


def events(facts: Facts, indicator: Indicator) -> Measured:
    """Events of all levels; of the records those that a bureau has verified."""
    return _events(facts, indicator, lambda by_level: sum(by_level.values()))


def attendance(facts: Facts, indicator: Indicator) -> Measured:
    """People who attended the events."""
    reported = facts.form["attendance"]
    if not from_records(indicator):
        return Measured(reported, {"attendance": reported})
    heads = Fraction(facts.records.attendance)
    return _recorded(Measured(heads, {"attendance": heads, "attendance_reported": reported}))


def events_at_levels(facts: Facts, indicator: Indicator) -> Measured:
    """Events of the levels that the edition names."""
    levels = words(indicator, "levels")
    return _events(facts, indicator, lambda by_level: sum(by_level.get(level, 0) for level in levels))


def _events(facts: Facts, indicator: Indicator, count: Callable[[Mapping[str, int]], int]) -> Measured:
    reported = count(facts.form.events_by_level)
    if not from_records(indicator):
        return Measured(Fraction(reported), {"events": reported})
    held = count(facts.records.events_by_level)
    return _recorded(Measured(Fraction(held), {"events": held, "events_reported": reported}))
