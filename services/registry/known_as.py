"""What the ids in the lists mean to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.registry.activities.models import Activity
from services.registry.alliances.models import AllianceMember
from services.registry.carriers.models import Carrier
from services.registry.centres.models import Centre
from services.registry.communities.models import Community
from services.registry.divisions.models import Division
from services.registry.enterprises.models import Enterprise
from services.registry.mentors.models import Mentor
from services.registry.partners.models import Partner
from services.registry.project_library.models import LibraryClaim, LibraryItem, LibraryRound
from services.registry.projects.models import Project
from services.registry.trainings.models import TrainingCourse, TrainingSession
from shared.http.references import Reference

REFERENCES: Final[Mapping[str, Reference]] = {
    "centre_id": Reference(Centre.id, Centre.no, Centre.name),
    "enterprise_id": Reference(Enterprise.id, Enterprise.code, Enterprise.name),
    "project_id": Reference(Project.id, Project.no, Project.name),
    "mentor_id": Reference(Mentor.id, Mentor.no),
    "base_centre_id": Reference(Centre.id, Centre.no, Centre.name),
    "proposed_centre_id": Reference(Centre.id, Centre.no, Centre.name),
    "member_id": Reference(AllianceMember.id, AllianceMember.no),
    "community_id": Reference(Community.id, Community.no, Community.name),
    "partner_id": Reference(Partner.id, Partner.no, Partner.name),
    "carrier_id": Reference(Carrier.id, Carrier.no, Carrier.name),
    "course_id": Reference(TrainingCourse.id, TrainingCourse.no, TrainingCourse.title),
    "session_id": Reference(TrainingSession.id, TrainingSession.no),
    "activity_id": Reference(Activity.id, Activity.no, Activity.title),
    "division_id": Reference(Division.id, Division.code),
    "item_id": Reference(LibraryItem.id, LibraryItem.no, LibraryItem.name),
    "round_id": Reference(LibraryRound.id, LibraryRound.no, LibraryRound.title),
    "claim_id": Reference(LibraryClaim.id, LibraryClaim.no),
}
