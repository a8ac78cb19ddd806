"""The people who serve a centre, by opaque reference, and its yearly self-check."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

STAFF = Topic("registry.staff", "Centre staff (服务人员)")
SELF_CHECK = Topic("registry.self_check", "Self-checks of the standard kit (标准配置自查)")


class StaffState(EventData):
    """Somebody's work at a centre; who it is and the certificates' numbers stay in the registry."""

    id: UUID
    centre_id: UUID
    person_ref: str
    role: str
    full_time: bool
    from_on: date
    until_on: date | None
    certificates: int
    valid_certificates: int
    """Of those, the ones valid on the event's day."""


class SelfCheckState(EventData):
    """A year's self-check: which items of the standard kit are in place."""

    id: UUID
    centre_id: UUID
    year: int
    checked_on: date
    passed: bool
    met: tuple[str, ...]
    missing: tuple[str, ...]


StaffJoined = EventType(STAFF, "registry.staff.joined.v1", StaffState, summary="Somebody works for a centre.")
StaffCertified = EventType(STAFF, "registry.staff.certified.v1", StaffState, summary="A certificate was recorded.")
StaffLeft = EventType(STAFF, "registry.staff.left.v1", StaffState, summary="Somebody's work for a centre has ended.")
SelfCheckRecorded = EventType(
    SELF_CHECK, "registry.self_check.recorded.v1", SelfCheckState, Audience.BUREAU, "A centre checked itself."
)
SelfCheckAmended = EventType(
    SELF_CHECK, "registry.self_check.amended.v1", SelfCheckState, Audience.BUREAU, "A self-check was corrected."
)
