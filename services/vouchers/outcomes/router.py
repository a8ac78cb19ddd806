"""`/v1/voucher-outcomes`: what came of the services that vouchers paid for (4.3-4)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import Enterprise, IssuerReader, Surveyor, VoucherReader
from services.vouchers.outcomes import queries, usecases
from services.vouchers.outcomes.models import OutcomeForm, OutcomeSurvey
from services.vouchers.outcomes.schemas import (
    AnswerIn,
    FormFilter,
    FormItem,
    FormOut,
    SummaryOut,
    SummaryQuery,
    SurveyFilter,
    SurveyNew,
    SurveyOut,
)
from services.vouchers.outcomes.usecases import Step
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.policy.edition import PolicyNotInForce
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/voucher-outcomes", tags=["voucher outcomes"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(403, 409))
async def open_survey(
    wanted: SurveyNew, session: Session, principal: Surveyor, runtime: RuntimeDep, response: Response
) -> SurveyOut:
    """Ask the enterprises that used an issuer's vouchers in a year."""
    survey = await usecases.open_survey(session, editions=runtime.editions, principal=principal, wanted=wanted)
    response.headers["Location"] = f"{router.prefix}/{survey.id}"
    return _answer(survey, response)


@router.get("")
async def list_surveys(
    session: Session, principal: IssuerReader, wanted: Annotated[SurveyFilter, Query()]
) -> Page[SurveyOut]:
    """Surveys, newest first; a division sees its own."""
    query = select(OutcomeSurvey).where(queries.visible_to(principal), *queries.conditions(wanted))
    keys = [OutcomeSurvey.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=SurveyOut.model_validate)


@router.get("/forms")
async def list_forms(
    session: Session, principal: VoucherReader, wanted: Annotated[FormFilter, Query()]
) -> Page[FormItem]:
    """Who is asked and who has answered: an enterprise finds its own, an issuer its own surveys'."""
    query = select(OutcomeForm).where(queries.forms_visible_to(principal), *queries.form_conditions(wanted))
    keys = [OutcomeForm.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=FormItem.model_validate)


@router.get("/forms/{form_id}", responses=problem_responses(404))
async def read_form(form_id: UUID, session: Session, principal: VoucherReader, response: Response) -> FormOut:
    """A form with every version of its answer, for the enterprise itself and the auditor."""
    shown, version = await queries.show_form(session, principal, form_id)
    set_etag(response, version)
    return shown


@router.post("/forms/{form_id}/answer", responses=STEP)
async def answer_form(
    form_id: UUID,
    sent: AnswerIn,
    session: Session,
    principal: Enterprise,
    response: Response,
    if_match: IfMatch = None,
) -> FormOut:
    """Say what came of it, or say it better while the survey is open."""
    await usecases.answer_form(session, sent, step=Step(form_id, principal, if_match))
    shown, version = await queries.show_form(session, principal, form_id)
    set_etag(response, version)
    return shown


@router.get("/summary", responses=problem_responses(403, 409))
async def read_summary(
    session: Session, principal: IssuerReader, runtime: RuntimeDep, wanted: Annotated[SummaryQuery, Query()]
) -> SummaryOut:
    """What came of a year's vouchers by issuer, over closed surveys, without naming anybody."""
    edition = runtime.editions.closest_to(principal.today)
    if edition is None:
        raise PolicyNotInForce(principal.today, None)
    least = edition.vouchers.oversight.least_respondents.value
    return await queries.summary(session, principal, wanted, least)


@router.get("/{survey_id}", responses=problem_responses(404))
async def read_survey(survey_id: UUID, session: Session, principal: IssuerReader, response: Response) -> SurveyOut:
    """One survey."""
    return _answer(await queries.find_survey(session, principal, survey_id), response)


@router.post("/{survey_id}/collect", responses=STEP)
async def collect_more(
    survey_id: UUID, session: Session, principal: Surveyor, response: Response, if_match: IfMatch = None
) -> SurveyOut:
    """Ask those too who have used a voucher of the year since."""
    return _answer(await usecases.collect_more(session, step=Step(survey_id, principal, if_match)), response)


@router.post("/{survey_id}/close", responses=STEP)
async def close_survey(
    survey_id: UUID, session: Session, principal: Surveyor, response: Response, if_match: IfMatch = None
) -> SurveyOut:
    """End the survey; its figures are shown from here on."""
    return _answer(await usecases.close_survey(session, step=Step(survey_id, principal, if_match)), response)


def _answer(survey: OutcomeSurvey, response: Response) -> SurveyOut:
    set_etag(response, survey.version)
    return SurveyOut.model_validate(survey)
