"""`mengchuang registry end-terms`: recording what has run out by a day."""

import asyncio
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

import typer

from deploy.commands.console import out
from deploy.commands.databases import open_databases
from deploy.commands.stack import with_choices
from deploy.migrating import database_server
from deploy.settings import StackSettings
from services.registry.terms.usecases import Settled, settle
from shared.clock import business_today
from shared.policy.edition import load_editions

app = typer.Typer(no_args_is_help=True, help="The registry's daily work.")

TodayOption = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the business day; the real one without it")
]


@app.command()
def end_terms(today: TodayOption = None) -> None:
    """Record the titles and designations whose last day is over, and what a takeover or withdrawal brings with it.

    The registry does this every hour by itself, except under the simulated clock. Running it again changes nothing.
    """
    settings = with_choices(StackSettings(), simulated_clock=False, policy_dir=None)
    with database_server(settings):
        settled = asyncio.run(_settle(settings, _day(settings, today)))
    for what, count in asdict(settled).items():
        out.print(f"{what.replace('_', ' ')}: {count}")


def _day(settings: StackSettings, asked: datetime | None) -> date:
    """Raises RuntimeError for a day to come, and under the simulated clock for none: no day is today there."""
    simulated = settings.business_clock == "simulated"
    if asked is None:
        if simulated:
            raise RuntimeError("the business clock is simulated: name the day with --today 2021-01-31")
        return business_today()
    if asked.date() > business_today() and not simulated:
        raise RuntimeError(f"{asked.date()} has not begun: give today or a day before it")
    return asked.date()


async def _settle(settings: StackSettings, day: date) -> Settled:
    simulated = settings.business_clock == "simulated"
    async with open_databases(settings, ["registry"]) as databases:
        return await settle(databases["registry"], load_editions(settings.policy_dir), day, simulated=simulated)
