"""Every word that a list's cell may hold is told in both languages."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy import CheckConstraint

from services.finance.findings.usecases import OFF_PURPOSE
from shared.auth import roles
from shared.http.cells import models_in, told
from shared.http.exports import item_model
from shared.http.labels import CATALOGUE, Labels, classified, vocabularies
from shared.http.messages import LANGUAGES, Language, Messages
from shared.http.words import OneOf
from shared.policy.edition import load_editions
from shared.runtime import ServiceDefinition
from tests.contracts.test_headings import SERVICES

EDITIONS = tuple(load_editions(None))
_QUOTED = re.compile(r"'([^']+)'")
_KNOWN = re.compile(r"^(\w+) IN \((.*)\)$")
ROLES = tuple(role for name, role in vars(roles).items() if name.isupper() and isinstance(role, str))
OTHER_WORDS = {
    ("HistoryEntryOut", "actor_role"): (*ROLES, "system"),
    ("FindingItem", "kind"): (OFF_PURPOSE,),
}


def lists_of(service: ServiceDefinition) -> Iterator[tuple[APIRoute, object]]:
    for router in service.routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
                model = item_model(route.response_model)
                if model is not None:
                    yield route, model


def all_models(annotation: object) -> set[type[BaseModel]]:
    """The item's models and those inside of them."""
    found: set[type[BaseModel]] = set()
    left = list(models_in(annotation))
    while left:
        model = left.pop()
        if model not in found:
            found.add(model)
            left += [inner for field in model.model_fields.values() for inner in models_in(field.annotation)]
    return found


def literals(annotation: object) -> Iterator[str]:
    if typing.get_origin(annotation) is typing.Literal:
        yield from (word for word in typing.get_args(annotation) if isinstance(word, str))
    for argument in typing.get_args(annotation):
        yield from literals(argument)


def filtered(route: APIRoute) -> Iterator[tuple[str, str]]:
    """The words that the list's filters take, by field."""
    for query in route.dependant.query_params:
        for model in models_in(query.field_info.annotation):
            for name, field in model.model_fields.items():
                for part in (field.annotation, *field.metadata):
                    yield from ((name, word) for one in one_ofs(part) for word in one.words)


def one_ofs(annotation: object) -> Iterator[OneOf]:
    if isinstance(annotation, OneOf):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from one_ofs(argument)


def words_of(service: ServiceDefinition) -> Iterator[tuple[str, str, str]]:
    """Model, field and word: of literals, filters, and the words that are not in either."""
    for route, item in lists_of(service):
        for model in all_models(item):
            for field, info in model.model_fields.items():
                for word in literals(info.annotation):
                    yield model.__name__, field, word
                for word in OTHER_WORDS.get((model.__name__, field), ()):
                    yield model.__name__, field, word
        for model in models_in(item):
            for field, word in filtered(route):
                if field in model.model_fields:
                    yield model.__name__, field, word


def labels(service: ServiceDefinition, language: Language) -> Labels:
    return Labels(EDITIONS, Messages.load(service.messages), language)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_field_that_may_hold_words_says_which(service: ServiceDefinition) -> None:
    missing = set()
    for _, item in lists_of(service):
        for model in all_models(item):
            for field, info in model.model_fields.items():
                texts = "str" in repr(info.annotation) or "Literal" in repr(info.annotation)
                named = field.endswith(("_by", "_no", "_id", "_ids", "_ref", "_name", "_code", "_m2"))
                named = named and not field.endswith("reason_code")
                if texts and not named and not classified(model.__name__, field):
                    missing.add((model.__name__, field))
    assert not missing, f"{CATALOGUE.name} says nothing of {sorted(missing)}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_word_has_a_label(service: ServiceDefinition, language: Language) -> None:
    told_as = labels(service, language)
    words = set(words_of(service))
    missing = sorted(word for word in words if told_as.of(*word) is None)
    assert not missing, f"{CATALOGUE.name} lacks the labels of {missing}"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_state_that_the_database_allows_has_a_label(service: ServiceDefinition) -> None:
    """By the table's name, as the lists of a thing are named in their own ways: one of its models tells the state."""
    models = {model.__name__ for _, item in lists_of(service) for model in all_models(item)}
    told_as = labels(service, "zh")
    missing = set()
    for table in service.metadata.tables.values():
        for check in table.constraints:
            found = _KNOWN.match(str(check.sqltext)) if isinstance(check, CheckConstraint) else None
            if found is None or not vocabularies(None, found[1]):
                continue
            for word in _QUOTED.findall(found[2]):
                if not any(told_as.of(model, found[1], word) for model in (None, *models)):
                    missing.add((table.name, found[1], word))
    assert not missing, sorted(missing)


def test_there_are_words_to_look_at() -> None:
    assert len({word for service in SERVICES for word in words_of(service)}) > 100


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.id)
def test_editions_tell_their_words(edition: object) -> None:
    told_as = Labels(EDITIONS, None, "en")
    for model, field, word, label in (
        ("CentreOut", "tier", "standard", "Standard centre"),
        ("CentreOut", "owner_division", "540102", "Chengguan District"),
        ("EvaluationOut", "grade", "good", "Good"),
        ("SelfCheckOut", "answers", "training_plan", "A yearly training plan"),
        ("CycleOut", "approved_bureau", "science", "Municipal Science and Technology Bureau"),
    ):
        assert told_as.of(model, field, word) == label


def test_what_has_parts_reads_as_a_sentence() -> None:
    zh = Labels(EDITIONS, None, "zh")
    decision = {"passed": False, "edition": "x", "results": [
        {"rule": "a", "passed": True, "text": "甲。"},
        {"rule": "b", "passed": False, "text": "乙。"},
        {"rule": "policy.in_force", "passed": False, "text": None},
    ]}  # fmt: skip
    rule = EDITIONS[0].rules["policy.in_force"].title_zh
    assert told(zh, {}, "decision", decision) == f"未通过：乙。；{rule}"
    assert told(zh, {}, "decision", {**decision, "passed": True}) == f"通过：甲。；乙。；{rule}"
    assert told(zh, {}, "spaces", {"work": "10.00"}) == "工作空间：10.00"
    assert told(zh, {}, "answers", {"training_plan": True}) == "有年度培训计划：是"
    assert told(zh, {}, "enclave", value=False) == "否"
