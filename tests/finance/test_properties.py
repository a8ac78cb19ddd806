"""Whatever is done to grants in whatever order: no ceiling is passed, the journal balances and equals the cases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.grants import usecases as deciding
from services.finance.grants.announced import CLAUSE, KIND
from services.finance.grants.cases import Step
from services.finance.grants.models import Grant
from services.finance.grants.schemas import Approval, GrantApplication, MoneyDecision, Refusal, StepRequest
from services.finance.journal.entries import Movement
from services.finance.notices.usecases import open_notice
from services.finance.payments import usecases as paying
from services.finance.payments.schemas import MoneyBack, Payment
from services.finance.payments.standing import Standing
from services.finance.repayments import usecases as repaying
from services.finance.repayments.models import Repayment
from services.finance.repayments.schemas import RepaymentPayment
from services.finance.spending import usecases as spending_cases
from services.finance.spending.schemas import SpendingIn
from shared.db import Database
from shared.errors import DomainError
from shared.events.contracts.evaluation import DelistingReversed
from shared.policy.edition import load_editions
from tests.finance.appropriating import appropriate
from tests.finance.papers import PAPERS
from tests.finance.repaying import PAYMENT, REVERSED, STEPS as REPAYMENT_STEPS, relist
from tests.finance.support import (
    NOTICED_BEFORE,
    accept_rectification,
    application,
    as_principal,
    delist,
    deliver,
    list_centre,
    publish_result,
    spending,
)
from tests.support.delisting_orders import Orders

T = TypeVar("T")
AMOUNTS = st.sampled_from(["0.01", "50000.00", "99999.99", "120000.00", "200000.00"])
SMALL = st.sampled_from(["0.01", "10000.00", "33333.33"])
NUMBERS = st.integers(0, 3)
VERBS = ("review", "approve", "countersign", "refuse", "disburse", "refund", "recover", "close")
NEXT = {"applied": "review", "reviewed": "approve", "approved": "countersign", "countersigned": "disburse"}
EDITIONS = load_editions(None)
REPAID_ON = date(2021, 7, 20)


async def reviewed_and_announced(session: AsyncSession, step: Step) -> Grant:
    """Reviewed, and its public notice over, which an approval waits for."""
    grant = await deciding.review_grant(session, StepRequest(), step=step)
    edition, day = step.editions.get(grant.edition), step.principal.today - NOTICED_BEFORE
    officer = as_principal("science_officer", day)
    await open_notice(session, officer, edition, KIND, grant.id, clause=CLAUSE, starts_on=day, amount=grant.requested)
    return grant


class Killed(Exception):
    """The process ends here."""


class Money(RuleBasedStateMachine):
    """One centre and a year; each run has a centre of its own in the same database.

    Most rules pick a grant that is in a state for them; `anything` does not, and must be refused.
    """

    runner: ClassVar[asyncio.Runner]
    db: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.centre: UUID
        self.case: UUID | None = None
        self.states: dict[UUID, str] = {}
        self.taken = 0

    def wait(self, work: Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return self.runner.run(run())

    def attempt(self, use_case: Callable[[AsyncSession], Awaitable[T]]) -> T | None:
        """A use case in its transaction; a refusal is an outcome like any other."""
        self.taken += 1
        with suppress(DomainError):
            return self.wait(self.db.run(use_case))
        return None

    def pick(self, number: int, *wanted: str) -> UUID:
        """A grant in one of the states if there is one, else any."""
        fitting = [grant for grant, state in self.states.items() if state in wanted] or list(self.states)
        return fitting[number % len(fitting)]

    def abort(self, use_case: Callable[[AsyncSession], Awaitable[object]]) -> None:
        """A use case whose process dies before the commit: nothing of it may stay."""
        before = self.wait(self._sums())

        async def dies(session: AsyncSession) -> None:
            await use_case(session)
            raise Killed

        with suppress(DomainError, Killed):
            self.wait(self.db.run(dies))
        assert self.wait(self._sums()) == before

    def take(self, verb: str, grant: UUID, amount: str, *, killed: bool = False) -> None:
        """One step; the step's amount where it has one."""
        who = {"approve": "science_approver", "countersign": "industry_approver", "refuse": "industry_approver"}
        person = who.get(verb, "science_officer" if verb in ("review", "close") else "treasury_officer")
        step, money = Step(grant, as_principal(person), EDITIONS), MoneyBack.model_validate({"amount": amount})
        use_cases: dict[str, Callable[[AsyncSession], Awaitable[Grant]]] = {
            "review": lambda s: reviewed_and_announced(s, step),
            "approve": lambda s: deciding.approve_grant(
                s, Approval.model_validate({"amount": amount, **PAPERS}), step=step
            ),
            "countersign": lambda s: deciding.countersign_grant(s, MoneyDecision.model_validate(PAPERS), step=step),
            "refuse": lambda s: deciding.refuse_grant(s, Refusal(reason_code="other"), step=step),
            "disburse": lambda s: paying.disburse_grant(s, Payment(), Standing("good", "listed"), step=step),
            "refund": lambda s: paying.refund_grant(s, money, step=step),
            "recover": lambda s: paying.recover_grant(s, money, step=step),
            "close": lambda s: paying.close_grant(s, MoneyDecision(), step=step),
        }
        (self.abort if killed else self.attempt)(use_cases[verb])

    @initialize()
    def begin(self) -> None:
        """Grants on different rungs."""
        self.centre = self.wait(list_centre(self.db))
        for amount, verbs in (
            ("50000.00", ()),
            ("60000.00", tuple(NEXT.values())),
            ("70000.00", tuple(NEXT.values())),
            ("10000.00", tuple(NEXT.values())[:2]),
        ):
            self.apply(amount)
            for verb in verbs:
                self.take(verb, list(self.states)[-1], amount)

    @rule(amount=AMOUNTS)
    def apply(self, amount: str) -> None:
        sent = GrantApplication.model_validate(application(self.centre, amount))
        operator = as_principal("operator")
        grant = self.attempt(lambda s: deciding.apply_for_grant(s, sent, principal=operator, editions=EDITIONS))
        if grant is not None:
            self.states[grant.id] = grant.status

    @rule(number=NUMBERS, amount=AMOUNTS)
    def advance(self, number: int, amount: str) -> None:
        grant = self.pick(number, *NEXT)
        self.take(NEXT.get(self.states[grant], "disburse"), grant, amount)

    @rule(number=NUMBERS)
    def refuse(self, number: int) -> None:
        self.take("refuse", self.pick(number, "approved", "reviewed", "held"), "0.01")

    @rule(number=NUMBERS, verb=st.sampled_from(VERBS), amount=AMOUNTS)
    def anything(self, number: int, verb: str, amount: str) -> None:
        self.take(verb, list(self.states)[number % len(self.states)], amount)

    @rule(number=NUMBERS, amount=AMOUNTS)
    def die(self, number: int, amount: str) -> None:
        """The step that would be next, and then nothing is written."""
        grant = self.pick(number, *NEXT)
        self.take(NEXT.get(self.states[grant], "disburse"), grant, amount, killed=True)

    @rule(number=NUMBERS, amount=SMALL, purpose=st.sampled_from(["operations", "operations", "banquets"]))
    def spend(self, number: int, amount: str, purpose: str) -> None:
        sent = SpendingIn.model_validate(spending(amount, purpose=purpose))
        step = Step(self.pick(number, "paid"), as_principal("operator"), EDITIONS)
        self.attempt(lambda s: spending_cases.record_spending(s, sent, step=step))

    @rule(number=NUMBERS, amount=SMALL, settle=st.booleans())
    def give_back(self, number: int, amount: str, settle: bool) -> None:
        """Some money, or all that is missing and then close."""
        grant = self.pick(number, "in_recovery", "paid")
        verb = "recover" if self.states[grant] == "in_recovery" else "refund"
        balance = self.wait(self._balance(grant))
        self.take(verb, grant, str(balance) if settle and balance else amount)
        if settle:
            self.take("close", grant, amount)

    @precondition(lambda self: self.taken > 12)
    @rule(year=st.sampled_from([2018, 2019]), rectified=st.booleans())
    def evaluate(self, year: int, rectified: bool) -> None:
        if rectified:
            self.wait(accept_rectification(self.db, self.centre, year))
        else:
            self.wait(publish_result(self.db, self.centre, year, "fail"))

    @precondition(lambda self: self.taken > 18)
    @rule()
    def delist(self) -> None:
        self.case = self.wait(delist(self.db, self.centre, case_id=self.case))

    def teardown(self) -> None:
        """However far it came: a delisting leaves nothing to be paid, what is due can be recovered, and a reversal
        gives back what was recovered and no more."""
        if not hasattr(self, "centre"):
            return
        self.delist()
        self.ceilings_and_journal_equal_the_cases()
        assert set(self.states.values()) <= {"cancelled", "refused", "paid", "in_recovery", "closed"}
        due = [grant for grant, state in self.states.items() if state == "in_recovery"]
        for number, grant in enumerate(due):
            balance = self.wait(self._balance(grant))
            self.take("recover", grant, str(balance if number == 0 else min(balance, Decimal(10000))))
            self.take("close", grant, "0.01")
        self.ceilings_and_journal_equal_the_cases()
        self.reverse()
        self.ceilings_and_journal_equal_the_cases()
        assert "in_recovery" not in self.states.values()

    def reverse(self) -> None:
        """The delisting is reversed and everything that was recovered is paid again, by four people."""
        assert self.case is not None
        order = Orders(self.case, self.centre).next("reversal", REVERSED)
        self.wait(deliver(self.db, DelistingReversed, order))
        self.wait(relist(self.db, {"centre_id": str(self.centre)}))
        good, sent = Standing("good", "listed"), RepaymentPayment.model_validate(PAYMENT)
        for repayment in self.wait(self._repayments()):
            steps = {
                verb: Step(repayment, as_principal(person, REPAID_ON), EDITIONS) for verb, person in REPAYMENT_STEPS
            }
            self.sign(repaying.prepare, repayment, steps["prepare"])
            self.sign(repaying.approve, repayment, steps["approve"])
            self.sign(repaying.countersign, repayment, steps["countersign"])
            for _ in range(2):
                self.pay_back(repayment, sent, good, steps["pay"])

    def sign(self, use_case: Callable[..., Awaitable[Repayment]], repayment: UUID, step: Step) -> None:
        assert (
            self.attempt(lambda s: use_case(s, repayment, MoneyDecision.model_validate(PAPERS), step=step)) is not None
        )

    def pay_back(self, repayment: UUID, sent: RepaymentPayment, good: Standing, step: Step) -> None:
        self.attempt(lambda s: repaying.pay(s, repayment, sent, good, step=step))

    async def _repayments(self) -> Sequence[UUID]:
        async with self.db.transaction() as session:
            query = select(Repayment.id).where(Repayment.centre_id == self.centre, Repayment.status == "due")
            return (await session.scalars(query)).all()

    async def _balance(self, grant: UUID) -> Decimal:
        async with self.db.transaction() as session:
            return (await session.get_one(Grant, grant)).balance

    @invariant()
    def ceilings_and_journal_equal_the_cases(self) -> None:
        if not hasattr(self, "centre"):
            return
        told = self.wait(self._sums())
        self.states.update(told["states"])
        cases = told["cases"]
        assert told["ceiling"] == [cases["committed"], cases["committed"]] or not told["ceiling"]
        assert cases["committed"] <= Decimal("200000.00")
        assert told["accounts"].get("grants.committed", 0) == cases["committed"]
        assert told["accounts"].get("grants.treasury", 0) == -cases["out"]
        assert told["accounts"].get("grants.advance", 0) == cases["advance"]
        assert told["accounts"].get("grants.expenditure", 0) == cases["spent"]
        assert told["accounts"].get("grants.receivable", 0) == cases["due"]
        assert sum(told["accounts"].values()) == 0
        budget = told["budget"]
        assert budget["committed"] == cases["committed"]
        assert (budget["paid"], budget["returned"]) == (cases["paid"], cases["back"])
        line = told["line"]
        assert line["committed"] == line["cases"] <= line["limit_amount"]
        assert told["unbalanced"] == 0

    async def _sums(self) -> dict[str, Any]:
        centre = {"centre": str(self.centre)}
        async with self.db.transaction() as session:
            cases = (await session.execute(text(CASES), centre)).mappings().one()
            accounts = await session.execute(
                text("SELECT account, sum(amount) AS total FROM posting WHERE subject = :centre GROUP BY account"),
                centre,
            )
            ceiling = await session.scalars(
                text("SELECT committed FROM ceiling WHERE subject LIKE :centre || '%' ORDER BY kind"), centre
            )
            budget = (await session.execute(text(BUDGET), centre)).mappings().one()
            line = (await session.execute(text(LINE))).mappings().one()
            unbalanced = await session.scalar(text(UNBALANCED))
            states = await session.execute(select(Grant.id, Grant.status).where(Grant.centre_id == self.centre))
            return {
                "states": {row.id: row.status for row in states},
                "cases": dict(cases),
                "budget": dict(budget),
                "line": dict(line),
                "accounts": {row.account: row.total for row in accounts},
                "ceiling": list(ceiling),
                "unbalanced": unbalanced,
            }


CASES = """
SELECT coalesce(sum(approved) FILTER (WHERE status NOT IN ('refused', 'cancelled')), 0) AS committed,
       coalesce(sum(paid - refunded - recovered + repaid), 0) AS out,
       coalesce(sum(paid - spent - refunded - recovery_due), 0) AS advance,
       coalesce(sum(spent), 0) AS spent,
       coalesce(sum(recovery_due - recovered + repaid), 0) AS due,
       coalesce(sum(paid), 0) AS paid,
       coalesce(sum(refunded + recovered - repaid), 0) AS back
FROM centre_grant WHERE centre_id::text = :centre
"""
BUDGET = """
SELECT coalesce(sum(committed), 0) AS committed, coalesce(sum(held.paid), 0) AS paid,
       coalesce(sum(returned), 0) AS returned
FROM budget_commitment AS held JOIN centre_grant ON centre_grant.id = case_id
WHERE centre_id::text = :centre AND programme = 'grants'
"""
LINE = """
SELECT ceiling.committed, limit_amount, coalesce(sum(held.committed), 0) AS cases
FROM ceiling LEFT JOIN budget_commitment AS held ON programme = subject AND line_year::text = period
WHERE kind = 'appropriations.programme_year' AND subject = 'grants' AND period = '2019'
GROUP BY ceiling.committed, limit_amount
"""
UNBALANCED = "SELECT count(*) FROM (SELECT 1 FROM posting GROUP BY entry_id HAVING sum(amount) <> 0) AS entries"


@pytest.fixture
def machine(finance_url: str) -> Iterator[type[Money]]:
    with asyncio.Runner() as runner:
        Money.runner, Money.db = runner, Database(finance_url, application_name="property")
        runner.run(appropriate(Money.db))
        yield Money
        runner.run(Money.db.close())


@pytest.mark.slow
def test_no_sequence_passes_a_ceiling_or_unbalances_the_journal(machine: type[Money]) -> None:
    chosen = settings(
        max_examples=8,
        stateful_step_count=25,
        derandomize=True,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(machine, settings=chosen)
    kinds = machine.runner.run(_kinds_written(machine.db))
    grants = {movement.value for movement in Movement if movement.value.startswith("grant_")}
    grants |= {f"budget_{step}" for step in ("committed", "released", "paid", "returned", "repaid")}
    assert kinds >= grants, "the sequences must have moved money in every way"


async def _kinds_written(db: Database) -> set[str]:
    async with db.transaction() as session:
        return set(await session.scalars(text("SELECT DISTINCT kind FROM journal_entry")))
