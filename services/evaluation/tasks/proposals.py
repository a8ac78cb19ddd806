"""What one person submitted, asked for or recorded and another one decides: rubrics, corrections, orders of courts."""

from __future__ import annotations

from typing import Final

from sqlalchemy import null, select

from services.evaluation.access import APPROVERS
from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.records.models import CentreSuccession, ResultAnnulment
from services.evaluation.delistings.remedies.models import DelistingRemedy
from services.evaluation.reports.models import QuarterlyReport, ReportCorrection
from services.evaluation.rubrics.models import RubricEdition
from services.evaluation.tasks.yearly import signs_after
from shared.tasks import Asked, Statement, TaskSource, rows


def _rubrics(asked: Asked) -> Statement:
    """2.3-2: by nobody who wrote or submitted it."""
    rubric, me = RubricEdition, asked.principal.account_id
    return select(rubric.id, rubric.id, rubric.no, rubric.submitted_on, null()).where(
        rubric.status == "submitted", rubric.submitted_by != me, ~rubric.authors.contains([me])
    )


def _corrections(asked: Asked) -> Statement:
    """2.3-2: changes of accepted reports that somebody else asked for."""
    wanted = ReportCorrection
    return (
        select(wanted.id, QuarterlyReport.id, QuarterlyReport.no, wanted.requested_on, null())
        .join(QuarterlyReport, QuarterlyReport.id == wanted.report_id)
        .where(wanted.status == "requested", wanted.requested_by != asked.principal.account_id)
    )


def _remedies(asked: Asked) -> Statement:
    """2.3-5: orders on a delisting, by the other bureau."""
    order = DelistingRemedy
    return (
        select(order.id, DelistingCase.id, order.no, order.recorded_on, null())
        .join(DelistingCase, DelistingCase.id == order.case_id)
        .where(
            order.status == "proposed",
            order.recorded_by != asked.principal.account_id,
            signs_after(asked, order.recorded_bureau),
        )
    )


def _annulments(asked: Asked) -> Statement:
    """2.3-5: results that an authority annulled, by the other bureau."""
    found = ResultAnnulment
    return select(found.id, found.evaluation_id, found.no, found.recorded_on, null()).where(
        found.status == "proposed",
        found.recorded_by != asked.principal.account_id,
        signs_after(asked, found.recorded_bureau),
    )


def _successions(asked: Asked) -> Statement:
    """2.3-5: centres said to go on from another, by the other bureau."""
    found = CentreSuccession
    return select(found.id, found.centre_id, found.no, found.recorded_on, null()).where(
        found.status == "proposed",
        found.recorded_by != asked.principal.account_id,
        signs_after(asked, found.recorded_bureau),
    )


SOURCES: Final = (
    TaskSource.of("rubric_to_approve", APPROVERS, "/v1/rubrics/{id}", rows(_rubrics), message="task-rubric-to-approve"),
    TaskSource.of(
        "report_correction_to_decide",
        APPROVERS,
        "/v1/quarterly-reports/{id}/corrections",
        rows(_corrections),
        message="task-report-correction-to-decide",
    ),
    TaskSource.of(
        "remedy_to_decide",
        APPROVERS,
        "/v1/delistings/{id}/remedies",
        rows(_remedies),
        message="task-remedy-to-decide",
    ),
    TaskSource.of(
        "annulment_to_decide",
        APPROVERS,
        "/v1/delistings/annulments",
        rows(_annulments),
        message="task-annulment-to-decide",
    ),
    TaskSource.of(
        "succession_to_decide",
        APPROVERS,
        "/v1/delistings/successions",
        rows(_successions),
        message="task-succession-to-decide",
    ),
)
