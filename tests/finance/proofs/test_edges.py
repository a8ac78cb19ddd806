"""A hundred decisions at once over two processes, at the edge of a cap: it is met to the fen and never passed."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from decimal import Decimal

import pytest
from httpx import Response, TransportError
from sqlalchemy import text

from shared.db import Database
from shared.ids import uuid7
from tests.finance.financing_rewards.world import Bureau, firm as rewarded_firm
from tests.finance.loans.lending import Counter as Lending, firm, know_banks
from tests.finance.patience import a_few_at_once, patiently
from tests.finance.proofs.ledger import broken
from tests.finance.support import Desk, Json, list_centre
from tests.support.service_process import ServiceProcess
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

MANY = 100


async def _scalar(db: Database, query: str, **params: object) -> Decimal:
    async with db.transaction() as session:
        return Decimal(await session.scalar(text(query), params) or 0)


async def test_a_hundred_rewards_of_one_enterprise_meet_its_cap_exactly(desks: list[Desk], db: Database) -> None:
    """100 × 900 yuan against 50,000 over its life: 55 fit and leave 500 that one of 500 takes."""
    bureaus, who = [Bureau(desk) for desk in desks], await rewarded_firm(db)
    before = await _scalar(db, BUDGET)
    rewards = await _copied(db, await bureaus[0].announced(who, "900.00"), MANY)
    filler = await bureaus[0].announced(who, "500.00")

    async def approve(number: int, reward: Json, amount: str) -> Response:
        return await patiently(lambda: bureaus[number % 2].approve(reward, amount))

    answers = await asyncio.gather(*(approve(number, reward, "900.00") for number, reward in enumerate(rewards)))
    assert Counter(answer.status_code for answer in answers) == {200: 55, 409: 45}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"reward-ceiling-exceeded"}
    assert (await approve(1, filler, "500.00")).status_code == 200
    cap = await _scalar(
        db, "SELECT committed FROM ceiling WHERE kind = 'rewards.enterprise_life' AND subject = :code", code=who.code
    )
    cases = await _scalar(db, "SELECT sum(approved) FROM financing_reward WHERE enterprise_code = :code", code=who.code)
    booked = await _scalar(
        db, "SELECT sum(amount) FROM posting WHERE account = 'reward.committed' AND subject = :code", code=who.code
    )
    assert {cap, cases, booked, await _scalar(db, BUDGET) - before} == {Decimal("50000.00")}


async def _copied(db: Database, reward: Json, many: int) -> list[Json]:
    """The announced reward, and as many others like it: what differs is the investment."""
    ids = [reward["id"], *(str(uuid7()) for _ in range(many - 1))]
    async with db.transaction() as session:
        for table, name, own in (
            (
                "financing_reward",
                "id",
                "'id', copy, 'no', row.no || '-' || n, 'bank_slip_no', row.bank_slip_no || '-' || n",
            ),
            ("public_notice", "subject_id", "'id', gen_random_uuid(), 'subject_id', copy"),
        ):
            copies = (
                f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(row)"
                f" || jsonb_build_object({own}))).* FROM {table} AS row,"
                f" unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS made (copy, n) WHERE row.{name} = CAST(:id AS uuid)"
            )
            await session.execute(text(copies), {"ids": ids[1:], "id": ids[0]})
    return [{"id": one} for one in ids]


BUDGET = (
    "SELECT committed FROM ceiling WHERE kind = 'appropriations.programme_year' AND subject = 'financing_reward'"
    " AND period = '2019'"
)


async def test_a_hundred_loans_of_one_borrower_meet_its_cap_exactly(desks: list[Desk], db: Database) -> None:
    """100 × 37,500 yuan against 2,000,000: 53 fit and leave 12,500 that one of 12,500 takes."""
    await know_banks(db)
    counters, who = [Lending(desk) for desk in desks], await firm(db)
    loans = await a_few_at_once(counters[number % 2].guaranteed(who, "37500.00") for number in range(MANY))
    filler = await counters[0].guaranteed(who, "12500.00")

    async def accept(number: int, loan: Json) -> Response:
        counter, seen = counters[number % 2], {"refusal_seen": True}
        return await patiently(
            lambda: counter.step("guarantor", loan, "guarantor-accept", seen, key=f"edge-{loan['id']}")
        )

    answers = await asyncio.gather(*(accept(number, loan) for number, loan in enumerate(loans)))
    assert Counter(answer.status_code for answer in answers) == {200: 53, 409: 47}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"loan-cap-exceeded"}
    assert (await accept(1, filler)).status_code == 200
    cap = await _scalar(
        db, "SELECT committed FROM ceiling WHERE kind = 'loans.guaranteed' AND subject = :code", code=who.code
    )
    cases = await _scalar(db, "SELECT sum(committed) FROM loan WHERE borrower = :code", code=who.code)
    booked = await _scalar(
        db, "SELECT sum(amount) FROM posting WHERE account = 'loans.committed' AND subject = :code", code=who.code
    )
    assert {cap, cases, booked} == {Decimal("2000000.00")}


async def test_payments_whose_process_is_killed_under_them_are_made_once(
    processes: list[ServiceProcess], desks: list[Desk], db: Database
) -> None:
    """SIGKILL while payments are under way; whoever got no answer sends the same key again."""
    centre = await list_centre(db)
    grants = await a_few_at_once(desks[number % 2].countersigned(centre, "1000.00") for number in range(24))
    answered: list[int] = []

    async def pay(grant: Json) -> None:
        path = f"/v1/grants/{grant['id']}/disburse"
        with suppress(TransportError):
            answer = await desks[0].post("treasury_approver", path, key=f"kill-{grant['id']}")
            answered.append(answer.status_code)

    async def kill() -> None:
        await eventually(lambda: len(answered) >= 3, every=0.001)
        processes[0].kill9()

    await asyncio.gather(*(pay(grant) for grant in grants), kill())
    first = len(answered)
    assert first < len(grants), "all were answered before it died"
    processes[0].start(60)
    answered.clear()
    for grant in grants:
        while len(answered) <= grants.index(grant):
            await pay(grant)
    assert Counter(answered) == {200: len(grants)}
    paid = "SELECT sum(amount) FROM posting WHERE account = 'grants.advance' AND subject = :centre"
    assert await _scalar(db, paid, centre=str(centre)) == 1000 * len(grants)
    assert await broken(db) == {}
