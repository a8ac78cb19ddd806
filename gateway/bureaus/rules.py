"""What a bureau is called and what it may read: pure decisions, the same as the table's CHECK constraints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from shared.errors import DomainError
from shared.events.outside import outside_topics

NAME_PATTERN: Final = "^[a-z][a-z0-9-]{1,30}$"
PUBLIC_KEY_PATTERN: Final = "^U[A-Z2-7]{55}$"
"""An NKey of a user: prefix, 32 bytes of Ed25519 and a checksum, in base 32."""


def check_name(name: str) -> str:
    """Raises 422 `bureau-name-invalid`: the name becomes part of subjects and file names."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise DomainError("bureau-name-invalid", 422, params={"name": name})
    return name


def check_topics(topics: Sequence[str] | None) -> list[str] | None:
    """The topics, sorted and once each; None for all that leave the suite, those of later versions included.

    Raises 422 `bureau-topics-unknown` naming those of which nothing leaves the suite, also where there are none.
    """
    if topics is None:
        return None
    wanted = sorted(set(topics))
    unknown = [topic for topic in wanted if topic not in outside_topics()]
    if unknown or not wanted:
        raise DomainError("bureau-topics-unknown", 422, params={"topics": ", ".join(unknown) or "-"})
    return wanted
