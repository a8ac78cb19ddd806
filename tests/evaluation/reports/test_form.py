"""The form as an edition has it, its values, and amounts in the units of the printed form."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import JsonValue, ValidationError

from services.evaluation.reports.form import as_entered, in_yuan, number, validated, year_value
from services.evaluation.reports.lines import EQUITY, LOANS
from services.evaluation.reports.prefill import SOURCES, differences, prefilled
from shared.http.validation import PayloadInvalid
from shared.policy.edition import EditionError, load_editions
from shared.policy.report_form import FormCheck, FormField, ReportForm, line_fields
from tests.evaluation.conftest import DEMO_POLICY

EDITIONS = list(load_editions(DEMO_POLICY))
LHASA = EDITIONS[0]
FORM = LHASA.report_form


def test_the_first_version_is_part_of_the_current_one() -> None:
    assert FORM.version == 3
    assert len(FORM.fields_of(1)) == 21
    assert set(FORM.fields_of(1)) < set(FORM.fields_of(2)) == set(FORM.fields_of(3))
    assert set(FORM.checks_of(1)) < set(FORM.checks_of(2)) < set(FORM.checks_of(3))


def test_the_third_version_asks_of_each_enterprise_what_scores_read_and_its_totals() -> None:
    assert FORM.lines_of(2) == {}
    asked = FORM.lines_of(3)
    assert set(asked) == {"equity_received", "loans_received", "jobs", "jobs_graduate", "revenue", "ip_held"}
    assert [name for name, field in asked.items() if field.empty_is_zero] == [EQUITY, LOANS]
    summed = {name for check in FORM.checks_of(3).values() for term in check.terms for name in line_fields(term)}
    assert summed == set(asked)
    added = [name for name in FORM.checks_of(3) if name not in FORM.checks_of(2)]
    errors = [name for name in added if FORM.checks[name].severity == "error"]
    assert errors == ["lines_equity", "lines_loans"]


def test_every_edition_has_the_form() -> None:
    assert {edition.report_form.version for edition in EDITIONS} == {3}


def test_the_form_asks_what_the_national_statistics_ask() -> None:
    groups = {field.group for field in FORM.fields.values() if field.line}
    assert groups == set(FORM.groups)
    for asked in ("area_total_m2", "staff_total", "income_rent", "enterprises_revenue", "enterprises_output"):
        assert FORM.fields[asked].statistical
    for amount in (field for field in FORM.fields.values() if field.kind == "amount" and field.statistical):
        assert amount.enter_in == "thousand_yuan"
        assert amount.unit == "yuan"


def test_counts_of_enterprises_say_so() -> None:
    for name in ("enterprises_with_ip", "enterprises_financed", "alive_after_12_months", "incubatees"):
        assert FORM.fields[name].unit == "enterprise"


def test_every_field_that_the_registry_prefills_names_a_record_that_it_tells_of() -> None:
    named = {field.registry for field in FORM.fields.values() if field.registry}
    assert named == SOURCES


@pytest.mark.parametrize(
    ("entered", "yuan"),
    [
        ("0", "0.00"),
        ("12", "12000.00"),
        ("12.34567", "12345.67"),
        ("0.00001", "0.01"),
        ("9999999999999", "9999999999999000.00"),
        ("0.000001", "0.000001"),
        ("1e3", "1e3"),
        ("１２", "１２"),
        ("-1", "-1"),
        (12, 12),
        (None, None),
    ],
)
def test_thousands_of_yuan_are_kept_in_yuan_and_nothing_is_rounded(entered: JsonValue, yuan: JsonValue) -> None:
    assert in_yuan(FORM, {"income_total": entered}) == {"income_total": yuan}


def test_amounts_that_the_print_has_in_yuan_stay_as_they_are() -> None:
    assert in_yuan(FORM, {"bank_loans": "12.00", "jobs": 3, "sunshine": "1"}) == {
        "bank_loans": "12.00",
        "jobs": 3,
        "sunshine": "1",
    }


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_an_amount_shown_in_its_unit_of_entry_reads_back_the_same(amount: object) -> None:
    for name in ("income_total", "bank_loans"):
        stored = validated(LHASA, 2, {name: f"{amount:.2f}"})
        assert in_yuan(FORM, {name: as_entered(FORM.fields[name], stored[name])}) in (
            stored,
            {name: f"{amount:.2f}"},
        )


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"own_fund": 1}, "form.own_fund"),
        ({"own_fund": "yes"}, "form.own_fund"),
        ({"jobs": True}, "form.jobs"),
        ({"jobs": 100_000_001}, "form.jobs"),
        ({"income_total": "1.234"}, "form.income_total"),
        ({"attendance_by_level": {"galactic": 1}}, "form.attendance_by_level"),
        ({"sunshine": 1}, "form.sunshine"),
    ],
)
def test_a_value_that_a_field_cannot_hold_is_named(sent: dict[str, JsonValue], field: str) -> None:
    with pytest.raises(PayloadInvalid) as refused:
        validated(LHASA, 2, sent)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_a_choice_counts_as_one_and_levels_are_added_up() -> None:
    assert number({"own_fund": True}, "own_fund") == 1
    assert number({"events_by_level": {"centre": 2, "municipal": 3}}, "events_by_level") == 5
    assert number({"bank_loans": "0.10"}, "bank_loans") == Fraction(1, 10)
    assert number({}, "jobs") is None


@pytest.mark.parametrize(("name", "value"), [("jobs", 7), ("admitted", 9), ("incubatees_opening", 2)])
def test_a_year_has_the_last_stock_the_sum_of_flows_and_the_first_opening(name: str, value: int) -> None:
    quarters: list[dict[str, JsonValue]] = [{}, {name: 2}, {name: 7}, {name: None}]
    assert year_value(FORM.fields[name], name, quarters) == value
    assert year_value(FORM.fields[name], name, [{}]) is None


def _registry(names: Iterable[str]) -> st.SearchStrategy[dict[str, JsonValue]]:
    """What the registry may say: by level where the form asks by level."""
    by_level = {field.registry for field in FORM.fields.values() if field.kind == "by_level"}
    levels = st.dictionaries(st.sampled_from(sorted(LHASA.activities.levels)), st.integers(1, 100))
    values: dict[str, st.SearchStrategy[Any]] = {
        name: levels if name in by_level else st.integers(0, 10_000) for name in names
    }
    return st.fixed_dictionaries({}, optional=values)


@given(_registry(sorted(SOURCES)))
def test_a_prefilled_report_without_a_change_differs_nowhere(known: dict[str, JsonValue]) -> None:
    values = prefilled(FORM, 2, known)
    assert differences(validated(LHASA, 2, values), values) == []


@given(_registry(sorted(SOURCES)).filter(bool), st.data())
def test_a_changed_field_differs_and_no_other(known: dict[str, JsonValue], data: st.DataObject) -> None:
    registry = prefilled(FORM, 2, known)
    name = data.draw(st.sampled_from(sorted(registry)))
    told = registry[name]
    more: JsonValue = {**told, "centre": int(str(told.get("centre", 0))) + 1} if isinstance(told, dict) else None
    entered = {**registry, name: more or int(str(told)) + 1}
    found = differences(entered, registry)
    assert [(one.field, one.by) for one in found] == [(name, {"centre": 1} if more else 1)]


def test_levels_that_add_up_alike_still_differ() -> None:
    said: dict[str, JsonValue] = {"events_by_level": {"centre": 2, "municipal": 0}}
    known: dict[str, JsonValue] = {"events_by_level": {"centre": 1, "municipal": 1}}
    (found,) = differences(said, known)
    assert found.by == {"centre": 1, "municipal": -1}
    assert differences(said, {"events_by_level": {"centre": 2}}) == []


def test_a_check_has_what_its_relation_needs() -> None:
    common = {"severity": "warning", "field": "jobs", "left": ("jobs",), "clause": "2.3-2", "origin": "default"}
    with pytest.raises(ValidationError):
        FormCheck.model_validate({**common, "relation": "steady"})
    with pytest.raises(ValidationError):
        FormCheck.model_validate({**common, "relation": "at_most"})
    FormCheck.model_validate({**common, "relation": "steady", "percent": "50", "beyond": "10"})


def test_only_amounts_are_entered_in_thousands() -> None:
    plain = FORM.fields["jobs"].model_dump()
    with pytest.raises(ValidationError):
        FormField.model_validate({**plain, "enter_in": "thousand_yuan"})
    with pytest.raises(ValidationError):
        FormField.model_validate({**plain, "since": 3, "until": 2})


def test_a_form_knows_the_names_it_uses() -> None:
    known = FORM.model_dump()
    for section, entry, change in (
        ("fields", "jobs", {"group": "weather"}),
        ("fields", "jobs", {"line": "A01"}),
        ("checks", "jobs_steady", {"field": "sunshine"}),
        ("checks", "jobs_steady", {"left": ("sunshine",)}),
        ("checks", "lines_jobs", {"left": ("lines:sunshine",)}),
        ("checks", "lines_ip_holders", {"left": ("enterprises:ip_held+sunshine",)}),
        ("enterprise_lines", "jobs", {"unit": "sunshine"}),
    ):
        changed = {**known, section: {**known[section], entry: {**known[section][entry], **change}}}
        with pytest.raises(ValidationError):
            ReportForm.model_validate(changed)


@pytest.mark.parametrize("name", ["../secret.toml", "missing.toml", "/etc/passwd"])
def test_an_edition_includes_only_files_below_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "city.toml").write_text(f'includes = ["{name}"]\nid = "x"\n', encoding="utf-8")
    with pytest.raises(EditionError, match="includes"):
        load_editions(tmp_path)


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(PayloadInvalid) as refused:
        validated(LHASA, 2, {"jobs": -3, "events_by_level": {"street": 1}, "unheard_of": 1})
    assert {fault.field for fault in refused.value.faults} == {"form.jobs", "form.events_by_level", "form.unheard_of"}
