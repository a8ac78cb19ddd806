"""Everything that an application is tested for, with what is looked up for it; the dry run asks the same (3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.calls.queries import windows_of
from services.finance.calls.rules import Window, decide_call
from services.finance.centres import Centre
from services.finance.grants.models import UNRANKED, Grant
from services.finance.grants.queries import last_grade
from services.finance.grants.rules import (
    Applicant,
    LastGrade,
    Request,
    decide_application,
    decide_grade,
    priority_of,
)
from services.finance.grants.schemas import GrantApplication
from services.finance.use_reports.queries import accounts_of
from services.finance.use_reports.rules import decide_reported
from shared.errors import not_found
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions


@dataclass(frozen=True, slots=True)
class Decided:
    """What an application was answered, with the call that takes it and the grade that was found."""

    decision: Decision
    call_id: UUID | None
    grade: LastGrade | None


async def decide_all(
    session: AsyncSession, editions: Editions, edition: Edition, centre: Centre, sent: GrantApplication, day: date
) -> Decided:
    """Raises 404 for a call that is not one of the year's."""
    windows = await windows_of(session, sent.fiscal_year)
    if sent.call_id is not None:
        windows = [window for window in windows if window.call_id == sent.call_id]
        if not windows:
            raise not_found("grant-call")
    grade = await last_grade(session, centre.id)
    decision = combine(
        _decide_application(edition, centre, sent, day),
        decide_call(edition, tier=centre.tier, day=day, windows=windows),
        decide_reported(edition, day, await accounts_of(session, editions, centre)),
        decide_grade(edition, grade),
    )
    return Decided(decision, _open_call(windows, centre.tier, day), grade)


def show_grade(grant: Grant, edition: Edition, last: LastGrade | None) -> None:
    """The grade that the step has before it (2.3-3)."""
    if last is None:
        grant.grade, grant.grade_year, grant.grade_version, grant.priority = None, None, None, UNRANKED
        return
    grant.grade, grant.grade_year, grant.grade_version = last.grade, last.year, last.version
    grant.priority = priority_of(edition, last.grade) or UNRANKED


def _open_call(windows: list[Window], tier: str, day: date) -> UUID | None:
    return next((window.call_id for window in windows if window.takes(tier, day)), None)


def _decide_application(edition: Edition, centre: Centre, sent: GrantApplication, day: date) -> Decision:
    evidence = {"asset_list": len(sent.assets), "partner_links": len(sent.partners)}
    purposes = [line.purpose for line in sent.plan]
    request = Request(sent.fiscal_year, day, sent.amount, purposes, evidence)
    return decide_application(edition, Applicant(centre.listed, centre.tier, centre.listed_on), request)
