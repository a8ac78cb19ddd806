"""What the gateway tells the suite: which accounts exist and what they may do. No names, no addresses."""

from __future__ import annotations

from shared.events.types import Audience, EventData, EventType, Topic

ACCOUNT = Topic("gateway.account", "Accounts (账户)")


class AccountState(EventData):
    """An account's roles and, for roles of a district or park, its division; the account's id is the subject."""

    roles: tuple[str, ...]
    division: str | None
    disabled: bool


AccountCreated = EventType(
    ACCOUNT, "gateway.account.created.v1", AccountState, Audience.INTERNAL, "somebody may sign in from now on"
)
AccountChanged = EventType(
    ACCOUNT,
    "gateway.account.changed.v1",
    AccountState,
    Audience.INTERNAL,
    "roles or scope changed, access stopped or restored, or the password replaced",
)
