"""Whose webhooks are whose, when a delivery is tried again, and when an endpoint is given up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from gateway.feed.rules import audiences_of
from gateway.settings import SCHEDULE
from shared.auth.principal import Principal
from shared.auth.roles import BANK, BUREAU, GUARANTOR
from shared.events.contracts import PRODUCERS, event_types, topics
from shared.events.types import Topic

ROLES: Final = (BANK, GUARANTOR, BUREAU)
"""Who may have webhooks."""

GONE: Final = "gone"
FAILING: Final = "failing"
EPOCH_CHANGED: Final = "epoch_changed"
ACCOUNT_DISABLED: Final = "account_disabled"
RIGHT_LOST: Final = "right_lost"
REASONS: Final = (GONE, FAILING, EPOCH_CHANGED, ACCOUNT_DISABLED, RIGHT_LOST)
"""Why deliveries stopped: the endpoint said 410, it failed for three days, the log was restored to an earlier state,
the account was stopped, or may no longer read what it asked for."""

JITTER: Final = 0.2
LONGEST_WAIT: Final = 86_400.0
"""Seconds: nobody's Retry-After puts a delivery off for longer."""
PROBED_AFTER: Final = 3
"""So many failures in a row, and only one delivery at a time is tried until one gets through."""
MOST_PER_ENDPOINT: Final = 8
"""Deliveries under way at a time to one endpoint that does not ask for order."""


def owners_of(principal: Principal) -> tuple[str, ...]:
    """The names under which the caller's webhooks are kept, one for each role: what a bureau may read is not for the
    same organisation's guarantee business."""
    return tuple(
        owner_name(role, bank=principal.bank, org=principal.org, account_id=principal.account_id)
        for role in ROLES
        if principal.has(role)
    )


def owner_name(role: str, *, bank: str | None, org: str | None, account_id: str) -> str:
    """A bank's webhooks are kept by the bank, others' by their organisation, and by the account where there is none."""
    if role == BANK and bank:
        return f"{role}:{bank}"
    return f"{role}:org:{org}" if org else f"{role}:account:{account_id}"


def role_of(owner: str) -> str:
    """The role that an owner's name begins with."""
    return owner.partition(":")[0]


def topic_named(name: str) -> Topic | None:
    """The topic of a name; None for one that no contract has."""
    producer = name.partition(".")[0]
    return next((topic for topic in topics(producer) if topic.name == name), None) if producer in PRODUCERS else None


def names_for(topic: str, role: str, chosen: Collection[str] | None) -> frozenset[str]:
    """The topic's event types that the role reads, for a bureau with the topics that it has chosen; the feed's rule."""
    audiences, producer = audiences_of([role], topic, chosen), topic.partition(".")[0]
    types = event_types(producer) if producer in PRODUCERS else ()
    return frozenset(kind.name for kind in types if kind.topic.name == topic and kind.audience in audiences)


def may_read(topic: str, types: Sequence[str], role: str, chosen: Collection[str] | None) -> bool:
    """Whether all that was asked for is still for this role."""
    names = names_for(topic, role, chosen)
    return bool(names) and names.issuperset(types)


@dataclass(frozen=True, slots=True)
class Retrying:
    """The waits of a process. Each is drawn out by up to a fifth: `pick`, from 0 to 1, says by how much."""

    schedule: tuple[float, ...] = SCHEDULE

    @property
    def given_up_after(self) -> float:
        """Seconds from a delivery's first attempt, or from an endpoint's first failure in a row."""
        return sum(self.schedule)

    @property
    def probe_longest(self) -> float:
        """The longest wait where order is kept, or all fails: somebody who comes back should not wait for hours."""
        return self.schedule[min(2, len(self.schedule) - 1)]

    def next_wait(self, attempts: int, *, ordered: bool, asked: float | None, pick: float) -> float:
        """Seconds until the delivery's next attempt, after so many; never sooner than the receiver asked for."""
        wait = self.schedule[min(attempts, len(self.schedule)) - 1]
        if ordered:
            wait = min(wait, self.probe_longest)
        return max(wait * (1 + JITTER * pick), min(asked or 0.0, LONGEST_WAIT))

    def endpoint_wait(self, failures: int, *, asked: float | None, pick: float) -> float:
        """Seconds in which nothing is sent to an endpoint, after so many failures in a row."""
        if failures < PROBED_AFTER:
            return min(asked or 0.0, LONGEST_WAIT)
        wait = min(self.schedule[0] * 2.0 ** min(failures - PROBED_AFTER, 30), self.probe_longest)
        return max(wait * (1 + JITTER * pick), min(asked or 0.0, LONGEST_WAIT))

    def is_given_up(self, since: datetime, now: datetime) -> bool:
        """Whether it has failed for three days."""
        return now - since >= timedelta(seconds=self.given_up_after)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3); None without one, or if it says nothing."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
