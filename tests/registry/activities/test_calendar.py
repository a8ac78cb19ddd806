"""The shared calendar as JSON and as iCalendar, read by two parsers (4.5-2)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject  # type: ignore[import-untyped]  # it ships no types
from icalendar import Calendar, Event

from tests.registry.activities.support import ACTIVITIES, activity_body, on, planned, submitted, verified
from tests.registry.support import DAY, Json, Registry, expect, fresh_code, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

JSON, FEED = f"{ACTIVITIES}/calendar", f"{ACTIVITIES}/calendar.ics"
CITY = ZoneInfo("Asia/Shanghai")
TIBETAN = "ལྷ་ས་གྲོང་ཁྱེར་གྱི་གསར་གཏོད་དང་བདག་གཉེར་གྱི་བྱེད་སྒོ་ཆེན་པོ་"
HARD = f"创业论坛；路演, 对接; 反斜杠\\结尾 {TIBETAN} 第十二期创业沙龙暨项目路演活动——面向高校毕业生"


def events_in(content: bytes) -> list[Json]:
    """The events as icalendar reads them."""
    calendar = Calendar.from_ical(content)
    return [
        {
            "uid": str(event["uid"]),
            "summary": str(event["summary"]),
            "location": str(event["location"]),
            "sequence": event.sequence,
            "status": str(event["status"]),
            "starts": event.start,
            "ends": event.end,
            "stamp": event.DTSTAMP,
        }
        for event in calendar.walk("VEVENT")
        if isinstance(event, Event)
    ]


async def test_everybody_reads_what_takes_place_and_nothing_about_its_verification(registry: Registry) -> None:
    activity = await verified(registry)
    page = expect(await registry.public.get(JSON, **{"from": "2019-06-01", "until": "2019-06-30"}), 200)
    assert [item["id"] for item in page["items"]] == [activity["id"]]
    item = page["items"][0]
    assert (item["status"], item["held_on"], item["starts_at"]) == ("held", "2019-06-03", "2019-06-03T06:30:00Z")
    assert item["organiser"].startswith("城关双创中心")
    assert not {"heads", "spend", "recorded_by", "decision", "photo_ids", "verified_on"} & set(item)


async def test_the_calendar_begins_today_and_shows_what_is_still_running(registry: Registry) -> None:
    centre = await registry.listed()
    await planned(registry, centre=centre, **on(DAY - timedelta(days=2)))
    running = await planned(registry, centre=centre, starts_at="2019-06-01T09:00", ends_at="2019-06-03T09:00")
    later = await planned(registry, centre=centre, **on(DAY + timedelta(days=9)))
    items = expect(await registry.public.get(JSON), 200)["items"]
    assert [item["id"] for item in items] == [running["id"], later["id"]]
    first = expect(await registry.public.get(JSON, limit=1), 200)
    assert [item["id"] for item in first["items"]] == [running["id"]]
    second = expect(await registry.public.get(JSON, limit=1, cursor=first["next"]), 200)
    assert [item["id"] for item in second["items"]] == [later["id"]]


async def test_what_is_not_for_the_public_calendar_is_not_in_it(registry: Registry) -> None:
    await planned(registry, on_calendar=False)
    assert expect(await registry.public.get(JSON), 200)["items"] == []
    assert events_in((await registry.public.get(FEED)).content) == []


async def test_a_rejected_activity_leaves_the_calendar(registry: Registry) -> None:
    activity = await submitted(registry)
    office = registry.caller("office_officer", today=DAY + timedelta(days=1))
    expect(await office.post(f"{ACTIVITIES}/{activity['id']}/reject", {"reason_code": "not_held"}), 200)
    assert expect(await registry.public.get(JSON, **{"from": "2019-06-01"}), 200)["items"] == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"division": "540103"}, "other"),
        ({"series": "salon"}, "series"),
        ({"audience": "students"}, "other"),
        ({"level": "municipal"}, "series"),
        ({"alliance": "maker_spaces"}, "series"),
    ],
    ids=str,
)
async def test_both_forms_are_narrowed_alike(registry: Registry, wanted: dict[str, str], found: str) -> None:
    centre = await registry.listed()
    elsewhere = await registry.listed(owner_division="540103", site_division="540103")
    titles = {"series": "品牌", "other": "别处"}
    led = {"series": "salon", "alliance": "maker_spaces", "level": "municipal"}
    await planned(registry, centre=centre, title="品牌", **led)
    await planned(registry, centre=elsewhere, title="别处", audiences=["students"])
    assert [item["title"] for item in expect(await registry.public.get(JSON, **wanted), 200)["items"]] == [
        titles[found]
    ]
    feed = await registry.public.get(FEED, **wanted)
    assert [event["summary"] for event in events_in(feed.content)] == [titles[found]]


@pytest.mark.parametrize(
    "wanted",
    [
        {"series": "opera"},
        {"from": "yesterday"},
        {"since": "2019-06-01"},
        {"from": "2019-06-02", "until": "2019-06-01"},
    ],
    ids=str,
)
async def test_what_cannot_be_asked_is_refused_in_both_forms(registry: Registry, wanted: dict[str, str]) -> None:
    refused(await registry.public.get(JSON, **wanted), 422, "validation-failed")
    refused(await registry.public.get(FEED, **wanted), 422, "validation-failed")


async def test_the_feed_is_read_by_two_parsers_and_comes_back_as_it_was(registry: Registry) -> None:
    activity = await planned(registry, title=HARD, place="布达拉宫广场, 东侧; 3号厅\\A")
    answer = await registry.public.get(FEED)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    event = events_in(answer.content)[0]
    starts = datetime(2019, 6, 3, 14, 30, tzinfo=CITY)
    assert (event["summary"], event["location"]) == (activity["title"], activity["place"])
    assert (event["starts"], event["ends"]) == (starts, datetime(2019, 6, 3, 17, tzinfo=CITY))
    assert event["starts"].utcoffset() == timedelta(hours=8)
    assert event["uid"] == f"activity-{activity['id']}@mengchuang.lhasa"
    assert (event["sequence"], event["status"]) == (activity["version"], "CONFIRMED")
    assert event["stamp"].utcoffset() == timedelta(0)
    other = vobject.readOne(answer.content.decode())
    assert other.vevent.summary.value == activity["title"]
    assert other.vevent.location.value == activity["place"]
    assert other.vevent.dtstart.value.astimezone(UTC) == starts.astimezone(UTC)
    assert other.vtimezone.tzid.value == "Asia/Shanghai"
    again = Calendar.from_ical(answer.content).to_ical()
    assert events_in(again) == events_in(answer.content)


async def test_no_line_is_longer_than_75_octets_and_none_ends_within_a_character(registry: Registry) -> None:
    await planned(registry, title=HARD)
    content = (await registry.public.get(FEED)).content
    assert content.endswith(b"END:VCALENDAR\r\n")
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()
        assert b"\n" not in line
        assert b"\r" not in line
    assert any(line.startswith(b" ") and re.search("[\u0f00-\u0fff]", line.decode()) for line in lines)


async def test_a_title_cannot_add_a_line_of_its_own(registry: Registry) -> None:
    activity = await planned(registry, title="沙龙\r\nATTENDEE:mailto:a@b\nBEGIN:VEVENT")
    assert "\n" not in activity["title"]
    events = events_in((await registry.public.get(FEED)).content)
    assert [event["summary"] for event in events] == ["沙龙 ATTENDEE:mailto:a@b BEGIN:VEVENT"]


async def test_a_change_keeps_the_uid_and_raises_the_sequence_until_it_is_cancelled(registry: Registry) -> None:
    activity = await planned(registry)
    path = f"{ACTIVITIES}/{activity['id']}"
    before = events_in((await registry.public.get(FEED)).content)[0]
    tag = f'"{activity["version"]}"'
    moved = expect(await registry.operator.patch(path, on(date(2019, 6, 5)), tag), 200)
    changed = events_in((await registry.public.get(FEED)).content)[0]
    assert changed["uid"] == before["uid"]
    assert changed["sequence"] > before["sequence"]
    assert changed["starts"] == datetime(2019, 6, 5, 14, 30, tzinfo=CITY)
    expect(await registry.operator.post(f"{path}/cancel", {"reason_code": "weather"}), 200)
    gone = events_in((await registry.public.get(FEED)).content)[0]
    assert (gone["uid"], gone["status"]) == (before["uid"], "CANCELLED")
    assert gone["sequence"] > moved["version"]
    items = expect(await registry.public.get(JSON), 200)["items"]
    assert [item["status"] for item in items] == ["cancelled"]


async def test_nothing_is_sent_twice_to_whoever_has_it(registry: Registry) -> None:
    centre = await registry.listed()
    await planned(registry, centre=centre)
    first = await registry.public.get(FEED)
    tag = first.headers["etag"]

    async def again(known: str, **params: str) -> int:
        token = registry.public._headers()
        answer = await registry.client.get(FEED, params=params, headers={**token, "If-None-Match": known})
        assert answer.headers["etag"]
        assert (answer.content == b"") is (answer.status_code == 304)
        return answer.status_code

    assert await again(tag) == 304
    assert await again(f'"other", W/{tag}') == 304
    assert await again("*") == 304
    assert await again('"other"') == 200
    assert await again(tag, audience="founders") == 200
    await planned(registry, centre=centre, title="新的")
    assert await again(tag) == 200
    second = (await registry.public.get(FEED)).headers["etag"]
    assert second != tag


async def test_the_feed_reaches_half_a_year_back_and_a_year_ahead_unless_days_are_named(registry: Registry) -> None:
    centre = await registry.listed()
    for day in (
        DAY - timedelta(days=184),
        DAY - timedelta(days=183),
        DAY + timedelta(days=400),
        DAY + timedelta(days=401),
    ):
        await planned(registry, centre=centre, title=str(day), **on(day))
    found = [event["summary"] for event in events_in((await registry.public.get(FEED)).content)]
    assert found == [str(DAY - timedelta(days=183)), str(DAY + timedelta(days=400))]
    named = await registry.public.get(FEED, **{"from": "2018-01-01", "until": "2021-01-01"})
    assert len(events_in(named.content)) == 4


async def test_planning_names_the_clashes_and_refuses_nothing(registry: Registry) -> None:
    centre = await registry.listed()
    first = await planned(registry, centre=centre)
    assert first["clashes"] == []
    other = fresh_code()
    elsewhere = await registry.listed(operator_code=other, owner_division="540103", site_division="540103")
    stranger = registry.caller("centre_operator", org=other)
    hidden = activity_body(elsewhere["id"], on_calendar=False, title="闭门会", place="别处")
    second = expect(await stranger.post(ACTIVITIES, hidden), 201)
    assert [(clash["no"], clash["title"], clash["reasons"]) for clash in second["clashes"]] == [
        (first["no"], first["title"], ["same_audience"])
    ]
    path = f"{ACTIVITIES}/{first['id']}/clashes"
    seen = expect(await registry.operator.get(path), 200)["items"]
    assert [(clash["no"], clash["title"], clash["place"]) for clash in seen] == [(second["no"], None, None)]
    assert expect(await registry.auditor.get(path), 200)["items"][0]["title"] == "闭门会"
    away = on(date(2019, 6, 4))
    moved = expect(await stranger.patch(f"{ACTIVITIES}/{second['id']}", away, f'"{second["version"]}"'), 200)
    assert moved["clashes"] == []
    assert expect(await registry.operator.get(path), 200)["items"] == []


async def test_cancelled_activities_clash_with_nothing(registry: Registry) -> None:
    centre = await registry.listed()
    first = await planned(registry, centre=centre)
    expect(await registry.operator.post(f"{ACTIVITIES}/{first['id']}/cancel", {"reason_code": "weather"}), 200)
    second = await planned(registry, centre=centre)
    assert second["clashes"] == []
    assert expect(await registry.operator.get(f"{ACTIVITIES}/{first['id']}/clashes"), 200)["items"] == []
