"""Who came in, what was used, refused and taken out. No names, no addresses: a network is a keyed digest of itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

AUDIT = Topic("gateway.audit", "Audit entries (审计记录)")

Taken = Literal["file", "bulk_list", "case_pack", "audit_report", "personal_data", "audit_entries"]


class SignedInState(EventData):
    """Somebody signed in with a local account."""

    account_id: UUID
    session_id: UUID
    second_factor: bool
    network: str


class FirstUseState(EventData):
    """A key, or an identity from outside, came from a network for the first time that day."""

    account_id: str
    credential: Literal["key", "oidc"]
    credential_id: str
    network: str
    on_day: date


class Counted(EventData):
    """What was counted over a while; entries of the same while add up."""

    count: int
    from_at: datetime
    until_at: datetime


class SignInRefusedState(Counted):
    """Sign-ins that failed. No account where the name is of none, or was not looked up."""

    account_id: UUID | None
    code: str
    network: str


class KeyUsedState(Counted):
    """Requests of a key by what kind of requests they were and how they were answered (`2xx`)."""

    account_id: str
    credential_id: str
    route_class: str
    answered: str


class RefusedState(Counted):
    """Requests that were refused: not known, not allowed, not there or not one's own, too often."""

    account_id: str | None
    credential: str
    credential_id: str | None
    method: str
    route: str
    status: int
    code: str
    sensitive: bool
    """Whether it was about money, sanctions, people or access; such entries stand alone."""


class PublicFilesState(Counted):
    """Files of public registers that nobody in particular fetched."""

    route: str


class ExportedState(EventData):
    """Something was taken out; kept before the first byte was sent. The export's id is the subject."""

    account_id: str
    credential: str
    credential_id: str | None
    kind: Taken
    method: str
    route: str
    purpose: str | None
    rows: int | None
    bytes: int | None
    digest: str | None
    """SHA-256 of the answer before compression, where it was known."""


class HandedOverState(EventData):
    """How an export ended: `complete` is false where the receiver went away or the service broke off."""

    account_id: str
    bytes: int
    digest: str
    complete: bool


class MissedState(EventData):
    """What the record does not have: entries that could not be kept, or the last counts of a process that died."""

    process: UUID
    cause: Literal["database_away", "process_lost", "too_many"]
    from_at: datetime
    until_at: datetime
    turned_away: int
    """Requests that were refused because their entry could not be kept."""
    uncounted: int
    """Counts of which nothing but their number is known."""


SignedIn = EventType(AUDIT, "gateway.audit.signed_in.v1", SignedInState, Audience.INTERNAL, "somebody signed in")
FirstUsed = EventType(
    AUDIT, "gateway.audit.first_used.v1", FirstUseState, Audience.INTERNAL, "a credential came from a network first"
)
SignInRefused = EventType(
    AUDIT, "gateway.audit.sign_in_refused.v1", SignInRefusedState, Audience.INTERNAL, "sign-ins failed"
)
KeyUsed = EventType(AUDIT, "gateway.audit.key_used.v1", KeyUsedState, Audience.INTERNAL, "a key was used in an hour")
RequestRefused = EventType(
    AUDIT, "gateway.audit.request_refused.v1", RefusedState, Audience.INTERNAL, "requests were refused"
)
PublicFilesFetched = EventType(
    AUDIT, "gateway.audit.public_files_fetched.v1", PublicFilesState, Audience.INTERNAL, "public files were fetched"
)
DataExported = EventType(
    AUDIT, "gateway.audit.data_exported.v1", ExportedState, Audience.INTERNAL, "somebody takes data out"
)
DataHandedOver = EventType(
    AUDIT, "gateway.audit.data_handed_over.v1", HandedOverState, Audience.INTERNAL, "an export has ended"
)
EntriesMissed = EventType(
    AUDIT, "gateway.audit.entries_missed.v1", MissedState, Audience.INTERNAL, "the record has a gap"
)
