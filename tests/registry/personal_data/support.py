"""Short ways to consents and to what is stored."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import text

from shared.runtime import Runtime
from tests.registry.support import Json, Registry, expect


def runtime(registry: Registry) -> Runtime:
    """That of the application under test."""
    found: Runtime = registry.client._transport.app.state.runtime  # type: ignore[attr-defined]  # in-process
    return found


async def where_stored(registry: Registry, words: Iterable[str]) -> set[str]:
    """`table.word` for each word that stands in a row of a table, bytes (shown in hexadecimal) and JSON with escaped
    characters included, and `files.word` for each in a stored file."""
    found: set[str] = set()
    async with registry.db.transaction() as session:
        names = (await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).all()
        for name in names:
            rows = await session.scalar(text(f'SELECT string_agg(t::text, chr(10)) FROM "{name}" t')) or ""
            for word in words:
                escaped = word.encode("ascii", "backslashreplace").decode()
                if any(form in rows for form in (word, word.encode().hex(), escaped)):
                    found.add(f"{name}.{word}")
    for path in stored_files(registry):
        content = path.read_bytes()
        found |= {f"files.{word}" for word in words if word.encode() in content}
    return found


def stored_files(registry: Registry) -> list[Path]:
    """Everything in the storage."""
    root = Path(str(runtime(registry).files._place[1]))
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


async def withdraw_all(registry: Registry, person_id: str) -> None:
    """The person takes back whatever it agreed to, on paper."""
    path = f"/v1/persons/{person_id}/consents"
    clerk = registry.caller("hr_officer")
    for consent in expect(await clerk.get(path, open="true"), 200)["items"]:
        body: Json = {"channel": "paper", "document_no": "撤回函"}
        expect(await clerk.post(f"{path}/{consent['id']}/withdraw", body), 200)
