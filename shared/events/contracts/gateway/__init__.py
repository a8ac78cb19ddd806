"""What the gateway publishes, one module a kind of thing."""

from __future__ import annotations

from shared.events.contracts.gateway.accounts import (
    ACCOUNT as ACCOUNT,
    AccountChanged as AccountChanged,
    AccountCreated as AccountCreated,
    AccountRequestConfirmed as AccountRequestConfirmed,
    AccountRequestMade as AccountRequestMade,
    AccountRequestRefused as AccountRequestRefused,
    AccountRequestState as AccountRequestState,
    AccountSecondFactorChanged as AccountSecondFactorChanged,
    AccountState as AccountState,
    SecondFactorState as SecondFactorState,
)
from shared.events.contracts.gateway.api_keys import (
    API_KEY as API_KEY,
    ApiKeyChanged as ApiKeyChanged,
    ApiKeyConfirmed as ApiKeyConfirmed,
    ApiKeyIssued as ApiKeyIssued,
    ApiKeyRevoked as ApiKeyRevoked,
    ApiKeyState as ApiKeyState,
)
from shared.events.contracts.gateway.audit import (
    AUDIT as AUDIT,
    DataExported as DataExported,
    DataHandedOver as DataHandedOver,
    EntriesMissed as EntriesMissed,
    ExportedState as ExportedState,
    FirstUsed as FirstUsed,
    FirstUseState as FirstUseState,
    HandedOverState as HandedOverState,
    KeyUsed as KeyUsed,
    KeyUsedState as KeyUsedState,
    MissedState as MissedState,
    PublicFilesFetched as PublicFilesFetched,
    PublicFilesState as PublicFilesState,
    RefusedState as RefusedState,
    RequestRefused as RequestRefused,
    SignedIn as SignedIn,
    SignedInState as SignedInState,
    SignInRefused as SignInRefused,
    SignInRefusedState as SignInRefusedState,
    Taken as Taken,
)
from shared.events.contracts.gateway.bureaus import (
    BUREAU as BUREAU,
    BureauAdded as BureauAdded,
    BureauChanged as BureauChanged,
    BureauRemoved as BureauRemoved,
    BureauRotated as BureauRotated,
    BureauState as BureauState,
)
from shared.events.contracts.gateway.delegations import (
    DELEGATION as DELEGATION,
    DelegationAccepted as DelegationAccepted,
    DelegationDeclined as DelegationDeclined,
    DelegationProposed as DelegationProposed,
    DelegationState as DelegationState,
    DelegationWithdrawn as DelegationWithdrawn,
)
from shared.events.contracts.gateway.invitations import (
    INVITATION as INVITATION,
    InvitationAccepted as InvitationAccepted,
    InvitationConfirmed as InvitationConfirmed,
    InvitationIssued as InvitationIssued,
    InvitationRevoked as InvitationRevoked,
    InvitationState as InvitationState,
)
from shared.events.contracts.gateway.outside_identities import (
    OUTSIDE_IDENTITY as OUTSIDE_IDENTITY,
    OutsideIdentityAdmitted as OutsideIdentityAdmitted,
    OutsideIdentityDisabled as OutsideIdentityDisabled,
    OutsideIdentityEnabled as OutsideIdentityEnabled,
    OutsideIdentityLinkConfirmed as OutsideIdentityLinkConfirmed,
    OutsideIdentityLinked as OutsideIdentityLinked,
    OutsideIdentityRecorded as OutsideIdentityRecorded,
    OutsideIdentityState as OutsideIdentityState,
    OutsideIdentityUnlinked as OutsideIdentityUnlinked,
)
from shared.events.contracts.gateway.sessions import (
    SESSION as SESSION,
    SessionEndState as SessionEndState,
    SessionOpened as SessionOpened,
    SessionReused as SessionReused,
    SessionRevoked as SessionRevoked,
    SessionState as SessionState,
    SessionVerified as SessionVerified,
)
from shared.events.contracts.gateway.webhooks import (
    WEBHOOK as WEBHOOK,
    WebhookChanged as WebhookChanged,
    WebhookCreated as WebhookCreated,
    WebhookDeleted as WebhookDeleted,
    WebhookState as WebhookState,
    WebhookStopped as WebhookStopped,
)
