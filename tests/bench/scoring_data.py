"""A city of many centres, written straight into the evaluation service's tables: projections, reports, marks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import asyncpg

from services.evaluation.reports.rules import due_day
from shared.policy.edition import Edition
from shared.policy.report_form import FormField
from tests.bench.scoring_records import RECORDS

YEAR: Final = 2019
TENANCIES_EACH: Final = 44
CENTRE, TENANCY, REPORT, REVISION, EXPERT, MENTOR = 1, 2, 3, 4, 5, 6
REMOTE: Final = "540121"

CENTRES: Final = """
INSERT INTO known_centre
  (id, version, no, name, status, operator_code, operator_name, tier, owner_division, site_division, total_area_m2,
   listed_on)
SELECT {id}, 3, 'CE-2018-' || lpad(n::text, 5, '0'), '虚构中心' || n, 'listed', '9154' || lpad(n::text, 14, '0'),
  '虚构运营' || n, {tier}, {division}, {division}, 1000 + n % 4000, DATE '2018-01-02'
FROM generate_series(1, $1::int) AS n
"""
STATES: Final = """
INSERT INTO known_centre_state
  (centre_id, version, event_id, effective_on, operator_code, operator_name, tier, owner_division, site_division,
   total_area_m2, operator_since, incubation_area_m2)
SELECT {id}, version, uuidv7(), DATE '2018-01-02' + (version - 1) * 200, '9154' || lpad(n::text, 14, '0'),
  '虚构运营' || n, {tier}, {division}, {division}, 1000 + n % 4000 - (3 - version) * 100, NULL, 800
FROM generate_series(1, 3) AS version, generate_series(1, $1::int) AS n
"""
TENANCIES: Final = """
INSERT INTO known_tenancy
  (id, version, event_id, centre_id, enterprise_id, admitted_on, filed_on, ended_on, graduated, reason_code)
SELECT {tenancy}, 2, uuidv7(), {id}, uuidv7(), admitted, CASE WHEN h % 20 > 0 THEN admitted + h % 40 END, ended,
  ended IS NOT NULL AND h % 3 = 0, CASE WHEN ended IS NOT NULL AND h % 3 > 0 AND h % 10 > 0 THEN 'closed' END
FROM (
  SELECT n, k, h, admitted, CASE WHEN h % 100 < 35 THEN admitted + 100 + h % 800 END AS ended
  FROM (
    SELECT n, k, h, DATE '2016-01-01' + h % 1460 AS admitted
    FROM generate_series(0, $2::int - 1) AS k, generate_series(1, $1::int) AS n,
      LATERAL (SELECT (hashint8(k::bigint * 1000003 + n) & 2147483647) AS h) AS hashed
  ) AS drawn
) AS stays
"""
REPORTS: Final = """
INSERT INTO quarterly_report
  (id, version, no, centre_id, year, quarter, edition, status, due_on, form_version, form, revision,
   first_submitted_on, submitted_on, submitted_by, late, accepted_on, accepted_at, accepted_by)
SELECT {report}, 3, 'QR-2019-' || lpad((n * 4 + q)::text, 6, '0'), {id}, $3::int, q, $4::text, 'accepted', due_on,
  $5::int, {form}, 1, submitted, submitted, 'operator', submitted > due_on, submitted + 3,
  now() - INTERVAL '1 hour', 'officer'
FROM generate_series(1, 4) AS q, generate_series(1, $1::int) AS n,
  LATERAL (SELECT ($2::date[])[q] AS due_on, ($2::date[])[q] - 5 + n % 7 AS submitted) AS days
"""
LINES: Final = """
UPDATE quarterly_report AS report SET lines = each.lines
FROM (
  SELECT owed.id, jsonb_agg(jsonb_build_object(
    'tenancy_id', stay.id, 'code', '9154' || lpad((hashtext(stay.id::text) & 2147483647)::text, 14, '0'),
    'equity_received', (CASE WHEN h % 12 = owed.quarter THEN 40000 * (1 + h % 9) ELSE 0 END) || '.00',
    'loans_received', (CASE WHEN h % 10 = owed.quarter THEN 25000 * (1 + h % 7) ELSE 0 END) || '.00',
    'jobs', 1 + h % 12, 'revenue', (h % 900000) || '.00', 'ip_held', h % 3) ORDER BY stay.id) AS lines
  FROM quarterly_report AS owed
    JOIN known_tenancy AS stay ON stay.centre_id = owed.centre_id
      AND stay.admitted_on < make_date(owed.year, owed.quarter * 3, 28)
      AND (stay.ended_on IS NULL OR stay.ended_on > make_date(owed.year, owed.quarter * 3, 28)),
    LATERAL (SELECT (hashtext(stay.id::text || owed.quarter) & 2147483647) AS h) AS hashed
  GROUP BY owed.id
) AS each
WHERE each.id = report.id
"""
REVISIONS: Final = """
INSERT INTO report_revision
  (id, report_id, revision, form_version, form, lines, filled, fields, submitted_on, submitted_by, decision)
SELECT {revision}, id, 1, form_version, form, COALESCE(lines, '[]'), $1::int, $1::int, submitted_on, submitted_by,
  '{{"results": []}}'
FROM (SELECT *, row_number() OVER (ORDER BY id) AS n, 0 AS q FROM quarterly_report) AS report
"""
MARKS: Final = """
INSERT INTO expert_score (id, evaluation_id, indicator, mark, evidence, marked_on, marked_by)
SELECT uuidv7(), evaluation.id, indicator, 40 + (hashint8(evaluation.area) & 2147483647) % 61, '抽查记录', $2, 'expert'
FROM (SELECT id, cycle_id, total_area_m2::bigint AS area FROM evaluation) AS evaluation, unnest($3::text[]) AS indicator
WHERE cycle_id = $1
"""
EXPERTS: Final = """
INSERT INTO expert (id, version, account_id, status, applied_on, decided_on, decided_by)
SELECT {expert}, 2, 'expert-' || n, 'appointed', DATE '2019-01-02', DATE '2019-01-03', 'officer'
FROM generate_series(1, $1::int) AS n
"""


def _id(kind: int, number: str) -> str:
    return f"('{kind:08x}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


_PLACES: Final = {
    "id": _id(CENTRE, "n"),
    "tier": "(ARRAY['standard', 'specialised', 'national'])[1 + n % 3]",
    "division": f"CASE WHEN n % 5 = 0 THEN '{REMOTE}' ELSE '540102' END",
    "tenancy": _id(TENANCY, "k * $1 + n"),
    "report": _id(REPORT, "n * 4 + q"),
    "revision": _id(REVISION, "n"),
    "expert": _id(EXPERT, "n"),
    "mentor": _id(MENTOR, "n * 8 + k"),
}

_HEALTHY: Final[Mapping[str, int]] = {
    "incubatees_opening": 30,
    "incubatees": 30,
    "enterprises_served": 20,
    "confirmed_services": 20,
    "mentors": 6,
    "specialist_staff": 6,
    "trained_staff": 6,
    "area_used_m2": 1200,
    "enterprises_with_ip": 12,
    "jobs": 150,
    "enterprises_financed": 2,
    "equity_financing": 600_000,
    "bank_loans": 300_000,
    "financing_matches": 2,
    "attendance": 150,
}
"""A quarter of a centre that passes; each centre has between a tenth and all of it."""


def _form(edition: Edition) -> str:
    """The whole form as a jsonb expression over centre `n` and quarter `q`, in texts short enough for one call each."""
    fields = edition.report_form.fields_of(edition.report_form.version)
    pairs = [f"'{name}', {_value(name, field, tuple(edition.activities.levels))}" for name, field in fields.items()]
    parts = [pairs[start : start + 40] for start in range(0, len(pairs), 40)]
    return " || ".join(f"jsonb_build_object({', '.join(part)})" for part in parts)


def _value(name: str, field: FormField, levels: tuple[str, ...]) -> str:
    quality = "(10 + (n * 37) % 91)"
    whole = f"({_HEALTHY.get(name, 4)} * {quality} / 100 + q % 2)"
    if field.kind == "flag":
        return "(n % 2 = 0)"
    if field.kind == "amount":
        return f"({whole} || '.00')"
    if field.kind == "by_level":
        return f"jsonb_build_object('{levels[0]}', {quality} / 20, '{levels[2]}', {quality} / 50)"
    return whole


async def fill(connection: asyncpg.Connection, edition: Edition, centres: int) -> Mapping[str, int]:
    """Everything that is there before the year is opened; rows by table."""
    form = edition.report_form
    due = [due_day(edition, YEAR, quarter).day for quarter in (1, 2, 3, 4)]
    made = {
        "known_centre": await _run(connection, CENTRES, centres),
        "known_centre_state": await _run(connection, STATES, centres),
        "known_tenancy": await _run(connection, TENANCIES, centres, TENANCIES_EACH),
    }
    for table, statement in RECORDS.items():
        made[table] = await _run(connection, statement, centres)
    reports = REPORTS.format(**_PLACES, form=_form(edition))
    made["quarterly_report"] = _count(await connection.execute(reports, centres, due, YEAR, edition.id, form.version))
    made["quarterly_report with lines"] = _count(await connection.execute(LINES))
    made["report_revision"] = await _run(connection, REVISIONS, len(form.required_in(form.version)))
    made["expert"] = await _run(connection, EXPERTS, max(20, centres // 100))
    await connection.execute("VACUUM (ANALYZE)")
    return made


async def mark_all(connection: asyncpg.Connection, edition: Edition, cycle_id: str) -> int:
    """A mark for every expert indicator of every evaluation of the year."""
    experts = [indicator.id for indicator in edition.rubric.with_bonus if indicator.kind == "expert"]
    marked = due_day(edition, YEAR, 4).day + timedelta(days=5)
    return _count(await connection.execute(MARKS, cycle_id, marked, experts))


async def _run(connection: asyncpg.Connection, statement: str, *values: object) -> int:
    return _count(await connection.execute(statement.format(**_PLACES), *values))


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[1])
