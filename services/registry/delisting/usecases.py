"""A published delisting, carried out in one transaction; and confirmed again, as often as somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.bans.liftings import ban_state
from services.registry.bans.queries import bar_operators
from services.registry.centres.models import Centre
from services.registry.centres.usecases import centre_state
from services.registry.delisting import sweeps
from services.registry.delisting.followers import follow_centre
from services.registry.delisting.orders import DelistingOrder, as_table
from services.registry.operators.state import change_state
from services.registry.operators.sweeps import refuse_changes
from services.registry.policy import edition_of_event
from services.registry.profile_changes.state import profile_change_state
from services.registry.profile_changes.sweeps import refuse_with_delisting
from services.registry.qualifications.cases import qualification_state
from services.registry.tenancies.events import tenancy_state
from services.registry.tiers.expiry import end_lapsed
from services.registry.tiers.state import application_state
from services.registry.upward_notices.usecases import upward_notice_state
from shared.db import Aggregate
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.types import EventData, EventType
from shared.policy.edition import Edition, Editions

RULES: Final = (
    "centre.delisted",
    "titles.simultaneous_revocation",
    "titles.notice_upward",
    "ban.period",
    "ban.pending_refused",
)

Row = TypeVar("Row", bound=Aggregate)
Data = TypeVar("Data", bound=EventData)


async def carry_out_delistings(session: AsyncSession, editions: Editions, orders: Iterable[DelistingOrder]) -> None:
    """Delist the centres, revoke their titles, ban them and their operators of record, refuse what they had applied
    for, and tell their tenants to move (2.3-5, 2.3-6).

    Idempotent: what is done already stays, and each order is confirmed by `registry.centre.delisted` once more. One
    that a stay suspends or a reversal has undone is passed over. Raises LookupError for an unknown centre.
    """
    wanted = list(orders)
    without_effect = await sweeps.without_effect(session, [order.case_id for order in wanted])
    for edition, batch in _batches(editions, (order for order in wanted if order.case_id not in without_effect)):
        await carry_out(session, edition, batch)


def _batches(editions: Editions, orders: Iterable[DelistingOrder]) -> list[tuple[Edition, list[DelistingOrder]]]:
    """Orders of one edition, no centre twice: a reminder that came again, or a second case, is a batch of its own."""
    batches: list[tuple[Edition, list[DelistingOrder]]] = []
    for order in orders:
        edition = edition_of_event(editions, order.edition, order.published_on)
        for known, batch in batches:
            if known.id == edition.id and all(order.centre_id != other.centre_id for other in batch):
                batch.append(order)
                break
        else:
            batches.append((edition, [order]))
    return batches


async def carry_out(session: AsyncSession, edition: Edition, orders: Sequence[DelistingOrder]) -> None:
    """The same for orders of one edition, no centre twice."""
    await bar_operators(session, (order.barred_operator for order in orders if order.barred_operator))
    await sweeps.lock_centres(session, [order.centre_id for order in orders])
    for order in orders:
        await end_lapsed(session, edition, [order.centre_id], order.effective_on, order.context)
    table = as_table(orders, edition)
    bans = await sweeps.impose_bans(session, table)
    centres = await sweeps.delist_centres(session, table)
    revoked = await sweeps.revoke_titles(session, table, edition.titles)
    refused = await sweeps.refuse_titles(session, table, edition.title_terms)
    tiers = await sweeps.refuse_tiers(session, table)
    await sweeps.end_tiers(session, table)
    upward = await sweeps.report_upward(session, table, edition.titles)
    rejected = await sweeps.refuse_centres(session, table)
    changes = await refuse_changes(session, table, takeovers=edition.ban.bars_takeover.value)
    profiles = await refuse_with_delisting(session, table)
    relocated = await sweeps.relocate_tenancies(session, table)
    done = await sweeps.done_by_cases(session, [order.case_id for order in orders])
    left = await sweeps.falling_titles_left(session, [order.centre_id for order in orders], edition.titles)
    for order in orders:
        emit = _Emitter(session, order, edition)
        await emit.each(rc.QualificationRevoked, revoked, lambda row: row.case_id, qualification_state)
        await emit.each(rc.QualificationRefused, refused, lambda row: row.case_id, qualification_state)
        await emit.each(rc.TierRefused, tiers, lambda row: row.case_id, application_state)
        await emit.each(rc.UpwardNoticeDue, upward, lambda row: row.case_id, upward_notice_state)
        await emit.each(rc.CentreRejected, rejected, lambda row: row.refused_case_id, centre_state)
        await emit.each(rc.OperatorChangeRefused, changes, lambda row: row.refused_case_id, change_state)
        await emit.each(rc.ProfileChangeRefused, profiles, lambda row: row.refused_case_id, profile_change_state)
        await emit.each(rc.TenancyRelocationDue, relocated, lambda row: row.relocation_case_id, tenancy_state)
        if (ban := bans.get(order.case_id)) is not None:
            await emit.one(rc.BanImposed, ban, ban_state(ban))
        centre = centres[order.case_id]
        await follow_centre(session, centre.id, order.context, reason_code=sweeps.REASON_DELISTED)
        data = _confirmation(order, centre, done, left.get(centre.id, 0))
        await emit.rows(rc.CentreDelisted, [(centre.id, centre.version, data)])


def _confirmation(
    order: DelistingOrder, centre: Centre, done: dict[tuple[UUID, str], list[UUID]], titles_left: int
) -> rc.CentreDelistedData:
    return rc.CentreDelistedData(
        **centre_state(centre).model_dump(),
        case_id=order.case_id,
        decision_no=order.decision_no,
        published_on=order.published_on,
        ban_id=done[order.case_id, "ban"][0],
        revoked_qualification_ids=tuple(done.get((order.case_id, "revoked"), ())),
        refused_application_ids=tuple(done.get((order.case_id, "refused"), ())),
        relocated_tenancy_ids=tuple(done.get((order.case_id, "relocated"), ())),
        active_municipal_titles_left=titles_left,
    )


class _Emitter:
    """Appends the events of one order, with its context."""

    def __init__(self, session: AsyncSession, order: DelistingOrder, edition: Edition) -> None:
        self._session = session
        self._order = order
        self._edition = edition

    async def each(
        self,
        event_type: EventType[Data],
        changed: Sequence[Row],
        case_of: Callable[[Row], UUID | None],
        state_of: Callable[[Row], Data],
    ) -> None:
        """The rows that this order changed."""
        mine = [row for row in changed if case_of(row) == self._order.case_id]
        await self.rows(event_type, [(row.id, row.version, state_of(row)) for row in mine])

    async def one(self, event_type: EventType[Data], row: Row, data: Data) -> None:
        """A row of its own, new with this event."""
        context, edition = self._order.context, self._edition.id
        await outbox.append(self._session, event_type, row, data, context=context, rules=RULES, edition=edition)

    async def rows(self, event_type: EventType[Data], rows: Sequence[tuple[UUID, int, Data]]) -> None:
        """Rows whose versions the sweeps have raised."""
        context, edition = self._order.context, self._edition.id
        await outbox.append_many(self._session, event_type, rows, context=context, rules=RULES, edition=edition)
