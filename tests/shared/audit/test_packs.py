"""A case pack shows every alteration by itself, and made-up ones against the anchors or the log."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from deploy.commands.audit import app
from shared.audit.checking import check_pack, compare_log, events_of
from shared.audit.pack import PackWriter
from shared.audit.sampling import Item, digest_of, draw
from shared.events.envelope import SequencedEvent, canonical, chain

TOPIC = "finance.grant"
FILE = b"%PDF-1.4"
Change = Callable[[dict[str, bytes]], None]


def events() -> list[dict[str, Any]]:
    lines, previous = [], b""
    for position in (1, 2, 3):
        event_id = UUID(int=position)
        attributes = canonical({"id": str(event_id), "type": f"{TOPIC}.step.v1", "subject": str(UUID(int=9))})
        data = json.dumps({"amount": f"{position}00.00"})
        digest = chain(previous, event_id, position, attributes, data)
        event = SequencedEvent(TOPIC, 1, position, digest, event_id, attributes, data)
        lines.append({"relation": "case", "previous": previous.hex(), "event": event.to_json()})
        previous = digest
    return lines


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    target = tmp_path / "case.zip"
    lines = events()
    writer = PackWriter(target)
    writer.add("events.jsonl", b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    writer.add("documents/x", FILE)
    head = {"topic": TOPIC, "epoch": 1, "position": 3, "hash": lines[-1]["event"]["hash"]}
    writer.finish({"case": {"kind": "grants", "id": "1", "no": "GR-1"}, "heads": [head], "left_out": []})
    return target


def altered(pack: Path, change: Change) -> Path:
    with zipfile.ZipFile(pack) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    target = pack.with_name("altered.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target


def restated(change: Callable[[list[dict[str, Any]]], None]) -> Change:
    """Somebody alters the events and makes the manifest agree."""

    def apply(files: dict[str, bytes]) -> None:
        import hashlib

        lines = [json.loads(line) for line in files["events.jsonl"].splitlines()]
        change(lines)
        files["events.jsonl"] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        manifest = json.loads(files["manifest.json"])
        for one in manifest["files"]:
            one["sha256"] = hashlib.sha256(files[one["path"]]).hexdigest()
            one["size"] = len(files[one["path"]])
        files["manifest.json"] = json.dumps(manifest).encode()

    return apply


def test_a_pack_as_it_was_written_is_whole(pack: Path) -> None:
    checked = check_pack(pack)
    assert (checked.findings, checked.files, checked.events) == ((), 2, 3)


def test_the_same_case_gives_the_same_bytes(pack: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    lines = events()
    writer = PackWriter(again / "case.zip")
    writer.add("events.jsonl", b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    writer.add("documents/x", FILE)
    head = {"topic": TOPIC, "epoch": 1, "position": 3, "hash": lines[-1]["event"]["hash"]}
    writer.finish({"case": {"kind": "grants", "id": "1", "no": "GR-1"}, "heads": [head], "left_out": []})
    assert (again / "case.zip").read_bytes() == pack.read_bytes()


def _more(lines: list[dict[str, Any]]) -> None:
    lines[1]["event"]["data"] = lines[1]["event"]["data"].replace("200.00", "900.00")


def _actor(lines: list[dict[str, Any]]) -> None:
    lines[0]["event"]["attributes"]["actor"] = "somebody else"


def _rechained(lines: list[dict[str, Any]]) -> None:
    """The event altered, and its hash made to follow: the next one does not join any more."""
    event = lines[1]["event"]
    event["data"] = event["data"].replace("200.00", "900.00")
    attributes = canonical(event["attributes"])
    digest = chain(bytes.fromhex(lines[1]["previous"]), UUID(event["id"]), 2, attributes, event["data"])
    event["hash"] = digest.hex()


def _beyond(lines: list[dict[str, Any]]) -> None:
    lines[2]["event"]["position"] = 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda files: files.update({"documents/x": b"%PDF-1.5"}), "altered"),
        (lambda files: files.update({"documents/x": b"%PDF"}), "another size"),
        (lambda files: files.pop("documents/x"), "missing"),
        (lambda files: files.update({"documents/y": b"?"}), "not in the manifest"),
        (restated(_more), "does not follow from the event"),
        (restated(_actor), "does not follow from the event"),
        (restated(_rechained), "does not join"),
        (restated(_beyond), "beyond the head"),
        (restated(lambda lines: lines.append(lines[0])), "two events have one place"),
    ],
)
def test_every_alteration_is_found(pack: Path, change: Change, said: str) -> None:
    assert any(said in finding for finding in check_pack(altered(pack, change)).findings)


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "a/../../b", "C:\\x", "documents\\..\\x"])
def test_a_name_that_would_unpack_elsewhere_is_found(pack: Path, name: str) -> None:
    findings = check_pack(altered(pack, lambda files: files.update({name: b"?"}))).findings
    assert any("leads out of the archive" in finding for finding in findings)


def test_a_link_in_the_archive_is_found(pack: Path) -> None:
    link = zipfile.ZipInfo("documents/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(pack, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "documents/link: leads out of the archive" in check_pack(pack).findings


def test_more_bytes_than_a_pack_can_have_are_not_unpacked(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.audit.checking.MOST_BYTES", 100)
    with pytest.raises(ValueError, match="unpacked"):
        check_pack(pack)


def test_damage_anywhere_in_the_file_is_a_finding_or_no_pack(pack: Path, tmp_path: Path) -> None:
    whole = pack.read_bytes()
    broken = tmp_path / "broken.zip"
    for place in range(0, len(whole), 7):
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        result = CliRunner().invoke(app, ["check-pack", str(broken)])
        assert result.exit_code in (0, 1, 2), (place, result.exception)
        assert result.exception is None or isinstance(result.exception, SystemExit), place


def test_what_a_pack_says_is_shown_as_plain_text(pack: Path) -> None:
    odd = altered(pack, lambda files: files.update({"[/red]\x1b[2J": b"?"}))
    shown = CliRunner().invoke(app, ["check-pack", str(odd)])
    assert shown.exit_code == 1
    assert "[/red]?[2J: not in the manifest" in shown.output


def test_a_pack_made_up_throughout_is_found_by_an_anchor_or_the_log(pack: Path) -> None:
    anchor = {"topic": TOPIC, "epoch": 1, "position": 3, "hash": "00" * 32}
    assert check_pack(pack, [anchor]).findings == (f"{TOPIC} at 3: anchored with another hash",)
    assert check_pack(pack, [{**anchor, "hash": events()[2]["event"]["hash"]}]).anchored == 1
    known = {(event.topic, event.position): event.hash.hex() for event in events_of(pack)}
    assert compare_log(events_of(pack), lambda topic, position: known.get((topic, position))) == []
    known[TOPIC, 2] = "00" * 32
    del known[TOPIC, 3]
    assert compare_log(events_of(pack), lambda topic, position: known.get((topic, position))) == [
        f"{TOPIC} at 2: the log has another event there",
        f"{TOPIC} at 3: the log does not have it",
    ]


def test_the_command_says_so_and_its_exit_code_too(pack: Path, tmp_path: Path) -> None:
    run = CliRunner()
    whole = run.invoke(app, ["check-pack", str(pack)])
    assert whole.exit_code == 0, whole.output
    assert "Whole" in whole.output
    assert "--anchors" in whole.output
    broken = run.invoke(app, ["check-pack", str(altered(pack, restated(_more)))])
    assert broken.exit_code == 1
    other = tmp_path / "other.zip"
    other.write_text("no archive")
    assert run.invoke(app, ["check-pack", str(other)]).exit_code == 2


def test_a_sample_is_drawn_again_from_the_file_of_its_population(tmp_path: Path) -> None:
    listed = tmp_path / "population.json"
    rows = [{"id": "a", "stratum": "x", "amount": "10.00"}, {"id": "b", "stratum": "x", "amount": "20.00"}]
    listed.write_text(json.dumps({"items": [*rows, {"id": "c", "stratum": "y", "amount": None}]}))
    run = CliRunner()
    drawn = run.invoke(app, ["redraw", str(listed), "--seed", "s", "--size", "2"])
    assert drawn.exit_code == 0, drawn.output
    items = [Item("a", "x", Decimal(10)), Item("b", "x", Decimal(20)), Item("c", "y")]
    first = draw(items, "simple_random", 2, "s")
    assert drawn.output.splitlines()[0] == f"# 3 items, population digest {digest_of(items)}"
    assert [line.split("\t")[1] for line in drawn.output.splitlines()[1:]] == [one.item.id for one in first]
    listed.write_text("[]")
    assert run.invoke(app, ["redraw", str(listed), "--seed", "s", "--size", "2"]).exit_code == 2
