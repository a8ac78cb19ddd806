"""The business date: real unless this instance simulates, and then what the header says."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from httpx import AsyncClient
from pydantic import ValidationError

from gateway.settings import GatewaySettings
from tests.gateway.conftest import World
from tests.support.service_process import ServiceProcess
from tests.support.waiting import free_port

HEADER = "Mengchuang-Today"


def today_in_lhasa() -> str:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()


@pytest.fixture(scope="module")
def real_clock(world: World, environment: dict[str, str], gateway_folder: Path) -> Iterator[ServiceProcess]:
    env = {**environment, "BUSINESS_CLOCK": "real"}
    process = ServiceProcess("gateway.main:app", free_port(), env, log_file=gateway_folder / "real.log").start()
    yield process
    process.terminate()


async def test_without_the_header_it_is_today_in_asia_shanghai(client: AsyncClient) -> None:
    assert (await client.get("/v1/centres/echo")).json()["claims"]["today"] == today_in_lhasa()


async def test_under_a_simulated_clock_the_header_sets_the_day(client: AsyncClient) -> None:
    for day in ("2019-01-01", "2021-03-01", "2020-02-29"):
        claims = (await client.get("/v1/centres/echo", headers={HEADER: day})).json()["claims"]
        assert (claims["today"], claims["simulated"]) == (day, True)


@pytest.mark.parametrize(
    "value", ["2021-02-29", "2021-3-1", "20210301", "today", "", "2021-03-01T00:00:00", "２０２１-03-01"]
)
async def test_a_value_that_is_no_date_is_422(client: AsyncClient, value: str) -> None:
    response = await client.get("/v1/centres/echo", headers={HEADER.encode(): value.encode()})
    assert (response.status_code, response.json()["code"]) == (422, "business-date-invalid")


async def test_two_dates_are_422(client: AsyncClient) -> None:
    response = await client.get("/v1/centres/echo", headers=[(HEADER, "2021-03-01"), (HEADER, "2021-03-02")])
    assert response.status_code == 422


async def test_on_the_real_clock_the_header_is_refused_so_that_nobody_believes_it(real_clock: ServiceProcess) -> None:
    async with AsyncClient(base_url=real_clock.url) as client:
        refused = await client.get("/v1/centres/echo", headers={HEADER: "2021-03-01"})
        assert (refused.status_code, refused.json()["code"]) == (400, "clock-not-simulated")
        claims = (await client.get("/v1/centres/echo")).json()["claims"]
    assert (claims["today"], claims["simulated"]) == (today_in_lhasa(), False)


def test_a_simulated_clock_is_refused_in_production(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="refused in production"):
        GatewaySettings(
            environment="production",
            business_clock="simulated",
            database_url="postgresql+asyncpg://x",
            signing_key_file=tmp_path,
            access_signing_key_file=tmp_path,
            public_keys_dir=tmp_path,
        )
