"""Who is who at the evaluation service: the roles that handle cases, and what each reader may see."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends
from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from services.evaluation.projections import known_centre
from shared.auth import roles as r
from shared.auth.principal import Principal, require, require_internal
from shared.policy.edition import Edition

OFFICERS: Final = (r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER)
"""Accept reports and run the yearly evaluation for the two bureaus that the policy makes responsible (2.3-1)."""

APPROVERS: Final = (r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER)
"""Decide on what an officer has prepared."""

DIVISION_ROLES: Final = (r.DIVISION_OFFICER, r.DIVISION_APPROVER)
READ_ALL: Final = (*sorted(r.BUREAU_ROLES - set(DIVISION_ROLES)), r.AUDITOR)
"""The city's bureaus and the auditor; counties and parks read what lies in their own division."""

Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]
Operator = Annotated[Principal, Depends(require(r.CENTRE_OPERATOR))]
OperatorOrOfficer = Annotated[Principal, Depends(require(r.CENTRE_OPERATOR, *OFFICERS))]
Scorer = Annotated[Principal, Depends(require(r.EXPERT, *OFFICERS))]
BureauReader = Annotated[Principal, Depends(require(*READ_ALL))]
CaseReader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES, r.CENTRE_OPERATOR))]
ScoreReader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES, r.CENTRE_OPERATOR, r.EXPERT))]
Anyone = Annotated[Principal, Depends(require(r.PUBLIC))]
SomebodyKnown = Annotated[Principal, Depends(require(*sorted(r.ALL_ROLES - {r.PUBLIC})))]
"""Whoever has an account: a public notice is for everybody, an objection to it needs a name."""
InternalCaller = Annotated[Principal, Depends(require_internal())]


def reads_all(principal: Principal) -> bool:
    """Whether the caller sees every centre's cases."""
    return principal.has(*READ_ALL)


def in_scope(principal: Principal, centre_id: InstrumentedAttribute[UUID] | ColumnElement[UUID]) -> ColumnElement[bool]:
    """The rows the caller may see by the centre they belong to: all, those of its division, or its own centres'.

    Somebody else's answer 404, so the condition belongs into every query. An operator sees the centres it runs now.
    """
    if reads_all(principal):
        return true()
    allowed: list[ColumnElement[bool]] = []
    if principal.has(*DIVISION_ROLES) and principal.division is not None:
        division = principal.division
        allowed.append(or_(known_centre.c.owner_division == division, known_centre.c.site_division == division))
    if principal.has(r.CENTRE_OPERATOR) and principal.org is not None:
        allowed.append(known_centre.c.operator_code == principal.org)
    if not allowed:
        return ~true()
    return centre_id.in_(select(known_centre.c.id).where(or_(*allowed)))


def bureaus_of(principal: Principal, edition: Edition) -> tuple[str, ...]:
    """The deciding bureaus that the caller may approve for, in the edition's order."""
    deciding = edition.procedure.deciding_departments.value
    return tuple(name for name in deciding if f"{edition.departments[name].role_prefix}_approver" in principal.roles)
