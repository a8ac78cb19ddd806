"""`mengchuang bureaus add | list | topics | rotate | remove | apply | accounts`: other bureaus that read the events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID, uuid4

import typer
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deploy import bureaus as broker
from deploy.bureaus import NKey
from deploy.bureaus_followed import follow, known, on_record
from deploy.commands.console import err, out
from deploy.commands.databases import open_databases
from deploy.embedded.nats_bureaus import Bureau
from deploy.migrating import database_server
from deploy.settings import StackSettings
from gateway.bureaus import models, queries, usecases
from gateway.keys.models import ApiKey
from gateway.keys.usecases import Signing, Wanted, issue_key, revoke_key
from shared.clock import business_today, utcnow
from shared.errors import DomainError
from shared.events.outbox import EventContext
from shared.events.outside import outside_topics
from shared.logging import configure_logging

app = typer.Typer(no_args_is_help=True, help="Other bureaus that read the suite's events, by NATS and over HTTP.")

ACTOR = "command-line"
SCOPES = ("events:read",)
ALL = "all"

T = TypeVar("T")
Name = Annotated[str, typer.Argument(help="lower-case letters, digits and hyphens, such as finance-bureau")]
Topics = Annotated[str, typer.Option(help="topics separated by commas, or `all`; `bureaus topics` lists them")]
Output = Annotated[Path | None, typer.Option(help="a new file for the bureau's configuration instead of the terminal")]
KeyDays = Annotated[int, typer.Option(min=1, max=730, help="days until the API key ends; its owner rotates it before")]


@app.command()
def add(name: Name, topics: Topics = ALL, output: Output = None, key_days: KeyDays = 365) -> None:
    """Let a bureau in, and print what its program needs: credentials that are shown this once."""

    async def work(session: AsyncSession, key: NKey) -> tuple[models.Bureau, str]:
        context = _context()
        bureau = await usecases.add_bureau(
            session, name, topics=_listed(topics), public_key=key.public_key, context=context
        )
        await session.flush()
        return bureau, await _api_key(session, bureau.account_id, key_days, context)

    _with_credentials(work, output)


@app.command()
def rotate(name: Name, output: Output = None, key_days: KeyDays = 365) -> None:
    """Give a bureau other credentials; the old ones are over at once, for NATS and for HTTP."""

    async def work(session: AsyncSession, key: NKey) -> tuple[models.Bureau, str]:
        context = _context()
        bureau = await usecases.rotate_bureau(session, name, public_key=key.public_key, context=context)
        await _revoke_keys(session, bureau.account_id, context)
        return bureau, await _api_key(session, bureau.account_id, key_days, context)

    _with_credentials(work, output)


@app.command()
def remove(name: Name) -> None:
    """Let a bureau go: its connections end at once, and its API keys are over."""

    async def work(session: AsyncSession) -> None:
        context = _context()
        bureau = await usecases.remove_bureau(session, name, context=context)
        await _revoke_keys(session, bureau.account_id, context)

    settings = StackSettings()
    with database_server(settings), broker.one_at_a_time(settings):
        _run(settings, work)
        out.print(_apply(settings))
    out.print(f"{name} reads nothing any more.")


@app.command()
def topics(
    name: Annotated[str | None, typer.Argument(help="a bureau; without one the topics that there are")] = None,
    topics: Annotated[str | None, typer.Option(help="what it reads from now on: topics, or `all`")] = None,
) -> None:
    """List the topics that leave the suite, or let a bureau read others from now on."""
    if name is None or topics is None:
        for topic, kinds in outside_topics().items():
            out.print(f"{topic}  {', '.join(kind.removeprefix(f'{topic}.') for kind in kinds)}", soft_wrap=True)
        return
    wanted = _listed(topics)

    async def work(session: AsyncSession) -> None:
        await usecases.choose_topics(session, name, topics=wanted, context=_context())

    settings = StackSettings()
    with database_server(settings), broker.one_at_a_time(settings):
        _run(settings, work)
        out.print(_apply(settings))


@app.command("list")
def show() -> None:
    """Show who reads what."""
    settings = StackSettings()
    with database_server(settings):
        rows = _run(settings, queries.bureaus_let_in)
    table = Table("bureau", "topics", "key", "since")
    for row in rows:
        chosen = ALL if row.topics is None else ", ".join(row.topics)
        table.add_row(row.name, chosen, row.public_key, f"{row.rotated_at:%Y-%m-%d}")
    out.print(table)


@app.command()
def apply(
    loop: Annotated[
        bool, typer.Option("--loop", help="look every two seconds whether that is needed, for ever")
    ] = False,
) -> None:
    """Bring the broker's configuration to what is on record, as every other command here does too."""
    settings = StackSettings()
    if loop:
        configure_logging("bureaus")
        asyncio.run(follow(settings))
    with database_server(settings), broker.one_at_a_time(settings):
        out.print(_apply(settings))


@app.command()
def accounts() -> None:
    """Print the accounts of all bureaus, for a broker that is configured elsewhere."""
    settings = StackSettings()
    with database_server(settings):
        out.print_json(broker.accounts(_let_in(settings)))


def _with_credentials(
    work: Callable[[AsyncSession, NKey], Awaitable[tuple[models.Bureau, str]]], output: Path | None
) -> None:
    """Record, tell the broker, and show the credentials; these also where the broker could not be told."""
    settings, key = StackSettings(), NKey.new()

    async def recorded(session: AsyncSession) -> tuple[Bureau, str]:
        row, api_key = await work(session, key)
        return known(row), api_key

    if output is not None and output.exists():
        raise RuntimeError(f"{output} exists already")
    with database_server(settings), broker.one_at_a_time(settings):
        bureau, api_key = _run(settings, recorded)
        try:
            err.print(_apply(settings))
        finally:
            text = broker.configuration(settings, bureau, key, api_key)
            if output is None:
                out.print(text, highlight=False, soft_wrap=True, markup=False)
            else:
                broker.write_private(output, text)
    if output is not None:
        err.print(f"The configuration for {bureau.name} is in {output}: it holds secrets that are kept nowhere else.")


def _apply(settings: StackSettings) -> str:
    return broker.apply(settings, _let_in(settings))


def _let_in(settings: StackSettings) -> list[Bureau]:
    return _run(settings, on_record)


def _listed(topics: str) -> list[str] | None:
    if topics == ALL:
        return None
    return [topic.strip() for topic in topics.split(",") if topic.strip()]


async def _api_key(session: AsyncSession, account_id: UUID, days: int, context: EventContext) -> str:
    wanted = Wanted(
        name="events",
        livemode=True,
        scopes=SCOPES,
        networks=(),
        expires_at=utcnow() + timedelta(days=days),
        signing=Signing(),
    )
    issued = await issue_key(session, account_id, wanted, confirmed=True, keys=None, context=context)
    return issued.key.text


async def _revoke_keys(session: AsyncSession, account_id: UUID, context: EventContext) -> None:
    statement = select(ApiKey).where(ApiKey.account_id == account_id).with_for_update()
    for row in (await session.scalars(statement)).all():
        if row.status in ("proposed", "active"):
            await revoke_key(session, row, if_match=None, context=context)


def _context() -> EventContext:
    return EventContext(actor=ACTOR, effective_on=business_today(), correlation_id=str(uuid4()))


def _run(settings: StackSettings, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """One transaction on the gateway's database; refusals are said as the command line says them."""

    async def go() -> T:
        async with _session(settings) as session:
            return await work(session)

    try:
        return asyncio.run(go())
    except DomainError as error:
        details = ", ".join(f"{name}: {value}" for name, value in error.params.items())
        raise RuntimeError(f"refused: {error.code}" + (f" ({details})" if details else "")) from error


@asynccontextmanager
async def _session(settings: StackSettings) -> AsyncIterator[AsyncSession]:
    async with open_databases(settings, ["gateway"]) as databases, databases["gateway"].transaction() as session:
        yield session
