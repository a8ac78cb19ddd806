"""What the registry does when other services have decided something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.delisting.orders import DelistingOrder
from services.registry.delisting.remedies import follow_orders
from services.registry.delisting.usecases import carry_out_delistings
from services.registry.divisions.models import known_matching_fund
from services.registry.divisions.queries import open_pages
from services.registry.divisions.usecases import settle_budget
from services.registry.grades.models import known_annulment, known_grade
from services.registry.personal_data import obligations
from services.registry.policy import edition_at, loaded_editions
from shared.events.consumer import Consumers, Received
from shared.events.contracts import evaluation as ev, finance as fc
from shared.events.contracts.finance import loan_servicing as servicing, loans, matching_funds as mf
from shared.events.outbox import EventContext
from shared.events.projection import upsert_projection

NAME: Final = "registry"

consumers = Consumers(NAME)

F = TypeVar("F", bound=mf.MatchingFundState)


@consumers.on(ev.DelistingDecided, kind="command")
async def carry_out_decided(session: AsyncSession, events: Sequence[Received[ev.DelistingDecidedData]]) -> None:
    """The year's results are published: a second adjacent fail has its effect now (2.3-5)."""
    orders = [DelistingOrder.of(event) for event in events if NAME in event.data.participants]
    await carry_out_delistings(session, loaded_editions(), orders)


@consumers.on(ev.DelistingReminded, kind="command")
async def confirm_reminded(session: AsyncSession, events: Sequence[Received[ev.DelistingRemindedData]]) -> None:
    """The case still waits for the registry: do what is missing and confirm again."""
    orders = [DelistingOrder.of(event) for event in events if NAME in event.data.late]
    await carry_out_delistings(session, loaded_editions(), orders)


@consumers.on(ev.ResultPublished, kind="projection")
async def know_grades(session: AsyncSession, events: Sequence[Received[ev.ResultState]]) -> None:
    """Keep each centre's result of the year, what applications are screened by (2.3-3)."""
    fields = {"centre_id", "year", "grade", "score", "document_no", "published_on"}
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "event_id": event.id,
            **event.data.model_dump(include=fields),
        }
        for event in events
    ]
    await upsert_projection(session, known_grade, rows)


@consumers.on(ev.ResultAnnulled, kind="projection")
async def know_annulments(session: AsyncSession, events: Sequence[Received[ev.AnnulmentState]]) -> None:
    """An authority has annulled a result: it screens nothing any more (2.3-3)."""
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "evaluation_id": event.data.evaluation_id,
            "document_no": event.data.document_no,
            "decided_on": event.data.decided_on or event.effective_on,
        }
        for event in events
    ]
    await upsert_projection(session, known_annulment, rows)


_FUND_FIELDS: Final = frozenset(
    {"no", "division", "year", "status", "document_no", "budget", "spent", "approved_on", "pending_amount"}
)


async def _copy_funds(session: AsyncSession, events: Sequence[Received[F]]) -> None:
    rows = [
        {"id": event.data.id, "version": event.aggregate_version, **event.data.model_dump(include=set(_FUND_FIELDS))}
        for event in events
    ]
    await upsert_projection(session, known_matching_fund, rows)


@consumers.on(
    mf.MatchingFundRecorded,
    mf.MatchingFundRevised,
    mf.MatchingFundApproved,
    mf.MatchingFundRefused,
    kind="projection",
)
async def know_matching_funds(session: AsyncSession, events: Sequence[Received[mf.MatchingFundState]]) -> None:
    """Keep what divisions budget for their centres (5.1-2)."""
    await _copy_funds(session, events)


@consumers.on(mf.MatchingFundSpent, mf.MatchingFundSpendingReversed, kind="projection")
async def know_matching_spending(
    session: AsyncSession, events: Sequence[Received[mf.MatchingFundSpendingState]]
) -> None:
    """Keep what they have spent of it."""
    await _copy_funds(session, events)


@consumers.on(
    *(fc.LoanDrafted, fc.LoanAmended, fc.LoanConsentGiven, fc.LoanConsentWithdrawn, fc.LoanSubmitted),
    *(fc.LoanWindowChosen, fc.LoanReviewed, fc.LoanChecked, fc.LoanGuarantorAccepted, fc.LoanBankAccepted),
    *(fc.LoanContracted, fc.LoanRefused, fc.LoanWithdrawn, fc.LoanDelistingMarked, fc.LoanClosed, fc.LoanClaimed),
    *(fc.LoanClaimEnded, fc.LoanGuarantorPaid),
    kind="projection",
)
async def know_borrowers(session: AsyncSession, events: Sequence[Received[loans.LoanState]]) -> None:
    """Who borrows is kept until the loan is over: finance cannot do without knowing who owes."""
    await obligations.know_borrowers(session, events)


@consumers.on(fc.LoanRepaid, fc.LoanPaymentReversed, fc.LoanRecovered, kind="projection")
async def know_payers(session: AsyncSession, events: Sequence[Received[servicing.LoanPaymentState]]) -> None:
    """A payment taken back makes a loan run again that was closed."""
    await obligations.know_borrowers(session, events)


@consumers.on(fc.LoanDrawn, kind="projection")
async def know_drawers(session: AsyncSession, events: Sequence[Received[servicing.LoanDrawdownState]]) -> None:
    """The same with a tranche."""
    await obligations.know_borrowers(session, events)


@consumers.on(fc.LoanRescheduled, kind="projection")
async def know_rescheduled(session: AsyncSession, events: Sequence[Received[servicing.LoanScheduleState]]) -> None:
    """The same with another schedule."""
    await obligations.know_borrowers(session, events)


@consumers.on(fc.LoanExtended, kind="projection")
async def know_extended(session: AsyncSession, events: Sequence[Received[servicing.LoanExtensionState]]) -> None:
    """The same with more time."""
    await obligations.know_borrowers(session, events)


@consumers.on(mf.MatchingFundApproved, kind="command")
async def settle_budgets(session: AsyncSession, events: Sequence[Received[mf.MatchingFundState]]) -> None:
    """The year's budget stands: the division owes it no more."""
    for event in events:
        edition = edition_at(loaded_editions(), event.effective_on)
        await open_pages(session, edition, event.effective_on)
        await settle_budget(session, event.data, EventContext.caused_by(event))


@consumers.on(ev.DelistingStayed, ev.DelistingLifted, ev.DelistingReversed, kind="command")
async def follow_ordered(session: AsyncSession, events: Sequence[Received[ev.DelistingRemedyData]]) -> None:
    """An order on a published delisting: its effects are suspended, come back, or are undone (2.3-5)."""
    await follow_orders(session, loaded_editions(), [event for event in events if NAME in event.data.participants])


@consumers.on(ev.DelistingRemedyReminded, kind="command")
async def follow_reminded(session: AsyncSession, events: Sequence[Received[ev.DelistingRemedyRemindedData]]) -> None:
    """An order still waits for the registry: do what is missing and confirm again."""
    late = [event for event in events if NAME in event.data.late]
    await follow_orders(session, loaded_editions(), late)
