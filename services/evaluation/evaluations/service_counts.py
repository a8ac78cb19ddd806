"""Counting confirmed services for the indicators, enterprise by enterprise: one statement for any number of centres."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Text, and_, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.evaluations.tenancy_counts import NAMED_AT_MOST
from services.evaluation.projections import known_service_record, known_tenancy

_record, _stay = known_service_record.c, known_tenancy.c


@dataclass(frozen=True, slots=True)
class ServicesBehind:
    """How many enterprises confirmed so many services, and the records: `<record>:<version>`, with the SHA-256 of all
    of them in order, comma between."""

    by_number: Mapping[int, int] = field(default_factory=dict)
    records: tuple[str, ...] = ()
    total: int = 0
    digest: str = sha256(b"").hexdigest()

    def lineage(self) -> dict[str, JsonValue]:
        """As a score sheet keeps them; nothing where the registry has no record."""
        if not self.total:
            return {}
        return {
            "service_records": list(self.records),
            "service_records_total": self.total,
            "service_records_sha256": self.digest,
        }


NO_SERVICES: Final = ServicesBehind()


async def service_counts(session: AsyncSession, year: int, centres: Sequence[UUID]) -> dict[UUID, ServicesBehind]:
    """2.3-2: services of the year that their enterprises confirmed, by centre. Records of two enterprises that were
    merged are one's: the stay tells under which record the enterprise goes on."""
    counted = (
        select(
            _record.centre_id,
            func.coalesce(_stay.enterprise_id, _record.enterprise_id).label("enterprise_id"),
            (cast(_record.id, Text) + ":" + cast(_record.version, Text)).label("name"),
        )
        .outerjoin(known_tenancy, _stay.id == _record.tenancy_id)
        .where(
            _record.centre_id.in_(centres),
            _record.provided_on.between(date(year, 1, 1), date(year, 12, 31)),
            _record.status == "confirmed",
        )
        .cte("counted")
    )
    one = counted.c
    each = (
        select(one.centre_id, func.count().label("number"))
        .group_by(one.centre_id, one.enterprise_id)
        .subquery("each")
        .c
    )
    numbers = select(each.centre_id, func.array_agg(each.number).label("numbers")).group_by(each.centre_id).subquery()
    everything = func.string_agg(one.name, aggregate_order_by(literal_column("','"), one.name))
    named = (
        select(
            one.centre_id,
            func.array_agg(aggregate_order_by(one.name, one.name))[1:NAMED_AT_MOST].label("records"),
            func.count().label("total"),
            func.encode(func.sha256(func.convert_to(everything, "UTF8")), "hex").label("digest"),
        )
        .group_by(one.centre_id)
        .subquery()
    )
    query = select(named, numbers.c.numbers).join(numbers, and_(numbers.c.centre_id == named.c.centre_id))
    return {
        row.centre_id: ServicesBehind(dict(Counter(row.numbers)), tuple(row.records), row.total, row.digest)
        for row in await session.execute(query)
    }
