"""Looking at what a route depends on, for markers and guards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastapi.dependencies.models import Dependant


def calls_of(dependant: Dependant) -> Iterator[object]:
    """The callables of all dependencies, however deep, in the order they are solved."""
    for sub in dependant.dependencies:
        yield sub.call
        yield from calls_of(sub)


def expected_of(dependant: Dependant) -> dict[str, tuple[object, Sequence[object]]]:
    """Annotation and metadata of the path's and the query's plain parameters, by the names that callers use."""
    plain = [*dependant.path_params, *dependant.query_params]
    expected: dict[str, tuple[object, Sequence[object]]] = {
        one.alias: (one.field_info.annotation, one.field_info.metadata) for one in plain
    }
    for sub in dependant.dependencies:
        expected |= expected_of(sub)
    return expected
