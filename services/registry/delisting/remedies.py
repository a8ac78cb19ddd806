"""Orders on a published delisting, as the registry follows them: stay, lift and reversal (2.3-5, 2.3-6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.bans.liftings import ban_state
from services.registry.bans.models import Ban, BanLifting
from services.registry.bans.queries import bar_operators
from services.registry.centres.models import Centre
from services.registry.centres.usecases import centre_state
from services.registry.delisting import restoring, sweeps
from services.registry.delisting.orders import DelistingOrder
from services.registry.delisting.usecases import carry_out
from services.registry.policy import edition_of_event
from services.registry.qualifications.cases import qualification_state
from services.registry.qualifications.rules import plaque_due
from services.registry.tenancies.events import tenancy_state
from shared.db import Aggregate
from shared.events import outbox
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev, registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventData, EventType
from shared.policy.edition import Edition, Editions

RULES: Final = ("delisting.remedy_order", "delisting.effects_restored", "ban.lifting")
STAY: Final = "stay"
LIFT: Final = "lift"
ALREADY_SO: Final = "already_so"
"""Reason of an order that finds the ban as it wants it, by an order of its own; kept as a rejected one."""

_DAY: Final = timedelta(days=1)
_EFFECT: Final = {"stay": rc.BanStayed, "stay_ended": rc.BanStayEnded, "review": rc.BanLifted, "court": rc.BanLifted}
_BECOMES: Final = {"stay": "stayed", "stay_ended": "in_force", "review": "lifted", "court": "lifted"}
_FROM: Final = {
    "stay": ("in_force",),
    "stay_ended": ("stayed",),
    "review": ("in_force", "stayed"),
    "court": ("in_force", "stayed"),
}

R = TypeVar("R", bound=ev.DelistingRemedyData)
Row = TypeVar("Row", bound=Aggregate)
Data = TypeVar("Data", bound=EventData)


@dataclass(frozen=True, slots=True)
class _Case:
    """A delisting that was carried out here, locked, and the decision as the event about an order repeats it."""

    session: AsyncSession
    edition: Edition
    decision: DelistingOrder
    centre: Centre
    ban: Ban

    @property
    def id(self) -> UUID:
        return self.decision.case_id

    @property
    def context(self) -> EventContext:
        return self.decision.context

    async def tell(self, event_type: EventType[Data], rows: Sequence[Row], state_of: Callable[[Row], Data]) -> None:
        """An event for each row whose version was raised."""
        events = [(row.id, row.version, state_of(row)) for row in rows]
        await outbox.append_many(
            self.session, event_type, events, context=self.context, rules=RULES, edition=self.edition.id
        )

    async def append(self, event_type: EventType[Data], row: Aggregate, data: Data) -> None:
        """An event that raises the row's version."""
        await outbox.append(
            self.session, event_type, row, data, context=self.context, rules=RULES, edition=self.edition.id
        )


async def follow_orders(session: AsyncSession, editions: Editions, events: Sequence[Received[R]]) -> None:
    """Follow every order on the case that was not followed yet, in their order, and confirm the one named.

    Idempotent, and indifferent to what was missed: each event carries the decision and all orders on it. An order that
    was followed is the ban's lifting of the same id.
    """
    for event in events:
        case = await _open(session, editions, event)
        known = await _followed(session, [order.id for order in event.data.remedies])
        for order in event.data.remedies:
            if order.id not in known:
                await _follow(case, order)
        for order in event.data.remedies:
            if order.id not in known or order.id == event.data.remedy.id:
                await _confirm(case, order)


async def _open(session: AsyncSession, editions: Editions, event: Received[R]) -> _Case:
    """The case's centre and ban, locked as a delisting locks them; a decision not yet carried out is carried out
    first."""
    data = event.data
    edition = edition_of_event(editions, event.edition, data.published_on)
    decision = DelistingOrder.of(event)
    await bar_operators(session, [data.operator_code] if data.operator_barred else [])
    await sweeps.lock_centres(session, [data.centre_id])
    query = select(Ban).where(Ban.case_id == data.id).with_for_update().execution_options(populate_existing=True)
    ban = await session.scalar(query)
    if ban is None:
        await carry_out(session, edition, [decision])
        ban = (await session.scalars(query)).one()
    centre = await session.get_one(Centre, data.centre_id, populate_existing=True)
    return _Case(session, edition, decision, centre, ban)


async def _followed(session: AsyncSession, order_ids: Sequence[UUID]) -> set[UUID]:
    return set(await session.scalars(select(BanLifting.id).where(BanLifting.id.in_(order_ids))))


async def _follow(case: _Case, order: ev.DelistingRemedy) -> None:
    await _turn_ban(case, order)
    delisted = case.centre.status == "delisted" and case.centre.delisting_case_id == case.id
    if order.kind == LIFT:
        if not delisted:
            await _delist_again(case, order)
    elif delisted:
        await _reinstate(case, order)


async def _turn_ban(case: _Case, order: ev.DelistingRemedy) -> None:
    """2.3-6: the ban is stayed, bars again or is lifted, from the order's day on, or the next that is free."""
    kind = {STAY: "stay", LIFT: "stay_ended"}.get(order.kind, "court" if order.ground == "court" else "review")
    fits = case.ban.status in _FROM[kind]
    running = await _running_stay(case)
    earliest = await _first_free_day(case) if running is None else running.effective_on + _DAY
    effective_on = max(order.effective_on, case.ban.published_on, earliest)
    if fits and running is not None:
        running.until_on = effective_on - _DAY
        await case.session.flush()
    lifting = BanLifting(
        id=order.id,
        ban_id=case.ban.id,
        kind=kind,
        status="confirmed" if fits else "rejected",
        issuer=order.issuer,
        document_no=order.document_no,
        effective_on=effective_on,
        recorded_by=order.recorded_by,
        recorded_bureau=order.recorded_bureau,
        recorded_on=order.recorded_on,
        decided_by=order.decided_by,
        decided_bureau=order.decided_bureau,
        decided_on=order.decided_on,
        reason_code=None if fits else ALREADY_SO,
    )
    case.session.add(lifting)
    await case.session.flush()
    if fits:
        case.ban.status = _BECOMES[kind]
        data = rc.BanLiftingData(
            **ban_state(case.ban).model_dump(),
            lifting_id=lifting.id,
            kind=kind,
            issuer=lifting.issuer,
            document_no=lifting.document_no,
            effective_on=effective_on,
        )
        await case.append(_EFFECT[kind], case.ban, data)


async def _running_stay(case: _Case) -> BanLifting | None:
    query = select(BanLifting).where(
        BanLifting.ban_id == case.ban.id,
        BanLifting.kind == "stay",
        BanLifting.status == "confirmed",
        BanLifting.until_on.is_(None),
    )
    stay: BanLifting | None = await case.session.scalar(query)
    return stay


async def _first_free_day(case: _Case) -> date:
    """The day after the last break that has ended: breaks do not overlap."""
    ended = select(func.max(BanLifting.until_on)).where(
        BanLifting.ban_id == case.ban.id, BanLifting.status == "confirmed"
    )
    last: date | None = await case.session.scalar(ended)
    return case.ban.published_on if last is None else last + _DAY


async def _reinstate(case: _Case, order: ev.DelistingRemedy) -> None:
    """The centre stands again, its titles have new ones in their place, and its tenants may stay."""
    await restoring.reinstate_centre(case.session, case.edition, case.centre, order.effective_on, order.document_no)
    restored = await restoring.restore_titles(case.session, case.edition, case.centre, case.id, order)
    plaques = await restoring.keep_plaques(case.session, case.id)
    staying = await restoring.drop_relocations(case.session, case.id)
    await case.tell(rc.QualificationRestored, restored, qualification_state)
    await case.tell(rc.QualificationPlaqueTermChanged, plaques, qualification_state)
    await case.tell(rc.TenancyRelocationDropped, staying, tenancy_state)
    await case.append(rc.CentreReinstated, case.centre, centre_state(case.centre))


async def _delist_again(case: _Case, order: ev.DelistingRemedy) -> None:
    """The stay is over: what the decision did, it does again, from the day on which it has its effect again."""
    again = case.decision.again_from(order.effective_on)
    await carry_out(case.session, case.edition, [again])
    due_on = plaque_due(case.edition, order.effective_on)
    plaques = await restoring.claim_plaques(case.session, case.id, due_on)
    await case.tell(rc.QualificationPlaqueTermChanged, plaques, qualification_state)
    await case.session.refresh(case.centre)


async def _confirm(case: _Case, order: ev.DelistingRemedy) -> None:
    revoked = await restoring.revoked_by(case.session, case.id)
    held = await restoring.in_force_at(case.session, case.centre.id)
    standing, stood_for, lapsed = restoring.accounted_for(revoked, held)
    left = await sweeps.falling_titles_left(case.session, [case.centre.id], case.edition.titles)
    data = rc.CentreRemedyData(
        **centre_state(case.centre).model_dump(),
        case_id=case.id,
        remedy_id=order.id,
        remedy=order.kind,
        effective_on=order.effective_on,
        ban_status=case.ban.status,
        restored_qualification_ids=() if order.kind == LIFT else standing,
        restored_from_ids=() if order.kind == LIFT else stood_for,
        lapsed_qualification_ids=() if order.kind == LIFT else lapsed,
        revoked_qualification_ids=tuple(title.id for title in revoked) if order.kind == LIFT else (),
        active_municipal_titles_left=left.get(case.centre.id, 0),
    )
    await case.append(rc.CentreRemedyApplied, case.centre, data)
