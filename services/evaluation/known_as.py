"""What the ids in the lists mean to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.delistings.models import DelistingCase
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.projections import known_centre
from shared.http.references import Reference

REFERENCES: Final[Mapping[str, Reference]] = {
    "centre_id": Reference(known_centre.c.id, known_centre.c.no, known_centre.c.name),
    "evaluation_id": Reference(Evaluation.id, Evaluation.no),
    "cycle_id": Reference(EvaluationCycle.id, EvaluationCycle.year),
    "case_id": Reference(DelistingCase.id, DelistingCase.no),
}
