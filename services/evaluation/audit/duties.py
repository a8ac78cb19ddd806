"""Evaluation's populations, and which organisations its experts come from."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from services.evaluation.delistings.models import DelistingCase
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.experts.models import Expert
from services.evaluation.objections.models import Objection
from services.evaluation.reports.models import QuarterlyReport
from shared.audit.duties import Asked, Duties, Population, Tie, Ties, cases_of, same

POPULATIONS: Final = (
    Population(
        "quarterly_reports_submitted",
        money=False,
        find=cases_of(
            "/v1/quarterly-reports/{id}",
            row_id=QuarterlyReport.id,
            no=QuarterlyReport.no,
            on=QuarterlyReport.submitted_on,
            stratum=func.concat(QuarterlyReport.year, "-Q", QuarterlyReport.quarter),
        ),
    ),
    Population(
        "evaluations_published",
        money=False,
        find=cases_of(
            "/v1/evaluations/{id}",
            row_id=Evaluation.id,
            no=Evaluation.no,
            on=Evaluation.published_on,
            stratum=Evaluation.grade,
        ),
    ),
    Population(
        "objections_submitted",
        money=False,
        find=cases_of(
            "/v1/objections/{id}",
            row_id=Objection.id,
            no=Objection.no,
            on=Objection.submitted_on,
            stratum=Objection.status,
        ),
    ),
    Population(
        "delistings_opened",
        money=False,
        find=cases_of(
            "/v1/delistings/{id}",
            row_id=DelistingCase.id,
            no=DelistingCase.no,
            on=DelistingCase.opened_on,
            stratum=DelistingCase.status,
        ),
    ),
)


async def find_ties(asked: Asked) -> Ties:
    """An expert who comes from an organisation that is judged, paid or sells."""
    rows = await asked.session.execute(select(Expert.id, Expert.org).where(Expert.org.is_not(None)))
    ties = [
        Tie(
            party="expert",
            party_id=expert_id,
            party_no=None,
            shared="organisation",
            value=same("organisation", str(org)),
            capacity="comes_from",
        )
        for expert_id, org in rows
    ]
    return Ties(ties=ties)


DUTIES: Final = Duties(populations=POPULATIONS, ties=find_ties)
