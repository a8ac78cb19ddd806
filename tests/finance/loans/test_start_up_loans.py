"""Start-up loans of small and micro enterprises: hires, the reading of the year, sealed evidence, the sheet (3.2-4)."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from docx import Document
from sqlalchemy import select

from services.finance.loans.evidence import seal_anew
from services.finance.loans.models import LoanHire
from shared.db import Database
from shared.sealing import Keyring, with_new_key, without_keys
from tests.finance.loans.lending import (
    PATH,
    Counter,
    Firm,
    application,
    ceilings,
    done,
    events_of,
    firm,
    grown,
    hire,
    person,
    refused,
)
from tests.finance.support import Json
from tests.support.identifiers import make_identity_card
from tests.support.tokens import Keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

PRODUCT = "small_micro_startup"


async def drafted(counter: Counter, borrower: Firm, amount: str = "3000000.00", **other: object) -> Json:
    return done(await counter.enterprise(borrower.code, PATH, application(PRODUCT, amount, **other)), 201)


async def listed(counter: Counter, borrower: Firm, loan: Json, staff: int, hires: list[Json]) -> Json:
    """Each hire a person of its own, unless the line names one."""
    named = [
        line if {"id_number", "person_ref"} & line.keys() else line | {"id_number": make_identity_card(100 + place)}
        for place, line in enumerate(hires)
    ]
    body = {"staff": staff, "hires": named}
    return done(await counter.enterprise(borrower.code, f"{PATH}/{loan['id']}/hires", body))


async def submitted(
    counter: Counter, borrower: Firm, staff: int, hires: list[Json], *, figures: Json | None = None
) -> Json:
    loan = await drafted(counter, borrower, figures=figures)
    await listed(counter, borrower, loan, staff, hires)
    return done(await counter.enterprise(borrower.code, f"{PATH}/{loan['id']}/submit", {}))


@pytest.mark.parametrize(
    ("staff", "hires", "code"),
    [(100, 25, None), (100, 24, "loan-hires-too-few"), (101, 16, None), (101, 15, "loan-hires-too-few")],
)
async def test_hire_ratio_decides_the_application(
    counter: Counter, db: Database, staff: int, hires: int, code: str | None
) -> None:
    borrower = await firm(db, seated=False)
    loan = await drafted(counter, borrower)
    await listed(counter, borrower, loan, staff, [hire() for _ in range(hires)])
    answer = await counter.enterprise(borrower.code, f"{PATH}/{loan['id']}/submit", {})
    if code is not None:
        refused(answer, 409, code)
        return
    found = done(answer)
    assert (found["status"], found["hires_counted"], found["department"]) == ("submitted", hires, "finance")


async def test_leavers_dispatched_and_short_contracts_do_not_count(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    loan = await drafted(counter, borrower)
    hires = [
        hire(),
        hire(left_on="2019-05-05"),
        hire(left_on="2019-05-06"),
        hire(dispatched=True),
        hire(contract_from="2019-01-01", contract_to="2019-12-30"),
        hire(contract_from="2019-01-01", contract_to="2019-12-31"),
        hire(insured=False),
        hire("cousin"),
    ]
    found = await listed(counter, borrower, loan, 10, hires)
    assert [line["faults"] for line in found["hires"]] == [
        [],
        ["left"],
        [],
        ["dispatched"],
        ["contract_too_short"],
        [],
        ["not_insured"],
        ["class_not_eligible"],
    ]
    assert [reading["counted"] for reading in found["hire_calculation"]["readings"]] == [3, 3]


async def test_a_hire_that_nobody_can_tell_from_another_is_not_taken(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    loan = await drafted(counter, borrower)
    path = f"{PATH}/{loan['id']}/hires"
    refused(await counter.enterprise(borrower.code, path, {"staff": 4, "hires": [hire()]}), 422, "validation-failed")
    unknown = {"staff": 4, "hires": [hire(person_ref="P-NOBODY")]}
    refused(await counter.enterprise(borrower.code, path, unknown), 409, "reference-not-yet-known")
    begins = hire(hired_on="2019-05-06", contract_from="2019-05-07", contract_to=None)
    found = await listed(counter, borrower, loan, 4, [begins])
    assert found["hires"][0]["faults"] == ["contract_not_begun"]


async def test_the_caps_and_sizes_of_small_firms(counter: Counter, db: Database) -> None:
    big = await firm(db, size_class="medium")
    loan = await drafted(counter, big)
    await listed(counter, big, loan, 4, [hire()])
    refused(await counter.enterprise(big.code, f"{PATH}/{loan['id']}/submit", {}), 409, "loan-not-small")
    unknown = await firm(db, size_class=None)
    loan = await drafted(counter, unknown)
    await listed(counter, unknown, loan, 4, [hire()])
    refused(await counter.enterprise(unknown.code, f"{PATH}/{loan['id']}/submit", {}), 409, "loan-size-unknown")
    figures = {"year": 2018, "staff": 4, "income": "900000.00", "assets": "500000.00"}
    found = await submitted(counter, await firm(db, size_class=None), 4, [hire()], figures=figures)
    size = next(result for result in found["eligibility"]["results"] if result["rule"] == "loans.enterprise_size")
    assert (size["inputs"]["size_class"], size["inputs"]["year"]) == ("micro", 2018)
    small = await firm(db)
    loan = await drafted(counter, small, "3000000.01")
    await listed(counter, small, loan, 4, [hire()])
    refused(await counter.enterprise(small.code, f"{PATH}/{loan['id']}/submit", {}), 409, "loan-cap-exceeded")


def found_rule(decision: Json, rule: str) -> Json:
    return next(result for result in decision["results"] if result["rule"] == rule)


@pytest.mark.parametrize(
    ("on_record", "message"),
    [(None, "loan-staff-not-on-record"), (22, "rule-met"), (19, "rule-met"), (18, "loan-staff-differs")],
)
async def test_the_registrys_staff_stand_beside_the_declared_and_warn_from_ten_percent_on(
    counter: Counter, db: Database, on_record: int | None, message: str
) -> None:
    """20 are declared: 10 % of 22 are 2.2, of 19 1.9, of 18 1.8."""
    borrower = await firm(db)
    await grown(db, borrower, 2017, 500)
    if on_record is None:
        borrower = await firm(db)
    else:
        await grown(db, borrower, 2018, on_record, version=3)
        await grown(db, borrower, 2020, 1, version=4)
    loan = await submitted(counter, borrower, 20, [hire() for _ in range(5)])
    beside = found_rule(loan["eligibility"], "loans.staff_on_record")
    year = None if on_record is None else 2018
    assert beside["passed"]
    assert (beside["message"], beside["inputs"]) == (message, {"staff": 20, "on_record": on_record, "year": year})


async def test_a_staff_figure_that_comes_later_is_before_the_approver(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    loan = await submitted(counter, borrower, 4, [hire()])
    await grown(db, borrower, 2018, 40)
    reviewed = done(await counter.step("finance_officer", loan, "review", {}))
    checked = done(await counter.step("finance_approver", reviewed, "approve", {}))
    assert found_rule(checked["check_decision"], "loans.staff_on_record")["message"] == "loan-staff-differs"


@pytest.mark.parametrize(("today", "code"), [(date(2020, 6, 30), None), (date(2020, 7, 1), "loan-size-outdated")])
async def test_the_figures_of_a_size_class_hold_for_eighteen_months_to_the_day(
    counter: Counter, db: Database, today: date, code: str | None
) -> None:
    counter.desk.today = today
    borrower = await firm(db, size_year=2018)
    recent = {"hired_on": "2020-06-01", "contract_from": "2020-06-01", "contract_to": "2021-06-01"}
    loan = await drafted(counter, borrower)
    await listed(counter, borrower, loan, 4, [hire(**recent)])
    answer = await counter.enterprise(borrower.code, f"{PATH}/{loan['id']}/submit", {})
    if code is None:
        done(answer)
        return
    refused(answer, 409, code)
    assert "2018" in answer.json()["detail"]
    newer = {"year": 2019, "staff": 4, "income": "900000.00", "assets": "500000.00"}
    again = await submitted(counter, await firm(db, size_year=2018), 4, [hire(**recent)], figures=newer)
    size = found_rule(again["eligibility"], "loans.enterprise_size")
    assert (size["inputs"]["size_class"], size["inputs"]["year"], size["inputs"]["declared"]) == ("micro", 2019, True)


async def test_declared_figures_do_not_replace_a_size_class_that_is_young_enough(
    counter: Counter, db: Database
) -> None:
    small = {"year": 2019, "staff": 4, "income": "900000.00", "assets": "500000.00"}
    borrower = await firm(db, size_class="medium")
    loan = await drafted(counter, borrower, figures=small)
    await listed(counter, borrower, loan, 4, [hire()])
    refused(await counter.enterprise(borrower.code, f"{PATH}/{loan['id']}/submit", {}), 409, "loan-not-small")


async def test_dry_run_counts_hires_without_a_list(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    body = {"product": PRODUCT, "amount": "100000.00", "tenor_months": 24, "staff": 5, "hires": [hire(), hire()]}
    found = done(await counter.enterprise(borrower.code, f"{PATH}/eligibility", body))
    assert (found["passed"], found["hire_calculation"]["required"]) == (True, 2)
    found = done(await counter.enterprise(borrower.code, f"{PATH}/eligibility", body | {"hires": [hire()]}))
    assert not found["passed"]
    body |= {"enterprise_code": borrower.code}
    assert not done(await counter.send("finance_officer", "POST", f"{PATH}/eligibility", body | {"staff": None}))[
        "passed"
    ]


async def test_two_people_of_the_department_let_it_pass_and_the_bank_sees_the_count(
    counter: Counter, db: Database
) -> None:
    borrower = await firm(db)
    loan = await submitted(counter, borrower, 4, [hire()])
    refused(await counter.step("hr_officer", loan, "review", {}), 404, "not-found")
    refused(await counter.step("guarantor", loan, "guarantor-accept", {}), 404, "not-found")
    refused(await counter.step("finance_approver", loan, "approve", {}), 409, "invalid-transition")
    reviewed = done(await counter.step("finance_officer", loan, "review", {}, account="both"))
    refused(await counter.step("finance_approver", loan, "approve", {}, account="both"), 403, "four-eyes-required")
    refused(await counter.bank(f"{PATH}/{loan['id']}", method="GET"), 404, "not-found")
    checked = done(await counter.step("finance_approver", reviewed, "approve", {}))
    assert (checked["status"], checked["committed"]) == ("department_checked", "3000000.00")
    shown = done(await counter.bank(f"{PATH}/{loan['id']}", method="GET"))
    assert (shown["hires_counted"], shown["hire_calculation"]) == (1, None)
    refused(await counter.bank(f"{PATH}/{loan['id']}/hires", method="GET"), 403, "forbidden")
    assert await ceilings(db, borrower.code) == {("loans.small_micro", borrower.code): "3000000.00"}


async def test_where_the_readings_differ_an_officer_records_the_choice(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    late = hire(hired_on="2018-09-01", contract_from="2018-09-01", contract_to=None)
    loan = await submitted(counter, borrower, 4, [late])
    assert loan["hire_calculation"]["differ"]
    reviewed = done(await counter.step("finance_officer", loan, "review", {}))
    refused(await counter.step("finance_approver", reviewed, "approve", {}), 409, "loan-window-not-chosen")
    literal = {"window": "calendar", "reason": "按字面"}
    done(await counter.step("finance_officer", loan, "choose-window", literal))
    refused(await counter.step("finance_approver", reviewed, "approve", {}), 409, "loan-hires-too-few")
    rolling = {"window": "rolling", "reason": "按国家口径"}
    chosen = done(await counter.step("finance_officer", loan, "choose-window", rolling, account="chooser"))
    assert (chosen["hire_window"], chosen["hire_window_by"]) == ("rolling", "chooser")
    refused(await counter.step("finance_approver", loan, "approve", {}, account="chooser"), 403, "four-eyes-required")
    assert done(await counter.step("finance_approver", loan, "approve", {}))["status"] == "department_checked"


async def test_evidence_is_sealed_masked_and_counted_once(counter: Counter, db: Database, keys: Keys) -> None:
    borrower, card = await firm(db), make_identity_card(7)
    loan = await drafted(counter, borrower)
    ref, other, twice = await person(db), make_identity_card(6), ["counted_before"]
    hires = [
        hire("released", id_number=card),
        hire(id_number=card),
        hire("registered_poor_household", person_ref=ref),
        hire(person_ref=ref, id_number=other),
        hire(id_number=other),
    ]
    found = await listed(counter, borrower, loan, 8, hires)
    assert [line["id_number"] for line in found["hires"]][:3] == [f"**************{card[-4:]}"] * 2 + [None]
    assert [line["faults"] for line in found["hires"]] == [[], twice, [], twice, twice]
    async with db.transaction() as session:
        rows = (await session.scalars(select(LoanHire).where(LoanHire.loan_id == loan["id"]))).all()
    for row in rows:
        assert card.encode() not in row.sealed_evidence
        assert b"released" not in row.sealed_evidence
    wrong = {"staff": 3, "hires": [hire(id_number="540102199001010071")]}
    answer = await counter.enterprise(borrower.code, f"{PATH}/{loan['id']}/hires", wrong)
    refused(answer, 422, "validation-failed")
    assert "540102199001010071" not in answer.text


async def test_evidence_is_sealed_anew_under_a_new_key(counter: Counter, db: Database, keys: Keys) -> None:
    borrower = await firm(db)
    loan = await drafted(counter, borrower)
    await listed(counter, borrower, loan, 4, [hire("veteran", id_number=make_identity_card(8))])
    path, before = keys.evidence_keys, keys.evidence_keys.read_text()
    try:
        path.write_text(with_new_key(before))
        assert await seal_anew(db, Keyring.parse(path.read_text())) >= 1
        assert await seal_anew(db, Keyring.parse(path.read_text())) == 0
        path.write_text(without_keys(path.read_text(), set()))
        shown = done(await counter.enterprise(borrower.code, f"{PATH}/{loan['id']}/hires", method="GET"))
        assert shown["hires"][0]["hire_class"] == "veteran"
        path.write_text(before)
        answer = await counter.enterprise(borrower.code, f"{PATH}/{loan['id']}/submit", {})
        refused(answer, 503, "evidence-keys-missing")
        path.write_text(with_new_key(before))
    finally:
        path.write_text(before)


async def test_auditor_sees_the_list_without_class_and_number(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    loan = await submitted(counter, borrower, 4, [hire(id_number=make_identity_card(9))])
    [line] = done(await counter.send("auditor", "GET", f"{PATH}/{loan['id']}/hires"))["hires"]
    assert (line["hire_class"], line["id_number"]) == (None, None)
    [line] = done(await counter.send("finance_officer", "GET", f"{PATH}/{loan['id']}/hires"))["hires"]
    assert line["hire_class"] == "veteran"
    told = str([data for _, data in await events_of(db, loan)])
    assert "veteran" not in told


async def test_calculation_sheet_has_both_readings_and_no_class_of_a_person(counter: Counter, db: Database) -> None:
    borrower = await firm(db)
    late = hire("released", hired_on="2018-09-01", contract_from="2018-09-01", contract_to=None)
    loan = await submitted(counter, borrower, 4, [late, hire(dispatched=True)])
    path = f"{PATH}/{loan['id']}/calculation-sheet.docx"
    answer = await counter.send("finance_officer", "GET", path)
    assert answer.status_code == 200
    paper = Document(BytesIO(answer.content))
    words = "\n".join(paragraph.text for paragraph in paper.paragraphs)
    tables = [[cell.text for cell in row.cells] for table in paper.tables for row in table.rows]
    assert borrower.code in words
    assert "3.2-4" in words
    assert "两种口径结论不同" in words
    assert ["申请日前十二个月", "2018年5月6日至2019年5月6日", "1 人", "100 × 1 = 100 ≥ 100 = 25 × 4", "达到"] in tables
    assert ["申请日所在自然年", "2019年1月1日至2019年5月6日", "0 人", "100 × 0 = 0 < 100 = 25 × 4", "未达到"] in tables
    assert tables[-1][-1] == "劳务派遣"
    refused(await counter.bank(path, method="GET"), 403, "forbidden")
    other = await firm(db)
    refused(await counter.enterprise(other.code, path, method="GET"), 404, "not-found")
