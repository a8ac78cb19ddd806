"""The whole story in the order of its days: what happens until a day, then a year's evaluation, and so on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from deploy.demo import tables
from deploy.demo.story.comebacks import tell_comeback
from deploy.demo.story.evaluations import tell_evaluation, tell_rectification
from deploy.demo.story.finding import find_everything
from deploy.demo.story.grants import tell_grant
from deploy.demo.story.registry import tell_centre, tell_tenancy, tell_title
from deploy.demo.story.reports import tell_report
from deploy.demo.story.vouchers import tell_programme, tell_provider, tell_redemption, tell_voucher
from deploy.demo.story.world import World

R = TypeVar("R", bound=tables.Row)

BEGINNING = date(2018, 12, 31)
END = date(2024, 12, 31)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days after `after`, up to and including `until`."""

    after: date
    until: date

    def concerns(self, row: tables.Row) -> bool:
        """Whether anything of the row's story falls on one of the days."""
        days = (value for value in row.model_dump().values() if isinstance(value, date))
        return any(self.after < day <= self.until for day in days)


async def tell(world: World) -> None:
    """Everything that is not yet done. Raises ApiRefused or StoryBroken where it goes otherwise than told."""
    await find_everything(world)
    after = BEGINNING
    for evaluation in world.data.evaluations:
        before_publication = evaluation.opened_on
        for until in (date(evaluation.year, 12, 31), before_publication, _eve(evaluation)):
            await _live(world, Stretch(after, until))
            after = until
        await world.each(f"{evaluation.year} evaluation", [evaluation], tell_evaluation, END)
    await _live(world, Stretch(after, END))


def _eve(evaluation: tables.Evaluation) -> date:
    """The last day whose reports count for the evaluation: that of the scoring."""
    return evaluation.scored_on


async def _live(world: World, stretch: Stretch) -> None:
    """What everybody does in a stretch of days; centres before their tenants, tenants before what is reported of them."""
    data = world.data
    await _each(world, "rectifications", data.rectifications, tell_rectification, stretch)
    await _each(world, "centres", data.centres, tell_centre, stretch)
    await _each(world, "titles", data.titles, tell_title, stretch)
    await _each(world, "enterprises", data.tenancies, tell_tenancy, stretch)
    await _each(world, "quarterly reports", data.reports, tell_report, stretch)
    await _each(world, "grants", data.grants, tell_grant, stretch)
    await _each(world, "service providers", data.providers, tell_provider, stretch)
    await _each(world, "voucher programmes", data.programmes, tell_programme, stretch)
    await _each(world, "vouchers", data.vouchers, tell_voucher, stretch)
    await _each(world, "redemptions", data.redemptions, tell_redemption, stretch)
    await _each(world, "applications of the barred operator", data.comebacks, tell_comeback, stretch)


async def _each(
    world: World,
    title: str,
    rows: Iterable[R],
    tell_row: Callable[[World, R, date], Awaitable[None]],
    stretch: Stretch,
) -> None:
    concerned: Sequence[R] = [row for row in rows if stretch.concerns(row)]
    if concerned:
        await world.each(f"{stretch.until.year} {title}", concerned, tell_row, stretch.until)
