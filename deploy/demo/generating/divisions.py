"""What counties, districts and parks owe: leading groups, plans, policy measures, and matching funds with payments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.chance import Chance, days_after
from deploy.demo.generating.enterprises import Population

DIVISIONS: Final = {
    "540102": ("城关区", "区长"),
    "540103": ("堆龙德庆区", "区长"),
    "540104": ("达孜区", "区长"),
    "540121": ("林周县", "县长"),
    "540122": ("当雄县", "县长"),
    "540123": ("尼木县", "县长"),
    "540124": ("曲水县", "县长"),
    "540127": ("墨竹工卡县", "县长"),
    "540172": ("经开区", "管委会主任"),
    "540173": ("文创园", "管委会主任"),
    "540174": ("达孜园", "管委会主任"),
    "LIUWU": ("柳梧新区", "管委会主任"),
}

_MEMBERS: Final = ("科技局", "工信局", "财政局", "人社局", "市场监管局")
_OWES: Final = "540174"
"""Hands its policy measures in never; another is late with its plan."""
_LATE: Final = "540127"

_FUNDED: Final = {"540102": 900_000, "540103": 500_000, "540122": 300_000, "540172": 800_000, "LIUWU": 600_000}
_YEARS: Final = (2019, 2020, 2021)
_WAITS: Final = ("540103", 2021)
_REVISED: Final = ("540102", 2020)
_PAID_TO: Final = {"540102": "C09", "540103": "C02", "540122": "C24", "540172": "C16", "LIUWU": "C15"}
_WHAT_FOR: Final = (
    ("operations", "双创中心运行补助"),
    ("services", "创业服务与培训补助"),
    ("activities", "双创活动周补助"),
)


def make_division_pages() -> list[tables.DivisionPage]:
    """All of them, in the order of their codes."""
    return [_page(number, code) for number, code in enumerate(DIVISIONS, start=1)]


def _page(number: int, code: str) -> tables.DivisionPage:
    name, post = DIVISIONS[code]
    chance = Chance(f"division/{code}")
    established = chance.day(date(2019, 4, 2), date(2019, 4, 24))
    plan = date(2019, 8, 15) if code == _LATE else chance.day(date(2019, 5, 13), date(2019, 6, 21))
    policy = None if code == _OWES else chance.day(date(2019, 5, 20), date(2019, 6, 26))
    return tables.DivisionPage(
        division=code,
        group_document_no=f"示例{name}办〔2019〕{number}号",
        group_established_on=established,
        chair_post=post,
        members=tuple(f"{name}{member}" for member in _MEMBERS),
        office=f"{name}双创办公室",
        phone=f"0891-000{number:04}",
        named_on=days_after(established, 2),
        plan_no=f"示例{name}实施方案〔2019〕{number}号",
        plan_on=plan,
        policy_no=f"示例{name}措施〔2019〕{number}号" if policy else None,
        policy_on=policy,
    )


def make_matching_funds() -> list[tables.MatchingFund]:
    """Three years of five divisions; one budget is raised in its year, one waits for its approver."""
    return [_fund(code, year, amount) for year in _YEARS for code, amount in _FUNDED.items()]


def _fund(code: str, year: int, amount: int) -> tables.MatchingFund:
    name = DIVISIONS[code][0]
    chance = Chance(f"matching/{code}/{year}")
    recorded = (
        chance.day(date(year, 4, 8), date(year, 5, 24))
        if year == 2019
        else chance.day(date(year, 3, 2), date(year, 3, 19))
    )
    raised = (code, year) == _REVISED
    revised = days_after(recorded, 120) if raised else None
    return tables.MatchingFund(
        division=code,
        year=year,
        document_no=f"示例{name}财〔{year}〕5号",
        amount=f"{amount + 50_000 * (year - 2019)}.00",
        recorded_on=recorded,
        approved_on=None if (code, year) == _WAITS else days_after(recorded, chance.number(3, 8)),
        revised=f"{amount + 250_000}.00" if raised else None,
        revision_no=f"示例{name}财〔{year}〕18号" if raised else None,
        revised_on=revised,
        revision_approved_on=days_after(revised, 5) if revised else None,
    )


def make_matching_payments(
    funds: Sequence[tables.MatchingFund], population: Population
) -> list[tables.MatchingPayment]:
    """To a centre of the division three times a year and to an enterprise once; one payment is taken back."""
    return [payment for fund in funds if fund.approved_on for payment in _payments(fund, population)]


def _payments(fund: tables.MatchingFund, population: Population) -> Iterator[tables.MatchingPayment]:
    assert fund.approved_on is not None
    centre = _PAID_TO[fund.division]
    chance = Chance(f"matching-payments/{fund.division}/{fund.year}")
    budget = int(fund.amount.partition(".")[0])
    for number, (purpose, description) in enumerate(_WHAT_FOR):
        spent = days_after(fund.approved_on, 30 + 45 * number)
        mistaken = (fund.division, fund.year, number) == ("540172", 2020, 1)
        yield _payment(
            fund,
            number,
            spent,
            amount=budget // 20 * chance.number(3, 5) // 100 * 100,
            what=(purpose, description),
            centre=centre,
            reversed_on=days_after(spent, 12) if mistaken else None,
        )
    day = days_after(fund.approved_on, 150)
    there = next((stay for stay in population.of(centre) if stay.present_on(day) and stay.filed_on), None)
    if there is not None:
        what = ("enterprise_support", "在孵企业扶持")
        yield _payment(fund, len(_WHAT_FOR), day, amount=20_000, what=what, enterprise=there.enterprise.code)


def _payment(
    fund: tables.MatchingFund,
    number: int,
    spent: date,
    *,
    amount: int,
    what: tuple[str, str],
    centre: str | None = None,
    enterprise: str | None = None,
    reversed_on: date | None = None,
) -> tables.MatchingPayment:
    voucher = f"配-{fund.year}-{fund.division}-{number + 1:02}"
    return tables.MatchingPayment(
        division=fund.division,
        year=fund.year,
        centre=centre,
        enterprise=enterprise,
        amount=f"{amount}.00",
        purpose=what[0],
        description=what[1],
        voucher_no=voucher,
        document_no=f"示例拨付〔{fund.year}〕{fund.division}-{number + 1}",
        spent_on=spent,
        reversed_on=reversed_on,
        reversal_reason="duplicate" if reversed_on else None,
        reversal_voucher_no=f"{voucher}-冲" if reversed_on else None,
    )
