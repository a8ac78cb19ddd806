"""Graduates borrow from the bureau of human resources, alone or jointly (3.2-5)."""

from __future__ import annotations

from datetime import date

import pytest

from shared.db import Database
from tests.finance.loans.lending import (
    PATH,
    Counter,
    application,
    booked,
    ceilings,
    done,
    firm,
    founder_of_project,
    person,
    refused,
    stands_behind,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_graduate_applies_straight_to_human_resources(counter: Counter, db: Database) -> None:
    ref = await founder_of_project(db)
    loan = await counter.graduate(ref, "500000.00")
    assert (loan["department"], loan["person_ref"], loan["enterprise_code"]) == ("hr", ref, None)
    for role in ("finance_officer", "division_officer"):
        assert (await counter.send(role, "GET", f"{PATH}/{loan['id']}")).status_code in (403, 404)
    reviewed = done(await counter.step("hr_officer", loan, "review", {}))
    checked = done(await counter.step("hr_approver", reviewed, "approve", {}))
    assert checked["status"] == "department_checked"
    assert await ceilings(db, ref) == {("loans.graduate", ref): "500000.00"}
    assert await booked(db, ref) == "500000.00"


async def test_a_graduates_firm_borrows_for_the_person_behind_it(counter: Counter, db: Database) -> None:
    ref = await person(db)
    borrower = await firm(db, legal_representative=ref)
    body = application("graduate", "100000.00", person_ref=ref, submit=True)
    loan = done(await counter.enterprise(borrower.code, PATH, body), 201)
    assert (loan["enterprise_code"], loan["person_ref"]) == (borrower.code, ref)
    stranger = await person(db)
    body = application("graduate", "100000.00", person_ref=stranger, submit=True)
    refused(await counter.enterprise(borrower.code, PATH, body), 409, "loan-graduate-not-behind")
    refused(await counter.enterprise(borrower.code, PATH, application("graduate")), 409, "loan-person-needed")
    body = application("graduate", enterprise_code=borrower.code)
    refused(await counter.founder(stranger, PATH, body), 404, "not-found")


async def test_the_graduation_has_to_be_confirmed(counter: Counter, db: Database) -> None:
    ref = await person(db, graduate=False)
    borrower = await firm(db)
    await stands_behind(db, ref, enterprise_id=borrower.id)
    body = application("graduate", person_ref=ref, submit=True)
    refused(await counter.enterprise(borrower.code, PATH, body), 409, "loan-graduate-not-confirmed")
    body = application("graduate", person_ref="P-NOBODY", submit=True)
    refused(await counter.enterprise(borrower.code, PATH, body), 409, "reference-not-yet-known")


async def test_who_left_the_project_does_not_borrow_for_it(counter: Counter, db: Database) -> None:
    borrower, ref = await firm(db), await person(db)
    await stands_behind(db, ref, enterprise_id=borrower.id, until=date(2019, 5, 5))
    body = application("graduate", person_ref=ref, submit=True)
    refused(await counter.enterprise(borrower.code, PATH, body), 409, "loan-graduate-not-behind")


async def test_graduates_sit_in_a_centre(counter: Counter, db: Database) -> None:
    borrower = await firm(db, seated=False)
    ref = await person(db)
    await stands_behind(db, ref, enterprise_id=borrower.id)
    body = application("graduate", person_ref=ref, submit=True)
    found = refused(await counter.enterprise(borrower.code, PATH, body), 409, "loan-not-in-centre")
    failed = next(result for result in found["decision"]["results"] if result["rule"] == "loans.in_centre")
    assert failed["clause"] == "3.2-5"


async def test_individual_cap_at_the_cent(counter: Counter, db: Database) -> None:
    ref = await founder_of_project(db)
    await counter.checked(ref, "499999.99")
    over = application("graduate", "0.02", submit=True)
    refused(await counter.founder(ref, PATH, over), 409, "loan-cap-exceeded")
    await counter.checked(ref, "0.01")
    assert await ceilings(db, ref) == {("loans.graduate", ref): "500000.00"}


async def test_joint_loans_have_two_graduates_or_more(counter: Counter, db: Database) -> None:
    ref, other, layman = await founder_of_project(db), await person(db), await person(db, graduate=False)
    alone = application("graduate_joint", "100000.00", submit=True)
    refused(await counter.founder(ref, PATH, alone), 409, "loan-partners-too-few")
    same = application("graduate_joint", "100000.00", partners=[ref, ref], submit=True)
    refused(await counter.founder(ref, PATH, same), 409, "loan-partners-too-few")
    mixed = application("graduate_joint", "100000.00", partners=[layman], submit=True)
    refused(await counter.founder(ref, PATH, mixed), 409, "loan-graduate-not-confirmed")
    loan = await counter.graduate(ref, "2000000.00", partners=[other])
    assert loan["partners"] == [ref, other]
    assert done(await counter.founder(other, f"{PATH}/{loan['id']}", method="GET"))["no"] == loan["no"]


async def test_a_partners_own_loan_counts_within_the_joint_total(counter: Counter, db: Database) -> None:
    ref, other = await founder_of_project(db), await founder_of_project(db)
    await counter.checked(other, "400000.00")
    over = application("graduate_joint", "1600000.01", partners=[other], submit=True)
    refused(await counter.founder(ref, PATH, over), 409, "loan-cap-exceeded")
    joint = await counter.checked(ref, "1600000.00", partners=[other])
    group = joint["group_id"]
    assert await ceilings(db, group, ref, other) == {
        ("loans.joint", group): "2000000.00",
        ("loans.graduate", other): "400000.00",
    }
    refused(await counter.founder(ref, PATH, application("graduate", "0.01", submit=True)), 409, "loan-cap-exceeded")
    ended = await counter.bank(f"{PATH}/{joint['id']}/refuse", {"reason_code": "no_funds"})
    assert done(ended)["committed"] == "0.00"
    assert await ceilings(db, group, ref, other) == {("loans.graduate", other): "400000.00"}
    assert (await counter.checked(ref, "500000.00"))["committed"] == "500000.00"


async def test_a_person_is_in_one_joint_group(counter: Counter, db: Database) -> None:
    first, second, third = await founder_of_project(db), await founder_of_project(db), await person(db)
    pending = await counter.reviewed(second, "100000.00", partners=[third])
    await counter.checked(first, "100000.00", partners=[third])
    other = application("graduate_joint", "1.00", partners=[third], submit=True)
    refused(await counter.founder(second, PATH, other), 409, "loan-partner-in-another-group")
    found = refused(await counter.step("hr_approver", pending, "approve", {}), 409, "loan-partner-in-another-group")
    failed = next(result for result in found["decision"]["results"] if result["rule"] == "loans.joint_group")
    assert failed["inputs"]["person_ref"] == third
    again = await counter.checked(first, "1900000.00", partners=[third])
    assert (await ceilings(db, again["group_id"]))[("loans.joint", again["group_id"])] == "2000000.00"


async def test_the_loan_of_one_partner_counts_once_the_group_is_formed(counter: Counter, db: Database) -> None:
    ref, other = await founder_of_project(db), await founder_of_project(db)
    joint = await counter.checked(ref, "1500000.00", partners=[other])
    own = await counter.checked(other, "500000.00")
    group = joint["group_id"]
    assert (await ceilings(db, group))[("loans.joint", group)] == "2000000.00"
    refused(await counter.founder(ref, PATH, application("graduate", "0.01", submit=True)), 409, "loan-cap-exceeded")
    done(await counter.founder(other, f"{PATH}/{own['id']}/withdraw", {}))
    assert (await ceilings(db, group))[("loans.joint", group)] == "1500000.00"


async def test_paper_entered_by_an_officer_is_examined_by_another(counter: Counter, db: Database) -> None:
    ref = await founder_of_project(db)
    body = application("graduate", person_ref=ref, submit=True, submitted_on="2019-05-01")
    loan = done(await counter.send("hr_officer", "POST", PATH, body), 201)
    assert loan["submitted_on"] == "2019-05-01"
    refused(await counter.step("hr_officer", loan, "review", {}), 403, "four-eyes-required")
    refused(
        await counter.step("hr_officer", loan, "review", {"decided_on": "2019-04-30"}, account="hr-2"),
        409,
        "step-before-earlier-step",
    )
    reviewed = done(await counter.step("hr_officer", loan, "review", {}, account="hr-2"))
    refused(
        await counter.step("hr_approver", reviewed, "approve", {}, account="hr_officer-1"), 403, "four-eyes-required"
    )
    refused(await counter.send("finance_officer", "POST", PATH, body), 403, "forbidden")
    future = application("graduate", submitted_on="2019-05-01")
    refused(await counter.founder(ref, PATH, future), 422, "effective-date-not-allowed")
