"""What waits for the caller: each service names its sources, and one endpoint answers with what they find.

A source is asked only for callers who hold one of its roles, and its statement holds every other condition of the step
that waits, four eyes included: what somebody may not act on never reaches him.

    SOURCES = (TaskSource.of("grant_to_review", OFFICERS, "/v1/grants/{id}", rows(_to_review), message="task-...",
                             steps=("POST /v1/grants/{grant_id}/review",)),)

`steps` are the operations by which the thing stops waiting. The start refuses a source that is found by a role which
none of its steps lets in, so a task and the guard of its step cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import Field
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request as HttpRequest

from shared.auth.principal import Principal, RoleGuard, find_guard, require
from shared.auth.roles import ALL_ROLES, PUBLIC
from shared.db import Session
from shared.http.messages import Messages
from shared.http.problems import Problems
from shared.http.route import ServiceRoute
from shared.http.schemas import Request, Response
from shared.policy.edition import Editions
from shared.runtime import RuntimeDep

MOST_TASKS: Final = 200
PATH: Final = "/v1/tasks"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits: `subject_id` is the resource to open, `due_on` the last day, `since` when it began to wait.
    `link` where it is another than its source's, `params` what its text shows."""

    id: UUID
    subject_id: UUID
    no: str | None
    since: date | None
    due_on: date | None
    link: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom a source looks, and how much of it is wanted at most."""

    session: AsyncSession
    principal: Principal
    editions: Editions
    limit: int

    @property
    def today(self) -> date:
        """The caller's business day."""
        return self.principal.today


Find = Callable[[Asked], Awaitable[Sequence[Waiting]]]
Statement = Select[*tuple[Any, ...]]
"""Columns in the order of `Waiting`; they differ by source, hence Any."""


@dataclass(frozen=True, slots=True)
class TaskSource:
    """A kind of things that wait. `link` is a path with `{id}` for the subject; the text of `message` says in its title
    what waits and in its detail what to do; `steps` are the operations, ``METHOD /v1/path/{template}``, that do it."""

    kind: str
    roles: frozenset[str]
    link: str
    message: str
    find: Find
    steps: tuple[str, ...]

    @classmethod
    def of(
        cls, kind: str, roles: Sequence[str], link: str, find: Find, *, message: str, steps: Sequence[str] = ()
    ) -> TaskSource:
        """Raises ValueError for roles that nobody has: a source for nobody would be silent for ever."""
        if not roles or set(roles) - (ALL_ROLES - {PUBLIC}):
            raise ValueError(f"{kind}: unknown roles")
        return cls(kind, frozenset(roles), link, message, find, tuple(steps))


def rows(build: Callable[[Asked], Statement | None]) -> Find:
    """A source's `find` from the statement that finds everything that waits for a caller; None for nothing."""

    async def find(asked: Asked) -> Sequence[Waiting]:
        statement = build(asked)
        if statement is None:
            return ()
        found = statement.subquery("waiting")
        identity, subject, no, since, due_on = found.c
        ordered = select(identity, subject, no, since, due_on).order_by(
            due_on.asc().nulls_last(), since.asc().nulls_last(), identity
        )
        return [Waiting(*row) for row in await asked.session.execute(ordered.limit(asked.limit))]

    return find


class TaskQuery(Request):
    """Which tasks: all, or those of some kinds; how many at most."""

    kind: list[Annotated[str, Field(max_length=100)]] = Field(default_factory=list, max_length=50)
    limit: int = Field(default=100, ge=1, le=MOST_TASKS)


class TaskOut(Response):
    """Something that waits for the caller, and where to find it. `overdue` as of the business day."""

    kind: str
    title_zh: str
    title_en: str
    todo_zh: str
    todo_en: str
    link: str
    subject_id: UUID
    no: str | None
    since: date | None
    due_on: date | None
    overdue: bool


class TaskList(Response):
    """A service's tasks, the earliest due first; `more` if there are others that did not fit."""

    items: list[TaskOut]
    more: bool


def due_order(due_on: date | None, since: date | None, kind: str, subject: UUID) -> tuple[date, date, str, str]:
    """The earliest due first, what has no day last; then what has waited longest."""
    return (due_on or date.max, since or date.max, kind, str(subject))


def tasks_router(sources: Sequence[TaskSource]) -> APIRouter:
    """`GET /v1/tasks` of a service. Raises ValueError for a kind named twice."""
    kinds = [source.kind for source in sources]
    if len(set(kinds)) < len(kinds):
        raise ValueError("a kind of tasks is named twice")
    router = APIRouter(route_class=ServiceRoute)

    @router.get(PATH, tags=["tasks"])
    async def list_tasks(
        session: Session,
        principal: Annotated[Principal, Depends(require())],
        runtime: RuntimeDep,
        request: HttpRequest,
        wanted: Annotated[TaskQuery, Query()],
    ) -> TaskList:
        """What waits for the caller in this service."""
        problems: Problems = request.app.state.problems
        asked = Asked(session, principal, runtime.editions, wanted.limit + 1)
        return await gather(sources, problems.messages, asked, frozenset(wanted.kind))

    return router


async def gather(sources: Sequence[TaskSource], messages: Messages, asked: Asked, kinds: frozenset[str]) -> TaskList:
    """Everything that the sources find for the caller, cut to one less than each of them was asked for."""
    found: list[TaskOut] = []
    for source in sources:
        if asked.principal.has(*source.roles) and (not kinds or source.kind in kinds):
            found += [_task(source, messages, asked.today, waiting) for waiting in await source.find(asked)]
    found.sort(key=lambda task: due_order(task.due_on, task.since, task.kind, task.subject_id))
    return TaskList(items=found[: asked.limit - 1], more=len(found) >= asked.limit)


def require_texts(app: FastAPI, sources: Sequence[TaskSource]) -> None:
    """Raises LookupError for a source whose text is missing: nobody would know what to do."""
    problems: Problems = app.state.problems
    missing = [source.message for source in sources if source.message not in problems.messages]
    if missing:
        raise LookupError(f"no texts for {', '.join(sorted(missing))}")


def require_steps(app: FastAPI, sources: Sequence[TaskSource]) -> None:
    """Raises LookupError for a source with a step that the application lacks, with a role that none of its steps lets
    in, or with a step that lets none of its roles in: it would be shown to somebody who may not act on it."""
    guards = dict(_guards(app))
    for source in sources:
        if missing := [step for step in source.steps if step not in guards]:
            raise LookupError(f"{source.kind}: no operation {', '.join(missing)}")
        if idle := [step for step in source.steps if not any(map(guards[step].admits, source.roles))]:
            raise LookupError(f"{source.kind}: {', '.join(idle)} is for none of its roles")
        helpless = {role for role in source.roles if not any(guards[step].admits(role) for step in source.steps)}
        if helpless and source.steps:
            raise LookupError(f"{source.kind}: {', '.join(sorted(helpless))} may do none of its steps")


def _guards(app: FastAPI) -> Iterator[tuple[str, RoleGuard]]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        guard = find_guard(route.dependant) if isinstance(route, APIRoute) else None
        if isinstance(route, APIRoute) and isinstance(guard, RoleGuard):
            for method in route.methods or ():
                yield f"{method} {route.path}", guard


def _task(source: TaskSource, messages: Messages, today: date, waiting: Waiting) -> TaskOut:
    chinese = messages.text(source.message, "zh", waiting.params)
    english = messages.text(source.message, "en", waiting.params)
    return TaskOut(
        kind=source.kind,
        title_zh=chinese.title,
        title_en=english.title,
        todo_zh=chinese.detail,
        todo_en=english.detail,
        link=waiting.link or source.link.replace("{id}", str(waiting.subject_id)),
        subject_id=waiting.subject_id,
        no=waiting.no,
        since=waiting.since,
        due_on=waiting.due_on,
        overdue=waiting.due_on is not None and waiting.due_on < today,
    )
