"""The states of a product, and the kinds of what is proposed for it."""

from typing import Final, Literal

PROPOSED: Final = "proposed"
LISTED: Final = "listed"
WITHDRAWN: Final = "withdrawn"
REFUSED: Final = "refused"
STATES: Final = (PROPOSED, LISTED, WITHDRAWN, REFUSED)
"""A withdrawn product may have days before its withdrawal left; new terms list it again."""
SHOWN: Final = (LISTED, WITHDRAWN)

TERMS: Final = "terms"
WITHDRAWAL: Final = "withdrawal"
KINDS: Final = (TERMS, WITHDRAWAL)

FOR: Final = "for"
AGAINST: Final = "against"
UNKNOWN: Final = "unknown"
Outcome = Literal["for", "against", "unknown"]
"""Of a rule for an enterprise: it speaks for the product, against it, or nobody knows the fact that it asks for."""

FITS: Final = "fits"
OPEN: Final = "open"
DOES_NOT_FIT: Final = "does_not_fit"
Match = Literal["fits", "open", "does_not_fit"]
"""Of a product for an enterprise; open where no rule speaks against it and a fact is not known."""
