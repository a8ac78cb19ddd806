"""Enterprises with what the city and its divisions gave them, as statements and entitlements are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from httpx import Response
from sqlalchemy import insert

from services.finance.alliance_support.models import AllianceSupport
from services.finance.angel_funds.models import AngelFund, AngelInvestment
from services.finance.ceilings.models import (
    GUARANTEE_BORROWER,
    LOAN_GRADUATE,
    LOAN_GUARANTEED,
    LOAN_JOINT,
    LOAN_SMALL_MICRO,
    REWARD_LIFE,
    ceiling,
)
from services.finance.financing_rewards.models import FinancingReward
from services.finance.guarantees.models import Guarantee
from services.finance.loans.models import JointMember, Loan
from shared.db import Database
from shared.events.contracts import registry as rg, vouchers as vc
from shared.ids import uuid7
from shared.money import ZERO
from tests.finance.support import OPERATOR, TODAY, Desk, Json, deliver, received
from tests.support.identifiers import make_uscc

DIVISION = "540102"
KINDS = {
    "guaranteed": LOAN_GUARANTEED,
    "small_micro_startup": LOAN_SMALL_MICRO,
    "graduate": LOAN_GRADUATE,
}
_firms = count(7000)
_cases = count(1)


@dataclass(frozen=True)
class Firm:
    """An enterprise as the registry's events tell of it."""

    id: UUID
    code: str


@dataclass(frozen=True)
class World:
    """What happened elsewhere, and who looks at it."""

    db: Database
    desk: Desk

    async def firm(
        self,
        *,
        representative: str | None = None,
        merged_into: Firm | None = None,
        firm: Firm | None = None,
        version: int = 1,
        **other: Any,
    ) -> Firm:
        firm = firm or Firm(uuid7(), other.pop("code", None) or make_uscc(next(_firms)))
        values: Json = {
            "id": firm.id,
            "code": firm.code,
            "name": "测试企业",
            "industry_code": "I6510",
            "division": DIVISION,
            "registered_on": date(2018, 1, 1),
            "legal_representative_ref": representative,
            "graduate_founder": False,
            "merged_into_id": merged_into.id if merged_into else None,
            "address_in_city": True,
            "size_class": "small",
            "size_year": 2018,
        }
        event_type = rg.EnterpriseMerged if merged_into else rg.EnterpriseRegistered
        state = rg.EnterpriseState(**{**values, **other})
        await deliver(self.db, event_type, received(event_type, state, firm.id, version, date(2019, 1, 7)))
        return firm

    async def tenancy(self, firm: Firm, centre_id: UUID, *, ended_on: date | None = None) -> None:
        state = rg.TenancyState(
            id=uuid7(),
            enterprise_id=firm.id,
            centre_id=centre_id,
            status="exited" if ended_on else "admitted",
            admitted_on=date(2019, 1, 10),
            agreement_no="A-1",
            filed_on=None,
            ended_on=ended_on,
            reason_code=None,
            graduation_criterion=None,
            relocation_case_id=None,
        )
        await deliver(self.db, rg.TenancyAdmitted, received(rg.TenancyAdmitted, state, state.id, 1, date(2019, 1, 10)))

    async def programme(self, quota: str = "100000.00", *, year: int = 2019, status: str = "open") -> UUID:
        state = vc.ProgrammeState(
            id=uuid7(),
            no=f"VP-{year}-{next(_cases):04d}",
            issuer_division=DIVISION,
            kind="innovation",
            year=year,
            status=status,
            budget=Decimal("1000000.00"),
            subsidy_percent=Decimal("50.00"),
            enterprise_quota=Decimal(quota),
            valid_months=12,
            categories=("legal_protection",),
            startup_months=60,
        )
        await deliver(self.db, vc.ProgrammeOpened, received(vc.ProgrammeOpened, state, state.id, 2, TODAY))
        return state.id

    async def amended(self, programme_id: UUID, quota: str, terms_from: date, version: int) -> None:
        """Another quota from that day on."""
        state = vc.ProgrammeState(
            id=programme_id,
            no="VP-2019-0000",
            issuer_division=DIVISION,
            kind="innovation",
            year=2019,
            status="open",
            budget=Decimal("1000000.00"),
            subsidy_percent=Decimal("50.00"),
            enterprise_quota=Decimal(quota),
            valid_months=12,
            categories=("legal_protection",),
            terms_from=terms_from,
        )
        await deliver(self.db, vc.ProgrammeAmended, received(vc.ProgrammeAmended, state, state.id, version, TODAY))

    async def voucher(
        self, programme_id: UUID, firm: Firm, face_value: str, *, status: str = "active", **other: Any
    ) -> UUID:
        values: Json = {
            "id": uuid7(),
            "no": f"VC-2019-{next(_cases):04d}",
            "programme_id": programme_id,
            "enterprise_id": firm.id,
            "centre_id": uuid7(),
            "category": None,
            "status": status,
            "face_value": Decimal(face_value),
            "balance": Decimal(face_value),
            "held": ZERO,
            "issued_on": date(2019, 2, 1),
            "valid_until": date(2020, 2, 1),
            "reason_code": None,
        }
        state = vc.VoucherState(**{**values, **other})
        types = {"active": vc.VoucherIssued, "frozen": vc.VoucherFrozen, "stopped": vc.VoucherStopped}
        version, event_type = 1 if status == "active" else 2, types[status]
        await deliver(self.db, event_type, received(event_type, state, state.id, version, date(2019, 2, 1)))
        return state.id

    async def use(
        self, voucher_id: UUID, firm: Firm, subsidy: str, status: str, *, use_id: UUID | None = None, version: int = 1
    ) -> UUID:
        types = {
            "held": vc.RedemptionHeld,
            "delivered": vc.RedemptionDelivered,
            "redeemed": vc.RedemptionRedeemed,
            "released": vc.RedemptionReleased,
        }
        state = vc.RedemptionState(
            id=use_id or uuid7(),
            no="RD-2019-0001",
            voucher_id=voucher_id,
            programme_id=uuid7(),
            enterprise_id=firm.id,
            provider_id=uuid7(),
            category="legal_protection",
            status=status,
            price=Decimal(subsidy) * 2,
            subsidy=Decimal(subsidy),
            held_on=TODAY,
            redeemed_on=TODAY if status == "redeemed" else None,
            reason_code=None,
        )
        await deliver(self.db, types[status], received(types[status], state, state.id, version, TODAY))
        return state.id

    async def loan(self, firm: Firm, amount: str, *, product: str = "guaranteed", **other: Any) -> UUID:
        """A loan that is being repaid, with what it holds of its cap; in the database behind finance's back."""
        values: Json = {
            "id": uuid7(),
            "no": f"LX-2019-{next(_cases):04d}",
            "product": product,
            "edition": "lhasa-2019",
            "status": "repaying",
            "department": "finance",
            "guarantor": product == "guaranteed",
            "borrower": firm.code,
            "enterprise_id": firm.id,
            "enterprise_code": firm.code,
            "bank": "CCB",
            "purpose": "working_capital",
            "requested": Decimal(amount),
            "approved": Decimal(amount),
            "contracted": Decimal(amount),
            "disbursed": Decimal(amount),
            "outstanding": Decimal(amount),
            "committed": Decimal(amount),
            "tenor_months": 12,
            "rate": Decimal("4.35"),
            "contract_no": f"HT-{next(_cases)}",
            "start_on": date(2019, 3, 1),
            "maturity_on": date(2020, 2, 28),
            "schedule_kind": "bullet",
            "created_by": "someone",
            "contracted_by": "bank",
            "contracted_on": date(2019, 3, 1),
            **other,
        }
        async with self.db.transaction() as session:
            loan = Loan(**values)
            session.add(loan)
            await session.flush()
            if loan.livemode and loan.committed:
                key = {"kind": KINDS[product], "subject": loan.borrower, "period": "all"}
                row = {**key, "limit_amount": Decimal("3000000.00"), "committed": loan.committed}
                await session.execute(insert(ceiling).values(row))
        return UUID(str(values["id"]))

    async def guaranteed(self, firm: Firm, loan_id: UUID, guaranteed: str, **other: Any) -> UUID:
        """A guarantee in force for a loan, with what it holds of the guarantor's limit."""
        values: Json = {
            "id": uuid7(),
            "no": f"GX-2019-{next(_cases):04d}",
            "loan_id": loan_id,
            "product": "guaranteed",
            "edition": "lhasa-2019",
            "borrower": firm.code,
            "bank": "CCB",
            "status": "issued",
            "amount": Decimal(guaranteed),
            "share_percent": Decimal(80),
            "guaranteed": Decimal(guaranteed),
            "liability": Decimal(guaranteed),
            "budget_percent": Decimal(0),
            "counter_guarantees": [],
            "fee_percent": Decimal(1),
            "fee_from": date(2019, 3, 1),
            "fee_to": date(2020, 2, 28),
            "fee": ZERO,
            "drafted_by": "one",
            "drafted_on": date(2019, 3, 1),
            "issued_by": "two",
            "issued_on": date(2019, 3, 1),
            "contract_no": f"DB-{next(_cases)}",
            "decisions": [],
            **other,
        }
        async with self.db.transaction() as session:
            session.add(Guarantee(**values))
            key = {"kind": GUARANTEE_BORROWER, "subject": firm.code, "period": "all"}
            row = {**key, "limit_amount": Decimal("1000000.00"), "committed": values["liability"]}
            await session.execute(insert(ceiling).values(row))
        return UUID(str(values["id"]))

    async def reward(self, firm: Firm, amount: str, *, status: str = "approved", **other: Any) -> UUID:
        """A reward with what it holds of the cap over the enterprise's life."""
        values: Json = {
            "id": uuid7(),
            "no": f"FX-2019-{next(_cases):04d}",
            "centre_id": uuid7(),
            "enterprise_id": firm.id,
            "enterprise_code": firm.code,
            "edition": "lhasa-2019",
            "status": status,
            "investor_code": make_uscc(next(_firms)),
            "investor_name": "测试创投",
            "investor_type": "venture_capital",
            "investment_amount": Decimal("1000000.00"),
            "agreement_no": "TZ-1",
            "bank_slip_no": f"S-{next(_cases)}",
            "arrived_on": date(2019, 3, 1),
            "capital_registered_on": date(2019, 3, 2),
            "capital_document_no": "YZ-1",
            "prior_holding_percent": ZERO,
            "requested": Decimal(amount),
            "approved": Decimal(amount),
            "cancel_on_delisting": True,
            "ceiling_code": firm.code,
            "fiscal_year": 2019,
            "document_no": "拉金〔2019〕1号",
            "applied_by": "one",
            "applied_on": date(2019, 3, 3),
            "approved_by": "two",
            "approved_on": date(2019, 3, 4),
            **other,
        }
        async with self.db.transaction() as session:
            session.add(FinancingReward(**values))
            key = {"kind": REWARD_LIFE, "subject": firm.code, "period": "life"}
            row = {**key, "limit_amount": Decimal("50000.00"), "committed": Decimal(amount)}
            await session.execute(insert(ceiling).values(row))
        return UUID(str(values["id"]))

    async def equity(
        self, firm: Firm, amount: str, paid: str, proceeds: str, *, centre_id: UUID | None = None, **other: Any
    ) -> UUID:
        """An angel fund's investment."""
        fund = AngelFund(
            id=uuid7(),
            no=f"AFX-2019-{next(_cases):04d}",
            centre_id=centre_id or uuid7(),
            edition="lhasa-2019",
            name="天使基金",
            manager_code=make_uscc(next(_firms)),
            document_no="拉金〔2019〕2号",
            status="registered",
            registered_by="one",
            registered_on=date(2019, 2, 1),
        )
        values: Json = {
            "id": uuid7(),
            "no": f"AIX-2019-{next(_cases):04d}",
            "fund_id": fund.id,
            "enterprise_id": firm.id,
            "enterprise_code": firm.code,
            "status": "invested",
            "amount": Decimal(amount),
            "paid": Decimal(paid),
            "cost": Decimal(paid),
            "proceeds": Decimal(proceeds),
            "lost": ZERO,
            "checklist": [],
            "proposed_by": "one",
            "proposed_on": date(2019, 3, 1),
            **other,
        }
        async with self.db.transaction() as session:
            session.add(fund)
            await session.flush()
            session.add(AngelInvestment(**values))
        return UUID(str(values["id"]))

    async def joint_group(self, one: str, other: str, committed: str) -> UUID:
        """Two who borrow together, with what their group holds."""
        group = uuid7()
        async with self.db.transaction() as session:
            session.add_all(JointMember(livemode=True, person_ref=ref, group_id=group) for ref in (one, other))
            key = {"kind": LOAN_JOINT, "subject": str(group), "period": "all"}
            row = {**key, "limit_amount": Decimal("1000000.00"), "committed": Decimal(committed)}
            await session.execute(insert(ceiling).values(row))
        return group

    async def support(self, code: str, requested: str, paid: str | None, *, refunded: str = "0.00") -> UUID:
        """Support of an alliance: applied for, or paid and reported on."""
        done: Json = {
            "status": "reported",
            "approved": Decimal(paid or 0),
            "approved_by": "two",
            "approved_on": date(2020, 4, 1),
            "document_no": "拉工信〔2020〕1号",
            "fiscal_year": 2020,
            "paid": Decimal(paid or 0),
            "refunded": Decimal(refunded),
            "refund_reference": "缴-1",
            "refund_confirmed_by": "three",
            "refund_confirmed_on": date(2020, 5, 1),
        }
        support = AllianceSupport(
            id=uuid7(),
            no=f"ASX-2020-{next(_cases):04d}",
            alliance="maker_spaces",
            year=2019,
            edition="lhasa-2019",
            recipient_code=code,
            recipient_name="联盟秘书处",
            assessment_id=uuid7(),
            record_ids=[uuid7()],
            requested=Decimal(requested),
            applied_by="one",
            applied_on=date(2020, 3, 1),
            report_lines=[],
            decisions=[],
            **(done if paid else {"status": "applied"}),
        )
        async with self.db.transaction() as session:
            session.add(support)
        return support.id

    async def statement(self, person: str, firm: Firm | str, **claims: Any) -> Response:
        code = firm if isinstance(firm, str) else firm.code
        return await self.desk.get(person, "/v1/exposures", claims=claims, code=code)

    async def shown(self, person: str, firm: Firm | str, **claims: Any) -> Json:
        answer = await self.statement(person, firm, **claims)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def as_firm(firm: Firm) -> Json:
    """Claims of the enterprise's own account."""
    return {"roles": ("enterprise",), "org": firm.code, "account_id": f"firm-{firm.code}"}


def totals(statement: Json) -> dict[str, tuple[str, str, str, str]]:
    """Granted, paid, returned, outstanding by programme."""
    names = ("granted", "paid", "returned", "outstanding")
    return {row["programme"]: tuple(row[name] for name in names) for row in statement["totals"]}


def cap_of(statement: Json, rule: str) -> tuple[str, str, str]:
    """Limit, counted, remaining of the one cap with that rule."""
    (cap,) = [cap for cap in statement["caps"] if cap["rule"] == rule]
    return cap["limit"], cap["counted"], cap["remaining"]


__all__ = ["DIVISION", "OPERATOR", "Firm", "World", "as_firm", "cap_of", "totals"]
