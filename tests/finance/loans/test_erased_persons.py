"""Nothing new refers to a person whose data the registry erased, whatever happens at the same moment."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select

from services.finance.loans.facts import require_not_erased
from services.finance.projections import known_person
from shared.db import Database
from shared.errors import DomainError
from shared.events.contracts import registry as rg
from tests.finance.loans.lending import (
    DAY,
    PATH,
    Counter,
    application,
    done,
    firm,
    person,
    refused,
    stands_behind,
)
from tests.finance.support import deliver, received

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def erased(db: Database, ref: str) -> None:
    async with db.transaction() as session:
        person_id: UUID | None = await session.scalar(select(known_person.c.id).where(known_person.c.ref == ref))
    assert person_id is not None
    state = rg.PersonErasedState(id=person_id, ref=ref, erased_on=DAY)
    await deliver(db, rg.PersonErased, received(rg.PersonErased, state, person_id, 9, DAY))


async def test_no_loan_is_drafted_for_who_was_erased(counter: Counter, db: Database) -> None:
    ref = await person(db)
    borrower = await firm(db, legal_representative=ref)
    await erased(db, ref)
    body = application("graduate", "100000.00", person_ref=ref)
    found = refused(await counter.enterprise(borrower.code, PATH, body), 409, "person-erased")
    assert ref in found["detail"]


async def test_no_partner_is_taken_who_was_erased(counter: Counter, db: Database) -> None:
    first, second = await person(db), await person(db)
    borrower = await firm(db, legal_representative=first)
    await erased(db, second)
    body = application("graduate_joint", "100000.00", person_ref=first, partners=[first, second])
    found = refused(await counter.enterprise(borrower.code, PATH, body), 409, "person-erased")
    assert second in found["detail"]
    assert first not in found["detail"]


async def test_a_draft_of_who_was_erased_since_is_not_applied_for(counter: Counter, db: Database) -> None:
    ref = await person(db)
    borrower = await firm(db)
    await stands_behind(db, ref, enterprise_id=borrower.id)
    body = application("graduate", "100000.00", enterprise_code=borrower.code)
    loan = done(await counter.founder(ref, PATH, body), 201)
    await erased(db, ref)
    answer = await counter.founder(ref, f"{PATH}/{loan['id']}/submit", {})
    assert answer.status_code == 409
    assert answer.json()["code"] in ("person-erased", "loan-graduate-not-confirmed")


async def test_the_erasure_waits_for_a_reference_that_is_being_written(db: Database) -> None:
    ref = await person(db)
    async with db.transaction() as session:
        await require_not_erased(session, [ref])
        waiting = asyncio.create_task(erased(db, ref))
        await asyncio.sleep(0.3)
        assert not waiting.done()
    await waiting
    async with db.transaction() as session:
        with pytest.raises(DomainError, match="person-erased"):
            await require_not_erased(session, [ref])
