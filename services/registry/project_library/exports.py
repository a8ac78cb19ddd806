"""Who chose a project and whose it is, with names and contacts, as a file."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.registry.persons.consents import consented
from services.registry.persons.exporting import NOT_GIVEN, ExportPersons, export_answer, exported_people, record_export
from services.registry.project_library import rules
from services.registry.project_library.models import LibraryClaim, LibraryItem
from services.registry.project_library.queries import PURPOSE
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
    """The current choices; without name and contacts whoever of the two does not agree any more. Raises 422 for a
    reason that the edition does not have, 503 without keys."""
    agreed = (
        consented(LibraryClaim.person_id, PURPOSE, principal.today, subject_id=LibraryClaim.id).label("founder_agrees"),
        consented(LibraryItem.owner_person_id, PURPOSE, principal.today, subject_id=LibraryItem.id).label(
            "owner_agrees"
        ),
    )
    query = select(LibraryClaim, LibraryItem, *agreed).join(LibraryItem, LibraryItem.id == LibraryClaim.item_id)
    current = query.where(LibraryClaim.status == rules.CLAIMED).order_by(LibraryClaim.no)
    found = [
        (claim, item, claim.person_id if founder else None, item.owner_person_id if owner else None)
        for claim, item, founder, owner in await session.execute(current)
    ]
    persons = list({person for _, _, *both in found for person in both if person is not None})
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

    def clear(person: UUID | None) -> tuple[str, str, str]:
        return NOT_GIVEN if person is None else people[person]

    lines = [
        (claim.no, item.name, *clear(founder), *clear(owner), str(claim.next_due_on or ""))
        for claim, item, founder, owner in found
    ]
    return export_answer(sent.format, "library-claims", _HEADINGS, lines)
