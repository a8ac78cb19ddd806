"""The words of an edition as columns offer them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.policy.edition import Edition


def divisions(edition: Edition) -> Mapping[str, str]:
    """Districts, counties and parks."""
    return {code: unit.title_zh for code, unit in edition.divisions.units.items()}


def service_kinds(edition: Edition) -> Mapping[str, str]:
    """What a centre offers (1.1-1)."""
    return {code: kind.title_zh for code, kind in edition.centres.service_kinds.items()}


def tiers(edition: Edition) -> Mapping[str, str]:
    """The tiers of 2.1-0."""
    return {code: tier.title_zh for code, tier in edition.tiers.items()}


def title_kinds(edition: Edition) -> Mapping[str, str]:
    """The four kinds of titles (2.3-5)."""
    return {code: kind.title_zh for code, kind in edition.titles.kinds.items()}


def title_levels(edition: Edition) -> Mapping[str, str]:
    """Municipal, regional, national."""
    return {code: level.title_zh for code, level in edition.titles.levels.items()}


def spaces(edition: Edition) -> Mapping[str, str]:
    """The four spaces (1.1-1)."""
    return {code: space.title_zh for code, space in edition.centres.spaces.items()}


def ownership_types(edition: Edition) -> Mapping[str, str]:
    """Who owns a centre's operator."""
    return {code: kind.title_zh for code, kind in edition.centre_profile.ownership_types.items()}


def carrier_kinds(edition: Edition) -> Mapping[str, str]:
    """Carriers that a centre hands enterprises on to (1.1-2)."""
    return {code: kind.title_zh for code, kind in edition.centres.carrier_kinds.items()}
