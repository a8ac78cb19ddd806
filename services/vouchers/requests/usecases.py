"""A request step by step: asked for by the holder or proposed by the issuer, approved by somebody else, carried out."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, enterprise_code_of, own_division
from services.vouchers.policy import require_known, require_not_before
from services.vouchers.requests import effects
from services.vouchers.requests.models import EXTENSION, REINSTATEMENT, VOID, VoucherRequest
from services.vouchers.requests.queries import about_own, lock
from services.vouchers.requests.rules import decide_extension, decide_reinstatement
from services.vouchers.requests.schemas import Proposed, RequestNew, RequestRefused
from services.vouchers.steps import REVIEWED, SUBMITTED
from services.vouchers.vouchers.facts import load_holder
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.queries import held_by
from services.vouchers.vouchers.rules import ACTIVE, FROZEN, STOPPED, decide_in_centre
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, forbidden, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

_FIELDS = {EXTENSION: {"valid_until"}, VOID: {"reason_code", "delivered"}, REINSTATEMENT: set[str]()}
"""What goes with a kind, and with no other."""

_RULES = {
    EXTENSION: ("vouchers.extension", "vouchers.four_eyes"),
    VOID: ("vouchers.void", "vouchers.four_eyes"),
    REINSTATEMENT: ("vouchers.reinstatement", "vouchers.four_eyes"),
}


async def submit(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: RequestNew
) -> VoucherRequest:
    """The holder asks, for its own voucher and not to void it; an officer of the issuer proposes, which is the review
    as well. Raises 403, 404, the rule's refusal, 409 `invalid-transition`, `request-already-open`."""
    _require_fields(wanted)
    voucher = await _voucher(session, principal, wanted.voucher_id)
    day = effective_date(principal, wanted.submitted_on)
    require_not_before(voucher.issued_on, day)
    officer = division_of(principal) is not None
    if wanted.kind == VOID and not officer:
        raise forbidden()
    edition = editions.get(voucher.edition)
    decision = await _decide(session, edition, voucher, wanted, day)
    request = VoucherRequest(
        voucher_id=voucher.id,
        issuer_division=voucher.issuer_division,
        edition=voucher.edition,
        decision=None if decision is None else decision.to_json(),
        status=REVIEWED if officer else SUBMITTED,
        submitted_by=principal.account_id,
        submitted_on=day,
        reviewed_by=principal.account_id if officer else None,
        reviewed_on=day if officer else None,
        **wanted.model_dump(include={"kind", "reason", "valid_until", "reason_code", "delivered"}),
    )
    request.no = await next_case_no(session, "VQ", day.year)
    session.add(request)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_voucher_request_open":
            raise DomainError("request-already-open", 409) from error
        raise
    happened = vc.RequestReviewed if officer else vc.RequestSubmitted
    await _record(session, happened, request, EventContext.of(principal, day))
    return request


async def review(
    session: AsyncSession, *, principal: Principal, request_id: UUID, wanted: Proposed, if_match: str | None
) -> VoucherRequest:
    """An officer of the issuer proposes what the holder asks for. Raises 404, 409."""
    request = await _lock_own(session, principal, request_id, if_match)
    day = request.review(principal, wanted.decided_on, wanted.opinion)
    await _record(session, vc.RequestReviewed, request, EventContext.of(principal, day))
    return request


async def approve(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    request_id: UUID,
    decided_on: date | None,
    if_match: str | None,
) -> VoucherRequest:
    """Carry it out; by somebody who neither asked nor proposed. Raises 404, 409."""
    request = await _lock_own(session, principal, request_id, if_match)
    day = request.require_approvable(principal, decided_on)
    context = EventContext.of(principal, day)
    if request.kind == VOID:
        await effects.void(session, request, context)
    else:
        carry_out = effects.extend if request.kind == EXTENSION else effects.reinstate
        request.decision = (await carry_out(session, editions, request, context)).to_json()
    request.approve(principal, day)
    await _record(session, vc.RequestApproved, request, context)
    return request


async def refuse(
    session: AsyncSession, *, principal: Principal, request_id: UUID, wanted: RequestRefused, if_match: str | None
) -> VoucherRequest:
    """Refuse it with a reason. Raises 404, 409."""
    request = await _lock_own(session, principal, request_id, if_match)
    day = request.refuse(principal, wanted.decided_on, wanted.answer)
    await _record(session, vc.RequestRefused, request, EventContext.of(principal, day))
    return request


async def withdraw(
    session: AsyncSession, *, principal: Principal, request_id: UUID, if_match: str | None
) -> VoucherRequest:
    """Whoever's side asked gives it up. Raises 404, 409."""
    whose = about_own(enterprise_code_of(principal))
    division = division_of(principal)
    if division is not None:
        whose = VoucherRequest.issuer_division == division
    request = await lock(session, request_id, whose)
    if request.submitted_by != principal.account_id:
        raise forbidden()
    honour_match(if_match, request.version)
    day = request.withdraw(principal)
    await _record(session, vc.RequestWithdrawn, request, EventContext.of(principal, day))
    return request


def _require_fields(wanted: RequestNew) -> None:
    """422 for a field that the kind lacks or does not have."""
    for field in ("valid_until", "reason_code", "delivered"):
        given, has = getattr(wanted, field) is not None, field in _FIELDS[wanted.kind]
        if given != has:
            raise PayloadInvalid.at(field, "extra_forbidden" if given else "missing")


async def _decide(
    session: AsyncSession, edition: Edition, voucher: Voucher, wanted: RequestNew, day: date
) -> Decision | None:
    if wanted.kind == REINSTATEMENT:
        holder = await load_holder(session, voucher.enterprise_id, day, lock=False)
        allowed = decide_reinstatement(
            edition,
            status=voucher.status,
            reason_code=voucher.reason_code,
            returned=voucher.returned,
            valid_until=voucher.valid_until,
            day=day,
        )
        return require_passed(combine(allowed, decide_in_centre(edition, holder.place, day)))
    if voucher.status == STOPPED:
        raise invalid_transition(voucher.status, [ACTIVE, FROZEN])
    if wanted.kind == EXTENSION:
        assert wanted.valid_until is not None, "the kind's own field"
        return require_passed(
            decide_extension(edition, voucher.valid_until, voucher.extensions, wanted.valid_until, day)
        )
    assert wanted.reason_code is not None, "the kind's own field"
    require_known("reason_code", [wanted.reason_code], edition.vouchers.life.void_reasons)
    return None


async def _voucher(session: AsyncSession, principal: Principal, voucher_id: UUID) -> Voucher:
    """The voucher, kept as it is until the transaction ends: an expiry comes before the request or sees it."""
    division = division_of(principal)
    own = held_by(enterprise_code_of(principal))
    whose = own if division is None else or_(own, Voucher.issuer_division == division)
    query = select(Voucher).where(Voucher.id == voucher_id, whose).with_for_update(read=True)
    voucher = (await session.scalars(query)).one_or_none()
    if voucher is None:
        raise not_found("voucher")
    return voucher


async def _lock_own(
    session: AsyncSession, principal: Principal, request_id: UUID, if_match: str | None
) -> VoucherRequest:
    request = await lock(session, request_id, VoucherRequest.issuer_division == own_division(principal))
    honour_match(if_match, request.version)
    return request


async def _record(
    session: AsyncSession, event_type: EventType[vc.RequestState], request: VoucherRequest, context: EventContext
) -> None:
    data = vc.RequestState.model_validate(request, from_attributes=True)
    rules = _RULES[request.kind]
    await outbox.append(session, event_type, request, data, context=context, rules=rules, edition=request.edition)
