"""Every column of every list of every service is headed in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from gateway.accounts.router import router as accounts
from gateway.bureaus.router import router as bureaus
from services.evaluation import main as evaluation
from services.finance import main as finance
from services.registry import main as registry
from services.vouchers import main as vouchers
from shared.http.exports import References, fields_of, item_model, layout, told_as
from shared.http.headings import CATALOGUE, known
from shared.http.messages import LANGUAGES
from shared.runtime import ServiceDefinition

SERVICES: tuple[ServiceDefinition, ...] = (
    registry.definition,
    evaluation.definition,
    finance.definition,
    vouchers.definition,
)


def lists_of(routers: Iterator[APIRouter]) -> Iterator[tuple[str, object]]:
    """Path and item of each list."""
    for router in routers:
        for route in router.routes:
            model = item_model(route.response_model) if isinstance(route, APIRoute) else None
            if isinstance(route, APIRoute) and model is not None and "GET" in (route.methods or ()):
                yield route.path, model


def every_list() -> Iterator[tuple[str, object, References]]:
    for service in SERVICES:
        for path, model in lists_of(iter(service.routers)):
            yield path, model, service.references
    for path, model in lists_of(iter([accounts, bureaus])):
        yield path, model, {}


def test_every_column_of_every_list_has_a_heading() -> None:
    missing = set()
    for path, model, references in every_list():
        for field, name in fields_of(model).items():
            wanted = [field, *([told_as(field)] if field in references else [])]
            missing |= {(path, name, word) for word in wanted if not known(name, word)}
    assert not missing, f"{CATALOGUE.name} lacks: {sorted(map(str, missing))}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_columns_of_a_list_have_one_heading(language: str) -> None:
    twice = set()
    for path, model, references in every_list():
        headings = [column.heading for column in layout(model, references, "en" if language == "en" else "zh")]
        twice |= {(path, heading) for heading in headings if headings.count(heading) > 1}
    assert not twice, sorted(twice)


def test_there_are_lists_to_look_at() -> None:
    assert len(list(every_list())) > 60
