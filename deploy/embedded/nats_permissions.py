"""Who may say what on the broker: a service publishes under its own prefix and reaches its own durables, no more."""

from collections.abc import Mapping, Sequence

from shared.events.contracts import topics
from shared.events.streams import durable_name

SERVICES = ("registry", "evaluation", "finance", "vouchers", "gateway")
PROVISIONER = "provisioner"
OPERATOR = "operator"
USERS = (*SERVICES, PROVISIONER, OPERATOR)

Permissions = Mapping[str, Mapping[str, Sequence[str]]]


def inbox_prefix(user: str) -> str:
    """Every client asks for answers under its own prefix; the common `_INBOX` would let one user read another's."""
    return f"_INBOX_{user}"


def permissions(user: str) -> Permissions:
    """The user's rights in the server's own form. An unknown user is a KeyError, never somebody with all rights."""
    if user in SERVICES:
        return _service(user)
    return {PROVISIONER: _PROVISIONER, OPERATOR: _OPERATOR}[user]


def _service(name: str) -> Permissions:
    publish = [f"{name}.>", f"_wake.{name}", "$JS.API.INFO", "$JS.API.STREAM.INFO.*"]
    for producer in SERVICES:
        for topic in topics(producer):
            publish += _durable(topic.stream, durable_name(name, topic.name))
    subscribe = [f"{inbox_prefix(name)}.>", f"_wake.{name}"]
    if name == "gateway":
        # Its processes hear one another's events, to forget what they have in caches, and everybody's, to send them on.
        subscribe += [f"{producer}.>" for producer in SERVICES]
    return _allow(publish, subscribe)


def _durable(stream: str, name: str) -> list[str]:
    return [
        f"$JS.API.CONSUMER.CREATE.{stream}.{name}",
        f"$JS.API.CONSUMER.CREATE.{stream}.{name}.>",
        f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{name}",
        f"$JS.API.CONSUMER.INFO.{stream}.{name}",
        f"$JS.API.CONSUMER.DELETE.{stream}.{name}",
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}",
        f"$JS.ACK.{stream}.{name}.>",
        # The longer form of the reply subject begins with the JetStream domain and a hash of the account.
        f"$JS.ACK.*.*.{stream}.{name}.>",
    ]


def _allow(publish: Sequence[str], subscribe: Sequence[str]) -> Permissions:
    return {"publish": {"allow": list(publish)}, "subscribe": {"allow": list(subscribe)}}


_PROVISIONER = _allow(["$JS.API.INFO", "$JS.API.STREAM.>"], [f"{inbox_prefix(PROVISIONER)}.>"])
_OPERATOR = _allow([">"], [">"])
