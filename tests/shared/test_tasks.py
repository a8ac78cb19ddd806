"""Sources of tasks that could not work are refused at the start, and the earliest due comes first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest
from fastapi import FastAPI

from shared.http.messages import Messages
from shared.http.problems import Problems
from shared.tasks import Asked, TaskSource, Waiting, due_order, require_texts, tasks_router

ONE, OTHER = UUID(int=1), UUID(int=2)


async def nothing(_asked: Asked) -> Sequence[Waiting]:
    return ()


def source(kind: str = "to_review", message: str = "forbidden", roles: Sequence[str] = ("auditor",)) -> TaskSource:
    return TaskSource.of(kind, roles, "/v1/things/{id}", nothing, message=message)


@pytest.mark.parametrize("roles", [(), ("public",), ("boss",), ("auditor", "boss")])
def test_a_source_for_nobody_or_everybody_is_refused(roles: Sequence[str]) -> None:
    with pytest.raises(ValueError, match="unknown roles"):
        source(roles=roles)


def test_a_kind_has_one_source() -> None:
    with pytest.raises(ValueError, match="named twice"):
        tasks_router([source(), source()])


def test_a_source_without_its_text_stops_the_start() -> None:
    app = FastAPI()
    app.state.problems = Problems(Messages.load())
    require_texts(app, [source()])
    with pytest.raises(LookupError, match="task-unheard-of"):
        require_texts(app, [source(), source("other", "task-unheard-of")])


def test_the_earliest_due_comes_first_and_what_has_no_day_last() -> None:
    march, april = date(2019, 3, 1), date(2019, 4, 1)
    keys = [
        due_order(march, april, "b", ONE),
        due_order(march, None, "a", ONE),
        due_order(april, march, "a", ONE),
        due_order(None, march, "a", ONE),
        due_order(None, april, "a", ONE),
        due_order(None, april, "a", OTHER),
        due_order(None, None, "a", ONE),
    ]
    assert keys == sorted(keys)
