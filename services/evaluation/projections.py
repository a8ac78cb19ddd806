"""What evaluation knows of the registry's centres, tenancies and titles, fed by events.

Topics have no order between them, so these tables carry no foreign keys to each other.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Date, Index, Integer, Numeric, PrimaryKeyConstraint, Table, Text, Uuid

from services.evaluation.base import Base

REPORTING: Final = ("listed", "suspended", "withdrawn")
"""States of a centre that owes reports: a suspended one all of them, one that left those of the quarters before."""

known_centre = Table(
    "known_centre",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("no", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("operator_code", Text, nullable=False),
    Column("operator_name", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("owner_division", Text, nullable=False),
    Column("site_division", Text, nullable=False),
    Column("total_area_m2", Numeric(12, 2), nullable=False),
    Column("listed_on", Date),
    Column("delisted_on", Date),
    Column("withdrawn_on", Date),
    Column("delisting_case_id", Uuid),
    Index("ix_known_centre_operator_code", "operator_code"),
    Index("ix_known_centre_listed_on", "listed_on"),
)
"""A centre as it stands. `delisting_case_id` is this service's own mark: set when a decision is published, before the
registry has acted on it."""

known_centre_state = Table(
    "known_centre_state",
    Base.metadata,
    Column("centre_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("operator_code", Text, nullable=False),
    Column("operator_name", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("owner_division", Text, nullable=False),
    Column("site_division", Text, nullable=False),
    Column("total_area_m2", Numeric(12, 2), nullable=False),
    Column("operator_since", Date),
    Column("incubation_area_m2", Numeric(12, 2)),
    PrimaryKeyConstraint("centre_id", "version", name="pk_known_centre_state"),
    Index("ix_known_centre_state_effective", "centre_id", "effective_on", "version"),
)
"""Each state a centre was in and from which day: who ran it on 31 December (2.3-6), and as what it is evaluated.
`operator_since` is the first day of the state's operator, whenever the state took effect; NULL for the first one.
`incubation_area_m2` is NULL for states copied before this service looked at it."""

known_tenancy = Table(
    "known_tenancy",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("enterprise_id", Uuid, nullable=False),
    Column("admitted_on", Date, nullable=False),
    Column("filed_on", Date),
    Column("ended_on", Date),
    Column("graduated", Boolean, nullable=False),
    Column("reason_code", Text),
    Index("ix_known_tenancy_centre_id_admitted_on", "centre_id", "admitted_on"),
)
"""An enterprise's stay; `event_id` is the last event that said so, for the lineage of scores."""

known_enterprise = Table(
    "known_enterprise",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("merged_into_id", Uuid),
    Index("ix_known_enterprise_code", "code"),
)
"""An enterprise: by its code a quarterly report names it. `merged_into_id` is the record that goes on for this one."""

known_project = Table(
    "known_project",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("no", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("enterprise_id", Uuid),
    Index("ix_known_project_no", "no"),
)
"""A team without a code: a quarterly report names it by its number. `enterprise_id` is what it registered as since."""

known_qualification = Table(
    "known_qualification",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("no", Text, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("granted_on", Date),
    Column("revoked_on", Date),
    Column("expires_on", Date),
    Column("case_id", Uuid),
    Column("plaque_no", Text),
    Column("plaque_due_on", Date),
    Column("plaque_returned_on", Date),
    Index("ix_known_qualification_centre_id", "centre_id"),
)
"""A title; what a delisting expects the registry to revoke. `case_id` is the case that revoked it, or restored it."""

known_staff = Table(
    "known_staff",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("full_time", Boolean, nullable=False),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date),
    Column("certificates", Integer, nullable=False),
    Column("person_ref", Text),
    Index("ix_known_staff_centre_id", "centre_id"),
)
"""Somebody's work at a centre: prefills the staff of quarterly reports, and scores it. `person_ref` leads to the
certificates of the training register; NULL only until the registry's events have been read again."""

known_agreement = Table(
    "known_agreement",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("signed_on", Date, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("ended_on", Date),
    Index("ix_known_agreement_centre_id", "centre_id"),
)
"""A cooperation agreement of a centre: prefills those in force."""

known_service_record = Table(
    "known_service_record",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("enterprise_id", Uuid, nullable=False),
    Column("provided_on", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("tenancy_id", Uuid),
    Index("ix_known_service_record_centre_id_provided_on", "centre_id", "provided_on"),
)
"""A service that a centre gave: prefills the services that enterprises confirmed, and scores them. `tenancy_id` is NULL
for records copied before this service looked at it: they count for the enterprise that they were recorded for."""

known_technology_flag = Table(
    "known_technology_flag",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("enterprise_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("valid_through", Date, nullable=False),
    Column("withdrawn_on", Date),
    Index("ix_known_technology_flag_enterprise_id", "enterprise_id"),
)
"""A recognition as a technology enterprise: prefills the high-tech firms among the incubatees."""
