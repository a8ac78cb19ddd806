"""Graduates borrow from the bureau of human resources, alone or jointly (3.2-5)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from services.finance.projections import known_person_link
from shared.db import Database
from shared.ids import uuid7
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
    refusal_letter,
    refused,
    stands_behind,
)
from tests.finance.matching import tenancy
from tests.finance.support import list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
    body = application("graduate", "100000.00", person_ref=ref)
    loan = done(await counter.enterprise(borrower.code, PATH, body), 201)
    path = f"{PATH}/{loan['id']}"
    found = refused(await counter.enterprise(borrower.code, f"{path}/submit", {}), 409, "loan-consent-missing")
    assert [result["rule"] for result in found["decision"]["results"]] == ["loans.consent"]
    done(await counter.founder(ref, f"{path}/consent"))
    done(await counter.enterprise(borrower.code, f"{path}/submit", {}))
    refused(await counter.founder(ref, f"{path}/consent", {"given": False}), 409, "invalid-transition")
    assert (loan["enterprise_code"], loan["person_ref"]) == (borrower.code, ref)
    stranger = await person(db)
    body = application("graduate", "100000.00", person_ref=stranger)
    refused(await counter.enterprise(borrower.code, PATH, body), 404, "not-found")
    tried = {name: value for name, value in body.items() if name not in ("bank", "purpose")}
    refused(await counter.enterprise(borrower.code, f"{PATH}/eligibility", tried), 404, "not-found")
    refused(await counter.enterprise(borrower.code, PATH, application("graduate")), 409, "loan-person-needed")
    body = application("graduate", enterprise_code=borrower.code)
    refused(await counter.founder(stranger, PATH, body), 404, "not-found")


async def test_the_graduation_has_to_be_confirmed(counter: Counter, db: Database) -> None:
    ref = await person(db, graduate=False)
    borrower = await firm(db)
    await stands_behind(db, ref, enterprise_id=borrower.id)
    body = application("graduate", enterprise_code=borrower.code, submit=True)
    refused(await counter.founder(ref, PATH, body), 409, "loan-graduate-not-confirmed")
    body = application("graduate", person_ref="P-NOBODY")
    refused(await counter.enterprise(borrower.code, PATH, body), 404, "not-found")
    body = application("graduate", person_ref="P-NOBODY", enterprise_code=borrower.code, submit=True)
    refused(await counter.send("hr_officer", "POST", PATH, body), 409, "reference-not-yet-known")
    assert done(await counter.founder(ref, PATH, method="GET"))["items"] == []
    assert await booked(db, ref) == "0.00"


async def test_who_left_the_project_does_not_borrow_for_it(counter: Counter, db: Database) -> None:
    borrower, ref = await firm(db), await person(db)
    await stands_behind(db, ref, enterprise_id=borrower.id, until=date(2019, 5, 5))
    body = application("graduate", person_ref=ref)
    refused(await counter.enterprise(borrower.code, PATH, body), 404, "not-found")
    body = application("graduate", person_ref=ref, enterprise_code=borrower.code, submit=True)
    refused(await counter.send("hr_officer", "POST", PATH, body), 409, "loan-graduate-not-behind")
    assert done(await counter.enterprise(borrower.code, PATH, method="GET"))["items"] == []


async def test_graduates_sit_in_a_centre(counter: Counter, db: Database) -> None:
    borrower = await firm(db, seated=False)
    ref = await person(db)
    await stands_behind(db, ref, enterprise_id=borrower.id)
    body = application("graduate", enterprise_code=borrower.code, submit=True)
    found = refused(await counter.founder(ref, PATH, body), 409, "loan-not-in-centre")
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
    mixed = done(await counter.founder(ref, PATH, application("graduate_joint", partners=[layman])), 201)
    done(await counter.founder(layman, f"{PATH}/{mixed['id']}/consent"))
    refused(await counter.founder(ref, f"{PATH}/{mixed['id']}/submit", {}), 409, "loan-graduate-not-confirmed")
    loan = await counter.graduate(ref, "2000000.00", partners=[other])
    assert loan["partners"] == [ref, other]
    assert done(await counter.founder(other, f"{PATH}/{loan['id']}", method="GET"))["no"] == loan["no"]


async def agreed(counter: Counter, ref: str, amount: str, other: str) -> str:
    """Where a joint draft is to which both have agreed."""
    draft = done(await counter.founder(ref, PATH, application("graduate_joint", amount, partners=[other])), 201)
    path = f"{PATH}/{draft['id']}"
    assert done(await counter.founder(other, f"{path}/consent"))["consented_refs"] == sorted([ref, other])
    return path


async def test_nobody_borrows_jointly_unasked(counter: Counter, db: Database) -> None:
    ref, other = await founder_of_project(db), await founder_of_project(db)
    await counter.checked(other, "400000.00")
    body = application("graduate_joint", "100000.00", partners=[other])
    refused(await counter.founder(ref, PATH, body | {"submit": True}), 409, "loan-consent-missing")
    path = await agreed(counter, ref, "100000.00", other)
    done(await counter.founder(other, f"{path}/consent", {"given": False}))
    refused(await counter.founder(ref, f"{path}/submit", {}), 409, "loan-consent-missing")
    done(await counter.founder(other, f"{path}/consent"))
    again = application("graduate_joint", "200000.00", partners=[other])
    del again["product"]
    answer = await counter.founder(ref, path, method="GET")
    changed = await counter.founder(ref, path, again, "PATCH", headers={"If-Match": answer.headers["ETag"]})
    assert done(changed)["consented_refs"] == [ref]
    refused(await counter.founder(ref, f"{path}/submit", {}), 409, "loan-consent-missing")
    refused(await counter.founder(await person(db), f"{path}/consent"), 404, "not-found")
    done(await counter.founder(other, f"{path}/consent"))
    loan = done(await counter.founder(ref, f"{path}/submit", {}))
    assert loan["status"] == "submitted"
    refused(await counter.founder(other, f"{path}/withdraw", {}), 403, "forbidden")
    assert done(await counter.founder(ref, f"{path}/withdraw", {}))["status"] == "withdrawn"


async def test_before_they_agree_nothing_is_said_about_partners(counter: Counter, db: Database) -> None:
    ref, other, layman = await founder_of_project(db), await founder_of_project(db), await person(db, graduate=False)
    await counter.checked(other, "400000.00")
    tried = {"product": "graduate_joint", "amount": "100000.00", "tenor_months": 12}
    for partner in (other, layman, "P-NOBODY"):
        found = done(await counter.founder(ref, f"{PATH}/eligibility", tried | {"partners": [partner]}))
        assert found["passed"]
        assert partner not in str(found)
        assert "400000.00" not in str(found)
    body = tried | {"partners": [layman], "person_ref": ref}
    assert not done(await counter.send("hr_officer", "POST", f"{PATH}/eligibility", body))["passed"]


async def test_a_project_that_is_somebody_elses_is_no_seat(counter: Counter, db: Database) -> None:
    stranger, project_id = await person(db), uuid7()
    await stands_behind(db, await person(db), project_id=project_id)
    await tenancy(db, project_id, await list_centre(db))
    for product in ("guaranteed", "graduate"):
        body = application(product, project_id=str(project_id), refusal=refusal_letter())
        refused(await counter.founder(stranger, PATH, body), 404, "not-found")
        tried = {name: value for name, value in body.items() if name not in ("bank", "purpose")}
        refused(await counter.founder(stranger, f"{PATH}/eligibility", tried), 404, "not-found")
        draft = done(await counter.founder(stranger, PATH, application(product, refusal=refusal_letter())), 201)
        path = f"{PATH}/{draft['id']}"
        moved = {name: value for name, value in body.items() if name != "product"}
        answer = await counter.founder(stranger, path, method="GET")
        changed = await counter.founder(stranger, path, moved, "PATCH", headers={"If-Match": answer.headers["ETag"]})
        refused(changed, 404, "not-found")
        refused(await counter.founder(stranger, f"{path}/submit", {}), 409, "loan-project-not-own")
        left = done(await counter.founder(stranger, path, method="GET"))
        assert (left["status"], left["project_id"], left["version"]) == ("draft", None, draft["version"])


async def test_who_left_the_project_is_not_let_pass(counter: Counter, db: Database) -> None:
    ref = await founder_of_project(db)
    body = application("guaranteed", refusal=refusal_letter(), submit=True)
    loan = done(await counter.founder(ref, PATH, body), 201)
    async with db.transaction() as session:
        await session.execute(
            update(known_person_link).where(known_person_link.c.ref == ref).values(until=date(2019, 5, 5))
        )
    answer = await counter.step("guarantor", loan, "guarantor-accept", {"refusal_seen": True})
    refused(answer, 409, "loan-project-not-own")
    left = done(await counter.founder(ref, f"{PATH}/{loan['id']}", method="GET"))
    assert (left["status"], left["version"]) == (loan["status"], loan["version"])


async def test_a_partners_own_loan_counts_within_the_joint_total(counter: Counter, db: Database) -> None:
    ref, other = await founder_of_project(db), await founder_of_project(db)
    await counter.checked(other, "400000.00")
    over = await agreed(counter, ref, "1600000.01", other)
    refused(await counter.founder(ref, f"{over}/submit", {}), 409, "loan-cap-exceeded")
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
    other = await agreed(counter, second, "1.00", third)
    refused(await counter.founder(second, f"{other}/submit", {}), 409, "loan-partner-in-another-group")
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
