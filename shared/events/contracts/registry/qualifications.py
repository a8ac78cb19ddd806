"""Qualifications (municipal titles) and their applications."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

QUALIFICATION = Topic("registry.qualification", "Qualifications (载体资格)")


class QualificationState(EventData):
    """A qualification (municipal title) and its application, after the event."""

    id: UUID
    no: str
    application_id: UUID
    centre_id: UUID
    operator_code: str
    kind: str
    level: str
    status: str
    applied_on: date
    granted_on: date | None
    revoked_on: date | None
    reason_code: str | None
    case_id: UUID | None
    document_no: str | None = None
    remark_hash: str | None = None
    issuer: str | None = None
    """Who granted a title above the municipal level."""
    expires_on: date | None = None
    """Its last day; None where it runs without end."""
    plaque_no: str | None = None
    plaque_due_on: date | None = None
    """The day by which the plaque of an ended title goes back."""
    plaque_returned_on: date | None = None
    measure: str | None = None
    """`suspension`, `resumption` or `renewal`, where the event is about one."""
    applicant_code: str | None = None
    """The centre's operator on the day of application; `operator_code` is the one that holds the title now."""


QualificationApplied = EventType(
    QUALIFICATION, "registry.qualification.applied.v1", QualificationState, summary="A title was applied for."
)
QualificationReviewed = EventType(
    QUALIFICATION, "registry.qualification.reviewed.v1", QualificationState, summary="An officer proposes the grant."
)
QualificationGranted = EventType(
    QUALIFICATION, "registry.qualification.granted.v1", QualificationState, Audience.PUBLIC, "A title is granted."
)
QualificationRefused = EventType(
    QUALIFICATION, "registry.qualification.refused.v1", QualificationState, summary="A title was refused."
)
QualificationRevocationProposed = EventType(
    QUALIFICATION,
    "registry.qualification.revocation_proposed.v1",
    QualificationState,
    summary="An officer proposes to revoke a title.",
)
QualificationRevoked = EventType(
    QUALIFICATION, "registry.qualification.revoked.v1", QualificationState, Audience.PUBLIC, "A title is revoked."
)
QualificationAnnounced = EventType(
    QUALIFICATION,
    "registry.qualification.announced.v1",
    QualificationState,
    Audience.PUBLIC,
    "The grant is on public notice.",
)
QualificationWithdrawn = EventType(
    QUALIFICATION, "registry.qualification.withdrawn.v1", QualificationState, summary="The applicant withdrew."
)
QualificationMeasureProposed = EventType(
    QUALIFICATION,
    "registry.qualification.measure_proposed.v1",
    QualificationState,
    summary="A suspension, resumption or renewal is proposed.",
)
QualificationMeasureDeclined = EventType(
    QUALIFICATION,
    "registry.qualification.measure_declined.v1",
    QualificationState,
    summary="A proposed suspension, resumption or renewal is not followed.",
)
QualificationSuspended = EventType(
    QUALIFICATION, "registry.qualification.suspended.v1", QualificationState, Audience.PUBLIC, "A title is suspended."
)
QualificationResumed = EventType(
    QUALIFICATION, "registry.qualification.resumed.v1", QualificationState, Audience.PUBLIC, "It is active again."
)
QualificationRenewed = EventType(
    QUALIFICATION, "registry.qualification.renewed.v1", QualificationState, Audience.PUBLIC, "It runs on."
)
QualificationExpired = EventType(
    QUALIFICATION, "registry.qualification.expired.v1", QualificationState, Audience.PUBLIC, "Its last day is over."
)
QualificationPlaqueRecorded = EventType(
    QUALIFICATION,
    "registry.qualification.plaque_recorded.v1",
    QualificationState,
    summary="The number of a plaque that was issued before the registry kept them was recorded.",
)
QualificationPlaqueReturned = EventType(
    QUALIFICATION,
    "registry.qualification.plaque_returned.v1",
    QualificationState,
    Audience.BUREAU,
    "The plaque of an ended title came back.",
)
QualificationPlaqueTermChanged = EventType(
    QUALIFICATION,
    "registry.qualification.plaque_term_changed.v1",
    QualificationState,
    summary="The plaque of a revoked title stays, or is due back again.",
)
QualificationRestored = EventType(
    QUALIFICATION,
    "registry.qualification.restored.v1",
    QualificationState,
    Audience.PUBLIC,
    "It stands in for a title that a delisting had revoked.",
)
QualificationTransferred = EventType(
    QUALIFICATION,
    "registry.qualification.transferred.v1",
    QualificationState,
    Audience.PUBLIC,
    "It followed its centre to another operator.",
)

QUALIFICATION_STATES: Final[tuple[EventType[QualificationState], ...]] = (
    QualificationApplied,
    QualificationReviewed,
    QualificationGranted,
    QualificationRefused,
    QualificationRevocationProposed,
    QualificationRevoked,
    QualificationAnnounced,
    QualificationWithdrawn,
    QualificationMeasureProposed,
    QualificationMeasureDeclined,
    QualificationSuspended,
    QualificationResumed,
    QualificationRenewed,
    QualificationExpired,
    QualificationPlaqueRecorded,
    QualificationPlaqueReturned,
    QualificationRestored,
    QualificationTransferred,
)
"""Every event of a title: each carries its whole state."""
