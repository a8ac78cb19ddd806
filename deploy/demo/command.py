"""`mengchuang demo`."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Annotated, Final
from uuid import uuid4

import typer
from rich import progress as bars
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from deploy.commands.console import err, out, shorten
from deploy.commands.databases import open_databases
from deploy.commands.stack import start, with_choices
from deploy.commands.words import Language, Words
from deploy.demo import files
from deploy.demo.accounts import FIRST_DAY, Credentials, OpenAdmin
from deploy.demo.client import Api
from deploy.demo.play import cast, play
from deploy.demo.story.world import Progress
from deploy.demo.summary import show
from deploy.demo.texts import ACCEPT, Texts
from deploy.lifecycle import StackError
from deploy.settings import StackSettings
from deploy.state import StateFile, supervised
from gateway.accounts.usecases import Scope, create_account
from shared.errors import DomainError
from shared.events.outbox import EventContext

POLICY: Final = Path(__file__).parent / "policy"

English = Annotated[bool, typer.Option("--english", help="say it in English")]


def demo(english: English = False) -> None:
    """Tell the delisting story with fictional data, through the public API. Safe to repeat: it does what is missing."""
    settings = StackSettings()
    refuse_real_clock(settings)
    settings = with_choices(settings, simulated_clock=True, policy_dir=settings.policy_dir or POLICY)
    language: Language = "en" if english else "zh"
    gateway_url = start(settings, Words(language)).gateway_url
    asyncio.run(_demo(settings, gateway_url, Texts(language)))


def refuse_real_clock(settings: StackSettings) -> None:
    """The story is told on days of the past, which only a simulated clock can be set to."""
    state = StateFile(settings.home).read()
    if supervised(settings.home) and state is not None and state.business_clock != "simulated":
        raise StackError(
            "the stack is up with the real business clock, and the story is told on days from 2019 on:"
            " stop it with `make down`, then run `make demo` again"
        )


async def _demo(settings: StackSettings, gateway_url: str, say: Texts) -> None:
    started = monotonic()
    credentials = Credentials(settings.home / "demo")
    async with Api(gateway_url, language=ACCEPT[say.language]) as api:
        shown = _Bars(say)
        world = cast(api, files.load(), credentials, shown)
        with shown.bars:
            await play(world, credentials, admin_opener(settings))
        if api.writes:
            seconds = round(monotonic() - started)
            out.print(say("changed", writes=api.writes, calls=api.calls, seconds=seconds), highlight=False)
        else:
            out.print(say("nothing_to_do"), highlight=False)
        await show(world, say, out, shorten(credentials.path))


def admin_opener(settings: StackSettings) -> OpenAdmin:
    """The way in for the first two administrators, as `mengchuang accounts add` does it; all others come by the API."""

    async def open_admin(username: str, password: str, role: str) -> bool:
        context = EventContext(actor="command-line", effective_on=FIRST_DAY, correlation_id=str(uuid4()))
        async with open_databases(settings, ["gateway"]) as databases:
            try:
                async with databases["gateway"].transaction() as session:
                    await create_account(session, username, password, roles=[role], scope=Scope(), context=context)
            except DomainError as error:
                if error.code == "username-taken":
                    return False
                raise
        return True

    return open_admin


class _Bars(Progress):
    """A bar for each chapter; the kind of thing under way stands beside it."""

    def __init__(self, say: Texts) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.bars = bars.Progress(*columns, console=err)
        self._say = say
        self._days = ""
        self._task: bars.TaskID | None = None

    def chapter(self, first: date | None, last: date | None, total: int) -> None:
        self.end()
        self._days = self._say("accounts") if last is None else f"{last}" if first == last else f"{first} – {last}"
        self._task = self.bars.add_task(self._days, total=total) if total else None

    def turn_to(self, kind: str) -> None:
        if self._task is not None and self._days != self._say(kind):
            self.bars.update(self._task, description=f"{self._days}  {self._say(kind)}")

    def advance(self) -> None:
        if self._task is not None:
            self.bars.advance(self._task)

    def end(self) -> None:
        if self._task is not None:
            self.bars.update(self._task, description=self._days)
