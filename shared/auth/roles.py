"""Role names, as accounts carry them and tokens transport them."""

from typing import Final

SCIENCE_OFFICER: Final = "science_officer"
SCIENCE_APPROVER: Final = "science_approver"
INDUSTRY_OFFICER: Final = "industry_officer"
INDUSTRY_APPROVER: Final = "industry_approver"
FINANCE_OFFICER: Final = "finance_officer"
FINANCE_APPROVER: Final = "finance_approver"
TREASURY_OFFICER: Final = "treasury_officer"
TREASURY_APPROVER: Final = "treasury_approver"
HR_OFFICER: Final = "hr_officer"
HR_APPROVER: Final = "hr_approver"
EDUCATION_OFFICER: Final = "education_officer"
EDUCATION_APPROVER: Final = "education_approver"
OFFICE_OFFICER: Final = "office_officer"
OFFICE_APPROVER: Final = "office_approver"
DIVISION_OFFICER: Final = "division_officer"
DIVISION_APPROVER: Final = "division_approver"
CENTRE_OPERATOR: Final = "centre_operator"
ENTERPRISE: Final = "enterprise"
FOUNDER: Final = "founder"
PROVIDER: Final = "provider"
MENTOR: Final = "mentor"
EXPERT: Final = "expert"
AUDITOR: Final = "auditor"
ADMIN: Final = "admin"
SECURITY_ADMIN: Final = "security_admin"
BANK: Final = "bank"
GUARANTOR: Final = "guarantor"
BUREAU: Final = "bureau"
PUBLIC: Final = "public"

BUREAU_ROLES: Final = frozenset(
    {
        SCIENCE_OFFICER,
        SCIENCE_APPROVER,
        INDUSTRY_OFFICER,
        INDUSTRY_APPROVER,
        FINANCE_OFFICER,
        FINANCE_APPROVER,
        TREASURY_OFFICER,
        TREASURY_APPROVER,
        HR_OFFICER,
        HR_APPROVER,
        EDUCATION_OFFICER,
        EDUCATION_APPROVER,
        OFFICE_OFFICER,
        OFFICE_APPROVER,
        DIVISION_OFFICER,
        DIVISION_APPROVER,
    }
)
"""Officers and approvers of the bureaus, districts and parks: they may enter effective dates in the past."""

ALL_ROLES: Final = BUREAU_ROLES | {
    CENTRE_OPERATOR,
    ENTERPRISE,
    FOUNDER,
    PROVIDER,
    MENTOR,
    EXPERT,
    AUDITOR,
    ADMIN,
    SECURITY_ADMIN,
    BANK,
    GUARANTOR,
    BUREAU,
    PUBLIC,
}
"""Everything a token may carry; ``public`` alone means nobody in particular."""

APPROVER_ROLES: Final = frozenset(role for role in BUREAU_ROLES if role.endswith("_approver"))
"""Who decides what somebody else prepared."""

OVERSIGHT_ROLES: Final = frozenset({ADMIN, SECURITY_ADMIN, AUDITOR})
"""System administration, security administration and audit: three duties, each held alone."""

POWER_ROLES: Final = BUREAU_ROLES | OVERSIGHT_ROLES
"""Roles that one administrator alone can give to nobody."""

SECOND_FACTOR_ROLES: Final = APPROVER_ROLES | OVERSIGHT_ROLES
"""Roles that act only in sessions to which a second factor was shown."""
