"""Parties that share something, and the money between them and to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Final
from uuid import UUID

from gateway.audit_reports.schemas import LargeGroup, RelatedOut, RelatedPair, RelatedQuery
from shared.audit.duties import Flow, Shared, Tie, Ties
from shared.money import ZERO

LARGE: Final = 20
"""Parties from which a group is shown as a group."""
MOST_PAIRS: Final = 5_000

Key = tuple[Shared, str]
Money = Mapping[tuple[UUID, UUID], Decimal]


def related(wanted: RelatedQuery, answers: Iterable[Ties]) -> RelatedOut:
    """Pairs of different parties; the same party under two of its numbers is none."""
    answers = list(answers)
    groups: dict[Key, dict[tuple[str, UUID], Tie]] = defaultdict(dict)
    for tie in (tie for answer in answers for tie in answer.ties):
        if wanted.shared in (None, tie.shared):
            parties = groups[tie.shared, tie.value]
            known = parties.get((tie.party, tie.party_id))
            if known is None:
                parties[tie.party, tie.party_id] = tie
            elif tie.capacity not in known.capacity.split("+"):
                both = "+".join(sorted([*known.capacity.split("+"), tie.capacity]))
                parties[tie.party, tie.party_id] = known.model_copy(update={"capacity": both})
    flows = [flow for answer in answers for flow in answer.flows]
    between, received = _between(flows), _received(flows)
    pairs: list[RelatedPair] = []
    large: list[LargeGroup] = []
    for (shared, value), parties in groups.items():
        members = [parties[key] for key in sorted(parties)]
        if len(members) > LARGE:
            through = sum((received.get(member.party_id, ZERO) for member in members), ZERO)
            large.append(LargeGroup(shared=shared, value=value, parties=len(members), through=through))
        pairs += _pairs(members, between, received)
    pairs.sort(key=lambda one: (-one.between, -one.through, one.shared, one.value, one.party_id, one.other_party_id))
    large.sort(key=lambda one: (-one.through, one.shared, one.value))
    return RelatedOut(
        since=wanted.since,
        until=wanted.until,
        items=pairs[:MOST_PAIRS],
        large_groups=large,
        more=len(pairs) > MOST_PAIRS,
    )


def _pairs(members: Sequence[Tie], between: Money, received: Mapping[UUID, Decimal]) -> Iterator[RelatedPair]:
    for one, other in combinations(members, 2) if len(members) <= LARGE else _paying(members, between):
        if one.party_id == other.party_id:
            continue
        moved = between.get((one.party_id, other.party_id), ZERO) + between.get((other.party_id, one.party_id), ZERO)
        yield RelatedPair(
            shared=one.shared,
            value=one.value,
            party=one.party,
            party_id=one.party_id,
            party_no=one.party_no,
            capacity=one.capacity,
            other_party=other.party,
            other_party_id=other.party_id,
            other_party_no=other.party_no,
            other_capacity=other.capacity,
            between=moved,
            through=received.get(one.party_id, ZERO) + received.get(other.party_id, ZERO),
        )


def _paying(members: Sequence[Tie], between: Money) -> Iterator[tuple[Tie, Tie]]:
    """Pairs of a large group that money went between: by the payments, as all its pairs may be a billion."""
    place = {member.party_id: index for index, member in enumerate(members)}
    inside = {
        (min(place[source], place[target]), max(place[source], place[target]))
        for (source, target), amount in between.items()
        if amount > 0 and source in place and target in place
    }
    return ((members[one], members[other]) for one, other in sorted(inside))


def _between(flows: Sequence[Flow]) -> dict[tuple[UUID, UUID], Decimal]:
    sums: dict[tuple[UUID, UUID], Decimal] = defaultdict(lambda: ZERO)
    for flow in flows:
        if flow.from_id is not None:
            sums[flow.from_id, flow.to_id] += flow.amount
    return {pair: max(amount, ZERO) for pair, amount in sums.items()}


def _received(flows: Sequence[Flow]) -> dict[UUID, Decimal]:
    sums: dict[UUID, Decimal] = defaultdict(lambda: ZERO)
    for flow in flows:
        if flow.from_id is None:
            sums[flow.to_id] += flow.amount
    return {party: max(amount, ZERO) for party, amount in sums.items()}
