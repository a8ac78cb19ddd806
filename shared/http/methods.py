"""Which methods a path has: what `Allow` names (RFC 9110, 10.2.1), and a fixed path is never read as a template."""

from __future__ import annotations

import re
from collections import defaultdict

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from shared.errors import DomainError


class Methods:
    """The methods of every path of an application."""

    def __init__(self, app: FastAPI) -> None:
        self._fixed: dict[str, set[str]] = defaultdict(set)
        self._templates: dict[re.Pattern[str], set[str]] = defaultdict(set)
        for context in iter_route_contexts(app.routes):
            route = context.original_route
            if isinstance(route, APIRoute):
                if "{" in route.path_format:
                    self._templates[route.path_regex] |= route.methods or set()
                else:
                    self._fixed[route.path_format] |= route.methods or set()

    def allow(self, path: str) -> dict[str, str]:
        """The header for a path, nothing for one that there is not."""
        methods = self._fixed.get(path) or {
            method for pattern, methods in self._templates.items() if pattern.match(path) for method in methods
        }
        return {"Allow": ", ".join(sorted(methods))} if methods else {}

    def refuse_template(self, path: str) -> None:
        """Raises 405 for a path with a name of its own (`/v1/mentors/loads`) that came to the route of a template
        (`/v1/mentors/{mentor_id}`): it has no such method."""
        if path in self._fixed:
            raise DomainError("method-not-allowed", 405, headers=self.allow(path))
