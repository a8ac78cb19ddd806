"""The rooms that keep something about persons, collected: each is named once for each thing it has to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from services.registry.activities.winners import personal_data as winners
from services.registry.alliances import parties, personal as alliances
from services.registry.mentors import personal as mentors, rules as mentor_rules
from services.registry.personal_data import obligations
from services.registry.personal_data.hooks import ConsentEnded, ErasePerson, Holds, Rests
from services.registry.project_library import leaving as project_library
from services.registry.trainings import personal_data as trainings

ON_CONSENT_ENDED: Final[Mapping[str, Sequence[ConsentEnded]]] = {
    mentor_rules.PURPOSE: (mentors.consent_withdrawn,),
    "project_library": (project_library.consent_withdrawn,),
    "activity_winner": (winners.consent_withdrawn,),
    "training": (trainings.consent_withdrawn,),
    parties.PURPOSE: (alliances.consent_withdrawn,),
}
"""By purpose: what rests on a consent and goes with it."""

ERASERS: Final[Sequence[ErasePerson]] = (
    mentors.erase_person,
    winners.erase_person,
    trainings.erase_person,
    project_library.erase_person,
    alliances.erase_person,
)
"""What else is kept of a person whom nothing gives a ground to keep any more."""

GROUNDS: Final[Sequence[Holds]] = (
    mentors.holds,
    project_library.holds,
    obligations.holds,
    alliances.holds,
)
"""What gives a ground to keep a person beside consents, firms, projects and work at a centre."""

RESTING: Final[Sequence[Rests]] = (alliances.rests,)
"""What goes on without a last day and keeps the consent that it rests on from lapsing meanwhile."""
