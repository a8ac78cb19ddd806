"""A case for people, in Chinese and English: what it is, who decided what by which clause, and its documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Final

from pydantic import JsonValue

from gateway.audit_reports.asking import Read
from shared.audit.cases import CaseLog, LogEntry
from shared.policy.edition import Edition, Editions

_STYLE: Final = (
    "body{font:14px/1.5 sans-serif;max-width:72em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}"
    "td,th{border:1px solid #bbb;padding:.25em .5em;text-align:left;vertical-align:top}th{background:#eee}"
)
_MOST_FIELDS: Final = 80


@dataclass(frozen=True, slots=True)
class Step:
    """An event as a step of the case; `relation` is `case`, `cause` (followed from or with it) or `audit`."""

    topic: str
    position: int
    event_id: str
    type: str
    recorded_at: str
    effective_on: str
    actor: str
    actor_role: str | None
    edition: str | None
    rules: tuple[str, ...]
    clauses: tuple[str, ...]
    relation: str

    def to_json(self) -> dict[str, JsonValue]:
        return {**asdict(self), "rules": list(self.rules), "clauses": list(self.clauses)}


def steps_of(entries: Iterable[tuple[str, LogEntry]], editions: Editions) -> list[Step]:
    """In the order in which they were recorded."""
    loaded = {edition.id: edition for edition in editions}
    steps = [_step(relation, entry, loaded) for relation, entry in entries]
    return sorted(steps, key=lambda step: (step.recorded_at, step.topic, step.position))


def _step(relation: str, entry: LogEntry, editions: Mapping[str, Edition]) -> Step:
    given = entry.event.get("attributes")
    attributes = {name: str(value) for name, value in given.items()} if isinstance(given, Mapping) else {}
    rules = tuple(filter(None, attributes.get("rules", "").split(",")))
    edition = editions.get(attributes.get("policyedition", ""))
    cited = [edition.rules[rule].clause for rule in rules if rule in edition.rules] if edition else []
    return Step(
        topic=str(entry.event["topic"]),
        position=int(str(entry.event["position"])),
        event_id=str(entry.event["id"]),
        type=attributes.get("type", ""),
        recorded_at=attributes.get("time", ""),
        effective_on=attributes.get("effectiveon", ""),
        actor=attributes.get("actor", ""),
        actor_role=attributes.get("actorrole"),
        edition=attributes.get("policyedition"),
        rules=rules,
        clauses=tuple(dict.fromkeys(cited)),
        relation=relation,
    )


def render(
    case: Mapping[str, JsonValue], steps: Sequence[Step], record: Sequence[Read], log: CaseLog, left_out: Sequence[str]
) -> str:
    """A page that needs nothing else and runs nothing."""
    title = f"{case['kind']} {case['no'] or case['id']}"
    parts = [
        "<!doctype html><html lang=zh-CN><meta charset=utf-8>",
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>案卷 Case: {escape(title)}</h1>",
        _table(("", ""), [(name, str(value or "")) for name, value in case.items()]),
        "<h2>现状 Present state</h2>",
        _table(("项 Field", "值 Value"), _present(record, f"/v1/{case['kind']}/{case['id']}")),
        "<h2>经过 Course</h2>",
        "<p>关系 relation: case = 本案 of the case; cause = 同一缘由 of the same cause; audit = 审计 audit entry</p>",
        _table(
            (
                "记录 Recorded",
                "生效 Effective",
                "步骤 Step",
                "经办 By",
                "条款 Clauses",
                "规则 Rules",
                "位置 Position",
                "",
            ),
            [_row(step) for step in steps],
        ),
        "<h2>文件 Documents</h2>",
        _table(
            ("名称 Name", "字节 Bytes", "SHA-256", "文件 File"),
            [
                (one.name, str(one.size), one.sha256, "已撤下 removed" if one.removed else f"documents/{one.id}")
                for one in log.documents
            ],
        ),
        "<h2>下属案件 Cases beneath</h2>",
        _table(
            ("种类 Kind", "编号 No.", "id", "收入本卷 In this pack"),
            [(one.table, one.no, str(one.id), "是 yes" if one.included else "否 no") for one in log.beneath],
        ),
        "<h2>未收入 Left out</h2>",
        "<ul>" + "".join(f"<li>{escape(line)}" for line in left_out) + "</ul>" if left_out else "<p>无 nothing</p>",
        "<p>核验 To verify: <code>mengchuang audit check-pack FILE</code></p></html>\n",
    ]
    return "\n".join(parts)


def _row(step: Step) -> tuple[str, ...]:
    by = f"{step.actor} ({step.actor_role})" if step.actor_role else step.actor
    return (
        step.recorded_at,
        step.effective_on,
        step.type,
        by,
        ", ".join(step.clauses),
        ", ".join(step.rules),
        f"{step.topic} {step.position}",
        step.relation,
    )


def _present(record: Sequence[Read], path: str) -> list[tuple[str, str]]:
    """The plain fields of the case itself."""
    content = next((part.content for part in record if part.path == path), None)
    if not isinstance(content, dict):
        return []
    plain = [
        (name, value) for name, value in content.items() if value is not None and not isinstance(value, dict | list)
    ]
    return [(name, str(value)) for name, value in plain[:_MOST_FIELDS]]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return "<p>无 nothing</p>"
    head = "".join(f"<th>{escape(cell)}" for cell in heads)
    lines = ("<tr>" + "".join(f"<td>{escape(cell)}" for cell in row) for row in rows)
    return f"<table><tr>{head}{''.join(lines)}</table>"
