"""Test mode: rows that a partner's test credential made never meet live ones.

A table that partner systems write into has the column of ``HasMode``, and every query on it the condition of
``of_mode``: whoever asks, a bureau's officer included, sees rows of the mode of his own credential and no others. Sums,
statistics and the journal count live rows only. A unique key that a partner chooses names the mode too.
"""

from __future__ import annotations

from sqlalchemy import Boolean, ColumnElement, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.auth.principal import Principal


class HasMode:
    """The column: true for rows that count, false for those a test credential made."""

    livemode: Mapped[bool] = mapped_column(Boolean, default=True, server_default=text("true"))


def series(prefix: str, *, livemode: bool) -> str:
    """The letters before a case's number: test rows count by themselves, and show what they are (`TRF-2019-0001`)."""
    return prefix if livemode else f"T{prefix}"


def of_mode(model: type[HasMode], principal: Principal) -> ColumnElement[bool]:
    """Rows of the caller's own mode."""
    return model.livemode.is_(principal.livemode)
