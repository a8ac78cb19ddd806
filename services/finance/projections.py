"""What finance knows of other services' aggregates, fed by their events; no foreign keys between topics."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, Column, Date, Index, Integer, Table, Text, Uuid

from services.finance.base import Base
from shared.document_claims import known_claim_table

LISTED: Final = "listed"
FAIL: Final = "fail"
ACCEPTED: Final = "accepted"

known_centre = Table(
    "known_centre",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("no", Text),
    Column("name", Text),
    Column("operator_code", Text),
    Column("status", Text),
    Column("tier", Text),
    Column("owner_division", Text),
    Column("site_division", Text),
    Column("listed_on", Date),
    Column("delisted_on", Date),
    Column("delisting_case_id", Uuid),
    CheckConstraint(
        "(version = 0 AND delisting_case_id IS NOT NULL)"
        " OR num_nulls(no, name, operator_code, status, tier, owner_division, site_division) = 0",
        name="known_or_marked",
    ),
    Index("ix_known_centre_operator_code", "operator_code"),
)
"""`delisting_case_id` is finance's own mark, set by the delisting; it may be all that is known of a centre (version 0),
because the registry's topic has no order with evaluation's."""

known_claim = known_claim_table(Base.metadata)
"""What vouchers claim on invoices; id is the redemption's."""

known_result = Table(
    "known_result",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("year", Integer, nullable=False),
    Column("grade", Text, nullable=False),
    Column("document_no", Text, nullable=False),
    Column("published_on", Date, nullable=False),
    Index("ix_known_result_centre_id_year", "centre_id", "year"),
)

known_rectification = Table(
    "known_rectification",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("year", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("accepted_on", Date),
    Index("ix_known_rectification_centre_id_year", "centre_id", "year"),
)

known_enterprise = Table(
    "known_enterprise",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("division", Text, nullable=False),
    Column("merged_into_id", Uuid),
    Index("ix_known_enterprise_code", "code"),
)
"""Whom a division may pay: an enterprise's code and where it is registered."""

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
)
"""Where an enterprise sits; `ended_on` is its last day there."""
