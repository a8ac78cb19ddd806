"""Which persons behind enterprises and projects somebody reads.

An enterprise and its founders read all of theirs. An operator reads those of the days on which it was the host, and
those entered while nobody was: whoever is named after the enterprise left is not its business.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlalchemy.orm.util import AliasedClass

from services.registry.access import READ_ALL, enterprise_code_of, operator_code_of, person_of
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import known_by
from services.registry.persons.models import PersonLink
from services.registry.projects.models import Project
from services.registry.tenancies.models import Tenancy
from shared.auth.principal import Principal

Links = type[PersonLink] | AliasedClass[PersonLink]


def in_sight(principal: Principal, link: Links) -> ColumnElement[bool]:
    """The links that the caller reads, of enterprises and projects that it may read."""
    if principal.has(*READ_ALL):
        return true()
    scopes: list[ColumnElement[bool]] = [false()]
    if (person := person_of(principal)) is not None:
        firms = select(Enterprise.id).where(Enterprise.legal_representative_ref == person)
        scopes += [_of(link, firms), link.project_id.in_(select(Project.id).where(Project.founder_ref == person))]
    if (code := enterprise_code_of(principal)) is not None:
        scopes.append(_of(link, select(Enterprise.id).where(known_by(code))))
    if (operator := operator_code_of(principal)) is not None:
        scopes += [_hosted(link, operator), _entered_before_any_host(link, operator)]
    return or_(*scopes)


def _of(link: Links, firms: Any) -> ColumnElement[bool]:
    """Whether the link is of one of these enterprises, of a record merged into it or of the project that it was."""
    records = select(Enterprise.id).where(or_(Enterprise.id.in_(firms), Enterprise.merged_into_id.in_(firms)))
    teams = select(Project.id).where(Project.enterprise_id.in_(records))
    return or_(link.enterprise_id.in_(records), link.project_id.in_(teams))


def _hosted(link: Links, operator_code: str) -> ColumnElement[bool]:
    """Whether the person was named, and stood there, before the stay at a centre of that operator was over."""
    stay = aliased(Tenancy)
    own = select(Centre.id).where(Centre.operator_code == operator_code)
    in_time = or_(stay.ended_on.is_(None), _named_on(link) <= stay.ended_on)
    return exists().where(_stays(stay, link), stay.centre_id.in_(own), in_time)


def _entered_before_any_host(link: Links, operator_code: str) -> ColumnElement[bool]:
    """Whether the operator entered the enterprise or project, and nobody hosted it yet when the person was named."""
    stay = aliased(Tenancy)
    firms = select(Enterprise.id).where(Enterprise.registered_by_org == operator_code)
    teams = select(Project.id).where(Project.created_by_org == operator_code)
    hosted = exists().where(_stays(stay, link), stay.admitted_on <= _named_on(link))
    return and_(or_(link.enterprise_id.in_(firms), link.project_id.in_(teams)), ~hosted)


def _named_on(link: Links) -> ColumnElement[Any]:
    """PostgreSQL's greatest() leaves out what is NULL: entries from before the day of entry was kept."""
    return func.greatest(link.since, link.recorded_on)


def _stays(stay: Any, link: Links) -> ColumnElement[bool]:
    """The stays of whom the link is of: of the record that goes on, and of the enterprise that a project became."""
    record, team = aliased(Enterprise), aliased(Project)
    goes_on = select(func.coalesce(record.merged_into_id, record.id)).where(record.id == link.enterprise_id)
    became = select(team.enterprise_id).where(team.id == link.project_id)
    return or_(
        stay.enterprise_id == goes_on.correlate(link).scalar_subquery(),
        stay.enterprise_id == became.correlate(link).scalar_subquery(),
        stay.project_id == link.project_id,
    )
