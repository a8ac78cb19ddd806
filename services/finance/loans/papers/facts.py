"""What the calculation sheet says: both readings, line by line, without name, number or class (3.2-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans import hires as h
from services.finance.loans.evidence import hires_of
from services.finance.loans.hires import Calculation, Counted, Reading, threshold
from services.finance.loans.models import Loan, LoanHire
from services.finance.loans.states import CALENDAR, ROLLING
from services.finance.projections import known_enterprise
from shared.files.papers import written_date
from shared.policy.decision import Decision
from shared.policy.edition import Edition

_NAMES: Final[Mapping[str, str]] = {ROLLING: "申请日前十二个月", CALENDAR: "申请日所在自然年"}
_FAULTS: Final[Mapping[str, str]] = {
    h.NOT_YET_HIRED: "申请日后招用",
    h.LEFT: "已离职",
    h.NOT_INSURED: "未参保",
    h.DISPATCHED: "劳务派遣",
    h.CONTRACT_TOO_SHORT: "合同期限不足",
    h.CONTRACT_ENDED: "合同已到期",
    h.CONTRACT_NOT_BEGUN: "合同尚未生效",
    h.CLASS_NOT_ELIGIBLE: "人员类别不符",
    h.COUNTED_BEFORE: "重复人员",
}
CLAUSE: Final = "3.2-4"
_NOT_ON_RECORD: Final = "登记台账无该企业年度职工人数"


async def sheet_facts(
    session: AsyncSession, edition: Edition, loan: Loan, calculation: Calculation
) -> dict[str, object]:
    """All places of the template."""
    rows = await hires_of(session, loan.id)
    name = select(known_enterprise.c.name).where(known_enterprise.c.id == loan.enterprise_id)
    ratio, limit = edition.hire_ratio, calculation.staff_limit
    return {
        "no": loan.no,
        "borrower": await session.scalar(name) or loan.borrower,
        "code": loan.enterprise_code or loan.borrower,
        "day": written_date(calculation.day),
        "policy_title": edition.title_zh,
        "edition": edition.id,
        "clause": f"{CLAUSE}（{edition.clauses[CLAUSE].title_zh}）",
        "source": calculation.source,
        "staff": calculation.staff,
        "staff_on_record": _on_record(loan),
        "staff_limit": limit,
        "percent": calculation.percent,
        "percent_low": threshold(edition, day=calculation.day, staff=limit)[0],
        "percent_high": threshold(edition, day=calculation.day, staff=limit + 1)[0],
        "required": calculation.required,
        "readings": [_reading(calculation, reading) for reading in calculation.readings],
        "choice": _choice(loan, calculation),
        "lines": _lines(rows, calculation),
        "contract_months": ratio.contract_months.value,
        "classes": "、".join(titled.title_zh for titled in ratio.eligible_classes.values()),
    }


def _on_record(loan: Loan) -> str:
    """The registry's figure as it stood at the application, which the decision kept."""
    if loan.eligibility is None:
        return _NOT_ON_RECORD
    results = Decision.from_json(loan.eligibility).results
    found = next((result for result in results if result.rule == "loans.staff_on_record"), None)
    if found is None or found.inputs["on_record"] is None:
        return _NOT_ON_RECORD
    differs = f"，与申报人数相差超过{found.limit}%" if found.message == "loan-staff-differs" else ""
    return f"{found.inputs['on_record']} 人（{found.inputs['year']}年度）{differs}"


def _reading(calculation: Calculation, reading: Reading) -> dict[str, object]:
    left, right = 100 * reading.counted, calculation.percent * calculation.staff
    return {
        "name": _NAMES[reading.window],
        "first_day": written_date(reading.first_day),
        "last_day": written_date(reading.last_day),
        "counted": reading.counted,
        "left": left,
        "right": right,
        "sign": "≥" if reading.passed else "<",
        "outcome": "达到" if reading.passed else "未达到",
    }


def _choice(loan: Loan, calculation: Calculation) -> str:
    """Which reading counts, and who says so."""
    if loan.hire_window is not None:
        day, reason = written_date(loan.hire_window_on), loan.hire_window_reason or ""
        return f"采用口径：{_NAMES[loan.hire_window]}（经办人员于{day}记录，理由：{reason}）。"
    if calculation.differ:
        return "两种口径结论不同，采用的口径由经办人员记录后方可审批。"
    return f"两种口径结论一致；执行版本的口径为{_NAMES[calculation.default]}。"


def _lines(rows: Sequence[LoanHire], calculation: Calculation) -> list[dict[str, object]]:
    counted = {line.line: line for line in calculation.lines}
    return [_line(row, counted[row.line]) for row in rows if row.line in counted]


def _line(row: LoanHire, line: Counted) -> dict[str, object]:
    return {
        "line": row.line,
        "hired_on": row.hired_on.isoformat(),
        "contract": f"{row.contract_from.isoformat()}至{_day(row.contract_to, '无固定期限')}",
        "insured": "是" if row.insured else "否",
        "dispatched": "是" if row.dispatched else "否",
        "left_on": _day(row.left_on, "在职"),
        "rolling": "计入" if line.rolling else "",
        "calendar": "计入" if line.calendar else "",
        "faults": "、".join(_FAULTS[fault] for fault in line.faults),
    }


def _day(day: date | None, absent: str) -> str:
    return absent if day is None else day.isoformat()
