"""A delisting's effect on vouchers, as shown."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.http.paging import PageParams
from shared.http.schemas import Response
from shared.money import Money


class EffectItem(Response):
    """What a delisting did to one voucher. `returned`: yuan that went back to budget and quotas on that day;
    `status` and `reinstatable`: what holds now. `honoured`, `released`: yuan of its holds that live on, that ended."""

    case_id: UUID
    voucher_id: UUID
    voucher_no: str
    programme_id: UUID
    issuer_division: str
    enterprise_id: UUID
    stopped_on: date
    returned: Money
    honoured: Money
    released: Money
    status: str
    valid_until: date
    reinstatable: bool
    """The holder is in another listed centre and the voucher's last day has not passed: the issuer may reinstate it."""


class HoldItem(Response):
    """What became of one hold. `subsidy`: what it reserved, in yuan; `status`: what it is now."""

    case_id: UUID
    redemption_id: UUID
    redemption_no: str
    voucher_id: UUID
    enterprise_id: UUID
    provider_id: UUID
    outcome: str
    subsidy: Money
    status: str


class CaseOut(Response):
    """A delisting in this service, as far as the caller may see it: how many vouchers and holds it concerned, and
    how much, in yuan."""

    case_id: UUID
    centre_id: UUID
    effective_on: date
    stopped_count: int
    returned: Money
    honoured_count: int
    honoured: Money
    released_count: int
    released: Money
    reinstated_count: int


class CaseItem(Response):
    """A delisting that was carried out in this service."""

    case_id: UUID
    centre_id: UUID
    effective_on: date


class CaseFilter(PageParams):
    """Filters of the list."""

    centre_id: UUID | None = None


class EffectFilter(PageParams):
    """The lists of a case have no filters."""
