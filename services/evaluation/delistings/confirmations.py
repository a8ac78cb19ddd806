"""Collecting the participants' confirmations of published delistings; a batch of events in a few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import table_of
from services.evaluation.delistings.models import DelistingCase, DelistingParticipant
from services.evaluation.delistings.opening import state_of
from services.evaluation.delistings.rules import COMPLETED, PARTICIPANTS, PUBLISHED
from shared.clock import utcnow
from shared.events import outbox
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ec, finance as fc, registry as rc, vouchers as vc
from shared.events.outbox import EventContext
from shared.logging import get_logger

Confirming = rc.CentreDelistedData | fc.DelistingAppliedData | vc.DelistingAppliedData

_DETAILS = {
    "cancelled_grant_ids",
    "recovery_grant_ids",
    "released",
    "recovery_due",
    "stopped_voucher_ids",
    "released_redemption_ids",
    "honoured_redemption_ids",
    "effective_on",
    "ban_id",
    "revoked_qualification_ids",
    "refused_application_ids",
    "relocated_tenancy_ids",
    "active_municipal_titles_left",
    "delisted_on",
}
_RULES = ("delisting.confirmations",)

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a service says it has done about a case; a `problem` if that is not what the case needs."""

    case_id: UUID
    service: str
    problem: str | None
    acted_at: datetime
    event_id: UUID
    event_type: str
    position: int
    rules: tuple[str, ...]
    details: dict[str, JsonValue]
    context: EventContext

    @property
    def valid(self) -> bool:
        return self.problem is None

    @classmethod
    def of(cls, service: str, event: Received[Any], problem: str | None = None) -> Confirmation:
        """Out of the service's event about the case."""
        data: Confirming = event.data
        return cls(
            case_id=data.case_id,
            service=service,
            problem=problem,
            acted_at=event.time,
            event_id=event.id,
            event_type=event.type,
            position=event.position,
            rules=event.rules,
            details=data.model_dump(mode="json", include=_DETAILS),
            context=EventContext.caused_by(event),
        )


async def confirm(session: AsyncSession, confirmations: Sequence[Confirmation]) -> None:
    """Record confirmations and complete the cases that have all of them (2.3-5).

    The cases' rows are locked first, in one order, so that two services' last confirmations cannot miss each other.
    A repeated confirmation changes nothing; one that does not count leaves its reason and the participant late.
    """
    by_case = {confirmation.case_id: confirmation for confirmation in confirmations}
    cases = await _lock(session, list(by_case))
    known = [confirmation for confirmation in confirmations if confirmation.case_id in cases]
    for missing in by_case.keys() - cases.keys():
        log.warning("confirmation-of-unknown-case", case_id=str(missing))
    if not known:
        return
    await _tell(session, cases, known, await _late(session, list(cases)))
    await _record(session, known)
    complete = await _all_confirmed(session, [case.id for case in cases.values() if case.status == PUBLISHED])
    for case_id in complete:
        await _complete(session, cases[case_id], by_case[case_id].context)


async def _lock(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, DelistingCase]:
    query = select(DelistingCase).where(DelistingCase.id.in_(ids)).order_by(DelistingCase.id).with_for_update()
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return {case.id: case for case in rows}


async def _record(session: AsyncSession, confirmations: Sequence[Confirmation]) -> None:
    table = table_of(DelistingParticipant)
    names = ("acted_at", "confirmed_at", "event_id", "event_type", "position", "rules", "details", "problem")
    changed = (
        update(table)
        .where(
            table.c.case_id == bindparam("key_case"),
            table.c.service == bindparam("key_service"),
            table.c.confirmed_at.is_(None),
        )
        .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    )
    await (await session.connection()).execute(changed, [_values(confirmation) for confirmation in confirmations])


def _values(confirmation: Confirmation) -> dict[str, object]:
    values: dict[str, object] = {
        "acted_at": confirmation.acted_at if confirmation.valid else None,
        "confirmed_at": utcnow() if confirmation.valid else None,
        "event_id": confirmation.event_id,
        "event_type": confirmation.event_type,
        "position": confirmation.position,
        "rules": list(confirmation.rules),
        "details": confirmation.details,
        "problem": confirmation.problem,
    }
    keys = {"key_case": confirmation.case_id, "key_service": confirmation.service}
    return keys | {f"new_{name}": value for name, value in values.items()}


async def _late(session: AsyncSession, cases: Sequence[UUID]) -> set[tuple[UUID, str]]:
    participant = DelistingParticipant
    query = select(participant.case_id, participant.service).where(
        participant.case_id.in_(cases), participant.confirmed_at.is_(None)
    )
    return {(row.case_id, row.service) for row in await session.execute(query)}


async def _tell(
    session: AsyncSession,
    cases: Mapping[UUID, DelistingCase],
    confirmations: Sequence[Confirmation],
    late: set[tuple[UUID, str]],
) -> None:
    """Tell of the answers that change something: those of participants who have not confirmed yet."""
    for confirmation in confirmations:
        case, key = cases[confirmation.case_id], (confirmation.case_id, confirmation.service)
        if key not in late:
            continue
        if confirmation.valid:
            late.discard(key)
        data = ec.DelistingAnsweredData(
            **state_of(case).model_dump(),
            service=confirmation.service,
            confirmed=confirmation.valid,
            problem=confirmation.problem,
            event_id=confirmation.event_id,
        )
        await outbox.append(
            session,
            ec.DelistingAnswered,
            case,
            data,
            context=confirmation.context,
            rules=_RULES,
            edition=case.edition,
        )


async def _all_confirmed(session: AsyncSession, cases: Sequence[UUID]) -> list[UUID]:
    waiting = {case_id for case_id, _ in await _late(session, cases)} if cases else set()
    return [case_id for case_id in cases if case_id not in waiting]


async def _complete(session: AsyncSession, case: DelistingCase, context: EventContext) -> None:
    case.status, case.completed_at = COMPLETED, utcnow()
    await outbox.append(
        session,
        ec.DelistingCompleted,
        case,
        decided_data(case),
        context=context,
        rules=_RULES,
        edition=case.edition,
    )


def decided_data(case: DelistingCase) -> ec.DelistingDecidedData:
    """A published case as every participant needs it. Raises AssertionError for one that is not published."""
    assert case.decision_no is not None
    assert case.decided_on is not None
    assert case.published_on is not None
    assert case.published_at is not None
    assert case.ban_years is not None
    return ec.DelistingDecidedData(
        **state_of(case).model_dump(),
        decision_no=case.decision_no,
        decided_on=case.decided_on,
        published_on=case.published_on,
        published_at=case.published_at,
        ban_years=case.ban_years,
        participants=PARTICIPANTS,
        continuation_basis=case.continuation_basis,
    )
