"""Digests for everybody; signatures where the bank signs; answers that can be proved."""

from __future__ import annotations

from secrets import token_urlsafe
from uuid import uuid4

from deploy.selftest.checks import REFERRALS, Failed, NotAsked, Talk, check, equal, expect
from deploy.selftest.signing import DIRECTORY, Twist, absolute, fault_of_answer, keys_of
from deploy.selftest.wire import Answer, Ask

STALE_SECONDS = 330


@check("signatures", "digest", "Content-Digest 与内容不符：拒绝", "a Content-Digest of other content: refused")
def digest(talk: Talk) -> None:
    answer = _probe(talk, swap=b'{"amount": "100001.00"}')
    expect(answer, 401 if talk.wire.signer else 400, "digest-mismatch")


@check("signatures", "wrong", "签名有误：401", "a wrong signature: 401", reads=True)
def wrong(talk: Talk) -> None:
    _twisted(talk, Twist(spoil=True), "signature-invalid")


@check("signatures", "other-url", "移用他处的签名：401", "a signature made for another address: 401", reads=True)
def other_url(talk: Talk) -> None:
    _twisted(talk, Twist(other_url=absolute(talk.wire.base_url, "/v1/referrals/steps")), "signature-invalid")


@check("signatures", "stale", "时间戳过期：401", "a time of more than five minutes ago: 401", reads=True)
def stale(talk: Talk) -> None:
    _twisted(talk, Twist(age_seconds=STALE_SECONDS), "signature-too-old")
    _twisted(talk, Twist(age_seconds=-STALE_SECONDS), "signature-too-old")


@check("signatures", "uncovered", "漏签 authorization：401", "authorization not covered: 401", reads=True)
def uncovered(talk: Talk) -> None:
    _twisted(talk, Twist(leave_out="authorization"), "component-missing")


@check("signatures", "altered", "签名后改动内容：401，不生效", "a body altered after signing: 401, and nothing is made")
def altered(talk: Talk) -> None:
    _signs(talk)
    before = _count(talk)
    expect(_probe(talk, swap=b'{"amount": "100001.00"}'), 401, "digest-mismatch")
    equal(_count(talk), before)


@check("signatures", "replayed", "nonce 重用：401", "a nonce used twice: 401", reads=True)
def replayed(talk: Talk) -> None:
    _signs(talk)
    ask = Ask("GET", f"{REFERRALS}?limit=1", twist=Twist(nonce=token_urlsafe(16)))
    expect(talk.wire.send(ask), 200)
    expect(talk.wire.send(ask), 401, "signature-replayed")


@check(
    "signatures",
    "unsigned",
    "密钥必签时不签：401",
    "unsigned, where the key has to sign: 401",
    mandatory=False,
    reads=True,
)
def unsigned(talk: Talk) -> None:
    _signs(talk)
    expect(talk.wire.get(f"{REFERRALS}?limit=1", signed=False), 401, "signature-required")


@check("signatures", "answer", "应答签名可按公钥验证", "a signed answer proves good with the public key", reads=True)
def answer(talk: Talk) -> None:
    _proved(talk, f"{REFERRALS}?limit=1", 200)


@check("signatures", "refusal", "差错应答同样签名", "a refusal is signed as well", reads=True)
def refusal(talk: Talk) -> None:
    _proved(talk, f"{REFERRALS}/{uuid4()}", 404)


def _signs(talk: Talk) -> None:
    if talk.wire.signer is None:
        raise NotAsked("no_signing")


def _twisted(talk: Talk, twist: Twist, code: str) -> None:
    _signs(talk)
    expect(talk.wire.send(Ask("GET", f"{REFERRALS}?limit=1", twist=twist)), 401, code)


def _probe(talk: Talk, *, swap: bytes) -> Answer:
    body = b'{"amount": "100000.00"}'
    return talk.wire.send(Ask("POST", f"{REFERRALS}/sandbox", content=body, swap=swap))


def _count(talk: Talk) -> int:
    items = expect(talk.wire.get(f"{REFERRALS}?status=sent&limit=200"), 200).get("items")
    return len(items)


def _proved(talk: Talk, path: str, status: int) -> None:
    keys = keys_of(expect(talk.wire.with_key(None).get(DIRECTORY), 200).json)
    if not keys:
        raise Failed(DIRECTORY, "-")
    nonce = token_urlsafe(12)
    wanted = f'answer=();created;nonce="{nonce}"'
    found = expect(talk.wire.get(path, headers={"accept-signature": wanted, "accept-encoding": "identity"}), status)
    fault = fault_of_answer(found.sent, found.status, found.headers, found.body, keys, nonce)
    if fault is not None:
        raise Failed("RFC 9421", fault)
