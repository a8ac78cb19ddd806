"""Other bureaus on the broker: an account each, into which exactly the event types of its topics are imported.

What one account publishes another does not hear, whatever its users may do, unless the one exports it and the other
imports it. So a wrong permission alone opens nothing, and a bureau that subscribes to a whole topic hears of it only
what leaves the suite. The account has no JetStream; what was missed is read by position over HTTP. A bureau proves who
it is by signing the server's challenge (NKey, Ed25519): nothing secret of it is kept here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.events.outside import outside_topics

SUITE_ACCOUNT = "SUITE"
MAX_CONNECTIONS = 8
MAX_SUBSCRIPTIONS = 1024
"""Of all connections of a bureau together; a subscription to a topic counts once for each of its event types too."""


@dataclass(frozen=True, slots=True)
class Bureau:
    """A bureau as the broker knows it; without `topics` it reads every topic that leaves the suite."""

    name: str
    public_key: str
    topics: tuple[str, ...] | None = None

    @property
    def account(self) -> str:
        return f"BUREAU_{self.name.upper().replace('-', '_')}"

    @property
    def inbox_prefix(self) -> str:
        return f"_INBOX_bureau_{self.name}"

    def subjects(self) -> Mapping[str, tuple[str, ...]]:
        """Topic → event types, of those that exist in this version."""
        known = outside_topics()
        wanted = known if self.topics is None else [topic for topic in self.topics if topic in known]
        return {topic: known[topic] for topic in wanted}


def exports(bureaus: Sequence[Bureau]) -> list[dict[str, object]]:
    """What the suite's account offers, each event type to the bureaus that read it and to nobody else."""
    readers: dict[str, list[str]] = {}
    for bureau in bureaus:
        for names in bureau.subjects().values():
            for name in names:
                readers.setdefault(name, []).append(bureau.account)
    return [{"stream": name, "accounts": readers[name]} for name in sorted(readers)]


def account(bureau: Bureau) -> dict[str, object]:
    """The bureau's account: one user who subscribes to its topics and to its own inbox, and publishes nothing."""
    subjects = bureau.subjects()
    allowed = [*(f"{topic}.>" for topic in subjects), f"{bureau.inbox_prefix}.>"]
    return {
        "users": [
            {"nkey": bureau.public_key, "permissions": {"publish": {"deny": [">"]}, "subscribe": {"allow": allowed}}}
        ],
        "imports": [
            {"stream": {"account": SUITE_ACCOUNT, "subject": name}} for names in subjects.values() for name in names
        ],
        "limits": {"max_connections": MAX_CONNECTIONS, "max_subscriptions": MAX_SUBSCRIPTIONS},
    }


def read_bureaus(path: Path) -> list[Bureau]:
    """The bureaus that a configuration is to have; none without the file."""
    if not path.exists():
        return []
    return [
        Bureau(item["name"], item["public_key"], None if item["topics"] is None else tuple(item["topics"]))
        for item in json.loads(path.read_text(encoding="utf-8"))
    ]


def bureaus_text(bureaus: Sequence[Bureau]) -> str:
    """What `read_bureaus` reads; nothing in it is secret."""
    items = [
        {"name": bureau.name, "public_key": bureau.public_key, "topics": bureau.topics}
        for bureau in sorted(bureaus, key=lambda bureau: bureau.name)
    ]
    return json.dumps(items, indent=2) + "\n"
