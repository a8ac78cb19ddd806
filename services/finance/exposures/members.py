"""Whom a statement is about: an enterprise with the records merged into it, and those with its legal representative."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import CTE, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.alliance_support.models import AllianceSupport
from services.finance.centres import CITY_READERS
from services.finance.matching_funds.rules import places_of
from services.finance.projections import known_centre, known_enterprise, known_tenancy
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.policy.edition import Edition

READERS: Final = (*CITY_READERS, r.ENTERPRISE, r.CENTRE_OPERATOR, r.DIVISION_APPROVER)
"""The city's bureaus and the auditor all, enterprises and operators their own, a division's approver those whom the
division may pay."""


@dataclass(frozen=True, slots=True)
class Member:
    """An enterprise under the code that goes on, with the id and code of each of its records; an operator that is no
    enterprise on record has its code alone."""

    code: str
    name: str | None
    representative_ref: str | None
    records: tuple[tuple[UUID, str], ...] = ()

    @property
    def ids(self) -> list[UUID]:
        return [record_id for record_id, _ in self.records]

    @property
    def codes(self) -> list[str]:
        return sorted({self.code, *(code for _, code in self.records)})


class Circle:
    """Several enterprises, each of whose cases is looked for at once: by id and code of any of their records."""

    def __init__(self, members: Iterable[Member]) -> None:
        self.members = tuple(members)
        self._by_id = {record_id: member for member in self.members for record_id in member.ids}
        self._by_code = {code: member for member in self.members for code in member.codes}

    @property
    def ids(self) -> list[UUID]:
        return list(self._by_id)

    @property
    def codes(self) -> list[str]:
        return list(self._by_code)

    def whose(self, record_id: UUID | None, *codes: str | None) -> Member:
        """Whose case it is, by the id that it names, else by the first of the codes that is one's. Raises StopIteration
        for nobody's."""
        if record_id is not None and record_id in self._by_id:
            return self._by_id[record_id]
        return next(self._by_code[code] for code in codes if code in self._by_code)


async def find_member(session: AsyncSession, edition: Edition, wanted: str | UUID, principal: Principal) -> Member:
    """The same for a statement. Raises 404 for nobody, and for somebody else."""
    member = await member_of(session, wanted)
    if member is None or not (owns(member, principal) or await _pays(session, edition, member, principal)):
        raise not_found("enterprise")
    return member


async def _pays(session: AsyncSession, edition: Edition, member: Member, principal: Principal) -> bool:
    """Whether the caller approves for a division that may pay it out of its matching funds (5.1-2): registered there or
    in a park there, tenanted today in a centre there, or running one."""
    if not principal.has(r.DIVISION_APPROVER) or principal.division is None:
        return False
    places = sorted(places_of(edition, principal.division))
    firm, stay, centre = known_enterprise.c, known_tenancy.c, known_centre.c
    there = select(centre.id).where(or_(centre.owner_division.in_(places), centre.site_division.in_(places)))
    today = principal.today
    ways = (
        select(firm.id).where(firm.id.in_(member.ids), firm.division.in_(places)),
        select(stay.id).where(
            stay.enterprise_id.in_(member.ids),
            stay.centre_id.in_(there),
            stay.admitted_on <= today,
            or_(stay.ended_on.is_(None), stay.ended_on >= today),
        ),
        there.where(centre.operator_code.in_(member.codes)),
    )
    return bool(await session.scalar(select(or_(*(way.exists() for way in ways)))))


async def member_of(session: AsyncSession, wanted: str | UUID) -> Member | None:
    """The enterprise with that code or id, by whichever of its records, or whoever runs a centre under that code."""
    table = known_enterprise.c
    named = table.id == wanted if isinstance(wanted, UUID) else table.code == wanted
    member = await _member_named(session, select(table.id).where(named).cte("named"))
    if member is None and isinstance(wanted, str):
        member = await _operator(session, wanted)
    return member


async def group_of(session: AsyncSession, member: Member) -> list[Member]:
    """The other enterprises with the same legal representative, by code; none where nobody knows it."""
    if member.representative_ref is None:
        return []
    table = known_enterprise.c
    query = select(table.id).where(
        table.legal_representative_ref == member.representative_ref,
        table.merged_into_id.is_(None),
        table.id.not_in(member.ids),
    )
    roots = list(await session.scalars(query))
    return sorted(await _members(session, roots), key=lambda found: found.code)


async def _member_named(session: AsyncSession, named: CTE) -> Member | None:
    """Upwards to the records that go on, then down to all that went into them; of several, the first by id."""
    table = known_enterprise.c
    up = select(table.id, table.merged_into_id).where(table.id.in_(select(named.c.id))).cte("up", recursive=True)
    up = up.union(select(table.id, table.merged_into_id).where(table.id == up.c.merged_into_id))
    root = await session.scalar(select(up.c.id).where(up.c.merged_into_id.is_(None)).order_by(up.c.id).limit(1))
    found = await _members(session, [] if root is None else [root])
    return found[0] if found else None


async def _members(session: AsyncSession, roots: Collection[UUID]) -> list[Member]:
    if not roots:
        return []
    table = known_enterprise.c
    kin = select(table.id, table.id.label("root")).where(table.id.in_(roots)).cte("kin", recursive=True)
    kin = kin.union(select(table.id, kin.c.root).where(table.merged_into_id == kin.c.id))
    query = (
        select(kin.c.root, table.id, table.code, table.name, table.legal_representative_ref)
        .join(known_enterprise, table.id == kin.c.id)
        .order_by(table.id)
    )
    records: defaultdict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    heads: dict[UUID, tuple[str, str | None, str | None]] = {}
    for row in await session.execute(query):
        records[row.root].append((row.id, row.code))
        if row.id == row.root:
            heads[row.root] = (row.code, row.name, row.legal_representative_ref)
    return [Member(*head, tuple(records[root])) for root, head in heads.items()]


async def _operator(session: AsyncSession, code: str) -> Member | None:
    """Whoever runs a centre, or got an alliance's support, has a statement, whether or not the registry has it as an
    enterprise."""
    runs = select(known_centre.c.id).where(known_centre.c.operator_code == code).exists()
    got = select(AllianceSupport.id).where(AllianceSupport.recipient_code == code).exists()
    return Member(code, None, None) if await session.scalar(select(or_(runs, got))) else None


def sees_everybody(principal: Principal) -> bool:
    """The city's bureaus and the auditor."""
    return principal.has(*CITY_READERS)


def owns(member: Member, principal: Principal) -> bool:
    """Whether the statement is the caller's to read: by its own code, whichever of the records has it, or all."""
    if sees_everybody(principal):
        return True
    return principal.has(r.ENTERPRISE, r.CENTRE_OPERATOR) and principal.org in member.codes
