"""Where an approver finds the statement of whom a case is for."""

from shared.identifiers import IdentifierError, check_uscc


def exposure_link(code: str) -> str:
    """The statement of the enterprise, or of the operator, with that code."""
    return f"/v1/exposures?code={code}"


def borrowers_link(borrower: str) -> str | None:
    """The statement of a borrower that is an enterprise; a person, who has a reference and no code, has none."""
    try:
        return exposure_link(check_uscc(borrower))
    except IdentifierError:
        return None
