"""The standing of a file's centres: read when a row first names one, held only at the file's end.

Whoever relies on a centre's standing holds its operator's lock and its row, and a delisting waits for them. A file that
did so from its first row on would keep a delisting waiting to its last one. So a centre is read without a lock, and at
the end all of them are locked and read again: where one is not what it was, the file begins again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from services.registry.centres.models import Centre
from services.registry.centres.queries import write_scope
from services.registry.imports.rows import Overtaken
from services.registry.measures.models import CentreMeasure
from shared.auth.principal import Principal
from shared.errors import DomainError

_HOLD_ALL = text(
    "SELECT pg_advisory_xact_lock_shared(hashtextextended(code, 4754)) FROM unnest(:codes) AS code ORDER BY code"
).bindparams(bindparam("codes", type_=ARRAY(Text)))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a row is judged by. `measures` are the suspensions and resumptions with their days, in their order."""

    id: UUID
    operator_code: str
    status: str
    listed_on: date | None
    measures: tuple[tuple[date, str], ...]

    def suspended_on(self, day: date) -> bool:
        """Whether the centre was suspended on the day; the day it was resumed on is one of work again."""
        kinds = [kind for decided_on, kind in self.measures if decided_on <= day]
        return bool(kinds) and kinds[-1] == "suspension"


class Standings:
    """The centres that a file has named so far."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal
        self._known: dict[str, Standing | None] = {}

    async def read(self, numbers: Iterable[str]) -> None:
        """Those of the numbers that nobody asked for before."""
        wanted = {no for no in numbers if no not in self._known}
        if wanted:
            found = await self._load(wanted)
            self._known.update((no, found.get(no)) for no in wanted)

    def of(self, no: str) -> Standing:
        """Raises 404 `import-centre-unknown` for a number that is none of a centre the caller handles."""
        known = self._known.get(no)
        if known is None:
            raise DomainError("import-centre-unknown", 404, params={"no": no})
        return known

    @property
    def known(self) -> list[Standing]:
        """The centres that there are."""
        return [found for found in self._known.values() if found is not None]

    async def hold(self) -> None:
        """Lock them all until the transaction ends, operators first, each in one order. Raises Overtaken where one is
        not what it was."""
        named = {no: known for no, known in self._known.items() if known is not None}
        if not named:
            return
        await hold_operators(self._session, [known.operator_code for known in named.values()])
        query = select(Centre.id).where(Centre.id.in_([known.id for known in named.values()]))
        await self._session.execute(query.order_by(Centre.id).with_for_update(read=True))
        if await self._load(set(named)) != named:
            raise Overtaken

    async def _load(self, numbers: set[str]) -> dict[str, Standing]:
        query = select(Centre.no, Centre.id, Centre.operator_code, Centre.status, Centre.listed_on)
        centres = (await self._session.execute(query.where(Centre.no.in_(numbers), write_scope(self._principal)))).all()
        measures = await self._measures([centre.id for centre in centres])
        return {
            centre.no: Standing(
                centre.id, centre.operator_code, centre.status, centre.listed_on, tuple(measures.get(centre.id, ()))
            )
            for centre in centres
        }

    async def _measures(self, centre_ids: Sequence[UUID]) -> dict[UUID, list[tuple[date, str]]]:
        found: dict[UUID, list[tuple[date, str]]] = {}
        query = select(CentreMeasure.centre_id, CentreMeasure.decided_on, CentreMeasure.kind).where(
            CentreMeasure.centre_id.in_(centre_ids),
            CentreMeasure.status == "carried_out",
            CentreMeasure.kind.in_(("suspension", "resumption")),
        )
        for row in await self._session.execute(query.order_by(CentreMeasure.decided_on, CentreMeasure.id)):
            if row.decided_on is not None:
                found.setdefault(row.centre_id, []).append((row.decided_on, row.kind))
        return found


async def hold_operators(session: AsyncSession, codes: Iterable[str]) -> None:
    """`hold_operator` for many, in one order."""
    await session.execute(_HOLD_ALL, {"codes": sorted(set(codes))})
