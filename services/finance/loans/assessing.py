"""Whether a borrower may have the loan: the same rules for the dry run and for the application (3.2-3 to 3.2-5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans import rules
from services.finance.loans.cases import decide_seat
from services.finance.loans.commitments import preview
from services.finance.loans.facts import (
    is_graduate,
    require_person,
    seat_of,
    size_of,
    staff_on_record,
    stands_behind,
)
from services.finance.loans.hires import Calculation, Hire, calculate
from services.finance.loans.models import BankRefusal, Loan
from services.finance.loans.states import GRADUATE_JOINT, GRADUATES, GUARANTEED, SMALL_MICRO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition


@dataclass(frozen=True, slots=True)
class Application:
    """A loan, stored or not, with what belongs to it. `partners` are all who borrow jointly; `shown` those of whom the
    caller may be told what they owe and whether they are graduates, None for all."""

    loan: Loan
    partners: Sequence[str] = ()
    refusal: BankRefusal | None = None
    hires: Sequence[Hire] = field(default_factory=tuple)
    shown: frozenset[str] | None = None

    @property
    def known(self) -> list[str]:
        """The partners who are looked at."""
        return [ref for ref in self.partners if self.shown is None or ref in self.shown]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The decision, and what was found on the way."""

    decision: Decision
    calculation: Calculation | None
    centre_id: UUID | None


async def assess(
    session: AsyncSession, edition: Edition, application: Application, day: date, *, lock: bool = False
) -> Assessment:
    """Every rule of the product, whether the one before was met or not. Raises 409 `reference-not-yet-known`."""
    loan = application.loan
    firm, person = loan.enterprise_id is not None, loan.person_ref is not None
    seat = await seat_of(session, loan, day, lock=lock)
    behind = None if firm or not person else await stands_behind(session, loan, day)
    found = [
        rules.decide_applicant(edition, loan.product, enterprise=firm, person=person, behind=behind),
        rules.decide_tenor(edition, loan.product, loan.tenor_months),
    ]
    if (seated := decide_seat(edition, loan, seat)) is not None:
        found.append(seated)
    calculation: Calculation | None = None
    if loan.product == GUARANTEED:
        refused_on = None if application.refusal is None else application.refusal.refused_on
        found.append(rules.decide_bank_refusal(edition, refused_on=refused_on, applied_on=day))
    if loan.product == SMALL_MICRO and firm:
        size = await size_of(session, edition, loan, day)
        found.append(rules.decide_size(edition, size_class=size.size_class, year=size.year, declared=size.declared))
        if size.size_class is not None:
            found.append(rules.decide_size_age(edition, year=size.year, day=day))
        calculation, ratio = _ratio(edition, application, day)
        found.append(ratio)
        if (beside := await staff_beside_record(session, edition, loan, day)) is not None:
            found.append(beside)
    if loan.product in GRADUATES and person:
        found += await _graduates(session, edition, application, day)
    found.append(await preview(session, edition, loan, application.partners, application.known))
    return Assessment(combine(*found), calculation, None if seat is None else seat.centre_id)


async def staff_beside_record(session: AsyncSession, edition: Edition, loan: Loan, day: date) -> Decision | None:
    """3.2-4: the declared staff with the registry's; a warning at most. None where nothing is declared."""
    if loan.staff is None or loan.product != SMALL_MICRO:
        return None
    record = await staff_on_record(session, loan, day)
    year, staff = (None, None) if record is None else (record.year, record.staff)
    return rules.decide_staff_on_record(edition, staff=loan.staff, year=year, on_record=staff)


def _ratio(edition: Edition, application: Application, day: date) -> tuple[Calculation | None, Decision]:
    """3.2-4. Without a number of staff there is nothing to divide by."""
    loan = application.loan
    employed = sum(hire.left_on is None or hire.left_on >= day for hire in application.hires if hire.hired_on <= day)
    staff = rules.decide_staff(edition, staff=loan.staff, employed=employed)
    if loan.staff is None:
        return None, staff
    calculation = calculate(edition, day=day, staff=loan.staff, hires=application.hires)
    return calculation, combine(staff, rules.decide_hire_ratio(edition, calculation, window=loan.hire_window))


async def _graduates(session: AsyncSession, edition: Edition, application: Application, day: date) -> list[Decision]:
    """3.2-5: of all partners who may be looked at a graduation is confirmed; the first one stands behind enterprise
    or project."""
    loan = application.loan
    assert loan.person_ref is not None
    joint = loan.product == GRADUATE_JOINT
    found: list[Decision] = []
    for ref in application.known if joint else [loan.person_ref]:
        await require_person(session, ref)
        behind = await stands_behind(session, loan, day) if ref == loan.person_ref else True
        graduate = await is_graduate(session, ref)
        found.append(rules.decide_graduate(edition, person_ref=ref, graduate=graduate, behind=behind))
    if joint:
        found.append(rules.decide_joint_partners(edition, partners=len(application.partners)))
        share = rules.decide_joint_share(edition, amount=loan.requested, partners=max(len(application.partners), 1))
        found.append(share)
    return found
