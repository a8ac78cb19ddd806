"""`mengchuang events verify` compares all five databases with the heads that were written down."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.commands.events import app
from deploy.embedded.databases import DATABASES
from deploy.secrets import Secrets
from gateway.audit.heads import Book
from gateway.audit.writing_heads import place_of
from gateway.feed.sources import Logs
from shared.auth.tokens import load_private_key
from shared.clock import business_today
from shared.db import Database
from shared.events.contracts.gateway import AUDIT
from tests.gateway.audit.books import entries_of
from tests.gateway.audit.test_heads import Books, _no_peers, head
from tests.shared.events.numbering import number
from tests.support.postgres import Cluster


def test_verify_names_the_topic_and_the_day(postgres: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = {name: postgres.service_database(name) for name in DATABASES}
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("NATS_URL", "nats://127.0.0.1:9")
    for name, url in urls.items():
        monkeypatch.setenv(f"{name.upper()}_DATABASE_URL", postgres.as_superuser(url))
    secrets = Secrets(tmp_path / "secrets")
    secrets.ensure()
    url, day = urls["gateway"], business_today() - timedelta(days=1)
    rights = postgres.as_superuser(url)

    async def fill() -> None:
        db = Database(url, pool_size=1)
        await entries_of(db, 10)
        await number(rights, AUDIT.name)
        place = await place_of(Logs(db, _no_peers()), AUDIT)
        await db.close()
        assert place is not None
        key = load_private_key(secrets.signing_key("gateway"))
        Book.of(tmp_path / "audit-heads").add([head(day, place[1], place[2])], key)

    async def tamper() -> None:
        books = Books(url, rights, tmp_path)
        await books.write_anew(6)
        await books.db.close()
        await books.owner.close()

    asyncio.run(fill())
    before = CliRunner().invoke(app, ["verify", "--anchors", str(tmp_path / "before.jsonl")])
    assert before.exit_code == 0, before.output
    assert f"daily heads from {day} to {day} agree" in before.output
    asyncio.run(tamper())
    after = CliRunner().invoke(app, ["verify", "--anchors", str(tmp_path / "after.jsonl")])
    assert after.exit_code == 1
    assert f"gateway.audit at 10 (daily heads): written anew: the head of {day} has another hash" in after.output
    for made in urls.values():
        postgres.drop_database(made)
