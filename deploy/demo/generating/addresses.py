"""Registered addresses on roads that do not exist."""

from __future__ import annotations

from typing import Final

from deploy.demo.generating.chance import Chance

_PLACES: Final = {
    "540102": "西藏自治区拉萨市城关区",
    "540103": "西藏自治区拉萨市堆龙德庆区",
    "540104": "西藏自治区拉萨市达孜区",
    "540121": "西藏自治区拉萨市林周县",
    "540122": "西藏自治区拉萨市当雄县",
    "540123": "西藏自治区拉萨市尼木县",
    "540124": "西藏自治区拉萨市曲水县",
    "540127": "西藏自治区拉萨市墨竹工卡县",
    "540172": "拉萨经济技术开发区",
    "540173": "西藏自治区拉萨市城关区文化创意园",
    "540174": "西藏自治区拉萨市达孜区工业园",
    "LIUWU": "拉萨市柳梧新区",
}
_ROADS: Final = ("虚构东路", "虚构西路", "示例大道", "示例中路", "虚构一巷")
_ELSEWHERE: Final = ("西藏自治区日喀则市桑珠孜区", "西藏自治区山南市乃东区", "四川省成都市武侯区")


def address(stream: str, division: str) -> str:
    """One address; one in twenty-five lies outside the city, one in fifty does not say where it lies."""
    chance = Chance(f"address/{stream}")
    road = f"{chance.pick(_ROADS)}{chance.number(1, 199)}号"
    lot = chance.number(1, 50)
    if lot <= 2:
        return f"{chance.pick(_ELSEWHERE)}{road}"
    return f"虚构产业园{road}" if lot == 3 else f"{_PLACES[division]}{road}"
