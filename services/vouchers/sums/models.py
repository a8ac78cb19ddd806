"""Two tables of sums, and what changed them since they were last added up.

A capture, a reversal or a posting appends a row to `use_change` or `posting_change` in its own transaction (triggers of
the tables `redemption` and `posting`), so no two of them ever wait for a sum. A worker adds those rows up into
`monthly_use` and `monthly_posting` and deletes them in one statement. The sum of both tables is exact at any moment.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Date, Integer, PrimaryKeyConstraint, Table, Text, Uuid

from services.vouchers.base import Base
from shared.db import MoneyColumn

USE_KEY: Final = ("month", "programme_id", "provider_id", "enterprise_id", "category")
USE_SUMS: Final = ("uses", "price", "captured", "reversed")
POSTING_KEY: Final = ("issuer_division", "provider_id", "month", "account", "kind")
POSTING_SUMS: Final = ("amount",)


def _use_columns() -> list[Column[object]]:
    return [
        Column("month", Date, nullable=False),
        *(Column(name, Uuid, nullable=False) for name in ("programme_id", "provider_id", "enterprise_id")),
        Column("category", Text, nullable=False),
        Column("uses", Integer, nullable=False),
        *(Column(name, MoneyColumn, nullable=False) for name in ("price", "captured", "reversed")),
    ]


def _posting_columns() -> list[Column[object]]:
    return [
        Column("issuer_division", Text, nullable=False),
        Column("provider_id", Uuid, nullable=False),
        Column("month", Date, nullable=False),
        *(Column(name, Text, nullable=False) for name in ("account", "kind")),
        Column("amount", MoneyColumn, nullable=False),
    ]


monthly_use = Table("monthly_use", Base.metadata, *_use_columns(), PrimaryKeyConstraint(*USE_KEY))
"""Captured uses by the month of their capture (its first day), with what was reversed of them to this day; yuan."""

use_change = Table("use_change", Base.metadata, *_use_columns())
"""What is to be added to it: an appended row a change, without a key."""

monthly_posting = Table("monthly_posting", Base.metadata, *_posting_columns(), PrimaryKeyConstraint(*POSTING_KEY))
"""The journal by the redemption's issuer and provider, and by month, account and kind of entry; debits positive."""

posting_change = Table("posting_change", Base.metadata, *_posting_columns())
"""What is to be added to it."""
