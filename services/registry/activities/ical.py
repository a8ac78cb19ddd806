"""The shared calendar as iCalendar (RFC 5545), to be subscribed to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from icalendar import Calendar, Event, Timezone

from services.registry.activities.calendar import CalendarWords, Shown
from services.registry.activities.models import Activity
from services.registry.activities.rules import BUREAU, CANCELLED, CENTRE, DIVISION
from shared.clock import BUSINESS_ZONE
from shared.policy.edition import Edition

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
PRODUCT: Final = "-//Mengchuang Lhasa//Activities//ZH"
NAME: Final = "梦创拉萨活动日历"
REFRESH: Final = "PT1H"
MOST: Final = 5000

_ZONE_FROM: Final = date(2000, 1, 1)
"""Later than the last summer time of the zone (1991), so that one offset tells all of it."""


def feed(edition: Edition, rows: Iterable[Shown]) -> bytes:
    """The calendar of these activities. Texts are folded at 75 octets between characters, whatever the script."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("X-WR-CALNAME", NAME)
    calendar.add("X-WR-TIMEZONE", BUSINESS_ZONE.key)
    calendar.add("X-PUBLISHED-TTL", REFRESH)
    calendar.add_component(Timezone.from_tzid(BUSINESS_ZONE.key, first_date=_ZONE_FROM))
    for row in rows:
        calendar.add_component(_event(edition, row[0], row[1]))
    content: bytes = calendar.to_ical()
    return content


def tag_of(edition: Edition, wanted: CalendarWords, rows: Sequence[Shown]) -> str:
    """The entity tag: it changes with the filters, the edition's words, and each activity and centre's name."""
    digest = hashlib.sha256(f"{edition.id} {wanted.model_dump_json()}".encode())
    for activity, centre in rows:
        digest.update(f"\n{activity.id} {activity.version} {centre}".encode())
    return f'"{digest.hexdigest()[:32]}"'


def uid_of(activity: Activity) -> str:
    """The same for ever: it is by this that a calendar knows the event again."""
    return f"activity-{activity.id}@mengchuang.lhasa"


def _event(edition: Edition, activity: Activity, centre: str | None) -> Event:
    event = Event()
    event.add("uid", uid_of(activity))
    event.add("dtstamp", activity.updated_at)
    event.add("LAST-MODIFIED", activity.updated_at)
    event.add("created", activity.created_at)
    event.add("sequence", activity.version)
    event.add("status", "CANCELLED" if activity.status == CANCELLED else "CONFIRMED")
    event.add("dtstart", activity.starts_at.astimezone(BUSINESS_ZONE))
    event.add("dtend", activity.ends_at.astimezone(BUSINESS_ZONE))
    event.add("summary", activity.title)
    event.add("location", activity.place)
    event.add("description", _description(edition, activity, centre))
    if words := _categories(edition, activity):
        event.add("categories", words)
    event.add("class", "PUBLIC")
    event.add("transp", "TRANSPARENT")
    return event


def _categories(edition: Edition, activity: Activity) -> list[str]:
    known = edition.activities
    series = known.series.get(activity.series or "")
    level = known.levels.get(activity.level)
    return [found.title_zh for found in (series, level) if found is not None]


def _description(edition: Edition, activity: Activity, centre: str | None) -> str:
    known = edition.activities
    role = known.roles.get(activity.organiser_role)
    audiences = [known.audiences[word].title_zh for word in activity.audiences if word in known.audiences]
    lines = [
        f"{role.title_zh if role else '主办'}：{_organiser(edition, activity, centre)}",
        f"对象：{'、'.join(audiences)}",
        f"编号：{activity.no}",
    ]
    return "\n".join(lines)


def _organiser(edition: Edition, activity: Activity, centre: str | None) -> str:
    if activity.organiser_kind == CENTRE:
        return centre or ""
    if activity.organiser_kind == DIVISION:
        unit = edition.divisions.units.get(activity.division or "")
        return unit.title_zh if unit else ""
    if activity.organiser_kind == BUREAU:
        department = edition.departments.get(activity.department or "")
        return department.names[-1].title_zh if department else ""
    alliance = edition.alliances.kinds.get(activity.alliance or "")
    return alliance.title_zh if alliance else ""
