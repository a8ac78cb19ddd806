"""The attendance list of a session with names and contacts, taken out for a reason that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from services.registry.persons.consents import consented
from services.registry.persons.exporting import NOT_GIVEN, ExportPersons, export_answer, exported_people, record_export
from services.registry.trainings import rules
from services.registry.trainings.enrolments.queries import shown
from services.registry.trainings.enrolments.schemas import EnrolmentOut
from services.registry.trainings.enrolments.usecases import PURPOSE
from services.registry.trainings.models import Enrolment
from services.registry.trainings.scopes import find_session
from shared.auth.principal import Principal
from shared.policy.edition import Editions
from shared.sealing import Keyring

SUBJECT: Final = "training-session"
ExportAttendance = ExportPersons

_HEADINGS: Final = ("编号", "姓名", "手机号码", "电子邮箱", "报名方式", "状态", "到课次数", "签到课次")
_WAYS: Final = {rules.SELF: "本人", rules.ENTERPRISE: "企业", rules.CENTRE: "双创中心", rules.OFFICE: "主管部门"}
_STATES: Final = {
    rules.ENROLLED: "已报名",
    rules.WAITING: "候补",
    rules.ATTENDED: "已参训",
    rules.MISSED: "未达学时",
}


async def attendance_file(
    session: AsyncSession,
    editions: Editions,
    keys: Keyring,
    principal: Principal,
    training_id: UUID,
    sent: ExportPersons,
) -> Response:
    """Everybody enrolled or waiting, by the order of enrolment; without name and contacts who does not agree any more.
    Raises 404, and 422 for a reason that the edition does not have."""
    training = await find_session(session, training_id)
    query = select(Enrolment).where(
        Enrolment.session_id == training.id,
        or_(Enrolment.status.in_(rules.SEATED), Enrolment.status == rules.WAITING),
    )
    enrolments = list(await session.scalars(query.order_by(Enrolment.queue_no)))
    runs = consented(Enrolment.person_id, PURPOSE, principal.today, subject_id=Enrolment.id)
    agreed = set(await session.scalars(query.with_only_columns(Enrolment.id).where(runs)))
    person_ids = [one.person_id for one in enrolments if one.id in agreed]
    await record_export(
        session,
        principal,
        editions,
        reason_code=sent.reason_code,
        document_no=sent.document_no,
        remark=sent.remark,
        subject_kind=SUBJECT,
        subject_id=training.id,
        person_ids=person_ids,
    )
    people = await exported_people(session, keys, person_ids)
    listed = await shown(session, principal, enrolments)
    lines = [
        _line(one, people.get(enrolment.person_id, NOT_GIVEN))
        for one, enrolment in zip(listed, enrolments, strict=True)
    ]
    return export_answer(sent.format, training.no, _HEADINGS, lines)


def _line(one: EnrolmentOut, person: tuple[str, str, str]) -> Sequence[str]:
    meetings = "、".join(str(number) for number in one.meetings_attended)
    return (one.no, *person, _WAYS[one.via], _STATES[one.status], str(len(one.meetings_attended)), meetings)
