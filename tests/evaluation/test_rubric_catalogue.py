"""Every formula of every edition is in the catalogue and says where its numbers come from (2.3-2)."""

from __future__ import annotations

import pytest

from services.evaluation.reports.form import FIELDS
from services.evaluation.rubrics.catalogue import CATALOGUE, NOT_IN_INDICATORS, windows
from services.evaluation.rubrics.facts import CENTRE, EXPERTS, REPORTS, TENANCIES
from shared.policy.edition import Edition, load_editions
from shared.policy.rubric import Indicator
from tests.evaluation.conftest import DEMO_POLICY

EDITIONS = list(load_editions(DEMO_POLICY))
INDICATORS = [(edition, indicator) for edition in EDITIONS for indicator in edition.rubric.indicators]


@pytest.mark.parametrize(("edition", "indicator"), INDICATORS, ids=[f"{e.id}-{i.id}" for e, i in INDICATORS])
def test_each_indicator_names_its_form_fields_or_the_records_it_counts(edition: Edition, indicator: Indicator) -> None:
    entry = CATALOGUE[indicator.formula]
    assert entry.sources
    assert set(entry.sources) <= {TENANCIES, CENTRE, REPORTS, EXPERTS}
    assert set(entry.fields) <= set(FIELDS)
    assert (EXPERTS in entry.sources) == (indicator.kind == "expert")
    if entry.fields:
        assert REPORTS in entry.sources


def test_no_formula_of_the_catalogue_is_without_an_indicator() -> None:
    assert set(CATALOGUE) == {indicator.formula for _, indicator in INDICATORS}


def test_every_form_field_serves_an_indicator_or_a_check() -> None:
    read = {field for entry in CATALOGUE.values() for field in entry.fields}
    assert read | NOT_IN_INDICATORS == set(FIELDS)
    assert not read & NOT_IN_INDICATORS


def test_periods_come_from_the_edition() -> None:
    found = windows(EDITIONS[0])
    assert (found.filing_days, found.rolling_years, found.survival_months) == (30, 3, 12)
    assert (found.stay_months, found.long_stay_months) == (48, 60)


def test_counts_of_tenancies_are_the_registrys() -> None:
    assert CATALOGUE["enterprises.incubatees"].sources == (TENANCIES,)
