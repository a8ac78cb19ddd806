"""Loans from the dry run to the repayments, the guarantee, and the interest subsidy (3.2-3, 3.2-5)."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Caller, Json
from deploy.demo.story.world import Step, StoryBroken, World

_PATH: Final = "/v1/loans"
_GUARANTEES: Final = f"{_PATH}/guarantees"
_SUBSIDIES: Final = f"{_PATH}/subsidies"
_GUARANTEED: Final = "guaranteed"
_COUNTER: Final = [{"kind": "mortgage", "description": "虚构房产抵押", "value": "900000.00"}]


async def tell_loan(world: World, row: tables.Loan, until: date) -> None:
    """Tried out, applied for, checked, accepted and signed by the bank, guaranteed where it has to be, paid out."""
    if row.applied_on > until:
        return
    name, found = f"loan/{row.key}", _found(world, row)
    if found is None:
        found = await _apply(world, row, name)
    banker = world.banker(row.bank)
    contract = {
        "contract_no": row.contract_no,
        "amount": row.amount,
        "rate": row.rate,
        "start_on": row.contracted_on.isoformat(),
        "maturity_on": row.maturity_on.isoformat(),
        "schedule_kind": "equal_principal",
    }
    steps = [
        *_checks(world, row),
        Step("bank_accepted", row.contracted_on, "contract", banker, contract),
    ]
    path = f"{_PATH}/{found['id']}"
    found = await world.walk(path, name, found, steps, until)
    if found["status"] == "contracted":
        await _guarantee(world, row, found, name, until)
        if row.drawn_on <= until:
            body = {
                "amount": row.amount,
                "drawn_on": row.drawn_on.isoformat(),
                "bank_reference": row.draw_reference,
                "every_months": 3,
            }
            await world.api.post(f"{path}/drawdowns", banker, row.drawn_on, body, key=f"{name}/draw")
            found = await world.api.get(path, world.auditor)
    world.loans[found["id"]] = found


def _found(world: World, row: tables.Loan) -> Json | None:
    party = ("person_ref", row.person_ref) if row.person_ref else ("enterprise_code", row.enterprise)
    for loan in world.loans.values():
        if loan["product"] == row.product and loan[party[0]] == party[1]:
            return loan
    return None


def _borrower(world: World, row: tables.Loan) -> Caller:
    if row.person_ref is None:
        return world.holder("enterprise", row.enterprise)
    founder = world.person(row.person_ref)
    if founder is None:
        raise StoryBroken(f"nobody signs in as {row.person_ref}, who borrows {row.key}")
    return founder


async def _apply(world: World, row: tables.Loan, name: str) -> Json:
    """A guaranteed loan with one call, out of the referral that the bank refused."""
    borrower = _borrower(world, row)
    wanted: Json = {"product": row.product, "amount": row.amount, "tenor_months": row.tenor_months}
    if row.person_ref is not None:
        wanted["enterprise_code"] = row.enterprise
    referral = None
    if row.referral is not None:
        sent = next(sent for sent in world.data.referrals if sent.key == row.referral)
        referral = world.referrals[sent.enterprise, sent.bank]
        wanted["referral_id"] = referral["id"]
    tried = await world.api.post(f"{_PATH}/eligibility", borrower, row.applied_on, wanted, key=f"{name}/try")
    if not tried["passed"]:
        raise StoryBroken(f"{row.key} is not eligible: {tried}")
    if referral is not None:
        path = f"/v1/referrals/{referral['id']}/guaranteed-loan"
        return await world.api.post(path, borrower, row.applied_on, {"bank": row.bank}, key=f"{name}/apply")
    body: Json = {**wanted, "bank": row.bank, "purpose": row.purpose, "submit": True}
    return await world.api.post(_PATH, borrower, row.applied_on, body, key=f"{name}/apply")


def _checks(world: World, row: tables.Loan) -> list[Step]:
    """The guarantor alone, or the department's officer and approver; then the bank."""
    banker = world.banker(row.bank)
    papers = {"document_no": f"示例人社贷〔{row.checked_on.year}〕{row.key}号"}
    if row.product == _GUARANTEED:
        seen = {"refusal_seen": True}
        return [
            Step("submitted", row.checked_on, "guarantor-accept", world.callers["guarantor"], seen),
            Step("guarantor_accepted", row.bank_accepted_on, "bank-accept", banker),
        ]
    return [
        Step("submitted", row.checked_on, "review", world.bureau("hr_officer")),
        Step("reviewed", row.approved_on, "approve", world.bureau("hr_approver"), papers),
        Step("department_checked", row.bank_accepted_on, "bank-accept", banker),
    ]


async def _guarantee(world: World, row: tables.Loan, loan: Json, name: str, until: date) -> None:
    if row.guaranteed_on is None or row.guaranteed_on > until:
        return
    drawn_up = [found async for found in world.api.items(_GUARANTEES, world.auditor, loan_id=loan["id"])]
    if drawn_up:
        guarantee = drawn_up[0]
    else:
        body = {"loan_id": loan["id"], "counter_guarantees": _COUNTER}
        officer = world.callers["guarantor"]
        guarantee = await world.api.post(_GUARANTEES, officer, row.guaranteed_on, body, key=f"{name}/guarantee")
    issue = Step("drafted", row.issued_on, "issue", world.callers["guarantor_2"], {"contract_no": row.guarantee_no})
    await world.walk(f"{_GUARANTEES}/{guarantee['id']}", f"{name}/guarantee", guarantee, [issue], until)


async def tell_loan_payment(world: World, row: tables.LoanPayment, until: date) -> None:
    """Reported by the bank under its own number."""
    if row.paid_on > until:
        return
    loan = next(loan for loan in world.data.loans if loan.key == row.loan)
    found = _found(world, loan)
    if found is None:
        raise StoryBroken(f"the loan {row.loan} is paid back before it is there")
    path = f"{_PATH}/{found['id']}/payments"
    known = await world.api.get(path, world.auditor)
    if any(line["bank_reference"] == row.reference for line in known["items"]):
        return
    body = {
        "principal": row.principal,
        "interest": row.interest,
        "paid_on": row.paid_on.isoformat(),
        "bank_reference": row.reference,
    }
    await world.api.post(path, world.banker(row.bank), row.paid_on, body, key=f"loan-payment/{row.reference}")


async def tell_subsidy(world: World, row: tables.Subsidy, until: date) -> None:
    """Computed by the department's officer, approved by its approver, paid by the treasury."""
    if row.computed_on > until:
        return
    where = row.department, row.year, row.quarter
    name, found = f"subsidy/{row.department}/{row.year}/{row.quarter}", world.subsidies.get(where)
    if found is None:
        body = {"department": row.department, "year": row.year, "quarter": row.quarter}
        officer = world.bureau(f"{row.department}_officer")
        found = await world.api.post(_SUBSIDIES, officer, row.computed_on, body, key=name)
    papers = {"document_no": row.document_no, "minutes_no": row.minutes_no}
    paid = {"reference": row.reference}
    steps = [
        Step("prepared", row.approved_on, "approve", world.bureau(f"{row.department}_approver"), papers),
        Step("approved", row.paid_on, "pay", world.bureau("treasury_officer"), paid),
    ]
    world.subsidies[where] = await world.walk(f"{_SUBSIDIES}/{found['id']}", name, found, steps, until)
