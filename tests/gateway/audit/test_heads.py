"""Histories cut or written anew, hashes and all: no chain shows it, and the heads written down outside do."""

import hashlib
import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from gateway.audit.heads import Book, Flaw, Head, check, copy, gone
from gateway.audit.writing_heads import place_of
from gateway.feed.sources import Logs
from shared.db import Database
from shared.events.contracts.gateway import AUDIT
from shared.events.envelope import chain
from shared.events.verify import Finding, Seen, verify
from shared.peers import PeerClient
from tests.gateway.audit.books import entries_of
from tests.shared.events.numbering import number
from tests.support.postgres import Cluster

KEY = Ed25519PrivateKey.generate()
DAY = date(2026, 3, 1)


class Books:
    """A gateway's database with ten audit entries, and the heads of three days."""

    def __init__(self, url: str, rights: str, folder: Path) -> None:
        self.url = url
        self.rights = rights
        self.db = Database(url, pool_size=2)
        self.owner = Database(rights, pool_size=1)
        self.folder = folder

    async def fill(self) -> None:
        for count, day in ((4, DAY), (3, DAY + timedelta(days=1)), (3, DAY + timedelta(days=2))):
            await entries_of(self.db, count)
            await number(self.rights, AUDIT.name)
            await self.write(day)

    async def write(self, day: date) -> None:
        place = await place_of(Logs(self.db, _no_peers()), AUDIT)
        assert place is not None
        epoch, position, digest = place
        Book.of(self.folder).add([head(day, position, digest, epoch)], KEY)

    async def verify(self, *, heads: bool = True) -> tuple[Finding, ...]:
        lines = [one.line for one in Book.of(self.folder).written] if heads else []
        seen = [
            Seen(line.topic, line.epoch, line.position, line.hash, f"the head of {line.day}", "daily heads")
            for line in lines
        ]
        anchors = self.folder / f"anchors-{datetime.now(UTC).timestamp()}"
        return (await verify({"gateway": self.owner}, anchors, seen)).findings

    async def alter(self, *statements: str) -> None:
        """As who owns the database can."""
        async with self.owner.transaction() as session:
            await session.execute(text("ALTER TABLE event_log DISABLE TRIGGER USER"))
            for statement in statements:
                await session.execute(text(statement))
            await session.execute(text("ALTER TABLE event_log ENABLE TRIGGER USER"))

    async def write_anew(self, position: int) -> None:
        """Another network in one entry, and every hash from there on computed as it should be."""
        await self.alter(
            f"UPDATE event_log SET data = replace(data, '{'0' * 16}', '{'1' * 16}') WHERE position = {position}"
        )
        async with self.owner.transaction() as session:
            rows = (
                await session.execute(text("SELECT id, position, attributes, data FROM event_log ORDER BY position"))
            ).all()
        previous = b""
        statements = []
        for row in rows:
            previous = chain(previous, row.id, row.position, row.attributes, row.data)
            statements.append(
                f"UPDATE event_log SET hash = decode('{previous.hex()}', 'hex') WHERE position = {row.position}"
            )
        await self.alter(*statements, f"UPDATE topic_head SET hash = decode('{previous.hex()}', 'hex')")


def head(day: date, position: int, digest: str, epoch: int = 1, topic: str = AUDIT.name) -> Head:
    return Head(
        topic=topic,
        epoch=epoch,
        position=position,
        hash=digest,
        day=day,
        occasion="day",
        written_at=datetime.now(UTC),
    )


def _no_peers() -> PeerClient:
    class Nobody(PeerClient):
        def __init__(self) -> None:
            """Only the gateway's own log is read."""

    return Nobody()


@pytest.fixture
async def books(postgres: Cluster, tmp_path: Path) -> AsyncIterator[Books]:
    url = postgres.service_database("gateway")
    made = Books(url, postgres.as_superuser(url), tmp_path / "heads")
    await made.fill()
    yield made
    await made.db.close()
    await made.owner.close()
    postgres.drop_database(url)


async def test_an_untouched_log_agrees_with_its_heads(books: Books) -> None:
    assert await books.verify() == ()


async def test_a_history_written_anew_is_found_by_the_heads_alone(books: Books) -> None:
    await books.write_anew(6)
    assert await books.verify(heads=False) == (), "every hash follows, so nothing else can tell"
    (finding,) = await books.verify()
    assert (finding.topic, finding.position) == (AUDIT.name, 7)
    assert finding.problem == "written anew: the head of 2026-03-02 has another hash"


async def test_a_tail_that_was_cut_off_is_found_by_the_heads_alone(books: Books) -> None:
    await books.alter(
        "DELETE FROM event_log WHERE position > 8",
        "UPDATE topic_head SET position = 8, hash = (SELECT hash FROM event_log WHERE position = 8)",
    )
    assert await books.verify(heads=False) == ()
    (finding,) = await books.verify()
    assert (finding.topic, finding.position) == (AUDIT.name, 9)
    assert finding.problem == "cut at the tail: the head of 2026-03-03 is at 10"


async def test_a_topic_that_is_gone_altogether_is_found(books: Books) -> None:
    await books.alter("DELETE FROM event_log", "DELETE FROM topic_head")
    assert await books.verify(heads=False) == ()
    assert [(finding.topic, finding.problem) for finding in await books.verify()] == [
        (AUDIT.name, "the whole topic is gone")
    ]


def written(folder: Path, days: int = 5) -> Book:
    """Heads of so many days, two topics each."""
    book = Book.of(folder)
    for number_ in range(days):
        day = DAY + timedelta(days=number_)
        digest = hashlib.sha256(str(number_).encode()).hexdigest()
        book.add([head(day, number_ + 1, digest), head(day, number_ + 1, digest, topic="registry.centre")], KEY)
    return book


def flaws(book: Book, copied: Book | None = None, *, reached: int = 5, today: date | None = None) -> list[Flaw]:
    last = DAY + timedelta(days=5)
    return check(book, [KEY.public_key()], {AUDIT.name: reached, "registry.centre": 5}, today or last, copied)


def edit(book: Book, change: object) -> Book:
    lines = book.path.read_text().splitlines()
    assert callable(change)
    book.path.write_text("".join(f"{line}\n" for line in change(lines)))
    return Book.of(book.path.parent)


def test_heads_of_every_day_have_no_flaw(tmp_path: Path) -> None:
    assert flaws(written(tmp_path)) == []


def test_an_altered_head_is_named(tmp_path: Path) -> None:
    book = written(tmp_path)

    def forge(lines: list[str]) -> list[str]:
        head_ = json.loads(lines[4])
        return [*lines[:4], json.dumps({**head_, "position": 1}, separators=(",", ":")), *lines[5:]]

    found = flaws(edit(book, forge))
    assert Flaw(AUDIT.name, date(2026, 3, 3), "its head was altered: the signature is of something else") in found
    assert any("the lines before its head are others" in flaw.problem for flaw in found)


def test_a_head_signed_by_somebody_else_is_named(tmp_path: Path) -> None:
    book = written(tmp_path)
    book.add([head(date(2026, 3, 6), 6, "00" * 32)], Ed25519PrivateKey.generate())
    (flaw,) = flaws(book)
    assert (flaw.topic, flaw.day) == (AUDIT.name, date(2026, 3, 6))
    assert "unknown key" in flaw.problem


def test_a_missing_day_is_named(tmp_path: Path) -> None:
    book = written(tmp_path)
    found = flaws(edit(book, lambda lines: [*lines[:4], *lines[5:]]))
    assert Flaw(AUDIT.name, date(2026, 3, 3), "no head was written that day") in found


def test_the_last_days_are_missed_where_the_log_went_on(tmp_path: Path) -> None:
    book = edit(written(tmp_path), lambda lines: lines[:8])
    assert flaws(book, reached=4)[0:0] == []
    found = flaws(book, reached=5)
    assert found == [
        Flaw(AUDIT.name, date(2026, 3, 5), "no head was written that day"),
        Flaw("registry.centre", date(2026, 3, 5), "no head was written that day"),
    ]


def test_days_on_which_nothing_ran_are_not_missed(tmp_path: Path) -> None:
    book = written(tmp_path)
    assert flaws(book, today=DAY + timedelta(days=40)) == []


def test_a_copy_tells_what_was_cut_off_here(tmp_path: Path) -> None:
    book = written(tmp_path / "here")
    copy(book, tmp_path / "there")
    assert (tmp_path / "there" / "heads.jsonl").read_bytes() == book.path.read_bytes()
    cut = edit(book, lambda lines: lines[:6])
    found = flaws(cut, Book.of(tmp_path / "there"), reached=3)
    assert {flaw.day for flaw in found if "the copy has" in flaw.problem} == {date(2026, 3, 4), date(2026, 3, 5)}


def test_a_copy_that_was_away_gets_what_it_missed_and_loses_nothing(tmp_path: Path) -> None:
    book = written(tmp_path / "here", days=2)
    copy(book, tmp_path / "there")
    shutil.move(tmp_path / "there", tmp_path / "taken-out")
    for number_ in (2, 3):
        book.add([head(DAY + timedelta(days=number_), number_, "00" * 32)], KEY)
    shutil.move(tmp_path / "taken-out", tmp_path / "there")
    copy(book, tmp_path / "there")
    copy(book, tmp_path / "there")
    assert (tmp_path / "there" / "heads.jsonl").read_bytes() == book.path.read_bytes()


def test_a_line_cut_off_by_a_crash_counts_as_never_written(tmp_path: Path) -> None:
    book = written(tmp_path, days=2)
    with book.path.open("ab") as file:
        file.write(b'{"topic":"gateway.audit","ep')
    again = Book.of(tmp_path)
    assert len(again.written) == 4
    again.add([head(DAY + timedelta(days=2), 3, "00" * 32)], KEY)
    again.add([head(DAY + timedelta(days=2), 3, "00" * 32, topic="registry.centre")], KEY)
    assert flaws(Book.of(tmp_path), today=DAY + timedelta(days=3)) == []


BEGAN = {AUDIT.name: DAY, "registry.centre": DAY - timedelta(days=400)}


def test_a_book_that_is_whole_misses_nothing(tmp_path: Path) -> None:
    assert gone(written(tmp_path), BEGAN, DAY, DAY + timedelta(days=9)) == []


def test_a_book_that_was_taken_away_is_missed_from_the_second_day_on(tmp_path: Path) -> None:
    book = written(tmp_path)
    book.path.unlink()
    none = Book.of(tmp_path)
    assert gone(none, BEGAN, DAY, DAY) == [], "the first day's heads may not be there yet"
    (flaw,) = gone(none, BEGAN, DAY, DAY + timedelta(days=1))
    assert flaw == Flaw("heads.jsonl", DAY, "heads were written down from then on, and none is left")


def test_a_book_that_the_gateway_began_anew_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    written(tmp_path).path.unlink()
    again = Book.of(tmp_path)
    again.add([head(DAY + timedelta(days=5), 9, "00" * 32, topic=topic) for topic in BEGAN], KEY)
    today = DAY + timedelta(days=6)
    assert check(again, [KEY.public_key()], {AUDIT.name: 9}, today) == [], "line by line nothing is wrong with it"
    (flaw,) = gone(again, BEGAN, DAY, today)
    assert (flaw.day, "before 2026-03-06 are gone" in flaw.problem) == (DAY, True)
    assert gone(again, BEGAN, DAY + timedelta(days=5), today) == [], "the loss is known and explained"


def test_a_topic_without_any_head_is_missed_once_its_first_day_is_long_over(tmp_path: Path) -> None:
    book, day = written(tmp_path), DAY + timedelta(days=2)
    began = BEGAN | {"finance.grant": day}
    assert gone(book, began, DAY, day + timedelta(days=1)) == []
    (flaw,) = gone(book, began, DAY, day + timedelta(days=2))
    assert (flaw.topic, flaw.day) == ("finance.grant", day)
