"""The same rules as an issue's, on figures read without locks: would it pass today?"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, enterprise_code_of, reads_all
from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.queries import visible_to
from services.vouchers.projections import same_enterprise
from services.vouchers.vouchers.facts import (
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
from shared.policy.edition import Editions
from shared.policy.rules import decide_in_force


async def ask_eligibility(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: VoucherAsked
) -> Decision:
    """Every rule's answer, whether or not an earlier one failed; nothing is committed.

    Issuers ask about their own programmes, enterprises about themselves. Raises 404 and 409 `reference-not-yet-known`.
    """
    day = principal.today
    programme = await _programme(session, principal, wanted)
    await await_references(session, wanted.enterprise_id, day)
    await _require_own_enterprise(session, principal, wanted)
    edition = editions.in_force_on(day)
    if edition is None:
        return decide_in_force(None, day, closest=editions.closest_to(day))
    holder = await load_holder(session, wanted.enterprise_id, day, lock=False)
    issued, spent = await committed_so_far(session, programme, wanted.enterprise_id)
    decisions = [
        decide_standing(
            edition,
            terms_of(programme),
            holder.place,
            registered_on=holder.registered_on,
            category=wanted.category,
            day=day,
        ),
        decide_quota(edition, programme.enterprise_quota, issued, wanted.face_value),
        decide_budget(edition, programme.budget, spent, wanted.face_value),
    ]
    if holder.place is not None and holder.place.enclave:
        issuer = programme.issuer_division
        others = await issuers_before(session, wanted.enterprise_id, programme.year, issuer)
        decisions.append(decide_enclave_issuer(edition, issuer, others))
    return combine(*decisions)


async def _programme(session: AsyncSession, principal: Principal, wanted: VoucherAsked) -> Programme:
    query = select(Programme).where(Programme.id == wanted.programme_id, visible_to(principal))
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
