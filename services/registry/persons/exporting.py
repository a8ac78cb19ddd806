"""Names and contacts as a file, for a reason that is kept: who took whose, of which list, and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, Literal
from uuid import UUID

import xlsxwriter
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.registry.codes import DocumentNo, ReasonCode, Remark
from services.registry.persons.contacts import EMAIL, MOBILE, contact_in_clear, contacts_of
from services.registry.persons.models import ExportedPerson, Person, PersonExport
from services.registry.policy import edition_at, require_known
from services.registry.remarks.usecases import keep_remark
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.exports import CSV, XLSX, neutral
from shared.http.schemas import Request
from shared.ids import uuid7
from shared.policy.edition import Editions
from shared.sealing import Keyring

EXPORTERS: Final = (r.HR_OFFICER, r.HR_APPROVER, r.SCIENCE_OFFICER, r.SCIENCE_APPROVER)
"""May take names and contacts of people out of the system: the two bureaus that lead what mentors, founders and staff
take part in (4.8-1, 4.8-2). Rooms of another lead add its own."""

MOST: Final = 5000
"""Persons of one file: a longer list is asked for in parts."""

NOT_GIVEN: Final = ("", "", "")
"""In the place of name and contacts of somebody who does not agree any more: not taken out, and not counted."""

_NO_STORE: Final = {"Cache-Control": "private, no-store"}


class ExportPersons(Request):
    """Why names and contacts are needed, and the document that asks for them."""

    reason_code: ReasonCode
    document_no: DocumentNo
    remark: Remark | None = None
    format: Annotated[Literal["xlsx", "csv"], Field(examples=["xlsx"])] = "xlsx"


async def record_export(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    *,
    reason_code: str,
    document_no: str,
    remark: str | None,
    subject_kind: str,
    subject_id: UUID | None,
    person_ids: Iterable[UUID],
) -> PersonExport:
    """Keep that the caller takes data of these persons out. Raises 422 for a reason that the edition does not have, 409
    `export-too-large`."""
    require_known("reason_code", [reason_code], edition_at(editions, principal.today).personal_data.export_reasons)
    persons = sorted(set(person_ids))
    if len(persons) > MOST:
        raise DomainError("export-too-large", 409, params={"limit": MOST})
    taken = PersonExport(
        id=uuid7(),
        version=0,
        reason_code=reason_code,
        document_no=document_no,
        subject_kind=subject_kind,
        subject_id=subject_id,
        count=len(persons),
        exported_by=principal.account_id,
        exported_on=principal.today,
    )
    session.add(taken)
    await session.flush()
    session.add_all(ExportedPerson(export_id=taken.id, person_id=person_id) for person_id in persons)
    remark_hash = await keep_remark(session, taken.id, step="exported", text=remark, written_by=principal.account_id)
    data = rc.PersonExportedData(
        id=taken.id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        reason_code=reason_code,
        document_no=document_no,
        count=len(persons),
        remark_hash=remark_hash,
    )
    await outbox.append(session, rc.PersonExported, taken, data, context=EventContext.of(principal))
    return taken


async def exported_people(
    session: AsyncSession, keys: Keyring, person_ids: Sequence[UUID]
) -> Mapping[UUID, tuple[str, str, str]]:
    """Name, mobile number and address of each in the clear, for the file of an export that was recorded. Raises 503
    `person-keys-missing`."""
    contacts = await contacts_of(session, person_ids)

    def clear(person: Person, kind: str) -> str:
        row = contacts.get(person.id, {}).get(kind)
        return "" if row is None else contact_in_clear(row, keys)

    people = await session.scalars(select(Person).where(Person.id.in_(person_ids)))
    return {person.id: (person.name, clear(person, MOBILE), clear(person, EMAIL)) for person in people}


def export_answer(
    wanted: Literal["xlsx", "csv"], name: str, headings: Sequence[str], lines: Iterable[Sequence[str]]
) -> Response:
    """The file, which nobody on the way may keep."""
    content = _xlsx(headings, lines) if wanted == "xlsx" else _csv(headings, lines)
    headers = {**_NO_STORE, "Content-Disposition": f'attachment; filename="{name}.{wanted}"'}
    return Response(content, media_type=XLSX if wanted == "xlsx" else f"{CSV}; charset=utf-8", headers=headers)


def _csv(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    """With a byte order mark: spreadsheets take the text for another encoding without it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([_kept(cell) for cell in line] for line in lines)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for row, line in enumerate([headings, *lines]):
            for column, cell in enumerate(line):
                sheet.write_string(row, column, cell)
    return target.getvalue()


def _kept(cell: str) -> str:
    """A mobile number begins with + and is no formula."""
    return cell if cell[1:].isdigit() else neutral(cell)
