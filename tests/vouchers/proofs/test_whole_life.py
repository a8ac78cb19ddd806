"""The whole life of vouchers in any order, some of it at once: whatever is allowed or refused, budget, quota, balance,
documents and journal agree after each step (4.3-1 to 4.3-4)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from services.vouchers.main import definition
from services.vouchers.redemptions.sweeps import release_holds_of_provider
from shared.app import create_app
from shared.settings import ServiceSettings
from tests.support.tokens import Keys
from tests.vouchers.support import Api, Caller, Firm, Seller, Town, approver, fresh_invoice, officer

T = TypeVar("T")

PATH = "/v1/redemptions"
PRICES = st.integers(1, 20_000).map(lambda fen: f"{Decimal(fen) / 100:.2f}")
FIRST_DAY = date(2019, 6, 3)

VOUCHERS = """
    SELECT voucher.id, status, face_value, balance, held, spent, returned,
        coalesce(reserved, 0) AS reserved, coalesce(captured, 0) AS captured
    FROM voucher LEFT JOIN LATERAL (
        SELECT sum(subsidy) FILTER (WHERE status IN ('held', 'delivered', 'disputed')) AS reserved,
            sum(subsidy - restored_amount) FILTER (WHERE status IN ('redeemed', 'reversed')) AS captured
        FROM redemption WHERE voucher_id = voucher.id
    ) AS uses ON true
    WHERE programme_id = CAST(:id AS uuid)
"""
CEILINGS = """
    SELECT ceiling.kind, committed FROM ceiling
    WHERE subject = CAST(:id AS text)
        OR subject IN (SELECT issuer_division || ':' || enterprise_id FROM voucher
                       WHERE programme_id = CAST(CAST(:id AS text) AS uuid))
"""
JOURNAL = """
    SELECT redemption.id, redemption.subsidy, redemption.reversed_amount, redemption.status,
        count(DISTINCT entry.id) FILTER (WHERE entry.kind = 'capture') AS captures,
        coalesce(sum(amount) FILTER (WHERE account = 'provider_payable'), 0) AS payable,
        coalesce(sum(amount) FILTER (WHERE account = 'programme_subsidy'), 0) AS programme
    FROM redemption LEFT JOIN journal_entry AS entry ON entry.redemption_id = redemption.id
    LEFT JOIN posting ON posting.entry_id = entry.id
    WHERE programme_id = CAST(:id AS uuid) GROUP BY redemption.id
"""
DOCUMENTS = """
    SELECT document.key, priced, claimed, amount, coalesce(sum(price), 0) AS prices,
        coalesce(sum(subsidy - reversed_amount), 0) AS subsidies
    FROM document_claim AS document
    LEFT JOIN redemption ON invoice_key = document.key AND status NOT IN ('released', 'reversed')
    WHERE document.key LIKE :seller || '%' GROUP BY document.kind, document.key
"""
EVENTS = """
    SELECT redemption.id, version, count(event_log.id) AS events FROM redemption
    LEFT JOIN event_log ON aggregate_id = redemption.id
    WHERE programme_id = CAST(:id AS uuid) GROUP BY redemption.id HAVING version <> count(event_log.id)
"""
MOVES = ("accept", "decline", "deliver", "part", "redeem", "dispute", "release", "take back", "decide", "pay")


class WholeLife(RuleBasedStateMachine):
    """A firm with two vouchers of one programme, and its provider."""

    town: ClassVar[Town]
    portal: ClassVar[BlockingPortal]

    def wait(self, work: Callable[[], Awaitable[T]]) -> T:
        return self.portal.call(work)

    @initialize()
    def issue(self) -> None:
        async def begin() -> None:
            town = self.town
            self.centre = await town.registry.centre()
            self.firm: Firm = await town.registry.tenant(self.centre)
            terms = {"legal_protection": {"percent": "33.33", "cap": "60.00"}}
            self.programme = await town.programme(category_terms=terms)
            self.seller: Seller = await town.provider()
            self.vouchers = [(await town.voucher(self.programme, self.firm, "200.00"))["id"] for _ in range(2)]
            self.codes = [await town.code(self.firm, voucher) for voucher in self.vouchers]
            self.provider_id = await town.one("SELECT id FROM provider WHERE code = :code", code=self.seller.code)

        self.day = FIRST_DAY
        self.uses: list[str] = []
        self.reversals: list[tuple[str, str]] = []
        self.invoices = [{**fresh_invoice(), "amount": "100.00"} for _ in range(3)]
        self.wait(begin)

    async def send(self, caller: Caller, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Allowed, or refused with a reason: never an error."""
        answer = await self.town.api.post(caller, path, body, today=self.day)
        assert answer.status_code < 300 or answer.status_code in (403, 404, 409), answer.text
        return answer

    async def begin_use(self, way: str, which: int, price: str, invoice: int) -> None:
        sale = {"category": "legal_protection", "price": price}
        named = {"voucher_id": self.vouchers[which], "provider_id": self.seller.id}
        papers = {"invoice": self.invoices[invoice]}
        bodies: dict[str, tuple[Caller, str, dict[str, Any]]] = {
            "order": (self.firm.caller, f"{PATH}/orders", {**sale, **named, "description": "审查"}),
            "hold": (self.firm.caller, PATH, {**sale, **named}),
            "hold with invoice": (self.seller.caller, PATH, {**sale, **papers, "code": self.codes[which]}),
            "counter": (self.seller.caller, f"{PATH}/counter", {**sale, **papers, "code": self.codes[which]}),
        }
        answer = await self.send(*bodies[way])
        if answer.status_code == 201:
            self.uses.append(answer.json()["id"])

    async def move(self, verb: str, use: str, price: str, invoice: int) -> None:
        firm, seller, papers = self.firm.caller, self.seller.caller, {"invoice": self.invoices[invoice]}
        steps: dict[str, tuple[Caller, str, dict[str, Any] | None]] = {
            "accept": (seller, "accept", None),
            "decline": (seller, "decline", {"reason_code": "other"}),
            "deliver": (seller, "deliver", None),
            "part": (seller, "deliver", {"delivered_price": price}),
            "redeem": (firm, "redeem", None),
            "pay": (firm, "redeem", papers),
            "dispute": (firm, "dispute", {"reason_code": "other", "text": "x"}),
            "release": (firm, "release", None),
            "take back": (seller, "release", None),
            "decide": (officer(), "decide", {"outcome": "capture", "text": "x"}),
        }
        caller, path, body = steps[verb]
        answer = await self.town.api.post(caller, f"{PATH}/{use}/{path}", body, today=self.day)
        assert answer.status_code in (200, 409, 422), answer.text
        if answer.status_code == 200 and answer.json().get("rest_id"):
            self.uses.append(answer.json()["rest_id"])

    @rule(
        way=st.sampled_from(["order", "hold", "hold with invoice", "counter"]),
        which=st.integers(0, 1),
        price=PRICES,
        invoice=st.integers(0, 2),
    )
    def use_a_voucher(self, way: str, which: int, price: str, invoice: int) -> None:
        self.wait(lambda: self.begin_use(way, which, price, invoice))

    @rule(data=st.data(), verb=st.sampled_from(MOVES), price=PRICES, invoice=st.integers(0, 2))
    def take_a_step(self, data: st.DataObject, verb: str, price: str, invoice: int) -> None:
        if self.uses:
            use = data.draw(st.sampled_from(self.uses))
            self.wait(lambda: self.move(verb, use, price, invoice))

    @rule(data=st.data(), verbs=st.lists(st.sampled_from(MOVES), min_size=2, max_size=4), price=PRICES)
    def take_steps_at_once(self, data: st.DataObject, verbs: list[str], price: str) -> None:
        if not self.uses:
            return
        use = data.draw(st.sampled_from(self.uses))

        async def rush() -> None:
            await asyncio.gather(
                *(self.move(verb, use, price, 0) for verb in verbs), self.begin_use("counter", 0, price, 0)
            )

        self.wait(rush)

    @rule(data=st.data(), amount=st.sampled_from([None, "0.01", "5.00"]))
    def propose_a_reversal(self, data: st.DataObject, amount: str | None) -> None:
        if not self.uses:
            return
        use = data.draw(st.sampled_from(self.uses))
        body = {"reason_code": "fraud", "text": "x"} | ({} if amount is None else {"amount": amount})
        answer = self.wait(lambda: self.send(officer(), f"{PATH}/{use}/reverse", body))
        if answer.status_code == 201:
            self.reversals.append((use, answer.json()["id"]))

    @rule(verb=st.sampled_from(["approve", "refuse"]))
    def decide_a_reversal(self, verb: str) -> None:
        if self.reversals:
            use, reversal = self.reversals.pop()
            body = {"text": "x"} if verb == "refuse" else None
            self.wait(lambda: self.send(approver(), f"{PATH}/{use}/reversals/{reversal}/{verb}", body))

    @rule(days=st.sampled_from([1, 20, 95]))
    def let_time_pass(self, days: int) -> None:
        self.day += timedelta(days=days)
        self.wait(lambda: self.send(officer(), f"{PATH}/expire"))
        self.wait(lambda: self.send(officer(), "/v1/vouchers/expire"))

    @rule(verb=st.sampled_from(["freeze", "unfreeze"]), which=st.integers(0, 1))
    def freeze(self, verb: str, which: int) -> None:
        body = {"reason_code": "fraud_suspected"} if verb == "freeze" else None
        self.wait(lambda: self.send(officer(), f"/v1/vouchers/{self.vouchers[which]}/{verb}", body))

    @rule(which=st.integers(0, 1), delivered=st.sampled_from(["honoured", "released"]), often=st.integers(0, 4))
    def void(self, which: int, delivered: str, often: int) -> None:
        if often:
            return
        body = {"voucher_id": self.vouchers[which], "kind": "void", "reason": "x", "reason_code": "fraud"}
        asked = self.wait(lambda: self.send(officer(), "/v1/voucher-requests", {**body, "delivered": delivered}))
        if asked.status_code == 201:
            path = f"/v1/voucher-requests/{asked.json()['id']}/approve"
            self.wait(lambda: self.send(approver(), path))

    @rule()
    def suspend_the_provider(self) -> None:
        async def sweep() -> None:
            async with self.town.db.transaction() as session:
                await release_holds_of_provider(session, self.provider_id, self.day, "x", "provider_suspended")

        self.wait(sweep)

    @rule(often=st.integers(0, 9))
    def delist_the_centre(self, often: int) -> None:
        if not often:
            self.wait(lambda: self.town.registry.delist(self.centre))

    def rows(self, sql: str, **values: object) -> list[Any]:
        return self.wait(lambda: self.town.rows(sql, **values))

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "provider_id"):
            return
        vouchers = self.rows(VOUCHERS, id=self.programme)
        for row in vouchers:
            assert row.balance + row.held + row.spent + row.returned == row.face_value
            assert (row.held, row.spent) == (row.reserved, row.captured)
            assert row.returned == 0 or row.status == "stopped"
        issued = sum(row.face_value - row.returned for row in vouchers)
        committed = {row.kind: row.committed for row in self.rows(CEILINGS, id=self.programme)}
        assert committed["vouchers.programme_budget"] == committed["vouchers.enterprise_quota"] == issued
        for row in self.rows(JOURNAL, id=self.programme):
            captured = row.status in ("redeemed", "reversed")
            owed = row.subsidy - row.reversed_amount if captured else 0
            assert (row.captures, row.programme, row.payable) == (int(captured), owed, -owed)
        for row in self.rows(DOCUMENTS, seller=self.seller.code):
            assert (row.priced, row.claimed) == (row.prices, row.subsidies)
            assert row.claimed <= row.priced <= row.amount
        assert self.rows(EVENTS, id=self.programme) == [], "each change is one event"


@pytest.fixture
def portal(settings: ServiceSettings, keys: Keys) -> Iterator[BlockingPortal]:
    """The service on an event loop in a thread of its own, for a machine that knows no loop."""
    app = create_app(definition, settings)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vouchers")
        WholeLife.portal = portal
        WholeLife.town = Town(Api(client, keys), app.state.runtime.db)
        yield portal
        portal.call(client.aclose)


@pytest.mark.usefixtures("portal")
def test_budget_quota_balance_documents_and_journal_agree_whatever_happens() -> None:
    run_state_machine_as_test(
        WholeLife,
        settings=settings(
            max_examples=int(os.environ.get("VOUCHER_LIVES", "4")),
            stateful_step_count=25,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
