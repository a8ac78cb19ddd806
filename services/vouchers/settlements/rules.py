"""What is looked at before a batch is paid (4.3-4): the sample, the documents, the claims on an invoice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from services.vouchers.settlements import states
from shared.policy.decision import Decision
from shared.policy.edition import Edition

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line as the check sees it. Amounts in yuan; `claimed` is what all claims on the invoice come to with this one,
    `document` the smallest amount that anybody stated of it, None without an invoice."""

    price: Decimal
    invoice_given: bool
    invoice_invalid: bool
    has_document: bool
    has_account: bool
    claimed: Decimal
    document: Decimal | None


def faults_of(edition: Edition, line: LineFacts) -> tuple[str, ...]:
    """4.3-2, 4.3-4: everything that keeps a line from being paid, the one that does not go away by itself first."""
    settlements, documents = edition.vouchers.settlements, edition.documents
    limit = None if line.document is None else line.document * documents.claims_percent_of_amount.value / _HUNDRED
    found = {
        states.INVOICE_INVALID: line.invoice_invalid,
        states.CLAIMS_EXCEEDED: limit is not None and line.claimed > limit,
        states.INVOICE_MISSING: not line.invoice_given and documents.invoice_required_at_redemption.value,
        states.DOCUMENTS_MISSING: line.price >= settlements.documents_from_price.value and not line.has_document,
        states.ACCOUNT_MISSING: not line.has_account,
    }
    return tuple(reason for reason, present in found.items() if present)


def draw_of(no: str, redemption_id: UUID) -> str:
    """4.3-4: the place of a line in the draw: SHA-256 of the batch's number followed by the redemption's id, in
    hexadecimal. Anybody can draw again with the two."""
    return hashlib.sha256(f"{no}{redemption_id}".encode()).hexdigest()


def sample_size(edition: Edition, lines: int) -> int:
    """4.3-4: the edition's share of the lines, rounded up; at least one of any."""
    share = lines * edition.vouchers.settlements.sample_percent.value / _HUNDRED
    return int(share.to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line as the draw sees it. `looked_at` once it was inspected, whatever came of it."""

    id: UUID
    draw: str
    flagged: bool
    sampled: bool
    looked_at: bool


def to_sample(lines: Sequence[Drawn], size: int) -> list[UUID]:
    """4.3-4: the lines to sample beside those that are: all flagged ones, and the first of the others in the order of
    the draw until `size` lines are sampled. Flagged ones do not count towards it: they were not drawn."""
    flagged = [line.id for line in lines if line.flagged and not line.sampled]
    drawn = sorted((line for line in lines if not line.flagged), key=lambda line: line.draw)
    missing = size - sum(line.sampled for line in drawn)
    more = [line.id for line in drawn if not line.sampled][: max(missing, 0)]
    return [*flagged, *more]


def decide_sample(edition: Edition, *, required: int, inspected: int, waiting: int) -> Decision:
    """4.3-4: a batch is announced once every sampled line was inspected, and at least the edition's share of them."""
    passed = waiting == 0 and inspected >= required
    message = "settlement-sample-inspected" if passed else "settlement-inspections-open"
    inputs = {"inspected": inspected, "waiting": waiting, "required": required}
    return edition.decision(
        edition.result("vouchers.settlement_sample", passed, inputs, limit=required, message=message)
    )


def decide_lines(edition: Edition, *, failing: int, lines: int, day: date) -> Decision:
    """4.3-2, 4.3-4: at the approval every line still holds: its documents, its invoice, the claims of grants on it."""
    results = [
        edition.result(
            "vouchers.settlement_lines",
            failing == 0,
            {"failing": failing, "lines": lines, "day": day},
            limit=0,
            message="settlement-lines-fail" if failing else "settlement-lines-hold",
        ),
        edition.result(
            "vouchers.settlement",
            lines > 0,
            {"lines": lines},
            message="settlement-has-lines" if lines else "settlement-empty",
        ),
    ]
    return edition.decision(*results)
