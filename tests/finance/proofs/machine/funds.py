"""Angel funds: subscription, closing, call, payment, investment, tranche, exit, loss, withdrawal, sale and end."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from tests.finance.angel_funds.world import CHECKLIST, MUNICIPAL, PATH, firm_code, fund_body, slip, subscription
from tests.finance.proofs.machine.city import City, Draw, Move, papers, reference
from tests.finance.support import Json

FUND: Final = """
SELECT * FROM angel_fund WHERE centre_id = :centre AND status <> 'refused' AND (status <> 'terminated' OR EXISTS (
  SELECT FROM angel_fund_order WHERE fund_id = angel_fund.id AND due > 0 AND received_on IS NULL)) ORDER BY no
"""
ORDERS: Final = """
SELECT * FROM angel_fund_order WHERE fund_id = :fund AND (status IN ('prepared', 'approved')
  OR (status = 'done' AND due > 0 AND received_on IS NULL)) ORDER BY line
"""
REFUSE: Final = {"reason_code": "other"}


async def funds(city: City, draw: Draw) -> list[Move]:
    """The fund of one of the centres: what is open first, then what would be next, then everything else."""
    place = draw.case % 2
    row = await city.row(FUND, centre=city.centres[place])
    if row is None:
        body = fund_body(city.centres[place], pricing=("par", "net_value")[draw.size % 2])
        return [Move("finance_officer", PATH, body)]
    path = f"{PATH}/{row.id}"
    if row.status == "registered":
        return [
            Move("finance_approver", f"{path}/approve", papers()),
            Move("finance_approver", f"{path}/refuse", REFUSE),
        ]
    orders = await city.rows(ORDERS, fund=row.id)
    moves = [move for order in orders[draw.case // 2 % 2 :] for move in _order(path, order)]
    if row.status == "terminated":
        return moves
    investors = await city.rows("SELECT * FROM angel_fund_investor WHERE fund_id = :id ORDER BY line", id=row.id)
    if row.status == "active":
        moves += _capital(row, investors, draw, path)
    moves += await _investments(city, row, draw, path, place)
    return [*moves, *_leaving(row, investors, draw, path)]


def _order(path: str, order: Any) -> list[Move]:
    """The open order's next step by the people who may take it."""
    address = f"{path}/orders/{order.id}"
    if order.status == "prepared":
        confirm = Move("finance_approver", f"{address}/confirm", papers(), who="2")
        return [confirm, Move("finance_approver", f"{address}/refuse", REFUSE, who="2")]
    verb = "pay" if order.status == "approved" else "receive"
    return [Move("treasury_officer", f"{address}/{verb}", {"bank_slip_no": slip()})]


def _prepared(path: str, kind: str, body: Json) -> Move:
    return Move("finance_officer", f"{path}/{kind}", {"document_no": reference("文-"), **body})


def _capital(row: Any, investors: Sequence[Any], draw: Draw, path: str) -> list[Move]:
    """A closing, a call, payments: others first, so that the municipal share stays within."""
    moves: list[Move] = []
    others = [one for one in investors if not one.municipal]
    sums = ("300000.00", "100000.00", "33333.33", "300000.01")
    city_part = {"code": MUNICIPAL, "name": "市创投", "amount": sums[draw.size % 4]}
    lines = [{"code": firm_code(), "name": "出资人", "amount": amount} for amount in ("700000.00", "200000.00")]
    if not investors:
        moves.append(_prepared(path, "closings", {"subscriptions": [*lines[:1], city_part]}))
    unpaid = [one for one in (*others, *investors) if one.called > one.paid_in]
    uncalled = [one for one in investors if one.subscribed > one.called]
    if unpaid:
        one = unpaid[draw.case // 2 % len(unpaid)]
        rest = one.called - one.paid_in
        paid: Json = {"investor_id": str(one.id), "amount": str(rest) if draw.size < 2 else draw.of(rest)}
        moves.append(_prepared(path, "payments", paid if one.municipal else {**paid, "bank_slip_no": slip()}))
    if uncalled:
        called = [{"investor_id": str(one.id), "amount": str(one.subscribed - one.called)} for one in uncalled]
        moves.append(_prepared(path, "calls", {"due_on": "2019-06-30", "lines": called}))
    return moves


async def _investments(city: City, row: Any, draw: Draw, path: str, place: int) -> list[Move]:
    rows = await city.rows(
        "SELECT * FROM angel_investment WHERE fund_id = :id AND status NOT IN ('exited', 'written_off', 'refused',"
        " 'cancelled') ORDER BY no",
        id=row.id,
    )
    moves: list[Move] = []
    if rows:
        moves += _held(rows[draw.case // 2 % len(rows)], row, draw, path)
    if row.cash > 0 and row.status == "active" and row.stopped_on is None and len(rows) < 3:
        firm = city.firms[place]
        asked = {"enterprise_code": firm.code, "amount": str(row.cash / 2 // 1 or Decimal(1)), "checklist": CHECKLIST}
        moves.append(Move("finance_officer", f"{path}/investments", asked))
    return moves


def _held(one: Any, fund: Any, draw: Draw, path: str) -> list[Move]:
    address = f"{path}/investments/{one.id}"
    votes = ("for", "for", "for") if draw.size != 2 else ("for", "against", "abstained")
    if one.status == "proposed":
        ballots = [{"seat": number, "vote": vote} for number, vote in enumerate(votes, start=1)]
        return [
            Move("finance_officer", f"{address}/vote", {"minutes_no": reference("纪要-"), "ballots": ballots}, who="2")
        ]
    if one.status == "voted":
        return [Move("finance_approver", f"{address}/approve", {"document_no": reference("批-")})]
    moves: list[Move] = []
    if one.paid < one.amount and fund.cash > 0:
        body = {"amount": draw.of(one.amount - one.paid), "bank_slip_no": slip()}
        moves.append(_prepared(path, f"investments/{one.id}/tranches", body))
    if one.cost > 0:
        cost = draw.of(one.cost)
        gain = str(Decimal(cost) * (3, 1, 2)[draw.case % 3] / 2 // Decimal("0.01") * Decimal("0.01") or Decimal("0.01"))
        sold = {"cost": cost, "proceeds": gain, "bank_slip_no": slip()}
        moves.append(_prepared(path, f"investments/{one.id}/exits", sold))
        lost = {"cost": draw.of(one.cost), "reason": "停止经营"}
        moves.append(_prepared(path, f"investments/{one.id}/write-offs", lost))
        worth = {"value": str(one.cost * 2), "method": "最近一轮融资"}
        moves.append(_prepared(path, f"investments/{one.id}/valuations", worth))
    return moves


def _leaving(row: Any, investors: Sequence[Any], draw: Draw, path: str) -> list[Move]:
    """Who leaves, what the city sells, how it ends."""
    moves: list[Move] = []
    if row.status == "liquidating":
        return [_prepared(path, "final-distribution", {"costs": "0.01"} if draw.size % 2 else {})]
    if not investors:
        return moves
    first = {"investor_id": str(investors[0].id), "amount": "0.01"}
    extra = subscription("100000.00") if draw.size % 2 else first
    moves.append(_prepared(path, "closings", {"subscriptions": [extra]}))
    one = investors[draw.size % len(investors)]
    part = draw.of(one.paid_in) if one.paid_in else "0.00"
    given_up = part if Decimal(part) else "0.01"
    left = {"investor_id": str(one.id), "subscribed": given_up, "paid_in": part, "bank_slip_no": slip()}
    moves.append(_prepared(path, "withdrawals", left))
    if one.subscribed > one.paid_in:
        missing = {"investor_id": str(one.id), "amount": draw.of(one.subscribed - one.paid_in)}
        moves.append(_prepared(path, "defaults", missing))
    held = next((each for each in investors if each.municipal and each.paid_in > 0), None)
    buyer = next((each for each in investors if not each.municipal), None)
    if held is not None and buyer is not None:
        amount = draw.of(held.paid_in)
        sale = {"buyer_id": str(buyer.id), "amount": amount, "price": str(Decimal(amount) * 2)}
        moves.append(_prepared(path, "municipal-sales", sale))
    named = [str(each.id) for each in investors]
    ending = {"cause": "investors_resolved", "minutes_no": reference("决议-"), "supporters": named}
    return [*moves, _prepared(path, "winding-up", ending)]
