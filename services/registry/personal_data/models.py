"""What other services tell that gives a ground to keep a person."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from services.registry.base import Base

known_loan: Final = Table(
    "known_loan",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("refs", ARRAY(Text), nullable=False),
    Index("ix_known_loan_refs", "refs", postgresql_using="gin"),
)
"""Who borrows, alone or jointly, and whether it is over; nothing else of the loan is kept here."""
