"""Names that can be nobody's: each begins with 虚构 (fictional)."""

from __future__ import annotations

from typing import Final

from deploy.demo.generating.chance import Chance

_FIRST: Final = "云雪格卓央达日光河谷高原金银松柏青禾朗月星岭川岩清泉白羽鹰鹿麦雅晨曦长风"
_SECOND: Final = "图桑嘎玛措瑞德泰安宁和顺康盛通达远恒兴隆茂源创拓新锐信诚优佳美蓝海天"
_TRADES: Final = (
    ("软件", "I6513"),
    ("信息技术", "I6550"),
    ("网络科技", "I6490"),
    ("电子商务", "F5292"),
    ("文化传播", "R8890"),
    ("手工艺", "C2439"),
    ("藏香", "C2684"),
    ("乳业", "C1449"),
    ("饮料", "C1529"),
    ("农业科技", "A0149"),
    ("生物", "C2730"),
    ("旅游服务", "L7291"),
    ("工程技术", "M7320"),
    ("检测服务", "M7452"),
    ("教育咨询", "L7243"),
    ("创意设计", "M7491"),
)

SERVICE_TRADES: Final = (
    ("人才培训", "talent_training"),
    ("创业辅导", "startup_coaching"),
    ("法律咨询", "legal_protection"),
    ("管理顾问", "management_consulting"),
    ("财务顾问", "financial_guidance"),
    ("检测认证", "testing_certification"),
    ("知识产权", "ip_protection"),
    ("会展服务", "exhibition"),
)


class Names:
    """Gives each name once."""

    def __init__(self, stream: str) -> None:
        self._chance = Chance(stream)
        self._given: set[str] = set()

    def enterprise(self) -> tuple[str, str]:
        """A name and its code of GB/T 4754-2017."""
        while True:
            trade, industry = self._chance.pick(_TRADES)
            name = f"虚构{self._chance.pick(_FIRST)}{self._chance.pick(_SECOND)}{trade}有限公司"
            if name not in self._given:
                self._given.add(name)
                return name, industry

    def in_trade(self, name: str, industry: str) -> str:
        """The same name in another trade, given instead of the first; the first where the other is given already."""
        trades = {code: trade for trade, code in _TRADES}
        old = next(trade for trade, _ in _TRADES if name.endswith(f"{trade}有限公司"))
        renamed = name.replace(old, trades[industry])
        if renamed in self._given:
            return name
        self._given.add(renamed)
        return renamed
