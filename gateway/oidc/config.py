"""Whose tokens are believed, for what, and up to which rights: the file of trusted issuers (`OIDC_ISSUERS_FILE`).

Everything an issuer may bring about stands in this file. A file that cannot be meant as it stands keeps the process
from starting: a mapping half understood would let in the wrong people.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from gateway.accounts.rules import ASSIGNABLE_ROLES
from gateway.front import scopes
from gateway.signin.access import ISSUER as OWN_ISSUER

Algorithm = Literal["RS256", "ES256", "EdDSA"]
FieldName = Literal["org", "division", "provider", "bank", "person_ref"]
Provisioning = Literal["linked", "first_sight"]

WELL_KNOWN: Final = "/.well-known/openid-configuration"

_Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]


class ConfigurationInvalid(ValueError):
    """The file of trusted issuers cannot be used as it stands; the message says where and why."""


def _path(value: object) -> object:
    """`"groups"` is the claim of that name; a claim inside another is written as a list of names."""
    return (value,) if isinstance(value, str) else value


ClaimPath = Annotated[tuple[_Text, ...], BeforeValidator(_path), Field(min_length=1, max_length=5)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoleRule(_Part):
    """Who has this value in that claim (a text or a list of texts) has these roles."""

    claim: ClaimPath
    value: _Text
    roles: Annotated[tuple[str, ...], Field(min_length=1)]


class FieldRule(_Part):
    """Where a scope field comes from: a claim, or the same value for everybody of this issuer.

    `allowed` bounds what the issuer may say, for one that speaks for some organisations or divisions only.
    """

    claim: ClaimPath | None = None
    value: _Text | None = None
    allowed: tuple[_Text, ...] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.claim is None) == (self.value is None):
            raise ValueError("give either `claim` or `value`")
        if self.allowed is not None and self.value is not None and self.value not in self.allowed:
            raise ValueError("`value` is not among `allowed`")
        return self


class SecondFactor(_Part):
    """Which words of the issuer mean that a second factor was shown; without any none of its tokens says so."""

    acr: tuple[_Text, ...] = ()
    amr: tuple[_Text, ...] = ()


class Issuer(_Part):
    """One trusted issuer. Times are seconds."""

    name: _Name
    """Short, for logs, events and lists; it stays when the issuer's address is no longer trusted."""
    issuer: _Text
    """Exactly as in the tokens' `iss` and in the discovery document."""
    audiences: Annotated[tuple[_Text, ...], Field(min_length=1, max_length=10)]
    """What we are called there: the resource indicator, never the id of a client."""
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)]
    provisioning: Provisioning
    """`linked`: only who was linked to a local account comes in, with that account's rights. `first_sight`: whoever
    the issuer names comes in with what `roles` and `fields` give him."""
    ceiling: Annotated[frozenset[str], Field(min_length=1)]
    """Every role that anybody of this issuer can have here; nothing else in this file or in a token goes beyond it."""

    discovery_url: _Text | None = None
    """Where the metadata are, unless at the issuer's well-known address."""
    ca_file: Path | None = None
    """Certificates (PEM) that the issuer's servers are checked with instead of the system's."""
    lenient: bool = False
    """Also take access tokens that do not name their type as RFC 9068 asks for, from issuers that cannot do it."""
    clients: tuple[_Text, ...] | None = None
    """The only clients (`client_id` or `azp`) whose tokens count; all of them without it."""
    machines: bool = False
    """Whether a client may come in for itself, without a person (its subject is the client then)."""

    roles: tuple[RoleRule, ...] = ()
    fields: Mapping[FieldName, FieldRule] = Field(default_factory=dict)
    scopes: Mapping[_Text, tuple[str, ...]] | None = None
    """The issuer's scopes (claim `scope` or `scp`) → scopes here; without the table the roles alone decide."""
    second_factor: SecondFactor = SecondFactor()

    max_lifetime: Annotated[int, Field(ge=60, le=7 * 86_400)] = 86_400
    """A token good for longer than this, counted from its `iat`, is refused."""
    keys_min_age: Annotated[int, Field(ge=1, le=3600)] = 60
    keys_max_age: Annotated[int, Field(ge=10, le=86_400)] = 3600
    """How long fetched keys are taken for fresh: what the issuer's Cache-Control says, within these bounds."""
    keys_kept: Annotated[int, Field(ge=60, le=7 * 86_400)] = 86_400
    """How long keys are still believed while the issuer does not answer."""
    unknown_key_pause: Annotated[float, Field(ge=0.2, le=3600)] = 30.0
    """A token with an unknown key makes us ask the issuer again at most once in this time."""

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        if self.issuer == OWN_ISSUER:
            raise ValueError("this is the name of the gateway's own tokens")
        given = {role for rule in self.roles for role in rule.roles}
        unknown = (given | self.ceiling) - ASSIGNABLE_ROLES
        if unknown:
            raise ValueError(f"unknown roles: {', '.join(sorted(unknown))}")
        if given - self.ceiling:
            raise ValueError(f"roles beyond the ceiling: {', '.join(sorted(given - self.ceiling))}")
        unknown_scopes = scopes.unknown(scope for given in (self.scopes or {}).values() for scope in given)
        if unknown_scopes:
            raise ValueError(f"unknown scopes: {', '.join(unknown_scopes)}")
        if self.provisioning == "linked" and (self.roles or self.fields):
            raise ValueError("linked identities have their account's rights: leave `roles` and `fields` out")
        if self.provisioning == "first_sight" and not self.roles:
            raise ValueError("nobody would have a role: give `roles`")
        if self.keys_min_age > self.keys_max_age or self.keys_max_age > self.keys_kept:
            raise ValueError("keys_min_age <= keys_max_age <= keys_kept must hold")
        return self

    @property
    def metadata_url(self) -> str:
        return self.discovery_url or self.issuer.rstrip("/") + WELL_KNOWN


class Issuers(_Part):
    """The whole file."""

    issuers: Annotated[tuple[Issuer, ...], Field(max_length=100)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for field in ("name", "issuer"):
            counts = Counter(getattr(issuer, field) for issuer in self.issuers)
            twice = [value for value, count in counts.items() if count > 1]
            if twice:
                raise ValueError(f"{field} given more than once: {', '.join(twice)}")
        return self


def load_issuers(path: Path | None, *, production: bool) -> tuple[Issuer, ...]:
    """The trusted issuers of a TOML or JSON file; none without one.

    Raises ConfigurationInvalid, also for an address that is not https: outside production a loopback address may do
    without.
    """
    if path is None:
        return ()
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        issuers = Issuers.model_validate(content).issuers
        for issuer in issuers:
            for url in (issuer.issuer, issuer.metadata_url):
                check_address(url, production=production)
    except (OSError, ValueError) as error:
        raise ConfigurationInvalid(f"OIDC_ISSUERS_FILE {path.name}: {error}") from error
    return issuers


def check_address(url: str, *, production: bool) -> None:
    """Raise ValueError unless keys may be fetched from there: what is not encrypted, anybody on the way can replace."""
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None or parts.fragment or not parts.hostname:
        raise ValueError(f"{url!r} is no address of an issuer")
    if parts.scheme != "https" and (production or parts.scheme != "http" or not _is_loopback(parts.hostname)):
        raise ValueError(f"{url!r} must begin with https://")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
