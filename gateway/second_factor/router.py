"""`/v1/accounts/me/second-factor`: one's own second factor."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.schemas import Code, EnrolmentOut, EnrolmentStart, RecoveryCodes
from gateway.sealing import keyring_of
from gateway.second_factor import checking, usecases
from gateway.sessions.seen import Seen
from gateway.signin.attempts import Attempt
from gateway.signin.router import local_account, session_of
from gateway.signin.throttle import CODES
from gateway.signin.usecases import confirm_password
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.errors import DomainError
from shared.events.outbox import EventContext
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import Runtime, RuntimeDep

router = APIRouter(prefix="/v1/accounts/me/second-factor", tags=["accounts"], route_class=ServiceRoute)

SignedIn = Annotated[Principal, Depends(require())]


@router.post("", responses=problem_responses(409, 429, 503))
async def enrol(
    request: Request, response: Response, session: Session, caller: SignedIn, runtime: RuntimeDep, body: EnrolmentStart
) -> EnrolmentOut:
    """Set up an authenticator; it counts once a code of it was confirmed."""
    _once(request, response)
    account_id = local_account(request, caller)
    await confirm_password(runtime.db, account_id, password=body.password.get_secret_value(), seen=Seen.of(request))
    return EnrolmentOut.model_validate(await usecases.enrol(session, keyring_of(runtime.settings), account_id))


@router.post("/confirm", responses=problem_responses(404, 409, 429))
async def confirm(
    request: Request, response: Response, session: Session, caller: SignedIn, runtime: RuntimeDep, body: Code
) -> RecoveryCodes:
    """Show a code of the authenticator: this session counts as one with a second factor, all others end."""
    _once(request, response)
    account_id, seen = local_account(request, caller), Seen.of(request)
    attempt = await Attempt.begin(runtime.db, f"enrol:{account_id}", seen.address, account_id, CODES)
    codes = await usecases.confirm(
        session,
        keyring_of(runtime.settings),
        account_id,
        body.code.get_secret_value(),
        session_id=session_of(request),
        context=EventContext.of(caller),
    )
    await attempt.succeed()
    return RecoveryCodes(recovery_codes=codes)


@router.post("/recovery-codes", responses=problem_responses(404, 429))
async def renew_codes(
    request: Request, response: Response, session: Session, caller: SignedIn, runtime: RuntimeDep, body: Code
) -> RecoveryCodes:
    """Ten new recovery codes; the old ones count no more."""
    _once(request, response)
    await _checked(runtime, request, caller, body)
    return RecoveryCodes(recovery_codes=await usecases.renew_codes(session, UUID(caller.account_id)))


@router.post("/remove", status_code=204, responses=problem_responses(404, 429))
async def remove(request: Request, session: Session, caller: SignedIn, runtime: RuntimeDep, body: Code) -> None:
    """Give up one's second factor, such as to set it up on another telephone."""
    await _checked(runtime, request, caller, body)
    await usecases.give_up(session, UUID(caller.account_id), EventContext.of(caller))


async def _checked(runtime: Runtime, request: Request, caller: Principal, body: Code) -> None:
    keys, code = keyring_of(runtime.settings), body.code.get_secret_value()
    if not await checking.check_code(runtime.db, keys, UUID(caller.account_id), code, Seen.of(request)):
        raise DomainError("second-factor-wrong", 403)


def _once(request: Request, response: Response) -> None:
    """What is secret in the answer is kept nowhere."""
    request.state.no_replay = True
    response.headers["Cache-Control"] = "no-store"
