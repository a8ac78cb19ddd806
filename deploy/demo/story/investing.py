"""A centre's angel fund (3.2-2) and a reward for financing (3.3-2)."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import ApiRefused, Caller, Json
from deploy.demo.story.world import Step, StoryBroken, World

_FUNDS: Final = "/v1/angel-funds"
_INVESTMENTS: Final = f"{_FUNDS}/investments"
_REWARDS: Final = "/v1/financing-rewards"
_OVERSTEP: Final = "angel-fund-share-exceeded"
_CHECKLIST: Final = ("business", "finance", "legal", "ownership", "external_rules")


async def tell_angel_fund(world: World, row: tables.AngelFund, until: date) -> None:
    """Set up, subscribed after an attempt at too much, paid in, and one enterprise of the centre invested in."""
    if row.registered_on > until:
        return
    name, found = f"angel-fund/{row.centre}", world.angel_funds.get(row.centre)
    if found is None:
        body = {
            "centre_id": world.centres[row.centre]["id"],
            "name": row.name,
            "manager_code": row.manager_code,
            "document_no": row.document_no,
            "seats": _seats(row),
        }
        found = await world.api.post(_FUNDS, world.bureau("finance_officer"), row.registered_on, body, key=name)
    steps = [Step("registered", row.approved_on, "approve", world.bureau("finance_approver"), _papers(row, 1))]
    path = f"{_FUNDS}/{found['id']}"
    found = await world.walk(path, name, found, steps, until)
    world.angel_funds[row.centre] = found
    if found["status"] == "active":
        orders = {order["document_no"]: order async for order in world.api.items(f"{path}/orders", world.auditor)}
        money = Orders(world, row, path, name, orders, until)
        await money.subscribe()
        await money.pay_in()
        await money.invest()


def _seats(row: tables.AngelFund) -> list[Json]:
    members = {"municipal": row.municipal_code, "manager": row.manager_code, "expert": row.expert_code}
    return [{"role": role, "organisation_code": code} for role, code in members.items()]


def _papers(row: tables.AngelFund, number: int) -> Json:
    return {"document_no": f"{row.document_no}之{number}", "minutes_no": row.minutes_no}


class Orders:
    """The movements of one fund, each prepared by one person and carried out by another."""

    def __init__(
        self, world: World, row: tables.AngelFund, path: str, name: str, known: dict[str, Json], until: date
    ) -> None:
        self.world, self.row, self.path, self.name = world, row, path, name
        self.known, self.until = known, until
        self.officer, self.approver = world.bureau("finance_officer"), world.bureau("finance_approver")

    async def subscribe(self) -> None:
        """A fen above 30 per cent is refused when it is to be confirmed, and sent back; then it is right."""
        row = self.row
        wrong = await self._prepared("closings", 2, row.overstepped_on, {"subscriptions": self._lines(row.overstep)})
        if wrong is not None and wrong["status"] == "prepared":
            await self._refused(wrong)
        body = {"subscriptions": self._lines(row.municipal)}
        await self._done("closings", 3, row.closed_on, body, self.approver)

    def _lines(self, municipal: str) -> list[Json]:
        others = (line.split("=") for line in self.row.others)
        lines = [
            {"code": code, "name": f"虚构出资人{number}", "amount": amount}
            for number, (code, amount) in enumerate(others, start=1)
        ]
        return [*lines, {"code": self.row.municipal_code, "name": "市级天使基金", "amount": municipal}]

    async def _refused(self, order: Json) -> None:
        path, key = f"{self.path}/orders/{order['id']}", f"{self.name}/overstep"
        try:
            await self.world.api.post(
                f"{path}/confirm", self.approver, self.row.overstepped_on, _papers(self.row, 2), key=f"{key}/confirm"
            )
        except ApiRefused as refused:
            if refused.code != _OVERSTEP:
                raise
        else:
            raise StoryBroken(f"the municipal fund subscribed {self.row.overstep} of {self.row.name}: too much")
        body = {"reason_code": "wrong_amount"}
        await self.world.api.post(f"{path}/refuse", self.approver, self.row.overstepped_on, body, key=f"{key}/refuse")

    async def pay_in(self) -> None:
        """Everything is called at once; the municipal part is paid by the treasury, a third person."""
        row, fund = self.row, await self.world.api.get(self.path, self.world.auditor)
        lines = [{"investor_id": one["id"], "amount": one["subscribed"]} for one in fund["investors"]]
        due = {"due_on": row.municipal_paid_on.isoformat(), "lines": lines}
        await self._done("calls", 4, row.called_on, due, self.approver)
        for number, one in enumerate(fund["investors"], start=5):
            body = {"investor_id": one["id"], "amount": one["subscribed"]}
            if not one["municipal"]:
                body["bank_slip_no"] = f"示例回单-实缴-{number}"
                await self._done("payments", number, row.paid_in_on, body, self.approver)
            else:
                order = await self._done("payments", number, row.municipal_paid_on, body, self.approver)
                if order is not None and order["status"] == "approved":
                    path, slip = f"{self.path}/orders/{order['id']}/pay", {"bank_slip_no": f"示例国库-实缴-{number}"}
                    treasury = self.world.bureau("treasury_officer")
                    await self.world.api.post(path, treasury, row.municipal_paid_on, slip, key=f"{self.name}/pay")

    async def invest(self) -> None:
        """Proposed with its due diligence, voted on, approved, paid, and valued a year later."""
        row, world = self.row, self.world
        if row.proposed_on > self.until:
            return
        fund_id = self.path.rpartition("/")[2]
        held = [one async for one in world.api.items(_INVESTMENTS, world.auditor, fund_id=fund_id)]
        investment = held[0] if held else await self._propose()
        ballots = [{"seat": seat, "vote": "for"} for seat in (1, 2, 3)]
        vote = {"minutes_no": row.minutes_no, "ballots": ballots}
        steps = [
            Step("proposed", row.voted_on, "vote", world.bureau("finance_officer", 1), vote),
            Step("voted", row.voted_on, "approve", self.approver, {"document_no": f"{row.document_no}之8"}),
        ]
        path = f"{self.path}/investments/{investment['id']}"
        investment = await world.walk(path, f"{self.name}/investment", investment, steps, self.until)
        second = world.bureau("finance_approver", 1)
        kind = f"investments/{investment['id']}/tranches"
        paid = {"amount": row.investment, "bank_slip_no": "示例回单-投资-1"}
        await self._done(kind, 9, row.invested_on, paid, second)
        note = {"value": row.value, "method": "近期融资价格(虚构)"}
        await self._done(f"investments/{investment['id']}/valuations", 10, row.valued_on, note, second)

    async def _propose(self) -> Json:
        row = self.row
        checks = [{"item": item, "document_no": f"示例尽调-{item}"} for item in _CHECKLIST]
        body = {"enterprise_code": row.enterprise, "amount": row.investment, "checklist": checks}
        key = f"{self.name}/propose"
        return await self.world.api.post(f"{self.path}/investments", self.officer, row.proposed_on, body, key=key)

    async def _prepared(self, kind: str, number: int, day: date, body: Json) -> Json | None:
        """The order with that document, prepared on its day if it is not there."""
        document_no = f"{self.row.document_no}之{number}"
        if document_no in self.known or day > self.until:
            return self.known.get(document_no)
        sent = {"document_no": document_no, **body}
        key = f"{self.name}/{number}"
        return await self.world.api.post(f"{self.path}/{kind}", self.officer, day, sent, key=key)

    async def _done(self, kind: str, number: int, day: date, body: Json, by: Caller) -> Json | None:
        """Prepared, and confirmed by another person on the same day."""
        order = await self._prepared(kind, number, day, body)
        if order is None or order["status"] != "prepared":
            return order
        path = f"{self.path}/orders/{order['id']}/confirm"
        papers = _papers(self.row, number)
        return await self.world.api.post(path, by, day, papers, key=f"{self.name}/{number}/confirm")


async def tell_reward(world: World, row: tables.Reward, until: date) -> None:
    """Applied for by the centre's operator, reviewed, announced, approved and paid by four people."""
    if row.applied_on > until:
        return
    centre = world.centres[row.centre]
    name, found = f"reward/{row.enterprise}/{row.bank_slip_no}", world.rewards.get(row.enterprise)
    if found is None:
        operator = world.holder("centre_operator", centre["operator_code"])
        found = await world.api.post(_REWARDS, operator, row.applied_on, _application(row, centre["id"]), key=name)
    path = f"{_REWARDS}/{found['id']}"
    review = {
        "relation_document_no": f"{row.document_no}附关联核查",
        "same_representative": False,
        "prior_holding_percent": "0",
    }
    officer = world.bureau("finance_officer")
    found = await world.walk(path, name, found, [Step("applied", row.reviewed_on, "review", officer, review)], until)
    if found["status"] == "reviewed" and row.announced_on <= until:
        await world.api.post(f"{path}/notice", officer, row.announced_on, key=f"{name}/notice")
    approved = {"amount": row.amount, "document_no": row.document_no, "minutes_no": row.minutes_no}
    paid = {"reference": row.reference}
    steps = [
        Step("reviewed", row.approved_on, "approve", world.bureau("finance_approver"), approved),
        Step("approved", row.paid_on, "pay", world.bureau("treasury_officer"), paid),
    ]
    world.rewards[row.enterprise] = await world.walk(path, name, found, steps, until)


def _application(row: tables.Reward, centre_id: str) -> Json:
    return {
        "centre_id": centre_id,
        "enterprise_code": row.enterprise,
        "investor_code": row.investor_code,
        "investor_name": row.investor_name,
        "investor_type": "venture_capital",
        "investment_amount": row.investment,
        "arrived_on": row.arrived_on.isoformat(),
        "capital_registered_on": row.registered_on.isoformat(),
        "requested": row.amount,
        "agreement_no": f"{row.document_no}附投资协议",
        "bank_slip_no": row.bank_slip_no,
        "capital_document_no": f"{row.document_no}附变更登记",
    }
