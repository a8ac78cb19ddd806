"""What this service did about each delisting, kept so that it can be confirmed again unchanged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.db import Aggregate


class DelistingCarriedOut(Aggregate, Base):
    """Its id is the case's, or that of an order on the case. The version counts how often it was confirmed."""

    __tablename__ = "delisting_carried_out"

    centre_id: Mapped[UUID]
    stopped_voucher_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    released_redemption_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    honoured_redemption_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    returned: Mapped[Decimal] = mapped_column(server_default="0")
    """Yuan given back to budgets and quotas."""
    effective_on: Mapped[date]
