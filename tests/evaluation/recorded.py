"""Mentors, trained staff and activities that the registry's events made known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from shared.clock import BUSINESS_ZONE
from shared.events.consumer import Received
from shared.events.contracts import registry as rc
from tests.evaluation.known import Centre, Json, RegistryEvents, received

_numbers = count(1)
VERIFIED = "verified"


def activity_state(held_on: date, **changes: Any) -> rc.ActivityState:
    """A verified event of a centre, of one day."""
    status = changes.pop("status", VERIFIED)
    ended_on: date = changes.pop("ended_on", held_on)
    return rc.ActivityState.model_validate(
        {
            "id": uuid4(),
            "no": f"AC-{held_on.year}-{next(_numbers):04d}",
            "title": "虚构沙龙",
            "series": None,
            "level": "centre",
            "organiser_kind": "centre",
            "organiser_role": "host",
            "centre_id": None,
            "division": None,
            "department": None,
            "alliance": None,
            "lead": None,
            "audiences": ("founders",),
            "place": "虚构路1号",
            "starts_at": datetime.combine(held_on, time(10), BUSINESS_ZONE),
            "ends_at": datetime.combine(ended_on, time(16), BUSINESS_ZONE),
            "held_on": held_on,
            "ended_on": ended_on,
            "on_calendar": True,
            "heads": 20,
            "spend": Decimal("1000.00"),
            "photo_ids": (uuid4(),),
            "paper_ids": (),
            "status": status,
            "late_reason": None,
            "submitted_on": held_on,
            "verified_on": held_on + timedelta(days=5) if status == VERIFIED else None,
            "cancelled_on": None,
            "reason_code": None,
            **changes,
        }
    )


def mentor_state(**changes: Any) -> rc.MentorState:
    """A mentor appointed for three years from the beginning of 2019."""
    return rc.MentorState.model_validate(
        {
            "id": uuid4(),
            "no": f"MT-2019-{next(_numbers):04d}",
            "person_ref": f"p-{uuid4().hex[:12]}",
            "status": "appointed",
            "fields": ("finance",),
            "graduate_team": True,
            "appointed_from": date(2019, 1, 2),
            "appointed_until": date(2022, 1, 1),
            "ended_on": None,
            **changes,
        }
    )


def link_state(mentor: rc.MentorState, centre: Centre, since: date = date(2019, 1, 2), **changes: Any) -> Any:
    """The mentor works with the centre."""
    told = {"id": uuid4(), "mentor_id": mentor.id, "centre_id": centre.id, "since": since, "until": None, **changes}
    return rc.MentorLinkState.model_validate(told)


def session_state(link: rc.MentorLinkState, held_on: date, **changes: Any) -> rc.MentorSessionState:
    """The mentor advised an enterprise of the centre, which confirmed it."""
    return rc.MentorSessionState.model_validate(
        {
            "id": uuid4(),
            "no": f"MS-{held_on.year}-{next(_numbers):04d}",
            "mentor_id": link.mentor_id,
            "centre_id": link.centre_id,
            "enterprise_id": uuid4(),
            "project_id": None,
            "held_on": held_on,
            "hours": Decimal(2),
            "status": "confirmed",
            "recorded_as": "mentor",
            "answered_on": held_on,
            "reason_code": None,
            **changes,
        }
    )


def staff_state(centre: Centre, **changes: Any) -> rc.StaffState:
    """Somebody works for the centre full-time since the beginning of 2019."""
    return rc.StaffState.model_validate(
        {
            "id": uuid4(),
            "centre_id": centre.id,
            "person_ref": f"p-{uuid4().hex[:12]}",
            "role": "manager",
            "full_time": True,
            "from_on": date(2019, 1, 2),
            "until_on": None,
            "certificates": 0,
            "valid_certificates": 0,
            **changes,
        }
    )


def member_state(alliance: str, kind: str, joined_on: date | None, left_on: date | None = None) -> Any:
    """A centre's membership, or with neither day an application for one."""
    asked_on = joined_on or date(2019, 1, 2)
    return rc.AllianceMemberState.model_validate(
        {
            "id": uuid4(),
            "no": f"AM-{asked_on.year}-{next(_numbers):04d}",
            "alliance": alliance,
            "kind": kind,
            "centre_id": uuid4(),
            "enterprise_id": None,
            "partner_id": None,
            "province": None,
            "status": "left" if left_on else "active" if joined_on else "applied",
            "initiative": "member",
            "consented_on": asked_on,
            "consent_document_no": None,
            "accepted_on": joined_on,
            "joined_on": joined_on,
            "left_on": left_on,
            "removal_proposed_on": None,
            "reason_code": None,
            "document_no": None,
        }
    )


def certificate_state(person_ref: str, issued_on: date = date(2019, 1, 2), **changes: Any) -> Any:
    """A certificate of the training register."""
    return rc.TrainingCertificateState.model_validate(
        {
            "id": uuid4(),
            "no": f"TC-{issued_on.year}-{next(_numbers):04d}",
            "session_id": uuid4(),
            "course_id": uuid4(),
            "enrolment_id": uuid4(),
            "person_ref": person_ref,
            "centre_id": None,
            "audience": "centre_staff",
            "hours": Decimal(16),
            "issued_on": issued_on,
            "revoked_on": None,
            "reason_code": None,
            **changes,
        }
    )


def training_state(ended_on: date, **changes: Any) -> rc.TrainingSessionState:
    """A completed session for founders, of one day."""
    held_on: date = changes.pop("held_on", ended_on)
    meeting = {"id": uuid4(), "number": 1, "held_on": held_on, "starts": time(9), "ends": time(12)}
    return rc.TrainingSessionState.model_validate(
        {
            "id": uuid4(),
            "no": f"TS-{held_on.year}-{next(_numbers):04d}",
            "course_id": uuid4(),
            "centre_id": None,
            "audience": "founders",
            "place": "虚构路1号",
            "held_on": held_on,
            "ended_on": ended_on,
            "hours": Decimal(3),
            "meetings": (meeting,),
            "capacity": 30,
            "enrol_from": held_on,
            "enrol_until": held_on,
            "status": "completed",
            "trainer_ref": None,
            "completed_on": ended_on,
            "cancelled_on": None,
            "reason_code": None,
            **changes,
        }
    )


def enrolment_state(session: rc.TrainingSessionState, **changes: Any) -> rc.EnrolmentState:
    """A place in the session."""
    return rc.EnrolmentState.model_validate(
        {
            "id": uuid4(),
            "no": f"EN-{session.held_on.year}-{next(_numbers):04d}",
            "session_id": session.id,
            "person_ref": f"p-{uuid4().hex[:12]}",
            "centre_id": None,
            "enterprise_id": None,
            "audience": session.audience,
            "via": "self",
            "status": "attended",
            "queue_no": 1,
            "enrolled_on": session.held_on,
            "promoted_on": None,
            "cancelled_on": None,
            "hours_attended": session.hours,
            "reason_code": None,
            **changes,
        }
    )


@dataclass
class Kept:
    """What a centre has on record so far."""

    links: list[rc.MentorLinkState] = field(default_factory=list)
    staff: list[rc.StaffState] = field(default_factory=list)
    certificates: list[rc.TrainingCertificateState] = field(default_factory=list)


class Records(RegistryEvents):
    """Feeds records, one by one or as many as a report claims."""

    kept: dict[UUID, Kept]

    async def activity(self, centre: Centre | None, held_on: date, **changes: Any) -> rc.ActivityState:
        """A verified event of the centre, unless the status says otherwise."""
        owner = {} if centre is None else {"centre_id": centre.id}
        state = activity_state(held_on, **owner, **changes)
        await self.tell_activity(state, 1)
        return state

    async def tell_activity(self, state: rc.ActivityState, version: int) -> Received[rc.ActivityState]:
        """The activity as it now is."""
        kinds = {"verified": rc.ActivityVerified, "submitted": rc.ActivitySubmitted, "rejected": rc.ActivityRejected}
        kind = kinds.get(state.status, rc.ActivityHeld)
        return await self.feed(kind, state.id, version, state, state.verified_on or state.held_on)

    async def mentor(self, *centres: Centre, since: date = date(2019, 1, 2), **changes: Any) -> rc.MentorState:
        """An appointed mentor, linked to the centres, at each of which an enterprise has been advised."""
        state = mentor_state(**changes)
        await self.feed(rc.MentorAppointed, state.id, 1, state)
        links = [link_state(state, centre, since) for centre in centres]
        await self._link(links)
        await self.advised(links, since)
        return state

    async def advised(self, links: Sequence[rc.MentorLinkState], held_on: date, **changes: Any) -> None:
        """A confirmed session under each link, unless the changes say otherwise."""
        told = [session_state(link, held_on, **changes) for link in links]
        if told:
            await self.apply([received(rc.MentorSessionConfirmed, one.id, 1, one) for one in told])

    async def _link(self, links: Sequence[rc.MentorLinkState]) -> None:
        if links:
            await self.apply([received(rc.MentorLinked, link.id, 1, link) for link in links])

    async def employ(self, centre: Centre, **changes: Any) -> rc.StaffState:
        """Somebody works for the centre, without a certificate."""
        state = staff_state(centre, **changes)
        await self.feed(rc.StaffJoined, state.id, 1, state)
        return state

    async def certify(self, person_ref: str, issued_on: date = date(2019, 1, 2), **changes: Any) -> Any:
        """A certificate, told as revoked where it says so."""
        state = certificate_state(person_ref, issued_on, **changes)
        kind = rc.TrainingCertificateRevoked if state.revoked_on else rc.TrainingCertificateIssued
        await self.feed(kind, state.id, 1, state)
        return state

    async def as_reported(self, centre: Centre, first: date, form: Json) -> None:
        """Records that say what a report of the quarter beginning on `first` says."""
        kept = self.kept.setdefault(centre.id, Kept())
        await self._events(centre, first, form.get("events_by_level") or {}, form.get("attendance") or 0)
        await self._mentors(centre, kept, first, form.get("mentors") or 0)
        await self._staff(centre, kept, first, form.get("specialist_staff") or 0)
        wanted = (form.get("trained_staff") or 0) - len(kept.certificates)
        new = [certificate_state(one.person_ref) for one in kept.staff[len(kept.certificates) :][: max(0, wanted)]]
        if new:
            await self.apply([received(rc.TrainingCertificateIssued, one.id, 1, one) for one in new])
        kept.certificates += new

    async def _events(self, centre: Centre, first: date, levels: Json, heads: int) -> None:
        told = [
            activity_state(first, centre_id=centre.id, level=level, heads=0)
            for level, number in levels.items()
            for _ in range(number)
        ]
        if not told:
            return
        told[0] = told[0].model_copy(update={"heads": heads})
        await self.apply([received(rc.ActivityVerified, one.id, 1, one) for one in told])

    async def _mentors(self, centre: Centre, kept: Kept, first: date, number: int) -> None:
        mentors = [mentor_state() for _ in range(number - len(kept.links))]
        if mentors:
            await self.apply([received(rc.MentorAppointed, one.id, 1, one) for one in mentors])
            new = [link_state(one, centre) for one in mentors]
            await self._link(new)
            kept.links += new
        while len(kept.links) > number:
            over = kept.links.pop().model_copy(update={"until": first})
            await self.feed(rc.MentorUnlinked, over.id, 2, over)
        await self.advised(kept.links, first)

    async def _staff(self, centre: Centre, kept: Kept, first: date, number: int) -> None:
        new = [staff_state(centre) for _ in range(number - len(kept.staff))]
        if new:
            await self.apply([received(rc.StaffJoined, one.id, 1, one) for one in new])
            kept.staff += new
        while len(kept.staff) > number:
            left = kept.staff.pop().model_copy(update={"until_on": first})
            kept.certificates = kept.certificates[: len(kept.staff)]
            await self.feed(rc.StaffLeft, left.id, 2, left)
