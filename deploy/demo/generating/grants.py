"""Grants for centre-years and what they are spent on; failed centres' grants rest, go on, or end with the delisting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.centres import PLANS, Plan
from deploy.demo.generating.chance import Chance, days_after
from deploy.demo.generating.codes import PROVIDER, credit_code
from shared.calendar import add_working_days

CAPS: Final = {"standard": 200_000, "specialised": 300_000, "national": 400_000}
PURPOSES: Final = {"standard": "operations", "specialised": "research_capacity", "national": "cooperation"}
_EVIDENCE: Final = {"standard": None, "specialised": "asset_list", "national": "partner_links"}
_WORDS: Final = {
    "operations": ("孵化服务运行经费", "场地运行与公共服务", "创业辅导活动经费"),
    "research_capacity": ("检验检测设备购置", "小试平台建设", "研发测试软件"),
    "cooperation": ("与内地技术服务机构合作", "与内地孵化机构共建", "与创投机构联合路演"),
}

_WITHOUT: Final = {(key, 2019) for key in ("C07", "C18", "C19", "C24")} | {
    (key, year) for year in (2020, 2021) for key in ("C07", "C08", "C10", "C14", "C19", "C20", "C22", "C24", "C25")
}
_NOTICE: Final = 5
"""Working days on public notice, from the day after the review."""
_EARLY: Final = {"C01", "C03"}
"""Applied for 2020 before the results of 2019 were published, and were held by them."""

_FULL: Final = {("C01", 2020), ("C11", 2020)}
"""Ask for all that the year's ceiling allows."""


def make_grants() -> list[tables.Grant]:
    """By year and centre."""
    return [
        _grant(plan, year)
        for year in (2019, 2020, 2021)
        for plan in PLANS
        if plan.years[year - 2019] not in ("new", "gone") and (plan.key, year) not in _WITHOUT
    ]


def _grant(plan: Plan, year: int) -> tables.Grant:
    chance = Chance(f"grant/{plan.key}/{year}")
    cap, purpose = CAPS[plan.tier], PURPOSES[plan.tier]
    amount = cap if (plan.key, year) in _FULL else cap * chance.number(12, 19) // 20 // 1000 * 1000
    early = year == 2020 and plan.key in _EARLY
    applied = date(2020, 1, 8) if early else chance.day(date(year, 4, 8), date(year, 6, 12))
    reviewed = days_after(applied, chance.number(6, 10))
    approved = days_after(add_working_days(reviewed, _NOTICE).day, chance.number(1, 4))
    countersigned = days_after(approved, chance.number(3, 6))
    paid: date | None = days_after(countersigned, chance.number(8, 15))
    unrectified = plan.years[max(0, year - 2020)] == "fail" and year > 2019
    if early and plan.key == "C03":
        paid = date(2020, 6, 22)
    elif early:
        paid = None
    elif unrectified:
        applied, reviewed, approved = _after(year, 6, 15), _after(year, 6, 24), _after(year, 7, 3)
        countersigned, paid = _after(year, 7, 8), _after(year, 7, 20)
    refunded = paid is not None and year == 2019 and plan.key in ("C14", "C17", "C25")
    recovered = (plan.key, year) == ("C01", 2019)
    closed = refunded or (paid is not None and plan.key in ("C11", "C15", "C16", "C21") and year < 2021)
    return tables.Grant(
        centre=plan.key,
        fiscal_year=year,
        amount=f"{amount}.00",
        purpose=purpose,
        description=_WORDS[purpose][0],
        evidence=_EVIDENCE[plan.tier],
        applied_on=applied,
        reviewed_on=reviewed,
        bureau="science" if chance.happens(0.5) else "industry",
        approved_on=approved,
        approved=f"{amount if chance.happens(0.7) or closed else amount - 10_000}.00",
        countersigned_on=countersigned,
        paid_on=paid,
        payment_reference=f"DEMO-PAY-{year}-{plan.key}" if paid else None,
        refunded_on=date(year, 12, 10) if refunded else None,
        refunded="20000.00" if refunded else None,
        recovered_on=date(2021, 6, 28) if recovered else None,
        recovered="50000.00" if recovered else None,
        closed_on=date(year, 12, 16) if closed else None,
    )


def _after(year: int, month: int, day: int) -> date:
    return days_after(date(year, month, day), 0)


def make_spending(grants: list[tables.Grant]) -> list[tables.Spending]:
    """What each paid grant was spent on: all of a closed one, about half of that of the centre that is delisted."""
    return [line for grant in grants if grant.paid_on is not None for line in _lines(grant, grant.paid_on)]


def _lines(grant: tables.Grant, paid_on: date) -> Iterator[tables.Spending]:
    chance = Chance(f"spending/{grant.centre}/{grant.fiscal_year}")
    approved, refunded = (int(float(amount or 0)) for amount in (grant.approved, grant.refunded))
    share = 1.0 if grant.closed_on else 0.55 if grant.centre == "C01" else 0.6 + 0.3 * chance.share()
    total = (approved - refunded) if grant.closed_on else round(approved * share) // 100 * 100
    first = round(total * 0.45) // 100 * 100
    for number, amount in enumerate((first, total - first)):
        recorded = min(days_after(paid_on, 20 + 25 * number), date(grant.fiscal_year, 12, 9))
        yield _line(grant, number, amount, recorded, planned=False)
    if grant.centre == "C01":
        yield _line(grant, 2, 30_000, date(grant.fiscal_year, 12, 9), planned=True)


def _line(grant: tables.Grant, number: int, amount: int, recorded: date, *, planned: bool) -> tables.Spending:
    serial = int(grant.centre[1:]) * 1000 + (grant.fiscal_year - 2019) * 10 + number
    return tables.Spending(
        centre=grant.centre,
        fiscal_year=grant.fiscal_year,
        recorded_on=recorded,
        description=_WORDS[grant.purpose][number % 3],
        amount=f"{amount}.00",
        purpose=grant.purpose,
        voucher_no=None if planned else f"记-{grant.fiscal_year}-{serial:05}",
        invoice_number=None if planned else f"54{grant.fiscal_year}{serial:014}",
        seller_code=None if planned else credit_code(PROVIDER + 5000 + 31 * (serial % 40), "540102"),
        spent_on=None if planned else recorded,
    )
