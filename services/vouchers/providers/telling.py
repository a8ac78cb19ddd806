"""The events of a provider: its whole state, with what the step was about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.providers.models import Provider
from shared.events import outbox
from shared.events.contracts.vouchers.providers import ProviderState
from shared.events.outbox import EventContext
from shared.events.types import EventType

S = TypeVar("S", bound=ProviderState)


async def record(
    session: AsyncSession,
    event_type: EventType[S],
    provider: Provider,
    context: EventContext,
    rules: Sequence[str] = (),
    **about: object,
) -> None:
    """Append the event; `about` are the fields that its data has beyond the provider's state."""
    state = {name: getattr(provider, name) for name in ProviderState.model_fields}
    data = event_type.data.model_validate({**state, **about})
    await outbox.append(session, event_type, provider, data, context=context, rules=rules, edition=provider.edition)
