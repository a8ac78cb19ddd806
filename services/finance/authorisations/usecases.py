"""Granting and withdrawing authorisations: the enterprise alone, by its own account (3.2-1)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.authorisations.models import DataAuthorisation
from services.finance.authorisations.queries import holding, lock_own
from services.finance.authorisations.rules import decide_fields, decide_term
from services.finance.authorisations.schemas import AuthorisationIn
from services.finance.bank_products.facts import find_firm
from services.finance.banks.queries import by_codes
from services.finance.referrals.stopping import stop_unauthorised
from shared.auth.principal import Principal
from shared.clock import utcnow
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance.banking import AuthorisationGranted, AuthorisationState, AuthorisationWithdrawn
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.livemode import series
from shared.policy.decision import combine
from shared.policy.edition import Editions
from shared.refusals import require_passed

RULES = ("referrals.authorised", "referrals.authorisation_term")


async def grant(
    session: AsyncSession, sent: AuthorisationIn, *, principal: Principal, editions: Editions
) -> list[DataAuthorisation]:
    """Let each of the banks be told what is named, for the purpose, until the day.

    Raises 404 for a bank that is not in the register, 409 `authorisation-term`, `authorisation-fields`.
    """
    firm = await find_firm(session, None, principal, lock=True)
    edition = editions.require_in_force(principal.today)
    valid_from = sent.valid_from or principal.today
    term = decide_term(edition, today=principal.today, valid_from=valid_from, valid_until=sent.valid_until)
    require_passed(combine(term, decide_fields(edition, sent.fields)))
    known = await by_codes(session, sent.banks)
    if any(code not in known for code in sent.banks):
        raise not_found("bank")
    rows = []
    for code in dict.fromkeys(sent.banks):
        row = DataAuthorisation(
            id=uuid7(),
            version=0,
            livemode=principal.livemode,
            no=await next_case_no(session, series("AU", livemode=principal.livemode), principal.today.year),
            edition=edition.id,
            enterprise_id=firm.id,
            enterprise_code=firm.code,
            bank=code,
            purpose=sent.purpose,
            fields=sorted(set(sent.fields)),
            valid_from=valid_from,
            valid_until=sent.valid_until,
            document_no=sent.document_no,
            granted_by=principal.account_id,
            granted_on=principal.today,
        )
        session.add(row)
        await session.flush()
        await _tell(session, AuthorisationGranted, row, EventContext.of(principal))
        rows.append(row)
    return rows


async def withdraw(
    session: AsyncSession, authorisation_id: UUID, *, principal: Principal, editions: Editions, if_match: str | None
) -> DataAuthorisation:
    """From now on the bank is told nothing more; referrals to it that no money was paid on end with it, unless another
    authorisation holds.

    Raises 404, 409 `invalid-transition` for one that was withdrawn before.
    """
    row = await lock_own(session, authorisation_id, principal)
    honour_match(if_match, row.version)
    if row.withdrawn_at is not None:
        raise invalid_transition("withdrawn", ["valid", "upcoming"])
    if principal.today > row.valid_until:
        raise DomainError("authorisation-ended", 409, params={"valid_until": row.valid_until}, clauses=["3.2-1"])
    row.withdrawn_by, row.withdrawn_on, row.withdrawn_at = principal.account_id, principal.today, utcnow()
    await session.flush()
    context = EventContext.of(principal)
    await _tell(session, AuthorisationWithdrawn, row, context)
    purpose = editions.get(row.edition).banking.authorisations.application_purpose.value
    left = await holding(session, row.enterprise_id, row.bank, [purpose], principal.today, livemode=row.livemode)
    if left is None:
        await stop_unauthorised(session, row, context)
    return row


async def _tell(
    session: AsyncSession, event_type: EventType[AuthorisationState], row: DataAuthorisation, context: EventContext
) -> None:
    data = AuthorisationState.model_validate({name: getattr(row, name) for name in AuthorisationState.model_fields})
    await outbox.append(session, event_type, row, data, context=context, rules=RULES, edition=row.edition)
