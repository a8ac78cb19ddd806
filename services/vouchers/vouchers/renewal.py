"""Renewing a voucher's code: whoever once saw the old one can draw no more (4.3-1)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import enterprise_code_of
from services.vouchers.vouchers.codes import new_code
from services.vouchers.vouchers.models import Voucher, voucher_code
from services.vouchers.vouchers.queries import held_by
from services.vouchers.vouchers.rules import ACTIVE
from shared.auth.principal import Principal
from shared.errors import invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match


async def renew_code(
    session: AsyncSession, *, principal: Principal, voucher_id: UUID, if_match: str | None
) -> tuple[str, int]:
    """A new code for the caller's own voucher, and the voucher's version; holds made with the old code stand.

    Takes the voucher's row as every draw does: a draw comes before, or is refused with the old code. Raises 404 for
    another's voucher, 409 for one that is stopped.
    """
    query = select(Voucher).where(Voucher.id == voucher_id, held_by(enterprise_code_of(principal))).with_for_update()
    voucher = (await session.scalars(query)).one_or_none()
    if voucher is None:
        raise not_found("voucher")
    honour_match(if_match, voucher.version)
    if voucher.status != ACTIVE:
        raise invalid_transition(voucher.status, [ACTIVE])
    code = new_code()
    voucher.code_generation += 1
    renewed = update(voucher_code).where(voucher_code.c.voucher_id == voucher.id)
    await session.execute(renewed.values(code=code, generation=voucher.code_generation))
    data = vc.VoucherState.model_validate(voucher, from_attributes=True)
    context = EventContext.of(principal)
    await outbox.append(session, vc.VoucherCodeRenewed, voucher, data, context=context, edition=voucher.edition)
    return code, voucher.version
