"""Copying the registry's mentors, training, activities, alliances' members, pairs and communities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.ecosystem.projections import (
    known_activity,
    known_alliance_member,
    known_community_report,
    known_community_state,
    known_enrolment,
    known_mentor,
    known_mentor_link,
    known_mentor_session,
    known_mentor_term,
    known_pairing,
    known_training_certificate,
    known_training_session,
)
from shared.events.consumer import Received
from shared.events.contracts import registry as rc
from shared.events.projection import upsert_projection
from shared.events.types import EventData

D = TypeVar("D", bound=EventData)
E = TypeVar("E", bound=rc.EnrolmentState)


def _row(event: Received[D], *fields: str) -> dict[str, object]:
    """The fields of the state, with the event that told them."""
    told = {name: getattr(event.data, name) for name in fields}
    return {"id": event.subject, "version": event.aggregate_version, "event_id": event.id, **told}


async def copy_mentors(session: AsyncSession, events: Sequence[Received[rc.MentorState]]) -> None:
    """Mentors, and each term of their appointments (4.8-1)."""
    await upsert_projection(session, known_mentor, [_row(event, "no", "person_ref", "status") for event in events])
    terms = [event for event in events if event.data.appointed_from is not None]
    fields = {"appointed_from", "appointed_until", "ended_on", "graduate_team"}
    for event in sorted(terms, key=lambda event: (event.subject, event.aggregate_version)):
        told = event.data.model_dump(include=fields)
        term = insert(known_mentor_term).values(mentor_id=event.subject, version=event.aggregate_version, **told)
        changed = {name: term.excluded[name] for name in ("version", *sorted(fields - {"appointed_from"}))}
        newer = known_mentor_term.c.version < term.excluded.version
        await session.execute(
            term.on_conflict_do_update(constraint=known_mentor_term.primary_key, set_=changed, where=newer)
        )


async def copy_mentor_links(session: AsyncSession, events: Sequence[Received[rc.MentorLinkState]]) -> None:
    """Which centres a mentor is there for (4.8-1)."""
    fields = ("mentor_id", "centre_id", "since", "until")
    await upsert_projection(session, known_mentor_link, [_row(event, *fields) for event in events])


async def copy_mentor_sessions(session: AsyncSession, events: Sequence[Received[rc.MentorSessionState]]) -> None:
    """Sessions, and whether who was advised confirmed them (4.8-1)."""
    fields = ("no", "mentor_id", "centre_id", "enterprise_id", "held_on", "status")
    await upsert_projection(session, known_mentor_session, [_row(event, *fields) for event in events])


async def copy_certificates(session: AsyncSession, events: Sequence[Received[rc.TrainingCertificateState]]) -> None:
    """Who was trained, without who it is (4.8-2)."""
    fields = ("no", "person_ref", "audience", "centre_id", "issued_on", "revoked_on")
    await upsert_projection(session, known_training_certificate, [_row(event, *fields) for event in events])


async def copy_training_sessions(session: AsyncSession, events: Sequence[Received[rc.TrainingSessionState]]) -> None:
    """Sessions of training, at the centre that holds them (4.8-2)."""
    fields = ("no", "centre_id", "audience", "held_on", "ended_on", "status")
    await upsert_projection(session, known_training_session, [_row(event, *fields) for event in events])


async def copy_enrolments(session: AsyncSession, events: Sequence[Received[E]]) -> None:
    """Who has a place or attended, without who it is (4.8-2)."""
    rows = [_row(event, "no", "session_id", "status") for event in events]
    await upsert_projection(session, known_enrolment, rows)


async def copy_activities(session: AsyncSession, events: Sequence[Received[rc.ActivityState]]) -> None:
    """Activities, and whether a bureau verified them (4.5-1)."""
    fields = ("no", "title", "level", "organiser_role", "centre_id", "alliance")
    dated = ("held_on", "heads", "status", "verified_on")
    await upsert_projection(session, known_activity, [_row(event, *fields, *dated) for event in events])


async def copy_members(session: AsyncSession, events: Sequence[Received[rc.AllianceMemberState]]) -> None:
    """Who belongs to an alliance, by type (4.6-1)."""
    fields = ("alliance", "kind", "status", "joined_on", "left_on")
    await upsert_projection(session, known_alliance_member, [_row(event, *fields) for event in events])


async def copy_pairings(session: AsyncSession, events: Sequence[Received[rc.PairingState]]) -> None:
    """Pairs of firms (4.7-2)."""
    fields = ("no", "province_side", "partner_id", "enterprise_id", "status", "since", "ended_on")
    await upsert_projection(session, known_pairing, [_row(event, *fields) for event in events])


async def copy_communities(session: AsyncSession, events: Sequence[Received[rc.CommunityState]]) -> None:
    """Communities, each state with its day (4.4-1)."""
    fields = {"no", "base_centre_id", "sector", "division", "status"}
    states = [
        {
            "community_id": event.subject,
            "version": event.aggregate_version,
            "event_id": event.id,
            "effective_on": event.effective_on,
            **event.data.model_dump(include=fields),
        }
        for event in events
    ]
    await session.execute(insert(known_community_state).values(states).on_conflict_do_nothing())


async def copy_community_reports(session: AsyncSession, events: Sequence[Received[rc.CommunityReportState]]) -> None:
    """Their yearly reports (4.4-1)."""
    fields = ("no", "community_id", "division", "year", "status", "resident_jobs", "late", "accepted_on")
    await upsert_projection(session, known_community_report, [_row(event, *fields) for event in events])
