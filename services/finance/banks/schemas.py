"""What is sent and answered about banks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field

from services.finance.banks import states
from services.finance.grants.schemas import Line, StepRequest
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response

State = Literal["proposed", "active", "suspended", "refused"]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
ChangeState = Literal["recorded", "approved", "refused"]
assert get_args(ChangeState) == states.CHANGES, "likewise"
Channel = Literal["online", "offline"]
assert get_args(Channel) == states.CHANNELS, "likewise"
ChangeRefusal = Literal["incomplete", "wrong", "not_agreed", "withdrawn", "other"]

BankCode = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,11}$", examples=["CCB"])]
Channels = Annotated[list[Channel], Field(min_length=1, max_length=2)]


class Particulars(Request):
    """Name and contact, an office and never a person. `taking_referrals` false suspends the bank: what it has goes on,
    nothing new is sent to it."""

    name: Line
    office: Line
    phone: Annotated[str, Field(pattern=r"^[0-9+() -]{5,30}$")] | None = None
    email: Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]{3,190}$")] | None = None
    channels: Channels
    taking_referrals: bool = True
    recorded_on: date | None = None


class BankIn(Particulars):
    """A new bank. Its code is what accounts of the bank and loans name."""

    code: BankCode


class ChangeRefusalIn(StepRequest):
    """Why what was recorded is not approved."""

    reason_code: ChangeRefusal


class BankFilter(PageParams):
    """Filters of the list; `pending` finds those where a change waits for approval, or where none does."""

    code: BankCode | None = None
    status: State | None = None
    channel: Channel | None = None
    pending: bool | None = None
    sort: Literal["code", "-code"] = "code"


class BankOut(Response):
    """A bank; `pending` if a change waits for a second person."""

    id: UUID
    version: int
    code: str
    name: str
    office: str
    phone: str | None
    email: str | None
    channels: list[Channel]
    status: State
    revision: int
    approved_on: date | None
    reason_code: str | None
    pending: bool
    created_at: datetime
    updated_at: datetime


class BankRevisionOut(Response):
    """Particulars as recorded, and what a second person made of them."""

    revision: int
    status: ChangeState
    name: str
    office: str
    phone: str | None
    email: str | None
    channels: list[Channel]
    taking_referrals: bool
    recorded_by: str
    recorded_on: date
    decided_by: str | None
    decided_on: date | None
    reason_code: str | None


class BankDetail(BankOut):
    """With everything ever recorded, the first first; empty for those who may not see who recorded what."""

    revisions: list[BankRevisionOut]
