"""What vouchers knows of the registry's aggregates, fed by its events; no foreign keys between topics."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, Column, Date, Index, Integer, Table, Text, Uuid

from services.vouchers.base import Base
from shared.document_claims import known_claim_table

LISTED: Final = "listed"

known_centre = Table(
    "known_centre",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("status", Text),
    Column("owner_division", Text),
    Column("site_division", Text),
    Column("listed_on", Date),
    Column("delisting_case_id", Uuid),
    CheckConstraint(
        "(version = 0 AND delisting_case_id IS NOT NULL) OR num_nulls(status, owner_division, site_division) = 0",
        name="known_or_marked",
    ),
)
"""`delisting_case_id` is this service's own mark; it may be all that is known of a centre (version 0), because the
registry's topic has no order with evaluation's."""

known_enterprise = Table(
    "known_enterprise",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("registered_on", Date, nullable=False),
    Column("legal_representative_ref", Text),
    Index("ix_known_enterprise_code", "code"),
)

known_claim = known_claim_table(Base.metadata)
"""What grants claim on invoices; id is the spending line's."""

known_tenancy = Table(
    "known_tenancy",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("enterprise_id", Uuid, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("admitted_on", Date, nullable=False),
    Column("ended_on", Date),
    Index("ix_known_tenancy_enterprise_id", "enterprise_id", "admitted_on"),
    Index("ix_known_tenancy_centre_id", "centre_id"),
)
"""`ended_on` is the last day at the centre; NULL while the enterprise is there."""
