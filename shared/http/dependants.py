"""Looking at what a route depends on, for markers and guards."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant


def calls_of(dependant: Dependant) -> Iterator[object]:
    """The callables of all dependencies, however deep, in the order they are solved."""
    for sub in dependant.dependencies:
        yield sub.call
        yield from calls_of(sub)
