"""What the story knows while it is told: who may speak, and what exists already, by natural key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from deploy.demo.client import Api, Caller, Json
from deploy.demo.data import Data

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
"""Called with what is being loaded, how much of it is done, and how much there is."""


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


@dataclass(slots=True)
class World:
    """The API, the data, the callers by user name, and the objects found or made so far by their natural keys."""

    api: Api
    data: Data
    callers: Mapping[str, Caller]
    progress: Progress = lambda *_: None
    centres: dict[str, Json] = field(default_factory=dict)
    titles: dict[tuple[str, str], Json] = field(default_factory=dict)
    enterprises: dict[str, Json] = field(default_factory=dict)
    tenancies: dict[tuple[str, str], Json] = field(default_factory=dict)
    reports: dict[tuple[str, int, int], Json] = field(default_factory=dict)
    grants: dict[tuple[str, int], Json] = field(default_factory=dict)
    programmes: dict[tuple[str, str, int], Json] = field(default_factory=dict)
    providers: dict[str, Json] = field(default_factory=dict)
    vouchers: dict[tuple[str, str], Json] = field(default_factory=dict)
    redemptions: dict[tuple[str, str, str], Json] = field(default_factory=dict)

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

    def division(self, step: str, division: str) -> Caller:
        """A county's or park's officer or approver."""
        return self._scoped(f"division_{step}", lambda value: value == division, "division")

    def _scoped(self, role: str, fits: Callable[[str | None], bool], scope: str) -> Caller:
        for account in self.data.accounts:
            if role in account.roles and fits(getattr(account, scope)):
                return self.callers[account.username]
        raise StoryBroken(f"no account with the role {role} in the data")

    async def walk(self, path: str, name: str, found: Json, steps: Sequence[Step], until: date) -> Json:
        """Take the steps whose day has come, each from the state it starts from; returns the case as it then is."""
        for step in steps:
            if step.day is not None and step.day <= until and found["status"] == step.state:
                found = await self.api.post(
                    f"{path}/{step.verb}", step.caller, step.day, step.body, key=f"{name}/{step.verb}/{step.day}"
                )
        return found

    async def each(
        self, title: str, rows: Sequence[T], tell: Callable[[World, T, date], Awaitable[None]], until: date
    ) -> None:
        """Tell every row's story up to a day, several at a time. Raises the first error; the others stop."""
        done = 0
        self.progress(title, 0, len(rows))
        waiting = iter(rows)

        async def worker() -> None:
            nonlocal done
            for row in waiting:
                await tell(self, row, until)
                done += 1
                self.progress(title, done, len(rows))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(WORKERS):
                    group.create_task(worker())
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors


WORKERS = 8
"""As many as the client makes calls at a time."""
