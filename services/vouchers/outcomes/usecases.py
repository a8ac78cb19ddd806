"""A survey from its opening to its close, and the answers between (4.3-4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Table, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of
from services.vouchers.outcomes.models import OutcomeAnswer, OutcomeForm, OutcomeSurvey
from services.vouchers.outcomes.queries import asked_of, find_survey
from services.vouchers.outcomes.rules import decide_anybody, decide_year
from services.vouchers.outcomes.schemas import AnswerIn, SurveyNew
from services.vouchers.outcomes.states import ANSWERED, ASKED, CLOSED, OPEN
from services.vouchers.redemptions.models import Redemption
from shared.auth.principal import Principal
from shared.bulk import insert_rows
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import Fault, PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

RULES: Final = ("vouchers.outcome",)
_FORMS: Final = cast(Table, OutcomeForm.__table__)


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which survey or form, knowing which version."""

    subject_id: UUID
    principal: Principal
    if_match: str | None = None


async def open_survey(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: SurveyNew
) -> OutcomeSurvey:
    """Ask every enterprise that redeemed a voucher of the issuer in the year.

    Raises 409 `outcome-survey-exists`, `outcome-nobody-to-ask`, `outcome-year-to-come`, 422 for a division that is
    missing or a term that has passed.
    """
    edition = editions.closest_to(principal.today)
    assert edition is not None, "a service runs with an edition"
    division = division_of(principal) or wanted.issuer_division
    if division is None or wanted.issuer_division not in (None, division):
        raise PayloadInvalid(Fault("issuer_division", "outcome_division", {}))
    require_passed(decide_year(edition, wanted.year, principal.today.year))
    survey = OutcomeSurvey(
        no=await next_case_no(session, "VO", principal.today.year),
        issuer_division=division,
        year=wanted.year,
        edition=edition.id,
        status=OPEN,
        least_respondents=edition.vouchers.oversight.least_respondents.value,
        asked=0,
        answered=0,
        due_on=_due(edition, wanted.due_on, principal.today),
        opened_by=principal.account_id,
        opened_on=principal.today,
    )
    session.add(survey)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_outcome_survey_issuer_year":
            raise
        params = {"division": division, "year": wanted.year}
        raise DomainError("outcome-survey-exists", 409, params=params, clauses=["4.3-4"]) from error
    context = EventContext.of(principal)
    await _ask(session, survey, context)
    require_passed(decide_anybody(edition, survey.asked))
    await _tell(session, vc.OutcomeSurveyOpened, survey, context)
    return survey


async def collect_more(session: AsyncSession, *, step: Step) -> OutcomeSurvey:
    """Ask those too who have used a voucher of the year since it was opened."""
    survey = await _open(session, step)
    context = EventContext.of(step.principal)
    await _ask(session, survey, context)
    await _tell(session, vc.OutcomeSurveyExtended, survey, context)
    return survey


async def close_survey(session: AsyncSession, *, step: Step) -> OutcomeSurvey:
    """No more answers; from here on the figures are shown, and change no more."""
    survey = await _open(session, step)
    survey.status, survey.closed_by, survey.closed_on = CLOSED, step.principal.account_id, step.principal.today
    await _tell(session, vc.OutcomeSurveyClosed, survey, EventContext.of(step.principal))
    return survey


async def answer_form(session: AsyncSession, sent: AnswerIn, *, step: Step) -> OutcomeForm:
    """The enterprise says what came of it, or says it better; every version is kept.

    Takes the survey before the form, as closing does. Raises 404 for another's form, 409 `outcome-survey-closed`.
    """
    which = select(OutcomeForm.survey_id).where(OutcomeForm.id == step.subject_id, asked_of(step.principal))
    survey_id = await session.scalar(which)
    if survey_id is None:
        raise not_found("outcome_form")
    survey = await session.get_one(OutcomeSurvey, survey_id, with_for_update=True)
    form = await session.get_one(OutcomeForm, step.subject_id, with_for_update=True)
    honour_match(step.if_match, form.version)
    if survey.status != OPEN:
        raise DomainError("outcome-survey-closed", 409, params={"closed_on": survey.closed_on}, clauses=["4.3-4"])
    if form.status == ASKED:
        form.status = ANSWERED
        survey.answered += 1
    form.revision += 1
    session.add(
        OutcomeAnswer(
            form_id=form.id,
            revision=form.revision,
            **sent.model_dump(),
            answered_by=step.principal.account_id,
            answered_on=step.principal.today,
        )
    )
    await session.flush()
    data = vc.OutcomeFormState.model_validate(form, from_attributes=True)
    context = EventContext.of(step.principal)
    await outbox.append(session, vc.OutcomeAnswered, form, data, context=context, rules=RULES, edition=survey.edition)
    return form


async def _open(session: AsyncSession, step: Step) -> OutcomeSurvey:
    survey = await find_survey(session, step.principal, step.subject_id, lock=True)
    honour_match(step.if_match, survey.version)
    if survey.status != OPEN:
        raise invalid_transition(survey.status, [OPEN])
    return survey


def _due(edition: Edition, sent: date | None, today: date) -> date:
    due = sent or today + timedelta(days=edition.vouchers.oversight.answer_days.value)
    if due <= today:
        raise PayloadInvalid(Fault("due_on", "outcome_due_past", {}))
    return due


async def _ask(session: AsyncSession, survey: OutcomeSurvey, context: EventContext) -> None:
    """A form for each enterprise with captured uses that has none yet; their number goes on the survey."""
    used = Redemption
    query = (
        select(used.enterprise_id, func.count(), func.sum(used.subsidy - used.reversed_amount))
        .where(
            used.issuer_division == survey.issuer_division,
            used.redeemed_on >= date(survey.year, 1, 1),
            used.redeemed_on <= date(survey.year, 12, 31),
            used.subsidy > used.reversed_amount,
        )
        .group_by(used.enterprise_id)
        .order_by(used.enterprise_id)
    )
    asked = select(OutcomeForm.enterprise_id).where(OutcomeForm.survey_id == survey.id)
    found = (await session.execute(query.where(used.enterprise_id.not_in(asked)))).all()
    rows: list[dict[str, object]] = [
        {
            "id": uuid7(),
            "version": 1,
            "survey_id": survey.id,
            "issuer_division": survey.issuer_division,
            "year": survey.year,
            "enterprise_id": enterprise_id,
            "status": ASKED,
            "revision": 0,
            "uses": uses,
            "captured": captured,
        }
        for enterprise_id, uses, captured in found
    ]
    await insert_rows(session, _FORMS, rows)
    survey.asked += len(rows)
    await session.flush()
    await _tell_asked(session, survey, rows, context)


async def _tell_asked(
    session: AsyncSession, survey: OutcomeSurvey, rows: Sequence[dict[str, object]], context: EventContext
) -> None:
    events = [(state.id, 1, state) for state in (vc.OutcomeFormState.model_validate(row) for row in rows)]
    await outbox.append_many(session, vc.OutcomeAsked, events, context=context, rules=RULES, edition=survey.edition)


async def _tell(
    session: AsyncSession, event_type: EventType[vc.OutcomeSurveyState], survey: OutcomeSurvey, context: EventContext
) -> None:
    data = vc.OutcomeSurveyState.model_validate(survey, from_attributes=True)
    await outbox.append(session, event_type, survey, data, context=context, rules=RULES, edition=survey.edition)
