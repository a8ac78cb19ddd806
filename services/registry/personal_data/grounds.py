"""Why a person is kept, and from which day nothing is a reason any more."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, and_, cast, exists, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.orm.util import AliasedClass

from services.registry.enterprises.models import Enterprise
from services.registry.personal_data.mounted import GROUNDS
from services.registry.persons.models import CONFIRMED, Consent, Person, PersonLink
from services.registry.projects.models import Project
from services.registry.staff.models import CentreStaff
from services.registry.tenancies.models import Tenancy
from shared.calendar import add_months

_OUTER: Final = (PersonLink, Enterprise, Project)
"""What the questions below are asked of."""


def held(day: date, link_months: int) -> ColumnElement[bool]:
    """Whether there is a ground to keep the person on the day: it stands behind an enterprise or a project that goes
    on, works at a centre, agreed to something, or a room has one.

    Standing behind something without an end is a ground for `link_months` since it was entered, and since the
    enterprise or project last sat in a centre: nobody tells the registry of what goes on elsewhere.
    """
    link, staff, consent = PersonLink, CentreStaff, Consent
    threshold = add_months(day, -link_months)
    closed = exists().where(Project.id == link.project_id, Project.status == "closed")
    return or_(
        exists().where(
            link.person_id == Person.id,
            link.status == CONFIRMED,
            or_(link.until >= day, and_(link.until.is_(None), or_(_fresh(threshold), _sits(link, threshold)))),
            not_(closed),
        ),
        exists().where(
            Enterprise.legal_representative_ref == Person.ref,
            Enterprise.merged_into_id.is_(None),
            or_(_city_day(Enterprise.created_at) >= threshold, _enterprise_sits(Enterprise.id, threshold)),
        ),
        exists().where(
            Project.founder_ref == Person.ref,
            Project.status != "closed",
            or_(_city_day(Project.created_at) >= threshold, _project_sits(Project.id, threshold)),
        ),
        exists().where(staff.person_id == Person.id, or_(staff.until_on.is_(None), staff.until_on >= day)),
        exists().where(
            consent.person_id == Person.id,
            consent.withdrawn_on.is_(None),
            consent.lapsed_on.is_(None),
            consent.retain_until >= day,
        ),
        *(holds(day) for holds in GROUNDS),
    )


def _fresh(threshold: date) -> ColumnElement[bool]:
    """Whether the link was entered or confirmed since. PostgreSQL's greatest() leaves out what is NULL."""
    link = PersonLink
    return func.greatest(link.since, link.recorded_on, link.confirmed_on) >= threshold


def _sits(link: type[PersonLink], threshold: date) -> ColumnElement[bool]:
    return or_(_enterprise_sits(link.enterprise_id, threshold), _project_sits(link.project_id, threshold))


def _enterprise_sits(enterprise_id: InstrumentedAttribute[Any], threshold: date) -> ColumnElement[bool]:
    """Whether a centre has been the enterprise's host since, under any of its records or as the project that it was."""
    stay, record, other, team = aliased(Tenancy), aliased(Enterprise), aliased(Enterprise), aliased(Project)
    goes_on = select(func.coalesce(record.merged_into_id, record.id)).where(record.id == enterprise_id)
    one = goes_on.correlate(*_OUTER).scalar_subquery()
    family = select(other.id).where(or_(other.id == one, other.merged_into_id == one))
    teams = select(team.id).where(team.enterprise_id.in_(family))
    return exists().where(
        or_(stay.enterprise_id.in_(family), stay.project_id.in_(teams)), _hosted_since(stay, threshold)
    )


def _project_sits(project_id: InstrumentedAttribute[Any], threshold: date) -> ColumnElement[bool]:
    """Whether a centre has been the host of the project since, or of the enterprise that it became."""
    stay, team = aliased(Tenancy), aliased(Project)
    became = select(team.enterprise_id).where(team.id == project_id).correlate(*_OUTER).scalar_subquery()
    return exists().where(
        or_(stay.project_id == project_id, stay.enterprise_id == became), _hosted_since(stay, threshold)
    )


def _hosted_since(stay: type[Tenancy] | AliasedClass[Tenancy], threshold: date) -> ColumnElement[bool]:
    return or_(stay.ended_on.is_(None), stay.ended_on >= threshold)


def _city_day(moment: Any) -> ColumnElement[date]:
    return cast(func.timezone("Asia/Shanghai", moment), Date)


def due(day: date, unfounded_months: int, link_months: int) -> ColumnElement[bool]:
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
    new = _city_day(Person.created_at) >= threshold
    over = and_(not_(recent), or_(agreed, not_(new)))
    return and_(Person.erased_on.is_(None), not_(held(day, link_months)), or_(withdrawn, over))
