"""The register of bans as JSON, and the orders that suspend or undo them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from sqlalchemy import Row

from services.registry.bans.models import Ban
from services.registry.bans.rules import LIFTINGS
from services.registry.codes import DocumentNo, Name, ReasonCode
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf


class BanOut(Response):
    """A ban on applying; `last_barred_day` is the last day on which an application is refused. `current`: it bars
    today, so it runs and no stay suspends it."""

    id: UUID
    version: int
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
    def of(cls, row: Row[Ban, str, str, bool]) -> BanOut:
        """From the register's row."""
        ban = row[0]
        return cls(
            id=ban.id,
            version=ban.version,
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
            current=row[3],
        )


class BanFilter(PageParams):
    """Filters of the register. `on` asks which bans ran on a day; the public sees those of today only."""

    centre_id: UUID | None = None
    operator_code: str | None = None
    case_id: UUID | None = None
    on: date | None = None


class RecordLifting(Request):
    """An order on a ban. `effective_on`: the first day on which the ban does not bar, or bars again (`stay_ended`)."""

    kind: Literal["stay", "stay_ended", "review", "court"]
    issuer: Name
    document_no: DocumentNo
    effective_on: date
    recorded_on: date | None = None


class ConfirmLifting(Request):
    """The other bureau confirms the order."""

    decided_on: date | None = None


class RejectLifting(Request):
    """The other bureau does not confirm it."""

    reason_code: ReasonCode
    decided_on: date | None = None


class LiftingOut(Response):
    """An order on a ban, with who recorded and who confirmed it."""

    id: UUID
    ban_id: UUID
    kind: str
    status: str
    issuer: str
    document_no: str
    effective_on: date
    until_on: date | None
    recorded_by: str
    recorded_bureau: str
    recorded_on: date
    decided_by: str | None
    decided_bureau: str | None
    decided_on: date | None
    reason_code: str | None


class LiftingFilter(PageParams):
    """Filters of a ban's orders."""

    kind: Annotated[str, OneOf(*LIFTINGS)] | None = None
    status: Annotated[str, OneOf("recorded", "confirmed", "rejected")] | None = None
