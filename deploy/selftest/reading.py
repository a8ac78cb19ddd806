"""Coming in, the sandbox, lists and single referrals."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from deploy.selftest.checks import REFERRALS, WISH, Failed, NotAsked, Talk, check, equal, expect
from deploy.selftest.wire import Answer, Wire


@check("access", "key-good", "密钥有效，引荐清单可读", "the key is good and referrals can be listed", reads=True)
def key_good(talk: Talk) -> None:
    answer = talk.wire.get(f"{REFERRALS}?limit=1")
    if answer.code == "scope-missing":
        raise Failed("referrals:read", answer)
    equal(isinstance(expect(answer, 200).get("items"), list), True)


@check("access", "key-none", "无密钥 401，不给任何数据", "without a key 401, and nothing else", reads=True)
def key_none(talk: Talk) -> None:
    answer = _as(talk.wire, None).get(f"{REFERRALS}?limit=1")
    _challenged(answer)


@check("access", "key-wrong", "改动一个字符的密钥 401", "a key with one letter changed is 401", reads=True)
def key_wrong(talk: Talk) -> None:
    key = talk.wire.api_key or ""
    answer = _as(talk.wire, key[:-1] + ("0" if key[-1] != "0" else "1")).get(f"{REFERRALS}?limit=1")
    _challenged(answer)


@check(
    "access",
    "problem",
    "差错为 problem+json，带代码，中英文可选",
    "errors: problem+json, a code, two languages",
    reads=True,
)
def problem(talk: Talk) -> None:
    path = f"{REFERRALS}/{uuid4()}"
    english = expect(talk.wire.get(path), 404)
    chinese = talk.wire.get(path, headers={"accept-language": "zh-CN"})
    if not english.headers.get("content-type", "").startswith("application/problem+json") or not english.code:
        raise Failed("application/problem+json", english.headers.get("content-type"))
    equal(chinese.code, english.code)
    if chinese.get("title") == english.get("title"):
        raise Failed("Accept-Language", english.get("title"))


@check("access", "parameter", "未知查询参数 422", "an unknown parameter is 422", reads=True)
def parameter(talk: Talk) -> None:
    expect(talk.wire.get(f"{REFERRALS}?colour=red"), 422)


@check(
    "access", "limits", "应答带限流信息 RateLimit", "answers tell the limit (RateLimit)", mandatory=False, reads=True
)
def limits(talk: Talk) -> None:
    answer = talk.wire.get(f"{REFERRALS}?limit=1")
    if "ratelimit" not in answer.headers or "ratelimit-policy" not in answer.headers:
        raise Failed("RateLimit, RateLimit-Policy", "-")


@check("access", "mode", "只见本模式的数据（livemode）", "rows of the key's own mode only", reads=True)
def mode(talk: Talk) -> None:
    items = expect(talk.wire.get(f"{REFERRALS}?limit=200"), 200).get("items")
    equal({item.get("livemode") for item in items} - {not talk.test}, set())


@check("sandbox", "sandbox", "测试密钥可自建虚构引荐", "a test key makes fictional referrals for itself")
def sandbox(talk: Talk) -> None:
    for name in ("main", "refused", "cancelled", "declined"):
        answer = expect(talk.wire.post(f"{REFERRALS}/sandbox", {"amount": WISH}), 201)
        made = answer.json
        equal((made.get("livemode"), made.get("status")), (False, "sent"))
        talk.made[name] = made


@check("sandbox", "listed", "新引荐在待办清单中（status=sent）", "it is in the list of what was sent")
def listed(talk: Talk) -> None:
    number = talk.rest_on("main")["no"]
    items = expect(talk.wire.get(f"{REFERRALS}?status=sent&no={number}"), 200).get("items")
    equal([item.get("id") for item in items], [talk.made["main"]["id"]])


@check("sandbox", "pages", "分页：逐页不重不漏", "pages: nothing twice, nothing left out")
def pages(talk: Talk) -> None:
    mine = {talk.rest_on(name)["id"] for name in ("main", "refused", "cancelled", "declined")}
    seen: list[str] = []
    path: str | None = f"{REFERRALS}?status=sent&limit=2"
    for _ in range(50):
        answer = expect(talk.wire.get(path or ""), 200)
        items = answer.get("items")
        if len(items) > 2:
            raise Failed("limit=2", len(items))
        seen += [item.get("id") for item in items]
        cursor = answer.get("next")
        if cursor is None or mine <= set(seen):
            break
        path = f"{REFERRALS}?status=sent&limit=2&cursor={cursor}"
    equal(len(seen), len(set(seen)))
    equal(mine - set(seen), set())


@check(
    "sandbox", "read", "读取单笔：ETag 与 version 一致", "one referral, with an ETag that is its version", reads=True
)
def read(talk: Talk) -> None:
    answer = expect(talk.wire.get(f"{REFERRALS}/{_some(talk)}"), 200)
    equal(answer.headers.get("etag", "").removeprefix("W/"), f'"{answer.get("version")}"')


@check(
    "sandbox",
    "conditional",
    "公开目录支持条件查询（304）",
    "conditional requests of public lists (304)",
    mandatory=False,
    reads=True,
)
def conditional(talk: Talk) -> None:
    anybody = _as(talk.wire, None)
    first = expect(anybody.get("/v1/banks"), 200)
    tag = first.headers.get("etag")
    if tag is None:
        raise Failed("ETag", "-")
    expect(anybody.get("/v1/banks", headers={"if-none-match": tag}), 304)


@check("sandbox", "tasks", "待办中有新引荐", "it is among the tasks", mandatory=False)
def tasks(talk: Talk) -> None:
    number = talk.rest_on("main")["no"]
    items = expect(talk.wire.get("/v1/tasks?kind=referral_to_answer&limit=200"), 200).get("items")
    if number not in [item.get("no") for item in items]:
        raise Failed(number, f"{len(items)} x -")


@check("sandbox", "unknown-id", "不存在的引荐 404", "a referral that there is not: 404", reads=True)
def unknown_id(talk: Talk) -> None:
    expect(talk.wire.get(f"{REFERRALS}/{uuid4()}"), 404)


@check("sandbox", "foreign", "他行的引荐读写均 404", "another bank's referral: 404, reading and writing")
def foreign(talk: Talk) -> None:
    if talk.other is None:
        raise NotAsked("no_other")
    made = expect(talk.other.post(f"{REFERRALS}/sandbox"), 201).json
    path = f"{REFERRALS}/{made['id']}"
    expect(talk.wire.get(path), 404)
    expect(talk.wire.post(f"{path}/accept", {"reference": talk.reference("FOREIGN")}), 404)
    found = expect(talk.wire.get(f"{REFERRALS}?no={made['no']}"), 200).get("items")
    equal(found, [])
    expect(talk.other.post(f"{REFERRALS}/sandbox/{made['id']}/withdraw", {"reason_code": "other"}), 200)


@check("sandbox", "live-apart", "正式密钥看不见沙箱数据", "a live key does not see the sandbox")
def live_apart(talk: Talk) -> None:
    if talk.live is None:
        raise NotAsked("no_live")
    expect(talk.live.get(talk.path("main")), 404)
    found = expect(talk.live.get(f"{REFERRALS}?no={talk.made['main']['no']}"), 200).get("items")
    equal(found, [])


def _some(talk: Talk) -> str:
    if "main" in talk.made:
        return str(talk.made["main"]["id"])
    items: Any = expect(talk.wire.get(f"{REFERRALS}?limit=1"), 200).get("items")  # of an unknown server
    if not items:
        raise NotAsked("nothing")
    return str(items[0]["id"])


def _as(wire: Wire, key: str | None) -> Wire:
    return wire.with_key(key)


def _challenged(answer: Answer) -> None:
    expect(answer, 401)
    challenge = answer.headers.get("www-authenticate", "")
    if not challenge.lower().startswith("bearer"):
        raise Failed("WWW-Authenticate: Bearer", challenge or "-")
