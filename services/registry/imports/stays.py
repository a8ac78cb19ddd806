"""Stays of a file, by sets: read with a few statements a chunk, judged row by row, written with two."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.codes import DocumentNo
from services.registry.enterprises.models import Enterprise
from services.registry.imports.facts import Facts
from services.registry.imports.rows import Kind, Row, Status, Tally, Work, refusals, require_same
from services.registry.imports.standing import Standing, Standings
from services.registry.tenancies.incubatees import Incubatee
from services.registry.tenancies.models import NO_OVERLAP, Tenancy
from services.registry.tenancies.rules import Relocation
from shared.db import constraint_of
from shared.errors import DomainError, not_found
from shared.http.schemas import Request
from shared.http.validation import PayloadInvalid
from shared.identifiers import UnifiedSocialCreditCode
from shared.policy.edition import PolicyNotInForce

TRIES: Final = 3
_LATER = text("SET CONSTRAINTS fk_tenancy_centre_id DEFERRED")
_COLUMNS: Final = tuple(set(Tenancy.__mapper__.columns.keys()) - {"created_at", "updated_at"})


CaseNo = Annotated[str, Field(pattern=r"^[A-Z]{2,6}-[0-9]{4}-[0-9]{4,}$")]


class StayRow(Request):
    """What every row of a stay names: the centre by its number, the enterprise by its code, and their agreement."""

    centre_no: CaseNo
    enterprise_code: UnifiedSocialCreditCode
    agreement_no: DocumentNo


@dataclass(frozen=True, slots=True)
class Past:
    """An enterprise's earlier stays, those of this file included."""

    stays: Sequence[Tenancy]

    def at(self, centre_id: UUID, admitted_on: date) -> Tenancy | None:
        """The stay at the centre from the day on, if it is on record."""
        same = (stay for stay in self.stays if stay.centre_id == centre_id and stay.admitted_on == admitted_on)
        return next(same, None)

    def overlapped(self, first: date, last: date | None) -> date | None:
        """The first day of the earliest stay that one of these days would overlap."""
        days = [
            stay.admitted_on
            for stay in self.stays
            if (stay.ended_on is None or stay.ended_on >= first) and (last is None or stay.admitted_on <= last)
        ]
        return min(days, default=None)

    def relocation(self) -> Relocation | None:
        """The last stay that ended because its centre was delisted under it."""
        left = [
            Relocation(stay_since=stay.stay_since, left_on=stay.ended_on)
            for stay in self.stays
            if stay.relocation_case_id is not None and stay.status == "exited" and stay.ended_on is not None
        ]
        return max(left, key=lambda found: found.left_on, default=None)


class Stays(ABC):
    """A file of stays. Rows are written as they come; that their centres exist is checked, and that they stand as they
    did is made sure, at the end."""

    def __init__(self, session: AsyncSession, work: Work, kind: Kind, same: Mapping[str, str]) -> None:
        self.work = work
        self._session = session
        self._kind = kind
        self._same = same
        self._standings = Standings(session, work.principal)
        self._began = False

    @abstractmethod
    def day_of(self, sent: BaseModel) -> date:
        """The first day that the row is about. Raises 422 for one the caller may not send."""

    @abstractmethod
    def judge(self, sent: BaseModel, standing: Standing, who: Incubatee, past: Past, facts: Facts) -> Tenancy:
        """The stay that the row asks for, with its events. Raises the refusals of the single requests."""

    async def take(self, rows: Sequence[Row], tally: Tally) -> None:
        """Of two admissions at the same moment the constraint lets one through: then the chunk is judged again, by what
        is on record now."""
        if not self._began:
            await self._session.execute(_LATER)
            self._began = True
        await self._standings.read(_named(row).centre_no for row in rows)
        for attempt in range(1, TRIES + 1):
            tried = Tally()
            try:
                async with self._session.begin_nested():
                    await self._chunk(rows, tried)
            except IntegrityError as error:
                if constraint_of(error) != NO_OVERLAP or attempt == TRIES:
                    raise
            else:
                tally.add(tried)
                return

    async def settle(self, _: Tally) -> None:
        await self._standings.hold()

    async def _chunk(self, rows: Sequence[Row], tally: Tally) -> None:
        enterprises = await self._enterprises([_named(row).enterprise_code for row in rows])
        known = await self._stays({who.enterprise_id for who in enterprises.values() if who.enterprise_id})
        facts, new = Facts(), list[Tenancy]()
        for row in rows:
            try:
                tally.count(self._row(row, enterprises, known, facts, new))
            except (DomainError, PayloadInvalid, PolicyNotInForce) as error:
                tally.count("refused", refusals(self._kind, row, error))
        if new:
            values = [{name: getattr(stay, name) for name in _COLUMNS} for stay in new]
            await self._session.execute(insert(Tenancy), values)
            await facts.write(self._session)

    def _row(
        self,
        row: Row,
        enterprises: Mapping[str, Incubatee],
        known: Mapping[UUID, list[Tenancy]],
        facts: Facts,
        new: list[Tenancy],
    ) -> Status:
        named = _named(row)
        standing = self._standings.of(named.centre_no)
        day = self.day_of(row.sent)
        who = enterprises.get(named.enterprise_code)
        if who is None or who.enterprise_id is None:
            raise not_found("enterprise")
        stays = known[who.enterprise_id]
        past = Past(stays)
        if (same := past.at(standing.id, day)) is not None:
            return require_same(row, same, self._same)
        stay = self.judge(row.sent, standing, who, past, facts)
        stays.append(stay)
        new.append(stay)
        return "inserted"

    async def _enterprises(self, codes: Sequence[str]) -> dict[str, Incubatee]:
        """By code, locked so that they last, those that were merged by what goes on in their place."""
        found = await self._locked(Enterprise.code.in_(codes))
        merged = {one.merged_into_id for one in found if one.merged_into_id is not None}
        survivors = {one.id: one for one in (await self._locked(Enterprise.id.in_(merged)) if merged else ())}
        going_on = {one.code: survivors.get(one.merged_into_id) if one.merged_into_id else one for one in found}
        return {code: _incubatee(one) for code, one in going_on.items() if one is not None}

    async def _locked(self, wanted: ColumnElement[bool]) -> Sequence[Enterprise]:
        query = select(Enterprise).where(wanted).order_by(Enterprise.id).with_for_update(read=True)
        return (await self._session.scalars(query, execution_options={"populate_existing": True})).all()

    async def _stays(self, enterprise_ids: set[UUID]) -> dict[UUID, list[Tenancy]]:
        known: defaultdict[UUID, list[Tenancy]] = defaultdict(list)
        query = select(Tenancy).where(Tenancy.enterprise_id.in_(enterprise_ids))
        for stay in await self._session.scalars(query, execution_options={"populate_existing": True}):
            if stay.enterprise_id is not None:
                known[stay.enterprise_id].append(stay)
        return known


def _named(row: Row) -> StayRow:
    assert isinstance(row.sent, StayRow)
    return row.sent


def _incubatee(enterprise: Enterprise) -> Incubatee:
    return Incubatee(
        enterprise_id=enterprise.id,
        project_id=None,
        registered_on=enterprise.registered_on,
        industry_code=enterprise.industry_code,
        stays=Tenancy.enterprise_id == enterprise.id,
    )
