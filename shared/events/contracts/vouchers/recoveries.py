"""What was paid and is claimed back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

RECOVERY = Topic("vouchers.recovery", "Recoveries of paid subsidies (追回)")


class RecoveryState(EventData):
    """A claim on a provider; yuan. `due` is what was decided; `repaid`, `withheld` and `written_off` make up for it."""

    id: UUID
    no: str
    redemption_id: UUID
    programme_id: UUID
    issuer_division: str
    provider_id: UUID
    status: str
    reason_code: str
    amount: Decimal
    due: Decimal | None
    repaid: Decimal
    withheld: Decimal
    written_off: Decimal
    opened_on: date
    statement_until: date
    decided_on: date | None
    repay_until: date | None
    reconsideration_until: date | None
    litigation_until: date | None
    ended_on: date | None


RecoveryOpened = EventType(
    RECOVERY, "vouchers.recovery.opened.v1", RecoveryState, summary="The provider is told what is claimed, and why."
)
RecoveryStated = EventType(
    RECOVERY, "vouchers.recovery.stated.v1", RecoveryState, summary="The provider has made a statement."
)
RecoveryDecided = EventType(
    RECOVERY, "vouchers.recovery.decided.v1", RecoveryState, Audience.BUREAU, "Decided; it is due, or dropped."
)
RecoveryRepaid = EventType(RECOVERY, "vouchers.recovery.repaid.v1", RecoveryState, summary="Money came back.")
RecoveryOffsetAgreed = EventType(
    RECOVERY,
    "vouchers.recovery.offset_agreed.v1",
    RecoveryState,
    summary="The provider agreed to have it kept back from its next payment.",
)
RecoveryOffset = EventType(
    RECOVERY, "vouchers.recovery.offset.v1", RecoveryState, summary="Kept back from a payment, or due again."
)
RecoveryWriteOffProposed = EventType(
    RECOVERY, "vouchers.recovery.write_off_proposed.v1", RecoveryState, summary="The rest may have to be given up."
)
RecoveryWriteOffRefused = EventType(
    RECOVERY, "vouchers.recovery.write_off_refused.v1", RecoveryState, summary="The rest is still claimed."
)
RecoveryWrittenOff = EventType(
    RECOVERY, "vouchers.recovery.written_off.v1", RecoveryState, Audience.BUREAU, "The rest was given up."
)
