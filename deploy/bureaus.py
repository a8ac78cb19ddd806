"""Other bureaus and the broker: from the gateway's records to the server's configuration, and back to a file that a
bureau can begin with."""

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

import nkeys

from deploy.commands.secrets import write_broker_configuration
from deploy.embedded import nats_bureaus
from deploy.embedded.nats_bureaus import Bureau, bureaus_text
from deploy.embedded.process import HOST
from deploy.settings import StackSettings
from deploy.state import StateFile, supervised


@dataclass(frozen=True, slots=True)
class NKey:
    """A key pair of a user of NATS: the seed is the bureau's alone, the public key is all that is kept."""

    seed: str
    public_key: str

    @classmethod
    def new(cls) -> "NKey":
        seed = bytes(nkeys.encode_seed(token_bytes(32), nkeys.PREFIX_BYTE_USER))
        return cls(seed.decode("ascii"), nkeys.from_seed(seed).public_key.decode("ascii"))


@contextmanager
def one_at_a_time(settings: StackSettings) -> Iterator[None]:
    """Two commands at once would each write a configuration without the other's bureau."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.home / "bureaus.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def apply(settings: StackSettings, bureaus: Sequence[Bureau]) -> str:
    """Bring the broker's configuration to these bureaus; what has been done, in a sentence.

    A running embedded server takes it over at once: connections of those who are no longer let in are closed, all
    others stay. Raises EmbeddedServerError when the server refuses it.
    """
    secrets = settings.secrets
    secrets.write_nats_bureaus(bureaus_text(bureaus))
    if write_broker_configuration(secrets.folder):
        return "The broker's configuration is written. It counts after: docker compose kill --signal HUP nats"
    if not settings.embeds_nats:
        return "NATS_URL names a broker of your own. It needs what `mengchuang bureaus accounts` prints."
    state = StateFile(settings.home).read() if supervised(settings.home) else None
    server = next((child.process for child in state.children if child.name == "nats"), None) if state else None
    if server is None or not server.alive():
        return "The broker is not running. It will know at its next start."
    settings.nats().reload(server)
    return "The broker knows."


def accounts(bureaus: Sequence[Bureau]) -> str:
    """For a broker that somebody else configures: what the suite's account exports, and an account for each bureau."""
    parts = {
        nats_bureaus.SUITE_ACCOUNT: {"exports": nats_bureaus.exports(bureaus)},
        **{bureau.account: nats_bureaus.account(bureau) for bureau in bureaus},
    }
    return json.dumps({"accounts": parts}, indent=2)


def configuration(settings: StackSettings, bureau: Bureau, key: NKey, api_key: str) -> str:
    """Everything that a bureau's program needs, as JSON; with the two secrets that are shown this once."""
    gateway = (settings.public_url or f"http://{HOST}:{settings.gateway_port}").rstrip("/")
    return json.dumps(
        {
            "bureau": bureau.name,
            "nats": {
                "url": settings.public_nats_url or settings.nats_url or f"nats://{HOST}:{settings.nats_port}",
                "seed": key.seed,
                "public_key": key.public_key,
                "inbox_prefix": bureau.inbox_prefix,
            },
            "feed": {"url": f"{gateway}/v1/events", "api_key": api_key},
            "description": f"{gateway}/asyncapi.json",
            "topics": bureau.subjects(),
        },
        indent=2,
    )


def write_private(path: Path, text: str) -> None:
    """A new file of the owner alone. Raises RuntimeError where there is one: it may hold the only copy of secrets."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise RuntimeError(f"{path} exists already") from None
    path.write_text(text + "\n", encoding="utf-8")
