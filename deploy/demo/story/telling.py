"""The whole story in the order of its days, stretch by stretch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from deploy.demo import tables
from deploy.demo.files import Data
from deploy.demo.story.activities import tell_centre_activity
from deploy.demo.story.alliances import tell_activity, tell_support
from deploy.demo.story.budget import tell_appropriation
from deploy.demo.story.comebacks import tell_comeback
from deploy.demo.story.delistings import tell_delisting
from deploy.demo.story.divisions import tell_division, tell_fund, tell_matching_payment, tell_target
from deploy.demo.story.evaluations import tell_evaluation, tell_rectification
from deploy.demo.story.experts import tell_expert
from deploy.demo.story.finding import find_everything
from deploy.demo.story.grants import tell_grant
from deploy.demo.story.imports import STEP_BY_STEP, import_carriers, import_earlier, import_tenants
from deploy.demo.story.investing import tell_angel_fund, tell_reward
from deploy.demo.story.loans import tell_loan, tell_loan_payment, tell_subsidy
from deploy.demo.story.partners import tell_agreement, tell_joint_carrier, tell_partner, tell_practice
from deploy.demo.story.people import tell_graduation, tell_person, tell_project
from deploy.demo.story.referrals import tell_bank_day, tell_referral
from deploy.demo.story.registers import tell_mentor, tell_mentor_session, tell_staff, tell_training
from deploy.demo.story.registry import tell_centre, tell_service, tell_tenancy, tell_tier, tell_title
from deploy.demo.story.reports import tell_report
from deploy.demo.story.rubrics import tell_rubric
from deploy.demo.story.settlements import tell_settlement
from deploy.demo.story.vouchers import (
    tell_closing,
    tell_guidance,
    tell_programme,
    tell_provider,
    tell_redemption,
    tell_voucher,
)
from deploy.demo.story.world import World

R = TypeVar("R", bound=tables.Row)

Scene = tuple[int, Callable[[World], Awaitable[None]]]
"""How many rows have a part in a stretch, and what plays it."""
Lane = Sequence[Scene]
"""Scenes one after the other."""

_BEGINNING = date(2018, 12, 31)
_END = date(2024, 12, 31)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days after `after`, up to and including `until`."""

    after: date
    until: date

    def concerns(self, row: tables.Row) -> bool:
        """Whether anything of the row's story falls on one of the days."""
        days = (value for value in row.model_dump().values() if isinstance(value, date))
        return any(self.after < day <= self.until for day in days)


def stretches(evaluations: Iterable[tables.Evaluation]) -> Iterator[Stretch]:
    """Each ends where something begins that needs everything before it: a scoring, an announcement, a publication."""
    after = _BEGINNING
    for row in evaluations:
        eve = row.published_on - timedelta(days=1)
        for until in (date(row.year, 12, 31), row.scored_on, row.announced_on, eve, row.published_on):
            yield Stretch(after, until)
            after = until
    yield Stretch(after, _END)


async def tell(world: World) -> None:
    """Everything that is not yet done. Raises ApiRefused or StoryBroken where it goes otherwise than told."""
    await find_everything(world)
    for stretch in stretches(world.data.evaluations):
        await _live(world, stretch)
    world.progress.end()


async def _live(world: World, stretch: Stretch) -> None:
    """What everybody does on these days: centres before their tenants, tenants before what is reported of them."""
    acts = _acts(world, stretch)
    first = stretch.after + timedelta(days=1)
    world.progress.chapter(first, stretch.until, sum(count for act in acts for lane in act for count, _ in lane))
    for act in acts:
        try:
            async with asyncio.TaskGroup() as group:
                for lane in act:
                    group.create_task(_follow(world, lane))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors


async def _follow(world: World, lane: Lane) -> None:
    for count, play in lane:
        if count:
            await play(world)


def _acts(world: World, stretch: Stretch) -> list[list[Lane]]:
    """One after the other; the lanes of an act have nothing to do with each other and are followed at once."""
    return [
        [_centres(world.data, stretch)],
        [
            *_around(world.data, stretch),
            [
                _scene(stretch, "mentors", world.data.mentors, tell_mentor),
                _scene(stretch, "mentors", world.data.advice, tell_mentor_session),
                _scene(stretch, "trainings", world.data.staff, tell_staff),
                _scene(stretch, "trainings", world.data.trainings, tell_training),
                _scene(stretch, "activities", world.data.held, tell_centre_activity),
                _scene(stretch, "reports", world.data.reports, tell_report),
            ],
            _vouchers(world.data, stretch),
        ],
        _money(world.data, stretch),
        [_results(world.data, stretch)],
    ]


def _centres(data: Data, stretch: Stretch) -> Lane:
    step_by_step = [row for row in data.tenancies if row.centre in STEP_BY_STEP]
    others = [row for row in data.tenancies if row.centre not in STEP_BY_STEP]
    return [
        _scene(stretch, "rectifications", data.rectifications, tell_rectification),
        _file(stretch, "earlier", data.earlier_centres, import_earlier),
        _scene(stretch, "centres", data.centres, tell_centre),
        _file(stretch, "carriers", data.carriers, import_carriers),
        _scene(stretch, "titles", data.titles, tell_title),
        _scene(stretch, "enterprises", step_by_step, tell_tenancy),
        _file(stretch, "enterprises", data.tenancies, import_tenants),
        _scene(stretch, "enterprises", others, tell_tenancy),
        _scene(stretch, "projects", data.projects, tell_project),
    ]


def _around(data: Data, stretch: Stretch) -> list[Lane]:
    return [
        [
            _scene(stretch, "persons", data.persons, tell_person),
            _scene(stretch, "graduations", data.graduations, tell_graduation),
        ],
        [
            _scene(stretch, "partners", data.partners, tell_partner),
            _scene(stretch, "partners", data.agreements, tell_agreement),
            _scene(stretch, "partners", data.joint_carriers, tell_joint_carrier),
            _scene(stretch, "practices", data.practices, tell_practice),
        ],
        [
            _scene(stretch, "services", data.services, tell_service),
            _scene(stretch, "tiers", data.tiers, tell_tier),
        ],
        [
            _scene(stretch, "divisions", data.divisions, tell_division),
            _scene(stretch, "matching_funds", data.funds, tell_fund),
            _scene(stretch, "matching_funds", data.payments, tell_matching_payment),
            _scene(stretch, "targets", data.targets, tell_target),
            _scene(stretch, "appropriations", data.appropriations, tell_appropriation),
        ],
    ]


def _vouchers(data: Data, stretch: Stretch) -> Lane:
    return [
        _scene(stretch, "providers", data.providers, tell_provider),
        _scene(stretch, "programmes", data.guidance, tell_guidance),
        _scene(stretch, "programmes", data.programmes, tell_programme),
        _scene(stretch, "vouchers", data.vouchers, tell_voucher),
        _scene(stretch, "programmes", [row for row in data.programmes if row.closed_on], tell_closing),
        _scene(stretch, "redemptions", data.redemptions, tell_redemption),
        _scene(stretch, "settlements", data.settlements, tell_settlement),
    ]


def _money(data: Data, stretch: Stretch) -> list[Lane]:
    return [
        [_scene(stretch, "grants", data.grants, tell_grant)],
        [
            _scene(stretch, "loans", data.referrals, tell_referral),
            _scene(stretch, "loans", data.loans, tell_loan),
            _scene(stretch, "loans", data.loan_payments, tell_loan_payment),
            _scene(stretch, "loans", data.bank_days, tell_bank_day),
            _scene(stretch, "loans", data.subsidies, tell_subsidy),
        ],
        [_scene(stretch, "angel_funds", data.angel_funds, tell_angel_fund)],
        [_scene(stretch, "rewards", data.rewards, tell_reward)],
        [
            _scene(stretch, "alliances", data.activities, tell_activity),
            _scene(stretch, "alliances", data.supports, tell_support),
        ],
    ]


def _results(data: Data, stretch: Stretch) -> Lane:
    return [
        _scene(stretch, "experts", data.experts, tell_expert),
        _scene(stretch, "evaluation", data.rubrics, tell_rubric),
        _scene(stretch, "evaluation", data.evaluations, tell_evaluation),
        _scene(stretch, "delisting", data.delistings, tell_delisting),
        *(_scene(stretch, "comeback", [comeback], tell_comeback) for comeback in data.comebacks),
    ]


def _scene(
    stretch: Stretch, kind: str, rows: Iterable[R], tell_row: Callable[[World, R, date], Awaitable[None]]
) -> Scene:
    """How many rows have a part in the stretch, and what plays it."""
    concerned = [row for row in rows if stretch.concerns(row)]

    async def play(world: World) -> None:
        await world.each(concerned, tell_row, stretch.until, kind=kind)

    return len(concerned), play


def _file(
    stretch: Stretch, kind: str, rows: Sequence[R], take_in: Callable[[World, Sequence[R], date], Awaitable[None]]
) -> Scene:
    """One file for all rows that have a part in the stretch."""
    concerned = [row for row in rows if stretch.concerns(row)]

    async def play(world: World) -> None:
        await world.each([concerned], take_in, stretch.until, kind=kind)

    return min(1, len(concerned)), play
