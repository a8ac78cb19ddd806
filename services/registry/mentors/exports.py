"""The appointed mentors with names and contacts, as a file."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.registry.mentors.models import Mentor
from services.registry.mentors.queries import appointed_on
from services.registry.persons.exporting import ExportPersons, export_answer, exported_people, record_export
from shared.auth.principal import Principal
from shared.policy.edition import Editions
from shared.sealing import Keyring

_HEADINGS: Final = ("编号 No.", "姓名 Name", "手机 Mobile", "邮箱 E-mail", "单位 Organisation", "聘期至 Until")


async def export_mentors(
    session: AsyncSession, editions: Editions, keys: Keyring, principal: Principal, sent: ExportPersons
) -> Response:
    """Those appointed today. Raises 422 for a reason that the edition does not have, 503 without keys."""
    query = select(Mentor).where(appointed_on(Mentor.id, principal.today)).order_by(Mentor.no)
    found = list(await session.scalars(query))
    await record_export(
        session,
        principal,
        editions,
        reason_code=sent.reason_code,
        document_no=sent.document_no,
        remark=sent.remark,
        subject_kind="mentors",
        subject_id=None,
        person_ids=[mentor.person_id for mentor in found],
    )
    people = await exported_people(session, keys, [mentor.person_id for mentor in found])
    lines = [
        (mentor.no, *people[mentor.person_id], mentor.organisation or "", str(mentor.appointed_until or ""))
        for mentor in found
    ]
    return export_answer(sent.format, "mentors", _HEADINGS, lines)
