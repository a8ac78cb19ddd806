"""Asking the services: their logs in the gateway's own name, what a case is now in the auditor's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any, Final, TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from gateway.description.collector import Descriptions
from gateway.front.callers import Callers
from gateway.front.routes import UPSTREAMS
from gateway.front.upstream import AskFailed, Upstreams
from gateway.tasks.gathering import caller_of
from shared.audit.cases import CaseLog
from shared.audit.duties import MOST_ROWS, Member, Spending, Ties
from shared.audit.router import MOST_CAUSES, PREFIX, Known
from shared.auth.principal import Principal
from shared.auth.roles import AUDITOR, PUBLIC
from shared.errors import DomainError, not_found, service_unavailable
from shared.logging import get_logger
from shared.peers import PeerClient, PeerRefused, PeerUnavailable

M = TypeVar("M", bound=BaseModel)

SECONDS: Final = 25.0
"""One question to one service; scans of the log and whole populations take their time."""
MOST_PAGES: Final = 10
"""Pages of one list in a pack."""
_PAGE: Final = 200

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """A part of a case's record: the path it was read at, and what stood there."""

    path: str
    content: JsonValue
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """The front's parts that it takes."""

    callers: Callers
    upstreams: Upstreams
    peers: PeerClient
    descriptions: Descriptions

    async def case(self, service: str, case_id: str) -> CaseLog:
        """What the owner's database has of a case."""
        return await self._model(service, f"{PREFIX}/cases/{case_id}", CaseLog)

    async def correlated(self, service: str, causes: Sequence[str]) -> list[CaseLog]:
        """What happened in a service for these causes."""
        answers = []
        for start in range(0, len(causes), MOST_CAUSES):
            query = urlencode([("cause", cause) for cause in causes[start : start + MOST_CAUSES]])
            answers.append(await self._model(service, f"{PREFIX}/correlated?{query}", CaseLog))
        return answers

    async def populations(self) -> dict[str, tuple[str, bool]]:
        """Every population with its service, and whether its members have amounts."""
        found = await asyncio.gather(*(self._model(one, f"{PREFIX}/populations", Known) for one in UPSTREAMS))
        named = zip(UPSTREAMS, found, strict=True)
        return {name: (service, money) for service, known in named for name, money in known.populations.items()}

    async def members(self, service: str, name: str, since: date, until: date) -> list[Member]:
        """A whole population."""
        answer = await self._get(service, f"{PREFIX}/populations/{quote(name, safe='')}?{_period(since, until)}")
        try:
            return TypeAdapter(list[Member]).validate_python(answer)
        except ValidationError as error:
            raise service_unavailable(service) from error

    async def ties(self, since: date, until: date) -> list[Ties]:
        """Of every service."""
        path = f"{PREFIX}/ties?{_period(since, until)}"
        return await asyncio.gather(*(self._model(service, path, Ties) for service in UPSTREAMS))

    async def spending(self, since: date, until: date) -> list[Spending]:
        """Of every service."""
        path = f"{PREFIX}/spending?{_period(since, until)}"
        return await asyncio.gather(*(self._model(service, path, Spending) for service in UPSTREAMS))

    async def record(self, service: str, principal: Principal, kind: str, case_id: str) -> AsyncIterator[Read | str]:
        """The case as the auditor reads it: every JSON answer under its address, by path; a text where one is missing.

        Raises 404 `not-found` where the auditor may not read the case itself, or there is no such kind of case.
        """
        itself = f"/v1/{kind}/{{}}"
        templates = readable(await self.descriptions.of(service), kind)
        if itself not in (template for template, _ in templates):
            raise not_found("case")
        for template, paged in templates:
            path = template.replace("{}", case_id)
            try:
                yield await self._read(service, principal, path, paged=paged)
            except AskFailed as error:
                if template == itself:
                    raise (not_found("case") if error.status == 404 else service_unavailable(service)) from error
                if error.status not in (404, 409):
                    yield f"{path}: {error}"

    async def file(self, service: str, principal: Principal, path: str, target: IO[bytes], most: int) -> int:
        """A document in the auditor's name. Raises AskFailed."""
        token = self._token(service, principal)
        return await self.upstreams.fetch(service, path, token, target, most=most, seconds=4 * SECONDS)

    async def _read(self, service: str, principal: Principal, path: str, *, paged: bool) -> Read:
        token = self._token(service, principal)
        first = await self.upstreams.ask(service, f"{path}?limit={_PAGE}" if paged else path, token, SECONDS)
        if not (paged and isinstance(first, dict) and isinstance(first.get("items"), list)):
            return Read(path, first)
        items, following = list(_items(first)), first.get("next")
        for _ in range(MOST_PAGES - 1):
            if not isinstance(following, str):
                break
            query = urlencode({"limit": _PAGE, "cursor": following})
            page = await self.upstreams.ask(service, f"{path}?{query}", token, SECONDS)
            items += _items(page)
            following = page.get("next") if isinstance(page, dict) else None
        return Read(path, {**first, "items": items, "next": None}, cut=isinstance(following, str))

    def _token(self, service: str, principal: Principal) -> str:
        return self.callers.internal_token(caller_of(principal), service, principal.today)

    async def _model(self, service: str, path: str, model: type[M]) -> M:
        answer = await self._get(service, path)
        try:
            return model.model_validate(answer)
        except ValidationError as error:
            raise service_unavailable(service) from error

    async def _get(self, service: str, path: str) -> JsonValue:
        try:
            return await self.peers.get_json(service, path, timeout=SECONDS)
        except PeerRefused as error:
            if error.code == "audit-too-many":
                raise DomainError(error.code, 409, params={"limit": MOST_ROWS}) from error
            log.error("audit-question-refused", service=service, path=path.partition("?")[0], reason=str(error))
            raise service_unavailable(service) from error
        except PeerUnavailable as error:
            raise service_unavailable(service) from error


def readable(description: Mapping[str, Any], kind: str) -> list[tuple[str, bool]]:
    """The addresses of a kind of case with `{}` for its id that the auditor reads as JSON, the case itself first, and
    whether they have pages. Files are left to the documents."""
    found = []
    prefix = f"/v1/{kind}/{{"
    for path, operations in _mapping(description.get("paths")).items():
        operation = operations.get("get") if path.startswith(prefix) and path.count("{") == 1 else None
        if operation is None or not {AUDITOR, PUBLIC} & set(operation.get("x-roles") or [AUDITOR]):
            continue
        queries = [one for one in operation.get("parameters", ()) if one.get("in") == "query"]
        answered = _mapping(operation.get("responses", {}).get("200", {}).get("content"))
        if "application/json" not in answered or any(one.get("required") for one in queries):
            continue
        start, end = path.index("{"), path.index("}")
        found.append((path[:start] + "{}" + path[end + 1 :], any(one.get("name") == "limit" for one in queries)))
    return sorted(found)


def _period(since: date, until: date) -> str:
    return urlencode({"since": since.isoformat(), "until": until.isoformat()})


def _items(page: JsonValue) -> Iterable[JsonValue]:
    items = page.get("items") if isinstance(page, dict) else None
    return items if isinstance(items, list) else ()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
