"""Who chose a project and whose it is, with names and contacts, as a file."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.registry.persons.exporting import ExportPersons, export_answer, exported_people, record_export
from services.registry.project_library import rules
from services.registry.project_library.models import LibraryClaim, LibraryItem
from shared.auth.principal import Principal
from shared.policy.edition import Editions
from shared.sealing import Keyring

_HEADINGS: Final = (
    *("编号 No.", "项目 Project", "创业者 Founder", "手机 Mobile", "邮箱 E-mail"),
    *("权利人 Owner", "权利人手机 Owner's mobile", "权利人邮箱 Owner's e-mail", "下次跟踪 Next follow-up"),
)


async def export_claims(
    session: AsyncSession, editions: Editions, keys: Keyring, principal: Principal, sent: ExportPersons
) -> Response:
    """The current choices. Raises 422 for a reason that the edition does not have, 503 without keys."""
    query = select(LibraryClaim, LibraryItem).join(LibraryItem, LibraryItem.id == LibraryClaim.item_id)
    current = query.where(LibraryClaim.status == rules.CLAIMED).order_by(LibraryClaim.no)
    found = (await session.execute(current)).all()
    persons = list({person for claim, item in found for person in (claim.person_id, item.owner_person_id)})
    await record_export(
        session,
        principal,
        editions,
        reason_code=sent.reason_code,
        document_no=sent.document_no,
        remark=sent.remark,
        subject_kind="library_claims",
        subject_id=None,
        person_ids=persons,
    )
    people = await exported_people(session, keys, persons)
    lines = [
        (claim.no, item.name, *people[claim.person_id], *people[item.owner_person_id], str(claim.next_due_on or ""))
        for claim, item in found
    ]
    return export_answer(sent.format, "library-claims", _HEADINGS, lines)
