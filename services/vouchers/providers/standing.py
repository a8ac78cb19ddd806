"""Whether a provider may sell against vouchers on a day: one place for people, lists and the counter (4.3-2).

Days are inclusive: an admission or licence that ends on a day still serves that day. A suspension or an end holds from
when it is entered, whatever day a sale is dated: its status says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, Protocol

from sqlalchemy import ColumnElement, and_, func, literal

from services.vouchers.providers.models import Provider
from services.vouchers.providers.rules import ADMITTED, EXPIRED, SUSPENDED

SELLS_SQL: Final = (
    "status = 'admitted' AND admitted_on <= :day AND coalesce(admitted_until >= :day, true)"
    " AND coalesce(licensed_until >= :day, true) AND :category = ANY (categories)"
)
"""`may_sell` for the counter's statement, on a row of `provider`; with the parameters `day` and `category`."""


class Selling(Protocol):
    """What a sale looks at: a row of `provider`, or anything that has the same."""

    @property
    def status(self) -> str: ...
    @property
    def categories(self) -> Sequence[str]: ...
    @property
    def admitted_on(self) -> date | None: ...
    @property
    def admitted_until(self) -> date | None: ...
    @property
    def licensed_until(self) -> date | None: ...


def bar_to_selling(provider: Selling | None, category: str, day: date) -> str | None:
    """Why the provider may not sell a service of the category that day, as the code of a message; None if it may.

    `provider-not-admitted`, `provider-suspended`, `provider-admission-expired`, `provider-licence-expired`,
    `provider-not-in-category`.
    """
    if provider is None:
        return "provider-not-admitted"
    if provider.status == SUSPENDED:
        return "provider-suspended"
    if provider.status == EXPIRED:
        return "provider-admission-expired"
    if provider.status != ADMITTED or provider.admitted_on is None or day < provider.admitted_on:
        return "provider-not-admitted"
    if provider.admitted_until is not None and day > provider.admitted_until:
        return "provider-admission-expired"
    if provider.licensed_until is not None and day > provider.licensed_until:
        return "provider-licence-expired"
    return None if category in provider.categories else "provider-not-in-category"


def may_sell(provider: Selling | None, category: str, day: date) -> bool:
    """Whether nothing bars it; `bar_to_selling` says what does."""
    return bar_to_selling(provider, category, day) is None


def selling_on(day: date) -> ColumnElement[bool]:
    """`may_sell` for lists, in any category of the provider's."""
    return and_(
        Provider.status == ADMITTED,
        Provider.admitted_on <= day,
        func.coalesce(Provider.admitted_until >= day, literal(True)),
        func.coalesce(Provider.licensed_until >= day, literal(True)),
    )
