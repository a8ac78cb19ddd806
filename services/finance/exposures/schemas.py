"""Exposure statements as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.http.schemas import Request, Response
from shared.money import Money, SignedMoney


class ExposureQuery(Request):
    """Whose statement: the code of the enterprise, by whichever of its records."""

    code: Annotated[str, Field(min_length=1, max_length=32)]


class ExposureLineOut(Response):
    """One case in yuan. `granted` is what was decided and still stands, `paid` what was paid out of it, `returned` what
    came back, `outstanding` what is open: a loan's principal, a guarantor's liability and claim, equity at cost, grant
    money to be paid back, what of a voucher can still be used. `entries` is for the treasury and the auditor."""

    programme: str
    kind: str
    case_id: UUID
    case_no: str
    status: str
    holder: str
    """The code that the case is under."""
    period: str | None
    requested: Money
    granted: Money
    paid: Money
    returned: Money
    outstanding: Money
    link: str
    entries: str | None


class ExposureCapOut(Response):
    """A cap of the policy: what counts against it, and what is left; yuan."""

    rule: str
    clause: str
    programme: str
    subject: str
    period: str | None
    limit: Money
    counted: Money
    remaining: Money


class ExposureTotalOut(Response):
    """The sum of a programme's lines; yuan."""

    programme: str
    cases: int
    granted: Money
    paid: Money
    returned: SignedMoney
    outstanding: Money


class GroupMemberOut(Response):
    """Another enterprise with the same legal representative, and what it has."""

    code: str
    name: str | None
    totals: list[ExposureTotalOut]
    link: str


class ExposureGroupOut(Response):
    """The enterprise with those that have its legal representative, together."""

    members: list[GroupMemberOut]
    totals: list[ExposureTotalOut]


class ExposureOut(Response):
    """Everything public that an enterprise has, with the records merged into it (`codes`), as of the day. `group` is
    for the bureaus and the auditor, None where nobody knows the legal representative."""

    as_of: date
    code: str
    name: str | None
    codes: list[str]
    totals: list[ExposureTotalOut]
    caps: list[ExposureCapOut]
    lines: list[ExposureLineOut]
    group: ExposureGroupOut | None = None
