"""What a scoring cannot do without, as plain SQL: the aggregate over all centres at once, and the same rows written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date

import asyncpg

from shared.policy.edition import Edition
from tests.bench.scoring_data import YEAR

AGGREGATE = """
WITH stays AS (
  SELECT centre_id,
    count(DISTINCT enterprise_id) FILTER (WHERE {opening}) AS opening,
    count(*) FILTER (WHERE {admitted}) AS admitted,
    count(*) FILTER (WHERE {admitted} AND filed_on IS NOT NULL) AS filed,
    count(*) FILTER (WHERE {admitted} AND filed_on <= admitted_on + 30) AS filed_in_time,
    count(DISTINCT enterprise_id) FILTER (WHERE {at_end}) AS at_end,
    count(DISTINCT enterprise_id) FILTER (WHERE {ended} AND graduated) AS graduated,
    count(*) FILTER (WHERE {ended} AND NOT graduated) AS exited,
    count(*) FILTER (WHERE {ended} AND NOT graduated AND reason_code IS NULL) AS exited_without_reason,
    count(*) FILTER (WHERE {at_end} AND admitted_on < $2::date - 1095) AS past_stay,
    count(DISTINCT enterprise_id) FILTER (WHERE admitted_on BETWEEN $1::date - 365 AND $2::date - 365) AS cohort,
    array_agg(event_id ORDER BY admitted_on, id) AS events
  FROM known_tenancy WHERE admitted_on <= $2 AND (ended_on IS NULL OR ended_on >= $1::date - 730) GROUP BY centre_id
), reports AS (
  SELECT centre_id, count(*) AS accepted, count(*) FILTER (WHERE EXISTS (
      SELECT FROM report_revision AS begun WHERE begun.report_id = quarterly_report.id
        AND begun.submitted_on <= due_on AND begun.filled * 100 >= begun.fields * 80)) AS on_time,
    sum(filled) AS filled, sum(fields) AS fields, array_agg(report_revision.id ORDER BY quarter) AS revisions, {sums}
  FROM quarterly_report JOIN report_revision
    ON report_revision.report_id = quarterly_report.id AND report_revision.revision = quarterly_report.revision
  WHERE year = $3 AND status = 'accepted' GROUP BY centre_id
), money AS (
  SELECT centre_id, sum(least(300000, received)) AS within_limit, count(*) AS financed FROM (
    SELECT report.centre_id, stay.enterprise_id, sum(line.equity_received + line.loans_received) AS received
    FROM quarterly_report AS report JOIN report_revision AS revision
      ON revision.report_id = report.id AND revision.revision = report.revision,
      jsonb_to_recordset(revision.lines) AS line (tenancy_id uuid, equity_received numeric, loans_received numeric)
      JOIN known_tenancy AS stay ON stay.id = line.tenancy_id
    WHERE report.year = $3 AND report.status = 'accepted' GROUP BY 1, 2
  ) AS each WHERE received > 0 GROUP BY centre_id
), marks AS (
  SELECT DISTINCT ON (evaluation_id, indicator) evaluation_id, indicator, mark
  FROM expert_score ORDER BY evaluation_id, indicator, id DESC
)
SELECT evaluation.id, stays.*, reports.*, money.*, marks.mark
FROM evaluation LEFT JOIN stays USING (centre_id) LEFT JOIN reports USING (centre_id) LEFT JOIN money USING (centre_id)
  LEFT JOIN marks ON marks.evaluation_id = evaluation.id
WHERE evaluation.cycle_id = $4
"""
WRITES = (
    """
    INSERT INTO score_sheet (id, evaluation_id, edition, rubric_id, as_of, computed_by, score, exact, bonus, dimensions,
      lines, lineage)
    SELECT uuidv7(), evaluation_id, edition, rubric_id, as_of, computed_by, score, exact, bonus, dimensions, lines,
      lineage
    FROM score_sheet WHERE id IN (SELECT sheet_id FROM evaluation WHERE cycle_id = $1)
    """,
    """
    UPDATE evaluation SET version = version + 1, score = score, grade = grade, decision = decision, updated_at = now()
    WHERE cycle_id = $1
    """,
    """
    INSERT INTO event_log (id, topic, type, aggregate_id, aggregate_version, actor, effective_on, recorded_at,
      attributes, data)
    SELECT uuidv7(), topic, type, aggregate_id, aggregate_version + 1000, actor, effective_on, recorded_at, attributes,
      data
    FROM event_log WHERE type = 'evaluation.result.scored.v1'
      AND aggregate_id IN (SELECT id FROM evaluation WHERE cycle_id = $1)
    """,
)
PUBLISHED = """
SELECT evaluation.centre_id, evaluation.year, evaluation.grade, evaluation.score, array_agg(title.id) AS titles,
  bool_or(before.failing) AS failed_before
FROM evaluation LEFT JOIN evaluation AS before
    ON before.centre_id = evaluation.centre_id AND before.year < evaluation.year AND before.status = 'published'
  LEFT JOIN known_qualification AS title ON title.centre_id = evaluation.centre_id
WHERE evaluation.cycle_id = $1 GROUP BY evaluation.id
"""
PUBLISHING = (
    """
    UPDATE evaluation SET version = version + 1, published_on = published_on, published_by = published_by,
      consecutive_fails = consecutive_fails, updated_at = now()
    WHERE cycle_id = $1
    """,
    """
    UPDATE rectification SET version = version + 1, updated_at = now()
    WHERE evaluation_id IN (SELECT id FROM evaluation WHERE cycle_id = $1)
    """,
    """
    INSERT INTO rectification_item (id, rectification_id, ordinal, indicator, finding, requirement)
    SELECT uuidv7(), rectification_id, ordinal + 1000, indicator, finding, requirement FROM rectification_item
    WHERE rectification_id IN (
      SELECT rectification.id FROM rectification JOIN evaluation ON evaluation.id = evaluation_id WHERE cycle_id = $1)
    """,
    """
    INSERT INTO event_log (id, topic, type, aggregate_id, aggregate_version, actor, effective_on, recorded_at,
      attributes, data)
    SELECT uuidv7(), topic, type, aggregate_id, aggregate_version + 1000, actor, effective_on, recorded_at, attributes,
      data
    FROM event_log WHERE (type = 'evaluation.result.published.v1'
        AND aggregate_id IN (SELECT id FROM evaluation WHERE cycle_id = $1))
      OR (type = 'evaluation.rectification.ordered.v1' AND aggregate_id IN (SELECT rectification.id
        FROM rectification JOIN evaluation ON evaluation.id = evaluation_id WHERE cycle_id = $1))
    """,
)
_TIMES = 3


def _aggregate(edition: Edition) -> str:
    form = edition.report_form
    read = {name: field for name, field in form.fields.items() if not field.statistical and field.kind != "by_level"}
    sums = [
        f"sum((report_revision.form->>'{name}')::numeric)"
        + (" FILTER (WHERE quarter = 4)" if field.measure == "stock" else "")
        + f" AS {name}"
        for name, field in read.items()
        if field.kind != "flag"
    ]
    return AGGREGATE.format(
        opening="admitted_on < $1 AND (ended_on IS NULL OR ended_on >= $1)",
        admitted="admitted_on BETWEEN $1 AND $2",
        at_end="(ended_on IS NULL OR ended_on > $2)",
        ended="ended_on BETWEEN $1 AND $2",
        sums=", ".join(sums),
    )


async def bare_seconds(dsn: str, edition: Edition, cycle_id: str) -> tuple[float, float]:
    """Seconds of the aggregate, the best of three, and of the writes, which are rolled back."""
    values = (date(YEAR, 1, 1), date(YEAR, 12, 31), YEAR, cycle_id)
    return await _seconds(dsn, _aggregate(edition), values, WRITES, cycle_id)


async def bare_publication_seconds(dsn: str, cycle_id: str) -> tuple[float, float]:
    """The same for a publication that is over: what it looks at, and the same rows written."""
    return await _seconds(dsn, PUBLISHED, (cycle_id,), PUBLISHING, cycle_id)


async def _seconds(
    dsn: str, query: str, values: Sequence[object], writes: Sequence[str], cycle_id: str
) -> tuple[float, float]:
    connection = await asyncpg.connect(dsn, server_settings={"jit": "off", "timezone": "UTC"})
    try:
        taken: list[float] = []
        for _ in range(_TIMES):
            began = time.perf_counter()
            await connection.fetch(f"EXPLAIN (ANALYZE, TIMING OFF) {query}", *values)
            taken.append(time.perf_counter() - began)
        transaction = connection.transaction()
        await transaction.start()
        began = time.perf_counter()
        for statement in writes:
            await connection.execute(statement, cycle_id)
        written = time.perf_counter() - began
        await transaction.rollback()
        return min(taken), written
    finally:
        await connection.close()
