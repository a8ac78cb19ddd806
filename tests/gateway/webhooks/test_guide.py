"""The guide's programs, as they stand there, take what is signed and refuse what is not."""

import json
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.webhooks.signing import new_secret, sign
from tests.support.node import NODE

GUIDE = Path(__file__).parents[3] / "docs" / "bureaus.md"
BODY = '{"id":"1","data":{"name":"梦创 中心"}}'
Verify = Callable[[Sequence[str], Mapping[str, str], str], bool]


def program(heading: str, language: str) -> str:
    section = GUIDE.read_text(encoding="utf-8").split(f"### {heading}\n", 1)[1]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def in_python(secrets: Sequence[str], headers: Mapping[str, str], body: str) -> bool:
    names: dict[str, object] = {}
    exec(program("Verifying in Python", "python"), names)  # noqa: S102  # the guide's own program
    verify = names["verify"]
    assert callable(verify)
    return bool(verify(secrets, headers, body.encode()))


def in_javascript(secrets: Sequence[str], headers: Mapping[str, str], body: str) -> bool:
    call = f"console.log(verify({json.dumps(secrets)}, {json.dumps(headers)}, {json.dumps(body)}))"
    source = f"{program('Verifying in JavaScript', 'js')}\n{call}\n"
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", source], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip() == "true"


@pytest.mark.parametrize("verify", [in_python, in_javascript])
def test_the_guides_program_takes_good_signatures_only(verify: Verify) -> None:
    now, old, new = datetime.now(UTC), new_secret(), new_secret()
    both = sign([new, old], "id-1", now, BODY)
    assert verify([old], both, BODY)
    assert verify([new], both, BODY)
    assert not verify([new_secret()], both, BODY)
    assert not verify([old], both, BODY + " ")
    assert not verify([old], {**both, "webhook-id": "id-2"}, BODY)
    assert not verify([old], sign([old], "id-1", now - timedelta(seconds=301), BODY), BODY)
