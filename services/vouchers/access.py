"""Who is who here: typed callers for the routers, and the roles that read everything."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends

from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import forbidden

DIVISION_ROLES: Final = (r.DIVISION_OFFICER, r.DIVISION_APPROVER)

READ_ALL: Final = (*sorted(r.BUREAU_ROLES - set(DIVISION_ROLES)), r.AUDITOR)
"""The city's bureaus, which guide all programmes (4.3-4), and the auditor; counties and parks see their own."""

DivisionOfficer = Annotated[Principal, Depends(require(r.DIVISION_OFFICER))]
DivisionApprover = Annotated[Principal, Depends(require(r.DIVISION_APPROVER))]
Issuer = Annotated[Principal, Depends(require(*DIVISION_ROLES))]
ScienceOfficer = Annotated[Principal, Depends(require(r.SCIENCE_OFFICER))]
ScienceApprover = Annotated[Principal, Depends(require(r.SCIENCE_APPROVER))]
ScienceBureau = Annotated[Principal, Depends(require(r.SCIENCE_OFFICER, r.SCIENCE_APPROVER))]
Provider = Annotated[Principal, Depends(require(r.PROVIDER))]
Enterprise = Annotated[Principal, Depends(require(r.ENTERPRISE))]
EnterpriseOrProvider = Annotated[Principal, Depends(require(r.ENTERPRISE, r.PROVIDER))]
ExpiryOfficer = Annotated[Principal, Depends(require(r.DIVISION_OFFICER, r.SCIENCE_OFFICER))]
HolderOrOfficer = Annotated[Principal, Depends(require(r.ENTERPRISE, r.DIVISION_OFFICER))]
Anyone = Annotated[Principal, Depends(require(r.PUBLIC))]
VoucherReader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES, r.ENTERPRISE))]
OfficerOrProvider = Annotated[Principal, Depends(require(r.DIVISION_OFFICER, r.PROVIDER))]
FlagReader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES))]
RedemptionReader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES, r.ENTERPRISE, r.PROVIDER))]
Surveyor = Annotated[Principal, Depends(require(r.DIVISION_OFFICER, r.SCIENCE_OFFICER))]
IssuerReader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES))]
HoldingReader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES, r.PROVIDER))]
SettlementReader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES, r.PROVIDER))]
SettlementWorkReader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES))]


def enterprise_code_of(principal: Principal) -> str | None:
    """The code of the enterprise that the caller speaks for."""
    return principal.org if principal.has(r.ENTERPRISE) else None


def provider_code_of(principal: Principal) -> str | None:
    """The code of the service provider that the caller speaks for."""
    return principal.org if principal.has(r.PROVIDER) else None


def division_of(principal: Principal) -> str | None:
    """The county, district or park that the caller issues for."""
    return principal.division if principal.has(*DIVISION_ROLES) else None


def own_division(principal: Principal) -> str:
    """The division of an issuer's account. Raises 403 for an account without one."""
    division = division_of(principal)
    if division is None:
        raise forbidden()
    return division


def reads_all(principal: Principal) -> bool:
    """Whether the caller sees every object, whoever it belongs to."""
    return principal.has(*READ_ALL)
