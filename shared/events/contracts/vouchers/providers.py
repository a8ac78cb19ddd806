"""Service providers, and holdings between them and enterprises."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

PROVIDER = Topic("vouchers.provider", "Service providers (服务机构)")
HOLDING = Topic("vouchers.holding", "Holdings between providers and enterprises (持股)")


class ProviderState(EventData):
    """A service provider and what it may offer."""

    id: UUID
    no: str
    code: str
    name: str
    status: str
    categories: tuple[str, ...]
    admitted_on: date | None
    reason_code: str | None = None
    admitted_until: date | None = None
    """Last day of the admission."""
    licensed_until: date | None = None
    """Last day on which all its verified licences are valid; None while none ends."""
    review_due_on: date | None = None
    suspended_until: date | None = None
    """Last day of a suspension that ends by itself."""
    ended_on: date | None = None


ProviderApplied = EventType(PROVIDER, "vouchers.provider.applied.v1", ProviderState, summary="Applied.")
ProviderReviewed = EventType(PROVIDER, "vouchers.provider.reviewed.v1", ProviderState, summary="Admission proposed.")
ProviderAdmitted = EventType(PROVIDER, "vouchers.provider.admitted.v1", ProviderState, Audience.PUBLIC, "Admitted.")
ProviderRepresentativeRecorded = EventType(
    PROVIDER,
    "vouchers.provider.representative_recorded.v1",
    ProviderState,
    summary="Its legal representative was recorded.",
)
ProviderRepresentativeNoted = EventType(
    PROVIDER,
    "vouchers.provider.representative_noted.v1",
    ProviderState,
    summary="One officer noted another legal representative; it counts once a second one records the same.",
)
ProviderRefused = EventType(PROVIDER, "vouchers.provider.refused.v1", ProviderState, summary="Refused.")


ProviderAmended = EventType(PROVIDER, "vouchers.provider.amended.v1", ProviderState, summary="Its application changed.")
ProviderDeclared = EventType(
    PROVIDER, "vouchers.provider.declared.v1", ProviderState, summary="It declares two years without a penalty."
)
ProviderWithdrawn = EventType(
    PROVIDER, "vouchers.provider.withdrawn.v1", ProviderState, Audience.PUBLIC, "It has withdrawn."
)
ProviderExpired = EventType(
    PROVIDER, "vouchers.provider.expired.v1", ProviderState, Audience.PUBLIC, "The term of its admission is over."
)


class ProviderLicenceData(ProviderState):
    """The provider with the licence that the event is about."""

    licence_id: UUID
    kind: str
    number: str
    valid_to: date | None
    licence_status: str


ProviderLicenceSubmitted = EventType(
    PROVIDER, "vouchers.provider.licence_submitted.v1", ProviderLicenceData, summary="It shows a licence."
)
ProviderLicenceChecked = EventType(
    PROVIDER, "vouchers.provider.licence_checked.v1", ProviderLicenceData, summary="A licence was verified or rejected."
)
ProviderLicenceEnded = EventType(
    PROVIDER, "vouchers.provider.licence_ended.v1", ProviderLicenceData, summary="A licence counts no more."
)


class ProviderRenewalData(ProviderState):
    """The provider with the renewal that the event is about."""

    renewal_id: UUID
    renewal_status: str
    wanted_categories: tuple[str, ...]


ProviderRenewalRequested = EventType(
    PROVIDER, "vouchers.provider.renewal_requested.v1", ProviderRenewalData, summary="It asks for another term."
)
ProviderRenewalReviewed = EventType(
    PROVIDER, "vouchers.provider.renewal_reviewed.v1", ProviderRenewalData, summary="The renewal is proposed."
)
ProviderRenewed = EventType(
    PROVIDER, "vouchers.provider.renewed.v1", ProviderRenewalData, Audience.PUBLIC, "Its admission goes on."
)
ProviderRenewalRefused = EventType(
    PROVIDER, "vouchers.provider.renewal_refused.v1", ProviderRenewalData, summary="The renewal is refused."
)
ProviderRenewalWithdrawn = EventType(
    PROVIDER, "vouchers.provider.renewal_withdrawn.v1", ProviderRenewalData, summary="It asks no more."
)


class ProviderReviewData(ProviderState):
    """The provider with the yearly review that the event is about."""

    review_id: UUID
    review_status: str
    outcome: str
    due_on: date


ProviderReviewProposed = EventType(
    PROVIDER, "vouchers.provider.review_proposed.v1", ProviderReviewData, summary="A yearly review has an outcome."
)
ProviderReviewConfirmed = EventType(
    PROVIDER, "vouchers.provider.review_confirmed.v1", ProviderReviewData, summary="The outcome stands."
)
ProviderReviewReturned = EventType(
    PROVIDER, "vouchers.provider.review_returned.v1", ProviderReviewData, summary="The outcome is looked at again."
)


class ProviderMeasureData(ProviderState):
    """The provider with the measure that the event is about; what was written stays in vouchers."""

    measure_id: UUID
    measure_no: str
    measure: str
    """`suspension` or `removal`."""
    ground: str
    measure_status: str
    served_on: date
    statement_until: date
    stated_on: date | None = None
    holds: str | None = None
    """What happens to open holds: `honoured` or `released`."""
    reconsideration_until: date | None = None
    litigation_until: date | None = None
    released_redemption_ids: tuple[UUID, ...] = ()
    honoured_redemption_ids: tuple[UUID, ...] = ()


ProviderMeasureIntended = EventType(
    PROVIDER, "vouchers.provider.measure_intended.v1", ProviderMeasureData, summary="Notice of intent was served."
)
ProviderStatementMade = EventType(
    PROVIDER, "vouchers.provider.statement_made.v1", ProviderMeasureData, summary="The provider has stated its view."
)
ProviderMeasureProposed = EventType(
    PROVIDER, "vouchers.provider.measure_proposed.v1", ProviderMeasureData, summary="The measure waits for a decision."
)
ProviderMeasureDropped = EventType(
    PROVIDER, "vouchers.provider.measure_dropped.v1", ProviderMeasureData, summary="Nothing comes of it."
)
ProviderSuspended = EventType(
    PROVIDER,
    "vouchers.provider.suspended.v1",
    ProviderMeasureData,
    Audience.PUBLIC,
    "It may not sell until further notice.",
)
ProviderRemoved = EventType(
    PROVIDER, "vouchers.provider.removed.v1", ProviderMeasureData, Audience.PUBLIC, "Its admission has ended."
)
ProviderLiftingProposed = EventType(
    PROVIDER, "vouchers.provider.lifting_proposed.v1", ProviderMeasureData, summary="The measure is to be lifted."
)
ProviderReinstated = EventType(
    PROVIDER, "vouchers.provider.reinstated.v1", ProviderMeasureData, Audience.PUBLIC, "It may sell again."
)


class ProviderAccountData(ProviderState):
    """The provider with the bank account that the event is about; its number never leaves the service."""

    account_id: UUID
    account_status: str


ProviderAccountProposed = EventType(
    PROVIDER, "vouchers.provider.account_proposed.v1", ProviderAccountData, summary="It names a bank account."
)
ProviderAccountConfirmed = EventType(
    PROVIDER, "vouchers.provider.account_confirmed.v1", ProviderAccountData, summary="It is paid to this account."
)
ProviderAccountRejected = EventType(
    PROVIDER, "vouchers.provider.account_rejected.v1", ProviderAccountData, summary="The account was not confirmed."
)


class HoldingState(EventData):
    """A share of one organisation in another, in percent; both days inclusive."""

    id: UUID
    provider_id: UUID
    holder_code: str
    held_code: str
    percent: Decimal
    valid_from: date
    valid_to: date | None


HoldingRecorded = EventType(HOLDING, "vouchers.holding.recorded.v1", HoldingState, summary="A holding is on record.")
HoldingEnded = EventType(HOLDING, "vouchers.holding.ended.v1", HoldingState, summary="A holding has ended.")
