"""``python -m tests.tasks.recorded folder``: what a watched run saw, as `proven.toml` and a list of what is wrong.

Of the tests that show the same, the one named already is kept, else the one that shows most: few tests carry the table.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.tasks.proven import DONE, FILE, Claim, later, table
from tests.tasks.watching import sources

Row = Mapping[str, str]


def _rows(folder: Path) -> Iterator[Row]:
    for file in sorted(folder.glob("*.jsonl")):
        yield from map(json.loads, file.read_text("utf-8").splitlines())


def _choose(rows: list[Row]) -> Mapping[Claim, str]:
    nodes: defaultdict[Claim, set[str]] = defaultdict(set)
    for row in rows:
        if row["outcome"] in {"acted", "hidden"}:
            nodes[Claim(row["kind"], row["code"])].add(row["node"])
    chosen = {claim: node for claim, node in _named() if node in nodes.get(claim, ())}
    weight = Counter(node for found in nodes.values() for node in found)
    weight.update(dict.fromkeys(chosen.values(), 1_000))
    for claim, found in sorted(nodes.items()):
        chosen.setdefault(claim, min(found, key=lambda node: (-weight[node], node)))
    return chosen


def _named() -> Iterator[tuple[Claim, str]]:
    for kind, nodes in table().items():
        for code, node in nodes.items():
            yield Claim(kind, "" if code == DONE else code), node


def main(folder: str) -> None:
    """Write the table; print what is shown in vain, what nobody acted on, and what was done without being found."""
    rows = list(_rows(Path(folder)))
    chosen = _choose(rows)
    lines: list[str] = []
    for kind in sorted({source.kind for _, source in sources()}):
        named = sorted((claim.code, node) for claim, node in chosen.items() if claim.kind == kind)
        if named:
            lines += [f"[{kind}]", *(f"{code or DONE} = {json.dumps(node)}" for code, node in named), ""]
    FILE.write_text("\n".join(lines), "utf-8")
    acted = {claim.kind for claim in chosen if not claim.code}
    report = ["no step seen done:", *(f"  {kind}" for kind in sorted({one.kind for _, one in sources()} - acted))]
    for outcome in ("shown", "unlisted"):
        found = Counter((row["kind"], row["step"], row["code"]) for row in rows if row["outcome"] == outcome)
        report.append(f"{outcome}:")
        for (kind, step, code), count in sorted(found.items()):
            if not (outcome == "shown" and later(kind, code)):
                example = next(r["node"] for r in rows if (r["kind"], r["code"], r["outcome"]) == (kind, code, outcome))
                report.append(f"  {kind} | {step} | {code} | {count} | {example}")
    sys.stdout.write("\n".join(report) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
