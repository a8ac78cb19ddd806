"""Loan applications, hires and contracts; persons and more about enterprises as finance knows them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)


def upgrade() -> None:
    _create_bank_refusal()
    _create_loan()
    _create_loan_partner()
    _create_joint_member()
    _create_loan_hire()
    _create_known_person()
    _create_known_person_link()
    _widen_known_enterprise()


def _widen_known_enterprise() -> None:
    """NULL until the registry's events are read again: what rests on them answers `reference-not-yet-known`."""
    for name, kind in (
        ("name", sa.Text()),
        ("industry_code", sa.Text()),
        ("registered_on", sa.Date()),
        ("address_in_city", sa.Boolean()),
        ("legal_representative_ref", sa.Text()),
        ("size_class", sa.Text()),
        ("size_year", sa.Integer()),
    ):
        op.add_column("known_enterprise", sa.Column(name, kind))
    op.create_index("ix_known_enterprise_legal_representative_ref", "known_enterprise", ["legal_representative_ref"])


def _create_bank_refusal() -> None:
    op.create_table(
        "bank_refusal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("borrower", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("refused_on", sa.Date(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "(source = 'referral') = (referral_id IS NOT NULL)", name=op.f("ck_bank_refusal_referral_named")
        ),
        sa.CheckConstraint(
            "source <> 'document' OR document_no IS NOT NULL", name=op.f("ck_bank_refusal_document_named")
        ),
        sa.CheckConstraint("source IN ('referral', 'bank', 'document')", name=op.f("ck_bank_refusal_source_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_refusal")),
        sa.UniqueConstraint("referral_id", name="uq_bank_refusal_referral_id"),
    )
    op.create_index("ix_bank_refusal_borrower", "bank_refusal", ["borrower", "refused_on"], unique=False)


def _create_loan() -> None:
    op.create_table(
        "loan",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("guarantor", sa.Boolean(), nullable=False),
        sa.Column("borrower", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("enterprise_code", sa.Text(), nullable=True),
        sa.Column("person_ref", sa.Text(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("centre_id", sa.Uuid(), nullable=True),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("requested", MONEY, nullable=False),
        sa.Column("tenor_months", sa.SmallInteger(), nullable=False),
        sa.Column("approved", MONEY, nullable=True),
        sa.Column("contracted", MONEY, nullable=True),
        sa.Column("disbursed", MONEY, server_default=sa.text("0"), nullable=False),
        sa.Column("outstanding", MONEY, server_default=sa.text("0"), nullable=False),
        sa.Column("committed", MONEY, server_default=sa.text("0"), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("refusal_id", sa.Uuid(), nullable=True),
        sa.Column("figures", postgresql.JSONB(), nullable=True),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("hire_calculation", postgresql.JSONB(), nullable=True),
        sa.Column("hire_window", sa.Text(), nullable=True),
        sa.Column("hire_window_by", sa.Text(), nullable=True),
        sa.Column("hire_window_on", sa.Date(), nullable=True),
        sa.Column("hire_window_reason", sa.Text(), nullable=True),
        sa.Column("rate", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.Column("contract_no", sa.Text(), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("maturity_on", sa.Date(), nullable=True),
        sa.Column("schedule_kind", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("contracted_by", sa.Text(), nullable=True),
        sa.Column("contracted_on", sa.Date(), nullable=True),
        sa.Column("disbursed_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("consents", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("eligibility", postgresql.JSONB(), nullable=True),
        sa.Column("check_decision", postgresql.JSONB(), nullable=True),
        sa.Column("bank_decision", postgresql.JSONB(), nullable=True),
        sa.Column("contract_decision", postgresql.JSONB(), nullable=True),
        sa.Column("delisted_on", sa.Date(), nullable=True),
        sa.Column("delisting_case_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "(status = 'refused') <= (reason_code IS NOT NULL)", name=op.f("ck_loan_refused_with_reason")
        ),
        sa.CheckConstraint("hire_window IN ('rolling', 'calendar')", name=op.f("ck_loan_hire_window_known")),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'reviewed', 'department_checked', "
            "'guarantor_accepted', 'bank_accepted', 'contracted', 'disbursed', 'repaying', "
            "'closed', 'refused', 'withdrawn', 'in_claim', 'in_recovery')",
            name=op.f("ck_loan_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('contracted', 'disbursed', 'repaying', 'in_claim', 'in_recovery', "
            "'closed') OR num_nulls(contracted, rate, contract_no, start_on, maturity_on, "
            "schedule_kind, contracted_by, contracted_on) = 0",
            name=op.f("ck_loan_contract_whole"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('refused', 'withdrawn') OR num_nulls(ended_by, ended_on) = 0",
            name=op.f("ck_loan_ended_whole"),
        ),
        sa.CheckConstraint("accepted_by NOT IN (submitted_by, checked_by)", name=op.f("ck_loan_bank_is_another")),
        sa.CheckConstraint("approved > 0 AND approved <= requested", name=op.f("ck_loan_approved_within_requested")),
        sa.CheckConstraint(
            "checked_by <> submitted_by AND checked_by <> reviewed_by", name=op.f("ck_loan_checker_is_another")
        ),
        sa.CheckConstraint(
            "committed >= 0 AND committed <= coalesce(contracted, approved, 0)", name=op.f("ck_loan_committed_known")
        ),
        sa.CheckConstraint(
            "contracted > 0 AND contracted <= approved", name=op.f("ck_loan_contracted_within_approved")
        ),
        sa.CheckConstraint("contracted_by NOT IN (submitted_by, checked_by)", name=op.f("ck_loan_contract_by_another")),
        sa.CheckConstraint(
            "disbursed >= 0 AND disbursed <= coalesce(contracted, 0)", name=op.f("ck_loan_disbursed_within_contract")
        ),
        sa.CheckConstraint(
            "enterprise_id IS NOT NULL OR person_ref IS NOT NULL", name=op.f("ck_loan_somebody_borrows")
        ),
        sa.CheckConstraint("maturity_on > start_on", name=op.f("ck_loan_contract_forward")),
        sa.CheckConstraint(
            "num_nulls(enterprise_id, enterprise_code) IN (0, 2)", name=op.f("ck_loan_enterprise_whole")
        ),
        sa.CheckConstraint(
            "num_nulls(hire_window, hire_window_by, hire_window_on) IN (0, 3)", name=op.f("ck_loan_hire_window_whole")
        ),
        sa.CheckConstraint(
            "outstanding >= 0 AND outstanding <= disbursed", name=op.f("ck_loan_outstanding_within_disbursed")
        ),
        sa.CheckConstraint("rate >= 0", name=op.f("ck_loan_rate_not_negative")),
        sa.CheckConstraint("requested > 0 AND tenor_months > 0", name=op.f("ck_loan_asked_for_something")),
        sa.CheckConstraint("reviewed_by <> submitted_by", name=op.f("ck_loan_reviewer_is_another")),
        sa.CheckConstraint(
            "reviewed_on >= submitted_on AND checked_on >= submitted_on", name=op.f("ck_loan_dates_forward")
        ),
        sa.ForeignKeyConstraint(["refusal_id"], ["bank_refusal.id"], name=op.f("fk_loan_refusal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan")),
        sa.UniqueConstraint("no", name="uq_loan_no"),
    )
    op.create_index("ix_loan_bank", "loan", ["bank", "status"], unique=False)
    op.create_index("ix_loan_borrower", "loan", ["borrower"], unique=False)
    op.create_index("ix_loan_centre_id", "loan", ["centre_id"], unique=False)
    op.create_index("ix_loan_enterprise_id", "loan", ["enterprise_id"], unique=False)
    op.create_index("ix_loan_group_id", "loan", ["group_id"], unique=False)
    op.create_index("ix_loan_person_ref", "loan", ["person_ref"], unique=False)
    op.create_index("ix_loan_status", "loan", ["status", "product"], unique=False)
    op.create_index("uq_loan_contract", "loan", ["bank", "contract_no", "livemode"], unique=True)


def _create_loan_partner() -> None:
    op.create_table(
        "loan_partner",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_partner_loan_id")),
        sa.PrimaryKeyConstraint("loan_id", "person_ref", name=op.f("pk_loan_partner")),
        sa.UniqueConstraint("loan_id", "position", name="uq_loan_partner_position"),
    )
    op.create_index("ix_loan_partner_person_ref", "loan_partner", ["person_ref"], unique=False)


def _create_joint_member() -> None:
    op.create_table(
        "joint_member",
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("livemode", "person_ref", name=op.f("pk_joint_member")),
    )
    op.create_index("ix_joint_member_group_id", "joint_member", ["group_id"], unique=False)


def _create_loan_hire() -> None:
    op.create_table(
        "loan_hire",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=True),
        sa.Column("hired_on", sa.Date(), nullable=False),
        sa.Column("contract_from", sa.Date(), nullable=False),
        sa.Column("contract_to", sa.Date(), nullable=True),
        sa.Column("insured", sa.Boolean(), nullable=False),
        sa.Column("dispatched", sa.Boolean(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("sealed_evidence", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("evidence_index", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("contract_to >= contract_from", name=op.f("ck_loan_hire_contract_forward")),
        sa.CheckConstraint("left_on >= hired_on", name=op.f("ck_loan_hire_left_after_hired")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_hire_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_hire")),
        sa.UniqueConstraint("loan_id", "line", name="uq_loan_hire_line"),
    )
    op.create_index("ix_loan_hire_key_id", "loan_hire", ["key_id", "id"], unique=False)


def _create_known_person() -> None:
    op.create_table(
        "known_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("graduate", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_person")),
    )
    op.create_index("uq_known_person_ref", "known_person", ["ref"], unique=True)


def _create_known_person_link() -> None:
    op.create_table(
        "known_person_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_person_link")),
    )
    op.create_index("ix_known_person_link_enterprise_id", "known_person_link", ["enterprise_id"], unique=False)
    op.create_index("ix_known_person_link_ref", "known_person_link", ["ref"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("loans on record are not taken off it: restore a backup instead")
