"""A document that is claimed twice: the constraint's refusal in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy.exc import IntegrityError

from services.vouchers.policy import refusal
from services.vouchers.redemptions.documents import CONTRACT_CONSTRAINT, INVOICE_CONSTRAINT
from shared.db import constraint_of
from shared.policy.edition import Editions, PolicyNotInForce

_DOCUMENTS = {INVOICE_CONSTRAINT: "invoice", CONTRACT_CONSTRAINT: "contract"}


@contextmanager
def documents_count_once(editions: Editions, day: date) -> Iterator[None]:
    """Turn the unique index's refusal into 409 `document-already-claimed` (4.3-2). Any other error passes."""
    try:
        yield
    except IntegrityError as error:
        document = _DOCUMENTS.get(constraint_of(error) or "")
        if document is None:
            raise
        edition = editions.closest_to(day)
        if edition is None:
            raise PolicyNotInForce(day, None) from error
        inputs = {"document": document}
        result = edition.result("documents.counted_once", False, inputs, message="document-already-claimed")
        raise refusal(edition.decision(result)) from error
