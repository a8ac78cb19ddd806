"""What the front tells the audit: one call as a request's caller is known, one as its answer begins, one at its end."""

from __future__ import annotations

import hmac
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, time as dtime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.audit.entries import Entry
from gateway.audit.kinds import (
    KEY_USED,
    PUBLIC_FILES,
    READ_SENSITIVE,
    REFUSALS,
    REFUSED,
    SENSITIVE,
    SIGN_IN_REFUSED,
    reveals,
)
from gateway.audit.ledger import Ledger, Unkept, instant
from gateway.audit.record import NOTE, Note
from gateway.audit.tally import HOUR, MINUTE
from gateway.front.address import Address
from gateway.front.attended import Attended
from gateway.front.callers import NOBODY, Caller
from gateway.front.exchange import Exchange
from gateway.limits.classes import RouteClass
from gateway.sessions.seen import network_of
from shared.auth.tokens import load_private_key
from shared.clock import BUSINESS_ZONE, business_today
from shared.errors import DomainError
from shared.events.contracts.gateway import (
    DataExported,
    DataHandedOver,
    ExportedState,
    FirstUsed,
    FirstUseState,
    HandedOverState,
    RefusedState,
    RequestRefused,
    Taken,
)
from shared.ids import uuid7

ALONE_A_MINUTE: Final = 20
"""Sensitive refusals of one account that are entries of their own; the rest of a minute is counted."""
_SIGN_IN: Final = b"/v1/auth/token"
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ANSWERED: Final = ("0xx", "1xx", "2xx", "3xx", "4xx", "5xx")
_SEEN_AT_MOST: Final = 20_000
_HTTP_REFUSED: Final = 400
_HTTP_FORBIDDEN: Final = 403
_FROM_ELSEWHERE: Final = frozenset({"key", "oidc"})


class Watch:
    """Never waits, but for the entries that have to be on record before an answer goes out."""

    def __init__(self, ledger: Ledger, pseudonyms: bytes, bulk_rows: int) -> None:
        self._ledger = ledger
        self._tallies = ledger.tallies
        self._bulk_rows = bulk_rows
        self._seen: set[tuple[str | None, Address | None]] = set()
        self._day_ends = 0.0
        self._rows: dict[tuple[str, str], int] = {}
        self._rows_hour = 0
        self._alone: dict[str, int] = {}
        self._alone_minute = 0

        @lru_cache(maxsize=10_000)
        def pseudonym(network: str) -> str:
            return hmac.digest(pseudonyms, network.encode(), "sha256").hex()[:16]

        self._pseudonym = pseudonym

    def network(self, address: Address | None) -> str:
        """What stands for an address' network: the same for the same one, and for who has no key no way back."""
        return "-" if address is None else self._pseudonym(network_of(str(address)))

    def attend(self, exchange: Exchange, caller: Caller, kind: RouteClass, address: Address | None) -> None:
        """It is known who asks for what."""
        segment = exchange.raw_path[4:].partition(b"/")[0]
        watched = segment in READ_SENSITIVE or (segment in SENSITIVE and exchange.method not in _READING)
        exchange.attended = Attended(caller, kind, address, partial(self._before, exchange), watched=watched)

    async def listen(self, exchange: Exchange, answer: Callable[[], Awaitable[None]]) -> None:
        """Let the gateway's own app answer, and say what it alone knows."""
        attended = exchange.attended
        if attended is None:
            await answer()
            return
        caller = attended.caller
        attended.noted = Note(caller.credential, caller.credential_id, self.network(attended.address))
        NOTE.set(attended.noted)
        try:
            await answer()
        except Exception as error:
            if attended.stopped is not None and not exchange.status:
                raise attended.stopped from error
            raise

    async def _before(self, exchange: Exchange, status: int, given: set[bytes]) -> None:
        """An answer is about to begin. Raises 503 `audit-unavailable` for one that must not go out unrecorded."""
        attended = exchange.attended
        if attended is None or exchange.method == "HEAD":
            return
        if status == _HTTP_FORBIDDEN:
            await self._refused_alone(exchange, attended)
            return
        if not 200 <= status < 300:
            return
        if reveals(exchange.raw_path):
            await self._export(exchange, attended, "personal_data")
        elif b"content-disposition" in given and not exchange.raw_path.endswith(b"/template"):
            await self._export(exchange, attended, "file")

    async def _export(self, exchange: Exchange, attended: Attended, kind: Taken) -> None:
        caller, noted = attended.caller, attended.noted
        if noted is not None and noted.export is not None:
            attended.follow(noted.export)
            return
        if caller.account_id == NOBODY.account_id:
            self._tallies.add_bounded(PUBLIC_FILES, (_route(exchange),), time.time(), None)
            return
        export_id = uuid7()
        state = _exported(exchange, caller, kind, attended.rows)
        try:
            await self._ledger.keep(Entry(DataExported, state, actor=caller.account_id, subject=export_id))
        except Unkept as error:
            self._ledger.turned_away()
            raise DomainError("audit-unavailable", 503, headers={"Retry-After": "5"}) from error
        attended.follow(export_id)

    async def _refused_alone(self, exchange: Exchange, attended: Attended) -> None:
        """A refusal changes nothing, so that it is given with the database away as well; it is counted then."""
        caller = attended.caller
        if caller.account_id == NOBODY.account_id:
            return
        minute = int(time.time()) // MINUTE
        if minute != self._alone_minute:
            self._alone, self._alone_minute = {}, minute
        had = self._alone.get(caller.account_id, 0)
        if had >= ALONE_A_MINUTE:
            return
        self._alone[caller.account_id] = had + 1
        now = instant(time.time())
        fields = _refusal(exchange, caller, _HTTP_FORBIDDEN, sensitive=True)
        given = dict(zip(REFUSED.fields, fields, strict=True))
        state = RefusedState.model_validate({**given, "count": 1, "from_at": now, "until_at": now})
        try:
            await self._ledger.keep(Entry(RequestRefused, state, actor=caller.account_id))
        except Unkept:
            return
        attended.on_record = True

    def note(self, exchange: Exchange) -> None:
        """A request is over."""
        attended, status = exchange.attended, exchange.status
        if attended is not None:
            if attended.caller.credential in _FROM_ELSEWHERE:
                self._used(attended, status)
            if attended.export is not None:
                self._handed_over(attended, attended.export)
            elif attended.rows is not None:
                self._listed(exchange, attended.caller, attended.rows)
        if status >= _HTTP_REFUSED:
            self._refused(exchange, attended, status)

    def _refused(self, exchange: Exchange, attended: Attended | None, status: int) -> None:
        caller = NOBODY if attended is None else attended.caller
        now = time.time()
        if exchange.raw_path == _SIGN_IN:
            noted = None if attended is None else attended.noted
            account = None if noted is None or noted.account_id is None else str(noted.account_id)
            network = self.network(None if attended is None else attended.address)
            self._tallies.add_bounded(SIGN_IN_REFUSED, (account, _code(exchange), network), now, account)
        elif status in REFUSALS and (attended is None or not attended.on_record):
            known = attended is not None and caller.account_id != NOBODY.account_id
            sensitive = known and attended is not None and attended.watched and status == _HTTP_FORBIDDEN
            fields = _refusal(exchange, caller, status, sensitive=sensitive)
            self._tallies.add_bounded(REFUSED, fields, now, caller.account_id if known else None)

    def _used(self, attended: Attended, status: int) -> None:
        caller, now = attended.caller, time.time()
        if caller.credential == "key":
            answered = _ANSWERED[min(status // 100, 5)]
            self._tallies.add(KEY_USED, (caller.account_id, caller.credential_id, attended.kind.name, answered), now)
        seen = (caller.credential_id, attended.address)
        if now >= self._day_ends or seen not in self._seen:
            self._first_seen(caller, seen)

    def _first_seen(self, caller: Caller, seen: tuple[str | None, Address | None]) -> None:
        today = business_today()
        ends = datetime.combine(today + timedelta(days=1), dtime(), BUSINESS_ZONE).timestamp()
        if ends != self._day_ends or len(self._seen) >= _SEEN_AT_MOST:
            self._seen, self._day_ends = set(), ends
        self._seen.add(seen)
        network = self.network(seen[1])
        state = FirstUseState.model_validate(
            {
                "account_id": caller.account_id,
                "credential": caller.credential,
                "credential_id": caller.credential_id or "-",
                "network": network,
                "on_day": today,
            }
        )
        once = f"{caller.credential_id} {network} {today}"
        self._ledger.later(Entry(FirstUsed, state, actor=caller.account_id, once=once))

    def _listed(self, exchange: Exchange, caller: Caller, rows: int) -> None:
        """Page after page of a list is a download as well."""
        if caller.account_id == NOBODY.account_id:
            return
        hour = int(time.time()) // HOUR
        if hour != self._rows_hour:
            self._rows, self._rows_hour = {}, hour
        key = (caller.account_id, _route(exchange))
        before = self._rows.get(key, 0)
        self._rows[key] = before + rows
        if (before + rows) // self._bulk_rows > before // self._bulk_rows:
            state = _exported(exchange, caller, "bulk_list", before + rows)
            self._ledger.later(Entry(DataExported, state, actor=caller.account_id))

    def _handed_over(self, attended: Attended, export_id: UUID) -> None:
        account_id = attended.caller.account_id
        state = HandedOverState(
            account_id=account_id, bytes=attended.size, digest=attended.digest, complete=attended.finished
        )
        self._ledger.later(Entry(DataHandedOver, state, actor=account_id, subject=export_id, version=2))


def pseudonym_key(signing_key: Path) -> bytes:
    """The key of the networks' digests, made of the one that signs access tokens: nothing else to keep."""
    raw = load_private_key(signing_key).private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return hmac.digest(raw, b"mengchuang audit: networks", "sha256")


def _exported(exchange: Exchange, caller: Caller, kind: Taken, rows: int | None) -> ExportedState:
    return ExportedState(
        account_id=caller.account_id,
        credential=caller.credential,
        credential_id=caller.credential_id,
        kind=kind,
        method=exchange.method,
        route=_route(exchange),
        purpose=None,
        rows=rows,
        bytes=None,
        digest=None,
    )


def _refusal(
    exchange: Exchange, caller: Caller, status: int, *, sensitive: bool
) -> tuple[str | int | bool | None, ...]:
    known = caller.account_id != NOBODY.account_id
    return (
        caller.account_id if known else None,
        caller.credential,
        caller.credential_id,
        exchange.method if exchange.route != "-" else "-",
        _route(exchange),
        status,
        _code(exchange),
        sensitive,
    )


def _code(exchange: Exchange) -> str:
    attended = exchange.attended
    return exchange.refusal or (None if attended is None else attended.code) or "-"


def _route(exchange: Exchange) -> str:
    """The path's template; of what went no further than the front the first segment, where there is such a one."""
    if exchange.template is not None:
        return exchange.template
    if exchange.route in ("-", "site"):
        return "-"
    return "/v1/" + exchange.raw_path[4:].partition(b"/")[0].decode("ascii", "replace")
