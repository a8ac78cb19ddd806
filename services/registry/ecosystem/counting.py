"""Counting straight from the rooms' tables: nothing is kept, so nothing can differ from the lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Select, and_, distinct, func, not_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities import rules as activities
from services.registry.activities.models import Activity
from services.registry.alliances.models import AllianceMember
from services.registry.alliances.queries import member_on
from services.registry.centres.models import Centre
from services.registry.communities import rules as communities
from services.registry.communities.models import Community, CommunityReport
from services.registry.ecosystem.schemas import CounterOut
from services.registry.graduate_platform import rules as platform
from services.registry.graduate_platform.models import PlatformService
from services.registry.mentors.coverage import covered_on, on_the_list
from services.registry.mentors.models import Mentor, MentorSession
from services.registry.mentors.queries import appointed_on
from services.registry.pairings.queries import counters as pair_counters
from services.registry.pairings.schemas import PairCountFilter
from services.registry.project_library.counts import library_year
from services.registry.trainings import rules as trainings
from services.registry.trainings.models import Enrolment, TrainingCertificate, TrainingCourse, TrainingSession
from shared.policy.edition import Edition

Grouped = Select[*tuple[Any, ...]]
"""A word and how many; the columns differ, hence Any."""

_WAITING: Final = (activities.HELD, activities.SUBMITTED, activities.RETURNED)


@dataclass
class Counting:
    """The counters of a day, one room after the other."""

    session: AsyncSession
    edition: Edition
    day: date
    found: list[CounterOut] = field(default_factory=list)

    @property
    def first(self) -> date:
        """The year's first day."""
        return date(self.day.year, 1, 1)

    def add(self, place: tuple[str, str, str], count: int, link: str, word: str | None = None, **more: Any) -> None:
        """A number under area, item and clause; `target` where there is one."""
        area, item, clause = place
        target = more.get("target")
        self.found.append(
            CounterOut(
                area=area,
                item=item,
                word=word,
                count=count,
                target=target,
                missing=None if target is None else max(0, int(target) - count),
                clause=clause,
                list=link,
            )
        )

    async def number(self, query: Select[Any]) -> int:
        """The one number of a statement."""
        return int(await self.session.scalar(query) or 0)

    async def by_word(self, query: Grouped) -> Mapping[str, int]:
        """Numbers by the first column."""
        return {row[0]: row[1] for row in await self.session.execute(query)}


def listed(path: str, **filters: object) -> str:
    """The list behind a number, with its filters."""
    return f"{path}?{urlencode({name: str(value) for name, value in filters.items()})}" if filters else path


async def count_mentors(counting: Counting) -> None:
    """4.8-1: who is appointed, the team for graduates, and listed centres with nobody."""
    day, team = counting.day, counting.edition.mentors.team_size.value
    appointed = select(func.count()).select_from(Mentor).where(appointed_on(Mentor.id, day))
    path = "/v1/mentors"
    counting.add(("mentors", "appointed", "4.8-1"), await counting.number(appointed), listed(path, on=day))
    of_team = await counting.number(appointed.where(Mentor.graduate_team))
    link = listed(path, on=day, graduate_team="true")
    counting.add(("mentors", "graduate_team", "4.8-1"), of_team, link, target=team)
    centres = select(func.count()).select_from(Centre).where(on_the_list(day))
    without = await counting.number(centres.where(not_(covered_on(day))))
    link = listed(f"{path}/uncovered-centres", as_of=day)
    counting.add(("mentors", "centres_without", "4.8-1"), without, link)
    held = select(func.count()).where(MentorSession.held_on.between(counting.first, day))
    link = listed(f"{path}/sessions", status="confirmed", since=counting.first, until=day)
    confirmed = await counting.number(held.where(MentorSession.status == "confirmed"))
    counting.add(("mentors", "sessions_confirmed", "4.8-1"), confirmed, link)


async def count_training(counting: Counting) -> None:
    """4.8-2: by audience, what was held in the year, who attended, and certificates in force."""
    day, first = counting.day, counting.first
    audience = TrainingCourse.audience
    held = (
        select(audience, func.count())
        .join(TrainingSession, TrainingSession.course_id == TrainingCourse.id)
        .where(TrainingSession.status == trainings.COMPLETED, TrainingSession.ended_on.between(first, day))
        .group_by(audience)
    )
    attended = (
        select(audience, func.count(Enrolment.id))
        .join(TrainingSession, TrainingSession.course_id == TrainingCourse.id)
        .join(Enrolment, Enrolment.session_id == TrainingSession.id)
        .where(Enrolment.status == trainings.ATTENDED, TrainingSession.ended_on.between(first, day))
        .group_by(audience)
    )
    certified = (
        select(audience, func.count(TrainingCertificate.id))
        .join(TrainingSession, TrainingSession.course_id == TrainingCourse.id)
        .join(TrainingCertificate, TrainingCertificate.session_id == TrainingSession.id)
        .where(
            TrainingCertificate.issued_on <= day,
            or_(TrainingCertificate.revoked_on.is_(None), TrainingCertificate.revoked_on > day),
        )
        .group_by(audience)
    )
    for item, query, path in (
        ("sessions_held", held, "/v1/training-sessions"),
        ("people_trained", attended, "/v1/training-enrolments"),
        ("certificates", certified, "/v1/training-certificates"),
    ):
        numbers = await counting.by_word(query)
        for word in (trainings.FOUNDERS, trainings.CENTRE_STAFF):
            counting.add(("training", item, "4.8-2"), numbers.get(word, 0), path, word)


_PLACE: Final = func.lower(func.regexp_replace(Activity.place, r"\s", "", "g"))
"""As `rules.plain_place` reads it."""


async def count_activities(counting: Counting) -> None:
    """4.5: verified ones of the year by level and series, and those that wait for a bureau. What several hold together
    is one activity, however many of them report their part: the same hours in the same place, attended by as many as
    the one who counted most says."""
    once = func.count(distinct(tuple_(_PLACE, Activity.starts_at)))
    day, path = counting.day, "/v1/activities"
    period = {"since": counting.first, "until": day}
    of_year = Activity.held_on.between(counting.first, day)
    verified = and_(of_year, Activity.status == activities.VERIFIED)
    for item, column, words in (
        ("by_level", Activity.level, counting.edition.activities.levels),
        ("by_series", Activity.series, counting.edition.activities.series),
    ):
        numbers = await counting.by_word(select(column, once).where(verified).group_by(column))
        for word in words:
            filters = {item.removeprefix("by_"): word, "status": activities.VERIFIED, **period}
            counting.add(("activities", item, "4.5-1"), numbers.get(word, 0), listed(path, **filters), word)
    each = select(func.max(Activity.heads).label("heads")).where(verified).group_by(_PLACE, Activity.starts_at)
    heads = await counting.number(select(func.coalesce(func.sum(each.subquery().c.heads), 0)))
    link = listed(path, status=activities.VERIFIED, **period)
    counting.add(("activities", "attendance", "4.5-1"), heads, link)
    waiting = await counting.by_word(
        select(Activity.status, once).where(of_year, Activity.status.in_(_WAITING)).group_by(Activity.status)
    )
    for word in _WAITING:
        link = listed(path, status=word, **period)
        counting.add(("activities", "unverified", "4.5-1"), waiting.get(word, 0), link, word)


async def count_alliances(counting: Counting) -> None:
    """4.6-1, 4.7-2: members of each alliance, and firms paired against 50 + 50 and 100."""
    day, member = counting.day, AllianceMember
    numbers = await counting.by_word(
        select(member.alliance, func.count()).where(member_on(day)).group_by(member.alliance)
    )
    for word in counting.edition.alliances.kinds:
        link = listed("/v1/alliance-members", alliance=word, on=day)
        counting.add(("alliances", "members", "4.6-1"), numbers.get(word, 0), link, word)
    for pairs in await pair_counters(counting.session, counting.edition, PairCountFilter(), day):
        side = pairs.province_side
        known = side in counting.edition.alliances.sides
        link = listed("/v1/pairings", province_side=side) if known else "/v1/pairings"
        counting.add(("pairings", "firms_paired", "4.7-2"), pairs.paired, link, side, target=pairs.target)


async def count_communities(counting: Counting) -> None:
    """4.4-1: open ones by sector, and the jobs of residents that last year's accepted reports tell of."""
    community, report = Community, CommunityReport
    numbers = await counting.by_word(
        select(community.sector, func.count())
        .where(community.status.in_((communities.OPEN, communities.SUSPENDED)))
        .group_by(community.sector)
    )
    for word in counting.edition.communities.sectors.value:
        link = listed("/v1/communities", sector=word)
        counting.add(("communities", "open", "4.4-1"), numbers.get(word, 0), link, word)
    year = counting.day.year - 1
    accepted = and_(report.year == year, report.status.in_((communities.ACCEPTED, communities.SEEN)))
    jobs = await counting.number(select(func.coalesce(func.sum(report.resident_jobs), 0)).where(accepted))
    link = listed("/v1/community-reports", year=year)
    counting.add(("communities", "resident_jobs_last_year", "4.4-1"), jobs, link)


async def count_library(counting: Counting) -> None:
    """4.8-3, 4.8-4: the library's year, and platform services by stage."""
    year = await library_year(counting.session, counting.day.year)
    for item, count in (
        ("published", year.published),
        ("claimed", year.claimed),
        ("succeeded", year.succeeded),
        ("abandoned", year.abandoned),
    ):
        counting.add(("library", item, "4.8-4"), count, listed("/v1/project-library/counts", year=counting.day.year))
    service = PlatformService
    numbers = await counting.by_word(
        select(service.stage, func.count())
        .where(service.status == platform.CONFIRMED, service.started_on.between(counting.first, counting.day))
        .group_by(service.stage)
    )
    for word in platform.STAGES:
        link = listed("/v1/graduate-platform", stage=word, status=platform.CONFIRMED)
        counting.add(("platform", "confirmed", "4.8-3"), numbers.get(word, 0), link, word)
