"""`/v1/webhooks`: banks, the guarantor and bureaus have events sent to their systems; auditors look."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.feed.sources import Logs
from gateway.sealing import keyring_of
from gateway.webhooks import deliveries, queries, starting, usecases
from gateway.webhooks.rotating import rotate_secret as rotate
from gateway.webhooks.schemas import (
    DeliveryFilter,
    DeliveryOut,
    DeliveryWithAttempts,
    Replay,
    Rotation,
    WebhookFilter,
    WebhookNew,
    WebhookOut,
    WebhookPatch,
    WebhookWithSecret,
)
from gateway.webhooks.sending import Sender
from shared.auth.principal import Principal, require
from shared.auth.roles import AUDITOR, BANK, BUREAU, GUARANTOR
from shared.db import Session
from shared.http.etag import IfMatch, honour_match, require_match, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=ServiceRoute)

Owner = Annotated[Principal, Depends(require(BANK, GUARANTOR, BUREAU))]
Reader = Annotated[Principal, Depends(require(BANK, GUARANTOR, BUREAU, AUDITOR))]

STEP: Final = problem_responses(404, 409, 412)


async def _sender(request: Request) -> Sender:
    """The one that knows where webhooks may go; for checks before anything is sent."""
    sender: Sender = request.app.state.webhook_sender
    return sender


SenderDep = Annotated[Sender, Depends(_sender)]


@router.post("", status_code=201, responses=problem_responses(404, 409, 503))
async def open_webhook(
    request: Request,
    session: Session,
    caller: Owner,
    runtime: RuntimeDep,
    sender: SenderDep,
    body: WebhookNew,
    response: Response,
) -> WebhookWithSecret:
    """Have events sent to a URL. The secret is shown now and never again; a repeated request is answered 409."""
    request.state.no_replay = True
    url = await starting.check_url(sender, body.url)
    chosen = await starting.chosen_by(runtime.db, caller)
    starts = await starting.starts_of(Logs(runtime.db, runtime.peers), caller, body.topics, chosen)
    webhook, secret = await usecases.create_webhook(
        session,
        caller,
        url=url,
        description=body.description,
        ordered=body.ordered,
        starts=starts,
        secret=body.secret.get_secret_value() if body.secret else None,
        keys=keyring_of(runtime.settings),
    )
    response.headers["Location"] = f"/v1/webhooks/{webhook.id}"
    response.headers["Cache-Control"] = "no-store"
    set_etag(response, webhook.version)
    return WebhookWithSecret(webhook=await queries.show(session, webhook), secret=secret)


@router.get("")
async def list_webhooks(
    session: Session, caller: Reader, wanted: Annotated[WebhookFilter, Query()]
) -> Page[WebhookOut]:
    """One's webhooks, oldest first."""
    return await queries.list_webhooks(session, caller, wanted)


@router.get("/{webhook_id}", responses=problem_responses(404))
async def read_webhook(session: Session, caller: Reader, webhook_id: UUID, response: Response) -> WebhookOut:
    """One webhook."""
    webhook = await queries.find_webhook(session, caller, webhook_id)
    set_etag(response, webhook.version)
    return await queries.show(session, webhook)


@router.patch("/{webhook_id}", responses=problem_responses(404, 409, 412, 428, 503))
async def change_webhook(
    session: Session,
    caller: Owner,
    runtime: RuntimeDep,
    sender: SenderDep,
    webhook_id: UUID,
    body: WebhookPatch,
    response: Response,
    if_match: IfMatch = None,
) -> WebhookOut:
    """Another URL, other topics, or another order."""
    async with runtime.db.transaction() as before:
        require_match(if_match, (await queries.find_webhook(before, caller, webhook_id)).version)
    changed = body.model_dump(include={"description"}, exclude_unset=True)
    if body.ordered is not None:
        changed["ordered"] = body.ordered
    if body.url is not None:
        changed["url"] = await starting.check_url(sender, body.url)
    starts = None
    if body.topics is not None:
        chosen = await starting.chosen_by(runtime.db, caller)
        starts = await starting.starts_of(Logs(runtime.db, runtime.peers), caller, body.topics, chosen)
    webhook = await queries.find_webhook(session, caller, webhook_id, lock=True)
    honour_match(if_match, webhook.version)
    await usecases.change_webhook(session, caller, webhook, changed=changed, starts=starts)
    set_etag(response, webhook.version)
    return await queries.show(session, webhook)


@router.post("/{webhook_id}/pause", responses=STEP)
async def pause_webhook(
    session: Session, caller: Owner, webhook_id: UUID, response: Response, if_match: IfMatch = None
) -> WebhookOut:
    """Stop sending until it is resumed; what happens meanwhile is sent then."""
    webhook = await queries.find_webhook(session, caller, webhook_id, lock=True)
    honour_match(if_match, webhook.version)
    await usecases.pause_webhook(session, caller, webhook)
    set_etag(response, webhook.version)
    return await queries.show(session, webhook)


@router.post("/{webhook_id}/resume", responses=problem_responses(403, 404, 409, 412))
async def resume_webhook(
    session: Session, caller: Owner, webhook_id: UUID, response: Response, if_match: IfMatch = None
) -> WebhookOut:
    """Go on, after a pause or once what stopped it is mended."""
    webhook = await queries.find_webhook(session, caller, webhook_id, lock=True)
    honour_match(if_match, webhook.version)
    await usecases.resume_webhook(session, caller, webhook)
    set_etag(response, webhook.version)
    return await queries.show(session, webhook)


@router.post("/{webhook_id}/retry", responses=STEP)
async def retry_now(
    session: Session, caller: Owner, webhook_id: UUID, response: Response, if_match: IfMatch = None
) -> WebhookOut:
    """Try what waits at once instead of when its time comes."""
    webhook = await queries.find_webhook(session, caller, webhook_id, lock=True)
    honour_match(if_match, webhook.version)
    await usecases.retry_now(session, webhook)
    set_etag(response, webhook.version)
    return await queries.show(session, webhook)


@router.post("/{webhook_id}/rotate-secret", responses=problem_responses(404, 412, 503))
async def rotate_secret(
    request: Request,
    session: Session,
    caller: Owner,
    runtime: RuntimeDep,
    webhook_id: UUID,
    body: Rotation,
    response: Response,
    if_match: IfMatch = None,
) -> WebhookWithSecret:
    """A new secret, shown now and never again. For some hours both sign, each its own signature."""
    request.state.no_replay = True
    webhook = await queries.find_webhook(session, caller, webhook_id, lock=True)
    honour_match(if_match, webhook.version)
    secret = await rotate(
        session,
        caller,
        webhook,
        secret=body.secret.get_secret_value() if body.secret else None,
        keep_hours=body.keep_hours,
        keys=keyring_of(runtime.settings),
    )
    response.headers["Cache-Control"] = "no-store"
    set_etag(response, webhook.version)
    return WebhookWithSecret(webhook=await queries.show(session, webhook), secret=secret)


@router.post("/{webhook_id}/replay", responses=problem_responses(403, 404, 409, 412, 503))
async def replay(
    session: Session,
    caller: Owner,
    runtime: RuntimeDep,
    webhook_id: UUID,
    body: Replay,
    response: Response,
    if_match: IfMatch = None,
) -> WebhookOut:
    """Send a topic's events again from a position on, with the ids they had."""
    async with runtime.db.transaction() as before:
        webhook = await queries.find_webhook(before, caller, webhook_id)
        honour_match(if_match, webhook.version)
        await queries.require_topic(before, webhook, body.topic)
    chosen = await starting.chosen_by(runtime.db, caller)
    epoch = await starting.epoch_at(Logs(runtime.db, runtime.peers), caller, body.topic, body.after, chosen)
    webhook = await queries.find_webhook(session, caller, webhook_id, lock=True)
    honour_match(if_match, webhook.version)
    await usecases.replay(session, caller, webhook, body.topic, epoch=epoch, after=body.after)
    set_etag(response, webhook.version)
    return await queries.show(session, webhook)


@router.post("/{webhook_id}/delete", status_code=204, responses=STEP)
async def delete_webhook(session: Session, caller: Owner, webhook_id: UUID, if_match: IfMatch = None) -> None:
    """Remove it with its secrets; what waits is not sent."""
    webhook = await queries.find_webhook(session, caller, webhook_id, lock=True)
    honour_match(if_match, webhook.version)
    await usecases.delete_webhook(session, caller, webhook)


@router.post("/{webhook_id}/ping", status_code=202, responses=problem_responses(404, 409))
async def ping(session: Session, caller: Owner, webhook_id: UUID, response: Response) -> DeliveryOut:
    """Send a test event now, once, also while it is paused or stopped; look at the delivery for what came of it."""
    webhook = await queries.find_webhook(session, caller, webhook_id, lock=True)
    delivery = await deliveries.ping(session, webhook)
    response.headers["Location"] = f"/v1/webhooks/{webhook.id}/deliveries/{delivery.id}"
    return delivery


@router.get("/{webhook_id}/deliveries", responses=problem_responses(404))
async def list_deliveries(
    session: Session, caller: Reader, webhook_id: UUID, wanted: Annotated[DeliveryFilter, Query()]
) -> Page[DeliveryOut]:
    """What was sent and what waits, the latest first."""
    return await queries.list_deliveries(session, await queries.find_webhook(session, caller, webhook_id), wanted)


@router.get("/{webhook_id}/deliveries/{delivery_id}", responses=problem_responses(404))
async def read_delivery(session: Session, caller: Reader, webhook_id: UUID, delivery_id: UUID) -> DeliveryWithAttempts:
    """One delivery with its tries."""
    return await queries.show_delivery(session, await queries.find_webhook(session, caller, webhook_id), delivery_id)


@router.post("/{webhook_id}/deliveries/{delivery_id}/resend", status_code=202, responses=problem_responses(404, 409))
async def resend(
    session: Session, caller: Owner, webhook_id: UUID, delivery_id: UUID, response: Response
) -> DeliveryOut:
    """Send one event again, with the same id."""
    webhook = await queries.find_webhook(session, caller, webhook_id, lock=True)
    delivery = await deliveries.resend(session, webhook, delivery_id)
    response.headers["Location"] = f"/v1/webhooks/{webhook.id}/deliveries/{delivery.id}"
    return delivery


@router.post("/{webhook_id}/deliveries/{delivery_id}/skip", responses=problem_responses(404, 409))
async def skip(session: Session, caller: Owner, webhook_id: UUID, delivery_id: UUID) -> DeliveryOut:
    """Give up one event that waits, so that those behind it can go on."""
    webhook = await queries.find_webhook(session, caller, webhook_id, lock=True)
    return await deliveries.skip(session, webhook, delivery_id)
