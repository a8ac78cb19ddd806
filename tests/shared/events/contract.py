"""Event types that exist only here, on topics that do exist: numbered items, and echoes of them."""

from shared.events.types import EventData, EventType, Topic

ITEM = Topic("registry.centre", "Numbered items")
BULK = Topic("registry.enterprise", "An import")
ECHO = Topic("finance.grant", "What the consumer said about items")


class Item(EventData):
    n: int
    mode: str = "ok"
    padding: str = ""


class Echo(EventData):
    n: int


ItemCounted = EventType(ITEM, "registry.centre.counted.v1", Item)
BulkCounted = EventType(BULK, "registry.enterprise.counted.v1", Item)
EchoHeard = EventType(ECHO, "finance.grant.heard.v1", Echo)
