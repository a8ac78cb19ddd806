"""Whether a centre has the standard kit."""

from __future__ import annotations

from collections.abc import Mapping

from shared.policy.decision import Decision
from shared.policy.edition import Edition


def items_of(edition: Edition) -> tuple[str, ...]:
    """4.1-2: every item of every part, as `part.item`."""
    return tuple(
        f"{part}.{item}" for part, content in edition.centre_profile.self_check.items() for item in content.items
    )


def decide_self_check(edition: Edition, met: Mapping[str, bool]) -> Decision:
    """4.1-2: professional team, market mechanism and integration of resources, part by part; a part is there with every
    item, or with one where the edition is content with that. Items left out are not met."""
    every = edition.centre_profile.self_check_every_item.value
    results = []
    for part, content in edition.centre_profile.self_check.items():
        missing = [item for item in content.items if not met.get(f"{part}.{item}", False)]
        there = not missing if every else len(missing) < len(content.items)
        results.append(
            edition.result(
                "centre.self_check",
                there,
                {
                    "part": part,
                    "met": len(content.items) - len(missing),
                    "missing": ", ".join(missing),
                },
                limit=len(content.items) if every else 1,
                message="standard-kit-part-there" if there else "standard-kit-part-incomplete",
            )
        )
    return edition.decision(*results)
