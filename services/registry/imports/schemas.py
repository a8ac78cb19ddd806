"""Imports as JSON."""

from __future__ import annotations

from typing import Self

from services.registry.imports.rows import Kind, Tally
from shared.files.problems import ImportState, RowProblem
from shared.operations.schemas import OperationState


class ImportOut(ImportState):
    """What came of a file of one of the registry's kinds."""

    @classmethod
    def of(
        cls, kind: Kind, tally: Tally, problems: list[RowProblem], *, dry_run: bool, partial: bool, committed: bool
    ) -> Self:
        """The counts with their problems."""
        return cls(
            kind=kind.name,
            dry_run=dry_run,
            partial=partial,
            committed=committed,
            rows=tally.rows,
            inserted=tally.inserted if committed else 0,
            would_insert=0 if committed else tally.inserted,
            unchanged=tally.unchanged,
            refused=tally.refused,
            problems=problems,
        )


class OperationOut(OperationState[RowProblem]):
    """An import's progress; `errors` are its first problems, all of them under `/problems`."""
