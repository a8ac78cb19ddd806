"""Steps of a month's end: a batch from its draft to its close, the bank's answers, void invoices, and recoveries."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from tests.vouchers.proofs.asks import Ask, Json
from tests.vouchers.proofs.life import Life, Step, pick
from tests.vouchers.proofs.using import begin_use

BATCHES = "/v1/settlements"
RECOVERIES = "/v1/voucher-recoveries"

_BATCH = """
    SELECT CAST(settlement.id AS text), settlement.status, line_count, sample_size, notice.first_decision_day
    FROM settlement LEFT JOIN LATERAL (
        SELECT first_decision_day FROM public_notice WHERE subject_id = settlement.id ORDER BY round DESC LIMIT 1
    ) AS notice ON true
    WHERE issuer_division = :division AND settlement.status <> 'cancelled'
    ORDER BY settlement.status = 'closed', settlement.id DESC LIMIT 1
"""
_LINES = """
    SELECT CAST(id AS text), CAST(settlement_id AS text) AS batch, status, sampled, inspection,
        CAST(redemption_id AS text) AS use
    FROM settlement_line WHERE CAST(settlement_id AS text) = :batch ORDER BY id
"""
_BARRED = """
    SELECT CAST(line.id AS text), CAST(line.settlement_id AS text) AS batch FROM settlement_line AS line
    JOIN settlement ON settlement.id = settlement_id
    WHERE issuer_division = :division AND line.status = 'barred' LIMIT 1
"""
_PAYMENTS = """
    SELECT reference, net, payment.status, file_digest FROM settlement_payment AS payment
    JOIN settlement ON settlement.id = settlement_id WHERE CAST(settlement_id AS text) = :batch ORDER BY reference
"""
_RECOVERY = """
    SELECT CAST(id AS text), status, amount, coalesce(due, 0) - repaid - withheld - written_off - reserved AS left_over,
        written_off, CAST(provider_id AS text) AS provider_id, statement_until, stated_on, write_off_by, repay_until,
        offset_agreed_on
    FROM recovery WHERE issuer_division = :division ORDER BY status IN ('opened', 'decided') DESC, id
"""


async def settle(life: Life, chance: random.Random) -> Ask | None:
    """The batch's next step; where it waits for a day, that day comes."""
    batch = await life.row(_BATCH, division=life.division)
    if batch is None or batch.status == "closed":
        if not any(use.status == "redeemed" and not use.collected for use in life.uses):
            return await begin_use(life, chance)
        return life.ask("draft batch", life.office.officer, BATCHES, {"period": f"{life.day:%Y-%m}"})
    path, officer = f"{BATCHES}/{batch.id}", life.office.officer
    match batch.status:
        case "draft" | "checking" | "noticed" | "approved" if batch.line_count == 0:
            return life.ask("cancel batch", officer, f"{path}/cancel", {"reason": "无明细"})
        case "draft":
            return life.ask("check batch", officer, f"{path}/check")
        case "checking":
            return await _inspect(life, chance, batch, path)
        case "noticed":
            life.day = max(life.day, batch.first_decision_day)
            return life.ask("approve batch", life.office.approver, f"{path}/approve")
        case "approved":
            return life.ask("payment file", life.office.payer, f"{path}/payment-file")
    answer = await _answer(life, chance, batch.id)
    if answer is None:
        return life.ask("close batch", life.office.payer, f"{path}/close")
    return answer


async def _inspect(life: Life, chance: random.Random, batch: Any, path: str) -> Ask:
    if batch.sample_size is None:
        return life.ask("draw sample", life.office.officer, f"{path}/sample")
    lines = await life.town.rows(_LINES, batch=batch.id)
    waiting = [line for line in lines if line.sampled and line.inspection is None and line.status == "included"]
    if not waiting:
        return life.ask("announce batch", life.office.officer, f"{path}/notice")
    body: Json = {"line_id": chance.choice(waiting).id, "outcome": "passed", "findings": "与现场一致"}
    if chance.random() < 0.15:
        body |= {"outcome": "failed", **chance.choice([{"can_be_mended": True}, {"fraud_suspected": True}, {}])}
    return life.ask(f"inspection {body['outcome']}", life.office.officer, f"{path}/inspections", body)


async def _answer(life: Life, chance: random.Random, batch: str) -> Ask | None:
    """The bank's answer on some payments that it has not answered; None once it has answered all."""
    payments = await life.town.rows(_PAYMENTS, batch=batch)
    waiting = [one for one in payments if one.status == "issued"]
    if not waiting:
        return None
    outcomes = [chance.choice(["paid", "paid", "rejected", "error"]) for _ in waiting]
    some = list(zip(waiting, outcomes, strict=True))[: chance.choice([1, len(waiting), len(waiting)])]
    kind = f"results: {' and '.join(sorted({outcome for _, outcome in some}))}"
    return _results(life, kind, batch, some)


def _results(life: Life, kind: str, batch: str, some: list[tuple[Any, str]]) -> Ask:
    results = []
    for payment, outcome in some:
        one = {
            "reference": payment.reference,
            "outcome": outcome,
            "amount": f"{payment.net:.2f}",
            "settled_on": life.day.isoformat(),
        }
        why = {"bank_reference": f"CCB-{payment.reference}"} if outcome == "paid" else {"reason": "账号户名不符"}
        results.append({**one, **why})
    total = sum(payment.net for payment, _ in some)
    control = {"count": len(results), "amount": f"{total:.2f}", "file_digest": some[0][0].file_digest}
    body: Json = {"results": results, "control": control}
    life.answers.append((batch, body))
    return life.ask(kind, life.office.payer, f"{BATCHES}/{batch}/results", body)


async def answer_again(life: Life, chance: random.Random) -> Ask | None:
    """The bank sends an answer once more, or the money of a payment comes back."""
    batch = await life.row(_BATCH, division=life.division)
    if batch is not None and chance.random() < 0.5:
        payments = await life.town.rows(_PAYMENTS, batch=batch.id)
        paid = [one for one in payments if one.status == "paid"]
        if paid:
            return _results(life, "results: returned", batch.id, [(chance.choice(paid), "returned")])
    if not life.answers:
        return None
    number, body = chance.choice(life.answers)
    return life.ask("results: the same file again", life.office.payer, f"{BATCHES}/{number}/results", body)


async def correct(life: Life, chance: random.Random) -> Ask | None:
    """Lines taken out and readmitted, more collected, the batch given up, an invoice found void."""
    batch = await life.row(_BATCH, division=life.division)
    use = pick(chance, life.uses, "redeemed")
    if use is not None and chance.random() < 0.3:
        body = {"redemption_id": use.id, "kind": "red_lettered", "note": "发票已红冲"}
        return life.ask("void invoice", life.office.officer, f"{BATCHES}/void-invoices", body)
    barred = await life.row(_BARRED, division=life.division)
    if barred is not None and chance.random() < 0.5:
        path = f"{BATCHES}/{barred.batch}/lines/{barred.id}/readmit"
        return life.ask("readmit line", life.office.approver_2, path, {"note": "核实无误"})
    if batch is None:
        return None
    path = f"{BATCHES}/{batch.id}"
    if chance.random() < 0.15:
        return life.ask("cancel batch", life.office.officer, f"{path}/cancel", {"reason": "重新汇总"})
    lines = [line for line in await life.town.rows(_LINES, batch=batch.id) if line.status == "included"]
    if lines and chance.random() < 0.4:
        body = {"note": "材料待核", "barred": chance.random() < 0.5}
        line = chance.choice(lines)
        return life.ask("take line out", life.office.officer, f"{path}/lines/{line.id}/take-out", body)
    return life.ask("collect", life.office.officer, f"{path}/collect")


async def recover(life: Life, chance: random.Random) -> Ask | None:
    """The next step of a recovery, or a claim on what was paid."""
    found = await life.town.rows(_RECOVERY, division=life.division)
    running = [one for one in found if one.status in ("opened", "decided")]
    if not running or chance.random() < 0.1:
        return await _claim(life, chance)
    one = chance.choice(running)
    path = f"{RECOVERIES}/{one.id}"
    seller = next((seller for seller in life.sellers if seller.id == one.provider_id), life.sellers[0])
    if one.status == "opened":
        if one.stated_on is None and chance.random() < 0.6:
            return life.ask("provider states", seller.caller, f"{path}/statement", {"text": "认可"})
        if one.stated_on is None:
            life.day = max(life.day, one.statement_until + timedelta(days=1))
        due = chance.choice([one.amount, one.amount, one.amount / 2, one.amount * 0])
        return life.ask("decide recovery", life.office.approver_2, f"{path}/decision", _decision(due))
    if one.write_off_by is not None and chance.random() < 0.5:
        body = {"outcome": chance.choice(["approved", "refused"])}
        return life.ask("write off", life.office.approver, f"{path}/write-off/decision", body)
    if one.offset_agreed_on is None and chance.random() < 0.6:
        return life.ask("agree to offset", seller.caller, f"{path}/agree-to-offset")
    if chance.random() < 0.25:
        return life.ask("propose write-off", life.office.officer, f"{path}/write-off", {"reason": "机构已注销"})
    amount = max(chance.choice([one.left_over, one.left_over / 2]), one.amount / 100)
    body = {"amount": f"{max(float(amount), 0.01):.2f}", "reference": f"SLIP-{life.number()}"}
    return life.ask("repay", life.office.officer, f"{path}/repayment", body)


def _decision(due: Any) -> Json:
    return {"due": f"{due:.2f}", "grounds": "查实"}


async def _claim(life: Life, chance: random.Random) -> Ask | None:
    paid = [use for use in life.uses if use.paid]
    use = chance.choice(paid) if paid else None
    if use is None:
        return await settle(life, chance)
    part = chance.choice([use.subsidy, use.subsidy / 2])
    amount = f"{max(float(part), 0.01):.2f}"
    body = {"redemption_id": use.id, "amount": amount, "reason_code": "overpaid", "facts": "多计价款"}
    return life.ask("open recovery", life.office.officer, RECOVERIES, body)


STEPS: tuple[Step, ...] = (settle, settle, settle, settle, settle, answer_again, correct, recover)
