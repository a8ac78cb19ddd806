"""`mengchuang keys`: the operator's way, against the database that a gateway runs on."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx import AsyncClient

from deploy.embedded.databases import DATABASES
from tests.gateway.conftest import Hire, World
from tests.gateway.signatures.client import BankProgram, ed25519

Run = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def run(world: World, gateway_folder: Path) -> Run:
    async def command(*words: str) -> tuple[int, str, str]:
        urls = {f"{name.upper()}_DATABASE_URL": world.database_url for name in DATABASES}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.cli", "keys", *words),
            env={**os.environ, **urls, "DATA_DIR": str(gateway_folder), "COLUMNS": "300"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode(), errors.decode()

    return command


async def test_a_key_is_made_listed_replaced_and_ended(
    run: Run, client: AsyncClient, hire: Hire, world: World, tmp_path: Path
) -> None:
    name = f"bank-{uuid4().hex[:8]}"
    await hire(name, "bank", bank="CCB")
    private, pem = Ed25519PrivateKey.generate(), tmp_path / "bank.pem"
    pem.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    words = ["--scope", "centres:read", "--mode", "test", "--signature", "required", "--public-key", str(pem)]
    code, output, errors = await run("add", name, *words)
    assert code == 0, errors
    key, url = output.strip(), f"{world.url}/v1/centres"
    signed = BankProgram(key, ed25519(private)).headers("GET", url)
    assert (await client.get(url, headers=signed)).status_code == 200

    code, output, _ = await run("list", name)
    assert code == 0
    assert key.split("_")[2] in output
    assert key.split("_")[3] not in output

    code, output, errors = await run("rotate", key.split("_")[2], "--overlap-hours", "1")
    assert code == 0, errors
    successor = output.strip()
    assert (await client.get(url, headers=BankProgram(successor, ed25519(private)).headers("GET", url))).is_success

    code, _, errors = await run("revoke", key.split("_")[2])
    assert code == 0, errors
    await asyncio.sleep(1)
    assert (await client.get(url, headers=BankProgram(key, ed25519(private)).headers("GET", url))).status_code == 401


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "nobody-at-all", "--scope", "centres:read"], "there is no account"),
        (["add", "{name}", "--scope", "nothing:read"], "scopes-unknown"),
        (["add", "{name}", "--scope", "centres:read", "--public-key", "/dev/null"], "--signature"),
        (["revoke", "000000000000"], "there is no key"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(run: Run, hire: Hire, words: list[str], said: str) -> None:
    name = f"bank-{uuid4().hex[:8]}"
    await hire(name, "bank", bank="CCB")
    code, output, errors = await run(*(word.format(name=name) for word in words))
    assert code == 1
    assert said in errors
    assert "Traceback" not in errors + output
