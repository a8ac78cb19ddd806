"""Who owes something to finance is not erased; two runs at once erase a person once; contacts outlive their key."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from services.registry.consumers import consumers
from services.registry.persons.models import PersonContact
from services.registry.persons.sealing import seal_anew
from shared import sealing as person_keys
from shared.clock import utcnow
from shared.events.consumer import Received
from shared.events.contracts import finance as fc
from shared.events.contracts.finance.loans import LOAN, LoanState
from shared.kernel_tables import parked_event
from shared.sealing import KeyringFile
from tests.registry.mentors.support import MENTORS, appointed, hr, proposed
from tests.registry.personal_data.test_consents import agreed, erased, oneself, someone
from tests.registry.support import DAY, Json, Registry, expect
from tests.registry.tenants.support import event_types
from tests.support.tokens import Keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

_positions = count(1)


async def without_ground(registry: Registry) -> Json:
    """Somebody who has taken its only consent back."""
    person = await someone(registry)
    consent = await agreed(registry, person)
    path = f"/v1/persons/{person['id']}/consents/{consent['id']}/withdraw"
    expect(await oneself(registry, person).post(path), 200)
    return person


def told(event_type: Any, version: int, loan_id: UUID, **changes: Any) -> Received[Any]:
    """What finance tells of a loan; what the registry does not read is left empty."""
    state: Json = dict.fromkeys(LoanState.model_fields)
    money = dict.fromkeys(("requested", "committed", "disbursed", "outstanding"), Decimal("100000.00"))
    plain = {"no": "LN-2019-0001", "livemode": True, "product": "graduate", "department": "hr", "guarantor": False}
    people = {"person_ref": None, "partner_refs": (), "consented_refs": (), "bank": "ICBC", "tenor_months": 24}
    state |= {"id": loan_id, **money, **plain, **people, **changes}
    return Received(
        id=uuid4(),
        type=event_type.name,
        topic=LOAN.name,
        position=next(_positions),
        subject=loan_id,
        aggregate_version=version,
        effective_on=date(2019, 6, 3),
        time=utcnow(),
        actor="bank",
        correlation_id="test",
        rules=(),
        edition="lhasa-2019",
        simulated=True,
        data=LoanState(**state),
    )


async def deliver(registry: Registry, event: Received[Any]) -> None:
    async with registry.db.transaction() as session:
        for registration in consumers.registrations(event.type):
            await registration.handler(session, [event])


@pytest.mark.parametrize("status", ["submitted", "disbursed", "in_recovery", "a_word_that_nobody_knows"])
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "jointly"])
async def test_borrower_is_kept_until_nothing_is_owed(registry: Registry, status: str, *, alone: bool) -> None:
    person, loan = await without_ground(registry), uuid4()
    ref = person["person_ref"]
    who: Json = {"person_ref": ref} if alone else {"person_ref": "p-other", "partner_refs": ("p-other", ref)}
    await deliver(registry, told(fc.LoanContracted, 3, loan, status=status, **who))
    assert await erased(registry, DAY) == (0, 0)
    await deliver(registry, told(fc.LoanClosed, 4, loan, status="closed", **who))
    await deliver(registry, told(fc.LoanPaymentReversed, 5, loan, status=status, **who))
    assert await erased(registry, DAY) == (0, 0)
    await deliver(registry, told(fc.LoanClosed, 6, loan, status="closed", **who))
    await deliver(registry, told(fc.LoanContracted, 3, loan, status=status, **who))
    assert await erased(registry, DAY) == (0, 1)


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "jointly"])
async def test_a_loan_of_test_mode_keeps_nobody(registry: Registry, *, alone: bool) -> None:
    ref = (await without_ground(registry))["person_ref"]
    who: Json = {"person_ref": ref} if alone else {"person_ref": "p-other", "partner_refs": ("p-other", ref)}
    await deliver(registry, told(fc.LoanContracted, 3, uuid4(), status="disbursed", livemode=False, **who))
    assert await erased(registry, DAY) == (0, 1)


async def test_every_event_of_a_loan_is_taken_in() -> None:
    told_by_finance = [one.name for one in vars(fc).values() if getattr(one, "topic", None) is LOAN]
    assert len(told_by_finance) >= 24
    assert [name for name in told_by_finance if not consumers.registrations(name)] == []


async def test_nobody_is_erased_while_a_loan_is_not_understood(registry: Registry) -> None:
    await without_ground(registry)
    parked = {
        "event_id": uuid4(),
        "topic": LOAN.name,
        "epoch": 1,
        "position": 1,
        "hash": b"x",
        "aggregate_id": uuid4(),
        "attributes": "{}",
        "data": "{}",
        "error": "unreadable",
    }
    async with registry.db.transaction() as session:
        await session.execute(insert(parked_event).values(parked))
    assert await erased(registry, DAY) == (0, 0)
    async with registry.db.transaction() as session:
        await session.execute(parked_event.update().values(applied_at=utcnow()))
    assert await erased(registry, DAY) == (0, 1)


async def test_proposal_that_the_person_never_agreed_to_is_no_ground(registry: Registry) -> None:
    person = await someone(registry)
    consent = await agreed(registry, person)
    named = {"person_ref": person["person_ref"], "name": "洛桑", "id_number": None, "mobile": None, "email": None}
    mentor = await proposed(registry, **named, consent=None)
    back = f"/v1/persons/{person['id']}/consents/{consent['id']}/withdraw"
    expect(await oneself(registry, person).post(back), 200)
    assert await erased(registry, DAY) == (0, 1)
    kept = expect(await hr(registry).get(f"{MENTORS}/{mentor['id']}"), 200)
    assert (kept["status"], kept["reason_code"]) == ("refused", "consent_withdrawn")
    assert (await event_types(registry, mentor["id"]))[-1] == "mentor.refused"


async def test_two_runs_at_once_erase_each_person_once(registry: Registry) -> None:
    people = [await without_ground(registry) for _ in range(4)]
    runs = await asyncio.gather(*(erased(registry, DAY) for _ in range(4)))
    assert sum(persons for _, persons in runs) == len(people)
    for person in people:
        assert (await event_types(registry, person["id"])).count("person.erased") == 1


async def test_contacts_are_sealed_anew_and_found_by_the_same_digest(registry: Registry, keys: Keys) -> None:
    mentor = await appointed(registry)
    path, before = keys.person_keys, keys.person_keys.read_text()
    reveal = f"/v1/persons/{mentor['person_id']}/contacts/reveal"
    why = {"kind": "mobile", "reason_code": "appointment", "document_no": "函1号"}

    async def kept() -> list[tuple[str, bytes]]:
        async with registry.db.transaction() as session:
            query = select(PersonContact.key_id, PersonContact.contact_index).order_by(PersonContact.id)
            return [(row[0], row[1]) for row in await session.execute(query)]

    old = await kept()
    try:
        path.write_text(person_keys.with_new_key(before))
        ring = KeyringFile(path).ring()
        assert await seal_anew(registry.db, ring) == 3  # the number and both contacts
        assert await seal_anew(registry.db, ring) == 0
        path.write_text(person_keys.without_keys(path.read_text(), set()))
        new = await kept()
        assert {key for key, _ in new} == {ring.current}
        assert not {key for key, _ in old} & {key for key, _ in new}
        assert [digest for _, digest in new] == [digest for _, digest in old]
        shown = expect(await registry.caller("hr_officer").post(reveal, why), 200)
        assert shown["contact"] == "+8613812345678"
    finally:
        path.write_text(before)
