"""Which roles go together, and what each must be scoped to: the same rules as the table's CHECK constraints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from shared.auth import roles as r
from shared.errors import DomainError

ASSIGNABLE_ROLES: Final = r.ALL_ROLES - {r.PUBLIC}
"""`public` is what nobody in particular is; an account is somebody."""

SCOPE_FIELDS: Final = ("org", "division", "provider", "bank", "person_ref")

REQUIRED_SCOPE: Final[Mapping[str, tuple[str, ...]]] = {
    r.CENTRE_OPERATOR: ("org",),
    r.ENTERPRISE: ("org",),
    r.DIVISION_OFFICER: ("division",),
    r.DIVISION_APPROVER: ("division",),
    r.PROVIDER: ("provider", "org"),
    r.FOUNDER: ("person_ref",),
    r.BANK: ("bank",),
}
"""For each scoped role the fields of which one must be set."""


def array_of(values: frozenset[str]) -> str:
    """The values as PostgreSQL's array, for a CHECK."""
    return "ARRAY[" + ", ".join(f"'{value}'" for value in sorted(values)) + "]::text[]"


MIN_PASSWORD_LENGTH: Final = 12
MAX_PASSWORD_LENGTH: Final = 256
"""Characters after NFC. Length is what makes a password strong; symbols are not asked for (NIST SP 800-63B, 3.1.1)."""

REQUEST_DAYS: Final = 7
"""How long what one person asked for waits for the second one."""


def check_roles(roles: Iterable[str], scope: Mapping[str, str | None]) -> tuple[str, ...]:
    """The roles, sorted and once each, if one account may hold them with this scope.

    Raises 422 `roles-unknown`, `roles-incompatible` (system administration, security administration and audit are each
    held alone, GB/T 22239: whoever runs the system neither secures nor audits it) or `role-scope-missing`.
    """
    held = frozenset(roles)
    unknown = held - ASSIGNABLE_ROLES
    if unknown or not held:
        raise DomainError("roles-unknown", 422, params={"roles": ", ".join(sorted(unknown)) or "-"})
    alone = held & r.OVERSIGHT_ROLES
    if alone and len(held) > 1:
        raise DomainError("roles-incompatible", 422, params={"role": ", ".join(sorted(alone))})
    for role, fields in REQUIRED_SCOPE.items():
        if role in held and not any(scope.get(field) for field in fields):
            raise DomainError("role-scope-missing", 422, params={"role": role, "fields": " / ".join(fields)})
    return tuple(sorted(held))


def carries_power(
    held: Iterable[str], held_scope: Mapping[str, str | None], wanted: Iterable[str], scope: Mapping[str, str | None]
) -> bool:
    """Whether a change of rights needs a second person: it gives a role of power, or another scope to one already held.

    Taking a role away never does.
    """
    now, then = frozenset(held), frozenset(wanted)
    if (then - now) & r.POWER_ROLES:
        return True
    moved = any(scope.get(field) and scope.get(field) != held_scope.get(field) for field in SCOPE_FIELDS)
    return moved and bool(then & r.POWER_ROLES)
