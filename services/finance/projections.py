"""What finance knows of other services' aggregates, fed by their events; no foreign keys between topics."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, Numeric, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from services.finance.base import Base
from shared.document_claims import known_claim_table

LISTED: Final = "listed"
FAIL: Final = "fail"
ANNULLED: Final = "annulled"
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
    Column("name", Text),
    Column("industry_code", Text),
    Column("registered_on", Date),
    Column("address_in_city", Boolean),
    Column("legal_representative_ref", Text),
    Column("size_class", Text),
    Column("size_year", Integer),
    Index("ix_known_enterprise_code", "code"),
    Index("ix_known_enterprise_legal_representative_ref", "legal_representative_ref"),
    Index(
        "ix_known_enterprise_merged_into_id",
        "merged_into_id",
        postgresql_where=text("merged_into_id IS NOT NULL"),
    ),
)
"""An enterprise: whom a division may pay, who borrows. `name` and what follows it are NULL for a copy from before they
were kept; all but the first two may also be unknown to the registry."""

known_enterprise_year = Table(
    "known_enterprise_year",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("enterprise_id", Uuid, nullable=False),
    Column("year", Integer, nullable=False),
    Column("staff", Integer, nullable=False),
    Index("ix_known_enterprise_year_enterprise_id_year", "enterprise_id", "year"),
)
"""Staff of an enterprise by year, from its growth file: shown beside what it declares itself (3.2-4). Years recorded
before finance kept them are not there."""

known_person = Table(
    "known_person",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("ref", Text, nullable=False),
    Column("graduate", Boolean, nullable=False),
    Column("erased_on", Date),
    Index("uq_known_person_ref", "ref", unique=True),
)
"""A person as an opaque reference, and whether a graduation was confirmed (3.2-5). Nothing new refers to one whose data
the registry erased."""

known_person_link = Table(
    "known_person_link",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("ref", Text, nullable=False),
    Column("enterprise_id", Uuid),
    Column("project_id", Uuid),
    Column("capacity", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("confirmed", Boolean, nullable=False),
    Index("ix_known_person_link_ref", "ref"),
    Index("ix_known_person_link_enterprise_id", "enterprise_id"),
)
"""Who stands behind an enterprise or a project, in which capacity and when; `id` is made of the three."""

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

known_holding = Table(
    "known_holding",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("holder_code", Text, nullable=False),
    Column("held_code", Text, nullable=False),
    Column("percent", Numeric(7, 4), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Index("ix_known_holding_pair", "held_code", "holder_code"),
)
"""Shares of one organisation in another that vouchers' divisions have recorded; both days inclusive."""

known_alliance_record = Table(
    "known_alliance_record",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("no", Text, nullable=False),
    Column("alliance", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("held_on", Date, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Index("ix_known_alliance_record_alliance_year", "alliance", "year"),
)
"""What an alliance did, by evaluation's record; a struck one counts no more."""

known_alliance_assessment = Table(
    "known_alliance_assessment",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("no", Text, nullable=False),
    Column("alliance", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("grade", Text, nullable=False),
    Column("score", Numeric(7, 2), nullable=False),
    Column("record_ids", ARRAY(Uuid), nullable=False),
    Column("document_no", Text),
    Column("published_on", Date),
    Index("ix_known_alliance_assessment_alliance_year", "alliance", "year"),
)
"""An alliance's assessment sheet of a year (4.6-2), which support for its activities rests on."""

known_voucher_programme = Table(
    "known_voucher_programme",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("no", Text, nullable=False),
    Column("issuer_division", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("enterprise_quota", Numeric(18, 2), nullable=False),
    Column("startup_months", Integer),
)
"""What a division gives its enterprises vouchers out of; for exposure statements and entitlements alone."""

known_voucher_terms = Table(
    "known_voucher_terms",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("programme_id", Uuid, nullable=False),
    Column("terms_from", Date, nullable=False),
    Column("enterprise_quota", Numeric(18, 2), nullable=False),
    Index("ix_known_voucher_terms_programme_id_terms_from", "programme_id", "terms_from"),
)
"""What an amended programme offers from a day on; until the first such day the programme's own row holds."""

known_voucher = Table(
    "known_voucher",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("no", Text, nullable=False),
    Column("programme_id", Uuid, nullable=False),
    Column("enterprise_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("face_value", Numeric(18, 2), nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Index("ix_known_voucher_enterprise_id", "enterprise_id"),
)

known_redemption = Table(
    "known_redemption",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("voucher_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("subsidy", Numeric(18, 2), nullable=False),
    Index("ix_known_redemption_voucher_id", "voucher_id"),
)
"""What a voucher was used for; a voucher's own events do not tell its balance."""
