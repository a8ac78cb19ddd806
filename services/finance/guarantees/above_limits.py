"""Guarantees above the guarantor's limits by what came later: a merger, a relation, a debt that is back (3.2-3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import or_, select

from services.finance.ceilings.models import GUARANTEE_BORROWER, GUARANTEE_TOTAL, ceiling
from services.finance.guarantees.models import Guarantee
from services.finance.guarantees.rules import borrower_limit, related_limit, total_limit
from services.finance.guarantees.states import HELD
from services.finance.projections import known_enterprise, known_holding
from shared.livemode import of_mode
from shared.money import ZERO
from shared.policy.edition import Edition
from shared.tasks import Asked, Waiting


async def guarantees_above_limits(asked: Asked) -> Sequence[Waiting]:
    """The guarantees in force of each borrower who is above a limit of today's edition, alone or with its related
    parties; and the newest of all where their sum is above its own."""
    edition = asked.editions.in_force_on(asked.today) or asked.editions.closest_to(asked.today)
    if edition is None:
        return ()
    period = "all" if asked.principal.livemode else "test"
    rows = select(ceiling.c.subject, ceiling.c.committed).where(ceiling.c.period == period, ceiling.c.committed > 0)
    found = await asked.session.execute(rows.where(ceiling.c.kind == GUARANTEE_BORROWER))
    held: dict[str, Decimal] = {row.subject: row.committed for row in found}
    over = await _over(asked, edition, held)
    waiting = [_waiting(guarantee, *over[guarantee.borrower]) for guarantee in await _live(asked, over)]
    total = (await asked.session.execute(rows.where(ceiling.c.kind == GUARANTEE_TOTAL))).one_or_none()
    if total is not None and total.committed > total_limit(edition):
        waiting += [_waiting(last, total.committed, total_limit(edition)) for last in await _live(asked, held, most=1)]
    return waiting[: asked.limit]


async def _over(asked: Asked, edition: Edition, held: Mapping[str, Decimal]) -> dict[str, tuple[Decimal, Decimal]]:
    """By borrower: what is held, and the limit that it is above. Nothing is looked up while what all hold together is
    within the smaller limit."""
    one, circle = borrower_limit(edition), related_limit(edition)
    if sum(held.values(), ZERO) <= min(one, circle):
        return {}
    roots, refs = await _records(asked, held)
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for code, amount in held.items():
        sums[roots[code]] += amount
    near = await _related(asked, edition, roots, refs)
    over: dict[str, tuple[Decimal, Decimal]] = {}
    for code in held:
        own = sums[roots[code]]
        around = own + sum((sums[root] for root in near[roots[code]]), ZERO)
        if own > one:
            over[code] = (own, one)
        elif around > circle:
            over[code] = (around, circle)
    return over


async def _records(asked: Asked, held: Mapping[str, Decimal]) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Of each borrower the record that goes on at the end of all mergers, and the legal representatives on the way; a
    person is its own."""
    firm = known_enterprise.c
    subjects = select(ceiling.c.subject).where(ceiling.c.kind == GUARANTEE_BORROWER, ceiling.c.committed > 0)
    own = select(firm.code.label("start"), firm.id, firm.merged_into_id, firm.legal_representative_ref)
    climb = own.where(firm.code.in_(subjects)).cte("climb", recursive=True)
    climb = climb.union(
        select(climb.c.start, firm.id, firm.merged_into_id, firm.legal_representative_ref).where(
            firm.id == climb.c.merged_into_id
        )
    )
    roots = {code: code for code in held}
    refs: defaultdict[str, set[str]] = defaultdict(set)
    for row in await asked.session.execute(select(climb)):
        if row.start in roots and row.merged_into_id is None:
            roots[row.start] = str(row.id)
        if row.legal_representative_ref is not None:
            refs[row.start].add(row.legal_representative_ref)
    return roots, refs


async def _related(
    asked: Asked, edition: Edition, roots: Mapping[str, str], refs: Mapping[str, set[str]]
) -> defaultdict[str, set[str]]:
    """By record: the others of these borrowers that are related to it today, as at a new guarantee."""
    hold, near = known_holding.c, defaultdict[str, set[str]](set)
    led: defaultdict[str, set[str]] = defaultdict(set)
    for code, root in roots.items():
        for ref in refs.get(code, {code}):
            led[ref].add(root)
    pairs = [(one, other) for circle in led.values() for one in circle for other in circle]
    subjects = select(ceiling.c.subject).where(ceiling.c.kind == GUARANTEE_BORROWER, ceiling.c.committed > 0)
    held = select(hold.holder_code, hold.held_code).where(
        hold.holder_code.in_(subjects),
        hold.held_code.in_(subjects),
        hold.percent >= edition.investing.reward.related_holding_percent.value,
        hold.valid_from <= asked.today,
        or_(hold.valid_to.is_(None), hold.valid_to >= asked.today),
    )
    recorded = (await asked.session.execute(held)).all()
    known = [row for row in recorded if row.holder_code in roots and row.held_code in roots]
    pairs += [(roots[row.holder_code], roots[row.held_code]) for row in known]
    for one, other in pairs:
        if one != other:
            near[one].add(other)
            near[other].add(one)
    return near


async def _live(asked: Asked, borrowers: Collection[str], *, most: int | None = None) -> Sequence[Guarantee]:
    query = select(Guarantee).where(
        of_mode(Guarantee, asked.principal), Guarantee.status.in_(HELD), Guarantee.borrower.in_(borrowers)
    )
    return (await asked.session.scalars(query.order_by(Guarantee.no.desc()).limit(most or asked.limit))).all()


def _waiting(guarantee: Guarantee, held: Decimal, limit: Decimal) -> Waiting:
    since = guarantee.issued_on or guarantee.drafted_on
    return Waiting(guarantee.id, guarantee.id, guarantee.no, since, None, params={"held": held, "limit": limit})
