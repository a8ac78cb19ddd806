"""No sequence of operations ends in what the policy excludes, whatever order and dates they come in.

Hypothesis drives the real application over its real database: centres, titles, tiers and tenancies of two operators
are moved by every verb in any state, with dates of today and of the past, while centres change hands, leave the list or
are delisted in between. Refusals are answers like any other; what must never be is looked for after each step. The
sequences are the same on every run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from httpx import Response
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from services.registry.consumers import carry_out_decided
from services.registry.main import build
from tests.registry.conftest import DEMO_POLICY, running, settings_for
from tests.registry.support import Caller, Json, Registry, centre_body, decided, enterprise_body
from tests.support.identifiers import make_uscc
from tests.support.postgres import Cluster
from tests.support.tokens import Keys

START = date(2019, 6, 3)
LAST = date(2024, 12, 31)
BAN_YEARS = 3
OPERATORS = (make_uscc(1), make_uscc(2))
KINDS = ("maker_space", "tech_incubator")
LISTING = ("submit", "review", "announce", "list", "return", "reject")
TITLE = ("pursue", "pursue", "apply", "review", "announce", "grant", "refuse")
STAYING = ("pursue", "admit", "exit", "transfer")
TIER = ("pursue", "pursue", "pursue", "pursue", "apply", "approve", "refuse")
SERVICES = ("startup_service", "training", "incubation", "investment", "special", "technology_transfer")
DOCUMENT = {"document_no": "拉科发〔2019〕1号"}
REASON = {"reason_code": "incomplete"}
BODIES: dict[str, Json] = {"list": DOCUMENT, "grant": DOCUMENT, "return": REASON, "reject": REASON, "refuse": REASON}
BODIES["approve"] = DOCUMENT
DECIDING = ("list", "grant", "reject", "refuse", "approve")

NEVER = """
SELECT 'overlapping tenancies', a.id
FROM tenancy a JOIN tenancy b ON a.enterprise_id = b.enterprise_id AND a.id < b.id
WHERE daterange(a.admitted_on, a.ended_on, '[]') && daterange(b.admitted_on, b.ended_on, '[]')
UNION ALL
SELECT 'two active titles of a kind', centre_id FROM qualification WHERE status IN ('active', 'suspended')
GROUP BY centre_id, kind, level HAVING count(*) > 1
UNION ALL
SELECT 'a delisted centre with a title', q.id FROM qualification q JOIN centre c ON c.id = q.centre_id
WHERE c.status IN ('delisted', 'withdrawn') AND q.status IN ('active', 'suspended') AND q.level = 'municipal'
UNION ALL
SELECT 'two open applications for a title', centre_id FROM qualification
WHERE status IN ('applied', 'reviewed', 'announced') GROUP BY centre_id, kind, level HAVING count(*) > 1
UNION ALL
SELECT 'a title that another operator holds', q.id FROM qualification q JOIN centre c ON c.id = q.centre_id
WHERE q.operator_code <> c.operator_code AND q.status IN ('active', 'suspended', 'applied', 'reviewed', 'announced')
UNION ALL
SELECT 'a tenant whom nobody told to move', t.id FROM tenancy t JOIN centre c ON c.id = t.centre_id
WHERE c.status IN ('delisted', 'withdrawn') AND t.ended_on IS NULL AND t.relocation_case_id IS NULL
UNION ALL
SELECT 'a day with two tiers', a.id FROM tier_period a JOIN tier_period b ON a.centre_id = b.centre_id AND a.id < b.id
WHERE daterange(a.from_on, a.until_on, '[]') && daterange(b.from_on, b.until_on, '[]')
UNION ALL
SELECT 'a centre on the list without its tier', c.id FROM centre c
WHERE c.status IN ('listed', 'suspended') AND NOT EXISTS (
    SELECT FROM tier_period p WHERE p.centre_id = c.id AND p.until_on IS NULL AND p.tier = c.tier)
UNION ALL
SELECT 'a tier off the list', p.id FROM tier_period p JOIN centre c ON c.id = p.centre_id
WHERE c.status IN ('delisted', 'withdrawn') AND p.until_on IS NULL
"""

SERVED = """
INSERT INTO service_record (id, version, no, centre_id, enterprise_id, tenancy_id, type, title, provided_on, quantity,
    status, edition, decision, recorded_by, answered_by, answered_on)
SELECT uuidv7(), 2, 'SR-' || t.id || type, t.centre_id, t.enterprise_id, t.id, type, '服务', '{day}', 1,
    'confirmed', t.edition, '{{}}', 'operator', 'firm', '{day}'
FROM tenancy t, unnest(string_to_array('{types}', ', ')) AS type WHERE t.id = '{tenancy}' RETURNING id
"""
"""One confirmed service of each type, today."""

pick = st.integers(min_value=0, max_value=11)
days_back = st.sampled_from([0, 0, 0, 1, 3, 10, 45, 400])
days_on = st.sampled_from([1, 1, 8, 30, 1096])


@dataclass(frozen=True)
class Ban:
    """What the policy says of a delisting, counted here without the service's help."""

    centre_id: str
    operator: str
    first_day: date

    def bars(self, day: date) -> bool:
        last_day = self.first_day.replace(year=self.first_day.year + BAN_YEARS)
        return self.first_day <= day <= last_day


class Bench:
    """The application in a thread of its own, called from the steps, and how often each step went through."""

    def __init__(self, portal: BlockingPortal, registry: Registry, emptying: Callable[[], Awaitable[None]]) -> None:
        self.portal = portal
        self.registry = registry
        self._emptying = emptying
        self.done: Counter[str] = Counter()

    def post(self, caller: Caller, path: str, body: object = None) -> Response:
        return self.portal.call(caller.post, path, body)

    def empty(self) -> None:
        self.portal.call(self._emptying)

    def found(self, query: str) -> list[Any]:
        async def ask() -> list[Any]:
            async with self.registry.db.transaction() as session:
                return list(await session.execute(text(query)))

        return self.portal.call(ask)

    def delist(self, centre_id: str, operator: str, day: date) -> None:
        async def carry_out() -> None:
            async with self.registry.db.transaction() as session:
                await carry_out_decided(session, [decided(centre_id, operator=operator, on=day)])

        self.portal.call(carry_out)


class Policy(RuleBasedStateMachine):
    """One city in small."""

    bench: Bench

    @initialize()
    def city(self) -> None:
        self.bench.empty()
        self.today = START
        self.bans: list[Ban] = []
        self.centres: list[Json] = []
        self.titles: list[Json] = []
        self.tiers: list[Json] = []
        self.tenancies: list[str] = []
        self.enterprises: list[str] = []
        for number, operator in enumerate((OPERATORS[0], OPERATORS[0], OPERATORS[1])):
            self.register(number, operator)
            for verb in LISTING[:4]:
                self.today += timedelta(days=10 if verb == "list" else 0)
                self.move_centre(number, verb, 0)
        self.found_enterprise()
        self.found_enterprise()
        self.tier("pursue", 0, 0)

    @property
    def officer(self) -> Caller:
        return self.bench.registry.officer.on(self.today)

    def register(self, number: int, operator: str) -> None:
        body = centre_body(name=f"双创中心{number}", operator_code=operator)
        answer = self.told("register", self.bench.post(self.caller_for("submit"), "/v1/centres", body))
        if answer.status_code == 201:
            self.centres.append({"id": answer.json()["id"], "operator": operator})

    def told(self, step: str, answer: Response) -> Response:
        """Any answer but a failure of the service."""
        assert answer.status_code < 500, (step, answer.text)
        if answer.is_success:
            self.bench.done[step] += 1
        return answer

    def caller_for(self, verb: str) -> Caller:
        registry = self.bench.registry
        if verb in DECIDING:
            return registry.approver.on(self.today)
        return (registry.second_officer if verb in ("submit", "apply") else registry.officer).on(self.today)

    def dated(self, back: int, field: str, body: Json) -> Json:
        return {**body, field: (self.today - timedelta(days=back)).isoformat()} if back else body

    def require_open(self, centre: Json, answer: Response) -> None:
        """2.3-6: nothing is granted on an application submitted on a barred day, nor while the ban runs."""
        applied = date.fromisoformat(answer.json()["applied_on"])
        for ban in self.bans:
            if ban.centre_id == centre["id"] or ban.operator == centre["operator"]:
                assert not ban.bars(applied), (ban, answer.json())
                assert not ban.bars(self.today), (ban, answer.json())

    @rule(days=days_on)
    def time_passes(self, days: int) -> None:
        self.today = min(self.today + timedelta(days=days), LAST)

    def found_enterprise(self) -> None:
        number = len(self.enterprises)
        body = enterprise_body(code=make_uscc(100 + number), registered_on=self.today.isoformat())
        answer = self.told("enterprise", self.bench.post(self.officer, "/v1/enterprises", body))
        self.enterprises.append(answer.json()["id"])

    @rule(verb=st.sampled_from((*LISTING, "found")), number=pick, back=days_back)
    def centre(self, verb: str, number: int, back: int) -> None:
        if verb == "found":
            self.register(len(self.centres), OPERATORS[number % 2])
        else:
            self.move_centre(number, verb, back)

    def move_centre(self, number: int, verb: str, back: int) -> None:
        centre = self.centres[number % len(self.centres)]
        fields = {"submit": "applied_on", "review": "reviewed_on", "return": "returned_on", "announce": "starts_on"}
        body = self.dated(back, fields.get(verb, "decided_on"), BODIES.get(verb, {}))
        answer = self.bench.post(self.caller_for(verb), f"/v1/centres/{centre['id']}/{verb}", body)
        if self.told(f"centre {verb}", answer).is_success and verb == "list":
            self.require_open(centre, answer)

    @rule(verb=st.sampled_from(TITLE), number=pick, kind=st.sampled_from(KINDS), back=days_back)
    def title(self, verb: str, number: int, kind: str, back: int) -> None:
        """One step of an application, or all of them as they usually go, so that many are granted."""
        if verb in ("apply", "pursue"):
            before = len(self.titles)
            self.apply_for_title(number, kind, back)
            steps = ("review", "announce", "grant") if verb == "pursue" and len(self.titles) > before else ()
            for following in steps:
                self.today = min(self.today + timedelta(days=10 if following == "grant" else 0), LAST)
                self.move_title(self.titles[before], following, 0)
        elif self.titles:
            self.move_title(self.titles[number % len(self.titles)], verb, back)

    def apply_for_title(self, number: int, kind: str, back: int) -> None:
        centre = self.centres[number % len(self.centres)]
        body = self.dated(back, "applied_on", {"centre_id": centre["id"], "kind": kind})
        answer = self.bench.post(self.caller_for("apply"), "/v1/qualification-applications", body)
        if self.told("title apply", answer).is_success:
            self.titles.append({"id": answer.json()["id"], "centre": centre})

    def move_title(self, title: Json, verb: str, back: int) -> None:
        fields = {"review": "reviewed_on", "announce": "starts_on"}
        body = self.dated(back, fields.get(verb, "decided_on"), BODIES.get(verb, {}))
        path = f"/v1/qualification-applications/{title['id']}/{verb}"
        answer = self.told(f"title {verb}", self.bench.post(self.caller_for(verb), path, body))
        if answer.is_success and verb == "grant":
            self.require_open(title["centre"], answer)

    @rule(verb=st.sampled_from(STAYING), number=pick, centre=pick, back=days_back)
    def stay(self, verb: str, number: int, centre: int, back: int) -> None:
        """An enterprise comes, goes, or changes centres, the newest ones most often; or one after the other, as it
        usually goes."""
        to = self.centres[centre % 3]["id"]
        if verb == "pursue":
            before = len(self.tenancies)
            self.stay("admit", 1, centre, back)
            for following in ("transfer", "exit") if len(self.tenancies) > before else ():
                self.today = min(self.today + timedelta(days=30), LAST)
                self.stay(following, 0, centre + 1, 0)
            return
        if verb == "admit":
            if number % 2:
                self.found_enterprise()
            sent = {"centre_id": to, "enterprise_id": self.enterprises[-1 - number // 2 % 2], "agreement_no": "RZ-1"}
            self.admitted(verb, "/v1/tenancies", self.dated(back, "admitted_on", sent))
        elif self.tenancies:
            path = f"/v1/tenancies/{self.tenancies[-1 - number % min(2, len(self.tenancies))]}/{verb}"
            if verb == "exit":
                body = self.dated(back, "exited_on", {"reason_code": "moved_out", "evidence": ["退出协议"]})
                self.told("tenancy exit", self.bench.post(self.officer, path, body))
            else:
                sent = {"centre_id": to, "agreement_no": "RZ-2", "evidence": ["转移协议"]}
                self.admitted(verb, path, self.dated(back, "transferred_on", sent))

    def admitted(self, verb: str, path: str, body: Json) -> None:
        answer = self.told(f"tenancy {verb}", self.bench.post(self.officer, path, body))
        if answer.is_success:
            self.tenancies.append(answer.json()["id"])

    @rule(verb=st.sampled_from(TIER), number=pick, back=days_back)
    def tier(self, verb: str, number: int, back: int) -> None:
        """One step of an application for a tier, or all of them by a centre that meets the criteria."""
        barred = {ban.centre_id for ban in self.bans}
        open_ones = [centre for centre in self.centres if centre["id"] not in barred] if verb == "pursue" else []
        centre = (open_ones or self.centres)[number % len(open_ones or self.centres)]
        if verb in ("apply", "pursue"):
            before = len(self.tiers)
            if verb == "pursue":
                self.equip(centre)
            body = self.dated(back, "applied_on", {"centre_id": centre["id"], "tier": "specialised"})
            answer = self.told("tier apply", self.bench.post(self.caller_for("apply"), "/v1/tier-applications", body))
            if answer.is_success:
                self.tiers.append({"id": answer.json()["id"], "centre": centre})
            steps = ("review", "announce", "approve") if verb == "pursue" and len(self.tiers) > before else ()
            for following in steps:
                self.today = min(self.today + timedelta(days=12 if following == "approve" else 0), LAST)
                self.move_tier(self.tiers[before], following, 0)
        elif self.tiers:
            self.move_tier(self.tiers[number % len(self.tiers)], verb, back)

    def move_tier(self, application: Json, verb: str, back: int) -> None:
        fields = {"review": "reviewed_on", "announce": "starts_on"}
        body = self.dated(back, fields.get(verb, "decided_on"), BODIES.get(verb, {}))
        path = f"/v1/tier-applications/{application['id']}/{verb}"
        answer = self.told(f"tier {verb}", self.bench.post(self.caller_for(verb), path, body))
        if answer.is_success and verb == "approve":
            self.require_open(application["centre"], answer)

    def equip(self, centre: Json) -> None:
        """What a specialised centre needs, as far as the centre takes it: a tenant, services, filings, an agreement."""
        self.found_enterprise()
        admission = {"centre_id": centre["id"], "enterprise_id": self.enterprises[-1], "agreement_no": "RZ-3"}
        tenancy = self.told("equip", self.bench.post(self.officer, "/v1/tenancies", admission))
        if not tenancy.is_success:
            return
        self.bench.found(SERVED.format(tenancy=tenancy.json()["id"], day=self.today, types=", ".join(SERVICES)))
        unfiled = "SELECT id FROM tenancy WHERE status = 'admitted' AND centre_id = "
        for row in self.bench.found(f"{unfiled}'{centre['id']}'"):
            self.told("equip", self.bench.post(self.officer, f"/v1/tenancies/{row[0]}/file", {}))
        incubator = {"name": "启迪", "kind": "incubator", "origin_province": "110000", "capital": "1.00"}
        partner = self.bench.post(self.officer, "/v1/partners", incubator).json()
        day = self.today.isoformat()
        signed = {"document_no": f"XY-{partner['no']}", "subject": "孵化合作", "signed_on": day, "valid_from": day}
        sent = {"partner_id": partner["id"], **signed}
        self.told("equip", self.bench.post(self.officer, f"/v1/centres/{centre['id']}/agreements", sent))

    @rule(number=pick, back=days_back)
    def take_over(self, number: int, back: int) -> None:
        """The other operator takes a centre over, today or as of a past day."""
        centre = self.centres[number % len(self.centres)]
        to_code = next(code for code in OPERATORS if code != centre["operator"])
        path = f"/v1/centres/{centre['id']}/operator-changes"
        sent = {"to_code": to_code, "to_name": "新运营方", "reason_code": "transfer", "agreement_no": "转让1号"}
        registry = self.bench.registry
        applied = self.told(
            "takeover apply",
            self.bench.post(registry.second_officer.on(self.today), path, self.dated(back, "applied_on", sent)),
        )
        if not applied.is_success:
            return
        path = f"{path}/{applied.json()['id']}"
        review = self.bench.post(self.officer, f"{path}/review", self.dated(back, "reviewed_on", {}))
        self.told("takeover review", review)
        decision = self.dated(back, "decided_on", dict(DOCUMENT))
        approval = self.bench.post(registry.approver.on(self.today), f"{path}/approve", decision)
        if self.told("takeover", approval).is_success:
            assert not any(ban.operator == to_code and ban.bars(self.today) for ban in self.bans)
            centre["operator"] = to_code
        else:
            self.told("takeover refuse", self.bench.post(registry.approver.on(self.today), f"{path}/refuse", REASON))

    @rule(number=st.integers(min_value=0, max_value=9))
    def withdraw(self, number: int) -> None:
        """A centre leaves the list: seldom, as it does not come back."""
        if number >= len(self.centres):
            return
        path = f"/v1/centres/{self.centres[number]['id']}"
        asked = self.bench.post(self.officer, f"{path}/request-withdrawal", {"reason_code": "business_ended"})
        if self.told("withdrawal asked", asked).is_success:
            decided_by = self.bench.registry.approver.on(self.today)
            self.told("withdraw", self.bench.post(decided_by, f"{path}/withdraw", DOCUMENT))

    @rule(number=st.integers(min_value=0, max_value=8))
    def delist(self, number: int) -> None:
        """Seldom: a ban of three years ends most of what could go wrong."""
        listed = [centre for centre in self.centres if all(ban.centre_id != centre["id"] for ban in self.bans)]
        if number >= len(listed):
            return
        centre = listed[number]
        self.bench.delist(centre["id"], centre["operator"], self.today)
        self.bans.append(Ban(centre["id"], centre["operator"], self.today))
        self.bench.done["delist"] += 1

    @invariant()
    def what_the_policy_excludes_is_not_there(self) -> None:
        assert self.bench.found(NEVER) == []


@pytest.fixture(scope="module")
def bench(postgres: Cluster, keys: Keys) -> Iterator[Bench]:
    url = postgres.lasting_database("registry")
    with start_blocking_portal() as portal:
        stack = AsyncExitStack()

        async def enter() -> Registry:
            return await stack.enter_async_context(running(build(settings_for(url, keys, DEMO_POLICY)), keys))

        yield Bench(portal, portal.call(enter), partial(postgres.empty, url))
        portal.call(stack.aclose)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_no_sequence_of_operations_ends_in_what_the_policy_excludes(bench: Bench) -> None:
    machine = type("PolicyOfThisRun", (Policy,), {"bench": bench})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    steps = ("centre list", "title grant", "tenancy admit", "tenancy exit", "tenancy transfer", "delist")
    for step in (*steps, "tier approve", "takeover", "withdraw"):
        assert bench.done[step] >= 3, f"too few went through to prove anything: {bench.done}"
