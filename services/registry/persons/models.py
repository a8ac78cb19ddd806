"""The tables of persons. Nothing of an identity number is in them in the clear."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.clock import utcnow
from shared.db import Aggregate
from shared.ids import uuid7

LEGAL_REPRESENTATIVE: Final = "legal_representative"
FOUNDER: Final = "founder"

CLAIMED: Final = "claimed"
CONFIRMED: Final = "confirmed"


class Person(Aggregate, Base):
    """A natural person; `ref` is all that anybody else learns.

    `sealed_number` is nonce and AES-256-GCM ciphertext under the key `key_id`, bound to this row's id;
    `number_index` an HMAC-SHA256 under a key of its own, by which a number is found.
    """

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("ref", name="uq_person_ref"),
        UniqueConstraint("number_index", name="uq_person_number_index"),
        CheckConstraint(
            "num_nonnulls(sealed_number, key_id, number_index) IN (0, 3)", name="number_sealed_and_indexed"
        ),
        CheckConstraint("length(number_index) = 32", name="index_is_a_digest"),
        CheckConstraint("length(sealed_number) = 46", name="number_is_sealed"),
        CheckConstraint(
            "erased_on IS NULL OR (name = '' AND number_index IS NULL AND place_known IS NULL)", name="erased_whole"
        ),
        Index("ix_person_key_id", "key_id", "id", postgresql_where=text("key_id IS NOT NULL")),
    )

    ref: Mapped[str]
    name: Mapped[str]
    sealed_number: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None]
    number_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    place_known: Mapped[bool | None]
    """False: the county in the number is in no table, which deserves a look at the card."""
    registered_by: Mapped[str]
    registered_by_org: Mapped[str | None]
    erased_on: Mapped[date | None]
    """From then on nothing is known of the person but that there was one, so that what happened keeps its meaning."""


class PersonLink(Base):
    """In which capacity a person stands behind an enterprise or a project, from `since` through `until`.

    `claimed`: a party says so of a person that it does not see. It opens nothing and has no effect until an officer or
    the person itself confirms it; until then it shows `claimed_name`, which is what was sent.
    """

    __tablename__ = "person_link"
    __table_args__ = (
        CheckConstraint("num_nonnulls(enterprise_id, project_id) = 1", name="one_subject"),
        CheckConstraint("until >= since", name="period_forward"),
        CheckConstraint("status IN ('claimed', 'confirmed')", name="status_known"),
        CheckConstraint("num_nonnulls(confirmed_by, confirmed_on) IN (0, 2)", name="confirmed_on_a_day"),
        CheckConstraint("status = 'confirmed' OR confirmed_by IS NULL", name="confirmed_by_somebody"),
        Index(
            "uq_person_link_enterprise",
            "enterprise_id",
            "person_id",
            "capacity",
            unique=True,
            postgresql_where=text("until IS NULL AND enterprise_id IS NOT NULL"),
        ),
        Index(
            "uq_person_link_project",
            "project_id",
            "person_id",
            "capacity",
            unique=True,
            postgresql_where=text("until IS NULL AND project_id IS NOT NULL"),
        ),
        Index(
            "uq_person_link_one_legal_representative",
            "enterprise_id",
            unique=True,
            postgresql_where=text("until IS NULL AND capacity = 'legal_representative' AND status = 'confirmed'"),
        ),
        Index("ix_person_link_person_id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"))
    capacity: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
    recorded_by: Mapped[str]
    recorded_on: Mapped[date | None]
    """Business day of the entry; None for what was entered before this was kept."""
    status: Mapped[str]
    claimed_name: Mapped[str | None]
    confirmed_by: Mapped[str | None]
    """Who confirmed what was claimed; None for a link that never was a claim."""
    confirmed_on: Mapped[date | None]


class WrongTries(Base):
    """How often an account named a person wrongly on its last day of doing so. Nothing of what it sent is kept."""

    __tablename__ = "person_wrong_tries"
    __table_args__ = (CheckConstraint("tries > 0", name="counted"),)

    account_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date]
    tries: Mapped[int]


class Graduation(Base):
    """3.2-5: that a person is a graduate, by its certificate; it counts once another person has checked it."""

    __tablename__ = "person_graduation"
    __table_args__ = (
        UniqueConstraint("person_id", "certificate_no", name="uq_person_graduation_certificate"),
        CheckConstraint("cardinality(evidence) > 0", name="with_evidence"),
        CheckConstraint("confirmed_by <> recorded_by", name="four_eyes"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_on IS NULL)", name="confirmed_on_a_day"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    school: Mapped[str]
    graduated_on: Mapped[date]
    certificate_no: Mapped[str]
    evidence: Mapped[list[str]] = mapped_column(ARRAY(Text))
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())
    confirmed_by: Mapped[str | None]
    confirmed_on: Mapped[date | None]


class PersonContact(Base):
    """How a person is reached. Sealed as numbers are, bound to this row's id, and found by a digest."""

    __tablename__ = "person_contact"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", name="uq_person_contact_kind"),
        CheckConstraint("kind IN ('mobile', 'email')", name="kind_known"),
        CheckConstraint("length(contact_index) = 32", name="index_is_a_digest"),
        CheckConstraint("length(sealed_contact) BETWEEN 30 AND 400", name="contact_is_sealed"),
        Index("ix_person_contact_key_id", "key_id", "id"),
        Index("ix_person_contact_index", "kind", "contact_index"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    sealed_contact: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    contact_index: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())


class Consent(Base):
    """That a person agreed to a purpose, of one thing (`subject_id`) or as such, and until when its data may be kept
    for it. `withdrawn`: the person took it back; `lapsed`: `retain_until`, the last day, is over."""

    __tablename__ = "person_consent"
    __table_args__ = (
        CheckConstraint("num_nonnulls(subject_kind, subject_id) IN (0, 2)", name="subject_whole"),
        CheckConstraint("retain_until >= given_on", name="kept_forward"),
        CheckConstraint("withdrawn_on >= given_on", name="withdrawn_after_it_was_given"),
        CheckConstraint("lapsed_on > retain_until", name="lapsed_after_its_last_day"),
        CheckConstraint("num_nonnulls(withdrawn_on, lapsed_on) < 2", name="ended_once"),
        CheckConstraint(
            "num_nonnulls(withdrawn_on, withdrawn_by, withdrawal_channel) IN (0, 3)", name="withdrawn_by_somebody"
        ),
        Index(
            "uq_person_consent_open",
            "person_id",
            "purpose",
            "subject_id",
            unique=True,
            postgresql_where=text("withdrawn_on IS NULL AND lapsed_on IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_person_consent_person_id", "person_id", "id"),
        Index(
            "ix_person_consent_retain_until",
            "retain_until",
            "id",
            postgresql_where=text("withdrawn_on IS NULL AND lapsed_on IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str]
    subject_kind: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    given_on: Mapped[date]
    given_by: Mapped[str]
    """The account that recorded it: the person's own, or that of an officer who has the paper."""
    channel: Mapped[str]
    document_no: Mapped[str | None]
    retain_until: Mapped[date]
    withdrawn_on: Mapped[date | None]
    withdrawn_by: Mapped[str | None]
    withdrawal_channel: Mapped[str | None]
    lapsed_on: Mapped[date | None]

    @property
    def open(self) -> bool:
        """Neither withdrawn nor lapsed."""
        return self.withdrawn_on is None and self.lapsed_on is None


class PersonExport(Aggregate, Base):
    """That somebody took names and contacts out of the system: of which list, why, and of how many. No data."""

    __tablename__ = "person_export"
    __table_args__ = (CheckConstraint("count >= 0", name="counted"),)

    reason_code: Mapped[str]
    document_no: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID | None]
    count: Mapped[int]
    exported_by: Mapped[str]
    exported_on: Mapped[date]


class ExportedPerson(Base):
    """Whose data were in an export, so that a person can be told who took them."""

    __tablename__ = "person_export_entry"
    __table_args__ = (Index("ix_person_export_entry_person_id", "person_id"),)

    export_id: Mapped[UUID] = mapped_column(ForeignKey("person_export.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
