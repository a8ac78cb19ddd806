"""Assets are entered against a payment, checked yearly by another person, moved, and written off by a third (3.1-2)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.assets.models import CHECKED_ONCE, AssetCheck, GrantAsset
from services.finance.assets.queries import find_asset
from services.finance.assets.rules import decide_asset, decide_found
from services.finance.assets.schemas import AssetCheckIn, AssetMove, AssetWriteOff, GrantAssetIn
from services.finance.assets.states import KEPT, WRITTEN_OFF
from services.finance.grants import states as grant_states
from services.finance.grants.cases import Step, day_of, open_case
from services.finance.grants.rules import decide_four_eyes
from services.finance.projections import known_centre
from services.finance.spending.models import SpendingLine
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance.grant_years import (
    GrantAssetChecked,
    GrantAssetEntered,
    GrantAssetMoved,
    GrantAssetState,
    GrantAssetWrittenOff,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed

MADE = "made"


async def enter_asset(session: AsyncSession, sent: GrantAssetIn, *, step: Step) -> GrantAsset:
    """Enter equipment against a payment that was made; the grant's lock keeps two from listing the same money.

    Raises 404, 409 `asset-not-for-purpose`, `asset-not-paid-for`, `asset-above-payment`.
    """
    case = await open_case(session, step, *grant_states.PAID_OUT)
    grant = case.grant
    line = await session.get(SpendingLine, sent.spending_line_id)
    if line is None or line.grant_id != grant.id:
        raise not_found("spending-line")
    listed = select(func.coalesce(func.sum(GrantAsset.amount), ZERO)).where(GrantAsset.spending_line_id == line.id)
    unlisted = line.amount - (await session.execute(listed)).scalar_one()
    paid_for = line.status == MADE and line.eligible
    decision = require_passed(
        decide_asset(case.edition, purpose=grant.purpose, paid_for=paid_for, amount=sent.amount, unlisted=unlisted)
    )
    day = effective_date(step.principal, None)
    asset = GrantAsset(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "GA", day.year),
        grant_id=grant.id,
        centre_id=grant.centre_id,
        edition=grant.edition,
        entered_by=step.principal.account_id,
        status=KEPT,
        **sent.model_dump(exclude={"acquired_on"}),
        acquired_on=_acquired(step, sent.acquired_on, line),
    )
    session.add(asset)
    await _record(session, GrantAssetEntered, asset, EventContext.of(step.principal), decision)
    return asset


async def check_asset(session: AsyncSession, asset_id: UUID, sent: AssetCheckIn, *, step: Step) -> GrantAsset:
    """Another person counts it: once a year, and once more after the centre's delisting.

    Raises 403 `four-eyes-required`, 409 `asset-checked-already`, `asset-count-impossible`.
    """
    asset = await _open(session, asset_id, step)
    day = day_of(step, sent.checked_on, not_before=asset.acquired_on)
    edition = step.editions.get(asset.edition)
    another = decide_four_eyes(edition, step.principal.account_id, {"entered": asset.entered_by})
    counted = decide_found(edition, condition=sent.condition, found=sent.found_quantity, quantity=asset.quantity)
    decision = combine(require_passed(another, 403), require_passed(counted))
    query = select(known_centre.c.delisting_case_id).where(known_centre.c.id == asset.centre_id)
    case_id: UUID | None = await session.scalar(query)
    session.add(
        AssetCheck(
            asset_id=asset.id,
            year=day.year,
            delisting_case_id=case_id,
            condition=sent.condition,
            found_quantity=sent.found_quantity,
            checked_on=day,
            checked_by=step.principal.account_id,
        )
    )
    await _flush_once(session, day.year)
    if asset.checked_on is None or day >= asset.checked_on:
        asset.checked_year, asset.checked_on, asset.checked_by = day.year, day, step.principal.account_id
        asset.condition, asset.found_quantity = sent.condition, sent.found_quantity
        asset.delisting_case_id = case_id
    await _record(session, GrantAssetChecked, asset, EventContext.of(step.principal, day), decision)
    return asset


async def move_asset(session: AsyncSession, asset_id: UUID, sent: AssetMove, *, step: Step) -> GrantAsset:
    """It is kept elsewhere, or by another organisation."""
    asset = await _open(session, asset_id, step)
    day = day_of(step, sent.decided_on, not_before=asset.acquired_on)
    asset.location, asset.custodian_code = sent.location, sent.custodian_code
    await _record(session, GrantAssetMoved, asset, EventContext.of(step.principal, day))
    return asset


async def write_off(session: AsyncSession, asset_id: UUID, sent: AssetWriteOff, *, step: Step) -> GrantAsset:
    """A person who neither entered nor checked it takes it off the list. Raises 403 `four-eyes-required`."""
    asset = await _open(session, asset_id, step)
    day = day_of(step, sent.decided_on, not_before=asset.checked_on or asset.acquired_on)
    handled_by = {"entered": asset.entered_by, "checked": asset.checked_by}
    edition = step.editions.get(asset.edition)
    decision = require_passed(decide_four_eyes(edition, step.principal.account_id, handled_by), 403)
    asset.status, asset.ended_on, asset.ended_by = WRITTEN_OFF, day, step.principal.account_id
    asset.reason_code, asset.document_no = sent.reason_code, sent.document_no
    await _record(session, GrantAssetWrittenOff, asset, EventContext.of(step.principal, day), decision)
    return asset


async def _open(session: AsyncSession, asset_id: UUID, step: Step) -> GrantAsset:
    asset = await find_asset(session, asset_id, principal=step.principal, lock=True)
    honour_match(step.if_match, asset.version)
    if asset.status != KEPT:
        raise invalid_transition(asset.status, [KEPT])
    return asset


async def _flush_once(session: AsyncSession, year: int) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != CHECKED_ONCE:
            raise
        raise DomainError("asset-checked-already", 409, params={"year": year}) from error


def _acquired(step: Step, sent: date | None, line: SpendingLine) -> date:
    """The day it was bought: a fact of the invoice, so anybody states it; the payment's unless sent."""
    day = sent or line.spent_on or step.principal.today
    if day > step.principal.today:
        raise DomainError("effective-date-in-future", 422, params={"sent": day, "today": step.principal.today})
    return day


async def _record(
    session: AsyncSession,
    event_type: EventType[GrantAssetState],
    asset: GrantAsset,
    context: EventContext,
    decision: Decision | None = None,
) -> None:
    state = GrantAssetState.model_validate(asset, from_attributes=True)
    rules = decision.rules if decision is not None else ("grants.assets",)
    await outbox.append(session, event_type, asset, state, context=context, rules=rules, edition=asset.edition)
