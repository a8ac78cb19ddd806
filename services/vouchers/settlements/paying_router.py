"""`/v1/settlements`: payment file, the bank's answer, the end of a batch, and invoices that are not paid on (4.3-4)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.vouchers.access import DivisionOfficer, Issuer, SettlementReader, SettlementWorkReader
from services.vouchers.providers.accounts import AccountKeys
from services.vouchers.schemas import Decided, day_sent
from services.vouchers.settlements import files, invoices, paying, queries, results
from services.vouchers.settlements.cases import Step
from services.vouchers.settlements.models import InvalidInvoice
from services.vouchers.settlements.router import PREFIX, STEP, answer
from services.vouchers.settlements.schemas import (
    FileOut,
    FileQuery,
    InvalidInvoiceFilter,
    InvalidInvoiceIn,
    InvalidInvoiceOut,
    PaymentFilter,
    ResultsIn,
    ResultsOut,
    SettlementOut,
    SettlementPaymentOut,
    WithdrawalIn,
)
from shared.auth.principal import Principal
from shared.db import Session
from shared.files.sniffing import XLSX
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute
from shared.http.uploads import FILE_BODY, MEBIBYTE, TakesFile, Upload
from shared.runtime import RuntimeDep

MAX_FILE: Final = 4 * MEBIBYTE
CSV: Final = "text/csv; charset=utf-8"
INVOICES: Final = "/void-invoices"

File = Annotated[Upload, Depends(TakesFile(MAX_FILE))]

router = APIRouter(prefix=PREFIX, tags=["settlements"], route_class=ServiceRoute)


@router.post("/{settlement_id}/payment-file", status_code=201, dependencies=[IdempotencyRequired], responses=STEP)
async def make_payment_file(
    settlement_id: UUID,
    session: Session,
    principal: Issuer,
    runtime: RuntimeDep,
    keys: AccountKeys,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> FileOut:
    """Make the payments of an approved batch: one a provider, less what it owes. The file is read by GET."""
    step = Step(settlement_id, principal, runtime.editions, if_match)
    settlement = await paying.make_file(session, step=step, keys=keys, filed_on=day_sent(wanted))
    response.headers["Location"] = f"{PREFIX}/{settlement_id}/payment-file"
    shown = answer(principal, settlement, response)
    assert shown.file_total is not None, "a made file has totals"
    return FileOut(
        settlement=shown,
        reference=settlement.no,
        count=settlement.file_count or 0,
        total=shown.file_total,
        digest=settlement.file_digest or "",
    )


@router.get(
    "/{settlement_id}/payment-file",
    response_class=Response,
    responses={**problem_responses(404, 409), 200: {"content": {"text/csv": {}, XLSX: {}}}},
)
async def read_payment_file(
    settlement_id: UUID,
    session: Session,
    principal: Issuer,
    runtime: RuntimeDep,
    keys: AccountKeys,
    wanted: Annotated[FileQuery, Query()],
) -> Response:
    """The file for the bank as .csv or .xlsx, with the accounts' numbers; always the same."""
    step = Step(settlement_id, principal, runtime.editions)
    file = await paying.read_file(session, step=step, keys=keys)
    rows = files.table_of(file)
    content = await asyncio.to_thread(files.xlsx_of if wanted.format == "xlsx" else files.csv_of, rows)
    headers = {
        "Content-Disposition": f'attachment; filename="{file.no}.{wanted.format}"',
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=XLSX if wanted.format == "xlsx" else CSV, headers=headers)


@router.get("/{settlement_id}/payments", responses=problem_responses(404))
async def list_payments(
    settlement_id: UUID, session: Session, principal: SettlementReader, wanted: Annotated[PaymentFilter, Query()]
) -> Page[SettlementPaymentOut]:
    """What each provider is paid, and what the bank said."""
    return await queries.list_payments(session, principal, settlement_id, wanted)


@router.post("/{settlement_id}/results", dependencies=[IdempotencyRequired], responses=STEP)
async def read_results(
    settlement_id: UUID,
    sent: ResultsIn,
    session: Session,
    principal: Issuer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ResultsOut:
    """Read the bank's answer: paid, or back to the queue. An answer that does not fit is refused line by line."""
    digest = results.digest_of(sent.results, sent.control)
    bank = results.Answer("json", sent.results, sent.control, digest)
    step = Step(settlement_id, principal, runtime.editions, if_match)
    return _read(principal, await results.read_results(session, step=step, answer=bank), response)


@router.post(
    "/{settlement_id}/results/file", dependencies=[IdempotencyRequired], responses=STEP, openapi_extra=FILE_BODY
)
async def read_results_file(
    settlement_id: UUID,
    session: Session,
    principal: Issuer,
    runtime: RuntimeDep,
    upload: File,
    response: Response,
    if_match: IfMatch = None,
) -> ResultsOut:
    """The same from a .csv or .xlsx, in the form of the payment file with the outcomes filled in."""
    form, found, control = await asyncio.to_thread(files.read_answer, upload.path, upload.name)
    bank = results.Answer(form, found, control, upload.sha256.hex(), upload.name)
    step = Step(settlement_id, principal, runtime.editions, if_match)
    return _read(principal, await results.read_results(session, step=step, answer=bank), response)


@router.post("/{settlement_id}/close", responses=STEP)
async def close_settlement(
    settlement_id: UUID,
    session: Session,
    principal: Issuer,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> SettlementOut:
    """End a batch whose payments the bank has all answered."""
    step = Step(settlement_id, principal, runtime.editions, if_match)
    return answer(principal, await results.close(session, step=step, closed_on=day_sent(wanted)), response)


@router.post(INVOICES, status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409))
async def record_void_invoice(
    sent: InvalidInvoiceIn, session: Session, principal: DivisionOfficer, runtime: RuntimeDep, response: Response
) -> InvalidInvoiceOut:
    """Enter that the invoice behind a redemption was cancelled or red-lettered: out of its batch, or claimed back."""
    invoice = await invoices.record_invalid(session, editions=runtime.editions, principal=principal, sent=sent)
    return _invoice(invoice, response)


@router.get(INVOICES)
async def list_void_invoices(
    session: Session, principal: SettlementWorkReader, wanted: Annotated[InvalidInvoiceFilter, Query()]
) -> Page[InvalidInvoiceOut]:
    """Invoices that nothing is paid on."""
    return await queries.list_invalid_invoices(session, principal, wanted)


@router.post(f"{INVOICES}/{{invoice_id}}/withdraw", responses=problem_responses(403, 404, 409, 412))
async def withdraw_void_invoice(
    invoice_id: UUID,
    sent: WithdrawalIn,
    session: Session,
    principal: Issuer,
    response: Response,
    if_match: IfMatch = None,
) -> InvalidInvoiceOut:
    """The entry was a mistake, says somebody else than who made it."""
    invoice = await invoices.withdraw(session, principal=principal, invoice_id=invoice_id, sent=sent, if_match=if_match)
    return _invoice(invoice, response)


def _read(principal: Principal, read: results.Read, response: Response) -> ResultsOut:
    shown = answer(principal, read.settlement, response)
    return ResultsOut(
        settlement=shown, paid=read.paid, refused=read.refused, waiting=read.waiting, repeated=read.repeated
    )


def _invoice(invoice: InvalidInvoice, response: Response) -> InvalidInvoiceOut:
    set_etag(response, invoice.version)
    return InvalidInvoiceOut.model_validate(invoice)
