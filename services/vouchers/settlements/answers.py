"""Whether each line of a bank's answer fits the payment that it names (4.3-4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from services.vouchers.settlements import states
from services.vouchers.settlements.models import Settlement, SettlementPayment
from services.vouchers.settlements.schemas import ResultIn
from shared.auth.principal import Principal
from shared.http.validation import Fault

_AFTER: Final[Mapping[str, tuple[str, ...]]] = {
    states.PAID: (states.ISSUED, states.PAID),
    states.REJECTED: (states.ISSUED, states.REJECTED),
    states.ERROR: (states.ISSUED, states.ERROR),
    states.RETURNED: (states.PAID, states.RETURNED),
}
"""What a payment may have come to before each outcome; the same one again changes nothing."""


def answer_faults(
    results: Sequence[ResultIn],
    payments: Mapping[str, SettlementPayment],
    settlement: Settlement,
    claimed: Collection[UUID],
    principal: Principal,
) -> list[Fault]:
    """Everything that does not fit, by the line's place (from 1) and field; `claimed` are payments of which something
    is claimed back."""
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for place, one in enumerate(results, start=1):
        at = f"results.{place}"
        if (first := seen.setdefault(one.reference, place)) != place:
            faults.append(Fault(f"{at}.reference", "result_twice", {"line": first}))
            continue
        payment = payments.get(one.reference)
        if payment is None or payment.net == 0:
            faults.append(Fault(f"{at}.reference", "result_unknown", {"reference": one.reference}))
            continue
        faults += [
            Fault(f"{at}.{field}", kind, params) for field, kind, params in _faults(one, payment, settlement, principal)
        ]
        if one.outcome == states.RETURNED and payment.status == states.PAID and payment.id in claimed:
            faults.append(Fault(f"{at}.outcome", "result_not_returnable", {"reference": one.reference}))
    return faults


def _faults(
    one: ResultIn, payment: SettlementPayment, settlement: Settlement, principal: Principal
) -> list[tuple[str, str, Mapping[str, object]]]:
    found: list[tuple[str, str, Mapping[str, object]]] = []
    if one.amount != payment.net:
        found.append(("amount", "result_amount", {"expected": f"{payment.net:.2f}"}))
    if payment.status not in _AFTER[one.outcome]:
        found.append(("outcome", "result_decided", {"status": payment.status}))
    elif one.outcome == states.PAID == payment.status and one.bank_reference != payment.bank_reference:
        found.append(("bank_reference", "result_decided", {"status": payment.status}))
    first = settlement.filed_on if one.outcome != states.RETURNED else payment.settled_on
    if (first is not None and one.settled_on < first) or one.settled_on > principal.today:
        found.append(("settled_on", "result_day", {"first": first, "last": principal.today}))
    if one.outcome == states.PAID and one.bank_reference is None:
        found.append(("bank_reference", "missing", {}))
    if one.outcome != states.PAID and one.reason is None:
        found.append(("reason", "missing", {}))
    return found
