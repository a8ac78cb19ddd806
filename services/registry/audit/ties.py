"""Who stands behind centres, enterprises and projects, and what they share: opaque references and digests only.

A person who left a post is still named where the post was held within the period; a claim that nobody confirmed is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, cast, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.mentors.models import Mentor
from services.registry.partners.models import Partner
from services.registry.persons.models import Person, PersonLink
from services.registry.projects.models import Project
from services.registry.staff.models import CentreStaff
from shared.audit.duties import Asked, Shared, Tie, Ties, same

CONFIRMED: Final = "confirmed"

Row = tuple[UUID, str | None, str, str]
"""Party id and number, the value, the capacity."""


async def find_ties(asked: Asked) -> Ties:
    """All ties of centres, enterprises, projects, mentors and partners."""
    ties: list[Tie] = []
    for party, shared, query in (*_of_persons(asked), *_of_organisations()):
        rows: Iterable[Row] = await asked.session.execute(query)
        ties += [_tie(party, shared, row) for row in rows]
    return Ties(ties=ties)


def _tie(party: str, shared: Shared, row: Row) -> Tie:
    value = row[2] if shared == "person" else same(shared, row[2])
    return Tie(party=party, party_id=row[0], party_no=row[1], shared=shared, value=value, capacity=row[3])


def _of_persons(asked: Asked) -> tuple[tuple[str, Shared, Select[*tuple[Any, ...]]], ...]:
    posted = _held(asked, CentreStaff.from_on, CentreStaff.until_on)
    linked = (PersonLink.status == CONFIRMED, _held(asked, PersonLink.since, PersonLink.until))
    representative = Enterprise.legal_representative_ref
    operator = Enterprise.code == Centre.operator_code
    return (
        (
            "centre",
            "person",
            select(Centre.id, Centre.no, CentreStaff.person_ref, literal("staff"))
            .join(CentreStaff, CentreStaff.centre_id == Centre.id)
            .where(posted, CentreStaff.person_ref.is_not(None)),
        ),
        (
            "centre",
            "person",
            select(Centre.id, Centre.no, representative, literal("legal_representative_of_operator"))
            .join(Enterprise, operator)
            .where(representative.is_not(None)),
        ),
        (
            "enterprise",
            "person",
            select(Enterprise.id, Enterprise.code, representative, literal("legal_representative")).where(
                representative.is_not(None)
            ),
        ),
        (
            "enterprise",
            "person",
            select(Enterprise.id, Enterprise.code, Person.ref, PersonLink.capacity)
            .join(PersonLink, PersonLink.enterprise_id == Enterprise.id)
            .join(Person, Person.id == PersonLink.person_id)
            .where(*linked),
        ),
        (
            "project",
            "person",
            select(Project.id, Project.no, Person.ref, PersonLink.capacity)
            .join(PersonLink, PersonLink.project_id == Project.id)
            .join(Person, Person.id == PersonLink.person_id)
            .where(*linked),
        ),
        (
            "mentor",
            "person",
            select(Mentor.id, Mentor.no, Person.ref, literal("mentor")).join(Person, Person.id == Mentor.person_id),
        ),
    )


def _of_organisations() -> tuple[tuple[str, Shared, Select[*tuple[Any, ...]]], ...]:
    return (
        (
            "centre",
            "organisation",
            select(Centre.id, Centre.no, Centre.operator_code, literal("operator")).where(
                Centre.operator_code.is_not(None)
            ),
        ),
        ("enterprise", "organisation", select(Enterprise.id, Enterprise.code, Enterprise.code, literal("itself"))),
        (
            "partner",
            "organisation",
            select(Partner.id, Partner.no, Partner.code, literal("itself")).where(Partner.code.is_not(None)),
        ),
        (
            "enterprise",
            "address",
            select(Enterprise.id, Enterprise.code, Enterprise.registered_address, literal("registered_address")).where(
                Enterprise.registered_address.is_not(None)
            ),
        ),
    )


def _held(asked: Asked, since: InstrumentedAttribute[Any], until: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Held on some day of the period."""
    return (since <= cast(asked.until, Date)) & or_(until.is_(None), until >= cast(asked.since, Date))
