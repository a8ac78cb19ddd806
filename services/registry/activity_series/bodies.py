"""Who works for the departments and divisions that lead, coordinate and verify."""

from __future__ import annotations

from shared.auth.principal import Principal
from shared.auth.roles import DIVISION_APPROVER, DIVISION_OFFICER
from shared.policy.edition import Edition


def works_for(edition: Edition, body: str, principal: Principal, *, approvers: bool = True) -> bool:
    """Whether the caller belongs to a department, or to a division, of the edition."""
    department = edition.departments.get(body)
    if department is None:
        roles = (DIVISION_OFFICER, DIVISION_APPROVER) if approvers else (DIVISION_OFFICER,)
        return principal.division == body and principal.has(*roles)
    if not department.role_prefix:
        return False
    ranks = ("officer", "approver") if approvers else ("officer",)
    return principal.has(*(f"{department.role_prefix}_{rank}" for rank in ranks))
