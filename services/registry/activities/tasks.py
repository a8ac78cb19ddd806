"""Activities to report, to verify and to correct; winners of whom somebody asks what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Date, cast, false, not_, null, or_, select

from services.registry.activities import queries, rules
from services.registry.activities.models import Activity
from services.registry.activities.queries import AUTHORS, EDITORS, VERIFIERS
from services.registry.activities.verifying import verifiers_of
from services.registry.activities.winners.models import ActivityWinner
from services.registry.activities.winners.queries import follow_scope
from services.registry.activities.winners.rules import OPEN
from services.registry.activity_series.bodies import works_for
from services.registry.policy import edition_at, edition_of_case
from shared.auth.principal import Principal
from shared.auth.roles import CENTRE_OPERATOR, DIVISION_OFFICER
from shared.tasks import Asked, Statement, TaskSource, Waiting, rows


def _own(principal: Principal) -> ColumnElement[bool]:
    """What the caller organises itself: the editors keep everybody's records, and have nobody's to report."""
    scopes: list[ColumnElement[bool]] = [false()]
    if principal.has(*EDITORS):
        scopes.append(Activity.recorded_by == principal.account_id)
    else:
        scopes.append(queries.write_scope(principal))
    if principal.has(CENTRE_OPERATOR, DIVISION_OFFICER):
        return or_(*scopes)
    if departments := queries.departments_of(principal):
        scopes.append(Activity.department.in_(departments))
    return or_(*scopes)


def _to_report(asked: Asked) -> Statement:
    """4.5-1: over, and not reported; due on the last day of the window."""
    window = edition_at(asked.editions, asked.today).activities.reporting_days.value
    due = cast(Activity.ended_on + timedelta(days=window), Date)
    return select(Activity.id, Activity.id, Activity.no, Activity.ended_on, due).where(
        Activity.status.in_((rules.PLANNED, rules.HELD)), Activity.ended_on < asked.today, _own(asked.principal)
    )


def _returned(asked: Asked) -> Statement:
    return select(Activity.id, Activity.id, Activity.no, Activity.ended_on, null()).where(
        Activity.status == rules.RETURNED, _own(asked.principal)
    )


async def _to_verify(asked: Asked) -> Sequence[Waiting]:
    """4.5-1: reported, of a level that the caller's bureau verifies, and none of the record its own work."""
    others = not_(Activity.hands.contains([asked.principal.account_id]))
    return await _of_verifiers(asked, Activity.status.in_(rules.DECIDABLE), others)


async def _to_withdraw(asked: Asked) -> Sequence[Waiting]:
    """4.5-1: verifications of which another person of those who verify says that they should be taken back."""
    return await _of_verifiers(asked, Activity.withdrawal_noted_by != asked.principal.account_id)


async def _of_verifiers(asked: Asked, *which: ColumnElement[bool]) -> Sequence[Waiting]:
    query = (
        select(Activity).where(queries.read_scope(asked.principal), *which).order_by(Activity.submitted_on, Activity.id)
    )
    found: list[Waiting] = []
    for activity in await asked.session.scalars(query.limit(_LOOKED_AT)):
        edition = edition_of_case(asked.editions, activity.edition, activity.held_on)
        if any(works_for(edition, body, asked.principal) for body in verifiers_of(edition, activity)):
            found.append(Waiting(activity.id, activity.id, activity.no, activity.submitted_on, None))
        if len(found) == asked.limit:
            break
    return found


def _winners(asked: Asked) -> Statement:
    """4.5-3: to be asked by now; the editors see those of activities that they entered."""
    winner, principal = ActivityWinner, asked.principal
    own = select(Activity.id).where(_own(principal))
    mine = follow_scope(principal) if not principal.has(*EDITORS) else winner.activity_id.in_(own)
    return select(winner.id, winner.id, winner.no, null(), winner.next_due_on).where(
        winner.status == OPEN, winner.next_due_on <= asked.today, mine
    )


_LOOKED_AT: Final = 1000
_A: Final = "/v1/activities/{id}"

SOURCES: Final = (
    TaskSource.of("activity_to_report", AUTHORS, _A, rows(_to_report), message="task-activity-to-report"),
    TaskSource.of("activity_returned", AUTHORS, _A, rows(_returned), message="task-activity-returned"),
    TaskSource.of("activity_to_verify", VERIFIERS, _A, _to_verify, message="task-activity-to-verify"),
    TaskSource.of(
        "activity_withdrawal_to_decide", VERIFIERS, _A, _to_withdraw, message="task-activity-withdrawal-to-decide"
    ),
    TaskSource.of(
        "winner_to_follow_up", AUTHORS, "/v1/activity-winners/{id}", rows(_winners), message="task-winner-to-follow-up"
    ),
)
