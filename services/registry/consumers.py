"""What the registry does when other services have decided something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.delisting.orders import DelistingOrder
from services.registry.delisting.usecases import carry_out_delistings
from services.registry.policy import loaded_editions
from shared.events.consumer import Consumers, Received
from shared.events.contracts import evaluation as ev

NAME: Final = "registry"

consumers = Consumers(NAME)


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
