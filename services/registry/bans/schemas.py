"""The register of bans as JSON."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Row

from services.registry.bans.models import Ban
from shared.http.paging import PageParams
from shared.http.schemas import Response


class BanOut(Response):
    """A ban on applying; `last_barred_day` is the last day on which an application is refused."""

    id: UUID
    case_id: UUID
    centre_id: UUID
    centre_no: str
    centre_name: str
    operator_code: str | None
    decision_no: str
    published_on: date
    last_barred_day: date
    first_open_day: date
    status: str
    current: bool

    @classmethod
    def of(cls, row: Row[Ban, str, str], today: date) -> BanOut:
        """From the register's row; `current` as of the business day."""
        ban = row[0]
        return cls(
            id=ban.id,
            case_id=ban.case_id,
            centre_id=ban.centre_id,
            centre_no=row[1],
            centre_name=row[2],
            operator_code=ban.operator_code,
            decision_no=ban.decision_no,
            published_on=ban.published_on,
            last_barred_day=ban.last_barred_day,
            first_open_day=ban.first_open_day,
            status=ban.status,
            current=ban.status == "in_force" and ban.published_on <= today <= ban.last_barred_day,
        )


class BanFilter(PageParams):
    """Filters of the register. `on` asks which bans ran on a day; the public sees those of today only."""

    centre_id: UUID | None = None
    operator_code: str | None = None
    case_id: UUID | None = None
    on: date | None = None
