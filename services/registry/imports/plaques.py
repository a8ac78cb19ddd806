"""The plaques of titles that are taken over: each number once, on record and within a file."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.imports.at_the_end import sliced
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.plaques import require_from_elsewhere
from shared.http.validation import PayloadInvalid


class Plaques:
    """What is known of the numbers that a file names."""

    def __init__(self) -> None:
        self._taken: dict[str, tuple[UUID, str] | None] = {}

    async def read(self, session: AsyncSession, numbers: Iterable[str]) -> None:
        """Those of them that are on record, with their centre and the title's kind."""
        title = Qualification
        for some in sliced(set(numbers)):
            query = select(title.plaque_no, title.centre_id, title.kind).where(title.plaque_no.in_(some))
            self._taken.update({row.plaque_no: (row.centre_id, row.kind) for row in await session.execute(query)})

    def on_record(self, plaque_no: str, centre_id: UUID, kind: str) -> bool:
        """Whether it is the plaque of that centre's title."""
        return self._taken.get(plaque_no) == (centre_id, kind)

    def take(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Numbers of one row, each with its field. Raises 422 for the first that cannot be; then none is taken."""
        new: dict[str, None] = {}
        for field, plaque_no in wanted:
            require_from_elsewhere(field, plaque_no)
            if plaque_no in self._taken or plaque_no in new:
                raise PayloadInvalid.at(field, "plaque_no_taken")
            new[plaque_no] = None
        self._taken.update(new)
