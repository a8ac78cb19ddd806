"""From a token's claims to what its holder may do here: by the configuration, and never beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from gateway.accounts.rules import REQUIRED_SCOPE, check_roles
from gateway.accounts.schemas import Division, Reference
from gateway.oidc.config import FieldName, FieldRule, Issuer
from shared.auth.roles import POWER_ROLES
from shared.errors import DomainError
from shared.http.schemas import acceptable
from shared.identifiers import UnifiedSocialCreditCode

Claims = Mapping[str, object]

MAX_VALUES: Final = 1000
"""Groups of one person that are looked at; a token of the allowed size holds no more."""

_FORMS: Final[Mapping[FieldName, TypeAdapter[str]]] = {
    "org": TypeAdapter(UnifiedSocialCreditCode),
    "division": TypeAdapter(Division),
    "provider": TypeAdapter(Reference),
    "bank": TypeAdapter(Reference),
    "person_ref": TypeAdapter(Reference),
}


class RightsUnclear(Exception):
    """The token says something about its holder's rights that cannot stand; the message is for the log."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a token gives its holder. `scopes` is None where the issuer's scopes are not looked at."""

    roles: tuple[str, ...]
    fields: Mapping[FieldName, str]
    scopes: frozenset[str] | None
    mfa: bool


def decide_rights(issuer: Issuer, claims: Claims) -> Rights:
    """The rights that this issuer's claims give.

    A role whose scope field is missing is not given, since it would be about nothing; without any role left the holder
    can do nothing. Raises RightsUnclear for a field of the wrong form or beyond `allowed`, and for roles that nobody
    may hold together: to pick among them would be a guess.
    """
    fields = {name: value for name, rule in issuer.fields.items() if (value := _field(name, rule, claims)) is not None}
    named = {role for rule in issuer.roles if rule.value in texts_at(claims, rule.claim) for role in rule.roles}
    roles = {role for role in named & issuer.ceiling if _scoped(role, fields)}
    try:
        held = check_roles(roles, {str(name): value for name, value in fields.items()}) if roles else ()
    except DomainError as error:
        raise RightsUnclear(error.code) from error
    return Rights(held, fields, _scopes(issuer, claims), _second_factor(issuer, claims))


def linked_ceiling(ceiling: frozenset[str], *, confirmed: bool) -> frozenset[str]:
    """Which of a linked account's roles count for somebody who comes in by an outside issuer, those included that a
    colleague on leave has left to it.

    Roles of power count only when a second person has confirmed the link: otherwise one administrator alone could let
    himself in as any approver.
    """
    return ceiling if confirmed else ceiling - POWER_ROLES


def texts_at(claims: Claims, path: tuple[str, ...]) -> frozenset[str]:
    """The texts of a claim: of one text that text, of a list its texts, of anything else none."""
    value: object = claims
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, list):
        return frozenset(item for item in value[:MAX_VALUES] if isinstance(item, str))
    return frozenset()


def _field(name: FieldName, rule: FieldRule, claims: Claims) -> str | None:
    if rule.claim is None:
        found = frozenset({rule.value or ""})
    else:
        found = frozenset(text for text in texts_at(claims, rule.claim) if text)
    if not found:
        return None
    value = next(iter(found))
    if len(found) > 1:
        raise RightsUnclear(f"several values of {name}")
    try:
        value = _FORMS[name].validate_python(value)
    except ValidationError as error:
        raise RightsUnclear(f"form of {name}") from error
    if not acceptable(value) or (rule.allowed is not None and value not in rule.allowed):
        raise RightsUnclear(f"{name} is not one this issuer may name")
    return value


def _scoped(role: str, fields: Mapping[FieldName, str]) -> bool:
    needed = REQUIRED_SCOPE.get(role)
    return needed is None or any(field in fields for field in needed)


def _scopes(issuer: Issuer, claims: Claims) -> frozenset[str] | None:
    if issuer.scopes is None:
        return None
    words = {word for claim in ("scope", "scp") for text in texts_at(claims, (claim,)) for word in text.split(" ")}
    return frozenset(scope for word in words for scope in issuer.scopes.get(word, ()))


def _second_factor(issuer: Issuer, claims: Claims) -> bool:
    known = issuer.second_factor
    acr = claims.get("acr")
    return (isinstance(acr, str) and acr in known.acr) or not texts_at(claims, ("amr",)).isdisjoint(known.amr)
