"""Sources of tasks that could not work are refused at the start, and the earliest due comes first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, FastAPI

from shared.auth.principal import require
from shared.http.messages import Messages
from shared.http.problems import Problems
from shared.tasks import Asked, TaskSource, Waiting, due_order, require_steps, require_texts, tasks_router

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


REVIEW = "POST /v1/things/{thing_id}/review"
OPEN = "POST /v1/things"


async def taken() -> None:
    """What a step answers does not matter here."""


@pytest.fixture
def things() -> FastAPI:
    """Reviews are an auditor's, opening is anybody's."""
    router = APIRouter(prefix="/v1/things")
    for path, guard in (("/{thing_id}/review", require("auditor")), ("", require())):
        router.add_api_route(path, taken, methods=["POST"], dependencies=[Depends(guard)])
    app = FastAPI()
    app.include_router(router)
    return app


@pytest.mark.parametrize(
    ("roles", "steps"),
    [
        (("auditor",), (REVIEW,)),
        (("admin", "mentor"), (OPEN,)),
        (("admin", "auditor"), (REVIEW, OPEN)),
    ],
)
def test_whoever_may_take_one_of_the_steps_may_be_told(
    things: FastAPI, roles: tuple[str, ...], steps: tuple[str, ...]
) -> None:
    require_steps(things, [TaskSource.of("x", roles, "/v1/things/{id}", nothing, message="forbidden", steps=steps)])


@pytest.mark.parametrize(
    ("roles", "steps", "why"),
    [
        (("auditor",), ("POST /v1/things/{id}/review",), "no operation"),
        (("auditor",), ("GET /v1/things/{thing_id}/review",), "no operation"),
        (("admin",), (REVIEW,), "is for none of its roles"),
        (("admin",), (OPEN, REVIEW), "is for none of its roles"),
        (("admin", "auditor"), (REVIEW,), "admin may do none of its steps"),
    ],
)
def test_a_task_for_somebody_whom_its_step_does_not_let_in_stops_the_start(
    things: FastAPI, roles: tuple[str, ...], steps: tuple[str, ...], why: str
) -> None:
    with pytest.raises(LookupError, match=why):
        require_steps(things, [TaskSource.of("x", roles, "/v1/things/{id}", nothing, message="forbidden", steps=steps)])


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
