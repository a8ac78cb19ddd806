"""The demonstration with a smaller cast, on the whole suite: it comes out as told, and a second run does nothing."""

from __future__ import annotations

import asyncio
import io
import json
import stat
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from rich.console import Console

from deploy.demo import files
from deploy.demo.accounts import FIRST_DAY, Credentials, PasswordsLost
from deploy.demo.client import Api, Caller, Json
from deploy.demo.command import POLICY
from deploy.demo.play import cast, play
from deploy.demo.story.delistings import completed_case
from deploy.demo.story.world import World
from deploy.demo.summary import show
from deploy.demo.texts import Texts
from gateway.accounts.usecases import Scope, create_account
from shared.db import Database
from shared.errors import DomainError
from shared.events.outbox import EventContext
from tests.support.postgres import Cluster
from tests.support.suite import Suite

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

CAST = frozenset({"C01", "C02", "C03", "C04", "C05", "C15", "C24"})
"""The delisted centre, its operator's other one, the rectified one, the exempt one, an enclave, one with projects, and
one of before 2019."""


@pytest.fixture(scope="module")
def suite(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    limited = {"RATE_LIMITS": "on"}
    with Suite(postgres, tmp_path_factory.mktemp("demo"), policy_dir=POLICY, extra=limited) as running:
        yield running


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return Credentials(tmp_path_factory.mktemp("credentials") / "demo")


async def _open_admin(suite: Suite, username: str, password: str, role: str) -> bool:
    database = Database(suite.database_urls["gateway"])
    context = EventContext(actor="test", effective_on=FIRST_DAY, correlation_id=str(uuid4()))
    try:
        async with database.transaction() as session:
            await create_account(session, username, password, roles=[role], scope=Scope(), context=context)
    except DomainError:
        return False
    finally:
        await database.close()
    return True


async def _play(suite: Suite, credentials: Credentials) -> World:
    async with Api(suite.gateway_url, language="zh-CN") as api:
        world = cast(api, files.reduced(files.load(), CAST), credentials)
        await play(world, credentials, partial(_open_admin, suite))
        return world


@pytest.fixture(scope="module")
def told(suite: Suite, credentials: Credentials) -> World:
    """The story, told once; its API is closed."""
    return asyncio.run(_play(suite, credentials))


@pytest_asyncio.fixture(loop_scope="function")
async def api(suite: Suite) -> AsyncIterator[Api]:
    async with Api(suite.gateway_url, language="zh-CN") as api:
        yield api


@pytest.mark.timeout(600)
async def test_the_story_comes_out_as_told(told: World, api: Api) -> None:
    world = replace(told, api=api)
    centres = {key: centre["id"] for key, centre in world.centres.items()}
    grades = {
        (found["centre_id"], found["year"]): found["grade"]
        async for found in api.items("/v1/evaluations", world.auditor, status="published")
    }
    assert [grades[centres["C01"], year] for year in (2019, 2020)] == ["fail", "fail"]
    assert [grades[centres["C03"], year] for year in (2019, 2020)] == ["fail", "pass"]
    assert [grades[centres["C04"], year] for year in (2019, 2020, 2021)] == ["fail", "exempt", "fail"]
    _assert_every_service_acted(await completed_case(world, world.data.delistings[0]))
    listed = {found["id"]: found async for found in api.items("/v1/centres", world.auditor)}
    assert listed[centres["C01"]]["status"] == "delisted"
    assert listed[centres["C02"]]["status"] == "listed"
    assert listed[centres["C04"]]["status"] == "listed"
    assert listed[centres["C05"]]["enclave"] is True


async def test_the_barred_operator_comes_back_only_after_the_ban(told: World) -> None:
    assert [refusal.problem["code"] for refusal in told.refusals.values()] == ["carrier-ban-in-force"] * 2
    assert told.comeback is not None
    assert told.comeback["status"] == "listed"
    assert told.comeback["applied_on"] == "2024-03-02"


def _assert_every_service_acted(case: Json) -> None:
    done = {part["service"]: part["details"] for part in case["participants"]}
    assert len(done["registry"]["revoked_qualification_ids"]) == 4
    assert len(done["registry"]["refused_application_ids"]) == 1
    assert done["registry"]["active_municipal_titles_left"] == 0
    assert len(done["finance"]["cancelled_grant_ids"]) == 1
    assert len(done["finance"]["recovery_grant_ids"]) == 1
    assert len(done["vouchers"]["stopped_voucher_ids"]) == 4
    assert len(done["vouchers"]["released_redemption_ids"]) == 1
    assert len(done["vouchers"]["honoured_redemption_ids"]) == 1


async def test_everybody_behind_an_enterprise_is_a_person(told: World, api: Api) -> None:
    persons = {found["person_ref"]: found async for found in api.items("/v1/persons", told.auditor)}
    refs = {found["legal_representative_ref"] async for found in api.items("/v1/enterprises", told.auditor)}
    assert refs - {None} <= persons.keys()
    assert {str(found["id_number"])[:14] for found in persons.values()} == {"*" * 14}
    ref = told.data.graduations[0].person_ref
    papers = [found async for found in api.items(f"/v1/persons/{persons[ref]['id']}/graduations", told.auditor)]
    assert [paper["certificate_no"] for paper in papers] == [told.data.graduations[0].certificate_no]


async def test_what_was_before_2019_is_taken_over(told: World, api: Api) -> None:
    centre = told.centres["C24"]
    assert (centre["migrated"], centre["listed_on"], centre["status"]) == (True, "2017-06-15", "listed")
    stays = [found async for found in api.items("/v1/tenancies", told.auditor, centre_id=centre["id"])]
    assert sum(found["migrated"] for found in stays) == len(told.data.earlier_stays)
    titles = [found async for found in api.items("/v1/qualifications", told.auditor, centre_id=centre["id"])]
    assert [found["kind"] for found in titles] == ["maker_space"]


async def test_a_project_goes_on_as_an_enterprise_with_its_stay(told: World, api: Api) -> None:
    row = next(row for row in told.data.projects if row.licensed_on)
    project = await api.get(f"/v1/projects/{told.projects[row.name]['id']}", told.auditor)
    assert project["status"] == "registered"
    (stay,) = [found async for found in api.items("/v1/tenancies", told.auditor, enterprise_code=str(row.code))]
    assert (stay["agreement_no"], stay["status"]) == (row.agreement_no, "filed")


async def test_divisions_partners_practices_and_targets_are_there(told: World, api: Api) -> None:
    due = [found async for found in api.items("/v1/divisions/due", told.auditor, kind="policy")]
    assert {found["division_code"] for found in due} == {"540174"}
    paid = [found async for found in api.items("/v1/matching-funds/spending", told.auditor, division="LIUWU")]
    assert len(paid) == sum(payment.division == "LIUWU" for payment in told.data.payments) > 0
    public = [found async for found in api.items("/v1/practices", told.auditor, status="published")]
    assert [found["centre_id"] for found in public] == [told.centres["C05"]["id"]]
    agreements = f"/v1/centres/{told.centres['C05']['id']}/agreements"
    assert [found async for found in api.items(agreements, told.auditor)]
    targets = {found["item"]: found async for found in api.items("/v1/targets", told.auditor, source="entered")}
    assert targets["new_jobs"]["actual"] == "8420"
    assert targets["carrier_output"]["pending"] is not None


async def test_money_is_lent_invested_and_given_beside_the_grants(told: World, api: Api) -> None:
    auditor = told.auditor
    loans = {found["product"]: found async for found in api.items("/v1/loans", auditor)}
    assert {product: (found["status"], found["outstanding"]) for product, found in loans.items()} == {
        "guaranteed": ("repaying", "150000.00"),
        "graduate": ("repaying", "100000.00"),
    }
    referrals = {found["bank"]: found["status"] async for found in api.items("/v1/referrals", auditor)}
    assert referrals == {"CCB": "refused", "PSBC": "repaying"}
    days = [found["status"] async for found in api.items("/v1/banks/reconciliations", auditor)]
    assert sorted(days) == ["agreed", "agreed", "differing"]
    subsidies = [found["status"] async for found in api.items("/v1/loans/subsidies", auditor)]
    assert subsidies == ["paid", "paid"]
    (fund,) = [found async for found in api.items("/v1/angel-funds", auditor)]
    assert (fund["paid_in"], fund["municipal_paid_in"], fund["invested"]) == ("1000000.00", "300000.00", "500000.00")
    orders = [found["status"] async for found in api.items(f"/v1/angel-funds/{fund['id']}/orders", auditor)]
    assert (orders.count("refused"), orders.count("done")) == (1, len(orders) - 1)
    for path in ("/v1/financing-rewards", "/v1/alliance-support"):
        assert [found["status"] async for found in api.items(path, auditor)] == ["paid"], path


async def test_vouchers_go_from_guidance_to_the_banks_answer(told: World, api: Api) -> None:
    auditor, division = told.auditor, "540122"
    guidance = [found["status"] async for found in api.items("/v1/voucher-guidance", auditor)]
    assert guidance == ["approved"] * 3
    programme = told.programmes[division, "startup", 2020]
    assert programme["category_terms"]["exhibition"] == {"percent": None, "cap": "5000.00"}
    (application,) = [found async for found in api.items("/v1/voucher-applications", auditor)]
    assert application["status"] == "approved"
    uses = [found async for found in api.items("/v1/redemptions", auditor, programme_id=programme["id"])]
    (ordered,) = [found for found in uses if found["ordered_on"]]
    assert (ordered["voucher_id"], ordered["status"]) == (application["voucher_id"], "redeemed")
    assert sum(found["held_on"] == found["redeemed_on"] for found in uses) == 2, "sold at the counter"
    (batch,) = [found async for found in api.items("/v1/settlements", auditor)]
    assert (batch["issuer_division"], batch["status"]) == (division, "closed")
    lines = [found async for found in api.items(f"/v1/settlements/{batch['id']}/lines", auditor)]
    paid = {found["redemption_id"]: Decimal(found["amount"]) for found in lines if found["status"] == "paid"}
    assert ordered["id"] in paid
    assert sum(paid.values()) == Decimal(batch["paid_total"])
    assert [found["reason_code"] for found in lines if found["status"] == "back"] == ["documents_missing"]


async def test_scoped_accounts_own_something(told: World, api: Api) -> None:
    """Each of them sees something of its own when it signs in."""
    for username, path in (
        ("centre_operator", "/v1/tenancies"),
        ("founder", "/v1/projects"),
        ("founder", "/v1/loans"),
        ("bank_2", "/v1/referrals"),
        ("bank_2", "/v1/loans"),
        ("guarantor", "/v1/loans/guarantees"),
        ("provider", "/v1/providers"),
        ("expert", "/v1/expert-assignments"),
        ("division_officer", "/v1/matching-funds"),
        ("division_approver_2", "/v1/divisions"),
    ):
        assert [found async for found in api.items(path, told.callers[username])], username


async def test_a_bank_reads_what_it_refused_only_while_the_enterprise_lets_it(told: World, api: Api) -> None:
    for day, shown in ((date(2019, 12, 31), ["refused"]), (date(2020, 1, 1), [])):
        found = await api.get("/v1/referrals", told.callers["bank"], today=day)
        assert [referral["status"] for referral in found["items"]] == shown


async def test_a_second_run_changes_nothing(told: World, credentials: Credentials, suite: Suite) -> None:
    kept = credentials.path.read_text(encoding="utf-8")
    again = await _play(suite, credentials)
    assert told.api.writes > 0
    assert again.api.writes == 0
    assert credentials.path.read_text(encoding="utf-8") == kept


async def test_credentials_open_an_account_for_every_role(told: World, api: Api, credentials: Credentials) -> None:
    assert stat.S_IMODE(credentials.path.stat().st_mode) == 0o600
    written = json.loads(credentials.path.read_text(encoding="utf-8"))
    assert written.keys() == {"base_url", "accounts", "api_keys"}
    assert written["base_url"] == told.api.base_url
    for key, account in written["accounts"].items():
        caller = Caller(account["username"], account["password"], account.get("totp_secret"))
        found = await api.get("/v1/accounts/me", caller)
        assert found["second_factor"] is ("totp_secret" in account)
        assert found["roles"] == [key.removesuffix("_2")]


@pytest.mark.parametrize("english", [False, True])
async def test_the_summary_shows_timeline_and_refusal(told: World, api: Api, english: bool) -> None:
    console = Console(file=io.StringIO(), width=160)
    await show(replace(told, api=api), Texts("en" if english else "zh"), console, "credentials.json")
    printed = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO given above
    assert all(text in printed for text in ("DL-2021-0001", "2.3-5", "carrier-ban-in-force", "/docs", "2024-03-02"))


async def test_without_the_passwords_a_run_says_how_to_start_afresh(told: World, suite: Suite, tmp_path: Path) -> None:
    assert told.centres
    with pytest.raises(PasswordsLost, match="make clean"):
        await _play(suite, Credentials(tmp_path))
