"""What may be changed about an enterprise by whom, and where its registered address lies."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from shared.policy.edition import Edition

CONTACT_FIELDS: Final = frozenset({"contact_phone", "contact_email"})
"""Who hosts an enterprise keeps these up to date; everything else says who it is or what it is entitled to."""

LICENCE_FIELDS: Final = frozenset({"registered_on"})
"""Read from the licence by an officer: the age at entry rests on it."""

OFFICER_FIELDS: Final = LICENCE_FIELDS | {"address_in_city"}

_ELSEWHERE: Final = re.compile(r"[^省市区县]{2,8}(?:省|自治区|特别行政区|市|地区|自治州)")


def fields_to_confirm(changes: Collection[str]) -> tuple[str, ...]:
    """2.2-1: of the fields sent, those that the enterprise itself or an officer has to confirm."""
    return tuple(sorted(set(changes) - CONTACT_FIELDS))


def registered_in_city(edition: Edition, address: str | None) -> bool | None:
    """3.3-2: whether the registered address lies in the city; None where it does not say.

    The address decides. The digits of the code are no evidence: firms of the economic zone carry 540091, and a firm
    that moved here keeps the digits of where it was.
    """
    place = "".join((address or "").split())
    for province in edition.incubation.province_names.value:
        place = place.removeprefix(province)
    if place.startswith(edition.incubation.city_names.value):
        return True
    return False if _ELSEWHERE.match(place) else None
