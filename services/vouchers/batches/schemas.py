"""Batches as shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from services.vouchers.batches.models import ROW_STATUSES, STATUSES
from services.vouchers.schemas import CaseNo, Division
from shared.files.problems import ImportState, RowProblem
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf
from shared.money import Money
from shared.operations.schemas import OperationState


class BatchImportOut(ImportState):
    """What came of a file. Once it is taken in, its good rows wait in the batch for approval: nothing is issued yet."""

    batch_id: UUID | None
    batch_no: str | None
    amount: Money
    """Yuan of the good rows."""


class BatchRefused(Request):
    """Why it is refused; whoever took it in reads it."""

    answer: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class BatchOut(Response):
    """A batch; yuan. `row_count` and `amount` are what was taken in, the others what has been carried out."""

    id: UUID
    no: str
    issuer_division: str
    status: str
    edition: str
    file_name: str | None
    file_sha256: str
    row_count: int
    amount: Money
    issued_count: int
    issued_amount: Money
    refused_count: int
    submitted_on: date
    approved_on: date | None
    ended_on: date | None
    answer: str | None


class BatchRowOut(Response):
    """One row: `sheet` and `row` as in the file; `code` and `message` say why it was refused when its turn came."""

    position: int
    sheet: str
    row: int
    programme_id: UUID
    enterprise_id: UUID
    enterprise_code: str
    category: str | None
    face_value: Money
    status: str
    voucher_id: UUID | None
    code: str | None
    message: str | None


class BatchFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    issuer_division: Division | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None


class BatchRowFilter(PageParams):
    """Filters of a batch's rows."""

    status: Annotated[str, OneOf(*ROW_STATUSES)] | None = None


class OperationOut(OperationState[RowProblem]):
    """Progress of a batch being issued; `errors` are rows that were refused, all of them under the batch's `rows`."""
