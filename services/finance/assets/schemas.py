"""What is sent and answered about assets."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field

from services.finance.assets.states import CONDITIONS, STATES
from services.finance.grants.schemas import FiscalYear, Line, StepRequest
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, PositiveMoney

State = Literal["kept", "written_off"]
Condition = Literal["good", "damaged", "missing"]
assert get_args(State) == STATES, "the one list, spelled out for OpenAPI"
assert get_args(Condition) == CONDITIONS, "the one list, spelled out for OpenAPI"


class GrantAssetIn(Request):
    """Equipment that a payment of the grant bought; `custodian_code` is the organisation that keeps it."""

    spending_line_id: UUID
    name: Line
    quantity: int = Field(ge=1, le=100_000)
    amount: PositiveMoney
    location: Line
    custodian_code: UnifiedSocialCreditCode
    acquired_on: date | None = None


class AssetCheckIn(Request):
    """What a check found; it counts for the year of its day, and for the delisting where the centre is delisted."""

    condition: Condition
    found_quantity: int = Field(ge=0, le=100_000)
    checked_on: date | None = None


class AssetMove(StepRequest):
    """Where it is kept from now on, and by whom."""

    location: Line
    custodian_code: UnifiedSocialCreditCode


class AssetWriteOff(StepRequest):
    """Why it goes off the list, and by which document."""

    reason_code: Literal["worn_out", "lost", "sold", "handed_over", "returned_to_city", "other"]
    document_no: Annotated[str, Field(min_length=1, max_length=100, examples=["拉科发〔2020〕7号"])]


class GrantAssetFilter(PageParams):
    """Filters of the list; newest first. `unchecked_in`: kept, bought before that year and not checked in it."""

    no: str | None = Field(default=None, max_length=40)
    grant_id: UUID | None = None
    centre_id: UUID | None = None
    status: State | None = None
    condition: Condition | None = None
    unchecked_in: FiscalYear | None = None


class GrantAssetItem(Response):
    """An asset with its last check; yuan. `delisting_case_id` names the delisting that the check was made for."""

    id: UUID
    no: str
    version: int
    grant_id: UUID
    centre_id: UUID
    spending_line_id: UUID
    name: str
    quantity: int
    amount: Money
    location: str
    custodian_code: str
    acquired_on: date
    entered_by: str
    status: State
    checked_year: int | None
    checked_on: date | None
    checked_by: str | None
    condition: Condition | None
    found_quantity: int | None
    delisting_case_id: UUID | None
    ended_on: date | None
    ended_by: str | None
    reason_code: str | None
    document_no: str | None
    created_at: datetime


class AssetCheckOut(Response):
    """One check."""

    year: int
    delisting_case_id: UUID | None
    condition: Condition
    found_quantity: int
    checked_on: date
    checked_by: str


class GrantAssetOut(GrantAssetItem):
    """One asset with its invoice and every check."""

    invoice_key: str | None
    checks: list[AssetCheckOut]
