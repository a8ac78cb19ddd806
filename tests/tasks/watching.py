"""Looking at the tasks of whoever takes a step, just before he takes it.

Each test that sends a step of a task to an application in its own process is a witness: before the request the watch
asks ``GET /v1/tasks`` with the same token. A task that was there and whose step was then refused to this person is a
task shown to somebody who may not act on it.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from gateway.tasks.router import SOURCES as GATEWAY_SOURCES
from shared.tasks import MOST_TASKS, PATH, TaskSource
from tests.security.routes import definitions

_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_REFUSALS: Final = frozenset({401, 403, 404, 409})
"""Who or when. What is wrong in the request itself (400, 412, 415, 422, 428) says nothing about the task."""

Handle = Callable[[httpx.ASGITransport, httpx.Request], Awaitable[httpx.Response]]


@dataclass(frozen=True, order=True)
class Seen:
    """One step that somebody took or tried: was its task among his before it, and still after a refusal?

    `code` is the refusal's, empty for a step that was done.
    """

    kind: str
    step: str
    code: str
    listed: bool

    @property
    def outcome(self) -> str:
        """``acted`` found and done; ``unlisted`` done, not found; ``shown`` found and refused; ``hidden`` neither."""
        if self.code:
            return "shown" if self.listed else "hidden"
        return "acted" if self.listed else "unlisted"

    def as_row(self, node: str) -> str:
        """A line of JSON."""
        return json.dumps({**asdict(self), "outcome": self.outcome, "node": node}, ensure_ascii=False)


@dataclass(frozen=True)
class _Step:
    name: str
    pattern: re.Pattern[str]
    kinds: tuple[str, ...]


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)) + r"/?\Z")


def sources() -> Iterator[tuple[str, TaskSource]]:
    """Every kind of task with the title of the application that finds it."""
    for definition in definitions():
        for source in definition.tasks or (GATEWAY_SOURCES if definition.name == "gateway" else ()):
            yield definition.title, source


def _steps() -> Mapping[tuple[str, str], Sequence[_Step]]:
    kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
    for title, source in sources():
        for step in source.steps:
            kinds[title, step].append(source.kind)
    found: dict[tuple[str, str], list[_Step]] = defaultdict(list)
    for (title, step), named in kinds.items():
        method, template = step.split(" ", 1)
        found[title, method].append(_Step(step, _pattern(template), tuple(named)))
    return found


class Watch:
    """Stands in the way of requests to applications of this process; silent until `into` names where to write."""

    def __init__(self) -> None:
        self.into: list[Seen] | None = None
        self._steps = _steps()
        self._handle: Handle = httpx.ASGITransport.handle_async_request

    def install(self) -> None:
        """For the rest of the process."""
        watch = self

        async def handle(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
            return await watch.handled(transport, request)

        setattr(httpx.ASGITransport, "handle_async_request", handle)  # noqa: B010 - mypy refuses to assign a method

    async def handled(self, transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        """The answer; what was seen of a step is noted."""
        into, step = self.into, self._step_of(transport, request)
        if into is None or step is None or "authorization" not in request.headers:
            return await self._handle(transport, request)
        ids = _ids(request) if "{" in step.name else None
        before = await self._listed(transport, request, step, ids)
        response = await self._handle(transport, request)
        if before is None or not (response.is_success or response.status_code in _REFUSALS):
            return response
        code = ""
        if not response.is_success:
            code = _code(await response.aread(), response.status_code)
            after = await self._listed(transport, request, step, ids)
            before &= after if after is not None else before
        into.extend(Seen(kind, step.name, code, kind in before) for kind in step.kinds)
        return response

    def _step_of(self, transport: httpx.ASGITransport, request: httpx.Request) -> _Step | None:
        title = getattr(transport.app, "title", "")
        for step in self._steps.get((title, request.method), ()):
            if step.pattern.match(request.url.path):
                return step
        return None

    async def _listed(
        self, transport: httpx.ASGITransport, request: httpx.Request, step: _Step, ids: frozenset[str] | None
    ) -> set[str] | None:
        """The step's kinds that the caller finds about what the request names; None if nobody could say."""
        query = urlencode([("limit", str(MOST_TASKS)), *(("kind", kind) for kind in step.kinds)])
        url = request.url.copy_with(path=PATH, query=query.encode())
        asked = httpx.Request("GET", url, headers={"authorization": request.headers["authorization"]})
        answer = await self._handle(transport, asked)
        body = await answer.aread()
        if answer.status_code != httpx.codes.OK:
            return None
        tasks: list[dict[str, Any]] = json.loads(body)["items"]
        return {
            task["kind"]
            for task in tasks
            if ids is None or not ids.isdisjoint({str(task["subject_id"]), *_ID.findall(str(task["link"]))})
        }


def _ids(request: httpx.Request) -> frozenset[str]:
    """Every id that the request names, in its path or its body."""
    return frozenset(_ID.findall(request.url.path) + _ID.findall(request.content.decode("utf-8", "replace")))


def _code(body: bytes, status: int) -> str:
    try:
        return str(json.loads(body).get("code", status))
    except (ValueError, AttributeError):
        return str(status)
