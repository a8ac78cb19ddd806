"""Asking every service what waits for a caller, all at once, and telling which of them did not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from pydantic import JsonValue, ValidationError

from gateway.front.callers import Caller, Callers
from gateway.front.routes import OWN, UPSTREAMS
from gateway.front.upstream import AskFailed, Upstreams
from gateway.tasks.schemas import GatheredTask, GatheredTasks
from shared.auth.principal import Principal
from shared.logging import get_logger
from shared.tasks import PATH, TaskList, TaskQuery, due_order

_NO_LIST: Final = 404
"""A service that keeps no list of tasks has none for anybody."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Gatherer:
    """The front's parts that it takes, and how long a service may need (seconds)."""

    callers: Callers
    upstreams: Upstreams
    seconds: float

    async def gather(self, principal: Principal, wanted: TaskQuery, own: TaskList) -> GatheredTasks:
        """The caller's tasks of all services and the gateway's `own`, the earliest due first; a service that fails
        costs its own tasks only."""
        lists = await asyncio.gather(*(self._ask(service, principal, wanted) for service in UPSTREAMS))
        items = [
            GatheredTask(**task.model_dump(), service=service)
            for service, found in zip(UPSTREAMS, lists, strict=True)
            for task in (found.items if found else ())
        ]
        items += [GatheredTask(**task.model_dump(), service=OWN) for task in own.items]
        items.sort(key=lambda task: due_order(task.due_on, task.since, task.kind, task.subject_id))
        more = len(items) > wanted.limit or own.more or any(found and found.more for found in lists)
        unanswered = [service for service, found in zip(UPSTREAMS, lists, strict=True) if found is None]
        return GatheredTasks(items=items[: wanted.limit], next=None, more=more, unanswered=unanswered)

    async def _ask(self, service: str, principal: Principal, wanted: TaskQuery) -> TaskList | None:
        token = self.callers.internal_token(caller_of(principal), service, principal.today)
        query: Sequence[tuple[str, str]] = [("limit", str(wanted.limit)), *(("kind", kind) for kind in wanted.kind)]
        try:
            answer = await self.upstreams.ask(service, f"{PATH}?{urlencode(query)}", token, self.seconds)
        except AskFailed as error:
            if error.status == _NO_LIST:
                return TaskList(items=[], more=False)
            log.warning("tasks-not-gathered", service=service, reason=str(error))
            return None
        return _parse(service, answer)


def _parse(service: str, answer: JsonValue) -> TaskList | None:
    try:
        return TaskList.model_validate(answer)
    except ValidationError as error:
        log.warning("tasks-not-gathered", service=service, reason=str(error))
        return None


def caller_of(principal: Principal) -> Caller:
    """The account again as the front knows it, so that the services see the rights that the front saw."""
    return Caller(
        principal.account_id,
        tuple(sorted(principal.roles)),
        principal.org,
        principal.division,
        principal.provider,
        principal.bank,
        principal.person_ref,
        principal.livemode,
        on_behalf_of=principal.on_behalf_of,
    )
