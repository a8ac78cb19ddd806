"""Money that is given to enterprises and alliances: financing rewards, support for alliances."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from tests.finance.alliance_support.test_support import BODY, PATH as SUPPORT
from tests.finance.financing_rewards.world import PATH as REWARDS, REVIEW, application
from tests.finance.proofs.machine.city import City, Draw, Move, papers, reference, treasury_slip

NOTICE_OVER: Final = date(2019, 5, 14)
YEAR_ON: Final = date(2020, 5, 14)
SUPPORTED: Final = date(2020, 5, 6)
REFUSE: Final = {"reason_code": "other"}
ANNOUNCED: Final = "EXISTS (SELECT FROM public_notice WHERE subject_id = {table}.id) AS announced"


async def rewards(city: City, draw: Draw) -> list[Move]:
    """Two cases of each firm at a time; what is asked for together is more than its cap."""
    firm = city.firms[draw.case % len(city.firms)]
    asked = ("50000.00", "30000.00", "20000.01", "0.01")[draw.size % 4]
    apply = Move("enterprise", REWARDS, application(firm, asked), who=firm.code, claims={"org": firm.code})
    rows = await city.rows(
        f"SELECT *, {ANNOUNCED.format(table='financing_reward')} FROM financing_reward WHERE enterprise_code = :code"
        " AND status NOT IN ('refused', 'cancelled') ORDER BY no DESC",
        code=firm.code,
    )
    if draw.case // len(city.firms) >= len(rows):
        return [apply]
    row = rows[draw.case // len(city.firms)]
    path = f"{REWARDS}/{row.id}"
    refuse = Move("finance_approver", f"{path}/refuse", REFUSE)
    if row.status == "applied":
        return [Move("finance_officer", f"{path}/review", {**REVIEW, "exception": None}), refuse, apply]
    if row.status == "reviewed" and not row.announced:
        return [Move("finance_officer", f"{path}/notice"), refuse, apply]
    if row.status == "reviewed":
        body = {"amount": draw.of(row.requested) if draw.size > 3 else str(row.requested), **papers()}
        return [Move("finance_approver", f"{path}/approve", body, today=NOTICE_OVER), refuse, apply]
    if row.status == "approved":
        pay = {"reference": treasury_slip(draw)}
        refuse = Move("finance_approver", f"{path}/refuse", REFUSE, who="2", today=NOTICE_OVER)
        return [Move("treasury_officer", f"{path}/pay", pay, today=NOTICE_OVER), refuse, apply]
    if row.status in ("paid", "closed"):
        outcome = ("returned", "kept")[draw.size % 2]
        check = {"outcome": outcome, "document_no": reference("复核-")}
        return [Move("finance_officer", f"{path}/recheck", check, who="3", today=YEAR_ON), apply]
    if row.status == "rechecked":
        confirm = Move("finance_approver", f"{path}/confirm-recheck", who="4", today=YEAR_ON)
        return [confirm, Move("finance_approver", f"{path}/reject-recheck", who="4", today=YEAR_ON)]
    back = {"amount": draw.of(row.recovery_due - row.recovered), "reference": reference("缴-")}
    return [Move("treasury_officer", f"{path}/recover", back, today=YEAR_ON), apply]


async def alliances(city: City, draw: Draw) -> list[Move]:
    """Supports of one alliance share the year's cap and their activities."""
    alliance = ("maker_spaces", "sci")[draw.case % 2]
    bureau = {"maker_spaces": "industry", "sci": "education"}[alliance]
    records = city.records[alliance]
    apply = Move(
        f"{bureau}_officer",
        SUPPORT,
        {
            "alliance": alliance,
            "year": 2019,
            "recipient_code": BODY,
            "recipient_name": "联盟秘书处",
            "record_ids": [str(records[draw.size % len(records)])],
            "amount": ("120000.00", "90000.00", "200000.00", "0.01")[draw.size % 4],
        },
        today=SUPPORTED,
    )
    rows = await city.rows(
        f"SELECT *, {ANNOUNCED.format(table='alliance_support')} FROM alliance_support WHERE alliance = :alliance"
        " AND status NOT IN ('refused', 'closed') ORDER BY no DESC",
        alliance=alliance,
    )
    if draw.case // 2 >= len(rows):
        return [apply]
    row = rows[draw.case // 2]
    path, over = f"{SUPPORT}/{row.id}", SUPPORTED.replace(day=13)
    officer, approver = f"{bureau}_officer", f"{bureau}_approver"
    refuse = Move(approver, f"{path}/refuse", REFUSE, today=over)
    if row.status == "applied":
        return [Move(officer, f"{path}/review", who="2", today=SUPPORTED), refuse]
    if row.status == "reviewed" and not row.announced:
        return [Move(officer, f"{path}/notice", today=SUPPORTED), refuse]
    if row.status == "reviewed":
        return [Move(approver, f"{path}/approve", {"amount": str(row.requested), **papers()}, today=over), refuse]
    if row.status == "approved":
        refuse = Move(approver, f"{path}/refuse", REFUSE, who="2", today=over)
        return [Move("treasury_officer", f"{path}/pay", {"reference": treasury_slip(draw)}, today=over), refuse, apply]
    june = over.replace(month=6, day=1)
    if row.status == "paid":
        used = draw.of(row.paid)
        line = {"purpose": "activities", "description": "路演", "amount": used, "voucher_no": reference("记-")}
        return [Move(officer, f"{path}/report", {"document_no": reference("报-"), "lines": [line]}, today=june), apply]
    accept = Move(approver, f"{path}/accept-report", {}, who="2", today=june)
    refund = Move("treasury_officer", f"{path}/confirm-refund", {"reference": reference("缴-")}, today=june)
    back = Move(approver, f"{path}/return-report", {}, who="2", today=june)
    told = sum(Decimal(line["amount"]) for line in row.report_lines)
    return [refund, accept, back] if row.paid > told + row.refunded else [accept, back]
