"""`mengchuang audit check-pack | redraw`: what an auditor does with what was taken away, wherever that is.

Neither needs the system that made the file; `--against-log` compares a pack with the databases where they can be had.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Final, cast

import typer

from deploy.commands.console import err, out
from deploy.commands.databases import chosen, open_databases
from deploy.migrating import database_server
from deploy.settings import StackSettings
from shared.audit.checking import Checked, check_pack as check, compare_log, events_of
from shared.audit.online import hashes_at
from shared.audit.sampling import Item, Method, digest_of, draw

app = typer.Typer(no_args_is_help=True, help="Check case packs and draw samples again.")

METHODS: Final = ("simple_random", "stratified", "monetary_unit")

Anchors = Annotated[Path | None, typer.Option(help="heads kept outside the databases, one JSON document a line")]


@app.command("check-pack")
def check_pack(
    file: Annotated[Path, typer.Argument(help="a case pack", exists=True, dir_okay=False)],
    anchors: Anchors = None,
    against_log: Annotated[bool, typer.Option("--against-log", help="compare with the databases, too")] = False,
) -> None:
    """Say whether a case pack is whole and unaltered (exit code 1 if it is not, 2 if it is none)."""
    try:
        checked = check(file, [] if anchors is None else list(_lines(anchors)))
    except (ValueError, KeyError, TypeError) as error:
        err.print(f"[bold red]Error:[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    findings = list(checked.findings)
    if against_log:
        settings = StackSettings()
        with database_server(settings):
            findings += asyncio.run(_compare(settings, file))
    _say(checked, findings, against_log=against_log, anchors=anchors is not None)
    if findings:
        raise typer.Exit(1)


@app.command()
def redraw(
    population: Annotated[Path, typer.Argument(help="the population as JSON", exists=True, dir_okay=False)],
    seed: Annotated[str, typer.Option(help="the seed of the draw")],
    size: Annotated[int, typer.Option(min=1, max=1000)],
    method: Annotated[str, typer.Option(help=", ".join(METHODS))] = "simple_random",
) -> None:
    """Draw a sample again from a population that was taken away; prints place, id, hits and amount."""
    if method not in METHODS:
        raise typer.BadParameter(f"one of {', '.join(METHODS)}", param_hint="--method")
    try:
        items = list(_items(population))
        drawn = draw(items, cast("Method", method), size, seed)
    except (ValueError, KeyError, TypeError, InvalidOperation) as error:
        err.print(f"[bold red]Error:[/] not a population: {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    typer.echo(f"# {len(items)} items, population digest {digest_of(items)}")
    for one in drawn:
        amount = "" if one.item.amount is None else f"{one.item.amount:.2f}"
        typer.echo(f"{one.place}\t{one.item.id}\t{one.hits}\t{amount}")


async def _compare(settings: StackSettings, file: Path) -> list[str]:
    events = events_of(file)
    async with open_databases(settings, chosen(None)) as databases:
        known = await hashes_at(databases, [(event.topic, event.position) for event in events])
    return compare_log(events, lambda topic, position: known.get((topic, position)))


def _say(checked: Checked, findings: list[str], *, against_log: bool, anchors: bool) -> None:
    case = checked.case
    named = f"{case.get('kind')} {case.get('no') or ''} {case.get('id')}"
    out.print(_printable(named), highlight=False, markup=False)
    out.print(f"{checked.files} files, {checked.events} events, {checked.documents} documents known to the log")
    for line in checked.left_out:
        out.print(f"left out: {_printable(line)}", highlight=False, markup=False, soft_wrap=True)
    for finding in findings:
        out.print(_printable(finding), style="red", highlight=False, markup=False, soft_wrap=True)
    if findings:
        return
    out.print("Whole: files, digests and hash chain agree.")
    if anchors:
        out.print(f"{checked.anchored} events lie at anchored positions and agree.")
    if against_log:
        out.print("Every event is in the log as it is in the pack.")
    elif not checked.anchored:
        out.print("Nothing outside the pack vouches for it: give --anchors, or --against-log where the databases are.")


def _printable(text: str) -> str:
    """A pack comes from anywhere: what it says moves no cursor and colours nothing."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def _items(path: Path) -> Iterator[Item]:
    for row in json.loads(path.read_text(encoding="utf-8"))["items"]:
        amount = row["amount"]
        yield Item(row["id"], row["stratum"], None if amount is None else Decimal(amount))
