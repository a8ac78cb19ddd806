"""A bank reports a loan's money over HTTP: each report counts once, whatever comes first (3.2-3 to 3.2-5)."""

from __future__ import annotations

import asyncio
import random
from datetime import date
from decimal import Decimal

import pytest

from services.finance.loans.states import EQUAL_PRINCIPAL, GUARANTEED
from shared.db import Database
from tests.finance.serving import Counter, Signed, balances, done, events_of, held, payment, refused, signed
from tests.finance.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = date(2019, 3, 15)


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk)


def drawdown(amount: str, on: date, reference: str) -> dict[str, str]:
    return {"amount": amount, "drawn_on": on.isoformat(), "bank_reference": reference}


async def test_a_loan_is_paid_out_in_tranches_and_never_above_the_contract(counter: Counter, db: Database) -> None:
    loan = await signed(db, "100000.00")
    first = await counter.drawn(loan, "60000.00", DAY)
    assert (first["line"], first["amount"], first["drawn_on"]) == (1, "60000.00", "2019-03-15")
    above = await counter.banker(f"{loan.path}/drawdowns", drawdown("40000.01", DAY, "FK-above"))
    assert refused(above) == (409, "loan-drawdown-above-contract")
    assert "40000.00" in above.json()["detail"]
    await counter.drawn(loan, "40000.00", date(2019, 4, 14))
    standing = await counter.standing(loan)
    assert (standing["disbursed"], standing["undrawn"], standing["outstanding"]) == ("100000.00", "0.00", "100000.00")
    assert standing["status"] == "disbursed"
    books = await balances(db, programme="loans", subject=loan.borrower)
    assert (books["loans.outstanding"], books["loans.banks"]) == (Decimal("100000.00"), Decimal("-100000.00"))


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2019, 3, 14), "loan-drawdown-day-outside"),
        (date(2020, 3, 15), "loan-drawdown-day-outside"),
        (date(2020, 10, 1), "effective-date-in-future"),
    ],
    ids=["before_contract", "at_maturity", "tomorrow"],
)
async def test_money_is_paid_out_within_the_contract(counter: Counter, db: Database, day: date, code: str) -> None:
    loan = await signed(db)
    answer = await counter.banker(f"{loan.path}/drawdowns", drawdown("1.00", day, f"FK-{day}"))
    assert answer.json()["code"] == code


async def test_a_report_sent_ten_times_counts_once(counter: Counter, db: Database) -> None:
    loan = await signed(db)
    body = drawdown("60000.00", DAY, "FK-ten")
    lines = [done(await counter.banker(f"{loan.path}/drawdowns", body), 201) for _ in range(10)]
    assert {line["id"] for line in lines} == {lines[0]["id"]}
    money = payment("1000.00", "217.50", on=date(2019, 6, 17), reference="HK-ten")
    sent = [counter.banker(f"{loan.path}/payments", money) for _ in range(10)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    standing = await counter.standing(loan)
    assert (standing["disbursed"], standing["outstanding"]) == ("60000.00", "59000.00")
    assert [name for name, _ in await events_of(db, loan.id)] == ["loan.drawn", "loan.repaid"]


async def test_a_number_stands_for_one_report_only(counter: Counter, db: Database) -> None:
    loan, other = await signed(db), await signed(db)
    await counter.drawn(loan, "60000.00", DAY, "FK-one")
    changed = drawdown("60000.01", DAY, "FK-one")
    assert refused(await counter.banker(f"{loan.path}/drawdowns", changed)) == (409, "loan-reference-used")
    elsewhere = drawdown("60000.00", DAY, "FK-one")
    assert refused(await counter.banker(f"{other.path}/drawdowns", elsewhere)) == (409, "loan-reference-used")
    foreign = await signed(db, bank="PSBC")
    answer = await counter.banker(f"{foreign.path}/drawdowns", elsewhere, bank="PSBC")
    assert answer.status_code == 201, "another bank numbers its own reports"


async def test_reports_in_any_order_end_in_the_same_books(counter: Counter, db: Database) -> None:
    reports = [
        ("drawdowns", drawdown("50000.00", DAY, "{}-1")),
        ("drawdowns", drawdown("30000.00", date(2019, 5, 6), "{}-2")),
        ("drawdowns", drawdown("20000.00", date(2019, 8, 1), "{}-3")),
        ("payments", payment("0.00", "543.75", on=date(2019, 6, 17), reference="{}-4")),
        ("payments", payment("15000.00", "900.00", on=date(2019, 9, 16), reference="{}-5")),
    ]
    shuffle = random.Random(20200930)
    ends = set()
    for number in range(6):
        loan = await signed(db, kind=EQUAL_PRINCIPAL)
        waiting = [(path, {**body, "bank_reference": body["bank_reference"].format(loan.no)}) for path, body in reports]
        shuffle.shuffle(waiting)
        for _ in range(10):
            left = []
            for path, body in waiting:
                answer = await counter.banker(f"{loan.path}/{path}", body)
                if answer.status_code != 201:
                    assert answer.json()["code"] in ("loan-payment-above-debt", "invalid-transition"), number
                    left.append((path, body))
            waiting = left
        assert waiting == []
        standing = await counter.standing(loan, date(2019, 12, 16))
        schedule = done(await counter.send("bank", "GET", f"{loan.path}/schedule"))
        plan = tuple((row["due_on"], row["principal"], row["interest"]) for row in schedule["instalments"])
        ends.add((standing["outstanding"], str(standing["arrears"]), plan))
    assert len(ends) == 1
    assert next(iter(ends))[0] == "85000.00"


async def test_each_payment_frees_the_cap_and_the_last_one_closes_the_loan(counter: Counter, db: Database) -> None:
    loan = await signed(db, "100000.00")
    await counter.drawn(loan, "100000.00", DAY)
    assert await held(db, "loans.small_micro", loan.borrower) == Decimal("100000.00")
    await counter.paid(loan, "40000.00", "1087.50", on=date(2019, 6, 17))
    assert await held(db, "loans.small_micro", loan.borrower) == Decimal("60000.00")
    above = payment("60000.01", on=date(2019, 6, 18))
    assert refused(await counter.banker(f"{loan.path}/payments", above)) == (409, "loan-payment-above-debt")
    await counter.paid(loan, "60000.00", "2175.00", on=date(2020, 3, 16), penalty="3.21")
    standing = await counter.standing(loan)
    assert (standing["status"], standing["closed_on"], standing["penalty"]) == ("closed", "2020-03-16", "3.21")
    assert await held(db, "loans.small_micro", loan.borrower) == Decimal(0)
    assert await balances(db, programme="loans", subject=loan.borrower) == {}
    late = payment("1.00", on=date(2020, 3, 17))
    assert refused(await counter.banker(f"{loan.path}/payments", late)) == (409, "invalid-transition")


async def test_a_loan_that_was_not_drawn_whole_is_closed_by_the_bank(counter: Counter, db: Database) -> None:
    loan = await signed(db, "100000.00")
    await counter.drawn(loan, "30000.00", DAY)
    assert refused(await counter.banker(f"{loan.path}/close")) == (409, "loan-still-owed")
    await counter.paid(loan, "30000.00", on=date(2019, 6, 17))
    assert (await counter.standing(loan))["status"] == "repaying"
    assert await held(db, "loans.small_micro", loan.borrower) == Decimal("70000.00")
    closed = done(await counter.banker(f"{loan.path}/close"))
    assert (closed["status"], closed["undrawn"]) == ("closed", "0.00")
    assert await held(db, "loans.small_micro", loan.borrower) == Decimal(0)


async def test_a_payment_that_bounced_is_owed_again(counter: Counter, db: Database) -> None:
    loan = await signed(db)
    await counter.drawn(loan, "100000.00", DAY)
    line = await counter.paid(loan, "40000.00", "1087.50", on=date(2019, 6, 17))
    path = f"{loan.path}/payments/{line['id']}/reverse"
    body = {"bank_reference": "CZ-1", "reversed_on": "2019-06-20", "reason_code": "bounced"}
    early = {**body, "reversed_on": "2019-06-16"}
    assert refused(await counter.banker(path, early)) == (409, "step-before-earlier-step")
    reversal = done(await counter.banker(path, body), 201)
    assert (reversal["kind"], reversal["reverses_id"], reversal["principal"]) == ("reversal", line["id"], "40000.00")
    assert done(await counter.banker(path, body), 201)["id"] == reversal["id"], "the same report again"
    second = {**body, "bank_reference": "CZ-2"}
    assert refused(await counter.banker(path, second)) == (409, "loan-payment-reversed")
    standing = await counter.standing(loan, date(2019, 6, 21))
    assert (standing["outstanding"], standing["repaid_interest"]) == ("100000.00", "0.00")
    assert standing["arrears"]["days"] == 4
    assert await held(db, "loans.small_micro", loan.borrower) == Decimal("100000.00")
    entries = done(await counter.send("treasury_officer", "GET", "/v1/journal-entries", case_no=loan.no))["items"]
    assert [entry["kind"] for entry in entries if entry["kind"].startswith("loan_repa")] == [
        "loan_repaid",
        "loan_repayment_reversed",
    ]
    assert entries[-2]["reverses_id"] == line["journal_entry_id"] or entries[-1]["reverses_id"]


@pytest.mark.parametrize(
    ("on", "days", "name"),
    [
        (date(2019, 6, 17), 0, "current"),
        (date(2019, 6, 18), 1, "days_1_30"),
        (date(2019, 7, 17), 30, "days_1_30"),
        (date(2019, 7, 18), 31, "days_31_90"),
        (date(2019, 9, 15), 90, "days_31_90"),
        (date(2019, 9, 16), 91, "days_over_90"),
    ],
    ids=["0", "1", "30", "31", "90", "91"],
)
async def test_arrears_have_their_class_from_the_day_after_the_due_day(
    counter: Counter, db: Database, on: date, days: int, name: str
) -> None:
    """The 15th is a Saturday: due on Monday the 17th."""
    loan = await signed(db)
    await counter.drawn(loan, "100000.00", DAY)
    arrears = (await counter.standing(loan, on))["arrears"]
    assert (arrears["days"], arrears["arrears_class"]) == (days, name)
    assert arrears["since"] == ("2019-06-17" if days else None)


async def test_who_is_behind_is_listed_by_class_the_longest_first(counter: Counter, db: Database) -> None:
    old = await signed(db)
    await counter.drawn(old, "100000.00", DAY)
    young = await signed(db, maturity_on=date(2021, 3, 15), contracted_on=date(2020, 6, 15))
    await counter.drawn(young, "100000.00", date(2020, 6, 15))
    listed = done(await counter.send("bank", "GET", "/v1/loans/arrears", limit=200))["items"]
    mine = [row["loan_id"] for row in listed if row["loan_id"] in (str(old.id), str(young.id))]
    assert mine == [str(old.id), str(young.id)]
    recent = done(await counter.send("bank", "GET", "/v1/loans/arrears", arrears_class="days_1_30", limit=200))
    assert [row["loan_id"] for row in recent["items"] if row["loan_id"] in mine] == [str(young.id)]
    tasks = done(await counter.send("bank", "GET", "/v1/tasks", kind="loan_overdue", limit=200))["items"]
    assert str(old.id) in {task["subject_id"] for task in tasks}
    mine_too = done(await counter.send("enterprise", "GET", "/v1/tasks", org=young.borrower))["items"]
    assert [task["kind"] for task in mine_too] == ["loan_instalment_overdue"]


async def test_more_time_is_given_once_before_the_maturity_and_not_in_arrears(counter: Counter, db: Database) -> None:
    loan = await signed(db)
    await counter.drawn(loan, "100000.00", DAY)
    path = f"{loan.path}/extensions"
    body = {"agreed_on": "2019-12-20", "matures_on": "2020-09-15", "bank_reference": "ZQ-1", "reason": "受疫情影响"}
    assert refused(await counter.banker(path, body)) == (409, "loan-in-arrears")
    for day in (date(2019, 6, 17), date(2019, 9, 16), date(2019, 12, 16)):
        await counter.paid(loan, "0.00", "1087.50", on=day)
    late = {**body, "agreed_on": "2020-03-16"}
    assert refused(await counter.banker(path, late))[1] in ("loan-in-arrears", "loan-extension-after-maturity")
    long = {**body, "matures_on": "2021-03-16"}
    assert refused(await counter.banker(path, long)) == (409, "loan-extension-too-long")
    extended = done(await counter.banker(path, body), 201)
    assert (extended["matured_on"], extended["matures_on"]) == ("2020-03-15", "2020-09-15")
    assert done(await counter.banker(path, body), 201)["id"] == extended["id"]
    standing = await counter.standing(loan, date(2020, 3, 1))
    assert (standing["maturity_on"], standing["arrears"]["days"]) == ("2020-09-15", 0)
    schedule = done(await counter.send("bank", "GET", f"{loan.path}/schedule"))
    assert (schedule["basis"], schedule["instalments"][-1]["due_on"]) == ("extension", "2020-09-15")
    again = {**body, "agreed_on": "2020-03-10", "matures_on": "2020-12-15", "bank_reference": "ZQ-2"}
    assert refused(await counter.banker(path, again)) == (409, "loan-extended-before")


async def test_a_banks_own_plan_adds_up_and_a_restructured_loan_starts_anew(counter: Counter, db: Database) -> None:
    loan = await signed(db)
    await counter.drawn(loan, "100000.00", DAY)
    path = f"{loan.path}/schedule"
    rows = [{"nominal_on": "2019-09-15", "principal": "50000.00", "interest": "2175.00"}]
    own = {"changed_on": "2019-04-01", "reason": "按季还本", "instalments": rows}
    assert refused(await counter.banker(path, own)) == (409, "loan-schedule-does-not-add-up")
    rows.append({"nominal_on": "2020-03-15", "principal": "50000.00", "interest": "1087.50"})
    plan = done(await counter.banker(path, own), 201)
    assert [row["due_on"] for row in plan["instalments"]] == ["2019-09-16", "2020-03-16"]
    assert (plan["basis"], plan["revision"]) == ("bank_plan", 2)
    behind = await counter.standing(loan, date(2019, 12, 1))
    assert (behind["arrears"]["days"], behind["arrears"]["principal"]) == (76, "50000.00")
    terms = {"changed_on": "2019-12-02", "reason": "重组", "matures_on": "2020-12-02", "method": "equal_principal"}
    anew = done(await counter.banker(path, terms), 201)
    assert sum(Decimal(row["principal"]) for row in anew["instalments"]) == Decimal("100000.00")
    assert (await counter.standing(loan, date(2019, 12, 3)))["arrears"]["days"] == 0
    first = done(await counter.send("bank", "GET", path, revision=1))
    assert first["basis"] == "drawdown"


async def test_an_early_payment_lowers_what_follows(counter: Counter, db: Database) -> None:
    loan = await signed(db)
    await counter.drawn(loan, "100000.00", DAY)
    await counter.paid(loan, "40000.00", on=date(2019, 4, 14), early=True)
    schedule = done(await counter.send("bank", "GET", f"{loan.path}/schedule"))
    assert [(row["principal"], row["interest"]) for row in schedule["instalments"]][:2] == [
        ("40000.00", "0.00"),
        ("0.00", "797.50"),
    ]
    assert (await counter.standing(loan, date(2019, 6, 17)))["arrears"]["days"] == 0


async def test_a_guaranteed_loan_waits_for_its_guarantee(counter: Counter, db: Database) -> None:
    loan = await signed(db, product=GUARANTEED)
    body = drawdown("1000.00", DAY, "FK-guaranteed")
    answer = await counter.banker(f"{loan.path}/drawdowns", body)
    assert refused(answer) == (409, "loan-guarantee-not-in-force")
    assert answer.json()["clauses"] == ["3.2-3"]
    await counter.guaranteed(loan)
    assert (await counter.banker(f"{loan.path}/drawdowns", body)).status_code == 201


async def test_test_credentials_move_no_money_and_see_no_live_loan(counter: Counter, db: Database) -> None:
    live, trial = await signed(db), await signed(db, livemode=False)
    body = drawdown("1000.00", DAY, "FK-mode")
    assert (await counter.banker(f"{live.path}/drawdowns", body, livemode=False)).status_code == 404
    assert (await counter.banker(f"{trial.path}/drawdowns", body)).status_code == 404
    line = done(await counter.banker(f"{trial.path}/drawdowns", body, livemode=False), 201)
    assert line["journal_entry_id"] is None
    done(await counter.banker(f"{live.path}/drawdowns", body), 201)
    done(await counter.banker(f"{trial.path}/payments", payment("1000.00", on=DAY), livemode=False), 201)
    assert await balances(db, programme="loans", subject=trial.borrower) == {}
    listed = done(await counter.send("bank", "GET", "/v1/loans/arrears", livemode=False))["items"]
    assert listed == []


async def test_a_bank_reports_on_its_own_loans_only(counter: Counter, db: Database) -> None:
    loan: Signed = await signed(db)
    await counter.drawn(loan, "10000.00", DAY)
    line = await counter.paid(loan, "1.00", on=DAY)
    for path, body in (
        ("drawdowns", drawdown("1.00", DAY, "FK-foreign")),
        ("payments", payment("1.00", on=DAY)),
        (
            f"payments/{line['id']}/reverse",
            {"bank_reference": "x", "reversed_on": DAY.isoformat(), "reason_code": "other"},
        ),
        ("schedule", {"changed_on": DAY.isoformat(), "reason": "x", "matures_on": "2020-12-02"}),
        (
            "extensions",
            {"agreed_on": DAY.isoformat(), "matures_on": "2020-12-02", "bank_reference": "x", "reason": "x"},
        ),
        ("close", None),
    ):
        assert (await counter.banker(f"{loan.path}/{path}", body, bank="PSBC")).status_code == 404, path
    for path in ("servicing", "schedule", "drawdowns", "payments"):
        assert (await counter.send("bank", "GET", f"{loan.path}/{path}", bank="PSBC")).status_code == 404
        assert (await counter.send("enterprise", "GET", f"{loan.path}/{path}", org=loan.borrower)).status_code in (
            200,
            404,
        )
    assert (await counter.send("hr_officer", "GET", f"{loan.path}/servicing")).status_code == 404
