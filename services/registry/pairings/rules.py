"""What a pair is made of, and when it has done its work."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from shared.policy.decision import Decision
from shared.policy.edition import Edition

PROPOSED: Final = "proposed"
CONFIRMED: Final = "confirmed"
ACTIVE: Final = "active"
COMPLETED: Final = "completed"
ENDED: Final = "ended"
DECLINED: Final = "declined"
WITHDRAWN: Final = "withdrawn"
STATUSES: Final = (PROPOSED, CONFIRMED, ACTIVE, COMPLETED, ENDED, DECLINED, WITHDRAWN)

CURRENT: Final = (PROPOSED, CONFIRMED, ACTIVE)
"""A firm is in one of these at a time: 50 + 50 inland firms and 100 of the city make a hundred pairs."""
STARTED: Final = (ACTIVE, COMPLETED, ENDED)
ANSWERABLE: Final = (PROPOSED,)
WITHDRAWABLE: Final = (PROPOSED, CONFIRMED)
STARTABLE: Final = (CONFIRMED,)
LOGGED: Final = (ACTIVE,)
CLOSABLE: Final = (ACTIVE,)

LHASA: Final = "lhasa"


def side_of(edition: Edition, province: str) -> str | None:
    """4.7-2: the side, 京 or 苏, that a firm of the province belongs to."""
    sides = edition.alliances.sides
    return next((name for name, side in sides.items() if side.province.value == province), None)


def decide_inland_firm(edition: Edition, province: str) -> Decision:
    """4.7-2: the inland firm comes from Beijing or Jiangsu."""
    side = side_of(edition, province)
    return edition.decision(
        edition.result(
            "pairings.inland_firm",
            side is not None,
            {"province": province, "side": side},
            limit=", ".join(side.province.value for side in edition.alliances.sides.values()),
            message="pair-inland-firm" if side else "pair-not-from-a-side",
        )
    )


def decide_lhasa_firm(edition: Edition, division: str, address_in_city: bool | None) -> Decision:
    """4.7-2: the other one is a firm of the city; an address that is known to be elsewhere is one too many."""
    local = division in edition.divisions.units and address_in_city is not False
    return edition.decision(
        edition.result(
            "pairings.lhasa_firm",
            local,
            {"division": division, "address_in_city": address_in_city},
            message="pair-lhasa-firm" if local else "pair-not-in-the-city",
        )
    )


def decide_result(edition: Edition, logged: Collection[str]) -> Decision:
    """4.7-2: a pair is completed by a result on its log; visits alone are none."""
    wanted = edition.alliances.pairing_result_kinds.value
    found = sorted(set(logged) & set(wanted))
    return edition.decision(
        edition.result(
            "pairings.result",
            bool(found),
            {"logged": ", ".join(sorted(set(logged))), "results": ", ".join(found)},
            limit=", ".join(wanted),
            message="pair-with-result" if found else "pair-without-result",
        )
    )
