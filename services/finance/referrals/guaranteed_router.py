"""/v1/referrals/{id}/guaranteed-loan: a bank's refusal turned into an application for a guaranteed loan (3.2-3)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response

from services.finance.banks.schemas import BankCode
from services.finance.loans import applications
from services.finance.loans.answers import LoanDetail
from services.finance.loans.applications import Wish
from services.finance.loans.evidence import MaybeKeys
from services.finance.loans.router import answer
from services.finance.loans.schemas import LoanIn, Tenor
from services.finance.loans.states import GUARANTEED
from services.finance.referrals.usecases import lock_own
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.http.schemas import Request
from shared.money import PositiveMoney
from shared.runtime import RuntimeDep

Owner = Annotated[Principal, Depends(require(r.ENTERPRISE))]

router = APIRouter(prefix="/v1/referrals", tags=["referrals"], route_class=ServiceRoute)


class GuaranteedLoanIn(Request):
    """Which bank is to lend under the guarantee, how much and for how long; as the referral says unless sent."""

    bank: BankCode | None = None
    amount: PositiveMoney | None = None
    tenor_months: Tenor | None = None


@router.post(
    "/{referral_id}/guaranteed-loan",
    status_code=201,
    dependencies=[IdempotencyRequired],
    responses=problem_responses(400, 403, 404, 409),
)
async def apply_for_guaranteed_loan(
    session: Session,
    runtime: RuntimeDep,
    caller: Owner,
    referral_id: UUID,
    keys: MaybeKeys,
    response: Response,
    sent: Annotated[GuaranteedLoanIn, Body()] = GuaranteedLoanIn(),  # noqa: B008  # frozen
) -> LoanDetail:
    """Apply at once for what the bank has refused; its refusal is the evidence."""
    referral = await lock_own(session, referral_id, caller, None)
    wanted = LoanIn.model_validate(
        {
            "product": GUARANTEED,
            "enterprise_code": referral.enterprise_code,
            "amount": f"{sent.amount or referral.amount:.2f}",
            "tenor_months": sent.tenor_months or referral.tenor_months,
            "bank": sent.bank or referral.bank,
            "purpose": referral.purpose,
            "referral_id": referral.id,
            "submit": True,
        }
    )
    loan = await applications.open_loan(session, wanted, Wish(caller, runtime.editions), keys)
    response.headers["Location"] = f"/v1/loans/{loan.id}"
    return await answer(session, loan, caller, response)
