"""Which of the registry's events around the centres evaluation keeps copies of: mentors to communities."""

from __future__ import annotations

from services.evaluation.ecosystem import copies
from shared.events.consumer import Consumers
from shared.events.contracts import registry as rc


def subscribe(consumers: Consumers) -> None:
    """Have the copies follow the registry."""
    consumers.on(
        rc.MentorProposed,
        rc.MentorAmended,
        rc.MentorAppointed,
        rc.MentorRefused,
        rc.MentorReappointmentProposed,
        rc.MentorEnded,
        kind="projection",
    )(copies.copy_mentors)
    consumers.on(rc.MentorLinked, rc.MentorUnlinked, kind="projection")(copies.copy_mentor_links)
    consumers.on(
        rc.MentorSessionRecorded,
        rc.MentorSessionConfirmed,
        rc.MentorSessionContested,
        rc.MentorSessionWithdrawn,
        kind="projection",
    )(copies.copy_mentor_sessions)
    consumers.on(rc.TrainingCertificateIssued, rc.TrainingCertificateRevoked, kind="projection")(
        copies.copy_certificates
    )
    consumers.on(
        rc.SessionPlanned,
        rc.SessionAmended,
        rc.SessionCancelled,
        rc.SessionCompleted,
        rc.AttendanceOpened,
        rc.AttendanceClosed,
        kind="projection",
    )(copies.copy_training_sessions)
    consumers.on(
        rc.Enrolled,
        rc.EnrolmentQueued,
        rc.EnrolmentPromoted,
        rc.EnrolmentCancelled,
        rc.EnrolmentSeen,
        rc.EnrolmentAttended,
        rc.EnrolmentMissed,
        kind="projection",
    )(copies.copy_enrolments)
    consumers.on(rc.AttendanceRecorded, kind="projection")(copies.copy_enrolments)
    consumers.on(rc.AttendanceStruck, kind="projection")(copies.copy_enrolments)
    consumers.on(
        rc.ActivityPlanned,
        rc.ActivityAmended,
        rc.ActivityHeld,
        rc.ActivityCancelled,
        rc.ActivitySubmitted,
        rc.ActivityReturned,
        rc.ActivityRejected,
        rc.ActivityVerified,
        rc.ActivityVerificationWithdrawn,
        kind="projection",
    )(copies.copy_activities)
    consumers.on(
        rc.AllianceMemberJoined,
        rc.AllianceMemberLeft,
        rc.AllianceMemberRemoved,
        rc.AllianceMemberEnded,
        kind="projection",
    )(copies.copy_members)
    consumers.on(rc.PairingStarted, rc.PairingCompleted, rc.PairingEnded, kind="projection")(copies.copy_pairings)
    consumers.on(
        rc.CommunityProposed,
        rc.CommunityRefused,
        rc.CommunityOpened,
        rc.CommunitySuspended,
        rc.CommunityMoveProposed,
        rc.CommunityMoved,
        rc.CommunityClosingProposed,
        rc.CommunityProposalDropped,
        rc.CommunityClosed,
        kind="projection",
    )(copies.copy_communities)
    consumers.on(
        rc.CommunityReportDrafted,
        rc.CommunityReportAmended,
        rc.CommunityReportSubmitted,
        rc.CommunityReportReturned,
        rc.CommunityReportAccepted,
        rc.CommunityReportSeen,
        kind="projection",
    )(copies.copy_community_reports)
