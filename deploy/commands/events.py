"""`mengchuang events tail | parked | retry | verify`: looking into the event logs."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.console import out
from deploy.commands.databases import chosen, open_databases
from deploy.heads import WrittenHeads
from deploy.migrating import database_server
from deploy.migrations import package_of
from deploy.settings import StackSettings
from shared.events.consumer import Consumers
from shared.events.log_reader import read_log
from shared.events.parking import Parked, Retried, list_parked, retry as retry_parked
from shared.events.verify import Report, verify as verify_logs

app = typer.Typer(no_args_is_help=True, help="The event logs: read, verify, and apply what was parked.")

PAGE = 200
POLL_SECONDS = 0.5

ServiceOption = Annotated[str | None, typer.Option("--service", help="only this service; all without it")]
TopicOption = Annotated[str | None, typer.Option("--topic", help="only this topic, such as registry.centre")]


@app.command()
def tail(
    topic: Annotated[str, typer.Argument(help="such as registry.centre")],
    after: Annotated[int, typer.Option(help="print what comes after this position")] = 0,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on as events come in")] = False,
) -> None:
    """Print a topic's events, one JSON document a line, from the producer's own log."""
    asyncio.run(_tail(StackSettings(), topic, after, follow=follow))


@app.command()
def parked(service: ServiceOption = None, topic: TopicOption = None) -> None:
    """List the events that could not be applied, in the order in which they must be retried."""
    found = asyncio.run(_parked(StackSettings(), chosen(service), topic))
    for name, entry in found:
        event = entry.event
        behind = f", behind {entry.behind}" if entry.behind else ""
        what = f"{event.topic} {event.position} {event.parsed()['type']} {event.id}"
        out.print(f"{name}: {what}{behind}: {entry.error}", soft_wrap=True, markup=False)
    if not found:
        out.print("Nothing is parked.")


@app.command()
def retry(service: ServiceOption = None, topic: TopicOption = None) -> None:
    """Apply parked events again, in order; exit code 1 if one failed again."""
    results = asyncio.run(_retry(StackSettings(), chosen(service), topic))
    for name, result in results:
        word = "applied" if result.error is None else f"failed again: {result.error}"
        out.print(f"{name}: {result.event.topic} {result.event.position} {word}", soft_wrap=True)
    if not results:
        out.print("Nothing is parked.")
    if any(result.error for _, result in results):
        raise typer.Exit(1)


@app.command()
def verify(
    anchors: Annotated[
        Path | None, typer.Option(help="append-only file of heads already seen; default in the data folder")
    ] = None,
    former_key: Annotated[
        list[Path] | None, typer.Option(help="public key (PEM) that the gateway signed with before; repeatable")
    ] = None,
    heads_since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="daily heads from before this day are known to be gone"),
    ] = None,
) -> None:
    """Walk every topic's hash chain; compare heads, cursors, anchors and the daily heads that the gateway wrote down
    outside the databases; name the first bad position, or the day (exit code 1)."""
    settings = StackSettings()
    heads = WrittenHeads.of(settings, former_key or [])
    with database_server(settings):
        report = asyncio.run(_verify(settings, anchors or settings.home / "anchors.jsonl", heads))
    for head in report.verified:
        out.print(f"{head.topic}: whole up to {head.position} (epoch {head.epoch}, {head.hash[:16]})")
    for finding in report.findings:
        where = f"{finding.topic} at {finding.position} ({finding.database})"
        out.print(f"[red]{where}: {finding.problem}[/red]", soft_wrap=True)
    flaws = heads.flaws(report, None if heads_since is None else heads_since.date())
    for flaw in flaws:
        out.print(f"[red]{flaw.topic} on {flaw.day} (daily heads): {flaw.problem}[/red]", soft_wrap=True)
    if report.findings or flaws:
        raise typer.Exit(1)
    out.print(f"{len(report.verified)} topics verified; {heads.told()}.")


async def _tail(settings: StackSettings, topic: str, after: int, *, follow: bool) -> None:
    producer = topic.partition(".")[0]
    async with open_databases(settings, chosen(producer)) as databases:
        while True:
            async with databases[producer].transaction() as session:
                page = await read_log(session, topic, after, PAGE)
            for event in page.events if page else ():
                typer.echo(json.dumps(event.to_json(), ensure_ascii=False))
                after = event.position
            if page is not None and page.events:
                continue
            if not follow:
                return
            await asyncio.sleep(POLL_SECONDS)


async def _parked(settings: StackSettings, services: Sequence[str], topic: str | None) -> list[tuple[str, Parked]]:
    async with open_databases(settings, services) as databases:
        return [(name, entry) for name, db in databases.items() for entry in await list_parked(db, topic)]


async def _retry(settings: StackSettings, services: Sequence[str], topic: str | None) -> list[tuple[str, Retried]]:
    results: list[tuple[str, Retried]] = []
    async with open_databases(settings, services) as databases:
        for name, db in databases.items():
            consumers = _consumers(name)
            if consumers is not None:
                results += [(name, result) for result in await retry_parked(db, consumers, topic)]
    return results


async def _verify(settings: StackSettings, anchors: Path, heads: WrittenHeads) -> Report:
    async with open_databases(settings, chosen(None)) as databases:
        return await verify_logs(databases, anchors, heads.seen())


def _consumers(service: str) -> Consumers | None:
    """What the service does with events; None for one that only produces."""
    module = f"{package_of(service)}.consumers"
    if find_spec(module) is None:
        return None
    consumers = import_module(module).consumers
    if not isinstance(consumers, Consumers):
        raise TypeError(f"{module}.consumers is no Consumers")
    return consumers
