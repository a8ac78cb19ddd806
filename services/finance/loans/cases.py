"""What every step on a loan begins and ends with: the locks, the state it needs, and its event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans.commitments import partners_of
from services.finance.loans.facts import Seat, lock_enterprise, seat_of
from services.finance.loans.models import Loan
from services.finance.loans.queries import visible
from services.finance.loans.refusals import require_past
from services.finance.loans.rules import decide_four_eyes, decide_in_centre
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance.loans import LoanState
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which loan, knowing which version, under which editions."""

    loan_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A locked loan under the edition it is pinned to, and where its borrower sits on the day of the step."""

    loan: Loan
    edition: Edition
    day: date
    seat: Seat | None


async def open_case(
    session: AsyncSession,
    step: Step,
    sent: date | None,
    *from_states: str,
    seated: bool = False,
    dated: bool = False,
) -> Case:
    """Lock centre, enterprise and loan, in this order, and make sure that the step is possible now.

    `seated` looks for the borrower's centre of the day, which then stays as it is; with `dated` whoever takes the step
    says on which past day it was, else a bureau alone does. Raises 404, 412
    `precondition-failed`, 409 `invalid-transition`, 422 as `effective_date`, 409 `step-before-earlier-step`.
    """
    scope = select(Loan).where(Loan.id == step.loan_id, visible(step.principal))
    seen = (await session.scalars(scope)).one_or_none()
    if seen is None:
        raise not_found("loan")
    if dated and sent is not None:
        require_past(sent, step.principal)
        day = sent
    else:
        day = effective_date(step.principal, sent)
    seat = await seat_of(session, seen, day, lock=True) if seated else None
    if seated:
        await lock_enterprise(session, seen.enterprise_id)
    locked = scope.with_for_update().execution_options(populate_existing=True)
    loan = (await session.scalars(locked)).one_or_none()
    if loan is None:
        raise not_found("loan")
    honour_match(step.if_match, loan.version)
    if loan.status not in from_states:
        raise invalid_transition(loan.status, from_states)
    before = max(filter(None, (loan.submitted_on, loan.reviewed_on, loan.checked_on, loan.accepted_on)), default=None)
    if before is not None and day < before:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": before})
    _follow_seat(loan, seat)
    return Case(loan, step.editions.get(loan.edition), day, seat)


def _follow_seat(loan: Loan, seat: Seat | None) -> None:
    """The loan goes with its borrower: the centre where it sits now is the one whose delisting would mark it."""
    if seat is None:
        return
    loan.centre_id = seat.centre_id
    if seat.listed:
        loan.delisted_on = loan.delisting_case_id = None


def require_department(case: Case, step: Step, post: str) -> None:
    """The department that the edition names for the product checks it. Raises 403."""
    prefix = case.edition.departments[case.loan.department].role_prefix
    if not step.principal.has(f"{prefix}_{post}"):
        raise forbidden()


def decide_another_person(case: Case, step: Step, *steps: str) -> Decision:
    """Whoever took one of the steps before decides nothing. Raises 403 `four-eyes-required`."""
    loan = case.loan
    hands: Mapping[str, str | None] = {
        "created": loan.created_by,
        "submitted": loan.submitted_by,
        "chosen": loan.hire_window_by,
        "reviewed": loan.reviewed_by,
        "checked": loan.checked_by,
    }
    handled_by = {name: hands[name] for name in ("created", "submitted", *steps)}
    actor = step.principal.account_id
    return require_passed(decide_four_eyes(case.edition, loan.product, actor=actor, handled_by=handled_by), 403)


def decide_seat(edition: Edition, loan: Loan, seat: Seat | None) -> Decision | None:
    """3.2-3, 3.2-5: the borrower sits in a listed centre on the day; None for a product that does not ask for it."""
    if loan.product not in edition.lending.in_centre_products.value:
        return None
    listed = seat is not None and seat.listed
    return decide_in_centre(edition, loan.product, tenanted=seat is not None, listed=listed)


def require_seat(case: Case) -> Decision | None:
    """Raises 409 `loan-not-in-centre`, `loan-centre-not-listed`."""
    decision = decide_seat(case.edition, case.loan, case.seat)
    return None if decision is None else require_passed(decision)


def state_of(loan: Loan, partners: Sequence[str]) -> LoanState:
    """A loan as its events carry it."""
    names = LoanState.model_fields.keys() - {"partner_refs"}
    return LoanState.model_validate({name: getattr(loan, name) for name in names} | {"partner_refs": partners})


async def tell(
    session: AsyncSession,
    event_type: EventType[LoanState],
    loan: Loan,
    context: EventContext,
    rules: Sequence[str] = (),
) -> None:
    """Append the step's event with the loan as it now stands."""
    state = state_of(loan, await partners_of(session, loan.id))
    await outbox.append(session, event_type, loan, state, context=context, rules=rules, edition=loan.edition)
