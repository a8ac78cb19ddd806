"""Why a person is kept, and from which day nothing is a reason any more."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Date, and_, cast, exists, func, not_, or_

from services.registry.enterprises.models import Enterprise
from services.registry.personal_data.mounted import GROUNDS
from services.registry.persons.models import CONFIRMED, Consent, Person, PersonLink
from services.registry.projects.models import Project
from services.registry.staff.models import CentreStaff
from shared.calendar import add_months


def held(day: date) -> ColumnElement[bool]:
    """Whether there is a ground to keep the person on the day: it stands behind an enterprise or a project that goes
    on, works at a centre, agreed to something, or a room has one."""
    link, staff, consent = PersonLink, CentreStaff, Consent
    closed = exists().where(Project.id == link.project_id, Project.status == "closed")
    return or_(
        exists().where(
            link.person_id == Person.id,
            link.status == CONFIRMED,
            or_(link.until.is_(None), link.until >= day),
            not_(closed),
        ),
        exists().where(Enterprise.legal_representative_ref == Person.ref, Enterprise.merged_into_id.is_(None)),
        exists().where(Project.founder_ref == Person.ref, Project.status != "closed"),
        exists().where(staff.person_id == Person.id, or_(staff.until_on.is_(None), staff.until_on >= day)),
        exists().where(
            consent.person_id == Person.id,
            consent.withdrawn_on.is_(None),
            consent.lapsed_on.is_(None),
            consent.retain_until >= day,
        ),
        *(holds(day) for holds in GROUNDS),
    )


def due(day: date, unfounded_months: int) -> ColumnElement[bool]:
    """Whether the person's data are to be erased: no ground, and either a consent was taken back, or the time to keep
    is over, that of the consents and `unfounded_months` after the last that it did."""
    threshold = add_months(day, -unfounded_months)
    consent, link, staff = Consent, PersonLink, CentreStaff
    mine = consent.person_id == Person.id
    withdrawn = exists().where(mine, consent.withdrawn_on.is_not(None))
    agreed = exists().where(mine)
    recent = or_(
        exists().where(link.person_id == Person.id, func.coalesce(link.until, link.since) >= threshold),
        exists().where(link.person_id == Person.id, link.project_id == Project.id, Project.closed_on >= threshold),
        exists().where(staff.person_id == Person.id, staff.until_on >= threshold),
    )
    new = cast(func.timezone("Asia/Shanghai", Person.created_at), Date) >= threshold
    over = and_(not_(recent), or_(agreed, not_(new)))
    return and_(Person.erased_on.is_(None), not_(held(day)), or_(withdrawn, over))
