"""What the database itself guards: documents count once, the journal balances, parts make the whole (4.3-2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.support.postgres import Cluster, plain_dsn
from tests.vouchers.support import Town, code_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/redemptions"

GAPPED = """
    WITH entry AS (
        INSERT INTO journal_entry VALUES (gen_random_uuid(), 'reversal', $1, '2019-06-03', 'x') RETURNING id
    )
    INSERT INTO posting SELECT id, line, 'issuer_bank', $1, line - 2 FROM entry, unnest(ARRAY[1, 3]) AS line
"""


@pytest.mark.parametrize("way", ["counter", "hold"])
@pytest.mark.parametrize(
    "documents",
    [
        {"invoice": {"code": "054001900104", "number": "12345678"}},
        {"invoice": {"number": "23540000000012345678"}},
        {"contract_no": "HT-2019-7"},
    ],
)
async def test_a_document_counts_once(town: Town, way: str, documents: dict[str, Any]) -> None:
    standing = await town.standing("1000.00")
    path = f"{PATH}/counter" if way == "counter" else PATH
    body = standing.sale("10.00", **documents)
    seller = standing.seller.caller
    assert (await town.api.post(seller, f"{PATH}/counter", body)).status_code == 201
    refused = await town.api.post(seller, path, body)
    assert code_of(refused) == (409, "document-already-claimed")
    assert refused.json()["clauses"] == ["4.3-2"]
    assert await standing.parts() == ("995.00", "0.00", "5.00")
    other = await town.standing("1000.00")
    assert (await other.at_counter("10.00", more=documents)).status_code == 201, "another seller's number is another"


async def test_a_released_hold_frees_its_document(town: Town) -> None:
    standing = await town.standing()
    body = standing.sale("10.00", contract_no="HT-1")
    held = await town.api.ok(standing.seller.caller, PATH, body)
    assert (await town.api.post(standing.seller.caller, PATH, body)).status_code == 409
    await standing.step(standing.seller.caller, held["id"], "release")
    assert (await town.api.post(standing.seller.caller, PATH, body)).status_code == 201


@pytest.mark.parametrize(
    "invoice", [{"number": "12345678"}, {"code": "054001900104", "number": "23540000000012345678"}, {"number": "12"}]
)
async def test_an_invoice_that_cannot_be_one_is_refused(town: Town, invoice: dict[str, str]) -> None:
    standing = await town.standing()
    response = await standing.at_counter("10.00", more={"invoice": invoice})
    assert code_of(response) == (422, "validation-failed")


@pytest.mark.parametrize(
    ("sql", "refusal"),
    [
        ("UPDATE posting SET amount = amount * 2", "append-only"),
        ("DELETE FROM posting", "append-only"),
        ("DELETE FROM journal_entry", "append-only"),
        ("TRUNCATE posting", "append-only"),
        ("INSERT INTO posting VALUES ((SELECT id FROM journal_entry LIMIT 1), 3, 'issuer_bank', $1, 1)", "sum 1.00"),
        (
            "INSERT INTO posting VALUES ((SELECT id FROM journal_entry LIMIT 1), 2, 'issuer_bank', $1, 1)",
            "duplicate key",
        ),
        (GAPPED, "the last at line 3"),
        ("INSERT INTO journal_entry VALUES (gen_random_uuid(), 'reversal', $1, '2019-06-03', 'x')", ": 0 postings"),
    ],
)
async def test_the_journal_can_neither_be_changed_nor_be_unbalanced_by_anybody(
    town: Town, postgres: Cluster, vouchers_url: str, sql: str, refusal: str
) -> None:
    standing = await town.standing()
    made = (await standing.at_counter("10.00")).json()
    connection = await asyncpg.connect(plain_dsn(postgres.as_superuser(vouchers_url)))
    try:
        with pytest.raises(asyncpg.PostgresError, match=refusal):
            await connection.execute(sql, *([UUID(made["id"])] if "$1" in sql else []))
    finally:
        await connection.close()
    assert await standing.journal_total() == 5


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE voucher SET balance = balance + 1 WHERE id = CAST(:id AS uuid)",
        "UPDATE voucher SET balance = -1, spent = face_value + 1 - held WHERE id = CAST(:id AS uuid)",
        "UPDATE redemption SET subsidy = subsidy + 0.01 WHERE voucher_id = CAST(:id AS uuid)",
        "UPDATE redemption SET status = 'held' WHERE voucher_id = CAST(:id AS uuid)",
    ],
)
async def test_the_database_refuses_what_the_rules_would(town: Town, sql: str) -> None:
    standing = await town.standing()
    assert (await standing.at_counter("10.00")).status_code == 201
    with pytest.raises(IntegrityError, match="violates check constraint"):
        async with town.db.transaction() as session:
            await session.execute(text(sql), {"id": standing.voucher_id})
