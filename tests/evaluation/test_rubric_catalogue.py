"""Every formula of every edition is in the catalogue and says where its numbers come from (2.3-2)."""

from __future__ import annotations

import pytest

from services.evaluation.rubrics.catalogue import CATALOGUE, windows
from services.evaluation.rubrics.facts import CENTRE, EXPERTS, REPORTS, SERVICES, TENANCIES
from shared.policy.edition import Edition, load_editions
from shared.policy.rubric import Indicator
from tests.evaluation.conftest import DEMO_POLICY

EDITIONS = list(load_editions(DEMO_POLICY))
INDICATORS = [(edition, indicator) for edition in EDITIONS for indicator in edition.rubric.indicators]


@pytest.mark.parametrize(("edition", "indicator"), INDICATORS, ids=[f"{e.id}-{i.id}" for e, i in INDICATORS])
def test_each_indicator_names_its_form_fields_or_the_records_it_counts(edition: Edition, indicator: Indicator) -> None:
    entry = CATALOGUE[indicator.formula]
    assert entry.sources
    assert set(entry.sources) <= {TENANCIES, SERVICES, CENTRE, REPORTS, EXPERTS}
    form = edition.report_form
    assert set(entry.fields) <= set(form.required_in(form.version))
    assert (EXPERTS in entry.sources) == (indicator.kind == "expert")
    if entry.fields:
        assert REPORTS in entry.sources


def test_no_formula_of_the_catalogue_is_without_an_indicator() -> None:
    assert set(CATALOGUE) == {indicator.formula for _, indicator in INDICATORS}


@pytest.mark.parametrize("edition", EDITIONS, ids=[edition.id for edition in EDITIONS])
def test_every_form_field_serves_an_indicator_or_is_marked_statistical(edition: Edition) -> None:
    read = {field for entry in CATALOGUE.values() for field in entry.fields}
    for name, field in edition.report_form.fields.items():
        assert field.statistical == (name not in read), name


@pytest.mark.parametrize("edition", EDITIONS, ids=[edition.id for edition in EDITIONS])
def test_what_an_indicator_reads_is_asked_in_every_version_and_required(edition: Edition) -> None:
    read = {field for entry in CATALOGUE.values() for field in entry.fields}
    for version in range(1, edition.report_form.version + 1):
        assert read <= set(edition.report_form.required_in(version))


def test_periods_come_from_the_edition() -> None:
    found = windows(EDITIONS[0])
    assert (found.filing_days, found.rolling_years, found.survival_months) == (30, 3, 12)
    assert (found.stay_months, found.long_stay_months) == (48, 60)


def test_counts_of_tenancies_are_the_registrys() -> None:
    assert CATALOGUE["enterprises.incubatees"].sources == (TENANCIES,)
