"""Linking carriers to centres, and recording where else an enterprise was."""

from __future__ import annotations

from datetime import date
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import acts_for_bureau
from services.registry.carriers.models import LINKED_ONCE, STAYS_ONCE, Carrier, CarrierLink, CarrierStay
from services.registry.carriers.queries import linked_on
from services.registry.carriers.schemas import EndLink, EndStage, LinkCarrier, NewCarrier, RecordStage
from services.registry.centres.models import Centre
from services.registry.centres.queries import hold_standing, write_scope
from services.registry.enterprises.queries import find as find_enterprise, read_scope as enterprise_scope
from services.registry.policy import edition_at, require_known
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventData, EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Edition, Editions

Data = TypeVar("Data", bound=EventData)

RULES: Final = ("carriers.linked",)
_STAGE: Final = ("carriers.stage",)


async def link_carrier(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, sent: LinkCarrier
) -> tuple[CarrierLink, Carrier]:
    """Link a carrier to the centre from a day on.

    Raises 404 for somebody else's centre or an unknown carrier, 422, 409 `carrier-linked-already`,
    `carrier-registered-already`.
    """
    centre = await hold_standing(session, write_scope(principal), centre_id)
    edition = edition_at(editions, principal.today)
    _not_ahead(principal, linked_on=sent.linked_on)
    carrier = await _carrier(session, edition, principal, sent)
    if carrier.centre_id == centre.id:
        raise PayloadInvalid.at("carrier_id", "carrier_is_the_centre")
    link = CarrierLink(
        id=uuid7(),
        version=0,
        centre_id=centre.id,
        carrier_id=carrier.id,
        linked_on=sent.linked_on,
        agreement_no=sent.agreement_no,
        recorded_by=principal.account_id,
    )
    session.add(link)
    await _flush(session, {LINKED_ONCE: "carrier-linked-already"})
    await _record(session, rc.CarrierLinked, link, link_state(link), principal, edition, RULES)
    return link, carrier


async def end_link(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    centre_id: UUID,
    link_id: UUID,
    sent: EndLink,
    *,
    if_match: str | None,
) -> tuple[CarrierLink, Carrier]:
    """The last day of a link. Raises 404, 409 `invalid-transition` for one that has ended, 412, 422."""
    await hold_standing(session, write_scope(principal), centre_id)
    link = await session.get(CarrierLink, link_id, with_for_update=True, populate_existing=True)
    if link is None or link.centre_id != centre_id:
        raise not_found("carrier-link")
    honour_match(if_match, link.version)
    if link.ended_on is not None:
        raise invalid_transition("ended", ("linked",))
    _not_ahead(principal, ended_on=sent.ended_on)
    if sent.ended_on < link.linked_on:
        raise PayloadInvalid.at("ended_on", "before_the_beginning")
    link.ended_on, link.reason_code = sent.ended_on, sent.reason_code
    edition = edition_at(editions, principal.today)
    await _record(session, rc.CarrierUnlinked, link, link_state(link), principal, edition, RULES)
    return link, await session.get_one(Carrier, link.carrier_id)


async def record_stage(
    session: AsyncSession, editions: Editions, principal: Principal, enterprise_id: UUID, sent: RecordStage
) -> tuple[CarrierStay, Carrier]:
    """Record that an enterprise was at a carrier: by an officer, or by the operator of a centre linked to the carrier.

    Raises 404 for an enterprise the caller does not see and a carrier it is not linked to, 409 `stay-overlaps`, 422.
    """
    await find_enterprise(session, enterprise_scope(principal), enterprise_id)
    carrier = await session.scalar(select(Carrier).where(Carrier.id == sent.carrier_id, _recordable(principal)))
    if carrier is None:
        raise not_found("carrier")
    _not_ahead(principal, began_on=sent.began_on)
    if sent.ended_on is not None and sent.ended_on < sent.began_on:
        raise PayloadInvalid.at("ended_on", "before_the_beginning")
    values = sent.model_dump()
    stay = CarrierStay(id=uuid7(), version=0, enterprise_id=enterprise_id, recorded_by=principal.account_id, **values)
    session.add(stay)
    await _flush(session, {STAYS_ONCE: "stay-overlaps"})
    edition = edition_at(editions, principal.today)
    await _record(session, rc.CarrierStayRecorded, stay, _stay_state(stay), principal, edition, _STAGE)
    return stay, carrier


async def end_stage(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    enterprise_id: UUID,
    stay_id: UUID,
    sent: EndStage,
    *,
    if_match: str | None,
) -> tuple[CarrierStay, Carrier]:
    """The enterprise's last day at the carrier, by whoever may record a stay there. Raises 404, 409
    `invalid-transition`, 412, 422."""
    await find_enterprise(session, enterprise_scope(principal), enterprise_id)
    query = (
        select(CarrierStay)
        .join(Carrier, Carrier.id == CarrierStay.carrier_id)
        .where(CarrierStay.id == stay_id, CarrierStay.enterprise_id == enterprise_id, _recordable(principal))
    )
    stay = await session.scalar(query.with_for_update(of=CarrierStay))
    if stay is None:
        raise not_found("carrier-stay")
    honour_match(if_match, stay.version)
    if stay.ended_on is not None:
        raise invalid_transition("ended", ("staying",))
    _not_ahead(principal, ended_on=sent.ended_on)
    if sent.ended_on < stay.began_on:
        raise PayloadInvalid.at("ended_on", "before_the_beginning")
    stay.ended_on = sent.ended_on
    edition = edition_at(editions, principal.today)
    await _record(session, rc.CarrierStayEnded, stay, _stay_state(stay), principal, edition, _STAGE)
    return stay, await session.get_one(Carrier, stay.carrier_id)


def _recordable(principal: Principal) -> ColumnElement[bool]:
    """Carriers whose stays the caller records: an officer those of any, an operator those linked to a centre of its own
    on the caller's day."""
    if acts_for_bureau(principal):
        return true()
    own = select(Centre.id).where(write_scope(principal))
    return exists().where(
        CarrierLink.carrier_id == Carrier.id, CarrierLink.centre_id.in_(own), linked_on(principal.today)
    )


async def _carrier(session: AsyncSession, edition: Edition, principal: Principal, sent: LinkCarrier) -> Carrier:
    if sent.carrier is not None:
        return await _register(session, edition, principal, sent.carrier)
    carrier = await session.get(Carrier, sent.carrier_id)
    if carrier is None:
        raise not_found("carrier")
    return carrier


async def _register(session: AsyncSession, edition: Edition, principal: Principal, sent: NewCarrier) -> Carrier:
    require_known("carrier.kind", [sent.kind], edition.centres.carrier_kinds)
    require_known("carrier.division", [sent.division], edition.divisions.units)
    if sent.centre_id is not None and await session.get(Centre, sent.centre_id) is None:
        raise not_found("centre")
    carrier = Carrier(
        id=uuid7(),
        version=0,
        registered_by=principal.account_id,
        no=await next_case_no(session, "CA", principal.today.year),
        **sent.model_dump(),
    )
    session.add(carrier)
    taken = {"uq_carrier_name": "carrier-registered-already", "uq_carrier_centre_id": "carrier-registered-already"}
    await _flush(session, taken)
    state = carrier_state(carrier)
    await _record(session, rc.CarrierRegistered, carrier, state, principal, edition, RULES)
    return carrier


def _not_ahead(principal: Principal, **days: date) -> None:
    for name, day in days.items():
        if day > principal.today:
            raise PayloadInvalid.at(name, "in_the_future")


def carrier_state(carrier: Carrier) -> rc.CarrierState:
    """The carrier as its events carry it."""
    return rc.CarrierState(**{name: getattr(carrier, name) for name in rc.CarrierState.model_fields})


def link_state(link: CarrierLink) -> rc.CarrierLinkState:
    """The link as its events carry it."""
    return rc.CarrierLinkState(**{name: getattr(link, name) for name in rc.CarrierLinkState.model_fields})


def _stay_state(stay: CarrierStay) -> rc.CarrierStayState:
    return rc.CarrierStayState(**{name: getattr(stay, name) for name in rc.CarrierStayState.model_fields})


async def _flush(session: AsyncSession, codes: dict[str, str]) -> None:
    """Write now, and say in the problem which constraint stood in the way."""
    try:
        await session.flush()
    except IntegrityError as error:
        code = codes.get(constraint_of(error) or "")
        if code is not None:
            raise DomainError(code, 409, clauses=["1.1-2"]) from error
        raise


async def _record(
    session: AsyncSession,
    event_type: EventType[Data],
    row: Carrier | CarrierLink | CarrierStay,
    data: Data,
    principal: Principal,
    edition: Edition,
    rules: tuple[str, ...],
) -> None:
    context = EventContext.of(principal)
    await outbox.append(session, event_type, row, data, context=context, rules=rules, edition=edition.id)
