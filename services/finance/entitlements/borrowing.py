"""Loans with public backing, by the rules of an application (3.2-3 to 3.2-5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import INTEREST_SUBSIDY
from services.finance.entitlements.items import LEAST, Item
from services.finance.exposures.lines import LOAN
from services.finance.exposures.members import Member
from services.finance.loans.assessing import Application, assess
from services.finance.loans.models import Loan
from services.finance.loans.refusals import evidence_for
from services.finance.loans.schemas import BorrowingIn
from services.finance.loans.states import DRAFT, GRADUATE, GRADUATE_JOINT, GUARANTEED, SMALL_MICRO
from services.finance.projections import known_enterprise, known_person, known_person_link
from shared.auth.principal import Principal
from shared.ids import uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, RuleResult
from shared.policy.edition import Edition

_SHORTEST: Final = 1
_FIRM_PRODUCTS: Final = (GUARANTEED, SMALL_MICRO)
_CAPS: Final = frozenset({"loans.guaranteed_cap", "loans.small_micro_cap", "loans.graduate_cap", "loans.joint_cap"})


async def loans_open_to(
    session: AsyncSession, edition: Edition, principal: Principal, member: Member, day: date
) -> list[Item]:
    """The enterprise's products, the graduate loan of each graduate behind it, and the joint one of all of them. The
    smallest amount for the shortest term is asked for. Nothing is stored, nothing locked."""
    items = [await _item(session, edition, principal, member, product, [], day) for product in _FIRM_PRODUCTS]
    graduates = await _graduates(session, member, day)
    alone: list[list[str]] = [[ref] for ref in graduates] or [[]]
    items += [await _item(session, edition, principal, member, GRADUATE, refs, day) for refs in alone]
    items.append(await _item(session, edition, principal, member, GRADUATE_JOINT, graduates, day))
    return items


async def _item(
    session: AsyncSession,
    edition: Edition,
    principal: Principal,
    member: Member,
    product: str,
    refs: Sequence[str],
    day: date,
) -> Item:
    loan = _wish(edition, member, product, refs)
    with session.no_autoflush:
        asked = BorrowingIn.model_validate({"amount": str(LEAST), "tenor_months": _SHORTEST})
        refusal = await evidence_for(session, loan, asked, principal) if product == GUARANTEED else None
        partners = list(refs) if product == GRADUATE_JOINT else []
        found = await assess(session, edition, Application(loan, partners, refusal), day)
    limit, counted = _tightest(found.decision)
    return Item(
        programme=LOAN,
        budget=None if product == GUARANTEED else INTEREST_SUBSIDY,
        product=product,
        subject=loan.borrower,
        apply="/v1/loans",
        dry_run="/v1/loans/eligibility",
        decision=found.decision,
        limit=limit,
        counted=counted,
    )


def _wish(edition: Edition, member: Member, product: str, refs: Sequence[str]) -> Loan:
    """A loan in no session."""
    ref = refs[0] if refs else None
    head = next(record_id for record_id, code in member.records if code == member.code)
    return Loan(
        id=uuid7(),
        version=0,
        livemode=True,
        product=product,
        edition=edition.id,
        status=DRAFT,
        department=edition.loans.products[product].department.value,
        guarantor=product in edition.lending.guaranteed_products.value,
        borrower=ref or member.code,
        enterprise_id=head,
        enterprise_code=member.code,
        person_ref=ref,
        requested=LEAST,
        tenor_months=_SHORTEST,
        disbursed=ZERO,
        outstanding=ZERO,
        committed=ZERO,
    )


async def _graduates(session: AsyncSession, member: Member, day: date) -> list[str]:
    """The graduates who stand behind the enterprise on the day: its legal representative, and confirmed links."""
    link, person, firm = known_person_link.c, known_person.c, known_enterprise.c
    linked = select(link.ref).where(
        link.enterprise_id.in_(member.ids),
        link.confirmed,
        link.since <= day,
        or_(link.until.is_(None), link.until >= day),
    )
    represents = select(firm.legal_representative_ref).where(firm.id.in_(member.ids), firm.merged_into_id.is_(None))
    query = select(person.ref).where(person.graduate, or_(person.ref.in_(linked), person.ref.in_(represents)))
    return list(await session.scalars(query.order_by(person.ref)))


def _tightest(decision: Decision) -> tuple[Decimal | None, Decimal | None]:
    """Limit and sum of the cap that leaves least: a graduate in a group has two."""
    caps = [_cap(result) for result in decision.results if result.rule in _CAPS]
    known = [cap for cap in caps if cap is not None]
    return min(known, key=lambda cap: cap[0] - cap[1]) if known else (None, None)


def _cap(result: RuleResult) -> tuple[Decimal, Decimal] | None:
    counted = result.inputs.get("outstanding")
    return None if result.limit is None or counted is None else (Decimal(result.limit), Decimal(str(counted)))
