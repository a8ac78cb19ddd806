"""The public notice (公示): what anybody may read of a year whose preliminary results are announced (2.3-4)."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.notice_schemas import HowToObject, Notice, NoticedCentre, NoticeFilter, NoticeOut
from services.evaluation.cycles.rules import last_objection_day
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.projections import known_centre
from shared.errors import not_found
from shared.http.messages import Language, Messages
from shared.http.paging import PageParams, paginate
from shared.policy.edition import Edition
from shared.policy.standing import DepartmentName

_RULE: Final = "evaluation.objection_term"


def notices(wanted: NoticeFilter) -> Select[EvaluationCycle]:
    """Years on public notice, now or before; one that was taken back to its scores is none until announced anew."""
    query = select(EvaluationCycle).where(EvaluationCycle.announced_on.is_not(None))
    return query if wanted.year is None else query.where(EvaluationCycle.year == wanted.year)


async def find_noticed(session: AsyncSession, cycle_id: UUID) -> EvaluationCycle:
    """An announced year. Raises 404."""
    cycle = await session.scalar(notices(NoticeFilter()).where(EvaluationCycle.id == cycle_id))
    if cycle is None:
        raise not_found("public_notice")
    return cycle


def shown_notice(cycle: EvaluationCycle, edition: Edition) -> NoticeOut:
    """The year's days."""
    assert cycle.announced_on is not None
    assert cycle.notice_until is not None
    return NoticeOut(
        cycle_id=cycle.id,
        year=cycle.year,
        status=cycle.status,
        announced_on=cycle.announced_on,
        notice_until=cycle.notice_until,
        objections_until=last_objection_day(edition, cycle.announced_on, cycle.objections_until),
        document_no=cycle.document_no,
        published_on=cycle.published_on,
    )


async def notice_of(
    session: AsyncSession, cycle: EvaluationCycle, edition: Edition, messages: Messages, wanted: PageParams
) -> Notice:
    """The notice with a page of its centres, by evaluation number."""
    query = (
        select(Evaluation, known_centre.c.no, known_centre.c.name)
        .join(known_centre, known_centre.c.id == Evaluation.centre_id)
        .where(Evaluation.cycle_id == cycle.id, Evaluation.grade.is_not(None))
    )
    page = await paginate(
        session,
        query,
        keys=[Evaluation.no],
        params=wanted,
        item=lambda row: NoticedCentre.of(row[0], row[1], row[2]),
    )
    head = shown_notice(cycle, edition)
    return Notice(
        **head.model_dump(),
        objecting=_objecting(edition, head, messages),
        items=page.items,
        next=page.next,
    )


def _objecting(edition: Edition, head: NoticeOut, messages: Messages) -> HowToObject:
    bureaus = [_named(edition, code, head.announced_on) for code in edition.procedure.deciding_departments.value]
    names: dict[Language, list[str]] = {
        "zh": [edition.city + bureau.title_zh.removeprefix("市") for bureau in bureaus],
        "en": [bureau.title_en for bureau in bureaus],
    }

    def told(language: Language, message: str) -> str:
        joined = ("、" if language == "zh" else ", ").join(names[language])
        return messages.text(message, language, {"until": head.objections_until, "addressees": joined}).detail

    return HowToObject(
        until=head.objections_until,
        bureaus_zh=names["zh"],
        bureaus_en=names["en"],
        how_zh=told("zh", message="public-notice-objecting"),
        how_en=told("en", message="public-notice-objecting"),
        clause=edition.rule(_RULE).clause,
    )


def _named(edition: Edition, code: str, day: date) -> DepartmentName:
    """The bureau's name as of the day."""
    names = edition.departments[code].names
    used = [name for name in names if name.used_from is None or name.used_from <= day]
    return (used or names)[-1]
