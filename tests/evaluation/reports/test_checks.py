"""The form's checks (2.3-2), each at, below and above what it allows."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

import pytest
from pydantic import JsonValue

from services.evaluation.reports.checks import Around, Checked, checked, decide_consistent, decide_explained, unusual
from services.evaluation.reports.texts import shown_checks
from shared.policy.edition import load_editions
from shared.policy.report_form import CENTRE_AREA, FormCheck, line_fields
from tests.evaluation.support import full_form

LHASA = load_editions(None).get("lhasa-2019")
FORM = LHASA.report_form
CHECKS = FORM.checks_of(FORM.version)
OF_LINES = {name for name, check in CHECKS.items() if any(line_fields(term) for term in check.terms)}
"""Checks of the enterprises' lines, which have tests of their own."""
Values: TypeAlias = dict[str, JsonValue]


def _of(relation: str) -> list[str]:
    return [name for name, check in CHECKS.items() if check.relation == relation and name not in OF_LINES]


def _value(name: str, amount: int) -> JsonValue:
    kind = FORM.fields[name].kind
    if kind == "amount":
        return f"{amount}.00"
    if kind == "flag":
        return amount > 0
    return {"municipal": amount} if kind == "by_level" else amount


def _with_sum(terms: tuple[str, ...], total: int, each: int = 10) -> Values:
    """Values whose sum over the terms is `total`; all but the first term have `each`."""
    values: Values = {}
    rest = total
    for term in terms[1:]:
        rest += each if term.startswith("-") else -each
        values[term.removeprefix("-")] = _value(term.removeprefix("-"), each)
    values[terms[0]] = _value(terms[0], rest)
    return values


def _one(name: str, values: Values, around: Around) -> Checked:
    found = {one.id: one for one in checked(FORM, FORM.version, values, around)}
    return found[name]


def _sides(check: FormCheck, left: int, right: int) -> tuple[Values, Around]:
    if CENTRE_AREA in check.right:
        return _with_sum(check.left, left), Around(total_area_m2=Decimal(right))
    return {**_with_sum(check.right, right), **_with_sum(check.left, left)}, Around()


@pytest.mark.parametrize("name", _of("at_most"))
@pytest.mark.parametrize(("left", "holds"), [(99, True), (100, True), (101, False)])
def test_a_part_is_at_most_its_whole(name: str, left: int, holds: bool) -> None:
    assert _one(name, *_sides(CHECKS[name], left, 100)).passed is holds


@pytest.mark.parametrize("name", _of("equal"))
@pytest.mark.parametrize(("left", "holds"), [(99, False), (100, True), (101, False)])
def test_a_sum_equals_its_parts(name: str, left: int, holds: bool) -> None:
    assert _one(name, *_sides(CHECKS[name], left, 100)).passed is holds


@pytest.mark.parametrize("name", _of("only_with"))
@pytest.mark.parametrize(("left", "right", "holds"), [(0, 0, True), (1, 0, False), (0, 1, True), (1, 1, True)])
def test_what_needs_something_else_is_zero_without_it(name: str, left: int, right: int, holds: bool) -> None:
    check = CHECKS[name]
    values = {**_with_sum(check.right, right, 0), **_with_sum(check.left, left, 0)}
    assert _one(name, values, Around()).passed is holds


@pytest.mark.parametrize("name", _of("as_last"))
@pytest.mark.parametrize(("left", "holds"), [(4, False), (5, True), (6, False)])
def test_a_quarter_opens_as_the_last_one_closed(name: str, left: int, holds: bool) -> None:
    check = CHECKS[name]
    assert _one(name, _with_sum(check.left, left), Around(last=_with_sum(check.right, 5))).passed is holds


@pytest.mark.parametrize("name", _of("steady"))
def test_a_jump_needs_both_more_than_its_percentage_and_more_than_its_amount(name: str) -> None:
    check = CHECKS[name]
    assert check.percent is not None
    assert check.beyond is not None
    beyond = int(check.beyond)
    many = beyond * 4  # a jump of the percentage is more than the amount
    edge = many * int(check.percent) // 100
    few = beyond  # a jump of the amount is the percentage already
    for last, now, holds in (
        (many, many, True),
        (many, many + edge, True),
        (many, many + edge + 1, False),
        (many, many - edge, True),
        (many, many - edge - 1, False),
        (few, few + beyond, True),
        (few, few + beyond + 1, False),
        (0, beyond, True),
        (0, beyond + 1, False),
    ):
        found = _one(name, _with_sum(check.left, now), Around(last=_with_sum(check.left, last)))
        assert found.passed is holds, (name, last, now)


def test_every_check_has_a_relation_that_is_tested_here() -> None:
    tested = {name for relation in ("at_most", "equal", "only_with", "as_last", "steady") for name in _of(relation)}
    assert tested | OF_LINES == set(CHECKS)


def test_checks_look_only_at_what_is_filled_in_and_known() -> None:
    assert checked(FORM, 2, {}, Around()) == []
    names = {one.id for one in checked(FORM, 2, {"area_used_m2": 5}, Around())}
    assert names == set()
    with_area = {one.id for one in checked(FORM, 2, {"area_used_m2": 5}, Around(total_area_m2=Decimal(4)))}
    assert with_area == {"area_used_within_total"}


def test_the_first_version_is_checked_as_it_was() -> None:
    jump = {**full_form(jobs=500), "ip_held": 0}
    assert unusual(checked(FORM, 1, jump, Around(last=full_form(jobs=20)))) == []
    assert [one.id for one in unusual(checked(FORM, 2, jump, Around(last=full_form(jobs=20))))] == ["jobs_steady"]


def test_an_explained_warning_passes_and_an_error_never_does() -> None:
    found = checked(FORM, 2, full_form(jobs=500, mentors=90, trained_staff=3), Around(last=full_form(jobs=20)))
    assert not decide_explained(LHASA, found, {"jobs_steady": "新引进企业"}).passed
    explained = {"jobs_steady": "新引进企业", "mentors_steady": "导师团入驻"}
    assert decide_explained(LHASA, found, explained).passed
    assert [one.inputs["check"] for one in decide_consistent(LHASA, found).failures] == ["trained_within_specialists"]


def test_what_does_not_hold_is_told_in_both_languages_with_what_to_do() -> None:
    values = full_form(jobs=500, trained_staff=3)
    found = shown_checks(FORM, checked(FORM, 2, values, Around(last=full_form())), {"jobs_steady": "新引进企业"})
    assert [(one.id, one.severity, one.field) for one in found] == [
        ("trained_within_specialists", "error", "trained_staff"),
        ("jobs_steady", "warning", "jobs"),
    ]
    assert found[0].message_zh == "“接受专业培训的专职人员” 为 3，超过了 “专职服务人员”（2）"
    assert "Specialist staff who were trained" in found[0].message_en
    assert found[0].remedy_zh
    assert found[0].remedy_en
    assert found[1].explanation == "新引进企业"
    for text in (one.message_zh + one.message_en for one in found):
        assert "{" not in text
