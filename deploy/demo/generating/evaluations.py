"""The evaluations of three years, and what follows from failing: rectification, exemption, delisting, coming back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.centres import COMEBACK_NAME, COMEBACK_OPERATOR, PLANS, Plan, operator_code
from deploy.demo.generating.chance import Chance, days_after
from deploy.demo.generating.enterprises import DELISTED, DELISTED_ON

CONTINUATION_BASIS: Final = "演示文号〔2021〕1号(虚构)"
"""As in the demonstration edition: there is no such document."""

_MARKS: Final = {"excellent": 96, "good": 90, "pass": 75, "fail": 40, "exempt": 60, "new": 85}
_FAR_APART: Final = frozenset({("C18", 2019), ("C01", 2020)})
"""Where the two experts differ so much that a third one is drawn."""


def make_evaluations() -> list[tables.Evaluation]:
    """Published on 10 March 2020, 1 March 2021 and 1 March 2022."""
    return [
        _evaluation(2019, announced=date(2020, 2, 17), approved=date(2020, 3, 6), published=date(2020, 3, 10)),
        _evaluation(2020, announced=date(2021, 1, 28), approved=date(2021, 2, 26), published=DELISTED_ON),
        _evaluation(2021, announced=date(2022, 2, 14), approved=date(2022, 2, 25), published=date(2022, 3, 1)),
    ]


def _evaluation(year: int, *, announced: date, approved: date, published: date) -> tables.Evaluation:
    return tables.Evaluation(
        year=year,
        opened_on=date(year + 1, 1, 6),
        marked_on=date(year + 1, 1, 26),
        scored_on=date(year + 1, 1, 27),
        announced_on=announced,
        approved_on=approved,
        countersigned_on=approved,
        published_on=published,
        document_no=f"示例考核〔{year + 1}〕1号",
        continuation_basis=CONTINUATION_BASIS if year == 2020 else None,
    )


def make_marks() -> list[tables.Mark]:
    """One for each centre and year in which it is evaluated."""
    return [
        _mark(plan, year)
        for year in (2019, 2020, 2021)
        for plan in PLANS
        if plan.years[year - 2019] != "gone" and (plan.years[year - 2019] != "new" or year == 2021)
    ]


def _mark(plan: Plan, year: int) -> tables.Mark:
    chance = Chance(f"mark/{plan.key}/{year}")
    mark = min(100, _MARKS[plan.years[year - 2019]] + chance.number(-3, 3))
    apart = 12 if (plan.key, year) in _FAR_APART else chance.number(0, 4)
    return tables.Mark(
        centre=plan.key,
        year=year,
        indicator="filing_sample",
        mark=f"{mark}.00",
        apart=Decimal(min(apart, 100 - mark)),
        evidence=f"示例抽查记录-{year}-{plan.key}",
    )


def make_rubrics() -> list[tables.Rubric]:
    """One, approved in 2019: while the city begins to keep its registers of mentors, training and activities, years are
    still counted by the quarterly reports. From 2021 on they count by records, as the edition's own rubric says."""
    return [
        tables.Rubric(
            first_year=2019,
            title_zh="示例过渡考核细则：2019年起按季度报表计数",
            title_en="Example of a transition: counted by the quarterly reports from 2019 on",
            drafted_on=date(2019, 11, 4),
            approved_on=date(2019, 11, 18),
            document_no="示例考核细则〔2019〕1号",
        )
    ]


def make_experts() -> list[tables.Expert]:
    """Four, one of them a former employee of a centre."""
    return [
        tables.Expert(
            username=username,
            applied_on=date(2019, 12, 2),
            appointed_on=date(2019, 12, 9),
            conflict_kind="previous_employment" if username == "expert.3" else None,
            conflict_centre="C05" if username == "expert.3" else None,
        )
        for username in ("expert", "expert.2", "expert.3", "expert.4")
    ]


def make_exemptions() -> list[tables.Exemption]:
    """One: closed by order of the government for most of 2020, after a failed year, so with the office's minutes."""
    return [
        tables.Exemption(
            centre=plan.key,
            year=year,
            reason="government_closure",
            document_no=f"示例停业令〔{year}〕3号",
            minutes_no=f"示例两创办纪要〔{year + 1}〕2号",
            proposed_on=date(year + 1, 1, 12),
            approved_on=date(year + 1, 1, 14),
            countersigned_on=date(year + 1, 1, 18),
        )
        for plan in PLANS
        for year in (2019, 2020, 2021)
        if plan.years[year - 2019] == "exempt"
    ]


_SERVED: Final = {2019: date(2020, 3, 12), 2020: date(2021, 3, 4), 2021: date(2022, 3, 4)}
"""The orders of a year are served together, soon after its results are published."""


def make_rectifications() -> list[tables.Rectification]:
    """Every failed centre is ordered to put things right. One never manages, one does at the second attempt, the last
    one has not reported yet."""
    return [
        _rectification("C01", 2019, submitted=date(2020, 6, 2), rejected=date(2020, 6, 8)),
        _rectification("C03", 2019, submitted=date(2020, 5, 12), accepted=date(2020, 6, 9)),
        _rectification("C04", 2019, submitted=date(2020, 5, 19), accepted=date(2020, 6, 10)),
        _rectification("C07", 2020, date(2021, 4, 20), date(2021, 5, 6), date(2021, 5, 20), accepted=date(2021, 5, 26)),
        _rectification("C10", 2021, submitted=date(2022, 4, 26), accepted=date(2022, 5, 17)),
        _rectification("C04", 2021),
    ]


def _rectification(
    centre: str,
    year: int,
    submitted: date | None = None,
    rejected: date | None = None,
    resubmitted: date | None = None,
    accepted: date | None = None,
) -> tables.Rectification:
    return tables.Rectification(
        centre=centre,
        year=year,
        served_on=_SERVED[year],
        notice_no=f"示例限期整改〔{year + 1}〕{centre}",
        submitted_on=submitted,
        evidence=f"示例整改报告-{year}-{centre}" if submitted else None,
        rejected_on=rejected,
        rejected_reason="not_proven" if rejected else None,
        resubmitted_on=resubmitted,
        inspected_on=days_after(accepted, -4) if accepted else None,
        inspection_no=f"示例整改验收记录-{year}-{centre}" if accepted else None,
        accepted_on=accepted,
        acceptance_no=f"示例整改验收〔{accepted.year}〕{centre}" if accepted else None,
    )


def make_delistings() -> list[tables.Delisting]:
    """The one case, with a statement and a hearing."""
    return [
        tables.Delisting(
            centre=DELISTED,
            year=2020,
            notice_on=date(2021, 1, 29),
            notice_no="示例拟摘牌告知〔2021〕1号",
            notice_method="direct",
            statement_on=date(2021, 2, 3),
            statement_no="示例陈述申辩-2021-1",
            hearing_requested_on=date(2021, 2, 4),
            hearing_request_no="示例听证申请-2021-1",
            hearing_on=date(2021, 2, 18),
            hearing_minutes_no="示例听证笔录-2021-1",
            legal_review_on=date(2021, 2, 22),
            legal_review_no="示例法制审核〔2021〕1号",
            decision_on=date(2021, 2, 24),
            decision_no="示例摘牌〔2021〕1号",
            countersigned_on=date(2021, 2, 25),
            served_on=date(2021, 3, 3),
            service_method="direct",
        )
    ]


def make_comebacks() -> list[tables.Comeback]:
    """Soon after the delisting and on the ban's last day, both refused; on the first open day, accepted."""
    return [
        _comeback(date(2021, 6, 15), "refused"),
        _comeback(date(2024, 3, 1), "refused"),
        _comeback(date(2024, 3, 2), "accepted", reviewed=date(2024, 3, 11), listed=date(2024, 3, 20)),
    ]


def _comeback(
    applied: date, expected: str, reviewed: date | None = None, listed: date | None = None
) -> tables.Comeback:
    return tables.Comeback(
        applied_on=applied,
        expected=expected,
        name=COMEBACK_NAME,
        operator_code=operator_code(DELISTED),
        operator_name=COMEBACK_OPERATOR,
        former_centre=DELISTED,
        service_kinds=("innovation_entrepreneurship", "enterprise"),
        tier="standard",
        owner_division="540102",
        site_division="540102",
        total_area_m2=Decimal(1600),
        incubation_area_m2=Decimal(1300),
        industry_code="I6490",
        reviewed_on=reviewed,
        listed_on=listed,
        document_no="示例认定〔2024〕1号" if listed else None,
    )
