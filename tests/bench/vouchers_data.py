"""A city's vouchers of five years, copied set-based from one of each thing that the service itself made.

Ten uses a voucher, twenty vouchers an enterprise, fifty enterprises a centre, eight issuers and a provider for every
500 vouchers; a few issuers and providers have most. What was captured up to April is settled, May waits for its batch,
and of the last year some holds and orders are open, some overdue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Final

import asyncpg

from tests.support.identifiers import make_uscc

USES: Final = 10
"""Of one voucher."""
BLOCKS: Final = 20
"""Quarters: of one block's vouchers all are issued on one day, and used in the 91 days from it on."""
RUNNING: Final = 16
"""The first block whose vouchers have not run out when it is measured; those of the one before are overdue."""
TENANTS: Final = 50
DIVISIONS: Final = ("540102", "540103", "540104", "540121", "540122", "540123", "540124", "540127")
FIRST_CODE: Final = 500_000
"""Codes of organisations are numbered from here on: enterprises, then providers."""

_TODAY: Final = "DATE '2019-06-03'"
_PROGRAMME, _PROVIDER, _CENTRE, _FIRM, _STAY, _VOUCHER, _USE, _ENTRY, _LINE, _BATCH, _PAYMENT, _ACCOUNT = range(12)

_TRUSTED: Final = "SET session_replication_role = replica"
"""Without triggers and foreign keys: what they check holds by how the rows are made. Checks of rows stay on."""
_INDEXES_OFF: Final = (
    "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = to_regclass('{table}')"
)
_BULKY: Final = ("redemption", "document_claim", "settlement_line", "journal_entry", "posting", "voucher")


@dataclass(frozen=True)
class Size:
    """How much of everything there is."""

    vouchers: int

    @property
    def uses(self) -> int:
        return self.vouchers * USES

    @property
    def block(self) -> int:
        return self.vouchers // BLOCKS

    @property
    def firms(self) -> int:
        return self.vouchers // 20

    @property
    def centres(self) -> int:
        return self.firms // TENANTS

    @property
    def providers(self) -> int:
        return self.vouchers // 500

    @property
    def first_running(self) -> int:
        return RUNNING * self.block + 1

    def firm_of(self, voucher: int) -> int:
        return voucher * 31 % self.firms + 1

    def firm_code(self, number: int) -> str:
        return make_uscc(FIRST_CODE + number)

    def provider_code(self, number: int) -> str:
        return make_uscc(FIRST_CODE + self.firms + number)


def code_of(voucher: int) -> str:
    """What is shown at the counter for it."""
    return md5(str(voucher).encode(), usedforsecurity=False).hexdigest()[:20].upper()


def ident(kind: int, number: str) -> str:
    """SQL of an id that grows with its number."""
    return f"CAST(lpad(to_hex(CAST({number} AS bigint)), 12, '0') || '7{kind:03x}8000000000000000' AS uuid)"


def voucher_id(number: int) -> str:
    return _uuid(_VOUCHER, number)


def centre_id(number: int) -> str:
    return _uuid(_CENTRE, number)


def provider_id(number: int) -> str:
    return _uuid(_PROVIDER, number)


def _uuid(kind: int, number: int) -> str:
    return f"{number >> 16:08x}-{number & 0xFFFF:04x}-7{kind:03x}-8000-000000000000"


def _vouchers(size: Size) -> str:
    """Rows `v` of vouchers with what follows from their number."""
    firm = f"(v * 31) % {size.firms} + 1"
    return f"""
    generate_series(CAST(1 AS bigint), {size.vouchers}) AS v
    CROSS JOIN LATERAL (SELECT CAST((v - 1) / {size.block} AS integer) AS b, (v / 7) % 20 AS k, {firm} AS firm,
        {_DIVISION} AS d, 50 + (v % 50) * 5 AS subsidy) AS of_number
    CROSS JOIN LATERAL (SELECT {_TODAY} - 1820 + 91 * b AS issued,
        CASE WHEN b >= {RUNNING} AND k < 4 THEN subsidy ELSE 0 END AS held,
        subsidy * CASE WHEN k = 5 OR (b >= {RUNNING} AND k < 5) THEN {USES - 1} ELSE {USES} END AS spent) AS of_day
    """


_DIVISION: Final = f"CAST(floor({len(DIVISIONS)} * power((v * 7919) % 1000 / 1000.0, 2)) AS integer)"


def _uses(size: Size, wanted: str = "true") -> str:
    """Rows `n` of redemptions with what follows from their number."""
    spread = f"CAST(floor({size.providers} * power((n * 7919) % 100003 / 100003.0, 2)) AS integer) + 1"
    block = size.block
    return f"""
    (
        SELECT of_day.*,
            CASE
                WHEN r < {USES - 1} THEN 'redeemed'
                WHEN k = 5 THEN 'released'
                WHEN b < {RUNNING} OR k > 5 THEN 'redeemed'
                WHEN k < 2 THEN 'held'
                WHEN k < 4 THEN 'delivered'
                ELSE 'ordered'
            END AS state,
            (extract(year FROM day) * 12 + extract(month FROM day))::integer AS month
        FROM (
            SELECT n, b, r, v, (v / 7) % 20 AS k, (v * 31) % {size.firms} + 1 AS firm, {_DIVISION} AS d,
                {spread} AS p, 50 + (v % 50) * 5 AS subsidy, {_TODAY} - 1820 + 91 * b + 9 * r AS day
            FROM (
                SELECT n, CAST((n - 1) / {USES * block} AS integer) AS b,
                    CAST((n - 1) % {USES * block} / {block} AS integer) AS r,
                    (n - 1) / {USES * block} * {block} + (n - 1) % {block} + 1 AS v
                FROM generate_series(CAST(1 AS bigint), {size.uses}) AS n
                OFFSET 0
            ) AS of_number
            OFFSET 0
        ) AS of_day
        OFFSET 0
    ) AS used WHERE {wanted}
    """


_CAPTURED: Final = "state = 'redeemed'"
_SETTLED: Final = "state = 'redeemed' AND day < DATE '2019-05-01'"
_PROGRAMME_OF: Final = ident(_PROGRAMME, "d * 10 + b / 4")
_INVOICE: Final = "'91540102MA' || lpad(CAST(p AS text), 8, '0') || '||' || lpad(CAST(n AS text), 20, '0')"
_ISSUER: Final = f"(CAST('{{{','.join(DIVISIONS)}}}' AS text[]))[d + 1]"


async def copy(connection: asyncpg.Connection, table: str, rows: str, sample: str = "true", **values: str) -> None:
    """A copy of the table's sample for each of the rows, with some columns' own values."""
    found = await connection.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped"
        " AND attidentity = '' AND attgenerated = ''",
        table,
    )
    names = [str(row["attname"]) for row in found]
    assert set(values) <= set(names), set(values) - set(names)
    columns = ", ".join(f'"{name}"' for name in names)
    chosen = ", ".join(values.get(name, f'sample."{name}"') for name in names)
    await connection.execute(
        f"INSERT INTO {table} ({columns}) SELECT {chosen}"
        f" FROM (SELECT * FROM {table} WHERE {sample} LIMIT 1) AS sample CROSS JOIN {rows}"
    )


async def fill(dsn: str, size: Size) -> None:
    """Everything; at its end all constraints, triggers and indexes are there and valid, and statistics are fresh."""
    first, second, third = [await asyncpg.connect(dsn) for _ in range(3)]
    try:
        for connection in (first, second, third):
            await connection.execute(_TRUSTED)
            await connection.execute("SET maintenance_work_mem = '1GB'; SET max_parallel_maintenance_workers = 1")
        for table in _BULKY:
            await first.execute(_INDEXES_OFF.format(table=table))
        await _places(first, size)
        await asyncio.gather(_use(first, size), _money(second, size))
        await asyncio.gather(
            *(_index(connection, tables) for connection, tables in ((first, _BULKY[:1]), (second, _BULKY[1:])))
        )
        await _ceilings(first)
        for statement in _SUMS:
            await first.execute(statement)
        await first.execute("VACUUM (ANALYZE)")
        invalid = await first.fetchval("SELECT count(*) FROM pg_index WHERE NOT (indisvalid AND indisready)")
        assert invalid == 0, "an index is off"
    finally:
        for connection in (first, second, third):
            await connection.close()


async def _index(connection: asyncpg.Connection, tables: Sequence[str]) -> None:
    for table in tables:
        await connection.execute(f"REINDEX TABLE {table}")


async def _places(connection: asyncpg.Connection, size: Size) -> None:
    """Programmes, centres, enterprises with their stays, and providers with their accounts."""
    programmes = f"generate_series(0, {len(DIVISIONS) - 1}) AS d CROSS JOIN generate_series(0, 4) AS y"
    programme = ident(_PROGRAMME, "d * 10 + y")
    await copy(
        connection,
        "programme",
        programmes,
        id=programme,
        no="'VP-' || (2015 + y) || '-9' || lpad(CAST(d AS text), 4, '0')",
        year="2015 + y",
        issuer_division=_ISSUER,
        budget="900000000000",
    )
    await copy(connection, "programme_terms", programmes, programme_id=programme, budget="900000000000")
    await copy(
        connection, "known_centre", f"generate_series(1, {size.centres}) AS c", id=ident(_CENTRE, "c"), version="1"
    )
    await _organisations(connection, size)
    firms = f"bench_firm WHERE n BETWEEN 1 AND {size.firms}"
    await copy(
        connection,
        "known_enterprise",
        firms,
        id=ident(_FIRM, "n"),
        code="bench_firm.code",
        legal_representative_ref="'person-' || n",
        size_class="(ARRAY['micro', 'small', 'medium'])[n % 3 + 1]",
    )
    stays = f"generate_series(1, {size.firms}) AS n"
    await copy(
        connection,
        "known_tenancy",
        stays,
        id=ident(_STAY, "n"),
        enterprise_id=ident(_FIRM, "n"),
        centre_id=ident(_CENTRE, f"n % {size.centres} + 1"),
    )
    sellers = f"(SELECT n - {size.firms} AS p, code AS own FROM bench_firm WHERE n > {size.firms}) AS seller"
    await copy(
        connection,
        "provider",
        sellers,
        id=ident(_PROVIDER, "p"),
        no="'PV-2015-' || lpad(CAST(p AS text), 6, '0')",
        code="own",
        legal_representative_ref="'seller-' || p",
    )
    await connection.execute(
        "INSERT INTO settlement_account (id, provider_id, account_name, bank_name, last_four, key_id, status,"
        " proposed_by, proposed_on, decided_by, decided_on, sealed_number)"
        f" SELECT {ident(_ACCOUNT, 'p')}, {ident(_PROVIDER, 'p')}, '测试服务机构', '测试银行', '0000', 'k', 'current',"
        f" 'a', DATE '2015-01-05', 'b', DATE '2015-01-06', ''::bytea FROM generate_series(1, {size.providers}) AS p"
    )
    await connection.execute("DROP TABLE bench_firm")


async def _organisations(connection: asyncpg.Connection, size: Size) -> None:
    await connection.execute("CREATE TABLE bench_firm (n integer, code text)")
    numbers = range(1, size.firms + size.providers + 1)
    rows = [(number, make_uscc(FIRST_CODE + number)) for number in numbers]
    await connection.copy_records_to_table("bench_firm", records=rows)


async def _use(connection: asyncpg.Connection, size: Size) -> None:
    """Vouchers, their codes, and what they were used for."""
    expired = f"b < {RUNNING - 1}"
    await copy(
        connection,
        "voucher",
        _vouchers(size),
        id=ident(_VOUCHER, "v"),
        no="'VC-' || extract(year FROM issued) || '-' || lpad(CAST(v AS text), 7, '0')",
        programme_id=_PROGRAMME_OF,
        issuer_division=_ISSUER,
        enterprise_id=ident(_FIRM, "firm"),
        centre_id=ident(_CENTRE, f"firm % {size.centres} + 1"),
        status=f"CASE WHEN {expired} THEN 'stopped' ELSE 'active' END",
        face_value="20 * subsidy",
        held="of_day.held",
        spent="of_day.spent",
        returned=f"CASE WHEN {expired} THEN 20 * subsidy - of_day.spent ELSE 0 END",
        balance=f"CASE WHEN {expired} THEN 0 ELSE 20 * subsidy - of_day.spent - of_day.held END",
        issued_on="issued",
        valid_until="issued + 365",
        stopped_on=f"CASE WHEN {expired} THEN issued + 366 END",
        reason_code=f"CASE WHEN {expired} THEN 'expired' END",
    )
    await copy(
        connection,
        "voucher_code",
        f"generate_series(1, {size.vouchers}) AS v",
        voucher_id=ident(_VOUCHER, "v"),
        code="upper(substr(md5(CAST(v AS text)), 1, 20))",
    )
    await copy(
        connection,
        "redemption",
        _uses(size),
        id=ident(_USE, "n"),
        no="'RD-' || extract(year FROM day) || '-9' || lpad(CAST(n AS text), 8, '0')",
        voucher_id=ident(_VOUCHER, "v"),
        programme_id=_PROGRAMME_OF,
        issuer_division=_ISSUER,
        enterprise_id=ident(_FIRM, "firm"),
        provider_id=ident(_PROVIDER, "p"),
        category="(ARRAY['legal_protection', 'research_development', 'testing_certification'])[n % 3 + 1]",
        status="state",
        price="2 * used.subsidy",
        balance_before="(20 - r) * used.subsidy",
        subsidy="CASE WHEN state = 'ordered' THEN 0 ELSE used.subsidy END",
        invoice_key=f"CASE WHEN state NOT IN ('held', 'ordered') THEN {_INVOICE} END",
        invoice_amount="CASE WHEN state NOT IN ('held', 'ordered') THEN 2 * used.subsidy END",
        ordered_on="CASE WHEN state = 'ordered' THEN day END",
        held_on="CASE WHEN state <> 'ordered' THEN day END",
        delivered_on="CASE WHEN state IN ('redeemed', 'delivered') THEN day END",
        redeemed_on="CASE WHEN state = 'redeemed' THEN day END",
        released_on="CASE WHEN state = 'released' THEN day END",
        reason_code="CASE WHEN state = 'released' THEN 'called_off' END",
        expires_on="CASE WHEN state IN ('held', 'ordered') THEN day + CASE WHEN k = 1 THEN 5 ELSE 30 END END",
        confirm_by="CASE WHEN state = 'delivered' THEN day + 15 END",
        collected=_SETTLED,
    )


async def _money(connection: asyncpg.Connection, size: Size) -> None:
    """Claims on invoices, the journal, and months that are paid."""
    await copy(
        connection,
        "document_claim",
        _uses(size, "state NOT IN ('held', 'ordered')"),
        "kind = 'invoice'",
        key=_INVOICE,
        amount="2 * used.subsidy",
        priced="2 * used.subsidy",
        claimed="used.subsidy",
    )
    await copy(
        connection,
        "journal_entry",
        _uses(size, _CAPTURED),
        id=ident(_ENTRY, "n"),
        redemption_id=ident(_USE, "n"),
        effective_on="day",
    )
    sides = (
        f"(VALUES (1, 'programme_subsidy', 1), (2, 'provider_payable', -1)) AS side (line, account, sign)"
        f" CROSS JOIN {_uses(size, _CAPTURED)}"
    )
    await connection.execute(
        "INSERT INTO posting (entry_id, line, account, subject_id, amount)"
        f" SELECT {ident(_ENTRY, 'n')}, side.line, side.account,"
        f" CASE side.line WHEN 1 THEN {_PROGRAMME_OF} ELSE {ident(_PROVIDER, 'p')} END, side.sign * used.subsidy"
        f" FROM {sides}"
    )
    await _batches(connection, size)
    await connection.execute(
        "INSERT INTO settlement_line (id, settlement_id, redemption_id, provider_id, programme_id, enterprise_id,"
        " amount, status, check_status, flagged, sampled, waiting, payment_id)"
        f" SELECT {ident(_LINE, 'n')}, {ident(_BATCH, _MONTH)}, {ident(_USE, 'n')}, {ident(_PROVIDER, 'p')},"
        f" {_PROGRAMME_OF}, {ident(_FIRM, 'firm')}, used.subsidy, 'paid', 'passed', false, false, false,"
        f" {ident(_PAYMENT, f'({_MONTH}) * 10000 + p')} FROM {_uses(size, _SETTLED)}"
    )


_MONTH: Final = "CAST(d AS bigint) * 100000 + month"


async def _batches(connection: asyncpg.Connection, size: Size) -> None:
    """Of each issuer and month, and what each provider was paid in it."""
    months = (
        f"generate_series(0, {len(DIVISIONS) - 1}) AS d"
        " CROSS JOIN generate_series(2014 * 12 + 6, 2019 * 12 + 4) AS month"
        " CROSS JOIN LATERAL (SELECT make_date((month - 1) / 12, (month - 1) % 12 + 1, 1) AS first) AS of_month"
    )
    await connection.execute(
        "INSERT INTO settlement (id, no, issuer_division, period, edition, status, drafted_by, collects_to, drafted_on,"
        " line_count, total, checked_by, checked_on, noticed_by, noticed_on, approved_by, approved_on, sample_size,"
        " decision, filed_by, filed_on, file_count, file_total, file_digest, closed_by, closed_on)"
        f" SELECT {ident(_BATCH, _MONTH)}, 'ST-' || extract(year FROM first) || '-9' || d || month, {_ISSUER},"
        " to_char(first, 'YYYY-MM'), 'lhasa-2019', 'closed', 'a', first + 27, first + 32, 0, 0, 'b', first + 33, 'b',"
        " first + 34, 'c', first + 45, 0, '{}', 'd', first + 46, 0, 0, '', 'd', first + 50"
        f" FROM {months}"
    )
    await connection.execute(
        "INSERT INTO settlement_payment (id, settlement_id, provider_id, account_id, number, line_count, reference,"
        " status, gross, withheld, net, settled_on)"
        f" SELECT {ident(_PAYMENT, f'({_MONTH}) * 10000 + p')}, {ident(_BATCH, _MONTH)}, {ident(_PROVIDER, 'p')},"
        f" {ident(_ACCOUNT, 'p')}, p, 1, d || '-' || month || '-' || p, 'paid', 1, 0, 1, first + 48"
        f" FROM {months} CROSS JOIN generate_series(1, {size.providers}) AS p"
    )


_SUMS: Final = (
    (
        "INSERT INTO monthly_use SELECT date_trunc('month', redeemed_on::timestamp)::date, programme_id, provider_id,"
        " enterprise_id, category, count(*), sum(price), sum(subsidy), sum(reversed_amount) FROM redemption"
        " WHERE redeemed_on IS NOT NULL GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
    ),
    (
        "INSERT INTO monthly_posting SELECT issuer_division, provider_id,"
        " date_trunc('month', effective_on::timestamp)::date, account, journal_entry.kind, sum(amount)"
        " FROM posting JOIN journal_entry ON journal_entry.id = entry_id"
        " JOIN redemption ON redemption.id = redemption_id GROUP BY 1, 2, 3, 4, 5"
    ),
    "TRUNCATE use_change, posting_change",
)
"""As the migration makes them from what there is; the sample's own changes are in them."""


async def _ceilings(connection: asyncpg.Connection) -> None:
    """What the vouchers have committed of budgets and quotas."""
    sums = "sum(face_value - returned)"
    kinds = {
        "vouchers.programme_budget": "CAST(programme_id AS text)",
        "vouchers.enterprise_quota": "voucher.issuer_division || ':' || enterprise_id",
        "vouchers.city_quota": "CAST(enterprise_id AS text)",
    }
    for kind, subject in kinds.items():
        await connection.execute(
            "INSERT INTO ceiling (kind, subject, period, limit_amount, committed)"
            f" SELECT '{kind}', {subject}, CAST(programme.year AS text), 900000000000, {sums}"
            " FROM voucher JOIN programme ON programme.id = programme_id GROUP BY 2, 3 ON CONFLICT DO NOTHING"
        )
