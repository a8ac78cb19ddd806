"""The same rules as an issue's, on figures read without locks: would it pass today?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, enterprise_code_of, reads_all
from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.queries import visible_to
from services.vouchers.programmes.rules import TermsInForce, decide_city_quota
from services.vouchers.programmes.terms import terms_on
from services.vouchers.projections import same_enterprise
from services.vouchers.vouchers.facts import (
    Committed,
    Holder,
    await_references,
    committed_so_far,
    issuers_before,
    load_holder,
    terms_of,
)
from services.vouchers.vouchers.rules import decide_budget, decide_enclave_issuer, decide_quota, decide_standing
from services.vouchers.vouchers.schemas import VoucherAsked
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.policy.rules import decide_in_force


async def ask_eligibility(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: VoucherAsked
) -> Decision:
    """Every rule's answer, whether or not an earlier one failed; nothing is committed.

    Issuers ask about their own programmes, enterprises about themselves. Raises 404 and 409 `reference-not-yet-known`.
    """
    day = principal.today
    programme = await find_programme(session, principal, wanted.programme_id)
    await await_references(session, wanted.enterprise_id, day)
    await _require_own_enterprise(session, principal, wanted)
    edition = editions.in_force_on(day)
    if edition is None:
        return decide_in_force(None, day, closest=editions.closest_to(day))
    case = Case(programme, wanted.enterprise_id, wanted.category, wanted.face_value)
    return await assess(session, edition, case, day)


@dataclass(frozen=True, slots=True)
class Case:
    """A voucher that might be issued; yuan."""

    programme: Programme
    enterprise_id: UUID
    category: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Facts:
    """What such an issue depends on. `committed` are the yuan issued so far, `others` the other divisions that issued
    to a firm in an enclave this year."""

    holder: Holder
    terms: TermsInForce
    committed: Committed
    others: Sequence[str]


async def assess(session: AsyncSession, edition: Edition, case: Case, day: date) -> Decision:
    """Every rule of an issue, on figures read without locks; the references are known. Raises 409
    `reference-not-yet-known`, `voucher-enterprise-merged`."""
    programme = case.programme
    holder = await load_holder(session, case.enterprise_id, day, lock=False)
    issuer = programme.issuer_division
    facts = Facts(
        holder,
        await terms_on(session, programme, day),
        await committed_so_far(session, programme, case.enterprise_id),
        await issuers_before(session, case.enterprise_id, programme.year, issuer) if holder.enclave else (),
    )
    return decide_case(edition, case, facts, day)


def decide_case(edition: Edition, case: Case, facts: Facts, day: date) -> Decision:
    """4.3-1 to 4.3-3: all rules of an issue, whether or not an earlier one failed."""
    programme, holder, terms, committed = case.programme, facts.holder, facts.terms, facts.committed
    decisions = [
        decide_standing(
            edition,
            terms_of(programme, terms),
            holder.place,
            registered_on=holder.registered_on,
            size_class=holder.size_class,
            category=case.category,
            day=day,
        ),
        decide_quota(edition, terms.enterprise_quota, committed.quota, case.amount),
        decide_city_quota(edition, committed.city, case.amount),
        decide_budget(edition, terms.budget, committed.budget, case.amount),
    ]
    if holder.enclave:
        decisions.append(decide_enclave_issuer(edition, programme.issuer_division, facts.others))
    return combine(*decisions)


async def find_programme(session: AsyncSession, principal: Principal, programme_id: UUID) -> Programme:
    """A programme that the caller may see, issuers only their own. Raises 404."""
    query = select(Programme).where(Programme.id == programme_id, visible_to(principal))
    programme = (await session.scalars(query)).one_or_none()
    if programme is None or division_of(principal) not in (None, programme.issuer_division):
        raise not_found("programme")
    return programme


async def _require_own_enterprise(session: AsyncSession, principal: Principal, wanted: VoucherAsked) -> None:
    if reads_all(principal) or division_of(principal) is not None:
        return
    code = enterprise_code_of(principal)
    if code is None or wanted.enterprise_id not in set(await session.scalars(same_enterprise(code))):
        raise not_found("enterprise")
