"""What a centre must be to be listed, and which steps are possible from where."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shared.errors import invalid_transition
from shared.policy.decision import Decision
from shared.policy.edition import Edition

STATUSES: Final = ("draft", "submitted", "reviewed", "returned", "listed", "rejected", "delisted")
PUBLIC: Final = ("listed", "delisted")
"""States in which a centre stands in the public register."""

EDITABLE: Final = ("draft", "returned")
REVIEWABLE: Final = ("submitted",)
LISTABLE: Final = ("reviewed",)
PENDING: Final = ("submitted", "reviewed")
OPEN_APPLICATION: Final = ("submitted", "reviewed", "returned")
"""An application that ends with a ban on its operator."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a centre's application states about it; `designated` when the State's designation is on file."""

    service_kinds: Sequence[str]
    tier: str
    owner_division: str
    site_division: str
    total_area_m2: Decimal
    incubation_area_m2: Decimal
    designated: bool


def require_state(current: str, allowed_from: Sequence[str]) -> None:
    """2.1-1: refuse a step that is not possible now: 409 `invalid-transition`, naming the states it starts from."""
    if current not in allowed_from:
        raise invalid_transition(current, allowed_from)


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
    """2.1-0, 2.1-3, 1.2-6: service kinds, tier and divisions are words of the edition, the areas fit, and a tier that
    the city does not approve has its designation on file."""
    tier = edition.tiers.get(profile.tier)
    kinds_known = bool(profile.service_kinds) and set(profile.service_kinds) <= set(edition.centres.service_kinds)
    places_known = {profile.owner_division, profile.site_division} <= set(edition.divisions.units)
    fits = 0 < profile.incubation_area_m2 <= profile.total_area_m2
    designated = tier is None or tier.city_approves.value or profile.designated
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
        designated,
        {"tier": profile.tier, "designated": profile.designated},
        message="tier-may-be-approved" if designated else "tier-designation-missing",
    )
    enclave = enclave_under(edition, profile.owner_division, profile.site_division)
    place = edition.result(
        "centre.enclave",
        True,
        {"owner_division": profile.owner_division, "site_division": profile.site_division, "enclave": enclave},
        message="centre-is-enclave" if enclave else "centre-is-no-enclave",
    )
    return edition.decision(listing, known, approval, place)
