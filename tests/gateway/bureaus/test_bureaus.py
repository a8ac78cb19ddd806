"""Another bureau's program, with somebody else's client: hears what is for it, misses nothing, can do nothing else."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest
from nats.aio.client import Client

from deploy.bureaus import NKey
from deploy.embedded.nats_bureaus import MAX_CONNECTIONS
from shared.events.outside import outside_topics
from tests.gateway.bureaus.conftest import BANNED, LISTED, SUBMITTED, Home, Registry, programs
from tests.support import node
from tests.support.waiting import eventually

CENTRE, BAN = "registry.centre", "registry.ban"


class Program:
    """A program of the guide, run as a bureau would: its output is what it did with each event."""

    def __init__(self, name: str, folder: Path, configuration: dict[str, Any]) -> None:
        self.folder = folder
        (folder / "bureau.json").write_text(json.dumps(configuration))
        place = node.package("bureau") if name.endswith(".mjs") else folder
        self._file = place / f"{folder.name}-{name}"
        self._file.write_text(programs()[name])
        self._command = [str(node.NODE) if name.endswith(".mjs") else sys.executable, str(self._file)]
        self._child: subprocess.Popen[bytes] | None = None
        self._runs = 0

    async def start(self) -> None:
        self._runs += 1
        said = self.folder / f"said.{self._runs}"
        with (self.folder / "out").open("ab") as out, said.open("wb") as err:
            self._child = subprocess.Popen(  # noqa: ASYNC220 - forking takes a moment, and only a test waits for it
                [*self._command, str(self.folder / "bureau.json"), str(self.folder / "state.json")],
                stdout=out,
                stderr=err,
                env=node.environment(),
            )

        def connected() -> bool:
            assert self._child is not None
            assert self._child.poll() is None, said.read_text()
            return "connected" in said.read_text()

        await eventually(connected)

    def kill(self) -> None:
        if self._child is not None:
            self._child.send_signal(signal.SIGKILL)
            self._child.wait(5)

    def end(self) -> None:
        self.kill()
        self._file.unlink(missing_ok=True)

    def seen(self, topic: str = CENTRE) -> list[int]:
        """Positions of a topic in the order in which they were taken; a torn last line is not one."""
        lines = (self.folder / "out").read_text().split("\n")[:-1]
        return [event["position"] for event in map(json.loads, lines) if event["topic"] == topic]


async def positions(home: Home, configuration: dict[str, Any], topic: str = CENTRE) -> list[int]:
    """What the log has for this bureau, in full."""
    headers = {"Authorization": f"Bearer {configuration['feed']['api_key']}"}
    after, found = 0, []
    async with httpx.AsyncClient(headers=headers, timeout=120) as http:
        while True:
            response = await http.get(configuration["feed"]["url"], params={"topic": topic, "after": after})
            assert response.status_code == 200, response.text
            page = response.json()
            found += [event["position"] for event in page["items"]]
            after = page["next_after"]
            if after >= page["head"]:
                return found


@pytest.mark.parametrize("program", ["bureau.mjs", "bureau.py"])
async def test_a_bureau_has_each_event_once_whatever_breaks(
    home: Home, registry: Registry, tmp_path: Path, program: str
) -> None:
    """The broker is killed and started again, the program too; events come before, meanwhile and after."""
    name = program.replace(".", "-")
    bureau = home.add(name, "--topics", f"{CENTRE},{BAN}")
    await registry.tell(LISTED, 30)
    await registry.tell(SUBMITTED, 5)
    reader = Program(program, tmp_path, bureau)
    try:
        await reader.start()

        async def level() -> bool:
            expected = await positions(home, bureau)
            assert reader.seen() == expected
            assert reader.seen(BAN) == await positions(home, bureau, BAN)
            return bool(expected)

        await eventually(level, 20, every=0.2)
        for _ in range(5):
            await registry.tell(LISTED, 3)
            await registry.tell(SUBMITTED, 2)
            await registry.tell(BANNED)
        await eventually(level, 10, every=0.2)
        home.suite.broker.kill9()
        await registry.tell(LISTED, 20)
        await registry.tell(SUBMITTED, 3)
        await asyncio.sleep(0.5)
        home.suite.broker.start()
        home.know_the_broker()
        await registry.tell(LISTED, 7)
        await eventually(level, 30, every=0.2)
        reader.kill()
        await registry.tell(LISTED, 11)
        await reader.start()
        await registry.tell(LISTED, 4)
        await eventually(level, 20, every=0.2)
        await registry.tell(BANNED, 2)
        await eventually(level, 10, every=0.2)
    finally:
        reader.end()
    home.mengchuang("bureaus", "remove", name)


async def test_a_bureau_hears_its_events_and_can_do_nothing_else(
    home: Home, registry: Registry, tmp_path: Path
) -> None:
    bureau = home.add("curious", "--topics", CENTRE)
    own = bureau["nats"]["inbox_prefix"]
    allowed = ["registry.centre.>", LISTED, SUBMITTED, f"{own}.>"]
    forbidden = [
        *(">", "*", "*.*.*.*", "registry.>", "registry.*.listed.v1", "*.centre.>", "registry.ban.>", BANNED),
        *("gateway.>", "gateway.account.>", "finance.>", "_wake.registry", "_wake.>"),
        *("$JS.>", "$JS.API.>", "$JS.ACK.>", "$JS.EVENT.ADVISORY.>", "$SYS.>", "$SYS.ACCOUNT.>", "$SRV.>", "$KV.>"),
        *("_INBOX.>", "_INBOX_registry.>", "_INBOX_gateway.>", "_INBOX_bureau_other.>", "_INBOX_*.>"),
    ]
    publish = [
        *(LISTED, BANNED, "gateway.account.changed.v1", "anything", f"{own}.1", "_wake.registry"),
        *("$JS.API.INFO", "$JS.API.STREAM.LIST", "$JS.API.STREAM.DELETE.REGISTRY", "$JS.API.CONSUMER.CREATE.REGISTRY"),
        *("$JS.ACK.REGISTRY.finance_registry_centre.1.1.1.1.0", "$SYS.REQ.USER.INFO", "$SYS.REQ.SERVER.PING"),
        *("$SRV.PING", "_INBOX_registry.1"),
    ]
    for file, content in {
        "bureau.json": bureau,
        "attempts.json": {"subscribe": [*allowed, *forbidden], "publish": publish, "wait": 2500},
    }.items():
        (tmp_path / file).write_text(json.dumps(content))
    files = [str(tmp_path / "bureau.json"), str(tmp_path / "attempts.json")]
    trying = asyncio.create_task(asyncio.to_thread(node.run, "bureau", "intruder.mjs", *files))
    await asyncio.sleep(1.2)
    await registry.tell(LISTED, 2)
    await registry.tell(SUBMITTED, 2)
    await registry.tell(BANNED, 2)
    done = await trying
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert sorted(outcome["subscribe"]) == sorted(forbidden)
    assert sorted(outcome["publish"]) == sorted(publish)
    assert outcome["others"] == []
    heard = [(one["via"], one["subject"]) for one in outcome["heard"]]
    assert sorted(heard) == sorted([("registry.centre.>", LISTED), (LISTED, LISTED)] * 2), (
        "nothing internal, nothing else"
    )
    operator = await home.suite.broker.connect()
    info = await operator.jetstream().stream_info("REGISTRY")
    assert info.state.messages > 0
    await operator.close()
    home.mengchuang("bureaus", "remove", "curious")


async def connect(bureau: dict[str, Any], **options: Any) -> Client:
    """As this bureau, without going on after a loss."""
    return await nats.connect(
        bureau["nats"]["url"],
        nkeys_seed_str=bureau["nats"]["seed"],
        inbox_prefix=bureau["nats"]["inbox_prefix"].encode(),
        allow_reconnect=False,
        error_cb=_ignore,
        connect_timeout=120,
        **options,
    )


async def _ignore(_error: Exception) -> None:
    """nats-py prints what nobody listens to."""


async def _feed(bureau: dict[str, Any], topic: str = CENTRE) -> int:
    headers = {"Authorization": f"Bearer {bureau['feed']['api_key']}"}
    async with httpx.AsyncClient(headers=headers, timeout=120) as http:
        return (await http.get(bureau["feed"]["url"], params={"topic": topic})).status_code


async def test_other_credentials_count_at_once_and_nobody_else_notices(home: Home, registry: Registry) -> None:
    first, other = home.add("rotated"), home.add("steady")
    old, steady = await connect(first), await connect(other)
    heard: list[str] = []

    async def hear(message: Any) -> None:
        heard.append(message.subject)

    await steady.subscribe("registry.centre.>", cb=hear)
    await steady.flush()
    log = home.suite.broker.log_file.read_text()
    second = json.loads(home.mengchuang("bureaus", "rotate", "rotated"))
    await eventually(lambda: old.is_closed)
    with pytest.raises(nats.errors.Error):
        await connect(first)
    new = await connect(second)
    assert await _feed(second) == 200
    assert await eventually(lambda: _status_is(first, 401))
    assert steady.is_connected
    assert home.suite.broker.log_file.read_text().removeprefix(log).count("Reloaded server configuration") == 1
    await registry.tell(LISTED, 2)
    await eventually(lambda: len(heard) == 2)
    home.mengchuang("bureaus", "remove", "rotated")
    await eventually(lambda: new.is_closed)
    with pytest.raises(nats.errors.Error):
        await connect(second)
    assert await eventually(lambda: _status_is(second, 401))
    assert steady.is_connected
    assert "rotated" not in home.mengchuang("bureaus", "list")
    await steady.close()
    home.mengchuang("bureaus", "remove", "steady")


async def _status_is(bureau: dict[str, Any], status: int) -> bool:
    return await _feed(bureau) == status


async def test_services_keep_their_connections_while_bureaus_come_and_go(home: Home, registry: Registry) -> None:
    operator = await home.suite.broker.connect()
    before = home.suite.log("registry").count("broker-disconnected") + home.suite.log("gateway").count(
        "broker-disconnected"
    )
    for number in range(3):
        home.add(f"passing-{number}", "--topics", BAN)
        await registry.tell(LISTED, 5)
    for number in range(3):
        home.mengchuang("bureaus", "remove", f"passing-{number}")
    after = home.suite.log("registry").count("broker-disconnected") + home.suite.log("gateway").count(
        "broker-disconnected"
    )
    assert operator.is_connected
    assert after == before
    await operator.close()


async def test_a_bureau_has_so_many_connections_and_no_more(home: Home) -> None:
    bureau = home.add("crowd")
    connections = [await connect(bureau) for _ in range(MAX_CONNECTIONS)]
    with pytest.raises(nats.errors.Error):
        await connect(bureau)
    for topic in bureau["topics"]:
        await connections[0].subscribe(f"{topic}.>")
    await connections[0].flush()
    assert connections[0].is_connected, "every topic there is fits into one connection's subscriptions"
    for connection in connections:
        await connection.close()
    home.mengchuang("bureaus", "remove", "crowd")


async def test_topics_may_be_changed_and_hold_for_both_ways(home: Home, registry: Registry) -> None:
    bureau = home.add("chooser", "--topics", BAN)
    assert set(bureau["topics"]) == {BAN}
    assert set(bureau["topics"][BAN]) == set(outside_topics()[BAN])
    assert await _feed(bureau, "registry.carrier") == 403, "for bureaus only, and not chosen"
    home.mengchuang("bureaus", "topics", "chooser", "--topics", f"registry.carrier,{CENTRE}")
    assert await _feed(bureau, "registry.carrier") == 200
    connection = await connect(bureau)
    heard = await connection.subscribe("registry.centre.>")
    await connection.flush()
    await registry.tell(LISTED)
    assert (await heard.next_msg(5)).subject == LISTED
    await connection.close()
    home.mengchuang("bureaus", "remove", "chooser")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["add", "Finance"], "bureau-name-invalid"),
        (["add", "a/b"], "bureau-name-invalid"),
        (["add", "x1", "--topics", "registry.nothing"], "bureau-topics-unknown (topics: registry.nothing)"),
        (["add", "x1", "--topics", "gateway.account"], "bureau-topics-unknown"),
        (["add", "x1", "--topics", ","], "bureau-topics-unknown"),
        (["rotate", "nobody"], "not-found"),
        (["remove", "nobody"], "not-found"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_a_wrong_word_changes_nothing_and_says_why(home: Home, words: Sequence[str], reason: str) -> None:
    before = home.suite.broker.config_file.read_text()
    assert reason in home.mengchuang("bureaus", *words, fails=True)
    assert home.suite.broker.config_file.read_text() == before


def test_credentials_are_shown_once_and_kept_nowhere(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "bureau.json"
    home.mengchuang("bureaus", "add", "secretive", "--output", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    bureau = json.loads(file.read_text())
    assert "bureau-name-taken" in home.mengchuang("bureaus", "add", "secretive", fails=True)
    assert "exists already" in home.mengchuang("bureaus", "rotate", "secretive", "--output", str(file), fails=True)
    secrets = [bureau["nats"]["seed"], bureau["feed"]["api_key"]]
    for path in home.suite.folder.rglob("*"):
        if path.is_file() and path.stat().st_size < 10_000_000:
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in secrets), path
    assert bureau["nats"]["public_key"].encode() in home.suite.broker.config_file.read_bytes()
    assert home.suite.broker.config_file.stat().st_mode & 0o777 == 0o600
    home.mengchuang("bureaus", "remove", "secretive")


async def test_a_reader_of_the_guide_checks_the_chain(home: Home, registry: Registry, tmp_path: Path) -> None:
    bureau = home.add("checker")
    await registry.tell(LISTED, 3)
    await registry.tell(SUBMITTED, 2)
    await registry.tell(LISTED, 2)
    headers = {"Authorization": f"Bearer {bureau['feed']['api_key']}"}

    async def page() -> dict[str, Any]:
        async with httpx.AsyncClient(headers=headers) as http:
            answer = await http.get(bureau["feed"]["url"], params={"topic": CENTRE, "limit": 200})
        found: dict[str, Any] = answer.json()
        assert len(found["items"]) >= 5
        return found

    found = await eventually(page)
    program = tmp_path / "check.py"
    program.write_text(programs()["check.py"])

    def check() -> subprocess.CompletedProcess[str]:
        (tmp_path / "page.json").write_text(json.dumps(found))
        command = [sys.executable, str(program), str(tmp_path / "page.json")]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert check().stdout.startswith("whole up to ")
    found["items"][1]["data"]["status"] = "altered"
    assert "is not what was hashed" in check().stderr
    home.mengchuang("bureaus", "remove", "checker")


def test_an_nkey_is_one_that_the_table_and_the_server_take() -> None:
    key = NKey.new()
    assert key.seed.startswith("SU")
    assert key.public_key.startswith("U")
    assert len(key.public_key) == 56
    assert key != NKey.new()
