"""What every step on a grant begins and ends with: the locks, the state it needs, and its event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import Centre, open_failed_year, read_centre, visible_to
from services.finance.grants import states
from services.finance.grants.models import Grant, GrantPaper
from services.finance.grants.rules import decide_centre_listed, decide_four_eyes, decide_not_held, decide_papers
from services.finance.projections import known_centre
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts.finance import GrantState
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class Case:
    """A locked grant with the centre it belongs to, under the edition it is pinned to."""

    grant: Grant
    centre: Centre
    edition: Edition


@dataclass(frozen=True, slots=True)
class Papers:
    """Document number and minutes of a money decision (3.1-4), with the rule that may require them."""

    document_no: str | None
    minutes_no: str | None
    decision: Decision


class Papered(Protocol):
    """What is sent with a money decision."""

    @property
    def document_no(self) -> str | None: ...
    @property
    def minutes_no(self) -> str | None: ...


def papers_of(edition: Edition, step: str, sent: Papered) -> Papers:
    """The papers of a decision; `step` is the word of its event. Raises 409 `grant-document-no-missing`,
    `grant-minutes-missing` where the edition requires them."""
    decision = decide_papers(edition, step, document_no=sent.document_no, minutes_no=sent.minutes_no)
    return Papers(sent.document_no, sent.minutes_no, require_passed(decision))


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which grant, knowing which version, under which editions."""

    grant_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


async def centre_of(session: AsyncSession, grant_id: UUID, principal: Principal) -> UUID:
    """The centre of a grant that the caller may see. Raises 404."""
    query = select(Grant.centre_id).join(known_centre, known_centre.c.id == Grant.centre_id)
    centre_id = await session.scalar(query.where(Grant.id == grant_id, visible_to(principal)))
    if centre_id is None:
        raise not_found("grant")
    return centre_id


async def open_case(session: AsyncSession, step: Step, *from_states: str) -> Case:
    """Lock centre and grant, in this order, and make sure that the step is possible now.

    Raises 404, 412 `precondition-failed` and 409 `invalid-transition`.
    """
    centre_id = await centre_of(session, step.grant_id, step.principal)
    centre = await read_centre(session, centre_id, lock=True)
    locked = select(Grant).where(Grant.id == step.grant_id).with_for_update()
    grant = (await session.scalars(locked, execution_options={"populate_existing": True})).one()
    honour_match(step.if_match, grant.version)
    edition = step.editions.get(grant.edition)
    await require_state(session, grant, edition, *from_states)
    return Case(grant, centre, edition)


async def require_state(session: AsyncSession, grant: Grant, edition: Edition, *from_states: str) -> None:
    """Raises 409 `invalid-transition`; a held grant's names the failed year that it rests for."""
    if grant.status in from_states:
        return
    decision = None
    if grant.status == states.HELD:
        decision = decide_not_held(edition, await open_failed_year(session, grant.centre_id) or 0)
    params = {"current": grant.status, "allowed_from": from_states}
    raise DomainError("invalid-transition", 409, params=params, decision=decision)


def decide_step(case: Case, step: Step) -> Decision:
    """What every step towards payment needs: a listed centre, and a person who took none of the steps before.

    Raises 409 `grant-centre-not-listed`, 403 `four-eyes-required`.
    """
    listed = require_passed(decide_centre_listed(case.edition, case.centre.listed))
    return combine(listed, decide_another_person(case, step))


def decide_another_person(case: Case, step: Step) -> Decision:
    """Four eyes (3.1-4). Raises 403 `four-eyes-required`."""
    grant = case.grant
    handled_by = {
        "submitted": grant.submitted_by,
        "reviewed": grant.reviewed_by,
        "approved": grant.approved_by,
        "countersigned": grant.countersigned_by,
    }
    return require_passed(decide_four_eyes(case.edition, step.principal.account_id, handled_by), 403)


def state_of(grant: object) -> GrantState:
    """A grant, from the model or from a statement's RETURNING, as its events carry it."""
    return GrantState.model_validate(grant, from_attributes=True)


async def record(
    session: AsyncSession,
    event_type: EventType[GrantState],
    grant: Grant,
    context: EventContext,
    decision: Decision,
    *,
    keep: bool = True,
    papers: Papers | None = None,
) -> None:
    """Append the step's event, citing the rules of its decision; `keep` adds the decision to the case's. Document
    number and minutes are kept with the event's version."""
    taken = event_type.name.split(".")[2]
    if keep:
        grant.decisions = [*grant.decisions, {"step": taken, "decision": decision.to_json()}]
    named = {} if papers is None else {"document_no": papers.document_no, "minutes_no": papers.minutes_no}
    await outbox.append(
        session,
        event_type,
        grant,
        state_of(grant).model_copy(update=named),
        context=context,
        rules=decision.rules,
        edition=grant.edition,
    )
    if any(named.values()):
        day, actor = context.effective_on, context.actor
        session.add(
            GrantPaper(grant_id=grant.id, version=grant.version, step=taken, decided_on=day, recorded_by=actor, **named)
        )


def day_of(step: Step, sent: date | None, *, not_before: date | None) -> date:
    """The day the step counts for. Raises 422 as `effective_date`, 409 `step-before-earlier-step` for a day sent that
    lies before the step before."""
    day = effective_date(step.principal, sent)
    if sent is not None and not_before is not None and sent < not_before:
        raise DomainError("step-before-earlier-step", 409, params={"sent": sent, "not_before": not_before})
    return day
