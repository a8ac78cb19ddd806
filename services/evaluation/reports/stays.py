"""Whose lines a quarter's report may have: enterprises that were at the centre in it, by the registry's stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.projections import known_enterprise, known_project, known_tenancy
from services.evaluation.reports.lines import CODE, LINES, TENANCY, Changes, Line, Lines, figures_of, in_order, line_of
from services.evaluation.reports.rules import first_day, last_day
from shared.errors import DomainError
from shared.http.validation import Fault, PayloadInvalid

NOT_TENANTED: Final = "line_not_tenanted"
TWICE: Final = "line_twice"
_MERGERS: Final = 20
"""How many mergers in a row are followed."""
_NAMED: Final = 20
_stay, _firm, _team = known_tenancy.c, known_enterprise.c, known_project.c


@dataclass(frozen=True, slots=True)
class Tenant:
    """An enterprise, or a team, that was at the centre in the quarter: by its last stay, under the record that goes on
    for it."""

    tenancy_id: str
    code: str
    name: str
    there_at_end: bool


@dataclass(frozen=True, slots=True)
class Tenants:
    """Everybody who was there in the quarter, by code and by each of their stays. `others` are further codes of theirs:
    of records that were merged, or the number of a team that registered since."""

    by_code: Mapping[str, Tenant]
    by_stay: Mapping[str, Tenant]
    others: Mapping[str, Tenant]

    def named(self, code: str) -> Tenant | None:
        """Whom a code means."""
        return self.by_code.get(code) or self.others.get(code)

    def of_line(self, line: Line) -> Tenant | None:
        """Whose line it is, by its stay."""
        return self.by_stay.get(str(line[TENANCY]))

    @property
    def at_end(self) -> list[Tenant]:
        """Those at the centre at the quarter's end, by code."""
        return sorted((one for one in self.by_code.values() if one.there_at_end), key=lambda one: one.code)


async def tenants_of(
    session: AsyncSession, centre_id: UUID, year: int, quarter: int, codes: Collection[str] = ()
) -> Tenants:
    """Who was at the centre on any day of the quarter: a stay's last day is one of them, though nobody is there at its
    end. `codes` are looked up among records that were merged, too."""
    first, last = first_day(year, quarter), last_day(year, quarter)
    query = (
        select(_stay.id, _stay.enterprise_id, _stay.ended_on, _team.no, _team.name)
        .outerjoin(known_project, _team.id == _stay.enterprise_id)
        .where(
            _stay.centre_id == centre_id,
            _stay.admitted_on <= last,
            or_(_stay.ended_on.is_(None), _stay.ended_on >= first),
        )
        .order_by(_stay.admitted_on.desc(), _stay.id.desc())
    )
    rows = (await session.execute(query)).all()
    heads = await _going_on(session, {row.enterprise_id for row in rows})
    by_code: dict[str, Tenant] = {}
    stays: dict[str, str] = {}
    for row in rows:
        head = heads.get(row.enterprise_id)
        code, name = (row.no, row.name) if head is None else (head.code, head.name)
        if code is None:
            continue
        there = row.ended_on is None or row.ended_on > last
        stays[str(row.id)] = code
        if code not in by_code or (there and not by_code[code].there_at_end):
            by_code[code] = Tenant(str(row.id), code, name, there)
    others = await _others(session, by_code, [code for code in codes if code not in by_code])
    return Tenants(by_code, {stay: by_code[code] for stay, code in stays.items()}, others)


async def _going_on(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, AnyRow]:
    """The records that go on for these: themselves, unless they were merged into another."""
    asked, known = set(ids), dict[UUID, AnyRow]()
    wanted = set(asked)
    for _ in range(_MERGERS):
        if not wanted:
            break
        found = await session.execute(select(known_enterprise).where(_firm.id.in_(wanted)))
        known |= {row.id: row for row in found}
        wanted = {row.merged_into_id for row in known.values()} - {None, *known, *wanted}
    heads: dict[UUID, AnyRow] = {}
    for one in asked & set(known):
        row = known[one]
        for _ in range(_MERGERS):
            row = known.get(row.merged_into_id, row)
        heads[one] = row
    return heads


async def _others(session: AsyncSession, by_code: Mapping[str, Tenant], codes: Sequence[str]) -> dict[str, Tenant]:
    if not codes:
        return {}
    firms = (await session.execute(select(_firm.id, _firm.code).where(_firm.code.in_(codes)))).all()
    teams = (await session.execute(select(_team.enterprise_id, _team.no).where(_team.no.in_(codes)))).all()
    named = [(row[1], row[0]) for row in (*firms, *teams) if row[0] is not None]
    heads = await _going_on(session, {one for _, one in named})
    found = {code: by_code.get(heads[one].code) for code, one in named if one in heads}
    return {code: tenant for code, tenant in found.items() if tenant is not None}


def with_changes(known: Lines, changes: Changes, tenants: Tenants) -> list[Line]:
    """The lines with what was sent put in; a figure that was not sent stays. Raises PayloadInvalid for a code of nobody
    who was at the centre in the quarter, and for two that mean the same enterprise."""
    lines = {str(line[CODE]): line for line in known}
    faults: list[Fault] = []
    spoken: dict[str, str] = {}
    for code, figures in changes.items():
        tenant = tenants.named(code)
        if figures is None:
            lines.pop(code if code in lines else _place_of(lines, tenant, tenants), None)
        elif tenant is None:
            faults.append(Fault(f"{LINES}.{code}", NOT_TENANTED, {"code": code}))
        elif tenant.code in spoken:
            faults.append(Fault(f"{LINES}.{code}", TWICE, {"code": code, "other": spoken[tenant.code]}))
        else:
            spoken[tenant.code] = code
            place = code if code in lines else _place_of(lines, tenant, tenants)
            before = figures_of(lines.pop(place)) if place in lines else {}
            lines[tenant.code] = line_of(tenant.code, tenant.tenancy_id, {**before, **figures})
    if faults:
        raise PayloadInvalid(*faults)
    return in_order(lines.values())


def _place_of(lines: Mapping[str, Line], tenant: Tenant | None, tenants: Tenants) -> str:
    """Under which code the enterprise has its line, if it has one."""
    if tenant is None:
        return ""
    return next((code for code, line in lines.items() if tenants.of_line(line) == tenant), "")


def empty_lines(tenants: Tenants) -> Changes:
    """A line to be filled for each enterprise that was there at the quarter's end."""
    return {tenant.code: {} for tenant in tenants.at_end}


def require_tenanted(lines: Lines, tenants: Tenants) -> None:
    """2.3-2: what is handed in is about enterprises of the quarter, each once, by what the registry says now.

    Raises 409 `report-lines-not-tenanted` or `report-lines-twice` with the codes.
    """
    strangers = [str(line[CODE]) for line in lines if tenants.of_line(line) is None]
    if strangers:
        raise DomainError("report-lines-not-tenanted", 409, params={"codes": strangers[:_NAMED]}, clauses=["2.3-2"])
    whose: dict[str, list[str]] = {}
    for line in lines:
        tenant = tenants.of_line(line)
        assert tenant is not None
        whose.setdefault(tenant.code, []).append(str(line[CODE]))
    twice = [code for codes in whose.values() if len(codes) > 1 for code in codes]
    if twice:
        raise DomainError("report-lines-twice", 409, params={"codes": twice[:_NAMED]}, clauses=["2.3-2"])
