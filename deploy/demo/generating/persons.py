"""The persons behind the enterprises: a legal representative each, graduates among them with their papers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from stdnum.cn import ric

from deploy.demo import tables
from deploy.demo.generating.chance import Chance, days_after
from deploy.demo.generating.enterprises import Population, Stay

LEGAL_REPRESENTATIVE: Final = "legal_representative"
FOUNDER: Final = "founder"

_NOWHERE: Final = "540199"
"""A place that GB/T 2260 gives to no county, so that no number made here can be anybody's."""
_FIRST: Final = (
    "扎西",
    "卓玛",
    "次仁",
    "央金",
    "格桑",
    "达瓦",
    "德吉",
    "旺堆",
    "白玛",
    "尼玛",
    "索朗",
    "拉姆",
    "平措",
    "曲珍",
)
_SECOND: Final = (
    "云丹",
    "罗布",
    "措姆",
    "顿珠",
    "仓决",
    "多吉",
    "梅朵",
    "旦增",
    "群培",
    "玉珍",
    "晋美",
    "边巴",
    "嘉措",
    "普赤",
)
_SCHOOLS: Final = ("虚构高原大学", "虚构雪域职业技术学院", "虚构河谷师范学院", "虚构日光理工学院")
_PAPERS_AT: Final = frozenset({"C05", "C08", "C11", "C15", "C16", "C27"})
"""Centres that enter their graduates' papers; the others have the flag of the enterprise alone."""


def person_ref(number: int) -> str:
    """The reference by which the other services know a person."""
    return f"demo-person-{number:04}"


def identity(ref: str) -> tuple[str, str]:
    """Name and number of the person, always the same for a reference."""
    chance = Chance(f"person/{ref}")
    name = f"虚构{chance.pick(_FIRST)}{chance.pick(_SECOND)}"
    born = date(1972, 1, 1) + timedelta(days=chance.number(0, 9000))
    serial = int(ref.rpartition("-")[2].lstrip("pj") or "0")
    number = f"{_NOWHERE}{born:%Y%m%d}{serial % 1000:03}"
    return name, number + ric.calc_check_digit(f"{number}0")


def make_persons(population: Population) -> list[tables.Person]:
    """One legal representative for every enterprise; graduates stand behind theirs as founders as well."""
    firsts = first_stays(population)
    persons: list[tables.Person] = []
    for enterprise in population.enterprises:
        name, number = identity(enterprise.legal_representative_ref)
        founder = (FOUNDER,) if _has_papers(firsts[enterprise.code]) else ()
        persons.append(
            tables.Person(
                person_ref=enterprise.legal_representative_ref,
                name=name,
                id_number=number,
                capacities=(LEGAL_REPRESENTATIVE, *founder),
                enterprise=enterprise.code,
                since=enterprise.registered_on,
                named_on=days_after(firsts[enterprise.code].admitted_on, 1),
            )
        )
    return persons


def make_graduations(population: Population) -> list[tables.Graduation]:
    """The papers of graduates at some of the centres; one in eight waits for a second person."""
    graduations: list[tables.Graduation] = []
    for code, stay in first_stays(population).items():
        if not _has_papers(stay):
            continue
        chance = Chance(f"graduation/{code}")
        recorded = days_after(stay.admitted_on, chance.number(2, 6))
        year = stay.enterprise.registered_on.year - chance.number(0, 3)
        graduations.append(
            tables.Graduation(
                person_ref=stay.enterprise.legal_representative_ref,
                enterprise=code,
                centre=stay.centre,
                school=chance.pick(_SCHOOLS),
                graduated_on=date(year - (stay.enterprise.registered_on < date(year, 7, 1)), 6, 30),
                certificate_no=f"示例毕业证-{year}-{code[-6:]}",
                evidence=f"示例毕业证复印件-{code[-6:]}",
                recorded_on=recorded,
                confirmed_on=days_after(recorded, chance.number(2, 7)) if chance.number(1, 8) > 1 else None,
            )
        )
    return graduations


def first_stays(population: Population) -> dict[str, Stay]:
    """Where each enterprise came first, by its code."""
    firsts: dict[str, Stay] = {}
    for stay in population.stays:
        firsts.setdefault(stay.enterprise.code, stay)
    return firsts


def _has_papers(stay: Stay) -> bool:
    return stay.enterprise.graduate_founder and stay.centre in _PAPERS_AT


def founder_of(
    enterprises: Sequence[tables.Enterprise], graduations: Sequence[tables.Graduation]
) -> tuple[tables.Enterprise, tables.Graduation]:
    """The first enterprise whose founder's graduation somebody has confirmed, with that."""
    confirmed = {graduation.enterprise: graduation for graduation in graduations if graduation.confirmed_on}
    enterprise = next(enterprise for enterprise in enterprises if enterprise.code in confirmed)
    return enterprise, confirmed[enterprise.code]
