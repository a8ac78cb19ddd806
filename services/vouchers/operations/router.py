"""`/v1/operations/vouchers-{id}`: progress of long work, once or as a stream of server-sent events."""

from __future__ import annotations

from services.vouchers.access import DIVISION_ROLES, READ_ALL
from services.vouchers.batches.schemas import OperationOut
from services.vouchers.operations.queries import SERVICE, show_operation
from shared.auth.principal import require
from shared.operations.router import operation_routes

router = operation_routes(SERVICE, require(*READ_ALL, *DIVISION_ROLES), OperationOut, show_operation)
