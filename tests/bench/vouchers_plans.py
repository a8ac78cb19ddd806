"""Plans as auto_explain logs them: of the statements that the service really sends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from tests.support.postgres import Cluster

_OPTIONS = {
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
}
_ENTRY = re.compile(r"LOG:  duration: ([0-9.]+) ms  plan:\n((?:\t.*\n)+)")
_WHOLE = re.compile(r"Seq Scan on (redemption|voucher|settlement_line|journal_entry|posting|document_claim)\b")


@dataclass(frozen=True)
class Plan:
    """One statement with its plan."""

    milliseconds: float
    text: str

    @property
    def about(self) -> str:
        """Its beginning, to know it by."""
        return " ".join(self.text.replace("\t", " ").split())[12:150]

    @property
    def reads_whole_table(self) -> bool:
        """Whether it reads a table that grows with use from its first to its last row."""
        return _WHOLE.search(self.text) is not None


@contextmanager
def explained(cluster: Cluster, url: str) -> Iterator[Path]:
    """Connections made inside have their plans logged; the log, which is the cluster's."""
    database = make_url(url).database
    cluster.sql(f"ALTER DATABASE \"{database}\" SET session_preload_libraries = 'auto_explain'")
    for name, value in _OPTIONS.items():
        cluster.sql(f"LOAD 'auto_explain'; ALTER DATABASE \"{database}\" SET {name} = '{value}'")
    log = cluster.server.log_file
    log.write_text("", encoding="utf-8")
    try:
        yield log
    finally:
        cluster.sql(f'ALTER DATABASE "{database}" RESET ALL')


def plans_in(log: Path) -> list[Plan]:
    """All that the log has."""
    text = log.read_text(encoding="utf-8", errors="replace").replace("\0", "")
    return [Plan(float(took), plan) for took, plan in _ENTRY.findall(text)]
