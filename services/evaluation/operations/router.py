"""`/v1/operations/evaluation-{id}`: progress of long work, once or as a stream of server-sent events."""

from __future__ import annotations

from services.evaluation.access import READ_ALL
from services.evaluation.operations.queries import SERVICE, show_operation
from services.evaluation.operations.schemas import OperationOut
from shared.auth.principal import require
from shared.operations.router import operation_routes

router = operation_routes(SERVICE, require(*READ_ALL), OperationOut, show_operation)
