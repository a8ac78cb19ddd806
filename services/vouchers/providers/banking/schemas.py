"""Bank accounts as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import SecretStr, StringConstraints

from services.vouchers.schemas import Decided, Title
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response


class AccountNew(Request):
    """An account to be paid to: 8 to 32 digits, in the name of the organisation."""

    account_name: Title
    bank_name: Title
    bank_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")] | None = None
    """The bank's number in the payment system (联行号)."""
    number: SecretStr
    document_id: UUID | None = None


class AccountRejection(Decided):
    """Why an account is not paid to."""

    reason_code: Literal["name_differs", "not_confirmed_by_bank", "number_wrong"]


class ProviderAccountOut(Response):
    """An account; of its number only the last four digits are shown."""

    id: UUID
    provider_id: UUID
    account_name: str
    bank_name: str
    bank_code: str | None
    masked: str
    document_id: UUID | None
    status: str
    proposed_on: date
    decided_on: date | None
    reason_code: str | None


class AccountFilter(PageParams):
    """Filters of the list."""

    status: Literal["proposed", "current", "replaced", "rejected"] | None = None
