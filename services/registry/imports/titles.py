"""Applications for titles. Granting takes a notice and a second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.bans.queries import bans_against
from services.registry.bans.relations import concerned_by_bans, related_bans
from services.registry.bans.rules import RelatedBan
from services.registry.grades.queries import published_grades
from services.registry.grades.rules import Grade
from services.registry.imports.at_the_end import AtTheEnd, Numbers, breathing, put_down, sliced
from services.registry.imports.facts import Facts
from services.registry.imports.rows import MAX_ROWS_AT_THE_END, Kind, Overtaken, Row, Status, Work, require_same
from services.registry.imports.standing import Standings
from services.registry.imports.stays import CaseNo
from services.registry.imports.tenancies import centre_no_column
from services.registry.imports.words import title_kinds, title_levels
from services.registry.policy import edition_at, require_known
from services.registry.qualifications.cases import qualification_state
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.queries import status_on
from services.registry.qualifications.rules import IN_FORCE, MUNICIPAL, PENDING
from services.registry.qualifications.schemas import Word
from services.registry.qualifications.usecases import Grounds, new_application
from shared.auth.roles import CENTRE_OPERATOR
from shared.clock import effective_date
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.files.columns import Column
from shared.http.schemas import Request
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.policy.rules import BanPeriod

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


class Applications(AtTheEnd):
    """Applications, judged by the standing, bans and titles of all the file's centres."""

    def __init__(self, session: AsyncSession, work: Work) -> None:
        super().__init__(session, work, TITLES)
        self._standings = Standings(session, work.principal)
        self._bans: dict[UUID, tuple[list[BanPeriod], list[RelatedBan]]] = {}
        self._versions: set[tuple[UUID, int]] = set()
        self._open: dict[tuple[UUID, str, str], Qualification] = {}
        self._held: dict[tuple[UUID, str], set[str]] = {}
        self._grades: dict[UUID, list[Grade]] = {}
        self._new: list[tuple[Qualification, Decision]] = []

    async def prepare(self, rows: Sequence[Row]) -> None:
        await self._standings.read(_sent(row).centre_no for row in rows)
        centres = self._standings.known
        self._bans = await self._read_bans()
        today = self.work.principal.today
        for some in sliced([centre.id for centre in centres]):
            at = Qualification.centre_id.in_(some)
            pending = select(Qualification).where(at, status_on(today).in_((*PENDING, *IN_FORCE)))
            for title in await self.session.scalars(pending):
                self._open[title.centre_id, title.kind, title.level] = title
                if title.status not in PENDING:
                    self._held.setdefault((title.centre_id, title.level), set()).add(title.kind)
        self._versions = await self._read_versions()
        self._grades = await self._read_grades()

    async def hold(self) -> None:
        await self._standings.hold()
        read = await self._read_bans(), await self._read_versions(), await self._read_grades()
        if read != (self._bans, self._versions, self._grades):
            raise Overtaken

    async def _read_grades(self) -> dict[UUID, list[Grade]]:
        return await published_grades(self.session, [centre.id for centre in self._standings.known])

    async def _read_bans(self) -> dict[UUID, tuple[list[BanPeriod], list[RelatedBan]]]:
        """The bans against a centre or its operator, and those on others that they are related to."""
        centres, today = self._standings.known, self.work.principal.today
        named = [(centre.operator_code, centre.id) for centre in centres]
        concerned = await concerned_by_bans(self.session, named, today)
        return {
            centre.id: (
                await bans_against(self.session, centre.operator_code, centre.id),
                await related_bans(self.session, centre.operator_code, today, centre.id),
            )
            for centre in centres
            if centre.id in concerned
        }

    async def _read_versions(self) -> set[tuple[UUID, int]]:
        """Which titles the centres have, in which version."""
        ids = [centre.id for centre in self._standings.known]
        titles = select(Qualification.id, Qualification.version).where(Qualification.centre_id.in_(ids))
        return {(row.id, row.version) for row in await self.session.execute(titles)}

    def judge(self, row: Row) -> Status:
        sent, principal = _sent(row), self.work.principal
        centre = self._standings.of(sent.centre_no)
        known = self._open.get((centre.id, sent.kind, sent.level))
        if known is not None:
            return require_same(row, known, _SAME)
        day = effective_date(principal, sent.applied_on)
        edition = edition_at(self.work.editions, day)
        require_known("kind", [sent.kind], edition.titles.kinds)
        require_known("level", [sent.level], edition.titles.levels)
        barred = sent.level in edition.title_terms.barred_levels.value
        bans, related = self._bans.get(centre.id, ([], []))
        grounds = Grounds(
            centre_id=centre.id,
            operator_code=centre.operator_code,
            status=centre.status,
            listed_on=centre.listed_on,
            bans=bans if barred else (),
            related=related,
            held=frozenset(self._held.get((centre.id, sent.level), ())),
            grades=self._grades.get(centre.id, ()),
        )
        self._new.append(new_application(edition, principal, grounds, sent.kind, sent.level, day))
        return "inserted"

    async def write(self) -> None:
        numbers, facts = Numbers(), Facts()
        for title, _ in self._new:
            numbers.want("QA", title.applied_on.year)
        await numbers.take(self.session)
        async for title, decision in breathing(self._new):
            title.no = numbers.next("QA", title.applied_on.year)
            context = EventContext.of(self.work.principal, title.applied_on)
            state = qualification_state(title)
            facts.add(rc.QualificationApplied, title, state, context, decision.rules, title.edition)
        await facts.write(self.session)
        await self.hold()
        await put_down(self.session, [title for title, _ in self._new])


def _sent(row: Row) -> TitleRow:
    assert isinstance(row.sent, TitleRow)
    return row.sent


TITLES: Final = Kind(
    name="titles",
    title_zh="资格申报",
    roles=(CENTRE_OPERATOR, *OFFICERS),
    columns=_columns,
    request=_request,
    key=_key,
    begin=Applications,
    subject="centre_no",
    refused_at={
        "title-already-held": "kind",
        "policy-not-in-force": "applied_on",
        "effective-date-not-allowed": "applied_on",
        "effective-date-in-future": "applied_on",
    },
    max_rows=MAX_ROWS_AT_THE_END,
)
