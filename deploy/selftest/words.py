"""What the self-test says, in Chinese and English."""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["zh", "en"]

RESULTS: Final = {
    "passed": ("通过", "pass"),
    "failed": ("未过", "FAIL"),
    "not_run": ("未做", "not run"),
    "not_asked": ("—", "–"),
}

FAULTS: Final = {
    "connect": ("连不上该地址（域名、端口或网络）", "cannot connect (name, port or network)"),
    "connect_timeout": ("连接超时", "the connection timed out"),
    "timeout": ("在限定时间内没有应答（--timeout）", "no answer in time (--timeout)"),
    "tls": (
        "TLS 证书或握手有误（自建证书用 --ca-file）",
        "TLS: certificate or handshake (--ca-file for a private one)",
    ),
    "protocol": ("应答不是完整的 HTTP 应答", "what came back is no whole HTTP answer"),
    "broken": ("连接中断", "the connection broke"),
    "redirect": ("该地址转向别处，请直接填写目标地址", "the address redirects; give the one it leads to"),
    "address": ("地址不可用", "the address cannot be used"),
}

GROUPS: Final = {
    "access": ("接入", "Access"),
    "sandbox": ("沙箱与查询", "Sandbox and reading"),
    "order": ("受理与报价", "Accepting and offering"),
    "money": ("放款与还款", "Paying out and back"),
    "ends": ("其他结局", "Other endings"),
    "reconciliation": ("对账", "Reconciliation"),
    "signatures": ("签名与摘要", "Signatures and digests"),
}

WORDS: Final = {
    "check": ("检查项", "check"),
    "result": ("结果", "result"),
    "expected": ("预期", "expected"),
    "found": ("实得", "found"),
    "rests_on": ("前一步未成：{what}", "rests on a step that failed: {what}"),
    "summary": (
        (
            "必过 {mandatory} 项：通过 {passed}，未过 {failed}，未做 {not_run}；"
            "选过 {optional} 项（通过 {optional_passed}）；不适用 {not_asked} 项。"
        ),
        (
            "{mandatory} mandatory: {passed} passed, {failed} failed, {not_run} not run; "
            "{optional} optional ({optional_passed} passed); {not_asked} not applicable."
        ),
    ),
    "conforms": ("符合接入要求。", "Conforms."),
    "conforms_not": ("不符合接入要求：请按上表逐项改正后重试。", "Does not conform: see the rows above."),
    "reads_only": ("仅做了只读检查。", "Reading checks only."),
    "optional": ("选过", "optional"),
    "no_signing": ("未给签名密钥", "no signing key given"),
    "no_other": ("未给 --other-key", "no --other-key given"),
    "no_live": ("未给 --live-key", "no --live-key given"),
    "no_scope": ("密钥没有该范围：{what}", "the key lacks the scope {what}"),
    "nothing": ("没有可查的引荐", "no referral to look at"),
    "no_answer": ("没有应答：{what}", "no answer: {what}"),
    "stopped": (
        "网关没有应答，自检到此为止：{what}",
        "The gateway does not answer; the self-test stops here: {what}",
    ),
    "live_refused": (
        "这是正式密钥：自检会写入数据，请用测试密钥（mc_test_）。只做只读检查请加 --read-only。",
        (
            "This is a live key, and the self-test writes: use a test key (mc_test_...). "
            "For the reading checks alone add --read-only."
        ),
    ),
    "no_key": (
        "密钥的形式不对，应为 mc_test_ 开头的整串（共 70 个字符）。",
        "This is no API key: the whole of it is 70 characters and begins with mc_test_.",
    ),
    "both_secrets": (
        "--signing-key 与 --hmac-secret 只能给一个。",
        "Give either --signing-key or --hmac-secret, not both.",
    ),
}


def say(language: Language, word: str, /, **values: object) -> str:
    """Raises KeyError for a word that there is not."""
    chinese, english = WORDS[word]
    return (chinese if language == "zh" else english).format(**values)


def pick(language: Language, pair: tuple[str, str]) -> str:
    """One of the two."""
    return pair[0] if language == "zh" else pair[1]
