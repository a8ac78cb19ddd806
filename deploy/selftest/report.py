"""The conformance table for people, and the same for machines: JSON, JUnit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.selftest.running import Result, conforms
from deploy.selftest.words import GROUPS, RESULTS, Language, pick, say

COLOURS = {"passed": "green", "failed": "bold red", "not_run": "yellow", "not_asked": "dim"}
LONGEST = 300


def show(console: Console, results: Sequence[Result], language: Language) -> None:
    """A table by groups that fits 80 columns; what failed is explained below its row."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, header_style="bold", expand=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column(say(language, "check"), overflow="fold", max_width=62)
    table.add_column(say(language, "result"), no_wrap=True)
    group = None
    for number, result in enumerate(results, start=1):
        if result.check.group != group:
            group = result.check.group
            table.add_row("", f"[bold]{pick(language, GROUPS[group])}[/]", "")
        title = escape(pick(language, result.check.title))
        if not result.check.mandatory:
            title += f" [dim]({say(language, 'optional')})[/]"
        detail = "".join(f"\n  {escape(line)}" for line in details(result, language))
        word = f"[{COLOURS[result.outcome]}]{pick(language, RESULTS[result.outcome])}[/]"
        table.add_row(str(number), title + (f"[dim]{detail}[/]" if detail else ""), word)
    console.print(table)
    console.print(summary(results, language), highlight=False, soft_wrap=False)
    good = conforms(results)
    verdict = say(language, "conforms" if good else "conforms_not")
    console.print(f"[{'green' if good else 'bold red'}]{verdict}[/]", highlight=False)


def details(result: Result, language: Language) -> list[str]:
    """What was expected and found, or why a check was not made."""
    if result.outcome == "failed" and not result.note:
        return [
            f"{say(language, 'expected')}: {_short(result.expected)}",
            f"{say(language, 'found')}: {_short(result.found)}",
        ]
    return [_short(result.note)] if result.note else []


def summary(results: Sequence[Result], language: Language) -> str:
    """The counts in a sentence."""
    mandatory = [result for result in results if result.check.mandatory and result.outcome != "not_asked"]
    optional = [result for result in results if not result.check.mandatory and result.outcome != "not_asked"]
    counts = Counter(result.outcome for result in mandatory)
    return say(
        language,
        "summary",
        mandatory=len(mandatory),
        passed=counts["passed"],
        failed=counts["failed"],
        not_run=counts["not_run"],
        optional=len(optional),
        optional_passed=sum(result.outcome == "passed" for result in optional),
        not_asked=len(results) - len(mandatory) - len(optional),
    )


def write_json(file: Path, results: Sequence[Result], base_url: str, key_id: str) -> None:
    """One object with all results; no secret is in it."""
    rows = [
        {
            "id": f"{result.check.group}.{result.check.id}",
            "title": {"zh": result.check.title[0], "en": result.check.title[1]},
            "mandatory": result.check.mandatory,
            "outcome": result.outcome,
            "seconds": round(result.seconds, 3),
            "expected": result.expected or None,
            "found": result.found or None,
            "note": result.note or None,
        }
        for result in results
    ]
    content = {"base_url": base_url, "key": key_id, "conforms": conforms(results), "checks": rows}
    file.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def write_junit(file: Path, results: Sequence[Result], language: Language) -> None:
    """For build servers; a failed optional check is a skipped one there."""
    failed = [result for result in results if result.check.mandatory and result.outcome in ("failed", "not_run")]
    skipped = [result for result in results if result not in failed and result.outcome != "passed"]
    suite = Element(
        "testsuite",
        name="mengchuang bank selftest",
        tests=str(len(results)),
        failures=str(len(failed)),
        skipped=str(len(skipped)),
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    for result in results:
        case = SubElement(
            suite, "testcase", classname=result.check.group, name=result.check.id, time=f"{result.seconds:.3f}"
        )
        text = _clean("; ".join(details(result, language)))
        if result in failed:
            SubElement(case, "failure", message=text).text = pick(language, result.check.title)
        elif result in skipped:
            SubElement(case, "skipped", message=text)
    file.write_bytes(tostring(suite, encoding="utf-8", xml_declaration=True))


def _short(text: str) -> str:
    line = _clean(" ".join(text.split()))
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _clean(text: str) -> str:
    """Without what neither a terminal nor XML should get from a server."""
    return "".join(char for char in text if char.isprintable())
