"""What an official sees at the end: results, the delisting step by step, the refusal, and where to look next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.demo.client import Json
from deploy.demo.overview import overview
from deploy.demo.story.delistings import completed_case
from deploy.demo.story.world import World
from deploy.demo.texts import Texts
from shared.money import format_wan

_GRADES: Final = ("excellent", "good", "pass", "fail", "exempt", "not_graded")
_RECTIFIED: Final = {
    "accepted": "rectified",
    "rejected": "not_rectified",
    "superseded": "superseded",
    "annulled": "annulled",
}


async def show(world: World, say: Texts, console: Console, credentials: str) -> None:
    """Print the summary; everything in it is read from the API."""
    centres = {found["id"]: found async for found in world.api.items("/v1/centres", world.auditor)}
    results = [found async for found in world.api.items("/v1/evaluations", world.auditor, status="published")]
    console.print(_results(world, say, results))
    console.print(await _fates(world, say, results, centres))
    case: Json = {}
    for row in world.data.delistings:
        case = await completed_case(world, row)
        console.print(_timeline(say, case, centres[case["centre_id"]]))
        async for ban in world.api.items("/v1/bans", world.auditor, case_id=case["id"]):
            days = {"first": ban["published_on"], "last": ban["last_barred_day"], "open": ban["first_open_day"]}
            console.print(Text(say("ban", **days), style="bold"))
    console.print(*_comeback(world, say), sep="\n")
    console.print(await overview(world, say, _table))
    console.print(Text(say("where"), style="bold"))
    for line in _where(world, say, case, credentials):
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.pad_edge, table.collapse_padding = False, True
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _results(world: World, say: Texts, results: list[Json]) -> Table:
    table = _table(say("results"), say("year"), say("document"), say("published"), *map(say, _GRADES))
    for row in world.data.evaluations:
        grades = [found["grade"] for found in results if found["year"] == row.year]
        counts = [str(grades.count(grade) or "–") for grade in _GRADES]
        table.add_row(str(row.year), row.document_no, row.published_on.isoformat(), *counts)
    return table


async def _fates(world: World, say: Texts, results: list[Json], centres: dict[str, Json]) -> Table:
    """Every centre that ever failed: its grades year by year, and what became of it."""
    years = [row.year for row in world.data.evaluations]
    orders = [found async for found in world.api.items("/v1/rectifications", world.auditor)]
    table = _table(say("fates"), say("centre"), *map(str, years), say("outcome"))
    failed = dict.fromkeys(found["centre_id"] for found in reversed(results) if found["grade"] == "fail")
    for centre_id in failed:
        cells = {found["year"]: _grade(say, found) for found in results if found["centre_id"] == centre_id}
        centre = centres[centre_id]
        outcome = [
            say(_RECTIFIED.get(order["status"], "rectifying"), year=order["year"])
            for order in sorted(orders, key=lambda order: str(order["no"]))
            if order["centre_id"] == centre_id
        ]
        end = f"{say('delisted')} {centre['delisted_on']}" if centre["delisted_on"] else say(centre["status"])
        table.add_row(centre["name"], *(cells.get(year, "–") for year in years), "\n".join([*outcome, end]))
    return table


def _grade(say: Texts, found: Json) -> str:
    score = f" {found['score']}" if found["score"] and found["grade"] != "not_graded" else ""
    return f"{say(found['grade'])}{score}"


def _timeline(say: Texts, case: Json, centre: Json) -> Table:
    title = say("timeline", centre=centre["name"], no=case["no"])
    table = _table(title, say("day"), say("service"), say("step"), say("milliseconds"), say("clauses"))
    for _, cells in sorted(_moments(say, case), key=lambda moment: moment[0]):
        table.add_row(*cells)
    return table


def _moments(say: Texts, case: Json) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Steps of the case and what the services did, each with its instant."""
    for step in case["steps"]:
        name = step["step"] or step["event_type"].split(".")[2]
        name = {"published": "decided", "service": "service_record"}.get(name, name)
        after, clauses = _ms(step["after_publication_ms"]), ", ".join(step["clauses"])
        yield step["recorded_at"], (step["effective_on"], say("by_evaluation"), say(name), after, clauses)
    for part in case["participants"]:
        done, clauses = _done(say, part["service"], part["details"] or {}), ", ".join(part["clauses"])
        service, after = say(f"by_{part['service']}"), _ms(part["acted_after_ms"])
        yield part["acted_at"], (case["published_on"], service, done, after, clauses)


def _ms(value: int | None) -> str:
    return "" if value is None else str(value)


def _done(say: Texts, service: str, details: Json) -> str:
    def count(name: str) -> int:
        return len(details.get(name) or ())

    if service == "registry":
        return say(
            "registry",
            revoked=count("revoked_qualification_ids"),
            refused=count("refused_application_ids"),
            relocated=count("relocated_tenancy_ids"),
        )
    if service == "finance":
        return say(
            "finance",
            cancelled=count("cancelled_grant_ids"),
            released=_yuan(say, details.get("released")),
            recovering=count("recovery_grant_ids"),
            due=_yuan(say, details.get("recovery_due")),
        )
    return say(
        "vouchers_done",
        stopped=count("stopped_voucher_ids"),
        released=count("released_redemption_ids"),
        honoured=count("honoured_redemption_ids"),
    )


def _yuan(say: Texts, amount: object) -> str:
    exact = Decimal(str(amount or 0))
    return format_wan(exact) if say.language == "zh" else f"{exact:,.2f} yuan"


def _comeback(world: World, say: Texts) -> Iterator[RenderableType]:
    """The first refusal with its whole body; the others, and the acceptance, in a line each."""
    for place, (day, refusal) in enumerate(sorted(world.refusals.items())):
        title = say("refusal", day=day, name=refusal.name)
        if place == 0:
            body = json.dumps(refusal.problem, ensure_ascii=False, indent=2)
            yield Panel(Text(body), title=title, title_align="left")
        else:
            yield Text(say("refused_again", title=title, code=refusal.problem["code"]))
    if world.comeback is not None:
        made = world.comeback
        values = {"day": made["applied_on"], "name": made["name"], "listed": made["listed_on"], "no": made["no"]}
        yield Text(say("accepted", **values), style="bold")


def _where(world: World, say: Texts, case: Json, credentials: str) -> Iterator[str]:
    """Lines that the terminal itself breaks: an address with a break in it cannot be followed."""
    base = world.api.base_url
    places = {
        "api": f"{base}/docs",
        "case": f"{base}/v1/delistings/{case['id']}",
        "delisted_centre": f"{base}/v1/centres/{case['centre_id']}",
        "register": f"{base}/v1/centres?status=listed",
        "bans": f"{base}/v1/bans  {say('bans_note')}",
        "circulars": f"{base}/v1/circulars",
        "events": f"{base}/v1/events?topic=evaluation.delisting",
        "credentials": credentials,
        "guide": "docs/demo.md",
        "stop": "make down",
    }
    width = max(cell_len(say(name)) for name in places)
    for name, place in places.items():
        yield f"{set_cell_size(say(name), width)}  {place}"
