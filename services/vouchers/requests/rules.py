"""When a voucher may be extended, and when one that a delisting stopped may run again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from services.vouchers.vouchers.rules import CENTRE_DELISTED, STOPPED
from shared.calendar import add_months
from shared.policy.decision import Decision
from shared.policy.edition import Edition


def decide_extension(edition: Edition, valid_until: date, extensions: int, wanted: date, asked_on: date) -> Decision:
    """4.3-3: asked for by the last day, to a later one, within the edition's length and number of times."""
    life = edition.vouchers.life
    latest = add_months(valid_until, life.extension_months.value)
    times = life.extensions_per_voucher.value
    limit: date | int = latest
    if asked_on > valid_until:
        message, limit = "extension-too-late", valid_until
    elif extensions >= times:
        message, limit = "extension-used-up", times
    elif wanted <= valid_until:
        message = "extension-not-later"
    else:
        message = "extension-allowed" if wanted <= latest else "extension-too-long"
    inputs: dict[str, str | int | bool | Decimal | date | None] = {
        "valid_until": wanted,
        "present": valid_until,
        "asked_on": asked_on,
        "extensions": extensions,
    }
    result = edition.result("vouchers.extension", message == "extension-allowed", inputs, limit=limit, message=message)
    return edition.decision(result)


def decide_reinstatement(
    edition: Edition, *, status: str, reason_code: str | None, returned: Decimal, valid_until: date, day: date
) -> Decision:
    """2.3-5: an enterprise that moved to another listed centre in time gets its rights back: what a delisting stopped
    runs again for the part that went back, until the voucher's own last day."""
    if not edition.vouchers.life.reinstated_after_relocation.value:
        message = "reinstatement-not-provided"
    elif status != STOPPED or reason_code != CENTRE_DELISTED:
        message = "reinstatement-other-reason"
    elif returned <= 0:
        message = "reinstatement-nothing-left"
    else:
        message = "reinstatement-allowed" if day <= valid_until else "reinstatement-expired"
    inputs: dict[str, str | int | bool | Decimal | date | None] = {
        "status": status,
        "reason_code": reason_code or status,
        "returned": returned,
        "day": day,
    }
    result = edition.result(
        "vouchers.reinstatement", message == "reinstatement-allowed", inputs, limit=valid_until, message=message
    )
    return edition.decision(result)
