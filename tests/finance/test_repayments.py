"""What was recovered under a delisting that was reversed goes back once, to whom it came from (2.3-5)."""

from __future__ import annotations

import asyncio
from datetime import date
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.grants.cases import Step
from services.finance.payments.standing import Standing
from services.finance.repayments import usecases
from services.finance.repayments.schemas import RepaymentPayment
from shared.db import Database, constraint_of
from shared.events.contracts import evaluation as ev, registry as rg
from shared.ids import uuid7
from shared.policy.edition import load_editions
from tests.finance.repaying import (
    PATH,
    PAYMENT,
    STEPS,
    advance,
    due,
    grant_now,
    recovered,
    relist,
    repayments,
    reverse,
    take,
)
from tests.finance.support import (
    OPERATOR,
    OTHER_OPERATOR,
    Desk,
    Json,
    Standings,
    as_principal,
    centre_state,
    delist,
    deliver,
    received,
)
from tests.finance.test_delisting import events

AGAIN = """
INSERT INTO journal_entry (id, kind, case_id, case_no, case_version, effective_on, actor, recorded_at, reverses_id)
SELECT gen_random_uuid(), kind, case_id, case_no, 99, effective_on, actor, now(), reverses_id
FROM journal_entry WHERE case_id = :grant AND kind = 'grant_repaid'
"""

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def account(db: Database, grant: Json, name: str) -> str:
    async with db.transaction() as session:
        query = "SELECT coalesce(sum(amount), 0.00) FROM posting WHERE account = :name AND subject = :centre"
        return str(await session.scalar(text(query), {"name": f"grants.{name}", "centre": grant["centre_id"]}))


async def test_each_recovery_goes_back_by_a_case_of_its_own(desk: Desk, db: Database) -> None:
    grant = await recovered(desk, db, "12000.00", "3000.00")
    orders = await reverse(desk, db, grant)
    first, second = await repayments(desk, grant)
    assert [(item["amount"], item["recovered"], item["status"]) for item in (first, second)] == [
        ("12000.00", "12000.00", "due"),
        ("3000.00", "3000.00", "due"),
    ]
    assert (first["payee_code"], first["opened_on"], first["recovered_on"]) == (OPERATOR, "2021-07-01", "2021-04-10")
    assert (first["remedy_id"], first["basis_document_no"]) == (
        str(orders.orders[0].id),
        orders.orders[0].document_no,
    )
    await deliver(db, ev.DelistingRemedyReminded, orders.reminded(orders.orders[0], ("finance",)))
    assert len(await repayments(desk, grant)) == 2
    told = (await events(db, orders.orders[0].id))[-1]["data"]
    assert (told["repayment_grant_ids"], told["repayment_due"]) == ([grant["id"]], "15000.00")


async def test_money_goes_back_by_four_people_and_can_be_spent_again(desk: Desk, db: Database) -> None:
    grant, repayment = await due(desk, db)
    assert await account(db, grant, "treasury") == "-18000.00"
    paid = await advance(desk, repayment, "pay")
    assert (paid["status"], paid["paid_on"], paid["document_no"]) == ("paid", "2021-07-20", PAYMENT["document_no"])
    assert [step["step"] for step in paid["decisions"]] == ["prepared", "approved", "countersigned", "paid"]
    now = await grant_now(desk, grant)
    assert (now["recovered"], now["repaid"], now["recovery_due"], now["balance"]) == (
        "12000.00",
        "12000.00",
        "0.00",
        "30000.00",
    )
    assert (await account(db, grant, "treasury"), await account(db, grant, "advance")) == ("-30000.00", "30000.00")
    entry = (await desk.get("auditor", f"/v1/journal-entries/{paid['journal_entry_id']}")).json()
    assert (entry["kind"], entry["reverses_id"], entry["counterparty"]) == (
        "grant_repaid",
        repayment["recovery_entry_id"],
        OPERATOR,
    )
    assert [line["amount"] for line in entry["postings"]] == ["12000.00", "-12000.00"]
    assert (await desk.spend(grant, "30000.00")).status_code == 201
    told = await events(db, paid["id"])
    assert [event["type"] for event in told] == [
        f"repayment.{step}.v1" for step in ("opened", "prepared", "approved", "countersigned", "paid")
    ]
    assert (told[-1]["data"]["amount"], told[-1]["data"]["payee_code"]) == ("12000.00", OPERATOR)
    assert (await events(db, grant["id"]))[-2]["type"] == "grant.repaid.v1"


async def test_the_operator_that_paid_is_repaid_whoever_runs_the_centre_now(desk: Desk, db: Database) -> None:
    grant = await recovered(desk, db, "12000.00")
    await relist(db, grant, version=11, operator=OTHER_OPERATOR)
    orders_of = await reverse(desk, db, grant, version=10)
    assert orders_of.orders
    (repayment,) = await repayments(desk, grant)
    assert repayment["payee_code"] == OPERATOR
    for org, status in ((OPERATOR, 200), (OTHER_OPERATOR, 200), ("91540100MA6T1XXX00", 404)):
        answer = await desk.get("operator", f"{PATH}/{repayment['id']}", claims={"org": org})
        assert (org, answer.status_code) == (org, status)
        listed = (await desk.get("operator", PATH, claims={"org": org}, grant_id=grant["id"])).json()["items"]
        assert len(listed) == (status == 200)


async def test_nobody_takes_two_steps(desk: Desk, db: Database) -> None:
    _, repayment = await due(desk, db)
    everything = ("finance_officer", "treasury_approver", "science_approver", "treasury_officer")
    claims: Json = {"roles": everything}
    done: list[str] = []
    for verb, person in STEPS:
        for hand in done:
            refused = await take(desk, hand, repayment, verb, claims=claims)
            assert (verb, hand, refused.status_code, refused.json()["code"]) == (verb, hand, 403, "four-eyes-required")
        assert (await take(desk, person, repayment, verb)).status_code == 200
        done.append(person)


async def test_steps_out_of_turn_change_nothing(desk: Desk, db: Database) -> None:
    _, repayment = await due(desk, db)
    before = await events(db, repayment["id"])
    for verb, person in STEPS[1:]:
        answer = await take(desk, person, repayment, verb)
        assert (verb, answer.status_code, answer.json()["code"]) == (verb, 409, "invalid-transition")
    for verb, person in STEPS:
        body = {"decided_on": "2021-06-30"} if verb == "prepare" else None
        early = await take(desk, person, repayment, verb, body)
        if verb == "prepare":
            assert early.json()["code"] == "step-before-earlier-step"
    stale = await take(desk, "finance_officer", repayment, "prepare", headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    assert await events(db, repayment["id"]) == before


async def test_what_is_sent_back_is_prepared_and_signed_anew(desk: Desk, db: Database) -> None:
    _, repayment = await due(desk, db)
    await advance(desk, repayment, "countersign")
    reason = {"reason_code": "payee_to_check"}
    own = await take(desk, "science_approver", repayment, "return", reason)
    assert (own.status_code, own.json()["code"]) == (403, "four-eyes-required")
    back = (await take(desk, "treasury_officer", repayment, "return", reason)).json()
    assert (back["status"], back["reason_code"], back["prepared_by"], back["approved_by"]) == (
        "due",
        "payee_to_check",
        None,
        None,
    )
    assert (await advance(desk, repayment, "pay"))["status"] == "paid"
    assert (await take(desk, "finance_approver", repayment, "return", reason)).json()["code"] == "invalid-transition"


async def test_a_payment_needs_its_key_and_its_document(desk: Desk, db: Database) -> None:
    _, repayment = await due(desk, db)
    await advance(desk, repayment, "countersign")
    keyless = await take(desk, "treasury_officer", repayment, "pay", key=None)
    assert (keyless.status_code, keyless.json()["code"]) == (400, "idempotency-key-required")
    bare = await desk.post("treasury_officer", f"{PATH}/{repayment['id']}/pay", {})
    assert bare.status_code == 422
    ahead = {**PAYMENT, "paid_on": "2021-07-21"}
    answer = await desk.post("treasury_officer", f"{PATH}/{repayment['id']}/pay", ahead)
    assert (answer.status_code, answer.json()["code"]) == (422, "effective-date-in-future")


@pytest.mark.parametrize(
    ("answers", "status", "code"),
    [
        ({"evaluation": 500, "registry": "listed"}, 503, "standing-unknown"),
        ({"evaluation": "good", "registry": 503}, 503, "standing-unknown"),
        ({"evaluation": "delisting_decided", "registry": "listed"}, 409, "centre-not-in-good-standing"),
        ({"evaluation": "good", "registry": "delisted"}, 409, "centre-not-in-good-standing"),
        ({"evaluation": "good", "registry": "withdrawn"}, 409, "centre-not-in-good-standing"),
    ],
)
async def test_unless_the_reversal_is_known_to_hold_nothing_is_paid(
    desk: Desk, db: Database, standings: Standings, answers: dict[str, Any], status: int, code: str
) -> None:
    grant, repayment = await due(desk, db)
    await advance(desk, repayment, "countersign")
    before = await events(db, repayment["id"])
    standings.answers = answers
    answer = await take(desk, "treasury_officer", repayment, "pay", key="pay")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await events(db, repayment["id"]), await account(db, grant, "treasury")) == (before, "-18000.00")
    standings.reset()
    assert (await take(desk, "treasury_officer", repayment, "pay", key="pay")).status_code == 200


async def test_a_repeated_payment_is_answered_again_and_asks_nobody(
    desk: Desk, db: Database, standings: Standings
) -> None:
    grant, repayment = await due(desk, db)
    await advance(desk, repayment, "countersign")
    first = await take(desk, "treasury_officer", repayment, "pay", key="pay")
    standings.answers = {"evaluation": 500, "registry": 500}
    again = await take(desk, "treasury_officer", repayment, "pay", key="pay")
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await take(desk, "treasury_officer", repayment, "pay")).json()["code"] == "invalid-transition"
    assert await account(db, grant, "treasury") == "-30000.00"


async def test_two_payers_at_once_pay_once(desk: Desk, db: Database) -> None:
    grant, repayment = await due(desk, db)
    await advance(desk, repayment, "countersign")
    people = ("treasury_officer", "treasury_officer")
    other: Json = {"roles": ("treasury_approver",), "account_id": "another-payer"}
    work = [take(desk, person, repayment, "pay") for person in people * 4]
    work += [take(desk, "treasury_officer", repayment, "pay", claims=other) for _ in range(8)]
    answers = await asyncio.gather(*work)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 15
    assert await account(db, grant, "treasury") == "-30000.00"
    assert (await grant_now(desk, grant))["repaid"] == "12000.00"


async def test_a_payment_killed_before_its_commit_left_nothing_and_is_made_again(desk: Desk, db: Database) -> None:
    grant, repayment = await due(desk, db)
    await advance(desk, repayment, "countersign")
    before = await events(db, repayment["id"])
    step = Step(UUID(grant["id"]), as_principal("treasury_officer", desk.today), load_editions(None))

    async def die(session: AsyncSession) -> None:
        standing, sent = Standing("good", "listed"), RepaymentPayment.model_validate(PAYMENT)
        await usecases.pay(session, UUID(repayment["id"]), sent, standing, step=step)
        await session.flush()
        await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DBAPIError):
        await db.run(die)
    assert (await events(db, repayment["id"]), await account(db, grant, "treasury")) == (before, "-18000.00")
    assert (await take(desk, "treasury_officer", repayment, "pay")).status_code == 200


async def test_another_delisting_ends_what_is_not_paid_and_its_reversal_opens_it_anew(
    desk: Desk, db: Database, standings: Standings
) -> None:
    grant, repayment = await due(desk, db)
    await advance(desk, repayment, "countersign")
    again = await delist(db, UUID(grant["centre_id"]), version=20)
    refused = await take(desk, "treasury_officer", repayment, "pay")
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid-transition")
    (ended,) = await repayments(desk, grant)
    assert (ended["status"], ended["reason_code"], ended["cancelled_by_case_id"]) == (
        "cancelled",
        "centre_delisted",
        str(again),
    )
    now = await grant_now(desk, grant)
    assert (now["status"], now["recovery_due"], now["recovered"]) == ("in_recovery", "30000.00", "12000.00")
    assert await account(db, grant, "receivable") == "18000.00"
    await reverse(desk, db, grant | {"case": again}, version=22)
    _, anew = await repayments(desk, grant)
    assert (anew["amount"], anew["delisting_case_id"], anew["recovery_entry_id"]) == (
        "12000.00",
        str(again),
        repayment["recovery_entry_id"],
    )
    assert (await advance(desk, anew, "pay"))["status"] == "paid"
    assert await account(db, grant, "treasury") == "-30000.00"


async def test_a_delisting_in_the_same_moment_comes_before_the_payment_or_recovers_it(desk: Desk, db: Database) -> None:
    grant, repayment = await due(desk, db)
    await advance(desk, repayment, "countersign")
    answer, _ = await asyncio.gather(
        take(desk, "treasury_officer", repayment, "pay"), delist(db, UUID(grant["centre_id"]), version=20)
    )
    now = await grant_now(desk, grant)
    paid = answer.status_code == 200
    assert (now["status"], now["repaid"]) == ("in_recovery", "12000.00" if paid else "0.00")
    assert await account(db, grant, "receivable") == ("30000.00" if paid else "18000.00")


async def test_a_closed_grant_is_open_again_until_the_money_is_accounted_for(desk: Desk, db: Database) -> None:
    grant = await recovered(desk, db, "30000.00", close=True)
    await reverse(desk, db, grant)
    (repayment,) = await repayments(desk, grant)
    await advance(desk, repayment, "pay")
    now = await grant_now(desk, grant)
    assert (now["status"], now["balance"], now["ended_on"]) == ("paid", "30000.00", None)
    early = await desk.post("science_officer", f"/v1/grants/{grant['id']}/close")
    assert early.json()["code"] == "grant-balance-not-zero"
    await desk.step("treasury_officer", grant, "refund", {"amount": "30000.00"}, key=desk.new_key())
    assert (await desk.step("science_officer", grant, "close"))["status"] == "closed"


async def test_a_recovery_that_is_gone_is_not_repaid(desk: Desk, db: Database) -> None:
    grant, repayment = await due(desk, db)
    async with db.transaction() as session:
        query = "UPDATE centre_grant SET delisting_case_id = :other WHERE id = :id"
        await session.execute(text(query), {"other": uuid7(), "id": grant["id"]})
    answer = await take(desk, "finance_officer", repayment, "prepare")
    assert (answer.status_code, answer.json()["code"]) == (409, "repayment-recovery-gone")
    assert answer.json()["clauses"] == ["2.3-5"]


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE centre_grant SET repaid = recovered + 0.01 WHERE id = :grant", "repaid_within_recovered"),
        ("UPDATE repayment SET amount = recovered + 0.01 WHERE id = :id", "amount_within_recovered"),
        (
            AGAIN,
            "uq_journal_entry_reverses_id",
        ),
    ],
    ids=["grant", "case", "journal"],
)
async def test_the_database_itself_refuses_to_repay_more_than_was_recovered(
    desk: Desk, db: Database, statement: str, constraint: str
) -> None:
    grant, repayment = await due(desk, db)
    await advance(desk, repayment, "pay")
    params = {"grant": grant["id"], "id": repayment["id"]}
    wanted = {name: value for name, value in params.items() if f":{name}" in statement}

    async def overpay(session: AsyncSession) -> None:
        await session.execute(text(statement), wanted)

    with pytest.raises(IntegrityError) as refused:
        await db.run(overpay)
    assert str(constraint_of(refused.value)).endswith(constraint)


async def test_the_list_is_a_file_with_headings(desk: Desk, db: Database) -> None:
    grant, repayment = await due(desk, db)
    headers = desk.headers("auditor") | {"Accept": "text/csv", "Accept-Language": "zh-CN"}
    answer = await desk.client.get(PATH, params={"grant_id": grant["id"]}, headers=headers)
    assert answer.status_code == 200
    heading, line = answer.text.lstrip("\ufeff").splitlines()[:2]
    assert {"收款方代码", "依据文号", "追回日期"} <= set(heading.split(","))
    assert repayment["no"] in line


async def test_a_withdrawn_centre_is_not_repaid_on_finances_own_word_either(desk: Desk, db: Database) -> None:
    """Both services still say good: the registry's event came first."""
    grant, repayment = await due(desk, db)
    await advance(desk, repayment, "countersign")
    centre = UUID(grant["centre_id"])
    state = centre_state(centre, status="withdrawn")
    await deliver(db, rg.CentreWithdrawn, received(rg.CentreWithdrawn, state, centre, 30, date(2021, 7, 10)))
    answer = await take(desk, "treasury_officer", repayment, "pay")
    assert (answer.status_code, answer.json()["code"]) == (409, "grant-centre-not-listed")


async def test_an_upgrade_opens_what_was_reversed_before(desk: Desk, db: Database) -> None:
    """Last in the module: all repayments of its database are opened anew."""
    grant = await recovered(desk, db, "12000.00", "3000.00")
    orders = await reverse(desk, db, grant)
    migration = import_module("services.finance.migrations.versions.0006_repayments")
    async with db.transaction() as session:
        for statement in (
            "DELETE FROM repayment",
            "DELETE FROM case_counter WHERE prefix = 'RP'",
            migration._OPEN,
            migration._COUNT,
        ):
            await session.execute(text(statement.replace("::", r"\:\:")))
    found = await repayments(desk, grant)
    assert {item["amount"]: item["status"] for item in found} == {"12000.00": "due", "3000.00": "due"}
    assert {(item["remedy_id"], item["opened_on"], item["payee_code"]) for item in found} == {
        (str(orders.orders[0].id), "2021-07-01", OPERATOR)
    }
    async with db.transaction() as session:
        assert await session.scalar(text("SELECT last FROM case_counter WHERE prefix = 'RP'")) == await session.scalar(
            text("SELECT count(*) FROM repayment")
        )
    assert (await advance(desk, found[0], "pay"))["status"] == "paid"
