"""The registry's populations."""

from __future__ import annotations

from typing import Final

from services.registry.audit.ties import find_ties
from services.registry.centres.models import Centre
from services.registry.mentors.models import MentorSession
from services.registry.qualifications.models import Qualification
from services.registry.service_records.models import ServiceRecord
from services.registry.tenancies.models import Tenancy
from shared.audit.duties import Duties, Population, cases_of

POPULATIONS: Final = (
    Population(
        "centres_listed",
        money=False,
        find=cases_of(
            "/v1/centres/{id}", row_id=Centre.id, no=Centre.no, on=Centre.listed_on, stratum=Centre.owner_division
        ),
    ),
    Population(
        "qualifications_granted",
        money=False,
        find=cases_of(
            "/v1/qualifications/{id}",
            row_id=Qualification.id,
            no=Qualification.no,
            on=Qualification.granted_on,
            stratum=Qualification.kind,
        ),
    ),
    Population(
        "tenancies_admitted",
        money=False,
        find=cases_of("/v1/tenancies/{id}", row_id=Tenancy.id, no=None, on=Tenancy.admitted_on, stratum=Tenancy.status),
    ),
    Population(
        "service_records",
        money=False,
        find=cases_of(
            "/v1/service-records/{id}",
            row_id=ServiceRecord.id,
            no=ServiceRecord.no,
            on=ServiceRecord.provided_on,
            stratum=ServiceRecord.type,
        ),
    ),
    Population(
        "mentor_sessions",
        money=False,
        find=cases_of(
            "/v1/mentors/sessions/{id}",
            row_id=MentorSession.id,
            no=MentorSession.no,
            on=MentorSession.held_on,
            stratum=MentorSession.field,
        ),
    ),
)

DUTIES: Final = Duties(populations=POPULATIONS, ties=find_ties)
