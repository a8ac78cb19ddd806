"""The public API as the story uses it: every caller with its own token, every step on its own business day."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from time import time
from typing import Any, Final, Self

import httpx
import pyotp

Json = dict[str, Any]
"""A JSON object of the API; what is in it is checked by those who use it."""

CONCURRENT: Final = 8
_PAGE: Final = 200
_STEP_SECONDS: Final = 30
_CODES_TRIED: Final = 4
_ROWS_SHOWN: Final = 5
_PATIENCE_SECONDS: Final = 20.0
_QUEUE_SECONDS: Final = 600.0
"""How long the gateway's limits may hold one call up: everybody here comes from one address."""
_SECOND_FACTOR: Final = "/v1/accounts/me/second-factor"
_TOO_OFTEN: Final = "too-many-requests"
_PASSING: Final = frozenset({"reference-not-yet-known", "idempotency-key-in-use", "person-try-running"})
_BUSY: Final = frozenset({502, 503, 504})


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
    totp_secret: str | None = None
    token: str | None = None
    refresh_token: str | None = None
    signing_in: asyncio.Lock = field(default_factory=asyncio.Lock)
    last_step: int = 0
    """The time step of the last code shown: each counts once, and never after a later one."""
    arrive: Callable[[], Awaitable[None]] | None = None
    """What comes before the first call of somebody who has no account yet; None for everybody else."""
    arriving: asyncio.Lock = field(default_factory=asyncio.Lock)

    def code(self) -> str:
        """The next code that may still be shown: of this moment or, where that was shown, a later one (RFC 6238)."""
        assert self.totp_secret is not None, f"{self.username} has no second factor"
        totp = pyotp.TOTP(self.totp_secret)
        self.last_step = max(self.last_step + 1, totp.timecode(time()))
        return totp.generate_otp(self.last_step)

    def ahead(self) -> float:
        """Seconds until the next code counts."""
        return max(0.0, (self.last_step - 1) * _STEP_SECONDS - time())


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
        """Get a token. Raises ApiRefused 401 `credentials-wrong`, or `second-factor-needed` without the secret."""
        tries = _CODES_TRIED if caller.totp_secret else 1
        for left in reversed(range(tries)):
            form = {"username": caller.username, "password": caller.password}
            if caller.totp_secret:
                form["otp"] = caller.code()
                await asyncio.sleep(caller.ahead())
            try:
                return await self._signed_in(caller, form)
            except ApiRefused as refused:
                if refused.code != "second-factor-wrong" or not left:
                    raise
        raise AssertionError("the last try returns or raises")

    async def enrol(self, caller: Caller) -> None:
        """Set up a second factor for somebody who is signed in and has none; it counts from `confirm` on."""
        answer = await self._signed("POST", _SECOND_FACTOR, caller, body={"password": caller.password})
        caller.totp_secret = answer.body["secret"]

    async def confirm(self, caller: Caller) -> None:
        """Show a first code; the caller stays signed in."""
        for left in reversed(range(_CODES_TRIED)):
            body = {"code": caller.code()}
            await asyncio.sleep(caller.ahead())
            try:
                await self._signed("POST", f"{_SECOND_FACTOR}/confirm", caller, body=body)
            except ApiRefused as refused:
                if refused.code != "second-factor-code-wrong" or not left:
                    raise
            else:
                break
        self.writes += 1

    async def accept(self, token: str, caller: Caller) -> None:
        """Accept an invitation with the caller's password."""
        await self._patiently("POST", "/v1/invitations/accept", json={"token": token, "password": caller.password})
        self.writes += 1

    async def _signed_in(self, caller: Caller, form: Mapping[str, str]) -> str:
        answer = (await self._patiently("POST", "/v1/auth/token", data=form)).json()
        caller.refresh_token = answer["refresh_token"]
        token: str = answer["access_token"]
        return token

    async def _refreshed(self, caller: Caller) -> str | None:
        """The next token of the session; None where there is none any more."""
        if caller.refresh_token is None:
            return None
        form = {"grant_type": "refresh_token", "refresh_token": caller.refresh_token}
        caller.refresh_token = None
        try:
            return await self._signed_in(caller, form)
        except ApiRefused as refused:
            if refused.status != httpx.codes.BAD_REQUEST:
                raise
            return None

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

    async def attach(self, path: str, caller: Caller, today: date, content: bytes, name: str, *, key: str) -> Json:
        """Put a picture on a shelf on a business day."""
        headers = {"Idempotency-Key": idempotency_key(key), "Content-Disposition": f'attachment; filename="{name}"'}
        answer = await self._call("POST", path, caller, today=today, content=content, headers=headers)
        self.writes += not answer.replayed
        return answer.body

    async def patch(self, path: str, caller: Caller, today: date, body: Mapping[str, object], *, version: int) -> Json:
        """Change an object of a known version."""
        headers = {"If-Match": f'"{version}"'}
        answer = await self._call("PATCH", path, caller, today=today, body=body, headers=headers)
        self.writes += 1
        return answer.body

    async def arrived(self, caller: Caller) -> None:
        """Open the account of somebody who has none yet."""
        async with caller.arriving:
            if caller.arrive is not None:
                await caller.arrive()
                caller.arrive = None

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
        await self.arrived(caller)
        return await self._signed(
            method, path, caller, today=today, params=params, body=body, content=content, headers=headers
        )

    async def _signed(
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
                caller.token = await self._refreshed(caller) or await self.sign_in(caller)
            return caller.token

    async def _patiently(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Ask again while the answer is that it is too early; the services tell each other within milliseconds.

        Who comes too often waits for as long as the gateway says.
        """
        waited, queued, pause = 0.0, 0.0, 0.05
        while True:
            answer = await self._once(method, path, request, last=waited > _PATIENCE_SECONDS)
            if answer is not None:
                if answer.is_success:
                    return answer
                problem = _problem(answer)
                if problem.get("code") == _TOO_OFTEN and queued < _QUEUE_SECONDS:
                    seconds = float(answer.headers.get("Retry-After", 1))
                    await asyncio.sleep(seconds)
                    queued += seconds
                    continue
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
