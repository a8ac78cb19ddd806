"""No provider names a person whose data the registry erased, whatever happens at the same moment."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from services.vouchers import consumers
from services.vouchers.persons import require_not_erased
from shared.db import Database
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from tests.vouchers.providers.support import BODY, PATH
from tests.vouchers.registry import received
from tests.vouchers.support import SCIENCE_OFFICER, TODAY, Caller, Town, code_of, fresh_code

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def erased(db: Database, ref: str) -> None:
    person_id = uuid4()
    state = rc.PersonErasedState(id=person_id, ref=ref, erased_on=TODAY)
    async with db.transaction() as session:
        await consumers.copy_erased_persons(session, [received(rc.PersonErased, state, person_id)])


async def test_a_provider_does_not_apply_with_who_was_erased(town: Town) -> None:
    gone, caller = f"p-{uuid4().hex}", Caller(("provider",), org=fresh_code())
    await erased(town.db, gone)
    body = {**BODY, "legal_representative_ref": gone}
    assert code_of(await town.api.post(caller, PATH, body)) == (409, "person-erased")
    await town.api.ok(caller, PATH, BODY)


async def test_an_officer_records_nobody_who_was_erased(town: Town) -> None:
    gone, caller = f"p-{uuid4().hex}", Caller(("provider",), org=fresh_code())
    applied = await town.api.ok(caller, PATH, BODY)
    await erased(town.db, gone)
    path = f"{PATH}/{applied['id']}"
    body = {"legal_representative_ref": gone}
    assert code_of(await town.api.post(SCIENCE_OFFICER, f"{path}/record-representative", body)) == (
        409,
        "person-erased",
    )
    assert code_of(await town.api.post(SCIENCE_OFFICER, f"{path}/review", body)) == (409, "person-erased")
    read = (await town.api.get(SCIENCE_OFFICER, path)).json()
    assert read["status"] == "applied"


async def test_the_erasure_waits_for_a_reference_that_is_being_written(town: Town) -> None:
    ref = f"p-{uuid4().hex}"
    async with town.db.transaction() as session:
        await require_not_erased(session, ref)
        waiting = asyncio.create_task(erased(town.db, ref))
        await asyncio.sleep(0.3)
        assert not waiting.done()
    await waiting
    async with town.db.transaction() as session:
        with pytest.raises(DomainError, match="person-erased"):
            await require_not_erased(session, ref)
