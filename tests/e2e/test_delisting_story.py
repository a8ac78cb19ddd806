"""The story through the gateway: two failed years, and every service has acted; nobody gets around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.city import City, Person, Refused
from tests.support.postgres import Cluster
from tests.support.suite import Suite
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

BASIS = "虚构发〔2021〕3号"
PUBLISHED = "2021-03-01"
LAST_BARRED = "2024-03-01"
FIRST_OPEN = "2024-03-02"
FOUR_KINDS = ("maker_space", "entrepreneurship_base", "tech_incubator", "commerce_cluster")
POLICY = Path(__file__).parents[2] / "deploy" / "demo" / "policy"


@dataclass(slots=True)
class Failing:
    """A centre that hands in no reports, with everything that must stop when it is delisted."""

    operator: Person
    code: str
    centre: str
    titles: list[str]
    unpaid: str
    paid: str
    voucher: str
    delivered: str
    held: str
    case: str = ""


@pytest.fixture
async def city(postgres: Cluster, tmp_path: Path) -> AsyncIterator[City]:
    with Suite(postgres, tmp_path, policy_dir=POLICY) as suite:
        async with City(suite) as made:
            yield made


async def furnished(city: City) -> Failing:
    """One centre with four titles, an enterprise, grants paid and unpaid, and a voucher in use."""
    code = city.code()
    operator = await city.enrol("operator", ["centre_operator"], org=code)
    centre = await city.listed_centre("虚构中心", operator, code)
    titles = [await city.title(operator, centre, kind) for kind in FOUR_KINDS]
    enterprise, enterprise_code = await city.tenant(operator, centre)
    owner = await city.enrol("owner", ["enterprise"], org=enterprise_code)
    paid = await city.grant(operator, centre, "2019-06-03", "120000.00", paid=True)
    unpaid = await city.grant(operator, centre, "2020-06-01", "80000.00", paid=False)
    voucher, delivered, held = await vouchers(city, enterprise, owner)
    return Failing(operator, code, centre, titles, unpaid, paid, voucher, delivered, held)


async def vouchers(city: City, enterprise: str, owner: Person) -> tuple[str, str, str]:
    """A voucher of a programme of 2020 with one delivered and one open hold."""
    day = "2020-11-02"
    officer, approver = city.people["division_officer"], city.people["division_approver"]
    terms = {"kind": "innovation", "year": 2020, "budget": "500000.00"}
    programme = await officer.post("/v1/voucher-programmes", day, terms, expect=201)
    await approver.post(f"/v1/voucher-programmes/{programme['id']}/open", day)
    code = city.code()
    seller = await city.enrol("seller", ["provider"], org=code)
    offer = {"name": "虚构服务机构", "categories": ["legal_protection"], "legal_representative_ref": "person-seller"}
    provider = await seller.post("/v1/providers", "2020-10-12", {**offer, "declares_no_penalty": True}, expect=201)
    await city.people["science_officer"].post(f"/v1/providers/{provider['id']}/review", "2020-10-12")
    await city.people["science_officer"].post(f"/v1/providers/{provider['id']}/notice", "2020-10-12", expect=201)
    await city.people["science_approver"].post(f"/v1/providers/{provider['id']}/admit", day)
    wanted = {"programme_id": programme["id"], "enterprise_id": enterprise, "face_value": "20000.00"}
    voucher = await officer.post("/v1/vouchers", day, wanted, expect=201)
    await approver.post(f"/v1/vouchers/{voucher['id']}/approve", day)
    holds = []
    for price in ("8000.00", "6000.00"):
        sale = {
            "voucher_id": voucher["id"],
            "provider_id": provider["id"],
            "category": "legal_protection",
            "price": price,
        }
        holds.append(str((await owner.post("/v1/redemptions", day, sale, expect=201))["id"]))
    await seller.post(f"/v1/redemptions/{holds[0]}/deliver", day)
    return str(voucher["id"]), holds[0], holds[1]


async def two_failed_years(city: City) -> str:
    """Evaluate 2019 and 2020; the second year's cycle, ready to be published."""
    first = await city.score(2019, "2020-02-03")
    await city.announce(first, "2020-02-04")
    await city.publish(first, "2020-03-02")
    second = await city.score(2020, "2021-01-18")
    await city.announce(second, "2021-01-19")
    return second


async def case_of(city: City, centre: str) -> str:
    cases = await city.people["auditor"].get(f"/v1/delistings?centre_id={centre}", "2021-01-19")
    return str(cases["items"][0]["id"])


PROCEDURE_DAYS = ("2021-01-20", "2021-02-05", "2021-02-08", "2021-02-22", "2021-02-23")


async def delist(city: City, failing: Failing) -> None:
    second = await two_failed_years(city)
    failing.case = await case_of(city, failing.centre)
    await city.procedure(failing.case, PROCEDURE_DAYS)
    await city.publish(second, PUBLISHED, basis=BASIS)
    await city.completed(failing.case, PUBLISHED)


async def refusal(person: Person, path: str, day: str, body: object, status: int) -> dict[str, object]:
    """The problem with which a POST is refused."""
    return await person.post(path, day, body, expect=status)


async def test_a_centre_that_fails_twice_is_delisted_everywhere_and_kept_out(city: City) -> None:
    failing = await furnished(city)
    await delist(city, failing)
    auditor = city.people["auditor"]

    case = await auditor.get(f"/v1/delistings/{failing.case}", PUBLISHED)
    assert {p["service"]: p["confirmed"] for p in case["participants"]} == {
        "registry": True,
        "finance": True,
        "vouchers": True,
    }
    assert all(p["acted_after_ms"] is not None for p in case["participants"])

    centre = await auditor.get(f"/v1/centres/{failing.centre}", PUBLISHED)
    assert (centre["status"], centre["delisted_on"]) == ("delisted", PUBLISHED)
    titles = await auditor.get(f"/v1/qualifications?centre_id={failing.centre}", PUBLISHED)
    assert {title["id"]: title["status"] for title in titles["items"]} == dict.fromkeys(failing.titles, "revoked")

    unpaid, paid = [await auditor.get(f"/v1/grants/{grant}", PUBLISHED) for grant in (failing.unpaid, failing.paid)]
    assert unpaid["status"] == "cancelled"
    assert (paid["status"], paid["recovery_due"]) == ("in_recovery", "120000.00")

    voucher = await auditor.get(f"/v1/vouchers/{failing.voucher}", PUBLISHED)
    assert voucher["status"] == "stopped"
    delivered, held = [await auditor.get(f"/v1/redemptions/{r}", PUBLISHED) for r in (failing.delivered, failing.held)]
    assert (delivered["status"], held["status"]) == ("delivered", "released")

    await kept_out(city, failing)
    await chains_hold(city)
    await one_trace_leads_through(city, failing)


async def kept_out(city: City, failing: Failing) -> None:
    """Neither the centre nor its operator under a new name comes back before the first open day."""
    bans = await city.people["public"].get("/v1/bans", PUBLISHED)
    ban = next(ban for ban in bans["items"] if ban["centre_id"] == failing.centre)
    assert (ban["last_barred_day"], ban["first_open_day"]) == (LAST_BARRED, FIRST_OPEN)

    title = {"centre_id": failing.centre, "kind": "maker_space"}
    problem = await refusal(failing.operator, "/v1/qualification-applications", LAST_BARRED, title, 409)
    assert problem["code"] == "carrier-ban-in-force"
    for day in (LAST_BARRED, FIRST_OPEN):
        assert str(day) in str(problem["detail"]), problem

    async def comes_back(day: str) -> None:
        await city.listed_centre("换了名字的中心", failing.operator, failing.code, day)

    with pytest.raises(Refused, match="carrier-ban-in-force"):
        await comes_back(LAST_BARRED)
    await comes_back(FIRST_OPEN)


async def chains_hold(city: City) -> None:
    """What a bureau reads through the gateway has the positions of the log, without gaps."""
    page = await city.people["auditor"].get("/v1/events?topic=evaluation.delisting&after=0&limit=100", PUBLISHED)
    positions = [int(event["position"]) for event in page["items"]]
    assert positions == list(range(1, len(positions) + 1))
    assert "evaluation.delisting.completed.v1" in {event["type"] for event in page["items"]}


async def one_trace_leads_through(city: City, failing: Failing) -> None:
    """From the click on publish to every service's act: one trace id, and a span for every step."""
    auditor = city.people["auditor"]
    seen: dict[str, str] = {}
    for topic in ("evaluation.delisting", "registry.centre", "finance.delisting", "vouchers.delisting"):
        page = await auditor.get(f"/v1/events?topic={topic}&after=0&limit=200", PUBLISHED)
        about = (failing.case, failing.centre)
        seen |= {event["type"]: event["traceparent"] for event in page["items"] if event["subject"] in about}
    steps = [
        "evaluation.delisting.decided.v1",
        "registry.centre.delisted.v1",
        "finance.delisting.applied.v1",
        "vouchers.delisting.applied.v1",
        "evaluation.delisting.completed.v1",
    ]
    traces = [seen[step].split("-") for step in steps]
    assert len({trace_id for _, trace_id, _, _ in traces}) == 1
    assert len({span for _, _, span, _ in traces}) == len(steps)


async def test_wrong_roles_and_wrong_owners_get_nowhere(city: City) -> None:
    code, other_code = city.code(), city.code()
    operator = await city.enrol("operator", ["centre_operator"], org=code)
    stranger = await city.enrol("stranger", ["centre_operator"], org=other_code)
    centre = await city.listed_centre("虚构中心", operator, code)
    day = "2019-06-03"
    await operator.post(f"/v1/centres/{centre}/list", day, {"document_no": "x"}, expect=403)
    await city.people["admin"].post(f"/v1/centres/{centre}/list", day, {"document_no": "x"}, expect=403)
    await city.people["public"].post("/v1/grants", day, {}, expect=401)
    await stranger.post("/v1/qualification-applications", day, {"centre_id": centre, "kind": "maker_space"}, expect=404)
    foreign = {
        "centre_id": centre,
        "fiscal_year": 2019,
        "amount": "1000.00",
        "plan": [{"purpose": "operations", "description": "x", "amount": "1000.00"}],
    }
    await eventually(lambda: _answers(stranger, "/v1/grants", day, foreign, 404))
    application = await operator.post(
        "/v1/qualification-applications", day, {"centre_id": centre, "kind": "maker_space"}, expect=201
    )
    path = f"/v1/qualification-applications/{application['id']}"
    await city.people["science_officer"].post(f"{path}/review", day)
    both = await city.enrol("both", ["science_officer", "science_approver"])
    second = await operator.post(
        "/v1/qualification-applications", day, {"centre_id": centre, "kind": "tech_incubator"}, expect=201
    )
    second_path = f"/v1/qualification-applications/{second['id']}"
    await both.post(f"{second_path}/review", day)
    await city.people["industry_officer"].post(f"{second_path}/announce", day)
    problem = await both.post(f"{second_path}/grant", day, {"document_no": "x"}, expect=403)
    assert problem["code"] == "four-eyes-required"
    await city.people["auditor"].post("/v1/evaluation-cycles", day, {"year": 2019}, expect=403)
    await operator.get(f"/v1/delistings/{uuid4()}", day, expect=404)


async def _answers(person: Person, path: str, day: str, body: object, status: int) -> bool:
    try:
        await person.post(path, day, body, expect=status)
    except Refused as refused:
        if "reference-not-yet-known" in str(refused):
            return False
        raise
    return True


async def test_a_suppressed_confirmation_is_asked_for_again_and_the_case_completes(city: City) -> None:
    failing = await furnished(city)
    second = await two_failed_years(city)
    failing.case = await case_of(city, failing.centre)
    await city.procedure(failing.case, PROCEDURE_DAYS)
    vouchers_service = city.suite.services["vouchers"]
    vouchers_service.kill9()
    await city.publish(second, PUBLISHED, basis=BASIS)

    async def delisted() -> bool:
        centre = await city.people["public"].get(f"/v1/centres/{failing.centre}", PUBLISHED)
        return bool(centre["status"] == "delisted")

    await eventually(delisted)
    await asyncio.sleep(0.5)
    # The delisting is gone from the sight of vouchers: its cursor is moved past it.
    head = city.suite.cluster.sql(
        "SELECT epoch || ',' || position || ',' || encode(hash, 'hex') FROM topic_head WHERE topic = 'registry.centre'",
        database=city.suite.database_urls["registry"].rsplit("/", 1)[1],
    )
    epoch, position, digest = head.strip().split(",")
    city.suite.cluster.sql(
        f"UPDATE consumer_cursor SET epoch = {epoch}, position = {position}, hash = decode('{digest}', 'hex')"
        " WHERE topic = 'registry.centre'",
        database=city.suite.database_urls["vouchers"].rsplit("/", 1)[1],
    )
    vouchers_service.start()
    case = await city.completed(failing.case, PUBLISHED, timeout=40)
    assert all(participant["confirmed"] for participant in case["participants"])
    voucher = await city.people["auditor"].get(f"/v1/vouchers/{failing.voucher}", PUBLISHED)
    assert voucher["status"] == "stopped"
    types = {
        event["type"]
        for event in (await city.people["auditor"].get("/v1/events?topic=evaluation.delisting&limit=100", PUBLISHED))[
            "items"
        ]
    }
    assert "evaluation.delisting.reminded.v1" in types
