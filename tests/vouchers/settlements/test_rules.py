"""The sample's draw, and what keeps a line from being paid: tables."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from services.vouchers.settlements.rules import Drawn, LineFacts, draw_of, faults_of, sample_size, to_sample
from shared.policy.edition import Edition

GOOD = LineFacts(
    price=Decimal("9999.99"),
    invoice_given=True,
    invoice_invalid=False,
    has_document=False,
    has_account=True,
    claimed=Decimal("5000.00"),
    document=Decimal("5000.00"),
)


@pytest.mark.parametrize(("lines", "size"), [(1, 1), (20, 1), (21, 2), (40, 2), (41, 3), (1000, 50), (1001, 51)])
def test_five_percent_of_the_lines_rounded_up_are_sampled(edition: Edition, lines: int, size: int) -> None:
    assert sample_size(edition, lines) == size


def test_the_draw_is_the_hash_of_number_and_redemption() -> None:
    use = UUID("0189c2a0-0000-7000-8000-000000000001")
    assert draw_of("ST-2019-0001", use) == hashlib.sha256(f"ST-2019-0001{use}".encode()).hexdigest()


def drawn(number: int, *, flagged: bool = False, sampled: bool = False, looked_at: bool = False) -> Drawn:
    return Drawn(UUID(int=number), f"{number:064x}", flagged=flagged, sampled=sampled, looked_at=looked_at)


@pytest.mark.parametrize(
    ("lines", "size", "more"),
    [
        ([drawn(3), drawn(1), drawn(2)], 2, [1, 2]),
        ([drawn(1, sampled=True), drawn(2), drawn(3)], 1, []),
        ([drawn(2), drawn(3)], 1, [2]),
        ([drawn(1, flagged=True), drawn(2), drawn(3)], 1, [1, 2]),
        ([drawn(1, sampled=True, looked_at=True), drawn(2)], 2, [2]),
    ],
    ids=["in_order", "enough", "one_left_uninspected", "flagged_besides", "failed_counts"],
)
def test_who_is_sampled_next(lines: list[Drawn], size: int, more: list[int]) -> None:
    assert to_sample(lines, size) == [UUID(int=number) for number in more]


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        (GOOD, ()),
        (replace(GOOD, price=Decimal("10000.00")), ("documents_missing",)),
        (replace(GOOD, price=Decimal("10000.00"), has_document=True), ()),
        (replace(GOOD, claimed=Decimal("5000.01")), ("claims_exceeded",)),
        (replace(GOOD, invoice_invalid=True, has_account=False), ("invoice_invalid", "account_missing")),
        (replace(GOOD, invoice_given=False, document=None), ("invoice_missing",)),
    ],
    ids=["good", "document_from_10000", "with_document", "a_fen_over", "void_first", "no_invoice"],
)
def test_what_keeps_a_line_from_being_paid(edition: Edition, line: LineFacts, faults: tuple[str, ...]) -> None:
    assert faults_of(edition, line) == faults
