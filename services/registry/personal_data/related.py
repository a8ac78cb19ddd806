"""The records that a person had to do with: a text about one of them that names the person means this person."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import CompoundSelect, or_, select, union

from services.registry.activities.winners.models import ActivityWinner
from services.registry.alliances.models import AllianceMember
from services.registry.enterprises.identity.models import EnterpriseChange
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.particulars.models import TechnologyFlagRow
from services.registry.graduate_platform.models import PlatformService
from services.registry.mentors.models import Mentor, MentorLink, MentorSession
from services.registry.pairings.models import Pairing
from services.registry.persons.models import ExportedPerson, Person, PersonLink
from services.registry.profile_changes.models import ProfileChange
from services.registry.project_library.models import LibraryClaim, LibraryItem
from services.registry.projects.models import Project
from services.registry.service_records.models import ServiceRecord
from services.registry.staff.models import CentreStaff
from services.registry.tenancies.models import Tenancy
from services.registry.trainings.models import Enrolment, TrainingCertificate, TrainingSession


def related_to(person: Person) -> CompoundSelect[UUID]:
    """The ids of its own cases, of the enterprises and projects behind which it stood with their stays, hosts and
    cases, and of the centres, sessions and activities where it was."""
    link, ref = PersonLink, person.ref
    mine = link.person_id == person.id
    firms = union(
        select(link.enterprise_id).where(mine, link.enterprise_id.is_not(None)),
        select(Enterprise.id).where(Enterprise.legal_representative_ref == ref),
    ).subquery()
    teams = union(
        select(link.project_id).where(mine, link.project_id.is_not(None)),
        select(Project.id).where(Project.founder_ref == ref),
    ).subquery()
    stays = or_(Tenancy.enterprise_id.in_(select(firms.c[0])), Tenancy.project_id.in_(select(teams.c[0])))
    mentors = select(Mentor.id).where(Mentor.person_id == person.id)
    staff = CentreStaff.person_id == person.id
    return union(
        select(firms.c[0]),
        select(teams.c[0]),
        select(Tenancy.id).where(stays),
        select(Tenancy.centre_id).where(stays),
        select(CentreStaff.id).where(staff),
        select(CentreStaff.centre_id).where(staff),
        select(ProfileChange.id).where(ProfileChange.centre_id.in_(select(CentreStaff.centre_id).where(staff))),
        mentors,
        select(MentorSession.id).where(MentorSession.mentor_id.in_(mentors)),
        select(MentorLink.id).where(MentorLink.mentor_id.in_(mentors)),
        select(MentorLink.centre_id).where(MentorLink.mentor_id.in_(mentors)),
        select(TrainingSession.id).where(TrainingSession.trainer_id == person.id),
        *_cases(person.id),
        *(select(case.id).where(case.enterprise_id.in_(select(firms.c[0]))) for case in _OF_ENTERPRISES),
        *(select(case.id).where(case.project_id.in_(select(teams.c[0]))) for case in _OF_PROJECTS),
    )


_OF_ENTERPRISES: Final[tuple[Any, ...]] = (
    EnterpriseChange,
    TechnologyFlagRow,
    PlatformService,
    ServiceRecord,
    Pairing,
    AllianceMember,
    ActivityWinner,
)
_OF_PROJECTS: Final[tuple[Any, ...]] = (PlatformService, ActivityWinner)


def _cases(person_id: UUID) -> list[Any]:
    own = (
        (Enrolment.id, Enrolment.person_id),
        (Enrolment.session_id, Enrolment.person_id),
        (TrainingCertificate.id, TrainingCertificate.person_id),
        (ActivityWinner.id, ActivityWinner.person_id),
        (ActivityWinner.activity_id, ActivityWinner.person_id),
        (AllianceMember.id, AllianceMember.person_id),
        (ExportedPerson.export_id, ExportedPerson.person_id),
        (LibraryItem.id, LibraryItem.owner_person_id),
        (LibraryClaim.id, LibraryClaim.person_id),
        (LibraryClaim.item_id, LibraryClaim.person_id),
    )
    return [select(column).where(whose == person_id) for column, whose in own]
