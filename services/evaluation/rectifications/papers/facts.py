"""What a rectification order says, as text: the result, the items, the term, what happens until then (2.3-4)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.delistings.papers.facts import bureaus
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.projections import known_centre
from services.evaluation.rectifications.models import Rectification
from services.evaluation.rectifications.proposals import items_of
from shared.files.papers import written_date, written_or_blank
from shared.policy.edition import Edition

_RULES: Final = ("evaluation.band", "evaluation.rectification", "delisting.consecutive_failures")


async def order_facts(session: AsyncSession, edition: Edition, order: Rectification) -> dict[str, object]:
    """Everything that the template may name."""
    evaluation = await session.get_one(Evaluation, order.evaluation_id)
    columns = known_centre.c.no, known_centre.c.name, known_centre.c.operator_name, known_centre.c.operator_code
    centre = (await session.execute(select(*columns).where(known_centre.c.id == order.centre_id))).one()
    items = (await items_of(session, [order.id]))[order.id]
    clauses = dict.fromkeys(edition.rule(rule).clause for rule in _RULES)
    return {
        "city": edition.city,
        "policy_title": edition.title_zh,
        "bureaus": bureaus(edition, order.served_on or order.ordered_on),
        "order_no": order.no,
        "document_no": written_or_blank(order.document_no),
        "centre_no": centre.no,
        "centre_name": centre.name,
        "operator_name": centre.operator_name,
        "operator_code": centre.operator_code,
        "year": str(order.year),
        "score": "—" if evaluation.score is None else f"{evaluation.score:.2f}",
        "evaluation_no": evaluation.no,
        "result_no": written_or_blank(evaluation.document_no),
        "result_on": written_date(evaluation.published_on),
        "clauses": [{"id": clause, "title": edition.clauses[clause].title_zh} for clause in clauses],
        "items": [
            {"number": str(item.ordinal), "finding": item.finding, "requirement": item.requirement} for item in items
        ],
        "term_days": edition.rectification.term_days.value,
        "served": order.served_on is not None,
        "due_on": written_date(order.due_on),
        "extension_days": edition.rectification.extension_days.value if edition.rectification.extensions.value else 0,
        "grants_held": edition.grants.held_until_rectified.value,
        "served_on": written_date(order.served_on),
    }
