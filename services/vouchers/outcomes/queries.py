"""Surveys and forms for those whom they concern, and the summary."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, enterprise_code_of, own_division, reads_all
from services.vouchers.outcomes.models import OutcomeAnswer, OutcomeForm, OutcomeSurvey
from services.vouchers.outcomes.rules import Sums, added, shown_lines
from services.vouchers.outcomes.schemas import (
    AnswerOut,
    FormFilter,
    FormItem,
    FormOut,
    SummaryFigures,
    SummaryLine,
    SummaryOut,
    SummaryQuery,
    SurveyFilter,
)
from services.vouchers.outcomes.states import CLOSED
from services.vouchers.projections import same_enterprise
from services.vouchers.usage.queries import issued_by
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.money import ZERO


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Surveys concern their issuer, the city's bureaus and the auditor."""
    return true() if reads_all(principal) else OutcomeSurvey.issuer_division == own_division(principal)


def asked_of(principal: Principal) -> ColumnElement[bool]:
    """The caller's own forms, whichever of its merged records they name."""
    code = enterprise_code_of(principal)
    return false() if code is None else OutcomeForm.enterprise_id.in_(same_enterprise(code))


def forms_visible_to(principal: Principal) -> ColumnElement[bool]:
    """Who was asked: the enterprise knows of itself, issuers of theirs, the city's bureaus and the auditor of all."""
    if reads_all(principal):
        return true()
    division = division_of(principal)
    issued = OutcomeForm.issuer_division == division if division is not None else false()
    return or_(asked_of(principal), issued)


def conditions(wanted: SurveyFilter) -> list[ColumnElement[bool]]:
    """The surveys' filters as SQL."""
    columns = {
        "no": OutcomeSurvey.no,
        "issuer_division": OutcomeSurvey.issuer_division,
        "year": OutcomeSurvey.year,
        "status": OutcomeSurvey.status,
    }
    sent = wanted.model_dump(include=set(columns), exclude_none=True)
    return [columns[name] == value for name, value in sent.items()]


def form_conditions(wanted: FormFilter) -> list[ColumnElement[bool]]:
    """The forms' filters as SQL."""
    columns = {
        "survey_id": OutcomeForm.survey_id,
        "issuer_division": OutcomeForm.issuer_division,
        "year": OutcomeForm.year,
        "enterprise_id": OutcomeForm.enterprise_id,
        "status": OutcomeForm.status,
    }
    sent = wanted.model_dump(include=set(columns), exclude_none=True)
    return [columns[name] == value for name, value in sent.items()]


async def find_survey(
    session: AsyncSession, principal: Principal, survey_id: UUID, *, lock: bool = False
) -> OutcomeSurvey:
    """One that the caller may see, FOR UPDATE with `lock`. Raises 404."""
    query = select(OutcomeSurvey).where(OutcomeSurvey.id == survey_id, visible_to(principal))
    survey = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if survey is None:
        raise not_found("outcome_survey")
    return survey


async def show_form(session: AsyncSession, principal: Principal, form_id: UUID) -> tuple[FormOut, int]:
    """A form with its answers, for the enterprise itself and the auditor, and its version. Raises 404 for anybody
    else: an issuer reads sums, not answers."""
    may = true() if principal.has(r.AUDITOR) else asked_of(principal)
    query = (
        select(OutcomeForm, OutcomeSurvey.due_on)
        .join(OutcomeSurvey, OutcomeSurvey.id == OutcomeForm.survey_id)
        .where(OutcomeForm.id == form_id, may)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise not_found("outcome_form")
    form, due_on = row
    answers = await session.scalars(
        select(OutcomeAnswer).where(OutcomeAnswer.form_id == form.id).order_by(OutcomeAnswer.revision.desc())
    )
    item = FormItem.model_validate(form).model_dump()
    shown = FormOut(**item, due_on=due_on, answers=[AnswerOut.model_validate(answer) for answer in answers])
    return shown, form.version


async def summary(session: AsyncSession, principal: Principal, wanted: SummaryQuery, least: int) -> SummaryOut:
    """What came of a year's vouchers, by issuer, over closed surveys; `least` where no survey says more. A division
    sees its own."""
    division = issued_by(principal, wanted.issuer_division)
    which = [OutcomeSurvey.year == wanted.year, OutcomeSurvey.status == CLOSED]
    if division is not None:
        which.append(OutcomeSurvey.issuer_division == division)
    strictest: int | None = await session.scalar(select(func.max(OutcomeSurvey.least_respondents)).where(*which))
    least = max(least, strictest or least)
    large, rest = shown_lines(await _sums(session, which), least)
    shown = [*large, *([rest] if rest is not None and rest.respondents >= least else [])]
    items = [_line(part) for part in large]
    if rest is not None:
        together = division if rest.surveys == 1 and division is not None else None
        items.append(_line(rest, together) if rest in shown else _hidden(rest, together))
    totals = _figures(added(shown)) if shown else _NOTHING
    return SummaryOut(year=wanted.year, least_respondents=least, items=items, totals=totals)


async def _sums(session: AsyncSession, which: Sequence[ColumnElement[bool]]) -> list[Sums]:
    answer = OutcomeAnswer
    query = (
        select(
            OutcomeSurvey.issuer_division,
            func.count(answer.form_id),
            *(
                func.coalesce(func.sum(column), ZERO)
                for column in (answer.jobs_created, answer.ip_applied, answer.ip_granted)
            ),
            func.coalesce(func.sum(answer.income), ZERO),
            func.coalesce(func.sum(answer.satisfaction), ZERO),
        )
        .outerjoin(OutcomeForm, OutcomeForm.survey_id == OutcomeSurvey.id)
        .outerjoin(answer, and_(answer.form_id == OutcomeForm.id, answer.revision == OutcomeForm.revision))
        .where(*which)
        .group_by(OutcomeSurvey.issuer_division)
        .order_by(OutcomeSurvey.issuer_division)
    )
    return [
        Sums(row[0], 1, row[1], int(row[2]), int(row[3]), int(row[4]), Decimal(row[5]), int(row[6]))
        for row in await session.execute(query)
    ]


_NOTHING = SummaryFigures(
    respondents=None, jobs_created=None, ip_applied=None, ip_granted=None, income=None, satisfaction=None
)


def _figures(part: Sums) -> SummaryFigures:
    return SummaryFigures(
        respondents=part.respondents,
        jobs_created=part.jobs_created,
        ip_applied=part.ip_applied,
        ip_granted=part.ip_granted,
        income=part.income,
        satisfaction=part.mean,
    )


def _line(part: Sums, division: str | None = None) -> SummaryLine:
    return SummaryLine(
        **_figures(part).model_dump(), issuer_division=part.issuer_division or division, surveys=part.surveys
    )


def _hidden(part: Sums, division: str | None) -> SummaryLine:
    return SummaryLine(**_NOTHING.model_dump(), issuer_division=division, surveys=part.surveys)
