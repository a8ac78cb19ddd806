"""What the story knows while it is told: who may speak, and what exists already, by natural key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import TypeVar

from deploy.demo.client import Api, Caller, Json
from deploy.demo.files import Data

T = TypeVar("T")


class Progress:
    """Told how far the story is; this one keeps it to itself."""

    def chapter(self, first: date | None, last: date | None, total: int) -> None:
        """A stretch of days begins in which so many things happen; without days, the preparations."""

    def turn_to(self, kind: str) -> None:
        """Things of another kind are next."""

    def advance(self) -> None:
        """One more has happened."""

    def end(self) -> None:
        """The story is told."""


class StoryBroken(RuntimeError):
    """Something came out other than the story says; whoever reads it looks at the services."""


@dataclass(frozen=True, slots=True)
class Step:
    """A transition of a case: taken when the case is in `state` and the day has come. No day: never."""

    state: str
    day: date | None
    verb: str
    caller: Caller
    body: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An application that was refused as it should be, with the problem's body."""

    day: date
    name: str
    problem: Json


@dataclass(slots=True)
class World:
    """The API, the data, the callers by user name, and the objects found or made so far by their natural keys."""

    api: Api
    data: Data
    callers: Mapping[str, Caller]
    progress: Progress = field(default_factory=Progress)
    centres: dict[str, Json] = field(default_factory=dict)
    titles: dict[tuple[str, str], Json] = field(default_factory=dict)
    services: dict[tuple[str, str, str], Json] = field(default_factory=dict)
    tiers: dict[tuple[str, str], Json] = field(default_factory=dict)
    enterprises: dict[str, Json] = field(default_factory=dict)
    tenancies: dict[tuple[str, str], Json] = field(default_factory=dict)
    reports: dict[tuple[str, int, int], Json] = field(default_factory=dict)
    appropriations: dict[tuple[str, int], Json] = field(default_factory=dict)
    reporting: asyncio.Lock = field(default_factory=asyncio.Lock)
    grants: dict[tuple[str, int], Json] = field(default_factory=dict)
    guidance: dict[int, Json] = field(default_factory=dict)
    programmes: dict[tuple[str, str, int], Json] = field(default_factory=dict)
    offerings: dict[tuple[str, str], Json] = field(default_factory=dict)
    settlements: dict[tuple[str, str], Json] = field(default_factory=dict)
    providers: dict[str, Json] = field(default_factory=dict)
    vouchers: dict[tuple[str, str], Json] = field(default_factory=dict)
    redemptions: dict[tuple[str, str, str], Json] = field(default_factory=dict)
    persons: dict[str, Json] = field(default_factory=dict)
    projects: dict[str, Json] = field(default_factory=dict)
    team_stays: dict[str, Json] = field(default_factory=dict)
    partners: dict[str, Json] = field(default_factory=dict)
    practices: dict[tuple[str, str], Json] = field(default_factory=dict)
    divisions: dict[str, Json] = field(default_factory=dict)
    funds: dict[tuple[str, int], Json] = field(default_factory=dict)
    payments: dict[tuple[str, int, str], Json] = field(default_factory=dict)
    targets: dict[tuple[str, int], Json] = field(default_factory=dict)
    referrals: dict[tuple[str, str], Json] = field(default_factory=dict)
    loans: dict[str, Json] = field(default_factory=dict)
    subsidies: dict[tuple[str, int, int], Json] = field(default_factory=dict)
    bank_days: dict[tuple[str, str], Json] = field(default_factory=dict)
    angel_funds: dict[str, Json] = field(default_factory=dict)
    rewards: dict[str, Json] = field(default_factory=dict)
    held: dict[tuple[str, str], Json] = field(default_factory=dict)
    mentors: dict[str, Json] = field(default_factory=dict)
    advice: dict[tuple[str, str], Json] = field(default_factory=dict)
    staff: dict[tuple[str, str], Json] = field(default_factory=dict)
    courses: dict[str, Json] = field(default_factory=dict)
    trainings: dict[str, Json] = field(default_factory=dict)
    enrolments: dict[tuple[str, str], Json] = field(default_factory=dict)
    activities: dict[tuple[str, str], Json] = field(default_factory=dict)
    sheets: dict[tuple[str, int], Json] = field(default_factory=dict)
    supports: dict[tuple[str, int], Json] = field(default_factory=dict)
    cycles: dict[int, Json] = field(default_factory=dict)
    refusals: dict[date, Refusal] = field(default_factory=dict)
    comeback: Json | None = None

    @property
    def auditor(self) -> Caller:
        """Reads everything, changes nothing."""
        return self.callers["auditor"]

    def bureau(self, role: str, number: int = 0) -> Caller:
        """One of the two holders of a bureau's role, by turns."""
        return self.callers[role if number % 2 == 0 else f"{role}_2"]

    def holder(self, role: str, org: str) -> Caller:
        """Who has the role for an organisation's code."""
        return self._scoped(role, lambda account: account == org, "org")

    def person(self, ref: str) -> Caller | None:
        """Who signs in as the person."""
        found = (account.username for account in self.data.accounts if account.person_ref == ref)
        return next((self.callers[username] for username in found), None)

    def division(self, step: str, division: str, number: int = 0) -> Caller:
        """A county's or park's officer or approver; `number` counts those of the same, in the order of the data."""
        return self._scoped(f"division_{step}", lambda value: value == division, "division", number)

    def banker(self, bank: str) -> Caller:
        """Who works for a bank."""
        return self._scoped("bank", lambda value: value == bank, "bank")

    def _scoped(self, role: str, fits: Callable[[str | None], bool], scope: str, number: int = 0) -> Caller:
        fitting = (account for account in self.data.accounts if role in account.roles and fits(getattr(account, scope)))
        account = next(islice(fitting, number, None), None)
        if account is None:
            raise StoryBroken(f"no account with the role {role} in the data")
        return self.callers[account.username]

    async def walk(self, path: str, name: str, found: Json, steps: Sequence[Step], until: date) -> Json:
        """Take the steps whose day has come, each from the state it starts from; returns the case as it then is."""
        for step in steps:
            if step.day is not None and step.day <= until and found["status"] == step.state:
                found = await self.api.post(
                    f"{path}/{step.verb}", step.caller, step.day, step.body, key=f"{name}/{step.verb}/{step.day}"
                )
        return found

    async def each(
        self, rows: Sequence[T], tell: Callable[[World, T, date], Awaitable[None]], until: date, *, kind: str = ""
    ) -> None:
        """Tell every row's story up to a day, several at a time. Raises the first error; the others stop.

        `kind` is what the progress is shown under; without one it is part of something else.
        """
        if kind:
            self.progress.turn_to(kind)
        waiting = iter(rows)

        async def worker() -> None:
            for row in waiting:
                await tell(self, row, until)
                if kind:
                    self.progress.advance()

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(WORKERS):
                    group.create_task(worker())
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors


WORKERS = 8
"""As many as the client makes calls at a time."""
