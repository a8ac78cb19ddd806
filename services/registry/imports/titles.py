"""Applications for titles, by the use case of the single request. Granting takes a notice and a second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.imports.rows import Kind, Row, Status, Tally, Work, one_by_one, require_same
from services.registry.imports.tenancies import CaseNo, centre_by_no, centre_no_column
from services.registry.imports.words import title_kinds, title_levels
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import IN_FORCE, MUNICIPAL, PENDING
from services.registry.qualifications.schemas import ApplyForTitle, Word
from services.registry.qualifications.usecases import apply_for_title
from shared.auth.roles import CENTRE_OPERATOR
from shared.files.columns import Column
from shared.http.schemas import Request
from shared.policy.edition import Edition

_SAME: Final = {"applied_on": "applied_on"}


class TitleRow(Request):
    """An application for a title by the centre's number; the day is for bureaus only."""

    centre_no: CaseNo
    kind: Word
    level: Word = MUNICIPAL
    applied_on: date | None = None


def _columns(edition: Edition) -> list[Column]:
    choose = ("从列表中选择", "Choose from the list")
    day = ("格式 2019-03-18；仅主管部门可填，不填为今天", "As 2019-03-18; for bureaus only, empty means today")
    return [
        centre_no_column(),
        Column("kind", "资格种类", "text", True, title_kinds(edition), *choose),
        Column("level", "级别", "text", False, title_levels(edition), "不填为市级", "Empty means municipal"),
        Column("applied_on", "申报日期", "date", False, {}, *day, example="2019-03-18"),
    ]


def _request(values: Mapping[str, object]) -> TitleRow:
    return TitleRow.model_validate(values)


def _key(sent: BaseModel) -> object:
    assert isinstance(sent, TitleRow)
    return sent.centre_no, sent.kind, sent.level


async def _apply(session: AsyncSession, work: Work, rows: Sequence[Row], tally: Tally) -> None:
    async def apply_for(row: Row) -> Status:
        sent = row.sent
        assert isinstance(sent, TitleRow)
        centre_id = await centre_by_no(session, work.principal, sent.centre_no)
        query = select(Qualification).where(
            Qualification.centre_id == centre_id,
            Qualification.kind == sent.kind,
            Qualification.level == sent.level,
            Qualification.status.in_((*PENDING, *IN_FORCE)),
        )
        known = await session.scalar(query.limit(1))
        if known is not None:
            return require_same(row, known, _SAME)
        wanted = ApplyForTitle(centre_id=centre_id, kind=sent.kind, level=sent.level, applied_on=sent.applied_on)
        await apply_for_title(session, work.editions, work.principal, wanted)
        return "inserted"

    await one_by_one(session, TITLES, rows, tally, apply_for)


TITLES: Final = Kind(
    name="titles",
    title_zh="资格申报",
    roles=(CENTRE_OPERATOR, *OFFICERS),
    columns=_columns,
    request=_request,
    key=_key,
    apply=_apply,
)
