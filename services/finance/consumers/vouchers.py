"""What finance does with the voucher service's events: holdings, claims on invoices, what enterprises have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.consumers.base import consumers, copies
from services.finance.projections import (
    known_claim,
    known_holding,
    known_redemption,
    known_voucher,
    known_voucher_programme,
    known_voucher_terms,
)
from shared.events.consumer import Received
from shared.events.contracts import vouchers as vc
from shared.events.projection import upsert_projection

RELEASED: Final = "released"
REVERSED: Final = "reversed"
"""A redemption that was called off, or taken back whole, claims nothing any more."""

_USES: Final = (
    vc.RedemptionHeld,
    vc.RedemptionDelivered,
    vc.RedemptionDisputed,
    vc.RedemptionRedeemed,
    vc.RedemptionReversed,
    vc.RedemptionReleased,
)
"""Orders reserve nothing and claim nothing."""


@consumers.on(vc.HoldingRecorded, vc.HoldingEnded, kind="projection")
async def know_holding(session: AsyncSession, events: Sequence[Received[vc.HoldingState]]) -> None:
    """Keep who holds a share of whom (3.2-2, 3.3-2)."""
    await upsert_projection(session, known_holding, copies(known_holding, events))


@consumers.on(*_USES, kind="projection")
async def know_claim(session: AsyncSession, events: Sequence[Received[vc.RedemptionState]]) -> None:
    """Keep what vouchers claim on invoices, so that no grant is charged with it again (4.3-2)."""
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "document_key": event.data.invoice_key,
            "amount": event.data.subsidy - event.data.reversed_amount,
            "document_amount": event.data.invoice_amount,
            "live": event.data.status not in (RELEASED, REVERSED),
        }
        for event in events
        if event.data.invoice_key is not None
    ]
    await upsert_projection(session, known_claim, rows)


@consumers.on(vc.ProgrammeDrafted, vc.ProgrammeOpened, vc.ProgrammeClosed, kind="projection")
async def know_voucher_programme(session: AsyncSession, events: Sequence[Received[vc.ProgrammeState]]) -> None:
    """Keep the terms of voucher programmes, for exposure statements."""
    await upsert_projection(session, known_voucher_programme, copies(known_voucher_programme, events))


@consumers.on(vc.ProgrammeAmended, kind="projection")
async def know_voucher_terms(session: AsyncSession, events: Sequence[Received[vc.ProgrammeState]]) -> None:
    """Keep what a programme offers from a day to come; what holds until then stays known."""
    rows = [
        {
            "id": uuid5(event.data.id, event.data.terms_from.isoformat()),
            "version": event.aggregate_version,
            "programme_id": event.data.id,
            "terms_from": event.data.terms_from,
            "enterprise_quota": event.data.enterprise_quota,
        }
        for event in events
        if event.data.terms_from is not None
    ]
    await upsert_projection(session, known_voucher_terms, rows)


@consumers.on(
    vc.VoucherIssued,
    vc.VoucherReassigned,
    vc.VoucherStopped,
    vc.VoucherFrozen,
    vc.VoucherUnfrozen,
    vc.VoucherCodeRenewed,
    vc.VoucherExtended,
    vc.VoucherReinstated,
    kind="projection",
)
async def know_voucher(session: AsyncSession, events: Sequence[Received[vc.VoucherState]]) -> None:
    """Keep who holds which voucher, for exposure statements."""
    await upsert_projection(session, known_voucher, copies(known_voucher, events))


@consumers.on(*_USES, kind="projection")
async def know_redemption(session: AsyncSession, events: Sequence[Received[vc.RedemptionState]]) -> None:
    """Keep what vouchers were used for, for exposure statements."""
    rows = [
        {**row, "subsidy": event.data.subsidy - event.data.reversed_amount}
        for row, event in zip(copies(known_redemption, events), events, strict=True)
    ]
    await upsert_projection(session, known_redemption, rows)
