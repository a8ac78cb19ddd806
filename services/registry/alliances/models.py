"""The tables of alliances, their members, and talent brought in."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.alliances.rules import FORMER, OPEN, STATUSES, TALENT_STATUSES
from services.registry.base import Base
from shared.db import Aggregate
from shared.ids import uuid7


def _among(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_JOINED = _among(("active", *FORMER))


class Alliance(Aggregate, Base):
    """An alliance of the edition, and the change of its lead body that waits for a second person."""

    __tablename__ = "alliance"
    __table_args__ = (
        UniqueConstraint("kind", name="uq_alliance_kind"),
        CheckConstraint(
            "num_nulls(proposed_body, proposed_from, proposed_by, proposed_document_no) IN (0, 4)",
            name="proposed_whole",
        ),
    )

    kind: Mapped[str]
    proposed_body: Mapped[str | None]
    proposed_code: Mapped[str | None]
    proposed_from: Mapped[date | None]
    proposed_document_no: Mapped[str | None]
    proposed_by: Mapped[str | None]


class LeadBody(Base):
    """The organisation that leads an alliance from a day on, until the next one does; a row is never changed."""

    __tablename__ = "alliance_lead_body"
    __table_args__ = (
        UniqueConstraint("alliance_id", "from_on", name="uq_alliance_lead_body_from_on"),
        CheckConstraint("code ~ '^[0-9A-Z]{18}$'", name="code_form"),
        CheckConstraint("named_by <> proposed_by", name="four_eyes"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    alliance_id: Mapped[UUID] = mapped_column(ForeignKey("alliance.id"))
    name: Mapped[str]
    code: Mapped[str | None]
    from_on: Mapped[date]
    document_no: Mapped[str]
    proposed_by: Mapped[str]
    named_by: Mapped[str]


class AllianceMember(Aggregate, Base):
    """A membership from the first asking to its end; who comes back later gets a row of its own.

    Whoever `consented_by` and `accepted_by` are, they are two people. `left_on` is the last day of the membership.
    """

    __tablename__ = "alliance_member"
    __table_args__ = (
        UniqueConstraint("no", name="uq_alliance_member_no"),
        CheckConstraint(f"status IN ({_among(STATUSES)})", name="status_known"),
        CheckConstraint("initiative IN ('member', 'lead')", name="initiative_known"),
        CheckConstraint("num_nonnulls(centre_id, enterprise_id, partner_id, person_id) = 1", name="one_party"),
        CheckConstraint("province ~ '^[1-9][0-9]0000$'", name="province_form"),
        CheckConstraint("num_nulls(consented_by, consented_on) IN (0, 2)", name="consented_whole"),
        CheckConstraint("num_nulls(accepted_by, accepted_on) IN (0, 2)", name="accepted_whole"),
        CheckConstraint("accepted_by <> consented_by", name="four_eyes"),
        CheckConstraint(
            "partner_id IS NULL OR consented_on IS NULL OR consent_document_no IS NOT NULL",
            name="partner_consents_on_paper",
        ),
        CheckConstraint(
            "person_id IS NULL OR num_nulls(consented_on, consent_document_no) = 0", name="person_consents_on_paper"
        ),
        CheckConstraint("person_id IS NOT NULL OR NOT name_shown", name="name_of_a_person"),
        CheckConstraint(
            f"(status IN ({_JOINED})) = (joined_on IS NOT NULL) AND"
            " (joined_on IS NULL OR num_nulls(consented_on, accepted_on) = 0)",
            name="joined_by_both",
        ),
        CheckConstraint("joined_on >= consented_on AND joined_on >= accepted_on", name="joined_after_both"),
        CheckConstraint(f"(status IN ({_among(FORMER)})) = (left_on IS NOT NULL)", name="left_on_a_day"),
        CheckConstraint("left_on >= joined_on", name="left_after_joining"),
        CheckConstraint(
            "num_nulls(removal_proposed_by, removal_proposed_on) IN (0, 2)",
            name="removal_whole",
        ),
        CheckConstraint(
            "status <> 'removed' OR (num_nulls(removal_proposed_by, ended_by, reason_code, document_no) = 0"
            " AND ended_by <> removal_proposed_by)",
            name="removed_by_another",
        ),
        CheckConstraint("status NOT IN ('refused', 'ended') OR reason_code IS NOT NULL", name="ended_with_reason"),
        ExcludeConstraint(
            ("alliance", "="),
            ("party_id", "="),
            (text("daterange(joined_on, left_on, '[]')"), "&&"),
            where=text("joined_on IS NOT NULL"),
            using="gist",
            name="ex_alliance_member_once_at_a_time",
        ),
        Index(
            "uq_alliance_member_open",
            "alliance",
            "party_id",
            unique=True,
            postgresql_where=text(f"status IN ({_among(OPEN)})"),
        ),
        Index("ix_alliance_member_alliance", "alliance", "status", "id"),
        Index("ix_alliance_member_party_id", "party_id", "id"),
        Index("ix_alliance_member_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")),
    )

    no: Mapped[str]
    alliance: Mapped[str] = mapped_column(ForeignKey("alliance.kind"))
    kind: Mapped[str]
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    party_id: Mapped[UUID] = mapped_column(
        Computed("COALESCE(centre_id, enterprise_id, partner_id, person_id)", persisted=True)
    )
    name_shown: Mapped[bool] = mapped_column(server_default=false())
    """The consent of a natural person covers being named to everybody."""
    province: Mapped[str | None]
    status: Mapped[str]
    initiative: Mapped[str]
    requested_by: Mapped[str]
    requested_on: Mapped[date]
    consented_by: Mapped[str | None]
    consented_on: Mapped[date | None]
    consent_document_no: Mapped[str | None]
    """The signed consent of a party that has no account here."""
    accepted_by: Mapped[str | None]
    accepted_on: Mapped[date | None]
    joined_on: Mapped[date | None]
    left_on: Mapped[date | None]
    removal_proposed_by: Mapped[str | None]
    removal_proposed_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    document_no: Mapped[str | None]
    ended_by: Mapped[str | None]
    edition: Mapped[str]


class TalentArrival(Aggregate, Base):
    """People whom a member brought to a centre or an enterprise. Heads and no names: 4.7-1 asks how many of whom came,
    and nothing here needs to know who they are."""

    __tablename__ = "talent_arrival"
    __table_args__ = (
        UniqueConstraint("no", name="uq_talent_arrival_no"),
        CheckConstraint(f"status IN ({_among(TALENT_STATUSES)})", name="status_known"),
        CheckConstraint("num_nonnulls(centre_id, enterprise_id) = 1", name="one_host"),
        CheckConstraint("heads BETWEEN 1 AND 10000", name="heads_some"),
        CheckConstraint("stays_until >= arrived_on", name="stays_after_arrival"),
        CheckConstraint("num_nulls(verified_by, verified_on) IN (0, 2)", name="verified_whole"),
        CheckConstraint("verified_by <> recorded_by", name="verified_by_another"),
        CheckConstraint("status NOT IN ('verified', 'struck') OR verified_on IS NOT NULL", name="verified_by_somebody"),
        CheckConstraint("status NOT IN ('rejected', 'struck') OR reason_code IS NOT NULL", name="ended_with_reason"),
        Index(
            "uq_talent_arrival_once",
            "member_id",
            text("coalesce(centre_id, enterprise_id)"),
            "kind",
            "arrived_on",
            "document_no",
            unique=True,
            postgresql_where=text("status IN ('recorded', 'verified')"),
        ),
        Index("ix_talent_arrival_alliance", "alliance", "arrived_on", "id"),
        Index("ix_talent_arrival_member_id", "member_id", "id"),
    )

    no: Mapped[str]
    alliance: Mapped[str] = mapped_column(ForeignKey("alliance.kind"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("alliance_member.id"))
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    kind: Mapped[str]
    industry: Mapped[str | None]
    province: Mapped[str | None]
    heads: Mapped[int]
    arrived_on: Mapped[date]
    stays_until: Mapped[date | None]
    document_no: Mapped[str]
    status: Mapped[str]
    recorded_by: Mapped[str]
    verified_by: Mapped[str | None]
    verified_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    edition: Mapped[str]
