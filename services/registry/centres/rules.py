"""What a centre must be to be listed, and which steps are possible from where."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from services.registry.tiers.rules import entry_tiers
from shared.errors import invalid_transition
from shared.policy.decision import Decision, RuleResult
from shared.policy.edition import Edition

STATUSES: Final = (
    "draft",
    "submitted",
    "reviewed",
    "announced",
    "returned",
    "listed",
    "rejected",
    "suspended",
    "withdrawn",
    "delisted",
)
PUBLIC: Final = ("announced", "listed", "suspended", "withdrawn", "delisted")
"""States in which a centre stands in the public register."""

EDITABLE: Final = ("draft", "returned")
REVIEWABLE: Final = ("submitted",)
ANNOUNCEABLE: Final = ("reviewed",)
LISTABLE: Final = ("announced",)
PENDING: Final = ("submitted", "reviewed", "announced")
OPEN_APPLICATION: Final = ("submitted", "reviewed", "announced", "returned")
"""An application that ends with a ban on its operator."""

STANDING: Final = ("listed", "suspended")
"""Centres that are on the list, working or not."""

LIVE: Final = ("industry_code", "cluster_tag", "ownership_type", "spaces", "online_services", "enclave_agreement")
"""What describes a centre on the list and may change without a new application."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a centre's application states about it."""

    service_kinds: Sequence[str]
    tier: str
    owner_division: str
    site_division: str
    total_area_m2: Decimal
    incubation_area_m2: Decimal
    ownership_type: str | None = None
    spaces: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Agreement:
    """An enclave's joint-development agreement; without `valid_until` it has no end."""

    document_no: str
    signed_on: date
    valid_until: date | None


def require_state(current: str, allowed_from: Sequence[str]) -> None:
    """2.1-1: refuse a step that is not possible now: 409 `invalid-transition`, naming the states it starts from."""
    if current not in allowed_from:
        raise invalid_transition(current, allowed_from)


def decide_listed_by(edition: Edition, rule: str, listed_on: date | None, day: date) -> Decision:
    """2.1-1: what is entered for a past day counts from the centre's listing on. `rule` is the edition's rule that asks
    for a listed centre; one that never was listed fails that by its state."""
    if listed_on is None:
        return edition.decision()
    listed = day >= listed_on
    return edition.decision(
        edition.result(
            rule,
            listed,
            {"listed_on": listed_on, "day": day},
            limit=listed_on,
            message="centre-listed" if listed else "centre-not-listed-yet",
        )
    )


def is_enclave(
    owner_division: str, site_division: str, *, enclave_owners: Collection[str], main_urban: Collection[str]
) -> bool:
    """1.2-6: one of the five counties owns the centre and it stands in the main urban area; it counts for the owner."""
    return owner_division in enclave_owners and site_division in main_urban


def enclave_under(edition: Edition, owner_division: str, site_division: str) -> bool:
    """1.2-6 with the lists of one edition."""
    divisions = edition.divisions
    return is_enclave(
        owner_division,
        site_division,
        enclave_owners=divisions.enclave_owners.value,
        main_urban=divisions.main_urban.value,
    )


def decide_profile(edition: Edition, profile: Profile) -> Decision:
    """2.1-0 to 2.1-3, 1.2-6: service kinds, tier and divisions are words of the edition, the areas fit, and the tier is
    one that a centre is listed as: the others are applied for, or designated from above, once it is listed."""
    tier = edition.tiers.get(profile.tier)
    kinds_known = bool(profile.service_kinds) and set(profile.service_kinds) <= set(edition.centres.service_kinds)
    places_known = {profile.owner_division, profile.site_division} <= set(edition.divisions.units)
    fits = 0 < profile.incubation_area_m2 <= profile.total_area_m2
    entries = entry_tiers(edition)
    listing = edition.result(
        "centre.listing",
        kinds_known and places_known and fits,
        {
            "service_kinds": ", ".join(profile.service_kinds),
            "total_area_m2": profile.total_area_m2,
            "incubation_area_m2": profile.incubation_area_m2,
        },
        limit=profile.total_area_m2,
        message="centre-profile-complete" if kinds_known and places_known and fits else "centre-profile-incomplete",
    )
    known = edition.result(
        "centre.tier",
        tier is not None,
        {"tier": profile.tier},
        limit=", ".join(edition.tiers),
        message="centre-tier-known" if tier is not None else "centre-tier-unknown",
    )
    approval = edition.result(
        "centre.tier_approval",
        tier is None or profile.tier in entries,
        {"tier": profile.tier},
        limit=", ".join(entries),
        message="tier-at-listing" if profile.tier in entries else "tier-not-at-listing",
    )
    enclave = enclave_under(edition, profile.owner_division, profile.site_division)
    place = edition.result(
        "centre.enclave",
        True,
        {"owner_division": profile.owner_division, "site_division": profile.site_division, "enclave": enclave},
        message="centre-is-enclave" if enclave else "centre-is-no-enclave",
    )
    return edition.decision(listing, known, approval, place, *_file(edition, profile))


def _file(edition: Edition, profile: Profile) -> Iterator[RuleResult]:
    """1.1-1 and 2.1-2: what the file says of spaces and ownership uses the edition's words and fits into the house."""
    spaces = sum(profile.spaces.values(), Decimal(0))
    fits = set(profile.spaces) <= set(edition.centres.spaces) and spaces <= profile.total_area_m2
    yield edition.result(
        "centre.profile",
        fits,
        {"spaces": ", ".join(sorted(profile.spaces)), "spaces_area_m2": spaces, "total_area_m2": profile.total_area_m2},
        limit=profile.total_area_m2,
        message="centre-spaces-fit" if fits else "centre-spaces-do-not-fit",
    )
    types = edition.centre_profile.ownership_types
    known = profile.ownership_type is None or profile.ownership_type in types
    yield edition.result(
        "centre.ownership",
        known,
        {"ownership_type": profile.ownership_type},
        limit=", ".join(types),
        message="centre-ownership-known" if known else "centre-ownership-unknown",
    )


def decide_enclave_agreement(edition: Edition, enclave: bool, agreement: Agreement | None, day: date) -> Decision:
    """1.2-6: an enclave has a joint-development agreement that is signed and runs on the day it is announced or listed;
    other centres need none."""
    runs = agreement is not None and (
        agreement.signed_on <= day and (agreement.valid_until is None or day <= agreement.valid_until)
    )
    message = "enclave-agreement-runs" if enclave else "enclave-agreement-not-needed"
    if enclave and not runs:
        message = "enclave-agreement-missing" if agreement is None else "enclave-agreement-not-running"
    result = edition.result(
        "centre.enclave_agreement",
        runs or not enclave,
        {
            "enclave": enclave,
            "day": day,
            "document_no": agreement.document_no if agreement else None,
            "signed_on": agreement.signed_on if agreement else None,
            "valid_until": agreement.valid_until if agreement else None,
        },
        message=message,
    )
    return edition.decision(result)
