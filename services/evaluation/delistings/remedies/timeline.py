"""A case as a timeline: steps, confirmations, orders and plaques in the order of time, and every term."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow, table_of
from services.evaluation.delistings import rules
from services.evaluation.delistings.models import DelistingCase, DelistingParticipant, DelistingStep
from services.evaluation.delistings.queries import Follower, clauses_of, missing_of, taken_so_far, titles_of
from services.evaluation.delistings.remedies.queries import followers_of, orders_of
from services.evaluation.delistings.remedies.rules import ORDERED
from services.evaluation.delistings.remedies.schemas import TermOut, TimelineEntry, TimelineOut
from services.evaluation.delistings.schemas import TitleOut
from shared.clock import BUSINESS_ZONE
from shared.events.contracts.evaluation import DELISTING, DelistingAnswered, DelistingRemedyAnswered
from shared.kernel_tables import event_log
from shared.policy.edition import Edition

_ANSWERS = (DelistingAnswered.name, DelistingRemedyAnswered.name)
_DOCUMENTS = ("document_no", "minutes_no")


async def timeline(session: AsyncSession, case: DelistingCase, edition: Edition) -> TimelineOut:
    """Everything recorded about the case, the oldest first."""
    query = select(DelistingParticipant).where(DelistingParticipant.case_id == case.id)
    participants = (await session.scalars(query.order_by(DelistingParticipant.service))).all()
    orders = await orders_of(session, case.id)
    followers = await followers_of(session, case.id)
    log = await _log(session, case)
    entries = [
        *(_step(row, edition) for row in log),
        *(_confirmed("confirmation", found, "confirmed", edition) for found in participants if found.acted_at),
        *(
            _confirmed("order_confirmation", found, order.no, edition)
            for order in orders
            for found in followers.get(order.id, [])
            if found.acted_at
        ),
        *_plaques(await titles_of(session, case), edition),
    ]
    waiting = [found.service for found in participants if found.confirmed_at is None and case.in_effect]
    for order in orders:
        late = followers.get(order.id, []) if order.status == ORDERED else []
        waiting += [f"{order.no}:{found.service}" for found in late if found.confirmed_at is None]
    return TimelineOut(
        id=case.id,
        no=case.no,
        centre_id=case.centre_id,
        status=case.status,
        in_effect=case.in_effect,
        stayed_on=case.stayed_on,
        reversed_on=case.reversed_on,
        missing_steps=list(missing_of(case, edition, await taken_so_far(session, case))),
        waiting_for=waiting,
        terms=_terms(case),
        entries=sorted(entries, key=lambda entry: entry.at),
    )


async def _log(session: AsyncSession, case: DelistingCase) -> list[AnyRow]:
    log = event_log.c
    step = DelistingStep
    columns = (log.id, log.type, log.actor, log.effective_on, log.recorded_at, log.attributes, log.data)
    query = (
        select(*columns, step.step, step.outcome, step.details)
        .select_from(event_log.outerjoin(table_of(DelistingStep), step.event_id == log.id))
        .where(log.aggregate_id == case.id, log.topic == DELISTING.name, log.type.not_in(_ANSWERS))
        .order_by(log.aggregate_version)
    )
    return list((await session.execute(query)).all())


def _step(row: AnyRow, edition: Edition) -> TimelineEntry:
    attributes = json.loads(row.attributes)
    applied = [rule for rule in attributes.get("rules", "").split(",") if rule]
    verb = row.type.split(".")[2]
    data = json.loads(row.data)
    order = data.get("remedy") or {}
    details = row.details or {
        name: order[name] for name in ("no", "kind", "ground", "issuer", "ordered_on") if name in order
    }
    return TimelineEntry(
        at=row.recorded_at,
        effective_on=row.effective_on,
        kind="order" if order else "step",
        step=row.step or verb,
        outcome=row.outcome,
        actor=row.actor,
        actor_role=attributes.get("actorrole"),
        document_no=_document(row.details or {}) or order.get("document_no") or data.get("decision_no"),
        rules=applied,
        clauses=clauses_of(edition, applied),
        event_id=row.id,
        details=details,
    )


def _document(details: Mapping[str, object]) -> str | None:
    return next((str(details[name]) for name in _DOCUMENTS if details.get(name)), None)


def _confirmed(kind: str, found: Follower, outcome: str, edition: Edition) -> TimelineEntry:
    acted_at = found.acted_at
    assert acted_at is not None
    return TimelineEntry.model_validate(
        {
            "at": acted_at,
            "effective_on": None,
            "kind": kind,
            "step": "confirmed",
            "outcome": outcome,
            "actor": f"service:{found.service}",
            "actor_role": found.service,
            "document_no": None,
            "rules": found.rules or [],
            "clauses": clauses_of(edition, found.rules or ()),
            "event_id": found.event_id,
            "details": found.details or {},
        }
    )


def _plaques(titles: list[TitleOut], edition: Edition) -> Iterator[TimelineEntry]:
    applied = ("titles.simultaneous_revocation",)
    for title in titles:
        if title.plaque_returned_on is not None:
            yield TimelineEntry(
                at=_midnight(title.plaque_returned_on),
                effective_on=title.plaque_returned_on,
                kind="plaque",
                step="plaque_returned",
                outcome=title.no,
                actor=None,
                actor_role="bureau",
                document_no=title.plaque_no,
                rules=list(applied),
                clauses=clauses_of(edition, applied),
                event_id=None,
                details={"qualification_id": str(title.id), "kind": title.kind},
            )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BUSINESS_ZONE).astimezone(UTC)


def _terms(case: DelistingCase) -> list[TermOut]:
    notice, served = case.notice_served_on, case.served_on
    found = [
        TermOut(term="statement", runs_from=notice, last_day=case.statement_due_on),
        TermOut(term="hearing_request", runs_from=notice, last_day=case.hearing_request_due_on),
    ]
    if case.status in (*rules.IN_FORCE, rules.REVERSED):
        decided = case.decision_no
        found += [
            TermOut(term="reconsideration", runs_from=served, last_day=case.reconsideration_until, document_no=decided),
            TermOut(term="litigation", runs_from=served, last_day=case.litigation_until, document_no=decided),
        ]
    return found
