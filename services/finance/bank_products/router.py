"""/v1/bank-products: the banks' products, their terms on any day, and which of them suit an enterprise (3.3-1)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.bank_products import facts, queries, suiting, usecases
from services.finance.bank_products.models import BankProduct
from services.finance.bank_products.schemas import (
    AsOf,
    MatchIn,
    MatchList,
    MatchQuery,
    ProductDetail,
    ProductFilter,
    ProductIn,
    ProductOut,
    ProposalIn,
    Statements,
    WithdrawalIn,
)
from services.finance.banks.schemas import ChangeRefusalIn
from services.finance.banks.usecases import Step
from services.finance.grants.schemas import StepRequest
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.decisions import Explain
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

Proposer = Annotated[Principal, Depends(require(r.BANK, r.FINANCE_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.FINANCE_APPROVER))]
Matcher = Annotated[Principal, Depends(require(*facts.READERS))]
Anyone = Annotated[Principal, Depends(require(r.PUBLIC))]

router = APIRouter(prefix="/v1/bank-products", tags=["bank products"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(403, 404, 409))
async def propose_product(session: Session, caller: Proposer, sent: ProductIn, response: Response) -> ProductDetail:
    """Propose a product with its first terms."""
    product = await usecases.propose_product(session, sent, principal=caller)
    response.headers["Location"] = f"{router.prefix}/{product.id}"
    return await _answer(session, product, caller, response)


@router.get("")
async def list_products(
    session: Session, caller: Anyone, wanted: Annotated[ProductFilter, Query()]
) -> Page[ProductOut]:
    """Products by their codes, with the terms of the day asked for."""
    return await queries.list_products(session, wanted, caller)


@router.get("/matches", responses=problem_responses(404, 409))
async def list_matches(
    session: Session, runtime: RuntimeDep, caller: Matcher, explain: Explain, wanted: Annotated[MatchQuery, Query()]
) -> MatchList:
    """Every product offered today, with the reasons for and against it from what is known."""
    stated = Statements(**wanted.model_dump(include={"amount", "tenor_months", "channel"}))
    return await suiting.match_products(
        session,
        caller,
        runtime.editions,
        explain,
        enterprise_code=wanted.enterprise_code,
        bank=wanted.bank,
        statements=stated,
    )


@router.post("/matches", responses=problem_responses(404, 409))
async def match_stated(
    session: Session, runtime: RuntimeDep, caller: Matcher, explain: Explain, sent: MatchIn
) -> MatchList:
    """The same with what the enterprise states about itself; nothing of it is stored."""
    return await suiting.match_products(
        session,
        caller,
        runtime.editions,
        explain,
        enterprise_code=sent.enterprise_code,
        bank=sent.bank,
        statements=sent.statements,
    )


@router.get("/{product_id}", responses=problem_responses(404))
async def read_product(
    session: Session, caller: Anyone, product_id: UUID, wanted: Annotated[AsOf, Query()], response: Response
) -> ProductDetail:
    """One product with every version of its terms, and those of the day asked for."""
    product = await queries.find(session, product_id, caller)
    set_etag(response, product.version)
    return await queries.detail(session, product, caller, wanted.as_of or caller.today)


@router.post("/{product_id}/terms", status_code=201, responses=STEP)
async def propose_terms(
    session: Session,
    runtime: RuntimeDep,
    caller: Proposer,
    product_id: UUID,
    sent: ProposalIn,
    response: Response,
    if_match: IfMatch = None,
) -> ProductDetail:
    """Propose other terms from a day on, whole."""
    step = Step(product_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.propose_terms(session, sent, step=step), caller, response)


@router.post("/{product_id}/withdraw", responses=STEP)
async def propose_withdrawal(
    session: Session,
    runtime: RuntimeDep,
    caller: Proposer,
    product_id: UUID,
    sent: WithdrawalIn,
    response: Response,
    if_match: IfMatch = None,
) -> ProductDetail:
    """Propose that the product is offered no more from a day on."""
    step = Step(product_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.propose_terms(session, sent, step=step), caller, response)


@router.post("/{product_id}/approve", responses=STEP)
async def approve_change(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    product_id: UUID,
    response: Response,
    sent: Annotated[StepRequest, Body()] = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> ProductDetail:
    """Approve what somebody else proposed."""
    step = Step(product_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.approve_change(session, sent.decided_on, step=step), caller, response)


@router.post("/{product_id}/refuse", responses=STEP)
async def refuse_change(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    product_id: UUID,
    sent: ChangeRefusalIn,
    response: Response,
    if_match: IfMatch = None,
) -> ProductDetail:
    """Refuse what waits; earlier terms stay."""
    step = Step(product_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.refuse_change(session, sent, step=step), caller, response)


async def _answer(session: Session, product: BankProduct, caller: Principal, response: Response) -> ProductDetail:
    set_etag(response, product.version)
    return await queries.detail(session, product, caller, caller.today)
