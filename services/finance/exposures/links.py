"""Where an approver finds the statement of whom a case is for."""


def exposure_link(code: str) -> str:
    """The statement of the enterprise, or of the operator, with that code."""
    return f"/v1/exposures?code={code}"
