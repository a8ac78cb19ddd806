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

MIN_PASSWORD_LENGTH: Final = 12
MAX_PASSWORD_LENGTH: Final = 256
"""Characters after NFC. Length is what makes a password strong; symbols are not asked for (NIST SP 800-63B, 3.1.1)."""


def check_roles(roles: Iterable[str], scope: Mapping[str, str | None]) -> tuple[str, ...]:
    """The roles, sorted and once each, if one account may hold them with this scope.

    Raises 422 `roles-unknown`, `roles-incompatible` (administration is held alone: whoever runs the system neither
    decides cases nor audits) or `role-scope-missing`.
    """
    held = frozenset(roles)
    unknown = held - ASSIGNABLE_ROLES
    if unknown or not held:
        raise DomainError("roles-unknown", 422, params={"roles": ", ".join(sorted(unknown)) or "-"})
    if r.ADMIN in held and len(held) > 1:
        raise DomainError("roles-incompatible", 422, params={"role": r.ADMIN})
    for role, fields in REQUIRED_SCOPE.items():
        if role in held and not any(scope.get(field) for field in fields):
            raise DomainError("role-scope-missing", 422, params={"role": role, "fields": " / ".join(fields)})
    return tuple(sorted(held))


def check_password(password: str, username: str) -> None:
    """Refuse a password by its length, or if it is little more than the user name. Raises 422 `password-too-weak`."""
    folded = password.casefold()
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise DomainError(
            "password-too-weak", 422, params={"minimum": MIN_PASSWORD_LENGTH, "maximum": MAX_PASSWORD_LENGTH}
        )
    if len(set(folded)) < 4 or len(folded.replace(username.casefold(), "")) < MIN_PASSWORD_LENGTH // 2:
        raise DomainError("password-too-simple", 422)
