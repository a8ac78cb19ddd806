"""Whatever is done to titles in whatever order: never two in force of a kind and level at a centre, one tier a day."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from httpx import Response
from sqlalchemy import text

from services.registry.consumers import carry_out_decided
from tests.registry.support import Json, Registry, decided
from tests.registry.test_titles_in_force import running_yearly, yearly

__all__ = ["running_yearly", "yearly"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

APPLICATIONS, TITLES = "/v1/qualification-applications", "/v1/qualifications"
DOCUMENT: Json = {"document_no": "拉科发〔2021〕20号"}
REASON: Json = {"reason_code": "inspection"}
RECTIFIED: Json = {"reason_code": "rectified"}
LOST: Json = {"reason_code": "conditions_lost"}
KINDS, LEVELS = ("maker_space", "tech_incubator"), ("municipal", "regional")
STEPS: dict[str, tuple[str, str, Json | None]] = {
    "review": ("officer", APPLICATIONS, None),
    "announce": ("officer", APPLICATIONS, None),
    "grant": ("approver", APPLICATIONS, DOCUMENT),
    "withdraw": ("operator", APPLICATIONS, None),
    "propose-suspension": ("officer", TITLES, REASON),
    "suspend": ("approver", TITLES, DOCUMENT),
    "propose-resumption": ("officer", TITLES, RECTIFIED),
    "resume": ("approver", TITLES, DOCUMENT),
    "propose-renewal": ("operator", TITLES, None),
    "renew": ("approver", TITLES, DOCUMENT),
    "propose-revocation": ("officer", TITLES, LOST),
    "revoke": ("approver", TITLES, DOCUMENT),
    "return-plaque": ("officer", TITLES, None),
}
NEXT = {
    "applied": ("review", "review", "withdraw"),
    "reviewed": ("announce",),
    "announced": ("grant",),
    "active": ("propose-suspension", "suspend", "propose-renewal", "renew", "propose-revocation", "revoke"),
    "suspended": ("propose-resumption", "resume", "revoke"),
    "revoked": ("return-plaque",),
}
"""Steps that a title's state invites; one in five is any other."""
TWICE = """
SELECT count(*) FROM (SELECT FROM qualification WHERE status IN ('active', 'suspended')
GROUP BY centre_id, kind, level HAVING count(*) > 1) AS twice
"""
TIERS_A_DAY = """
SELECT count(*) FROM tier_period a JOIN tier_period b ON a.centre_id = b.centre_id AND a.id < b.id
WHERE daterange(a.from_on, a.until_on, '[]') && daterange(b.from_on, b.until_on, '[]')
"""
KEPT = """
SELECT count(*) FROM qualification q JOIN centre c ON c.id = q.centre_id
WHERE c.status = 'delisted' AND q.level = 'municipal'
AND q.status IN ('active', 'suspended', 'applied', 'reviewed', 'announced')
"""


@dataclass
class Bench:
    """What the steps have brought about so far, as the answers told it."""

    registry: Registry
    draw: random.Random
    centres: list[str]
    titles: dict[str, Json] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    async def act(self, today: date) -> str:
        """Take a step of some kind; a refusal is an answer like any other, an error is not."""
        if len(self.titles) < 4 or self.draw.random() < 0.15:
            return await self._apply(today)
        title = self.draw.choice(list(self.titles.values())[-8:])
        invited = NEXT.get(title["status"], ())
        step = self.draw.choice(invited if invited and self.draw.random() < 0.8 else tuple(STEPS))
        who, prefix, sent = STEPS[step]
        if step == "grant" and title["level"] == "regional":
            sent = {**DOCUMENT, "issuer": "西藏自治区科技厅"}
        callers = {"officer": self.registry.officer, "approver": self.registry.approver}
        caller = callers.get(who, self.registry.operator).on(today)
        self._keep(step, await caller.post(f"{prefix}/{title['id']}/{step}", sent))
        return step

    async def _apply(self, today: date) -> str:
        draw = self.draw
        body = {"centre_id": draw.choice(self.centres), "kind": draw.choice(KINDS), "level": draw.choice(LEVELS)}
        self._keep("apply", await self.registry.operator.on(today).post(APPLICATIONS, body))
        return "apply"

    def _keep(self, step: str, response: Response) -> None:
        assert response.status_code in (200, 201, 409), response.text
        if response.status_code < 300:
            self.titles[response.json()["id"]] = response.json()
            self.done[step] += 1


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_sequence_leaves_two_titles_of_a_kind_and_level(yearly: Registry, seed: int) -> None:
    centres = [(await yearly.listed())["id"] for _ in range(2)]
    bench = Bench(yearly, random.Random(f"titles/{seed}"), centres)
    today = date(2021, 1, 11)
    for number in range(100):
        today += timedelta(days=bench.draw.choice([0, 1, 8, 8, 25]))
        step = await bench.act(today)
        if number == 85:
            async with yearly.db.transaction() as session:
                await carry_out_decided(session, [decided(centres[0], on=today)])
        async with yearly.db.transaction() as session:
            found = [await session.scalar(text(query)) for query in (TWICE, TIERS_A_DAY, KEPT)]
        assert found == [0, 0, 0], (number, step, today)
    assert bench.done["grant"] > 3, bench.done
