"""What the check needs to know of each line, in one statement."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.documents.models import Document
from services.vouchers.projections import known_claim
from services.vouchers.providers.accounts import CURRENT, SettlementAccountRow
from services.vouchers.redemptions.models import INVOICE, Redemption, document_claim
from services.vouchers.settlements import states
from services.vouchers.settlements.models import InvalidInvoice, SettlementLine
from services.vouchers.settlements.rules import LineFacts
from shared.money import ZERO

REDEMPTIONS: Final = "redemptions"
"""The kind under which the documents of redemptions are filed."""


async def facts_of(session: AsyncSession, settlement_id: UUID) -> dict[UUID, LineFacts]:
    """By line, for the lines that are in the batch. Claims are all that are known now, this service's and finance's:
    those that crossed at submission have arrived by now (`shared.document_claims`)."""
    rows = await session.execute(_statement(settlement_id))
    return {
        row.id: LineFacts(
            price=row.price,
            invoice_given=row.invoice_key is not None,
            invoice_invalid=row.invalid,
            has_document=row.has_document,
            has_account=row.has_account,
            claimed=row.claimed + row.granted,
            document=row.document,
        )
        for row in rows
    }


def _statement(settlement_id: UUID) -> Select[*tuple[object, ...]]:
    line, use, claim = SettlementLine, Redemption, document_claim.c
    mine = select(use.invoice_key).join(line, line.redemption_id == use.id)
    mine = mine.where(line.settlement_id == settlement_id, line.status == states.INCLUDED)
    granted = (
        select(
            known_claim.c.document_key,
            func.sum(known_claim.c.amount).label("total"),
            func.min(known_claim.c.document_amount).label("least"),
        )
        .where(known_claim.c.live, known_claim.c.document_key.in_(mine))
        .group_by(known_claim.c.document_key)
        .subquery("granted")
    )
    invalid = exists().where(InvalidInvoice.invoice_key == use.invoice_key, InvalidInvoice.withdrawn_on.is_(None))
    filed = exists().where(
        Document.subject_kind == REDEMPTIONS, Document.subject_id == use.id, Document.removed_at.is_(None)
    )
    account = SettlementAccountRow
    confirmed = exists().where(account.provider_id == line.provider_id, account.status == CURRENT)
    statement: Select[*tuple[object, ...]] = (
        select(
            line.id,
            use.price,
            use.invoice_key,
            invalid.label("invalid"),
            filed.label("has_document"),
            confirmed.label("has_account"),
            func.coalesce(claim.claimed, line.amount).label("claimed"),
            func.coalesce(granted.c.total, ZERO).label("granted"),
            func.least(claim.amount, granted.c.least).label("document"),
        )
        .join(use, use.id == line.redemption_id)
        .outerjoin(document_claim, (claim.kind == INVOICE) & (claim.key == use.invoice_key))
        .outerjoin(granted, granted.c.document_key == use.invoice_key)
        .where(line.settlement_id == settlement_id, line.status == states.INCLUDED)
    )
    return statement
