"""What the papers of a delisting case say, as text: facts, clauses, rights and last days (2.3-5, 2.3-6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.delistings import rules
from services.evaluation.delistings.models import DelistingCase, DelistingStep
from services.evaluation.delistings.records.queries import predecessors_of
from services.evaluation.evaluations.models import Evaluation, ScoreSheet
from services.evaluation.projections import known_centre, known_qualification
from shared.files.papers import written_date, written_or_blank
from shared.policy.edition import Edition
from shared.policy.rules import ban_period

_CLAUSES: Final = ("delisting.consecutive_failures", "titles.simultaneous_revocation", "ban.period")
RECIPIENTS: Final = {
    "legal_representative": "法定代表人",
    "authorised_agent": "委托代理人",
    "operator_staff": "收发人员",
}
_STATEMENT: Final = {"received": "已提交陈述申辩意见", "waived": "在期限内未提出陈述申辩"}
_HEARING: Final = {"held": "已依申请组织听证", "withdrawn": "听证申请已撤回"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A step as a paper needs it."""

    outcome: str
    taken_on: date
    details: Mapping[str, object]
    recorded_at: datetime

    def text(self, name: str) -> str | None:
        value = self.details.get(name)
        return None if value is None else str(value)


async def facts_of(
    session: AsyncSession, case: DelistingCase, edition: Edition, told_with: str | None = None
) -> dict[str, object]:
    """Everything that the templates may name; texts only, dates written out. `told_with` is the step that the paper was
    given with: once it is taken, what became known after it stays out of the paper."""
    centre = (
        await session.execute(select(known_centre.c.no, known_centre.c.name).where(known_centre.c.id == case.centre_id))
    ).one()
    steps = await _steps(session, case)
    notice = steps.get(rules.NOTICE)
    decided = steps.get(rules.DECISION)
    given = None if told_with is None else steps.get(told_with)
    return {
        "city": edition.city,
        "policy_title": edition.title_zh,
        "case_no": case.no,
        "centre_no": centre.no,
        "centre_name": centre.name,
        "operator_name": case.operator_name,
        "operator_code": case.operator_code,
        "operator_barred": case.operator_barred,
        "bureaus": bureaus(edition, given.taken_on if given else case.decided_on or case.last_step_on),
        "failed_years": await _failed_years(session, case, given),
        "clauses": _clauses(edition),
        "titles": await _titles(session, case, edition),
        "notice_no": written_or_blank(notice.text("document_no") if notice else None),
        "notice_on": written_date(case.notice_served_on),
        "statement_days": edition.procedure.statement_working_days.value,
        "statement_due_on": written_date(case.statement_due_on),
        "hearing_days": edition.procedure.hearing_request_working_days.value,
        "hearing_due_on": written_date(case.hearing_request_due_on),
        "served_notice": case.notice_served_on is not None,
        "procedure": _procedure(steps),
        "decision_no": written_or_blank(case.decision_no),
        "decided_on": written_date(decided.taken_on if decided else None),
        "continuation_basis": case.continuation_basis or "",
        **_remedies(case, edition),
        **_ban(case, edition),
        **_service(case, edition, steps),
    }


async def _steps(session: AsyncSession, case: DelistingCase) -> dict[str, Recorded]:
    """The last record of each step that counts."""
    query = select(DelistingStep).where(DelistingStep.case_id == case.id, DelistingStep.outcome != "insufficient")
    rows = await session.scalars(query.order_by(DelistingStep.id))
    return {row.step: Recorded(row.outcome, row.taken_on, row.details, row.recorded_at) for row in rows}


async def _failed_years(session: AsyncSession, case: DelistingCase, given: Recorded | None) -> list[dict[str, str]]:
    """The years that count, with the document that published each; those of a predecessor too. As of the step that the
    paper was given with: the score computed last before it, and no publication after it."""
    centres = {case.centre_id, *(await predecessors_of(session, [case.centre_id])).values()}
    query = (
        select(Evaluation)
        .where(
            Evaluation.centre_id.in_(centres),
            Evaluation.failing,
            Evaluation.year.between(case.first_failed_year, case.second_failed_year),
        )
        .order_by(Evaluation.year)
    )
    evaluations = list(await session.scalars(query))
    then = {} if given is None else await _scores_at(session, [found.id for found in evaluations], given.recorded_at)
    years: list[dict[str, str]] = []
    for found in evaluations:
        score = None if found.score is None else then.get(found.id, found.score)
        known = given is None or _published_by(found, case, given.taken_on)
        years.append(
            {
                "year": str(found.year),
                "score": "—" if score is None else f"{score:.2f}",
                "document_no": written_or_blank(found.document_no if known else None),
                "published_on": written_date(found.published_on if known else None),
            }
        )
    return years


def _published_by(found: Evaluation, case: DelistingCase, day: date) -> bool:
    """The case's own year is published after all its steps, be it on the same day."""
    own = found.id == case.evaluation_id
    return not own and found.published_on is not None and found.published_on <= day


async def _scores_at(session: AsyncSession, evaluations: Sequence[UUID], at: datetime) -> dict[UUID, Decimal]:
    """The score of each evaluation as it had been computed by then."""
    sheet = ScoreSheet
    query = (
        select(sheet.evaluation_id, sheet.score)
        .where(sheet.evaluation_id.in_(evaluations), sheet.computed_at <= at)
        .order_by(sheet.id)
    )
    return {row.evaluation_id: row.score for row in await session.execute(query)}


def _clauses(edition: Edition) -> list[dict[str, str]]:
    cited = dict.fromkeys(edition.rule(rule).clause for rule in _CLAUSES)
    return [{"id": clause, "title": edition.clauses[clause].title_zh} for clause in cited]


async def _titles(session: AsyncSession, case: DelistingCase, edition: Edition) -> list[dict[str, str]]:
    """Titles that fall with the decision: those expected at publication, or the ones in force today."""
    title = known_qualification.c
    query = select(known_qualification).where(title.centre_id == case.centre_id)
    if case.expected_title_ids is not None:
        query = query.where(title.id.in_(case.expected_title_ids))
    else:
        query = query.where(
            title.kind.in_(edition.titles.falling_kinds),
            title.level.in_(edition.titles.falling_levels.value),
            title.status.in_(edition.titles.falling_states.value),
        )
    kinds = edition.titles.kinds
    return [
        {"no": row.no, "name": kinds[row.kind].title_zh if row.kind in kinds else row.kind}
        for row in await session.execute(query.order_by(title.no))
    ]


def _procedure(steps: Mapping[str, Recorded]) -> list[str]:
    """What was done before the decision, a sentence each."""
    said: list[str] = []
    if (notice := steps.get(rules.NOTICE)) is not None:
        said.append(
            f"{written_date(notice.taken_on)}送达《拟摘牌告知书》（{written_or_blank(notice.text('document_no'))}）"
        )
    if (statement := steps.get(rules.STATEMENT)) is not None:
        said.append(f"你单位{_STATEMENT.get(statement.outcome, statement.outcome)}")
    if (hearing := steps.get(rules.HEARING)) is not None:
        said.append(f"{written_date(hearing.taken_on)}{_HEARING.get(hearing.outcome, hearing.outcome)}")
    if (review := steps.get(rules.LEGAL_REVIEW)) is not None:
        said.append(f"{written_date(review.taken_on)}经法制审核（{written_or_blank(review.text('document_no'))}）")
    return said


def _remedies(case: DelistingCase, edition: Edition) -> dict[str, object]:
    return {
        "reconsideration_days": edition.procedure.reconsideration_days.value,
        "litigation_months": edition.procedure.litigation_months.value,
        "served": case.served_on is not None,
        "reconsideration_until": written_date(case.reconsideration_until),
        "litigation_until": written_date(case.litigation_until),
    }


def _ban(case: DelistingCase, edition: Edition) -> dict[str, object]:
    years = case.ban_years or edition.ban.years.value
    period = None if case.published_on is None else ban_period(case.published_on, years)
    return {
        "ban_years": years,
        "published": period is not None,
        "published_on": written_date(case.published_on),
        "last_barred_day": written_date(period.last_barred_day if period else None),
        "first_open_day": written_date(period.first_open_day if period else None),
    }


def _service(case: DelistingCase, edition: Edition, steps: Mapping[str, Recorded]) -> dict[str, object]:
    """The record of service: of the decision, once it has been served, and of the notice."""
    rows = [
        _served(edition, "拟摘牌告知书", steps.get(rules.NOTICE), None),
        _served(edition, "摘牌决定书", steps.get(rules.SERVICE), case.decision_no),
    ]
    return {"services": rows}


def _served(edition: Edition, paper: str, step: Recorded | None, document_no: str | None) -> dict[str, str]:
    methods = edition.procedure.service_methods
    method = step.text("method") if step else None
    recipient = step.text("recipient_role") if step else None
    number = document_no or (step.text("document_no") if step else None)
    return {
        "paper": paper,
        "document_no": written_or_blank(number),
        "method": methods[method].title_zh if method is not None and method in methods else written_or_blank(None),
        "recipient": written_or_blank(RECIPIENTS.get(recipient or "")),
        "served_on": written_date(step.taken_on if step else None),
    }


def bureaus(edition: Edition, day: date) -> list[str]:
    """The names that the deciding bureaus had on the day."""
    return [_name(edition, code, day) for code in edition.procedure.deciding_departments.value]


def _name(edition: Edition, code: str, day: date) -> str:
    names = edition.departments[code].names
    used = [name for name in names if name.used_from is None or name.used_from <= day]
    return (used or names)[-1].title_zh
