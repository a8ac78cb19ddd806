"""What others' programs make of the description: a client that works against a running gateway, types, a judgement."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from gateway.accounts.usecases import Scope, create_account
from shared.db import Database
from shared.events.outbox import EventContext
from tests.contracts.api.described import description
from tests.support import node
from tests.support.identifiers import make_uscc
from tests.support.postgres import Cluster
from tests.support.suite import Suite

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

PACKAGE = "mengchuang_client"
PASSWORD = "a long enough pass phrase"
TODAY = {"Mengchuang-Today": "2019-03-18", "Accept-Language": "en"}
FILES = ("image/", "application/vnd.")
GENERATOR = Path(sys.executable).with_name("openapi-python-client")


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole description as a file."""
    file = tmp_path_factory.mktemp("described") / "openapi.json"
    file.write_text(json.dumps(description(), ensure_ascii=False))
    return file


@pytest.fixture(scope="module")
def suite(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with Suite(postgres, tmp_path_factory.mktemp("suite"), only=("registry", "gateway")) as running:
        yield running


@pytest.fixture(scope="module")
def package(described: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the package that `openapi-python-client` wrote, which can be imported."""
    folder = tmp_path_factory.mktemp("python")
    (folder / "config.yml").write_text("post_hooks: []\n")
    command = [str(GENERATOR), "generate", "--path", str(described), "--output-path", str(folder / PACKAGE)]
    options = ["--meta", "none", "--config", str(folder / "config.yml")]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    left_out = [line for line in done.stdout.splitlines() if line.startswith(("ERROR", "WARNING", "Failure", "Cannot"))]
    assert [line for line in left_out if "WARNING" not in line and not any(form in line for form in FILES)] == []
    sys.path.insert(0, str(folder))
    yield PACKAGE
    sys.path.remove(str(folder))
    shutil.rmtree(folder)


def of(package: str, name: str) -> Any:
    return import_module(f"{package}.{name}")


async def test_the_generated_python_client_signs_in_lists_posts_once_and_reads_a_problem(
    suite: Suite, package: str
) -> None:
    code = make_uscc(77)
    database = Database(suite.database_urls["gateway"], pool_size=1)
    scope = Scope(org=code)
    context = EventContext(actor="command-line", effective_on=date(2019, 1, 1), correlation_id="test")
    async with database.transaction() as session:
        await create_account(session, "operator", PASSWORD, roles=["centre_operator"], scope=scope, context=context)
    await database.close()

    base = suite.gateway_url
    client, models = of(package, "client"), of(package, "models")
    nobody = client.Client(base_url=base, headers=TODAY, timeout=60)
    form = models.TokenForm(username="operator", password=PASSWORD)
    token = of(package, "api.auth.auth_issue_token").sync(client=nobody, body=form)
    assert isinstance(token, models.Token)

    with client.AuthenticatedClient(base_url=base, token=token.access_token, headers=TODAY, timeout=60) as known:
        centres = of(package, "api.centres.centres_list_centres").sync(client=known)
        assert not isinstance(centres, models.Problem), centres
        assert (centres.items, centres.next_) == ([], None)

        register = of(package, "api.enterprises.enterprises_register_enterprise")
        body = models.RegisterEnterprise(
            code=make_uscc(78),
            name="虚构软件有限公司",
            industry_code="I6510",
            division="540102",
            registered_on=date(2018, 12, 1),
            legal_representative_ref="person-78",
        )
        key = str(uuid4())
        first = register.sync_detailed(client=known, body=body, idempotency_key=key)
        again = register.sync_detailed(client=known, body=body, idempotency_key=key)
        assert first.status_code == again.status_code == 201
        assert first.parsed.id == again.parsed.id
        assert first.parsed.name == "虚构软件有限公司"
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"

        body.code = "not a code"
        problem = register.sync(client=known, body=body, idempotency_key=str(uuid4()))
        assert isinstance(problem, models.Problem)
        assert (problem.code, problem.status, problem.errors[0].field) == ("validation-failed", 422, "code")

    refused = of(package, "api.accounts.accounts_own_account").sync(client=nobody)
    assert isinstance(refused, models.Problem)
    assert refused.code == "unauthenticated"


def test_typescript_accepts_a_program_over_the_generated_types_and_refuses_a_wrong_one(described: Path) -> None:
    folder = node.package("openapi")
    arguments = [str(described), "-o", "description.d.ts", "--default-non-nullable", "false"]
    made = node.run("openapi", "node_modules/.bin/openapi-typescript", *arguments)
    assert made.returncode == 0, made.stdout + made.stderr
    options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"]
    compile_ = ["node_modules/.bin/tsc", *options]
    done = node.run("openapi", *compile_, "program.ts")
    assert done.returncode == 0, done.stdout

    wrong = (folder / "program.ts").read_text().replace('amount: "200000.00"', "amount: 200000")
    (folder / "wrong.ts").write_text(wrong)
    done = node.run("openapi", *compile_, "wrong.ts")
    assert "Type 'number' is not assignable to type 'string'" in done.stdout


def test_redoclys_reader_finds_nothing_wrong(described: Path, tmp_path: Path) -> None:
    assert _judged(described) == []
    broken = json.loads(described.read_text())
    broken["paths"]["/v1/grants"]["post"]["operationId"] = broken["paths"]["/v1/grants"]["get"]["operationId"]
    del broken["components"]["schemas"]["Problem"]
    (tmp_path / "broken.json").write_text(json.dumps(broken))
    assert {one["rule"] for one in _judged(tmp_path / "broken.json")} == {
        *("no-unresolved-refs", "operation-operationId-unique")
    }


def _judged(file: Path) -> list[dict[str, str]]:
    done = node.run("openapi", "judge.mjs", str(file))
    assert done.returncode == 0, done.stderr
    said: list[dict[str, str]] = json.loads(done.stdout)
    return said
