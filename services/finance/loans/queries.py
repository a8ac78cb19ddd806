"""Reading loans: who sees which, in lists, one by one, and what of the hires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans import states
from services.finance.loans.answers import BankRefusalOut, HireOut, HiresOut, LoanDetail, LoanOut
from services.finance.loans.evidence import evidence_of, hires_of
from services.finance.loans.models import BankRefusal, Loan, LoanPartner
from services.finance.loans.schemas import BankRefusalFilter, LoanFilter
from services.finance.projections import known_enterprise
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate
from shared.livemode import of_mode
from shared.sealing import Keyring

DEPARTMENT_ROLES: Final = (r.FINANCE_OFFICER, r.FINANCE_APPROVER, r.HR_OFFICER, r.HR_APPROVER)
PARTIES: Final = (r.ENTERPRISE, r.FOUNDER)
READERS: Final = (*DEPARTMENT_ROLES, r.AUDITOR, r.GUARANTOR, r.BANK, *PARTIES)
HIRE_READERS: Final = (*DEPARTMENT_ROLES, r.AUDITOR, r.ENTERPRISE)
"""Banks and the guarantor see how many there are."""
_NOT_FOR_BANKS: Final = frozenset(
    {
        "refusal",
        "refusal_id",
        "eligibility",
        "check_decision",
        "hire_calculation",
        "hire_window",
        "hire_window_by",
        "hire_window_on",
        "hire_window_reason",
    }
)
REFUSAL_READERS: Final = (r.FINANCE_OFFICER, r.FINANCE_APPROVER, r.AUDITOR, r.GUARANTOR, r.BANK)

_DEPARTMENTS: Final[Mapping[str, tuple[str, str]]] = {
    "finance": (r.FINANCE_OFFICER, r.FINANCE_APPROVER),
    "hr": (r.HR_OFFICER, r.HR_APPROVER),
}
_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "no": [Loan.no],
    "-no": [Loan.no.desc()],
    "-submitted_on": [Loan.submitted_on.desc(), Loan.no.desc()],
}


def visible(principal: Principal) -> ColumnElement[bool]:
    """Which loans the caller reads, of its own mode; a draft is seen by its party and by who wrote it.

    A department sees what it checks, the guarantor what it backs and what was approved, a bank its own from the
    approval on.
    """
    return and_(of_mode(Loan, principal), _scope(principal))


def _scope(principal: Principal) -> ColumnElement[bool]:
    applied = Loan.status != states.DRAFT
    scopes: list[ColumnElement[bool]] = [false()]
    if principal.has(r.AUDITOR):
        scopes.append(applied)
    for department, names in _DEPARTMENTS.items():
        if principal.has(*names):
            own = or_(applied, Loan.created_by == principal.account_id)
            scopes.append(and_(Loan.department == department, own))
    if principal.has(r.GUARANTOR):
        scopes.append(and_(applied, or_(Loan.guarantor, Loan.checked_on.is_not(None))))
    if principal.has(r.BANK) and principal.bank:
        scopes.append(and_(Loan.bank == principal.bank, Loan.checked_on.is_not(None)))
    if principal.has(r.ENTERPRISE) and principal.org:
        scopes.append(Loan.enterprise_id.in_(_records(principal.org)))
    if principal.has(r.FOUNDER) and principal.person_ref:
        joint = select(LoanPartner.loan_id).where(LoanPartner.person_ref == principal.person_ref)
        scopes.append(or_(Loan.person_ref == principal.person_ref, Loan.id.in_(joint)))
    return or_(*scopes)


async def speaks_for(session: AsyncSession, loan: Loan, principal: Principal) -> bool:
    """Whether the caller is the borrowing enterprise, or who borrows; of joint partners the first."""
    if principal.has(r.FOUNDER) and principal.person_ref and principal.person_ref == loan.person_ref:
        return True
    if not principal.has(r.ENTERPRISE) or not principal.org or loan.enterprise_id is None:
        return False
    own = _records(principal.org).where(known_enterprise.c.id == loan.enterprise_id)
    return await session.scalar(own) is not None


def _records(code: str) -> Select[UUID]:
    """The enterprise and the records that went into it."""
    own = select(known_enterprise.c.id).where(known_enterprise.c.code == code)
    return select(known_enterprise.c.id).where(
        or_(known_enterprise.c.id.in_(own), known_enterprise.c.merged_into_id.in_(own))
    )


async def find(session: AsyncSession, loan_id: UUID, principal: Principal) -> Loan:
    """A loan that the caller reads. Raises 404."""
    loan = (await session.scalars(select(Loan).where(Loan.id == loan_id, visible(principal)))).one_or_none()
    if loan is None:
        raise not_found("loan")
    return loan


async def list_loans(session: AsyncSession, wanted: LoanFilter, principal: Principal) -> Page[LoanOut]:
    """One page of the loans that the caller reads."""
    query = select(Loan).where(visible(principal))
    equal = (
        Loan.no,
        Loan.product,
        Loan.status,
        Loan.department,
        Loan.bank,
        Loan.enterprise_code,
        Loan.person_ref,
        Loan.centre_id,
        Loan.contract_no,
    )
    for column in equal:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.submitted_from is not None:
        query = query.where(Loan.submitted_on >= wanted.submitted_from)
    if wanted.submitted_to is not None:
        query = query.where(Loan.submitted_on <= wanted.submitted_to)
    if wanted.delisted is not None:
        marked = Loan.delisted_on.is_not(None)
        query = query.where(marked if wanted.delisted else ~marked)
    if wanted.sort == "-submitted_on":
        query = query.where(Loan.submitted_on.is_not(None))

    def item(loan: Loan) -> LoanOut:
        hidden = dict.fromkeys(_NOT_FOR_BANKS & LoanOut.model_fields.keys() if _as_bank(principal) else ())
        return LoanOut.model_validate(loan).model_copy(update=hidden)

    return await paginate(session, query, keys=_ORDERS[wanted.sort], params=wanted, item=item)


def _as_bank(principal: Principal) -> bool:
    return principal.has(r.BANK) and not principal.has(*(role for role in READERS if role != r.BANK))


async def detail(session: AsyncSession, loan: Loan, principal: Principal) -> LoanDetail:
    """A loan as this transaction sees it; of the hires the counts, lines are read with the list. A bank sees neither
    other banks' refusals, nor what the borrower owes elsewhere, nor how the hires were counted."""
    await session.flush()
    partners = select(LoanPartner.person_ref).where(LoanPartner.loan_id == loan.id).order_by(LoanPartner.position)
    refusal = await session.get(BankRefusal, loan.refusal_id) if loan.refusal_id else None
    counts = loan.hire_calculation
    own = {name: getattr(loan, name) for name in LoanDetail.model_fields if hasattr(Loan, name)}
    shown = own | {
        "partners": list(await session.scalars(partners)),
        "refusal": None if refusal is None else BankRefusalOut.model_validate(refusal),
        "hire_calculation": None if counts is None else {k: v for k, v in counts.items() if k != "lines"},
    }
    return LoanDetail.model_validate(shown | dict.fromkeys(_NOT_FOR_BANKS if _as_bank(principal) else ()))


async def hires(session: AsyncSession, loan: Loan, principal: Principal, keys: Keyring | None) -> HiresOut:
    """The list as the caller may see it: the auditor without class and number."""
    calculation = loan.calculation
    counted = {} if calculation is None else {line.line: line for line in calculation.lines}
    opened = principal.has(*DEPARTMENT_ROLES, r.ENTERPRISE)
    shown: list[HireOut] = []
    for hire in await hires_of(session, loan.id):
        evidence = evidence_of(hire, keys) if opened else None
        line = counted.get(hire.line)
        plain = ("line", "person_ref", "hired_on", "contract_from", "contract_to", "insured", "dispatched", "left_on")
        shown.append(
            HireOut(
                **{name: getattr(hire, name) for name in plain},
                hire_class=evidence.hire_class if evidence else None,
                id_number=evidence.masked if evidence else None,
                faults=list(line.faults) if line else [],
                rolling=line is not None and line.rolling,
                calendar=line is not None and line.calendar,
            )
        )
    return HiresOut(staff=loan.staff, hires=shown, hire_calculation=loan.hire_calculation)


async def list_refusals(session: AsyncSession, wanted: BankRefusalFilter, principal: Principal) -> Page[BankRefusalOut]:
    """Refusals on record, the latest first; a bank its own."""
    query = select(BankRefusal).where(of_mode(BankRefusal, principal))
    if not principal.has(*(role for role in REFUSAL_READERS if role != r.BANK)):
        query = query.where(BankRefusal.bank == principal.bank if principal.bank else false())
    for column in (BankRefusal.bank, BankRefusal.borrower, BankRefusal.source):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    keys: list[SortKey] = [BankRefusal.refused_on.desc(), BankRefusal.id]
    return await paginate(session, query, keys=keys, params=wanted, item=BankRefusalOut.model_validate)
