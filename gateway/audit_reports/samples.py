"""A population of one service, and a sample drawn from it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from gateway.audit_reports.schemas import Members, Period, SampleItem, SampleOut, SampleQuery, StratumOut
from shared.audit.duties import Member
from shared.audit.sampling import Item, digest_of, draw
from shared.errors import DomainError
from shared.money import ZERO

FEN = Decimal("0.01")


def whole(name: str, period: Period, members: Sequence[Member]) -> Members:
    """The population as a list, in the order of ids."""
    return Members(
        population=name,
        since=period.since,
        until=period.until,
        population_count=len(members),
        population_amount=_sum(members),
        population_digest=digest_of([_item(member) for member in members]),
        items=sorted(members, key=lambda member: str(member.id)),
    )


def sample(wanted: SampleQuery, members: Sequence[Member], *, money: bool) -> SampleOut:
    """Raises 422 `sample-needs-amounts` for monetary units of what has none."""
    by_units = wanted.method == "monetary_unit"
    if by_units and not money:
        raise DomainError("sample-needs-amounts", 422, params={"population": wanted.population})
    items = [_item(member) for member in members]
    by_id = {str(member.id): member for member in members}
    drawn = draw(items, wanted.method, wanted.size, wanted.seed)
    chosen = [
        SampleItem(**by_id[one.item.id].model_dump(), place=one.place, order=one.order, hits=one.hits) for one in drawn
    ]
    positive = sum((member.amount for member in members if member.amount and member.amount > 0), ZERO)
    return SampleOut(
        **wanted.model_dump(),
        population_count=len(members),
        population_amount=_sum(members),
        population_digest=digest_of(items),
        sample_amount=_sum(chosen),
        interval=(positive / wanted.size).quantize(FEN, ROUND_DOWN) if by_units else None,
        strata=_strata(members, chosen),
        items=chosen,
    )


def _strata(members: Sequence[Member], chosen: Sequence[Member]) -> list[StratumOut]:
    found = []
    for name in sorted({member.stratum for member in members}):
        inside = [member for member in members if member.stratum == name]
        drawn = sum(member.stratum == name for member in chosen)
        found.append(
            StratumOut(stratum=name, population_count=len(inside), population_amount=_sum(inside), drawn=drawn)
        )
    return found


def _item(member: Member) -> Item:
    return Item(str(member.id), member.stratum, member.amount)


def _sum(members: Sequence[Member]) -> Decimal:
    return sum((member.amount for member in members if member.amount is not None), ZERO)
