"""Events written in bulk are the same as those written one by one."""

from __future__ import annotations

import json
from datetime import date
from uuid import UUID

import pytest

from shared.events.outbox import EventContext, event_row, event_rows
from tests.shared.events.contract import Item, ItemCounted

IDS = [UUID(int=number) for number in (1, 2, 3)]
NEW = {"id", "recorded_at", "attributes"}


@pytest.mark.parametrize("actor", ["officer", '"quoted"\\', "0123456789abcdef", "演示"])
def test_rows_written_at_once_differ_from_single_ones_only_by_id_and_moment(actor: str) -> None:
    context = EventContext(actor, date(2020, 1, 6), "correlation", causation_id="cause", simulated=True, actor_role="x")
    facts = [(subject, version, Item(n=version, padding="注")) for version, subject in enumerate(IDS, start=1)]
    at_once = event_rows(ItemCounted, facts, context, ("rule.one", "rule.two"), "lhasa-2019")
    for (subject, version, data), row in zip(facts, at_once, strict=True):
        alone = event_row(ItemCounted, subject, version, data, context, ("rule.one", "rule.two"), "lhasa-2019")
        assert {name: row[name] for name in row.keys() - NEW} == {name: alone[name] for name in alone.keys() - NEW}
        written, expected = (json.loads(str(one["attributes"])) for one in (row, alone))
        assert written["id"] == str(row["id"])
        same = {"id": expected["id"], "time": expected["time"]}
        assert written | same == expected
        assert row["attributes"] == json.dumps(written, sort_keys=True, separators=(",", ":"))
    assert len({row["id"] for row in at_once}) == len(IDS)
