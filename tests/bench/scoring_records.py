"""What the registry has on record of the city's centres: mentors, staff with certificates, verified activities."""

from __future__ import annotations

from typing import Final

_QUALITY: Final = "(10 + (n * 37) % 91)"
_PEOPLE: Final = f"generate_series(1, $1::int) AS n, LATERAL generate_series(1, 6 * {_QUALITY} / 100) AS k"

MENTORS: Final = f"""
INSERT INTO known_mentor (id, version, event_id, no, person_ref, status)
SELECT {{mentor}}, 1, uuidv7(), 'MT-2019-' || lpad((n * 8 + k)::text, 6, '0'), 'm-' || (n * 8 + k), 'appointed'
FROM {_PEOPLE}
"""
TERMS: Final = f"""
INSERT INTO known_mentor_term (mentor_id, appointed_from, version, appointed_until, graduate_team)
SELECT {{mentor}}, DATE '2019-01-02', 1, DATE '2021-12-31', k = 1 FROM {_PEOPLE}
"""
LINKS: Final = f"""
INSERT INTO known_mentor_link (id, version, event_id, mentor_id, centre_id, since)
SELECT uuidv7(), 1, uuidv7(), {{mentor}}, {{id}}, DATE '2019-01-02' FROM {_PEOPLE}
"""
SESSIONS: Final = f"""
INSERT INTO known_mentor_session (id, version, event_id, no, mentor_id, centre_id, enterprise_id, held_on, status)
SELECT uuidv7(), 2, uuidv7(), 'MS-2019-' || lpad((n * 8 + k)::text, 6, '0'), {{mentor}}, {{id}}, uuidv7(),
  DATE '2019-03-01' + k, 'confirmed'
FROM {_PEOPLE}
"""
STAFF: Final = f"""
INSERT INTO known_staff (id, version, centre_id, full_time, from_on, certificates, person_ref)
SELECT uuidv7(), 1, {{id}}, true, DATE '2018-03-01', 0, 's-' || (n * 8 + k) FROM {_PEOPLE}
"""
CERTIFICATES: Final = f"""
INSERT INTO known_training_certificate (id, version, event_id, no, person_ref, audience, issued_on)
SELECT uuidv7(), 1, uuidv7(), 'TC-2019-' || lpad((n * 8 + k)::text, 6, '0'), 's-' || (n * 8 + k), 'centre_staff',
  DATE '2019-05-06'
FROM {_PEOPLE} WHERE k % 5 > 0
"""
ACTIVITIES: Final = f"""
INSERT INTO known_activity
  (id, version, event_id, no, title, level, organiser_role, centre_id, held_on, heads, status, verified_on)
SELECT uuidv7(), 4, uuidv7(), 'AC-2019-' || lpad((n * 16 + k)::text, 7, '0'), '虚构沙龙',
  CASE WHEN k % 4 = 0 THEN 'municipal' ELSE 'centre' END, 'host', {{id}}, DATE '2019-01-10' + k * 30, 20 + k,
  CASE WHEN k % 6 = 5 THEN 'submitted' ELSE 'verified' END, CASE WHEN k % 6 < 5 THEN DATE '2019-01-20' + k * 30 END
FROM generate_series(1, $1::int) AS n, LATERAL generate_series(0, {_QUALITY} / 9) AS k
"""

RECORDS: Final = {
    "known_mentor": MENTORS,
    "known_mentor_term": TERMS,
    "known_mentor_link": LINKS,
    "known_mentor_session": SESSIONS,
    "known_staff": STAFF,
    "known_training_certificate": CERTIFICATES,
    "known_activity": ACTIVITIES,
}
"""By table: a statement for so many centres, with the places of centre `n` and its mentor `k`."""
