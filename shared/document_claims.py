"""Documents count once (4.3-2): one key for an invoice or a contract, and one sum of claims on it in the whole suite.

An invoice backs claims up to its own amount, over vouchers and grants together. Each service guards its own claims with
a unique key and knows the other's by event (`known_claim`), so at every write of its own it tests the sum.

The window: between a commit in one service and its event's arrival in the other (milliseconds; longer while the broker
or the other service is down) two claims on one invoice may cross, and each passes. Afterwards both sides know both. A
grant's money has left before its invoices are shown, so it is the voucher that gives way: the same test is run again
before a voucher's money is owed (confirmation of a delivery) and has to be run before any of it is paid out, when the
other claim has long arrived.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Numeric, Table, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.money import ZERO
from shared.policy.decision import Decision
from shared.policy.edition import Edition

SEPARATOR: Final = "|"

_AMOUNT = Numeric(18, 2)


def invoice_key(seller_code: str, code: str | None, number: str) -> str:
    """Seller, invoice code (none for the 20-digit number of an electronic one) and number: numbers repeat between
    sellers."""
    return SEPARATOR.join((seller_code, code or "", number))


def contract_key(seller_code: str, buyer_code: str, number: str) -> str:
    """Both parties and the contract's number in its one spelling."""
    return SEPARATOR.join((seller_code, buyer_code, contract_number(number)))


def contract_number(number: str) -> str:
    """However it was typed: full-width or not, with or without blanks, in whatever case."""
    return "".join(unicodedata.normalize("NFKC", number).upper().split())


def known_claim_table(metadata: MetaData) -> Table:
    """The other service's claims, on the service's own metadata; fed with `upsert_projection`."""
    return Table(
        "known_claim",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("document_key", Text, nullable=False),
        Column("amount", _AMOUNT, nullable=False),
        Column("document_amount", _AMOUNT, nullable=False),
        Column("live", Boolean, nullable=False),
        Index("ix_known_claim_document_key", "document_key"),
    )


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the other service claims on a document, in yuan, and the amount it was told that the document has (the
    smallest, None where it claims nothing)."""

    total: Decimal
    document_amount: Decimal | None


async def claimed_elsewhere(session: AsyncSession, known_claim: Table, key: str) -> Claimed:
    """The other service's live claims on a document, as known here now."""
    columns = known_claim.c
    query = select(
        func.coalesce(func.sum(columns.amount), ZERO).label("total"), func.min(columns.document_amount).label("least")
    ).where(columns.document_key == key, columns.live)
    row = (await session.execute(query)).one()
    return Claimed(row.total, row.least)


def decide_claims(edition: Edition, *, amount: Decimal, stated: Decimal | None, elsewhere: Claimed) -> Decision:
    """4.3-2: the claims on one document, over vouchers and grants together, never exceed its amount.

    `stated` is what this claim says of the document's amount. Where the services were told different amounts the
    smallest counts, and where nobody said anything the claim itself is all that is known of it.
    """
    amounts = [value for value in (stated, elsewhere.document_amount) if value is not None]
    document = min(amounts) if amounts else amount
    limit = document * edition.documents.claims_percent_of_amount.value / 100
    passed = elsewhere.total + amount <= limit
    inputs = {"amount": amount, "claimed_elsewhere": elsewhere.total, "left": max(limit - elsewhere.total, ZERO)}
    message = "document-claims-within" if passed else "document-claims-exceeded"
    result = edition.result("documents.counted_once", passed, inputs, limit=limit.quantize(ZERO), message=message)
    return edition.decision(result)
