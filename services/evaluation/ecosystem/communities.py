"""Communities as of any day, and what their divisions answer for (4.4-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import Subquery, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.ecosystem.projections import (
    ACCEPTED_REPORTS,
    OPEN,
    SUSPENDED,
    known_community_report,
    known_community_state,
)

_report = known_community_report.c


@dataclass(frozen=True, slots=True)
class CommunityOn:
    """A community on a day, with its report of the year once its division accepted it."""

    id: UUID
    no: str
    event_id: UUID
    division: str
    sector: str
    base_centre_id: UUID
    status: str
    report_no: str | None = None
    report_event_id: UUID | None = None
    resident_jobs: int | None = None


@dataclass(frozen=True, slots=True)
class DivisionsCommunities:
    """What a division has: those that are open, and those that have lost their base."""

    communities: Sequence[CommunityOn] = field(default_factory=tuple)

    @property
    def opened(self) -> int:
        return sum(one.status == OPEN for one in self.communities)

    @property
    def suspended(self) -> int:
        return sum(one.status == SUSPENDED for one in self.communities)

    @property
    def reports(self) -> int:
        return sum(one.report_no is not None for one in self.communities)

    @property
    def resident_jobs(self) -> int:
        return sum(one.resident_jobs or 0 for one in self.communities)


def communities_on(day: date) -> Subquery:
    """Each community's last state with an effect by the day; proposals and closed ones too."""
    state = known_community_state.c
    query = (
        select(known_community_state)
        .ext(distinct_on(state.community_id))
        .where(state.effective_on <= day)
        .order_by(state.community_id, state.version.desc())
    )
    return query.subquery("community_on")


async def communities_by_division(
    session: AsyncSession, year: int, day: date, as_of: date
) -> Mapping[str, DivisionsCommunities]:
    """4.4-1: open and suspended ones by the division that opened them, on the day, with their reports of the year
    accepted by `as_of`: a report is due after its year."""
    communities = communities_on(day)
    state = communities.c
    told = (_report.community_id == state.community_id, _report.year == year)
    accepted = (_report.status.in_(ACCEPTED_REPORTS), _report.accepted_on <= as_of)
    report = select(_report.no, _report.event_id, _report.resident_jobs).where(*told, *accepted)
    newest = report.order_by(_report.accepted_on.desc(), _report.id.desc()).limit(1).lateral("report")
    query = (
        select(
            communities, newest.c.no.label("report_no"), newest.c.event_id.label("report_event"), newest.c.resident_jobs
        )
        .select_from(communities.outerjoin(newest, onclause=true()))
        .where(state.status.in_((OPEN, SUSPENDED)))
        .order_by(state.division, state.no)
    )
    found: dict[str, list[CommunityOn]] = {}
    for row in await session.execute(query):
        shown = CommunityOn(
            row.community_id,
            row.no,
            row.event_id,
            row.division,
            row.sector,
            row.base_centre_id,
            row.status,
            row.report_no,
            row.report_event,
            row.resident_jobs,
        )
        found.setdefault(row.division, []).append(shown)
    return {division: DivisionsCommunities(tuple(rows)) for division, rows in found.items()}
