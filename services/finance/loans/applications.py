"""From the dry run to the application: draft, list of hires, submission (3.2-3 to 3.2-5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import delete, inspect
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans import consents, refusals
from services.finance.loans.assessing import Application, Assessment, assess
from services.finance.loans.cases import Case, Step, open_case, tell
from services.finance.loans.commitments import partners_of
from services.finance.loans.evidence import checked_numbers, counted_as, hires_of, sealed_hire
from services.finance.loans.facts import (
    arrived,
    find_firm,
    project_of,
    require_not_erased,
    require_person,
    stands_behind,
)
from services.finance.loans.hires import Hire, calculate
from services.finance.loans.models import BankRefusal, Loan, LoanHire, LoanPartner
from services.finance.loans.queries import PARTIES, speaks_for
from services.finance.loans.schemas import Borrower, BorrowingIn, EligibilityIn, HireFacts, HiresIn, LoanIn, LoanTermsIn
from services.finance.loans.states import DRAFT, GRADUATES, SMALL_MICRO, SUBMITTED
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, not_found
from shared.events.contracts.finance.loans import LoanAmended, LoanDrafted, LoanSubmitted
from shared.events.outbox import EventContext
from shared.http.etag import require_match
from shared.ids import next_case_no, uuid7
from shared.livemode import series
from shared.money import ZERO
from shared.policy.decision import combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed
from shared.sealing import Keyring

DRAFTED_BY: Final = ("loans.applicant",)


@dataclass(frozen=True, slots=True)
class Wish:
    """Who asks, for whom, under which editions."""

    principal: Principal
    editions: Editions


async def try_out(session: AsyncSession, sent: EligibilityIn, wish: Wish) -> Assessment:
    """What the application would meet today; nothing is stored. Raises as `open_loan` where nothing can be said."""
    edition = wish.editions.require_in_force(wish.principal.today)
    loan = await _loan_of(session, sent, sent, wish, edition)
    loan.bank, loan.purpose, loan.staff = "", "", sent.staff
    refusal = await refusals.evidence_for(session, loan, sent, wish.principal)
    hires = tuple(_fact(line, hire) for line, hire in enumerate(sent.hires, start=1))
    partners = _partners(loan, sent)
    shown = await _shown(session, loan, partners, wish.principal)
    application = Application(loan, partners, refusal, hires, shown)
    return await assess(session, edition, application, wish.principal.today)


async def open_loan(session: AsyncSession, sent: LoanIn, wish: Wish, keys: Keyring | None) -> Loan:
    """A draft, or with `submit` an application at once.

    Raises 403 and 404 for another borrower, 409 `reference-not-yet-known`, `loan-enterprise-merged`,
    `loan-bank-unknown`, `loan-person-needed`, `policy-not-in-force`, and what `submit` raises.
    """
    principal = wish.principal
    day = effective_date(principal, sent.submitted_on)
    edition = wish.editions.require_in_force(day)
    await refusals.require_bank(session, sent.bank)
    loan = await _loan_of(session, sent, sent, wish, edition)
    loan.bank, loan.purpose, loan.created_by = sent.bank, sent.purpose, principal.account_id
    refusal = await refusals.evidence_for(session, loan, sent, principal, day)
    await _keep_refusal(session, loan, refusal)
    loan.no = await next_case_no(session, series("LN", livemode=loan.livemode), day.year)
    session.add(loan)
    await session.flush()
    await _keep_partners(session, loan, sent, principal)
    await tell(session, LoanDrafted, loan, EventContext.of(principal, day), DRAFTED_BY)
    if sent.submit:
        await submit(session, sent.submitted_on, step=Step(loan.id, principal, wish.editions), keys=keys)
    return loan


async def amend(session: AsyncSession, sent: LoanTermsIn, *, step: Step, if_match: str | None) -> Loan:
    """Everything of a draft but product and borrower; whoever had agreed is asked again.

    Raises 404, 409 `invalid-transition`, 412, 428.
    """
    case = await _own_draft(session, step)
    loan = case.loan
    require_match(if_match, loan.version)
    await refusals.require_bank(session, sent.bank)
    loan.bank, loan.purpose = sent.bank, sent.purpose
    loan.requested, loan.tenor_months = sent.amount, sent.tenor_months
    loan.figures = None if sent.figures is None else sent.figures.model_dump(mode="json")
    if sent.project_id is not None and loan.enterprise_id is None:
        loan.project_id = sent.project_id
        await _require_own_project(session, loan, step.principal)
    refusal = await refusals.evidence_for(session, loan, sent, step.principal, case.day)
    await _keep_refusal(session, loan, refusal)
    await session.execute(delete(LoanPartner).where(LoanPartner.loan_id == loan.id))
    await _keep_partners(session, loan, sent, step.principal)
    await tell(session, LoanAmended, loan, EventContext.of(step.principal), DRAFTED_BY)
    return loan


async def record_hires(session: AsyncSession, sent: HiresIn, *, step: Step, keys: Keyring) -> Loan:
    """Put the list in place of the one before (3.2-4). Raises 404, 409 `invalid-transition`, `loan-no-hires-needed`,
    `reference-not-yet-known` for a person whom the registry does not know, 422 for a card number that is none."""
    case = await _own_draft(session, step)
    loan = case.loan
    if loan.product != SMALL_MICRO:
        raise DomainError("loan-no-hires-needed", 409, clauses=["3.2-4"])
    numbers = checked_numbers(sent.hires, step.principal.today)
    for ref in dict.fromkeys(hire.person_ref for hire in sent.hires if hire.person_ref is not None):
        await require_person(session, ref)
    await require_not_erased(session, [hire.person_ref for hire in sent.hires])
    await session.execute(delete(LoanHire).where(LoanHire.loan_id == loan.id))
    rows = [
        sealed_hire(keys, loan.id, line, hire, number)
        for line, (hire, number) in enumerate(zip(sent.hires, numbers, strict=True), start=1)
    ]
    session.add_all(rows)
    loan.staff = sent.staff
    hires = [counted_as(row, keys) for row in rows]
    calculation = calculate(case.edition, day=case.day, staff=sent.staff, hires=hires)
    loan.hire_calculation = calculation.to_json()
    await tell(session, LoanAmended, loan, EventContext.of(step.principal), ("loans.eligible_hire",))
    return loan


async def submit(session: AsyncSession, sent: date | None, *, step: Step, keys: Keyring | None) -> Loan:
    """The application, if every rule is met on the day; the draft stays a draft otherwise.

    Raises 404, 409 `invalid-transition` and the first rule that is not met with the whole decision, 409
    `policy-not-in-force`, 503 `evidence-keys-missing`.
    """
    case = await _own_draft(session, step, sent, seated=True)
    loan, day = case.loan, case.day
    edition = step.editions.require_in_force(day)
    refusal = await session.get(BankRefusal, loan.refusal_id) if loan.refusal_id else None
    if refusal is not None:
        await refusals.require_unused(session, refusal, loan)
    rows = await hires_of(session, loan.id)
    hires = [counted_as(row, keys) for row in rows]
    partners = await partners_of(session, loan.id)
    agreed = [require_passed(found) for found in consents.decide(edition, loan, partners, step.principal)]
    application = Application(loan, partners, refusal, hires)
    found = await assess(session, edition, application, day)
    decision = require_passed(combine(*agreed, found.decision))
    await require_not_erased(session, [*consents.people(loan, partners), *(row.person_ref for row in rows)])
    loan.edition, loan.department = edition.id, edition.loans.products[loan.product].department.value
    loan.guarantor = loan.product in edition.lending.guaranteed_products.value
    loan.centre_id = found.centre_id
    loan.hire_calculation = None if found.calculation is None else found.calculation.to_json()
    loan.eligibility = decision.to_json()
    loan.status, loan.submitted_by, loan.submitted_on = SUBMITTED, step.principal.account_id, day
    await tell(session, LoanSubmitted, loan, EventContext.of(step.principal, day), decision.rules)
    return loan


async def _own_draft(session: AsyncSession, step: Step, sent: date | None = None, *, seated: bool = False) -> Case:
    """A draft of the caller's: of its own party, or that its own hand wrote. Raises 404, 403, 409."""
    case = await open_case(session, step, sent, DRAFT, seated=seated)
    principal = step.principal
    if case.loan.created_by != principal.account_id and not await speaks_for(session, case.loan, principal):
        raise forbidden()
    return case


async def _loan_of(session: AsyncSession, who: Borrower, sent: BorrowingIn, wish: Wish, edition: Edition) -> Loan:
    """The loan as it would be drafted, in no session."""
    principal = wish.principal
    code, person_ref = _named(who, principal)
    firm = None if code is None else await find_firm(session, code)
    if who.product in GRADUATES and person_ref is None:
        raise DomainError("loan-person-needed", 409, clauses=["3.2-5"])
    key = person_ref if who.product in GRADUATES or firm is None else firm.code
    if key is None:
        raise DomainError("loan-person-needed", 409, clauses=["3.2-3"])
    if firm is not None and who.product not in GRADUATES and not principal.has(r.FOUNDER):
        person_ref = None
    project_id = sent.project_id
    if firm is None and project_id is None and person_ref is not None:
        project_id = await project_of(session, person_ref, principal.today)
    department = edition.loans.products[who.product].department.value
    if not principal.has(*PARTIES, f"{edition.departments[department].role_prefix}_officer"):
        raise forbidden()
    loan = Loan(
        id=uuid7(),
        version=0,
        livemode=principal.livemode,
        product=who.product,
        edition=edition.id,
        status=DRAFT,
        department=department,
        guarantor=who.product in edition.lending.guaranteed_products.value,
        borrower=key,
        enterprise_id=None if firm is None else firm.id,
        enterprise_code=None if firm is None else firm.code,
        person_ref=person_ref,
        project_id=project_id,
        requested=sent.amount,
        tenor_months=sent.tenor_months,
        figures=None if sent.figures is None else sent.figures.model_dump(mode="json"),
        disbursed=ZERO,
        outstanding=ZERO,
        committed=ZERO,
    )
    if firm is None:
        await _require_own_project(session, loan, principal)
    elif principal.has(*PARTIES) and loan.person_ref is not None:
        await _require_own_firm(session, loan, principal)
    await require_not_erased(session, [person_ref, *sent.partners])
    return loan


async def _require_own_firm(session: AsyncSession, loan: Loan, principal: Principal) -> None:
    """A founder speaks for an enterprise that it stands behind, and an enterprise names a graduate who stands behind
    it: what is known of others is not for it. Raises 404."""
    if await arrived(lambda: _behind(session, loan, principal)) is None:
        raise not_found("person" if principal.has(r.ENTERPRISE) else "enterprise")


async def _require_own_project(session: AsyncSession, loan: Loan, principal: Principal) -> None:
    """3.2-3, 3.2-5: whoever borrows without a code does so for a project that it stands behind. Raises 404."""
    if loan.project_id is not None and await arrived(lambda: _behind(session, loan, principal)) is None:
        raise not_found("project")


async def _behind(session: AsyncSession, loan: Loan, principal: Principal) -> bool | None:
    return await stands_behind(session, loan, principal.today) or None


async def _shown(
    session: AsyncSession, loan: Loan, partners: Sequence[str], principal: Principal
) -> frozenset[str] | None:
    """Whose figures a party is shown before anybody has agreed: its own, and those of who stands behind the same
    enterprise or project; None: everybody's."""
    if not principal.has(*PARTIES):
        return None
    own = [ref for ref in partners if await stands_behind(session, loan, principal.today, ref=ref)]
    return frozenset(own) | ({loan.person_ref} if loan.person_ref is not None else set())


def _named(who: Borrower, principal: Principal) -> tuple[str | None, str | None]:
    """Code and person reference of the borrower. Raises 404 where a party names another one for itself."""
    code, ref = who.enterprise_code, who.person_ref
    if principal.has(r.ENTERPRISE) and principal.org:
        if code not in (None, principal.org):
            raise not_found("enterprise")
        return principal.org, ref
    if principal.has(r.FOUNDER) and principal.person_ref:
        if ref not in (None, principal.person_ref):
            raise not_found("person")
        return code, principal.person_ref
    if principal.has(*PARTIES):
        raise forbidden()
    return code, ref


def _partners(loan: Loan, sent: BorrowingIn) -> list[str]:
    """All who borrow jointly, each once, the one who speaks for them first."""
    return list(dict.fromkeys(filter(None, (loan.person_ref, *sent.partners)))) if sent.partners else []


async def _keep_partners(session: AsyncSession, loan: Loan, sent: BorrowingIn, principal: Principal) -> None:
    partners = _partners(loan, sent)
    await require_not_erased(session, [loan.person_ref, *partners])
    for position, ref in enumerate(partners, start=1):
        session.add(LoanPartner(loan_id=loan.id, person_ref=ref, position=position))
    consents.begin(loan, partners, principal)
    await session.flush()


async def _keep_refusal(session: AsyncSession, loan: Loan, refusal: BankRefusal | None) -> None:
    if refusal is not None and inspect(refusal).transient:
        session.add(refusal)
        await session.flush()
    loan.refusal_id = None if refusal is None else refusal.id


def _fact(line: int, sent: HireFacts) -> Hire:
    plain = sent.model_dump(exclude={"person_ref", "id_number"})
    return Hire(line=line, persons=() if sent.person_ref is None else (f"ref:{sent.person_ref}",), **plain)
