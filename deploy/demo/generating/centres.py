"""Twenty-seven fictional centres: every district, county and park, all tiers, enclaves, one to four titles each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.chance import Chance, days_after, weekday
from deploy.demo.generating.codes import OPERATOR, credit_code
from shared.calendar import add_working_days

KINDS: Final = ("maker_space", "entrepreneurship_base", "tech_incubator", "commerce_cluster")
_M, _B, _T, _C = KINDS
_SERVICES: Final = ("innovation_entrepreneurship", "enterprise", "graduate", "technology_incubation")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a centre is to be in the story: its size (enterprises admitted in the first year) and how each year goes."""

    key: str
    word: str
    tier: str
    owner: str
    site: str
    size: int
    industry: str
    titles: tuple[str, ...]
    years: tuple[str, str, str]
    """excellent, good, pass or fail for 2019, 2020 and 2021; `exempt`, `new` and `gone` where no score is meant."""
    operator: str = ""
    """The key of another centre of the same operator."""

    @property
    def remote(self) -> bool:
        """Owned by or standing in one of the five counties of 1.2-6."""
        return bool({self.owner, self.site} & {"540121", "540122", "540123", "540124", "540127"})


_E, _G, _P, _F = "excellent", "good", "pass", "fail"

PLANS: Final = (
    Plan("C01", "云岭", "standard", "540102", "540102", 16, "I6490", (_M, _B, _T, _C), (_F, _F, "gone")),
    Plan("C02", "晨光", "standard", "540103", "540103", 22, "I6513", (_M, _B), (_G, _G, _G), operator="C01"),
    Plan("C03", "雪莲", "standard", "540104", "540104", 15, "C2439", (_M, _C), (_F, _P, _G)),
    Plan("C04", "格桑", "standard", "540127", "540127", 8, "A0149", (_B,), (_F, "exempt", _F)),
    Plan("C05", "羌塘飞地", "specialised", "540122", "540102", 14, "C1449", (_M, _T), (_G, _G, _G)),
    Plan("C06", "柳梧科创", "national", "LIUWU", "LIUWU", 36, "I6513", (_M, _B, _T), (_G, _G, _E)),
    Plan("C07", "古艺", "standard", "540173", "540173", 20, "R8890", (_M, _C), (_P, _F, _P)),
    Plan("C08", "初心", "standard", "540172", "540172", 8, "F5292", (_M,), ("new", "new", "new")),
    Plan("C09", "河谷", "standard", "540102", "540102", 21, "L7291", (_B, _C), (_P, _G, _E)),
    Plan("C10", "金桥", "standard", "540103", "540103", 20, "F5292", (_C,), (_E, _P, _F)),
    Plan("C11", "云数", "specialised", "540172", "540172", 23, "I6550", (_M, _T), (_E, _E, _E)),
    Plan("C12", "藏药", "specialised", "540172", "540172", 20, "C2730", (_T,), (_G, _G, _G)),
    Plan("C13", "唐卡", "specialised", "540173", "540173", 20, "C2439", (_M, _C), (_E, _E, _G)),
    Plan("C14", "净土", "specialised", "540174", "540174", 18, "C1529", (_B, _T), (_P, _G, _G)),
    Plan("C15", "新城", "standard", "LIUWU", "LIUWU", 24, "M7519", (_M, _B, _T), (_E, _E, _E)),
    Plan("C16", "高原智造", "national", "540172", "540172", 36, "C3990", KINDS, (_E, _E, _G)),
    Plan("C17", "热振飞地", "standard", "540121", "540103", 11, "A0390", (_M,), (_P, _E, _G)),
    Plan("C18", "澎波", "standard", "540121", "540121", 9, "A0111", (_B,), (_P, _P, _G)),
    Plan("C19", "尼木三绝", "standard", "540123", "540123", 8, "C2439", (_M,), (_P, _P, _P)),
    Plan("C20", "藏香飞地", "specialised", "540123", "LIUWU", 12, "C2684", (_M, _C), (_G, _G, _G)),
    Plan("C21", "雅曲", "standard", "540124", "540124", 12, "A0141", (_B, _C), (_E, _E, _G)),
    Plan("C22", "秀色飞地", "standard", "540124", "540173", 10, "R8890", (_M,), (_P, _P, _E)),
    Plan("C23", "甲玛飞地", "specialised", "540127", "540102", 12, "M7320", (_T,), (_G, _G, _G)),
    Plan("C24", "纳木措", "standard", "540122", "540122", 8, "L7291", (_M,), (_P, _P, _P)),
    Plan("C25", "达孜河畔", "standard", "540104", "540104", 18, "C1332", (_B,), (_P, _G, _P)),
    Plan("C26", "八廓文创", "specialised", "540102", "540102", 21, "R8890", (_M, _B, _C), (_G, _G, _E)),
    Plan("C27", "日光城", "national", "540102", "540102", 38, "I6513", KINDS, (_G, _G, _G)),
)

COMEBACK_NAME: Final = "示例新程双创中心"
COMEBACK_OPERATOR: Final = "虚构新程孵化管理有限公司（原虚构云岭企业管理有限公司）"

_NOTICE_DAYS: Final = 5
_COUNTIES: Final = {
    "540121": "林周县人民政府",
    "540122": "当雄县人民政府",
    "540123": "尼木县人民政府",
    "540124": "曲水县人民政府",
    "540127": "墨竹工卡县人民政府",
}
_HOSTS: Final = {
    "540102": "城关区人民政府",
    "540103": "堆龙德庆区人民政府",
    "540172": "经开区管委会",
    "540173": "文创园管委会",
    "LIUWU": "柳梧新区管委会",
}

_LISTED_LATE: Final = {"C08": date(2021, 8, 2)}
_LISTED_EARLIER: Final = {"C24": (date(2017, 6, 15), "示例认定〔2017〕3号")}
"""Taken over with the records of before 2019."""
_FIRST_TENANTS: Final = {"C24": date(2019, 2, 11)}
"""From when they take the tenants of this story."""
_AREA: Final = {"standard": 110, "specialised": 140, "national": 150}
"""Square metres of total area per enterprise of the first year."""


def make_centres() -> list[tables.Centre]:
    """All centres, registered from January 2019 on and listed in February, the late one in 2021, one long before."""
    return [_as_it_was(_centre(number, plan)) for number, plan in enumerate(PLANS)]


def takes_tenants_from(centre: tables.Centre) -> date:
    """The day before which none of the 600 enterprises comes."""
    return _FIRST_TENANTS.get(centre.key, centre.listed_on)


def is_earlier(centre: tables.Centre) -> bool:
    """Whether it was listed before 2019."""
    return centre.key in _LISTED_EARLIER


def _as_it_was(centre: tables.Centre) -> tables.Centre:
    if not is_earlier(centre):
        return centre
    listed_on, document_no = _LISTED_EARLIER[centre.key]
    days = dict.fromkeys(("registered_on", "reviewed_on", "listed_on"), listed_on)
    return centre.model_copy(update={**days, "document_no": document_no})


def operator_code(key: str) -> str:
    """The code of the operator of a centre of the plan."""
    number = [plan.key for plan in PLANS].index(key)
    owner = PLANS[number].operator or key
    return credit_code(OPERATOR + 7919 * int(owner[1:]), _plan(owner).site)


def operator_name(key: str) -> str:
    return f"虚构{_plan(_plan(key).operator or key).word}企业管理有限公司"


def _plan(key: str) -> Plan:
    return next(plan for plan in PLANS if plan.key == key)


def _centre(number: int, plan: Plan) -> tables.Centre:
    chance = Chance(f"centre/{plan.key}")
    begins = _LISTED_LATE.get(plan.key, chance.day(date(2019, 1, 7), date(2019, 1, 31)))
    reviewed = days_after(begins, chance.number(8, 14))
    listed = days_after(reviewed, chance.number(7, 12))
    reviewed = _announced_in_time(begins, reviewed, listed)
    enclave = plan.owner in _COUNTIES and plan.site in _HOSTS
    total = plan.size * _AREA[plan.tier] + 10 * chance.number(0, 40)
    national = plan.tier == "national"
    services = [kind for place, kind in enumerate(_SERVICES) if (number + place) % 3 != 1 or place == 0]
    return tables.Centre(
        key=plan.key,
        name=f"示例{plan.word}双创中心",
        operator_code=operator_code(plan.key),
        operator_name=operator_name(plan.key),
        service_kinds=tuple(services),
        tier=plan.tier,
        owner_division=plan.owner,
        site_division=plan.site,
        total_area_m2=Decimal(total),
        incubation_area_m2=Decimal(round(total * 0.9)),
        industry_code=plan.industry,
        designation_issuer="虚构国家认定机关" if national else None,
        designation_no=f"虚构认定〔2018〕{10 + number}号" if national else None,
        designated_on=date(2018, 11, 20) if national else None,
        agreement_no=f"示例共建〔{begins.year}〕{number + 1}号" if enclave else None,
        agreement_parties=(_COUNTIES[plan.owner], _HOSTS[plan.site]) if enclave else None,
        agreed_on=date(2018, 12, 20) if enclave else None,
        registered_on=begins,
        reviewed_on=reviewed,
        listed_on=listed,
        document_no=f"示例认定〔{listed.year}〕{number + 1}号",
    )


def _announced_in_time(begins: date, reviewed: date, listed: date) -> date:
    """The day of the review, on which the public notice goes up: early enough for the notice to end before the listing.
    Raises ValueError where even the first day is too late."""
    while add_working_days(reviewed, _NOTICE_DAYS).day >= listed or weekday(reviewed) != reviewed:
        reviewed -= timedelta(days=1)
        if reviewed < begins:
            raise ValueError(f"no room for a public notice between {begins} and {listed}")
    return reviewed


def make_titles(centres: list[tables.Centre]) -> list[tables.Title]:
    """The titles that the centres hold, and one application that the delisting finds pending: of the barred operator's
    other centre."""
    titles = [
        _title(centre, plan, kind)
        for centre, plan in zip(centres, PLANS, strict=True)
        for kind in KINDS
        if kind in plan.titles and not is_earlier(centre)
    ]
    pending = tables.Title(
        centre="C02",
        kind="tech_incubator",
        applied_on=date(2021, 2, 3),
        reviewed_on=date(2021, 2, 22),
        granted_on=None,
        document_no=None,
    )
    return [*titles, pending]


def _title(centre: tables.Centre, plan: Plan, kind: str) -> tables.Title:
    chance = Chance(f"title/{plan.key}/{kind}")
    applied = days_after(centre.listed_on, chance.number(6, 40))
    reviewed = days_after(applied, chance.number(5, 12))
    granted = days_after(reviewed, chance.number(4, 10))
    if add_working_days(applied, _NOTICE_DAYS).day >= granted:
        granted = days_after(granted, 7)
    reviewed = _announced_in_time(applied, reviewed, granted)
    number = int(plan.key[1:]) * 10 + KINDS.index(kind)
    return tables.Title(
        centre=plan.key,
        kind=kind,
        applied_on=applied,
        reviewed_on=reviewed,
        granted_on=granted,
        document_no=f"示例授牌〔{granted.year}〕{number}号",
    )
