"""Sends what was made up to a running suite, judges each answer and counts."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final
from urllib.parse import quote
from uuid import uuid4

import aiohttp
from yarl import URL

from tests.fuzz.described import JSON, UUID, Description, Operation, Place
from tests.fuzz.people import headers_of, key_of
from tests.fuzz.unusual import Input, for_body, for_field, for_parameter

PROBLEM: Final = "application/problem+json"
AT_ONCE: Final = 6

_SKIPPED: Final = frozenset({"/v1/auth/sessions/revoke", "/v1/auth/revoke"})
"""What would end the sessions that the others are asked with."""
_UNREADABLE: Final = frozenset({"validation-failed", "request-malformed", "json-too-deep"})
_TOO_LARGE: Final = frozenset({413, 414, 431})
_BEFORE_THE_INPUT: Final[Mapping[str, frozenset[str]]] = {
    "path": frozenset({"route-not-found", "method-not-allowed"}),
    "header": frozenset({"idempotency-key-invalid", "precondition-failed"}),
    "body": frozenset(),
    "query": frozenset(),
}
"""Refusals that say the same of the input in another way, by where it stands: a segment that no address has."""
_CREDENTIALS: Final[Mapping[str, frozenset[str]]] = {
    "/v1/auth/token": frozenset({"credentials-wrong", "grant-type-unsupported", "token-request-incomplete"}),
}
"""Where the input is itself a credential: that it is wrong is all that is said of it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that is unusual in one place."""

    operation: Operation
    place: str
    what: Input
    target: str
    headers: Mapping[str, str]
    body: bytes | None
    """None: what is unusual is the body."""

    def __str__(self) -> str:
        return f"{self.operation.method} {self.operation.path} {self.place}: {self.what.name}"


@dataclass(slots=True)
class Tally:
    """What was sent and how it was answered; `faults` say what was wrong with which attempt."""

    requests: int = 0
    operations: set[str] = field(default_factory=set)
    places: set[tuple[str, str]] = field(default_factory=set)
    inputs: set[str] = field(default_factory=set)
    callers: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def count(self, attempt: Attempt, status: int, caller: str | None) -> None:
        self.requests += 1
        self.callers.add(caller or "public")
        self.operations.add(attempt.operation.id)
        self.places.add((attempt.operation.id, attempt.place))
        self.inputs.add(attempt.what.name)
        self.statuses[status] += 1

    def __str__(self) -> str:
        answers = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.requests} requests to {len(self.operations)} operations, {len(self.inputs)} kinds of inputs in"
            f" {len(self.places)} places ({answers}), {len(self.faults)} faults"
        )


def attempts(description: Description, operation: Operation) -> Iterator[Attempt]:
    """Everything unusual that one operation can be sent."""
    maker = _Maker(description, operation)
    yield from maker.in_places()
    yield from maker.as_bodies()


def some(description: Description, operation: Operation, rng: Random, count: int, *, refused: bool) -> list[Attempt]:
    """A few of those that must be refused, or of those that need not, in different places as far as there are any."""
    every = [one for one in attempts(description, operation) if one.what.refused == refused]
    rng.shuffle(every)
    by_place: dict[str, list[Attempt]] = {}
    for attempt in every:
        by_place.setdefault(attempt.place, []).append(attempt)
    queues = list(by_place.values())
    rng.shuffle(queues)
    chosen: list[Attempt] = []
    while queues and len(chosen) < count:
        chosen += [queue.pop() for queue in queues[: count - len(chosen)]]
        queues = [queue for queue in queues if queue]
    return chosen


class _Maker:
    def __init__(self, description: Description, operation: Operation) -> None:
        self._description = description
        self._operation = operation
        self._body = None if operation.body is None else description.plain(operation.body)
        self._headers = {"Content-Type": JSON} if operation.body is not None else {}
        needed = [one for one in operation.parameters if one.get("required")]
        for one in needed:
            if one["in"] == "header":
                self._headers[one["name"]] = "fuzz"
        self._path = {one["name"]: str(description.plain(one["schema"])) for one in needed if one["in"] == "path"}
        self._query = {one["name"]: str(description.plain(one["schema"])) for one in needed if one["in"] == "query"}

    def in_places(self) -> Iterator[Attempt]:
        """Every place with everything in it, one at a time."""
        for place in self._description.places(self._operation):
            kinds = self._description.choices(place.schema)
            if place.kind == "body":
                for what in for_field(self._body, place.where, kinds):
                    yield self._attempt(f"body {place.name}", what)
            else:
                for what in for_parameter(place.kind, {kind.get("type", "any") for kind in kinds}):
                    yield self._with(place, what)

    def as_bodies(self) -> Iterator[Attempt]:
        """Every body as a whole."""
        schema = self._operation.body
        if schema is None:
            return
        for what in for_body(self._body, list(self._description.objects(schema, self._body))):
            yield self._attempt("body", what, headers={"Content-Type": what.content_type})

    def _with(self, place: Place, what: Input) -> Attempt:
        text = what.content.decode("latin-1")
        if place.kind == "path":
            return self._attempt(f"path {place.name}", what, path={place.name: text}, body=self._plain_body())
        if place.kind == "query":
            return self._attempt(f"query {place.name}", what, query={place.name: text}, body=self._plain_body())
        return self._attempt(f"header {place.name}", what, body=self._plain_body(), headers={place.name: text})

    def _plain_body(self) -> bytes | None:
        return None if self._body is None else json.dumps(self._body).encode()

    def _attempt(
        self,
        place: str,
        what: Input,
        *,
        path: Mapping[str, str] = {},
        query: Mapping[str, str] = {},
        body: bytes | None = None,
        headers: Mapping[str, str] = {},
    ) -> Attempt:
        target = self._operation.path
        for name, value in {**_quoted(self._path), **path}.items():
            target = target.replace("{" + name + "}", value or UUID)
        asked = "&".join(f"{name}={value}" for name, value in {**_quoted(self._query), **query}.items())
        target = f"{target}?{asked}" if asked else target
        return Attempt(self._operation, place, what, target, {**self._headers, **headers}, body)


def _quoted(values: Mapping[str, str]) -> dict[str, str]:
    return {name: quote(value, safe="") for name, value in values.items()}


class Sender:
    """`await Sender(url, tokens).send(attempts, tally)`; each operation as one who may call it."""

    def __init__(self, url: str, tokens: Mapping[str, str], *, seed: int = 0) -> None:
        self._url = url
        self._tokens = tokens
        self._seed = seed

    def role(self, operation: Operation) -> str | None:
        """One of those to whom the operation is open, another one with another seed."""
        anybody = [] if operation.public else [role for role in self._tokens if " " not in role]
        known = [role for role in operation.roles or anybody if role in self._tokens]
        if operation.by_key:
            known += [key_of(role) for role in known if key_of(role) in self._tokens]
        if not known:
            return None
        return Random(f"{self._seed} {operation.id}").choice(sorted(known))

    async def send(self, wanted: Iterable[Attempt], tally: Tally) -> None:
        """All of them, a few at once. What is wrong goes to the tally, also a session that has ended on the way."""
        queue = iter(wanted)
        connector = aiohttp.TCPConnector(limit=AT_ONCE)
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

            async def work() -> None:
                for attempt in queue:
                    if attempt.operation.path not in _SKIPPED:
                        await self._one(session, attempt, tally)

            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(work())

    async def _one(self, session: aiohttp.ClientSession, attempt: Attempt, tally: Tally) -> None:
        caller = self.role(attempt.operation)
        token = self._tokens.get(caller or "")
        headers = {**headers_of(token), **attempt.headers}
        if headers.get("Idempotency-Key") == "fuzz":
            headers["Idempotency-Key"] = str(uuid4())
        body = attempt.what.content if attempt.place.startswith("body") else attempt.body
        url = URL(self._url + attempt.target, encoded=True)
        try:
            async with session.request(
                attempt.operation.method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                text = await response.text(errors="replace")
                tally.count(attempt, response.status, caller)
                fault = judge(attempt, response.status, response.content_type, text)
        except (ValueError, aiohttp.InvalidURL):  # nothing that a client of HTTP can send
            return
        except (aiohttp.ClientError, TimeoutError) as error:
            tally.count(attempt, 0, caller)
            fault = f"no answer: {error!r}"
        if fault:
            tally.faults.append(f"{attempt}: {fault}")


def judge(attempt: Attempt, status: int, content_type: str, text: str) -> str | None:
    """What is wrong with an answer, None if nothing is."""
    if status >= 500:
        return f"{status} {text[:300]}"
    if status < 400:
        return f"taken with {status}: {text[:200]}" if attempt.what.refused else None
    if content_type != PROBLEM:
        return f"{status} as {content_type}: {text[:200]}"
    try:
        problem = json.loads(text)
    except ValueError:
        return f"{status} is no JSON: {text[:200]}"
    missing = [name for name in ("type", "title", "detail", "code", "status") if not problem.get(name)]
    if missing:
        return f"{status} lacks {', '.join(missing)}"
    if status == 401 and problem["code"] == "unauthenticated":
        return "nobody known"
    if problem["code"] == "validation-failed" and not problem.get("errors"):
        return "422 does not say which field"
    if attempt.what.refused and not _for_the_input(attempt, status, str(problem["code"])):
        return f"taken, and then {status}: {text[:200]}"
    return None


def _for_the_input(attempt: Attempt, status: int, code: str) -> bool:
    """Whether it was refused for what was sent: with a rule's refusal or a 404 it would have been taken first."""
    if status in _TOO_LARGE:
        return attempt.what.large
    if status == 415:
        return attempt.what.content_type != JSON
    kind = attempt.place.partition(" ")[0]
    return code in _UNREADABLE | _BEFORE_THE_INPUT[kind] | _CREDENTIALS.get(attempt.operation.path, frozenset())
