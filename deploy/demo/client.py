"""The public API as the story uses it: every caller with its own token, every step on its own business day."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Self

import httpx

Json = dict[str, Any]
"""A JSON object of the API; what is in it is checked by those who use it."""

CONCURRENT: Final = 8
_PAGE: Final = 200
_ROWS_SHOWN: Final = 5
_PATIENCE_SECONDS: Final = 20.0
_PASSING: Final = frozenset({"reference-not-yet-known", "idempotency-key-in-use"})
_BUSY: Final = frozenset({429, 502, 503, 504})


class ApiRefused(RuntimeError):
    """A call that the API did not carry out; says which, and what it answered."""

    def __init__(self, method: str, path: str, status: int, problem: Json) -> None:
        self.status = status
        self.problem = problem
        self.code: str = str(problem.get("code", ""))
        title, detail = problem.get("title", ""), problem.get("detail", "")
        faults = "".join(f"\n  {fault['field']}: {fault['message']}" for fault in problem.get("errors") or ())
        rows = (problem.get("problems") or ())[:_ROWS_SHOWN]
        faults += "".join(f"\n  {fault['row']}, {fault['column']}: {fault['message']}" for fault in rows)
        super().__init__(f"{method} {path} answered {status} {self.code}: {title}\n  {detail}{faults}")


class ApiSilent(RuntimeError):
    """A call that got no answer at all."""


@dataclass(slots=True)
class Caller:
    """Somebody with an account."""

    username: str
    password: str
    token: str | None = None
    signing_in: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Answer:
    """A success; `replayed` if an earlier call with the same key had carried it out."""

    body: Json
    replayed: bool


class Api:
    """`async with Api(url, language="zh-CN") as api:`; at most eight calls at a time."""

    def __init__(self, base_url: str, *, language: str) -> None:
        limits = httpx.Limits(max_connections=CONCURRENT, max_keepalive_connections=CONCURRENT)
        headers = {"Accept-Language": language}
        self.base_url = base_url
        self.calls = 0
        self.writes = 0
        self._client = httpx.AsyncClient(base_url=base_url, timeout=60, limits=limits, headers=headers, trust_env=False)
        self._slots = asyncio.Semaphore(CONCURRENT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def sign_in(self, caller: Caller) -> str:
        """Get a token. Raises ApiRefused 401 `credentials-wrong`."""
        form = {"username": caller.username, "password": caller.password}
        answer = await self._patiently("POST", "/v1/auth/token", data=form)
        token: str = answer.json()["access_token"]
        return token

    async def get(self, path: str, caller: Caller, *, today: date | None = None, **params: str | int) -> Json:
        """Read one object, as it is shown on a business day."""
        return (await self._call("GET", path, caller, today=today, params=params)).body

    async def items(self, path: str, caller: Caller, **params: str | int) -> AsyncIterator[Json]:
        """Everything in a list, page by page."""
        page: str | None = ""
        while page is not None:
            wanted = {**params, "limit": _PAGE, **({"cursor": page} if page else {})}
            body = (await self._call("GET", path, caller, params=wanted)).body
            for item in body["items"]:
                yield item
            page = body["next"]

    async def post(
        self, path: str, caller: Caller, today: date, body: Mapping[str, object] | None = None, *, key: str
    ) -> Json:
        """Take a step on a business day. `key` names the thing and the step by its natural key."""
        headers = {"Idempotency-Key": idempotency_key(key)}
        answer = await self._call("POST", path, caller, today=today, body=body or {}, headers=headers)
        self.writes += not answer.replayed
        return answer.body

    async def upload(self, path: str, caller: Caller, today: date, table: str, *, key: str) -> Json:
        """Send a CSV file on a business day."""
        headers = {
            "Idempotency-Key": idempotency_key(key),
            "Content-Type": "text/csv",
            "Content-Disposition": 'attachment; filename="table.csv"',
        }
        answer = await self._call("POST", path, caller, today=today, content=table.encode(), headers=headers)
        self.writes += not answer.replayed
        return answer.body

    async def patch(self, path: str, caller: Caller, today: date, body: Mapping[str, object], *, version: int) -> Json:
        """Change an object of a known version."""
        headers = {"If-Match": f'"{version}"'}
        answer = await self._call("PATCH", path, caller, today=today, body=body, headers=headers)
        self.writes += 1
        return answer.body

    async def _call(
        self,
        method: str,
        path: str,
        caller: Caller,
        *,
        today: date | None = None,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        given = {**(headers or {}), **({"Mengchuang-Today": today.isoformat()} if today else {})}
        for attempt in (1, 2):
            given["Authorization"] = f"Bearer {await self._token_of(caller)}"
            try:
                answer = await self._patiently(method, path, headers=given, params=params, json=body, content=content)
            except ApiRefused as refused:
                if refused.status != httpx.codes.UNAUTHORIZED or attempt == 2:
                    raise
                caller.token = None
            else:
                told = answer.json() if answer.content else {}
                return Answer(told, "idempotency-replayed" in answer.headers)
        raise AssertionError("the second attempt returns or raises")

    async def _token_of(self, caller: Caller) -> str:
        async with caller.signing_in:
            if caller.token is None:
                caller.token = await self.sign_in(caller)
            return caller.token

    async def _patiently(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Ask again while the answer is that it is too early; the services tell each other within milliseconds."""
        waited, pause = 0.0, 0.05
        while True:
            answer = await self._once(method, path, request, last=waited > _PATIENCE_SECONDS)
            if answer is not None and answer.is_success:
                return answer
            if answer is not None:
                problem = _problem(answer)
                passing = answer.status_code in _BUSY or problem.get("code") in _PASSING
                if not passing or waited > _PATIENCE_SECONDS:
                    raise ApiRefused(method, path, answer.status_code, problem)
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, 2.0)

    async def _once(self, method: str, path: str, request: Any, *, last: bool) -> httpx.Response | None:
        async with self._slots:
            self.calls += 1
            try:
                return await self._client.request(method, path, **request)
            except httpx.TransportError as error:
                if last:
                    raise ApiSilent(f"{method} {path}: no answer from {self.base_url} ({error!r})") from error
                return None


def idempotency_key(name: str) -> str:
    """A key as the header allows it (printable ASCII), the same for the same name."""
    return f"demo-{hashlib.sha256(name.encode()).hexdigest()[:40]}"


def _problem(answer: httpx.Response) -> Json:
    try:
        body = answer.json()
    except ValueError:
        return {"title": answer.reason_phrase, "detail": answer.text[:500]}
    return body if isinstance(body, dict) else {"title": answer.reason_phrase, "detail": str(body)[:500]}
