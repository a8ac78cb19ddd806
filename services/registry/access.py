"""Who is who at the registry: the roles that handle cases, and those that may read everything."""

from __future__ import annotations

from typing import Final

from shared.auth import roles as r
from shared.auth.principal import Principal

OFFICERS: Final = (r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER)
"""Accept and review cases for the two bureaus that the policy makes responsible (2.1-1)."""

APPROVERS: Final = (r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER)
"""Decide on what an officer has reviewed."""

DIVISION_ROLES: Final = (r.DIVISION_OFFICER, r.DIVISION_APPROVER)

READ_ALL: Final = (*sorted(r.BUREAU_ROLES - set(DIVISION_ROLES)), r.AUDITOR)
"""The city's bureaus and the auditor; counties and parks read what lies in their own division."""


def operator_code_of(principal: Principal) -> str | None:
    """The code whose centres the caller runs; None for anybody who is not an operator."""
    return principal.org if principal.has(r.CENTRE_OPERATOR) else None


def enterprise_code_of(principal: Principal) -> str | None:
    """The code of the enterprise that the caller speaks for."""
    return principal.org if principal.has(r.ENTERPRISE) else None


def person_of(principal: Principal) -> str | None:
    """The opaque reference of the founder who asks."""
    return principal.person_ref if principal.has(r.FOUNDER) else None


def mentor_of(principal: Principal) -> str | None:
    """The opaque reference of the mentor who asks (4.8-1)."""
    return principal.person_ref if principal.has(r.MENTOR) else None


def self_of(principal: Principal) -> str | None:
    """The opaque reference of whoever signs in as a person, founder or mentor, not as an office or a firm."""
    return person_of(principal) or mentor_of(principal)


def division_of(principal: Principal) -> str | None:
    """The county, district or park that the caller works for."""
    return principal.division if principal.has(*DIVISION_ROLES) else None


def acts_for_bureau(principal: Principal) -> bool:
    """Whether the caller handles cases for everybody, not only for its own organisation."""
    return principal.has(*OFFICERS, *APPROVERS)
