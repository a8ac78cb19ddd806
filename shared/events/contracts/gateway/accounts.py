"""What the gateway tells the suite: which accounts exist and what they may do. No names, no addresses."""

from __future__ import annotations

from typing import Literal

from shared.events.types import Audience, EventData, EventType, Topic

ACCOUNT = Topic("gateway.account", "Accounts (账户)")


class AccountState(EventData):
    """An account's roles and, for roles of a district or park, its division; the account's id is the subject."""

    roles: tuple[str, ...]
    division: str | None
    disabled: bool


class AccountRequestState(EventData):
    """What one person asked for and another one decides; who asked and who decided is in the events' `actor`."""

    kind: Literal["rights", "second_factor_reset", "password_reset"]
    roles: tuple[str, ...]
    division: str | None


class SecondFactorState(EventData):
    """Whether the account has a second factor from now on."""

    enrolled: bool


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
AccountRequestMade = EventType(
    ACCOUNT,
    "gateway.account.request_made.v1",
    AccountRequestState,
    Audience.INTERNAL,
    "rights that carry power, another second factor or another password were asked for and wait for a second person",
)
AccountRequestConfirmed = EventType(
    ACCOUNT,
    "gateway.account.request_confirmed.v1",
    AccountRequestState,
    Audience.INTERNAL,
    "the second person confirmed what was asked for",
)
AccountRequestRefused = EventType(
    ACCOUNT,
    "gateway.account.request_refused.v1",
    AccountRequestState,
    Audience.INTERNAL,
    "the second person refused what was asked for",
)
AccountSecondFactorChanged = EventType(
    ACCOUNT,
    "gateway.account.second_factor_changed.v1",
    SecondFactorState,
    Audience.INTERNAL,
    "a second factor was confirmed, or taken away to be set up anew",
)
