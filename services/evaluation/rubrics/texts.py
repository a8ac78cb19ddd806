"""The formulas of the catalogue as people read them; `{name}` is a parameter of the indicator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.evaluation.rubrics.counting import from_records
from services.evaluation.rubrics.facts import Reading
from shared.policy.rubric import Indicator


@dataclass(frozen=True, slots=True)
class Said:
    """One text in the two languages of the message catalogue."""

    zh: str
    en: str


FORMULAS: Final[Mapping[str, Said]] = {
    "filing.filed_share": Said(
        "本年已备案入驻协议数 ÷ 本年入驻数 × 100", "admissions filed ÷ admissions of the year × 100"
    ),
    "filing.filed_in_time_share": Said(
        "入驻后 {days} 日内备案数 ÷ 本年入驻数 × 100",
        "admissions filed within {days} days ÷ admissions of the year × 100",
    ),
    "expert.mark": Said("专家评分（0–100）", "the experts' mark, 0 to 100"),
    "services.confirmed_per_enterprise": Said(
        "企业确认的服务次数（每家受服务企业全年至多计 {counted_at_most} 次）÷ 年末在孵企业数",
        "services confirmed (at most {counted_at_most} for each enterprise served) ÷ incubatees at the year's end",
    ),
    "services.mentors_per_ten": Said("创业导师数 × 10 ÷ 年末在孵企业数", "mentors × 10 ÷ incubatees at the year's end"),
    "services.staff_per_ten": Said(
        "专职服务人员数（受训比例不足 {trained_percent}% 时按受训人数折算）× 10 ÷ 年末在孵企业数",
        "specialist staff (as far as {trained_percent} % are trained) × 10 ÷ incubatees at the year's end",
    ),
    "services.area_share": Said("在孵企业使用面积 ÷ 中心总面积 × 100", "area in incubation use ÷ total area × 100"),
    "services.ip_share": Said(
        "拥有知识产权的在孵企业数 ÷ 年末在孵企业数 × 100",
        "enterprises holding intellectual property ÷ incubatees at the year's end × 100",
    ),
    "services.jobs_per_enterprise": Said(
        "在孵企业从业人数 ÷ 年末在孵企业数", "people employed ÷ incubatees at the year's end"
    ),
    "quarterly.on_time_share": Said("按期报送的报表数 ÷ 应报报表数 × 100", "reports sent in time ÷ reports due × 100"),
    "quarterly.complete_share": Said(
        "已审定报表的已填字段数 ÷ 全部应报报表的字段数 × 100",
        "fields filled in accepted reports ÷ fields of all reports due × 100",
    ),
    "quarterly.corrected_in_time_share": Said(
        "退回后 {working_days} 个工作日内更正的报表数 ÷ 退回报表数 × 100",
        "reports corrected within {working_days} working days ÷ reports returned × 100",
    ),
    "enterprises.incubatees": Said("年末在孵企业数", "incubatees on the year's last day"),
    "enterprises.graduation_rate": Said(
        "近 {rolling_years} 年毕业数 ÷ 近 {rolling_years} 年（年初在孵＋本年入驻）× 100",
        "graduates of {rolling_years} years ÷ (opening + new) of the same years × 100",
    ),
    "enterprises.exits_in_order_share": Said(
        "未超期且退出原因有据的企业数 ÷（年末在孵＋本年退出）× 100",
        "enterprises neither overdue nor gone without a documented reason ÷ (incubatees + exits) × 100",
    ),
    "enterprises.survival_share": Said(
        "入驻满 {months} 个月仍存续的企业数 ÷ 本年满 {months} 个月的企业数 × 100",
        "enterprises alive {months} months after entry ÷ enterprises that reached {months} months this year × 100",
    ),
    "financing.financed_share": Said(
        "获得融资的企业数 ÷ 年末在孵企业数 × 100", "enterprises financed ÷ incubatees at the year's end × 100"
    ),
    "financing.amount_per_enterprise": Said(
        "股权融资与计入的银行贷款（每家获融资企业全年至多计 {counted_at_most} 元）÷ 年末在孵企业数",
        "equity and bank loans that count (at most {counted_at_most} yuan for each enterprise financed)"
        " ÷ incubatees at the year's end",
    ),
    "financing.matches": Said("与基金或银行对接并获意向的次数", "matches with a fund or a bank that led to an offer"),
    "activities.events": Said("全年活动场次", "events of all levels"),
    "activities.attendance": Said("全年参加人次", "people who attended"),
    "activities.events_at_levels": Said("以下级别的活动场次：{levels}", "events of these levels: {levels}"),
}

RECORDED: Final[Mapping[str, Said]] = {
    "services.mentors_per_ten": Said(
        "登记系统中年末在聘、联系本中心且当年有经确认辅导的创业导师数 × 10 ÷ 年末在孵企业数",
        "mentors in office and linked to the centre at the year's end, with a confirmed session there in the year × 10 "
        "÷ incubatees at the year's end",
    ),
    "services.staff_per_ten": Said(
        "登记系统中年末专职服务人员数（持培训证书者不足 {trained_percent}% 时按持证人数折算）× 10 ÷ 年末在孵企业数",
        "full-time staff on record (as far as {trained_percent} % hold a training certificate) × 10"
        " ÷ incubatees at the year's end",
    ),
    "activities.events": Said("登记系统中经核实的全年活动场次", "events of the year on record and verified"),
    "activities.attendance": Said("经核实活动的全年参加人次", "people who attended the verified events"),
    "activities.events_at_levels": Said(
        "经核实的以下级别活动场次：{levels}", "verified events of these levels: {levels}"
    ),
}
"""The same where an indicator counts from the registry's records."""

INPUTS: Final[Mapping[str, Said]] = {
    "admitted": Said("本年入驻数", "admissions of the year"),
    "alive_after_12_months": Said("入驻满12个月仍存续的企业数", "enterprises alive after 12 months"),
    "area_used_m2": Said("在孵企业使用面积（平方米）", "area in incubation use, m²"),
    "attendance": Said("参加人次", "people who attended"),
    "attendance_reported": Said("报表所填参加人次", "people who attended, by the reports"),
    "bank_loans": Said("银行贷款（元）", "bank loans, yuan"),
    "cohort": Said("本年满期企业数", "enterprises whose term ended in the year"),
    "confirmed_services": Said("企业确认的服务次数", "services confirmed"),
    "corrected_in_time": Said("按期更正的报表数", "reports corrected in time"),
    "counted": Said("计入人数", "staff counted"),
    "counted_at_most": Said("计入上限", "counted at most"),
    "due": Said("应报报表数", "reports due"),
    "enterprises_financed": Said("获得融资的企业数", "enterprises financed"),
    "enterprises_with_ip": Said("拥有知识产权的在孵企业数", "enterprises holding intellectual property"),
    "enterprises_served": Said("受服务企业数", "enterprises served"),
    "equity_financing": Said("股权融资（元）", "equity financing, yuan"),
    "events": Said("活动场次", "events"),
    "events_reported": Said("报表所填活动场次", "events, by the reports"),
    "exited": Said("本年退出企业数", "exits of the year"),
    "exited_without_reason": Said("退出原因无据的企业数", "exits without a documented reason"),
    "fields": Said("应填字段数", "fields due"),
    "filed": Said("已备案入驻协议数", "admissions filed"),
    "filed_in_time": Said("按期备案数", "admissions filed in time"),
    "filled": Said("已填字段数", "fields filled"),
    "financing_enterprises": Said("有到账资金的企业数", "enterprises that received money"),
    "financing_matches": Said("融资对接获意向次数", "matches that led to an offer"),
    "financing_within_limit": Said("其中各企业上限内的金额（元）", "of this, within each enterprise's limit, yuan"),
    "graduated": Said("毕业企业数", "graduates"),
    "incubatees": Said("年末在孵企业数", "incubatees at the year's end"),
    "jobs": Said("在孵企业从业人数", "people employed"),
    "mark": Said("专家评分", "the experts' mark"),
    "mentors": Said("创业导师数", "mentors"),
    "mentors_reported": Said("报表所填创业导师数", "mentors, by the reports"),
    "on_time": Said("按期报送的报表数", "reports sent in time"),
    "opening_and_new": Said("年初在孵与本年入驻合计", "opening plus new"),
    "overdue": Said("超期企业数", "enterprises past their longest stay"),
    "returned": Said("退回报表数", "reports returned"),
    "services_recorded": Said("登记系统中企业确认的服务次数", "services confirmed, on record in the registry"),
    "services_within_limit": Said("其中各企业上限内的次数", "of these, within each enterprise's limit"),
    "specialist_staff": Said("专职服务人员数", "specialist staff"),
    "specialist_staff_reported": Said("报表所填专职服务人员数", "specialist staff, by the reports"),
    "total_area_m2": Said("中心总面积（平方米）", "total area, m²"),
    "trained_staff": Said("受训人数", "trained staff"),
    "trained_staff_reported": Said("报表所填受训人数", "trained staff, by the reports"),
}
"""What the inputs of the formulas are called, as score sheets name them."""

READINGS: Final[Mapping[Reading, Said]] = {
    "by_enterprise": Said("上限逐家企业计算", "limits applied to each enterprise's own records or lines"),
    "by_enterprise_and_total": Said(
        "有逐家数据的逐家计算上限，其余按总数和企业数计算",
        "limits applied to each enterprise's own records or lines; what is beyond them, to its total",
    ),
    "records": Said(
        "按登记系统中经确认的记录计数，报表数仅供比对",
        "counted from the registry's confirmed records; the reports' numbers stand beside them to compare",
    ),
    "total": Said(
        "报表仅有总数，上限按总数和企业数计算", "limits applied to the report's total and its number of enterprises"
    ),
}
"""How a limit for each enterprise was applied, or what was counted."""


def formula_text(indicator: Indicator) -> Said:
    """The indicator's formula with its parameters."""
    params = {name: _shown(value) for name, value in indicator.params.items()}
    said = RECORDED[indicator.formula] if from_records(indicator) else FORMULAS[indicator.formula]
    return Said(said.zh.format(**params), said.en.format(**params))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    if isinstance(value, str) and value.replace(".", "", 1).isdigit():
        return f"{Decimal(value):,f}".removesuffix(".00")
    return str(value)
