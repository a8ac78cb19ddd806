"""Accepting and offering: what is wrong is refused and changes nothing, what is repeated counts once."""

from __future__ import annotations

from uuid import uuid4

from deploy.selftest.checks import WISH, Failed, Talk, check, equal, expect, tomorrow
from deploy.selftest.wire import Answer, Ask

RATE = "4.7850"
WRONG_AMOUNTS: tuple[object, ...] = (100000, -1, "-1.00", "0.00", "1.005", "1e5", "100,000.00", "１００.00", "", None)


@check("order", "early", "未受理先放款：409，不留痕迹", "paying out before anything: 409, and nothing changes")
def early(talk: Talk) -> None:
    before, today = talk.state(), str(talk.rest_on("main")["sent_on"])
    answer = talk.step("main", "disburse", reference=talk.reference("EARLY"), amount="1.00", value_on=today)
    expect(answer, 409, "invalid-transition")
    talk.unchanged(before)


@check("order", "key-required", "缺 Idempotency-Key：400", "without Idempotency-Key: 400")
def key_required(talk: Talk) -> None:
    body = {"reference": talk.reference("NOKEY")}
    expect(talk.wire.post(talk.path("main", "accept"), body, key=""), 400, "idempotency-key-required")


@check("order", "unknown-field", "未知字段：422", "an unknown field: 422")
def unknown_field(talk: Talk) -> None:
    expect(talk.step("main", "accept", reference=talk.reference("FIELD"), colour="red"), 422)


@check("order", "content-type", "内容类型或 JSON 有误：4xx", "a wrong content type, broken JSON: 4xx")
def content_type(talk: Talk) -> None:
    path, good = talk.path("main", "accept"), b'{"reference": "ST-TYPE"}'
    plain = Ask("POST", path, content=good, headers={"content-type": "text/plain"})
    expect(talk.wire.send(plain), (400, 415, 422))
    expect(talk.wire.send(Ask("POST", path, content=good[:-1])), (400, 422))


@check("order", "stale-match", "If-Match 过期：412", "a stale If-Match: 412")
def stale_match(talk: Talk) -> None:
    body = {"reference": talk.reference("STALE")}
    stale = {"if-match": '"0"'}
    expect(talk.wire.post(talk.path("main", "accept"), body, headers=stale), 412, "precondition-failed")


@check("order", "nothing-yet", "以上被拒请求均未生效", "none of what was refused has counted")
def nothing_yet(talk: Talk) -> None:
    now = talk.state()
    equal((now.get("status"), now.get("steps")), ("sent", []))


@check("order", "accept", "受理", "accept")
def accept(talk: Talk) -> None:
    key, body = str(uuid4()), {"reference": talk.reference("A1")}
    answer = expect(talk.wire.post(talk.path("main", "accept"), body, key=key), 200)
    equal((answer.get("status"), answer.get("kind")), ("accepted", "accept"))
    talk.made["accept"] = (key, body, answer)
    talk.sent.append(body["reference"])


@check("order", "same-key", "同键同内容：原样应答", "same key, same body: the same answer")
def same_key(talk: Talk) -> None:
    key, body, first = talk.rest_on("accept")
    _same(talk.wire.post(talk.path("main", "accept"), body, key=key), first)


@check("order", "key-reused", "同键异内容：拒绝", "same key, other body: refused")
def key_reused(talk: Talk) -> None:
    key, _, _ = talk.rest_on("accept")
    other = {"reference": talk.reference("A2")}
    expect(talk.wire.post(talk.path("main", "accept"), other, key=key), 422, "idempotency-key-reused")


@check("order", "same-reference", "同流水号换键重发：同一笔", "same reference under a new key: the same step")
def same_reference(talk: Talk) -> None:
    _, body, first = talk.rest_on("accept")
    _same(talk.wire.post(talk.path("main", "accept"), body), first)


@check("order", "reference-used", "同流水号异内容：409", "same reference, other content: 409")
def reference_used(talk: Talk) -> None:
    _, body, _ = talk.rest_on("accept")
    answer = talk.wire.post(talk.path("refused", "accept"), body)
    expect(answer, 409, "bank-reference-used")


@check("order", "amounts", "金额形式有误：逐一 422", "amounts of a wrong form: 422, every one")
def amounts(talk: Talk) -> None:
    until = tomorrow(talk.rest_on("main")["sent_on"], 20)
    for wrong in WRONG_AMOUNTS:
        body = {"amount": wrong, "rate": RATE, "tenor_months": 12, "until": until}
        answer = talk.step("main", "offer", reference=talk.reference("WRONG"), **body)
        if expect(answer, (422, *range(200, 300))).status != 422:
            raise Failed(f"422: {wrong!r}", answer)


@check("order", "above-wish", "报价高于申请：409", "an offer above what was asked for: 409")
def above_wish(talk: Talk) -> None:
    expect(_offer(talk, "main", "TOOMUCH", "100000.01"), 409, "referral-offer-above-request")


@check("order", "offer", "报价", "offer")
def offer(talk: Talk) -> None:
    talk.rest_on("accept")
    answer = expect(_offer(talk, "main", "O1", WISH), 200)
    equal((answer.get("status"), answer.get("amount")), ("offered", WISH))
    talk.made["offer"] = answer.json
    talk.sent.append(talk.reference("O1"))


@check("order", "before-yes", "企业未同意先放款：409", "paying out before the enterprise agrees: 409")
def before_yes(talk: Talk) -> None:
    day = talk.rest_on("offer")["value_on"]
    answer = talk.step("main", "disburse", reference=talk.reference("EARLY2"), amount="1.00", value_on=day)
    expect(answer, 409, "invalid-transition")


@check("order", "agree", "虚构企业同意（沙箱代答）", "the fictional enterprise agrees (sandbox)")
def agree(talk: Talk) -> None:
    talk.rest_on("offer")
    answer = expect(talk.wire.post(f"/v1/referrals/sandbox/{talk.made['main']['id']}/agree"), 200)
    equal(answer.get("status"), "agreed")
    talk.made["agreed"] = answer.json


@check("ends", "refuse", "拒贷须有名单内理由", "a refusal has a reason of the list")
def refuse(talk: Talk) -> None:
    expect(talk.step("refused", "refuse", reference=talk.reference("X0"), reason_code="moon_phase"), 422)
    answer = talk.step("refused", "refuse", reference=talk.reference("X1"), reason_code="history_too_short")
    equal(expect(answer, 200).get("status"), "refused")
    late = talk.step("refused", "accept", reference=talk.reference("X2"))
    expect(late, 409, "invalid-transition")


@check("ends", "cancel", "同意后撤销，不再可放款", "cancelled after the agreement, and no paying out any more")
def cancel(talk: Talk) -> None:
    expect(talk.step("cancelled", "accept", reference=talk.reference("C1")), 200)
    expect(_offer(talk, "cancelled", "C2", "50000.00"), 200)
    agreed = expect(talk.wire.post(f"/v1/referrals/sandbox/{talk.made['cancelled']['id']}/agree"), 200)
    answer = talk.step("cancelled", "cancel", reference=talk.reference("C3"), reason_code="other")
    equal(expect(answer, 200).get("status"), "withdrawn")
    paid = talk.step(
        "cancelled", "disburse", reference=talk.reference("C4"), amount="1.00", value_on=agreed.get("agreed_on")
    )
    expect(paid, 409, "invalid-transition")


@check("ends", "decline", "企业谢绝报价后不可放款", "declined by the enterprise: no paying out")
def decline(talk: Talk) -> None:
    expect(talk.step("declined", "accept", reference=talk.reference("E1")), 200)
    offered = expect(_offer(talk, "declined", "E2", "50000.00"), 200)
    path = f"/v1/referrals/sandbox/{talk.made['declined']['id']}/decline"
    equal(expect(talk.wire.post(path, {"reason_code": "other"}), 200).get("status"), "declined")
    paid = talk.step(
        "declined", "disburse", reference=talk.reference("E3"), amount="1.00", value_on=offered.get("value_on")
    )
    expect(paid, 409, "invalid-transition")


def _offer(talk: Talk, name: str, word: str, amount: str) -> Answer:
    until = tomorrow(talk.rest_on(name)["sent_on"], 20)
    terms = {"amount": amount, "rate": RATE, "tenor_months": 12, "until": until}
    return talk.step(name, "offer", reference=talk.reference(word), **terms)


def _same(answer: Answer, first: Answer) -> None:
    expect(answer, 200)
    equal(answer.json, first.json)
    equal(answer.headers.get("etag"), first.headers.get("etag"))
