"""What a file of issues depends on, read by a few statements: the same facts as a single issue's, without locks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.ceilings.models import BUDGET, CITY_QUOTA, QUOTA, ceiling, quota_subject
from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.rules import TermsInForce
from services.vouchers.programmes.terms import terms_on
from services.vouchers.projections import known_centre, known_enterprise, known_tenancy
from services.vouchers.vouchers.eligibility import Case, Facts
from services.vouchers.vouchers.facts import Committed, Holder, place_of
from services.vouchers.vouchers.models import enclave_issue
from services.vouchers.vouchers.rules import Place
from shared.errors import reference_not_yet_known
from shared.money import ZERO


class FileFacts:
    """Everything that the cases of one file need; `issued` adds what a good row asks for, which those after it have to
    leave room for."""

    def __init__(
        self,
        terms: Mapping[UUID, TermsInForce],
        holders: Mapping[UUID, Holder],
        committed: dict[tuple[str, str, str], Decimal],
        issuers: Mapping[tuple[UUID, int], Sequence[str]],
    ) -> None:
        self._terms = terms
        self._holders = holders
        self._committed = committed
        self._issuers = issuers

    @classmethod
    async def read(
        cls, session: AsyncSession, programmes: Sequence[Programme], enterprise_ids: Sequence[UUID], day: date
    ) -> FileFacts:
        """Of these programmes and enterprises, on the day."""
        terms = {programme.id: await terms_on(session, programme, day) for programme in programmes}
        holders = await _holders(session, enterprise_ids, day)
        committed = await _committed(session, programmes, enterprise_ids)
        return cls(terms, holders, committed, await _issuers(session, enterprise_ids))

    def of(self, case: Case) -> Facts:
        """Of one case. Raises 409 `reference-not-yet-known`."""
        programme = case.programme
        holder = self._holders.get(case.enterprise_id)
        if holder is None:
            raise reference_not_yet_known("enterprise", case.enterprise_id)
        quota, city, budget = (self._committed.get(key, ZERO) for key in _keys(programme, case.enterprise_id))
        issuers = self._issuers.get((case.enterprise_id, programme.year), ())
        others = [issuer for issuer in issuers if issuer != programme.issuer_division]
        return Facts(holder, self._terms[programme.id], Committed(quota, city, budget), others)

    def issued(self, case: Case) -> None:
        """The case is a good row."""
        for key in _keys(case.programme, case.enterprise_id):
            self._committed[key] = self._committed.get(key, ZERO) + case.amount


def _keys(programme: Programme, enterprise_id: UUID) -> tuple[tuple[str, str, str], ...]:
    """The ceilings of an issue: kind, subject, period."""
    year = str(programme.year)
    return (
        (QUOTA, quota_subject(programme.issuer_division, enterprise_id), year),
        (CITY_QUOTA, str(enterprise_id), year),
        (BUDGET, str(programme.id), year),
    )


async def _holders(session: AsyncSession, enterprise_ids: Sequence[UUID], day: date) -> dict[UUID, Holder]:
    stay = known_tenancy.c
    latest = (
        select(stay.enterprise_id, stay.centre_id)
        .ext(distinct_on(stay.enterprise_id))
        .where(stay.enterprise_id.in_(enterprise_ids), stay.admitted_on <= day)
        .where(or_(stay.ended_on.is_(None), stay.ended_on >= day))
        .order_by(stay.enterprise_id, stay.admitted_on.desc(), stay.id.desc())
    )
    centre_of = {row.enterprise_id: row.centre_id for row in await session.execute(latest)}
    centres = select(known_centre).where(known_centre.c.id.in_(set(centre_of.values())))
    places: dict[UUID, Place] = {row.id: place_of(row) for row in await session.execute(centres)}
    known = known_enterprise.c
    found = await session.execute(
        select(known.id, known.registered_on, known.size_class).where(known.id.in_(enterprise_ids))
    )
    return {
        row.id: Holder(
            row.registered_on, centre_of.get(row.id), places.get(centre_of.get(row.id, row.id)), row.size_class
        )
        for row in found
    }


async def _committed(
    session: AsyncSession, programmes: Sequence[Programme], enterprise_ids: Sequence[UUID]
) -> dict[tuple[str, str, str], Decimal]:
    rows = ceiling.c
    divisions = {programme.issuer_division for programme in programmes}
    wanted = or_(
        and_(rows.kind == BUDGET, rows.subject.in_([str(programme.id) for programme in programmes])),
        and_(rows.kind == CITY_QUOTA, rows.subject.in_([str(found) for found in enterprise_ids])),
        and_(
            rows.kind == QUOTA,
            rows.subject.in_([quota_subject(division, found) for division in divisions for found in enterprise_ids]),
        ),
    )
    return {
        (row.kind, row.subject, row.period): row.committed
        for row in await session.execute(select(ceiling).where(wanted))
    }


async def _issuers(session: AsyncSession, enterprise_ids: Sequence[UUID]) -> dict[tuple[UUID, int], list[str]]:
    found: defaultdict[tuple[UUID, int], list[str]] = defaultdict(list)
    table = enclave_issue.c
    query = select(enclave_issue).where(table.enterprise_id.in_(enterprise_ids)).order_by(table.issuer_division)
    for row in await session.execute(query):
        found[row.enterprise_id, row.year].append(row.issuer_division)
    return found
