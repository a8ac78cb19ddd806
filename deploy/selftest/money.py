"""Paying out and back: to the cent, once each, whoever sends at the same time."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from deploy.selftest.checks import Failed, Talk, check, equal, expect, tomorrow
from deploy.selftest.wire import Answer, Ask

FIRST, SECOND = "60000.00", "40000.00"
AT_ONCE = 6


@check("money", "above-offer", "放款高于报价：409", "paying out more than the offer: 409")
def above_offer(talk: Talk) -> None:
    _refused(talk, "disburse", "D0", "100000.01", talk.day, "referral-disbursed-above-offer")


@check("money", "future", "起息日在将来：拒绝", "a value day in the future: refused")
def future(talk: Talk) -> None:
    _refused(talk, "disburse", "D0", "1.00", tomorrow(talk.day, 400), "referral-value-day")


@check("money", "disburse", "首笔放款", "a first part is paid out")
def disburse(talk: Talk) -> None:
    key, body = str(uuid4()), _money(talk, "D1", FIRST)
    answer = expect(talk.wire.post(talk.path("main", "disburse"), body, key=key), 200)
    equal((answer.get("status"), answer.get("disbursed"), answer.get("outstanding")), ("disbursed", FIRST, FIRST))
    talk.made["disbursed"] = (key, body, answer)
    talk.sent.append(body["reference"])


@check("money", "disburse-again", "放款重发：只算一次", "the same paying out again counts once")
def disburse_again(talk: Talk) -> None:
    key, body, first = talk.rest_on("disbursed")
    for again in (key, None):
        answer = expect(talk.wire.post(talk.path("main", "disburse"), body, key=again), 200)
        equal(answer.json, first.json)
    equal(talk.state().get("disbursed"), FIRST)


@check("money", "disburse-other", "同流水号不同金额：409", "the same reference with another amount: 409")
def disburse_other(talk: Talk) -> None:
    _, body, _ = talk.rest_on("disbursed")
    before = talk.state()
    other = {**body, "amount": SECOND}
    expect(talk.wire.post(talk.path("main", "disburse"), other), 409, "bank-reference-used")
    talk.unchanged(before)


@check("money", "above-rest", "第二笔超出余额一分：409", "a second part one fen too large: 409")
def above_rest(talk: Talk) -> None:
    talk.rest_on("disbursed")
    _refused(talk, "disburse", "D0", "40000.01", talk.day, "referral-disbursed-above-offer")


@check("money", "at-once", "第二笔并发重发：只算一次", "a second part, sent many times at once, counts once")
def at_once(talk: Talk) -> None:
    talk.rest_on("disbursed")
    body, key, path = _money(talk, "D2", SECOND), str(uuid4()), talk.path("main", "disburse")
    asks = [Ask("POST", path, body, key=key if n % 2 else str(uuid4())) for n in range(AT_ONCE)]
    answers = [expect(answer, 200) for answer in talk.at_once(asks)]
    equal(len({answer.get("id") for answer in answers}), 1)
    equal(talk.state().get("disbursed"), "100000.00")
    talk.made["all-out"] = answers[0].json
    talk.sent.append(body["reference"])


@check("money", "above-owed", "还款高于所欠：409", "repaying more than is owed: 409")
def above_owed(talk: Talk) -> None:
    talk.rest_on("all-out")
    _refused(talk, "repay", "R0", "100000.01", talk.day, "referral-repaid-above-outstanding")


@check("money", "close-owed", "尚有欠款不能结清：409", "closing while something is owed: 409")
def close_owed(talk: Talk) -> None:
    talk.rest_on("all-out")
    expect(talk.step("main", "close", reference=talk.reference("Z0")), 409, "referral-still-owed")


@check("money", "repay", "还款（另记利息）", "repaying, with interest noted")
def repay(talk: Talk) -> None:
    talk.rest_on("all-out")
    body = {**_money(talk, "R1", "2500.50"), "interest": "398.75"}
    answer = expect(talk.wire.post(talk.path("main", "repay"), body), 200)
    equal((answer.get("status"), answer.get("repaid"), answer.get("outstanding")), ("repaying", "2500.50", "97499.50"))
    equal(answer.get("interest"), "398.75")
    talk.made["repaid"] = answer.json
    talk.sent.append(body["reference"])


@check("money", "race", "并发还款不超所欠", "repayments at once never exceed what is owed")
def race(talk: Talk) -> None:
    talk.rest_on("repaid")
    path = talk.path("main", "repay")
    bodies = [_money(talk, f"R2-{n}", "40000.00") for n in range(AT_ONCE)]
    answers = talk.at_once([Ask("POST", path, body) for body in bodies])
    for answer in answers:
        expect(answer, (200, 409))
    counted = [body["reference"] for body, answer in zip(bodies, answers, strict=True) if answer.status == 200]
    equal(len(counted), 2)
    equal(talk.state().get("outstanding"), "17499.50")
    talk.made["raced"] = counted
    talk.sent.extend(counted)


@check("money", "reverse", "冲正：整笔、一次", "taking back: whole, and once")
def reverse(talk: Talk) -> None:
    wrong = talk.rest_on("raced")[0]
    body = {"reverses": wrong, "reason_code": "wrong_amount", "value_on": talk.day}
    answer = expect(talk.step("main", "reverse", reference=talk.reference("V1"), **body), 200)
    equal((answer.get("reverses"), answer.get("outstanding")), (wrong, "57499.50"))
    talk.sent.append(talk.reference("V1"))
    talk.made["reversed"] = answer.json
    expect(talk.step("main", "reverse", reference=talk.reference("V2"), **body), 409, "referral-step-reversed")


@check("money", "close", "还清并结清", "the rest is repaid, and it is closed")
def close(talk: Talk) -> None:
    talk.rest_on("reversed")
    rest = _money(talk, "R3", "57499.50")
    equal(expect(talk.wire.post(talk.path("main", "repay"), rest), 200).get("outstanding"), "0.00")
    answer = expect(talk.step("main", "close", reference=talk.reference("Z1")), 200)
    equal(answer.get("status"), "closed")
    talk.made["closed"] = answer.json
    talk.sent.extend([rest["reference"], talk.reference("Z1")])


@check("money", "over", "结清后不再收款：409", "nothing is taken after that: 409")
def over(talk: Talk) -> None:
    talk.rest_on("closed")
    for verb in ("repay", "disburse"):
        body = _money(talk, f"OVER-{verb}", "1.00")
        expect(talk.wire.post(talk.path("main", verb), body), 409, "invalid-transition")


@check("money", "steps", "流水逐笔在册，各一次，合计相符", "every step is on record once, and the sums agree")
def steps(talk: Talk) -> None:
    talk.rest_on("closed")
    path = f"/v1/referrals/steps?referral_id={talk.made['main']['id']}&limit=200"
    items = expect(talk.wire.get(path), 200).get("items")
    equal(sorted(item["reference"] for item in items), sorted(talk.sent))
    taken_back = {item["reverses"] for item in items}
    repaid = [item for item in items if item["kind"] == "repay" and item["reference"] not in taken_back]
    equal(sum(Decimal(item["amount"]) for item in repaid), Decimal("100000.00"))
    now = talk.state()
    equal((now.get("disbursed"), now.get("repaid")), ("100000.00", "100000.00"))


@check("reconciliation", "statement", "当日对账单含本行各笔", "the day's statement has the bank's lines")
def statement(talk: Talk) -> None:
    talk.rest_on("closed")
    answer = expect(talk.wire.get(f"/v1/banks/reconciliations/statement?day={talk.day}"), 200)
    lines = answer.get("lines")
    money = {line["reference"] for line in lines if line["case_no"] == talk.made["main"]["no"]}
    steps_of_money = {word for word in talk.sent if word.rsplit("-", 1)[-1] not in ("A1", "O1", "Z1")}
    equal(money, steps_of_money)
    talk.made["statement"] = answer.json


@check("reconciliation", "totals", "合计与明细不符的文件：422", "a file whose totals are not its lines': 422")
def totals(talk: Talk) -> None:
    answer = _file(talk, {"count": talk.rest_on("statement")["control"]["count"] + 1})
    expect(answer, 422, "reconciliation-totals-wrong")


@check("reconciliation", "agrees", "按对账单报送：无差异", "the statement filed as the day: nothing differs")
def agrees(talk: Talk) -> None:
    talk.rest_on("statement")
    answer = expect(_file(talk, {}), (200, 201))
    equal((answer.get("status"), answer.get("differences")), ("agreed", 0))


@check("reconciliation", "differs", "少报一笔：即时指出", "one line left out: said at once")
def differs(talk: Talk) -> None:
    own = talk.rest_on("statement")
    short = [line for line in own["lines"] if line["reference"] != talk.reference("R1")]
    control = {"count": len(short), "repaid": _minus(own["control"]["repaid"], "2500.50")}
    answer = expect(_file(talk, control, short), (200, 201))
    kinds = {(found["kind"], found["reference"]) for found in answer.get("found")}
    if ("missing_there", talk.reference("R1")) not in kinds:
        raise Failed(f"missing_there {talk.reference('R1')}", kinds)
    expect(_file(talk, {}), (200, 201))


def _money(talk: Talk, word: str, amount: str) -> dict[str, str]:
    return {"reference": talk.reference(word), "amount": amount, "value_on": talk.day}


def _refused(talk: Talk, verb: str, word: str, amount: str, day: str, code: str) -> None:
    before = talk.state()
    body = {"reference": talk.reference(word), "amount": amount, "value_on": day}
    expect(talk.wire.post(talk.path("main", verb), body), 409, code)
    talk.unchanged(before)


def _file(talk: Talk, control: dict[str, object], lines: object = None) -> Answer:
    own = talk.made["statement"]
    body = {
        "day": talk.day,
        "replace": True,
        "lines": own["lines"] if lines is None else lines,
        "control": {**own["control"], **control},
    }
    return talk.wire.post("/v1/banks/reconciliations", body)


def _minus(one: str, other: str) -> str:
    return f"{Decimal(one) - Decimal(other):.2f}"
