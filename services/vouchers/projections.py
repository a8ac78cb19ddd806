"""What vouchers knows of the registry's aggregates, fed by its events; no foreign keys between topics."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    func,
    select,
)

from services.vouchers.base import Base
from shared.document_claims import known_claim_table

LISTED: Final = "listed"
WITHDRAWN: Final = "withdrawn"

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
    Column("merged_into_id", Uuid),
    Column("size_class", Text),
    Index("ix_known_enterprise_code", "code"),
    Index("ix_known_enterprise_merged_into_id", "merged_into_id", postgresql_where="merged_into_id IS NOT NULL"),
)
"""`merged_into_id` is the record that goes on for a merged one; `size_class` NULL until a year's figures tell it."""


def same_enterprise(code: str) -> Select[UUID]:
    """The ids of all records of the enterprise with that code: its own, the one that goes on, those merged into it."""
    table = known_enterprise.c
    goes_on = select(func.coalesce(table.merged_into_id, table.id).label("id")).where(table.code == code)
    # Two look-ups by index: as one condition with OR the whole table is read.
    merged = select(table.id).where(table.merged_into_id.in_(goes_on))
    return select(goes_on.union(merged).subquery("same_enterprise").c.id)


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

known_person = Table(
    "known_person",
    Base.metadata,
    Column("ref", Text, primary_key=True),
    Column("erased_on", Date),
)
"""Persons whom a provider named, and those whose data the registry erased: nothing new refers to these."""
