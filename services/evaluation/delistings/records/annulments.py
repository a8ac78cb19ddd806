"""A published result is annulled: what then counts, and what is put before an approver (2.3-5)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.circulars.corrections import correct_circular
from services.evaluation.delistings.bureaus import (
    day_not_before,
    decide_as_other_bureau,
    recording_bureau,
    require_past,
)
from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.opening import drop_case
from services.evaluation.delistings.records.models import ResultAnnulment
from services.evaluation.delistings.records.queries import APPROVED, counted_years, successors_of
from services.evaluation.delistings.records.schemas import Approval, NewAnnulment, Rejection
from services.evaluation.delistings.remedies.usecases import propose_reversal
from services.evaluation.delistings.rules import DROPPED, IN_FORCE, REVERSED, decide_consecutive_failure
from services.evaluation.delistings.usecases import Caller
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.projections import known_centre
from services.evaluation.rectifications.closing import annul_order
from services.evaluation.refusals import require_status
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions

_RULES = ("delisting.result_annulled", "delisting.consecutive_failures")


async def record_annulment(caller: Caller, sent: NewAnnulment) -> ResultAnnulment:
    """Record that a published result was annulled; it counts on until the other bureau approves.

    Raises 404, 409 `invalid-transition` for a result that is not published, `annulment-recorded`.
    """
    session = caller.session
    locked = select(Evaluation).where(Evaluation.id == sent.evaluation_id).with_for_update()
    evaluation = await session.scalar(locked.execution_options(populate_existing=True))
    if evaluation is None:
        raise not_found("evaluation")
    require_status(evaluation.status, ("published",))
    known = select(ResultAnnulment.no).where(
        ResultAnnulment.evaluation_id == evaluation.id, ResultAnnulment.status != "rejected"
    )
    if (no := await session.scalar(known)) is not None:
        raise DomainError("annulment-recorded", 409, params={"no": no})
    require_past(caller.principal, sent.ordered_on)
    assert evaluation.published_on is not None
    day = day_not_before(caller.principal, sent.recorded_on, evaluation.published_on)
    annulment = ResultAnnulment(
        id=uuid7(),
        no=await next_case_no(session, "RA", day.year),
        version=0,
        centre_id=evaluation.centre_id,
        year=evaluation.year,
        edition=evaluation.edition,
        status="proposed",
        recorded_by=caller.principal.account_id,
        recorded_bureau=recording_bureau(caller.principal, caller.editions.get(evaluation.edition)),
        recorded_on=day,
        **sent.model_dump(exclude={"recorded_on"}),
    )
    session.add(annulment)
    await session.flush()
    await _tell(session, ec.ResultAnnulmentProposed, annulment, EventContext.of(caller.principal, day))
    return annulment


async def approve_annulment(caller: Caller, annulment_id: UUID, sent: Approval) -> ResultAnnulment:
    """The year counts as not failed from now on: its order ends, its line in the circular is corrected, cases under way
    that rest on it are dropped. For a published one a reversal is put before an approver, and nothing else happens by
    itself."""
    annulment = await _open(caller, annulment_id)
    await _hold_centre(caller.session, annulment.centre_id)
    edition = caller.editions.get(annulment.edition)
    decide_as_other_bureau(annulment, caller.principal, edition, sent.decided_on)
    assert annulment.decided_on is not None
    annulment.status = APPROVED
    context = EventContext.of(caller.principal, annulment.decided_on)
    await _tell(caller.session, ec.ResultAnnulled, annulment, context)
    await _follow(caller.session, caller.editions, annulment, context)
    await annul_order(caller.session, annulment.evaluation_id, annulment.id, context)
    await correct_circular(caller.session, annulment, context)
    return annulment


async def reject_annulment(caller: Caller, annulment_id: UUID, sent: Rejection) -> ResultAnnulment:
    """The result counts on."""
    annulment = await _open(caller, annulment_id)
    edition = caller.editions.get(annulment.edition)
    decide_as_other_bureau(annulment, caller.principal, edition, sent.decided_on)
    assert annulment.decided_on is not None
    annulment.status, annulment.reason_code = "rejected", sent.reason_code
    context = EventContext.of(caller.principal, annulment.decided_on)
    await _tell(caller.session, ec.ResultAnnulmentRejected, annulment, context)
    return annulment


async def _open(caller: Caller, annulment_id: UUID) -> ResultAnnulment:
    query = select(ResultAnnulment).where(ResultAnnulment.id == annulment_id).with_for_update()
    annulment: ResultAnnulment | None = await caller.session.scalar(query.execution_options(populate_existing=True))
    if annulment is None:
        raise not_found("result-annulment")
    honour_match(caller.if_match, annulment.version)
    return annulment


async def _hold_centre(session: AsyncSession, centre_id: UUID) -> None:
    """As a publication does: the centre's years are not counted by anybody else meanwhile."""
    await session.execute(select(known_centre.c.id).where(known_centre.c.id == centre_id).with_for_update())


async def _follow(session: AsyncSession, editions: Editions, annulment: ResultAnnulment, context: EventContext) -> None:
    concerned = [annulment.centre_id, *await successors_of(session, annulment.centre_id)]
    query = (
        select(DelistingCase)
        .where(DelistingCase.centre_id.in_(concerned), DelistingCase.status.not_in((DROPPED, REVERSED)))
        .order_by(DelistingCase.id)
        .with_for_update()
    )
    cases = (await session.scalars(query.execution_options(populate_existing=True))).all()
    years = await counted_years(session, concerned)
    for case in cases:
        edition = editions.get(case.edition)
        counted = dict(years.get(case.centre_id, {}))
        if case.status not in IN_FORCE:
            counted[case.second_failed_year] = "failed"
        if not decide_consecutive_failure(edition, case.second_failed_year, counted).passed:
            continue
        if case.status in IN_FORCE:
            assert annulment.decided_by is not None
            assert annulment.decided_bureau is not None
            decided = annulment.decided_by, annulment.decided_bureau
            await propose_reversal(session, edition, case, annulment_state(annulment), decided, context)
        else:
            await drop_case(session, case, context)


def annulment_state(annulment: ResultAnnulment) -> ec.AnnulmentState:
    """The annulment as its events carry it."""
    return ec.AnnulmentState.model_validate(annulment, from_attributes=True)


async def _tell(
    session: AsyncSession, event_type: EventType[ec.AnnulmentState], annulment: ResultAnnulment, context: EventContext
) -> None:
    state = annulment_state(annulment)
    await outbox.append(session, event_type, annulment, state, context=context, rules=_RULES, edition=annulment.edition)
