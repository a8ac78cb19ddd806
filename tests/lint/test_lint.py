"""The checks find what they are there for, and say so where they could not look."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.lint import advisories
from tests.lint.advisories import Audit, audit, read
from tests.lint.secrets import find, holds_nothing, known, scan, verdict

# Put together here, so that this file itself holds none.
PLANTED = [
    ('aws_key = "' + "AKIA" + "QW7ERTYU3IOPAS5D" + '"', "AWS Access Key"),
    ('password = "' + "Tr0ub4dor" + "-and-3" + '"', "Secret Keyword"),
    ("-----BEGIN " + "PRIVATE KEY-----", "Private Key"),
    ('sent = "' + "9f86d081" + "884c7d65" + "9a2feaa0" + "c55ad015" + '"', "Hex High Entropy String"),
    ('sent = "' + "q83vEjRWeJCrze8SNFZ4" + "kKvN7xI0VniQZmFkZQ" + '"', "Base64 High Entropy String"),
    ('url = "postgresql://owner:' + "hunter22" + '@db.example.org/registry"', "Basic Auth Credentials"),
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    command = ["git", "init", "--quiet", str(tmp_path)]
    subprocess.run(command, check=True)
    (tmp_path / "plain.py").write_text("def a_function_with_a_very_long_name_indeed() -> None: ...\n")
    return tmp_path


@pytest.mark.parametrize(("line", "kind"), PLANTED, ids=[kind for _, kind in PLANTED])
def test_a_planted_secret_is_found_and_refused(repository: Path, tmp_path: Path, line: str, kind: str) -> None:
    (repository / "settings.py").write_text(f"first = 1\n{line}\n")
    found = scan(repository, tmp_path / "clean.json")
    assert kind in {one.kind for one in found}
    assert all((one.file, one.line) == ("settings.py", 2) for one in found)
    said = list(verdict(found, frozenset()))
    assert len(said) == len(found)
    assert "settings.py:2" in said[0]


def test_a_secret_that_comes_into_a_file_that_was_clean_is_found(repository: Path, tmp_path: Path) -> None:
    remembered = tmp_path / "clean.json"
    assert scan(repository, remembered) == []
    line, kind = PLANTED[0]
    (repository / "plain.py").write_text(f"{line}\n")
    assert kind in {one.kind for one in scan(repository, remembered)}
    assert kind in {one.kind for one in scan(repository, remembered)}, "what is not clean is read every time"


def test_what_is_explained_is_let_through_and_an_explanation_of_nothing_is_not(tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text(f"{PLANTED[1][0]}\n")
    found = find([str(file)])
    names = {one.name for one in found}
    assert list(verdict(found, names)) == []
    (said,) = verdict(found, names | {"gone.py: Secret Keyword 0"})
    assert "is not there any more" in said


def test_names_are_passed_over_and_values_are_not() -> None:
    assert holds_nothing("def test_two_processes_never_send_one_event() -> None:")
    assert holds_nothing("SOME_VERY_LONG_CONSTANT_NAME = OTHER")
    assert not any(holds_nothing(line) for line, _ in PLANTED)


def test_explanations_name_files_of_the_repository_only() -> None:
    for name in known():
        file = name.partition(":")[0]
        assert not Path(file).is_absolute()
        assert (advisories.ROOT / file).is_file(), name


def report(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


FAULT = {"id": "PYSEC-2019-1", "fix_versions": ["1.1"], "aliases": [], "description": ""}
FINE: dict[str, object] = {"name": "fine", "version": "1.0", "vulns": []}
BROKEN: dict[str, object] = {"name": "broken", "version": "1.0", "vulns": [FAULT]}
UNKNOWN: dict[str, object] = {"name": "unknown", "skip_reason": "not found"}


def test_a_finding_fails_and_names_the_version_that_mends_it() -> None:
    outcome = read(report(FINE, BROKEN), 2)
    assert outcome.failed
    assert outcome.lines == ["broken 1.0: PYSEC-2019-1, mended in 1.1"]


def test_a_finding_fails_though_others_could_not_be_judged() -> None:
    outcome = read(report(UNKNOWN, BROKEN), 2)
    assert outcome.failed
    assert len(outcome.lines) == 2


def test_everything_judged_and_fine_says_nothing() -> None:
    outcome = read(report(FINE), 1)
    assert (outcome.failed, outcome.lines) == (False, [])


def test_packages_that_nobody_could_judge_are_said_in_one_line_and_do_not_fail() -> None:
    outcome = read(report(UNKNOWN, UNKNOWN, FINE), 3)
    assert not outcome.failed
    (said,) = outcome.lines
    assert said.startswith("advisories: 1 of 3 packages were judged: the index")


@pytest.mark.parametrize("said", ["", "Traceback (most recent call last): ...", "[]"])
def test_no_report_at_all_is_said_in_one_line_and_does_not_fail(said: str) -> None:
    outcome = read(said, 7)
    assert not outcome.failed
    assert outcome.lines == ["advisories: 0 of 7 packages were judged: no advisory source could be reached"]


def test_a_source_that_does_not_answer_in_time_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 20\n")
    slow.chmod(0o755)
    monkeypatch.setattr(advisories, "PROGRAM", slow)
    monkeypatch.setattr(advisories, "SECONDS", 0.2)
    lock = tmp_path / "requirements.lock"
    lock.write_text("fine==1.0 \\\n    --hash=sha256:00\n")
    assert audit(lock) == Audit(asked=1, failure="no answer within 0.2 s")
