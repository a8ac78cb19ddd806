"""A centre's year in plain numbers, for tables."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from services.evaluation.reports.form import BY_LEVEL, YearForm
from services.evaluation.rubrics.facts import Facts, RecordFacts, ReportingFacts, TenancyFacts
from shared.policy.edition import load_editions

FIELDS = tuple(load_editions(None).get("lhasa-2019").report_form.required_in(1))
"""What the rubric and its checks need of a report."""


def year_form(events: Mapping[str, int] | None = None, **numbers: int | str) -> YearForm:
    values = dict.fromkeys((name for name in FIELDS if name != BY_LEVEL), Fraction(0))
    values |= {name: Fraction(Decimal(value)) for name, value in numbers.items()}
    return YearForm(values, dict(events or {}))


def as_recorded(form: YearForm) -> RecordFacts:
    """Records that say what the form says."""
    return RecordFacts(
        mentors=int(form["mentors"]),
        specialist_staff=int(form["specialist_staff"]),
        trained_staff=int(form["trained_staff"]),
        events_by_level=form.events_by_level,
        attendance=int(form["attendance"]),
    )


ALL_IN_TIME = ReportingFacts(due=4, submitted=4, on_time=4, accepted=4, filled=84, fields=84)


def facts(
    *,
    tenancies: TenancyFacts | None = None,
    reporting: ReportingFacts = ALL_IN_TIME,
    form: YearForm | None = None,
    marks: Mapping[str, Decimal | None] | None = None,
    tier: str = "standard",
    remote: bool = False,
    hardship: bool = True,
    area: str = "1000",
    records: RecordFacts | None = None,
) -> Facts:
    """What the form says is on record too, unless `records` says otherwise."""
    told = year_form() if form is None else form
    return Facts(
        tier=tier,
        remote=remote,
        hardship=hardship,
        total_area_m2=Decimal(area),
        tenancies=TenancyFacts() if tenancies is None else tenancies,
        reporting=reporting,
        form=told,
        marks={} if marks is None else marks,
        records=as_recorded(told) if records is None else records,
    )
