"""Referring an enterprise to banks: by itself, by its centre once it confirms, or by the finance bureau (3.2-1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.authorisations.models import DataAuthorisation
from services.finance.authorisations.queries import holding
from services.finance.authorisations.rules import decide_authorised
from services.finance.bank_products.facts import Firm, find_firm, read_firm
from services.finance.bank_products.queries import offered_on
from services.finance.banks.queries import by_codes
from services.finance.referrals.models import Referral
from services.finance.referrals.recording import tell
from services.finance.referrals.rules import answer_days, decide_bank, decide_in_centre, decide_product
from services.finance.referrals.schemas import Recipient, ReferralIn
from services.finance.referrals.states import PREPARED, SENT
from services.finance.referrals.stopping import expire_due
from services.finance.referrals.usecases import lock_own
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition
from shared.events.contracts.finance.banking import ReferralPrepared, ReferralSent
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7
from shared.livemode import series
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

ENTERPRISE: Final = "enterprise"
CENTRE: Final = "centre"
BUREAU: Final = "bureau"


@dataclass(frozen=True, slots=True)
class _Case:
    """Who refers whom, for what, under which edition."""

    principal: Principal
    edition: Edition
    firm: Firm
    sent: ReferralIn
    channel: str
    batch_id: UUID


async def refer(
    session: AsyncSession, sent: ReferralIn, *, principal: Principal, editions: Editions
) -> tuple[UUID, list[Referral]]:
    """One referral for each bank, all or none; the batch's id with them. What a centre brings waits for the enterprise.

    Raises 404, 409 `referral-not-authorised`, `referral-bank-not-taking`, `referral-product-not-offered`,
    `referral-not-in-centre`, `referral-exists`, `policy-not-in-force`.
    """
    firm = await find_firm(session, sent.enterprise_code, principal, lock=True)
    edition = editions.require_in_force(principal.today)
    case = _Case(principal, edition, firm, sent, _channel(principal, sent.enterprise_code), uuid7())
    context = EventContext.of(principal)
    await expire_due(session, principal.today, context, Referral.enterprise_id == firm.id)
    rows = [await _refer_to(session, case, recipient, context) for recipient in sent.to]
    return case.batch_id, rows


async def confirm(
    session: AsyncSession, referral_id: UUID, *, principal: Principal, editions: Editions, if_match: str | None
) -> Referral:
    """The enterprise sends what its centre prepared. Raises as `refer`."""
    referral = await lock_own(session, referral_id, principal, if_match)
    if referral.status != PREPARED:
        raise invalid_transition(referral.status, [PREPARED])
    edition = editions.require_in_force(principal.today)
    firm = await read_firm(session, referral.enterprise_id, principal.today)
    allowed = await _decide(session, edition, firm, Recipient(bank=referral.bank, product=referral.product), principal)
    authorisation, authorised = await _authorised(session, edition, referral, principal)
    decision = require_passed(combine(allowed, authorised))
    _send(referral, edition, principal, authorisation)
    referral.decision = decision.to_json()
    await session.flush()
    await tell(session, ReferralSent, referral, EventContext.of(principal), decision.rules)
    return referral


async def _refer_to(session: AsyncSession, case: _Case, recipient: Recipient, context: EventContext) -> Referral:
    principal, firm = case.principal, case.firm
    decision = await _decide(session, case.edition, firm, recipient, principal)
    referral = Referral(
        id=uuid7(),
        version=0,
        livemode=principal.livemode,
        no=await next_case_no(session, series("RF", livemode=principal.livemode), principal.today.year),
        edition=case.edition.id,
        batch_id=case.batch_id,
        enterprise_id=firm.id,
        enterprise_code=firm.code,
        centre_id=firm.centre_id,
        bank=recipient.bank,
        product=recipient.product,
        amount=case.sent.amount,
        tenor_months=case.sent.tenor_months,
        purpose=case.sent.purpose,
        facts=case.sent.statements.model_dump(mode="json", exclude_none=True),
        status=PREPARED,
        channel=case.channel,
        prepared_by=principal.account_id,
        prepared_on=principal.today,
    )
    if case.channel != CENTRE:
        authorisation, authorised = await _authorised(session, case.edition, referral, principal)
        decision = require_passed(combine(decision, authorised))
        _send(referral, case.edition, principal, authorisation)
    referral.decision = decision.to_json()
    session.add(referral)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_referral_open":
            raise
        params = {"bank": recipient.bank, "product": recipient.product or "-"}
        raise DomainError("referral-exists", 409, params=params, clauses=["3.2-1"]) from error
    event_type = ReferralSent if referral.status == SENT else ReferralPrepared
    await tell(session, event_type, referral, context, decision.rules)
    return referral


async def _decide(
    session: AsyncSession, edition: Edition, firm: Firm, recipient: Recipient, principal: Principal
) -> Decision:
    """Everything but the authorisation; the three are shown together."""
    known = await by_codes(session, [recipient.bank])
    bank = known.get(recipient.bank)
    offered = recipient.product is None or bool(
        await offered_on(session, principal.today, bank=recipient.bank, code=recipient.product)
    )
    return require_passed(
        combine(
            decide_bank(edition, bank=recipient.bank, status=bank.status if bank else None),
            decide_in_centre(edition, in_centre=firm.centre_id is not None),
            decide_product(edition, product=recipient.product, offered=offered, day=principal.today),
        )
    )


async def _authorised(
    session: AsyncSession, edition: Edition, referral: Referral, principal: Principal
) -> tuple[DataAuthorisation | None, Decision]:
    purpose = edition.banking.authorisations.application_purpose.value
    found = await holding(
        session,
        referral.enterprise_id,
        referral.bank,
        [purpose],
        principal.today,
        livemode=referral.livemode,
        lock=True,
    )
    decision = decide_authorised(
        edition,
        bank=referral.bank,
        day=principal.today,
        authorisation_no=found.no if found else None,
        valid_until=found.valid_until if found else None,
    )
    return found, decision


def _send(referral: Referral, edition: Edition, principal: Principal, authorisation: DataAuthorisation | None) -> None:
    referral.status, referral.edition = SENT, edition.id
    referral.sent_by, referral.sent_on = principal.account_id, principal.today
    referral.answer_due_on, referral.expires_on = answer_days(edition, principal.today)
    referral.authorisation_id = authorisation.id if authorisation else None


def _channel(principal: Principal, code: str | None) -> str:
    if principal.has(r.ENTERPRISE) and code in (None, principal.org):
        return ENTERPRISE
    return BUREAU if principal.has(r.FINANCE_OFFICER) else CENTRE
