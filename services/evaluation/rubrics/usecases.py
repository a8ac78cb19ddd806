"""A rubric edition's way: drafted as a copy, edited, rehearsed, submitted, approved by somebody who wrote no part."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.refusals import require_passed, require_status
from services.evaluation.rubrics.checks import decide_rubric_fit, decide_rubric_years
from services.evaluation.rubrics.content import changed_parts, kept, overlaid, values_of
from services.evaluation.rubrics.models import APPROVED, DISCARDED, DRAFT, SUBMITTED, RubricEdition, RubricRevision
from services.evaluation.rubrics.queries import find_rubric, visible
from services.evaluation.rubrics.rehearsals.queries import decide_rehearsed
from services.evaluation.rubrics.schemas import NewRubric, RubricApproval, RubricChange
from services.evaluation.rubrics.telling import tell_rubric
from shared.auth.principal import Principal
from shared.errors import four_eyes_required, not_found
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match, require_match
from shared.ids import next_case_no, uuid7
from shared.policy.decision import combine
from shared.policy.edition import Editions

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('rubric_edition.number'))")


async def draft_rubric(
    session: AsyncSession, principal: Principal, editions: Editions, sent: NewRubric
) -> RubricEdition:
    """Begin an edition as a copy of another one, or of the policy edition's own (2.3-2)."""
    edition = editions.for_evaluation_year(sent.first_year)
    decision = require_passed(decide_rubric_years(edition, sent.first_year, principal.today.year))
    base = await _base(session, principal, sent.copy_of)
    content = kept(edition.rubric) if base is None else base.content
    rubric = RubricEdition(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "RB", principal.today.year),
        policy_edition=edition.id,
        status=DRAFT,
        title_zh=sent.title_zh,
        title_en=sent.title_en,
        first_year=sent.first_year,
        copy_of=sent.copy_of,
        content=content,
        revision=1,
        authors=[principal.account_id],
        drafted_on=principal.today,
        drafted_by=principal.account_id,
    )
    session.add(rubric)
    await session.flush()
    _keep_version(session, rubric, principal, [])
    await tell_rubric(session, ec.RubricDrafted, rubric, EventContext.of(principal), decision.rules)
    return rubric


async def _base(session: AsyncSession, principal: Principal, copy_of: UUID | None) -> RubricEdition | None:
    if copy_of is None:
        return None
    base = await session.scalar(select(RubricEdition).where(RubricEdition.id == copy_of, visible(principal)))
    if base is None:
        raise not_found("rubric")
    return base


async def edit_rubric(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    rubric_id: UUID,
    sent: RubricChange,
    if_match: str | None,
) -> RubricEdition:
    """Replace parts of a draft; every version is kept. A draft need not add up before it is submitted."""
    rubric = await find_rubric(session, rubric_id, lock=True)
    require_match(if_match, rubric.version)
    require_status(rubric.status, (DRAFT,))
    applied = ["evaluation.rubric"]
    changed: list[str] = []
    if sent.first_year is not None and sent.first_year != rubric.first_year:
        edition = editions.for_evaluation_year(sent.first_year)
        applied += require_passed(decide_rubric_years(edition, sent.first_year, principal.today.year)).rules
        rubric.first_year, rubric.policy_edition = sent.first_year, edition.id
        changed.append("first_year")
    for name in ("title_zh", "title_en"):
        title = getattr(sent, name)
        if title is not None and title != getattr(rubric, name):
            setattr(rubric, name, title)
            changed.append(name)
    content = overlaid(rubric.content, sent)
    changed += changed_parts(rubric.content, content)
    if changed:
        rubric.content, rubric.revision = content, rubric.revision + 1
        rubric.authors = list(dict.fromkeys([*rubric.authors, principal.account_id]))
        await session.flush()
        _keep_version(session, rubric, principal, changed)
        context = EventContext.of(principal)
        await tell_rubric(session, ec.RubricEdited, rubric, context, applied, changed=changed)
    return rubric


def _keep_version(session: AsyncSession, rubric: RubricEdition, principal: Principal, changed: list[str]) -> None:
    session.add(
        RubricRevision(
            rubric_id=rubric.id,
            revision=rubric.revision,
            content=rubric.content,
            changed=changed,
            edited_on=principal.today,
            edited_by=principal.account_id,
        )
    )


async def submit_rubric(
    session: AsyncSession, principal: Principal, editions: Editions, rubric_id: UUID, if_match: str | None
) -> RubricEdition:
    """Put a draft forward: it must fit, and its very version rehearsed on a past year if there is one."""
    rubric = await find_rubric(session, rubric_id, lock=True)
    honour_match(if_match, rubric.version)
    require_status(rubric.status, (DRAFT,))
    edition = editions.get(rubric.policy_edition)
    fit = decide_rubric_fit(edition, values_of(rubric.content))
    years = decide_rubric_years(edition, rubric.first_year, principal.today.year)
    decision = require_passed(combine(years, fit, await decide_rehearsed(session, edition, rubric)))
    rubric.status, rubric.decision = SUBMITTED, decision.to_json()
    rubric.submitted_on, rubric.submitted_by = principal.today, principal.account_id
    await tell_rubric(session, ec.RubricSubmitted, rubric, EventContext.of(principal), decision.rules)
    return rubric


async def return_rubric(
    session: AsyncSession, principal: Principal, rubric_id: UUID, reason: str, if_match: str | None
) -> RubricEdition:
    """Send a submitted edition back to those who draft it."""
    rubric = await find_rubric(session, rubric_id, lock=True)
    honour_match(if_match, rubric.version)
    require_status(rubric.status, (SUBMITTED,))
    rubric.status, rubric.submitted_on, rubric.submitted_by, rubric.decision = DRAFT, None, None, None
    context = EventContext.of(principal)
    await tell_rubric(session, ec.RubricReturned, rubric, context, ("rubric.approval",), reason=reason)
    return rubric


async def discard_rubric(
    session: AsyncSession, principal: Principal, rubric_id: UUID, reason: str, if_match: str | None
) -> RubricEdition:
    """Give up an edition that was not approved; it stays readable."""
    rubric = await find_rubric(session, rubric_id, lock=True)
    honour_match(if_match, rubric.version)
    require_status(rubric.status, (DRAFT, SUBMITTED))
    rubric.status = DISCARDED
    context = EventContext.of(principal)
    await tell_rubric(session, ec.RubricDiscarded, rubric, context, ("rubric.approval",), reason=reason)
    return rubric


async def approve_rubric(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    rubric_id: UUID,
    sent: RubricApproval,
    if_match: str | None,
) -> RubricEdition:
    """Approve under a document, by somebody who neither wrote nor submitted it; from now on nothing of it changes.

    It is checked once more: the policy edition's files may have changed since it was submitted.
    """
    rubric = await find_rubric(session, rubric_id, lock=True)
    honour_match(if_match, rubric.version)
    require_status(rubric.status, (SUBMITTED,))
    if principal.account_id in (*rubric.authors, rubric.submitted_by):
        raise four_eyes_required()
    edition = editions.get(rubric.policy_edition)
    fit = decide_rubric_fit(edition, values_of(rubric.content))
    years = decide_rubric_years(edition, rubric.first_year, principal.today.year)
    another = edition.decision(edition.result("rubric.approval", True, {}, message="rubric-in-order"))
    decision = require_passed(combine(years, fit, another))
    rubric.number = await _next_number(session, rubric.policy_edition)
    rubric.status, rubric.document_no, rubric.decision = APPROVED, sent.document_no, decision.to_json()
    rubric.approved_on, rubric.approved_by = principal.today, principal.account_id
    await tell_rubric(session, ec.RubricApproved, rubric, EventContext.of(principal), decision.rules)
    return rubric


async def _next_number(session: AsyncSession, policy_edition: str) -> int:
    await session.execute(_ONE_AT_A_TIME)
    query = select(func.max(RubricEdition.number)).where(RubricEdition.policy_edition == policy_edition)
    return (await session.scalar(query) or 1) + 1
