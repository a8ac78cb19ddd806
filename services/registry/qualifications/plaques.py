"""Plaques: the numbers of those that the city issued before they were recorded here, and their return."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.rules import require_state
from services.registry.qualifications import rules
from services.registry.qualifications.cases import lock_title, record
from services.registry.qualifications.models import ONE_PLAQUE, Qualification
from services.registry.steps import CaseStep, step_day
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.validation import PayloadInvalid
from shared.policy.edition import Editions

_OWN: Final = re.compile(r"PL-[0-9]{4}-[0-9]+", re.IGNORECASE)


def require_from_elsewhere(field: str, plaque_no: str) -> None:
    """Numbers like those that a grant gives out are not entered: a grant to come would find its own taken. Raises
    422."""
    if _OWN.fullmatch(plaque_no):
        raise PayloadInvalid.at(field, "plaque_no_given_here")


async def record_plaque(
    session: AsyncSession, editions: Editions, principal: Principal, title_id: UUID, plaque_no: str, step: CaseStep
) -> Qualification:
    """Record the plaque of a title in force that the city granted before plaques were kept here.

    Raises 422, 409 `invalid-transition`, `plaque-not-of-the-city`, `plaque-already-recorded`, `plaque-no-taken`.
    """
    title, _ = await lock_title(session, principal, title_id, step)
    require_state(rules.status_on(title.status, title.expires_on, principal.today), rules.IN_FORCE)
    if not editions.get(title.edition).title_terms.levels[title.level].city_grants.value:
        raise DomainError("plaque-not-of-the-city", 409, params={"no": title.no}, clauses=["2.3-5"])
    if title.plaque_no is not None:
        params = {"no": title.no, "plaque_no": title.plaque_no}
        raise DomainError("plaque-already-recorded", 409, params=params, clauses=["2.3-5"])
    require_from_elsewhere("plaque_no", plaque_no)
    taken = await session.scalar(select(Qualification.no).where(Qualification.plaque_no == plaque_no))
    if taken is not None:
        raise DomainError("plaque-no-taken", 409, params={"plaque_no": plaque_no}, clauses=["2.3-5"])
    day = step_day(principal, step.on, after=title.granted_on)
    title.plaque_no = plaque_no
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == ONE_PLAQUE:
            raise DomainError("plaque-no-taken", 409, params={"plaque_no": plaque_no}, clauses=["2.3-5"]) from error
        raise
    await record(session, rc.QualificationPlaqueRecorded, title, EventContext.of(principal, day))
    return title


async def return_plaque(session: AsyncSession, principal: Principal, title_id: UUID, step: CaseStep) -> Qualification:
    """Record that the plaque of an ended title came back. Raises 409 `invalid-transition`, `plaque-not-out`."""
    title, _ = await lock_title(session, principal, title_id, step)
    require_state(title.status, rules.ENDED)
    if title.plaque_no is None or title.plaque_returned_on is not None:
        raise DomainError("plaque-not-out", 409, params={"no": title.no}, clauses=["2.3-5"])
    day = step_day(principal, step.on, after=title.revoked_on or title.expires_on)
    title.plaque_returned_on, title.plaque_recorded_by = day, principal.account_id
    await record(session, rc.QualificationPlaqueReturned, title, EventContext.of(principal, day))
    return title
