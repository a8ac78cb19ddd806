"""Steps of holders and providers: orders, holds, the counter, deliveries, disputes, and reversals after capture."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.vouchers.proofs.asks import Ask
from tests.vouchers.proofs.life import CATEGORY, USES, Life, Step, pick, price
from tests.vouchers.support import fresh_invoice


async def begin_use(life: Life, chance: random.Random) -> Ask | None:
    """By an order, a hold, or at the counter, which may have been offline."""
    voucher = pick(chance, life.vouchers, "active")
    if voucher is None:
        return None
    firm, seller = life.firm_of(voucher), chance.choice(life.sellers)
    sale = {"category": CATEGORY, "price": price(chance)}
    named = {**sale, "voucher_id": voucher.id, "provider_id": seller.id}
    shown = {**sale, "code": life.codes[voucher.id]}
    papers = {"invoice": fresh_invoice() if chance.random() < 0.6 else chance.choice(life.invoices)}
    way = chance.choice(["order", "hold", "hold on invoice", "counter", "counter", "offline"])
    if way == "order":
        return life.ask(way, firm.caller, f"{USES}/orders", {**named, "description": "合同审查"})
    if way == "hold":
        return life.ask(way, firm.caller, USES, named)
    if way == "hold on invoice":
        return life.ask(way, seller.caller, USES, {**shown, **papers})
    sold = {"occurred_on": (life.day - timedelta(days=chance.choice([1, 7, 8]))).isoformat()}
    body = {**shown, **papers, **(sold if way == "offline" else {})}
    return life.ask(way, seller.caller, f"{USES}/counter", body)


_NEXT = {
    "ordered": ("accept", "accept", "accept", "decline", "release"),
    "held": ("deliver", "deliver", "part", "part", "release", "take back"),
    "delivered": ("redeem", "pay", "pay", "pay", "dispute", "decide"),
    "disputed": ("deliver", "pay", "pay", "decide", "decide", "take back", "decide for holder"),
}
VERBS = ("accept", "decline", "deliver", "part", "redeem", "pay", "dispute", "release", "take back", "decide")
_ANY = ("accept", "deliver", "part", "redeem", "release", "take back", "decide")


async def go_on(life: Life, chance: random.Random) -> Ask | None:
    """The next step of a use, or one that does not fit."""
    use = pick(chance, life.uses, "ordered", "held", "delivered", "disputed")
    if use is None:
        return await begin_use(life, chance)
    fits = chance.random() < 0.9
    return step_of(life, chance, use, chance.choice(_NEXT.get(use.status, _ANY) if fits else _ANY))


async def wind_up(life: Life, chance: random.Random) -> Ask | None:
    """The next step of what is still reserved on a voucher that was stopped, or of a use of it that was captured."""
    stopped = {voucher.id for voucher in life.vouchers if voucher.status == "stopped"}
    uses = [use for use in life.uses if use.voucher_id in stopped and use.status not in ("released", "reversed")]
    if not uses:
        return await go_on(life, chance)
    use = chance.choice(uses)
    if use.status == "redeemed":
        body = {"reason_code": "service_returned", "text": "服务退订"}
        return life.ask("propose reversal", life.office.officer, f"{USES}/{use.id}/reverse", body)
    return step_of(life, chance, use, chance.choice(("take back", "take back", "release", *_NEXT[use.status])))


def step_of(life: Life, chance: random.Random, use: object, verb: str) -> Ask:
    firm, seller = life.firm_of(use).caller, life.seller_of(use).caller
    officer, why = life.office.officer, {"reason_code": "other"}
    papers = {"invoice": fresh_invoice() if chance.random() < 0.6 else chance.choice(life.invoices)}
    steps = {
        "accept": (seller, "accept", None),
        "decline": (seller, "decline", why),
        "deliver": (seller, "deliver", None),
        "part": (seller, "deliver", {"delivered_price": price(chance)}),
        "redeem": (firm, "redeem", None),
        "pay": (firm, "redeem", papers),
        "dispute": (firm, "dispute", {**why, "text": "只完成了一半"}),
        "release": (firm, "release", None),
        "take back": (seller, "release", None),
        "decide": (officer, "decide", {"outcome": "capture", "text": "已完成"}),
        "decide for holder": (officer, "decide", {"outcome": "release", "text": "未完成"}),
    }
    caller, path, body = steps[verb]
    return life.ask(verb, caller, f"{USES}/{use.id}/{path}", body)  # type: ignore[attr-defined]  # a row


async def reverse(life: Life, chance: random.Random) -> Ask | None:
    """The whole or a part: proposed, or asked for by the provider, and decided."""
    if life.reversals and chance.random() < 0.75:
        return _decide(life, chance, chance.choice(life.reversals))
    use = pick(chance, life.uses, "redeemed")
    if use is None:
        return None
    body = {"reason_code": "service_returned", "text": "服务退订"}
    left = use.subsidy - use.reversed_amount
    if chance.random() < 0.6 and left > 0:
        part = chance.choice([left, (left / 2).quantize(Decimal("0.01")), Decimal("0.01"), Decimal("40.00")])
        body |= {"amount": f"{max(part, Decimal('0.01')):.2f}"}
    asks = chance.random() < 0.3
    caller = life.seller_of(use).caller if asks else life.office.officer
    return life.ask("ask for reversal" if asks else "propose reversal", caller, f"{USES}/{use.id}/reverse", body)


async def reverse_unpaid(life: Life, chance: random.Random) -> Ask | None:
    """The next step of taking a use back before it is paid, wherever that stands."""
    unpaid = {use.id: use for use in life.uses if use.status == "redeemed" and not use.paid}
    if waiting := [found for found in life.reversals if found.use in unpaid]:
        return _decide(life, chance, chance.choice(waiting), refused=0.1)
    if not unpaid:
        return await go_on(life, chance)
    use = unpaid[chance.choice(list(unpaid))]
    body = {"reason_code": "service_returned", "text": "服务退订"}
    return life.ask("propose reversal", life.office.officer, f"{USES}/{use.id}/reverse", body)


def _decide(life: Life, chance: random.Random, found: Any, refused: float = 0.2) -> Ask:
    path = f"{USES}/{found.use}/reversals/{found.id}"
    if found.status == "asked":
        return life.ask("support reversal", life.office.officer, f"{path}/propose")
    if chance.random() < refused:
        return life.ask("refuse reversal", life.office.approver, f"{path}/refuse", {"text": "不予冲销"})
    return life.ask("approve reversal", life.office.approver, f"{path}/approve")


STEPS: tuple[Step, ...] = (
    begin_use,
    begin_use,
    begin_use,
    go_on,
    go_on,
    go_on,
    go_on,
    wind_up,
    reverse,
    reverse_unpaid,
)
