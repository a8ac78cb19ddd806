"""Short ways to courses, sessions and their people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy import insert, select

from services.registry.persons.models import Person
from services.registry.trainings.attendance import codes
from services.registry.trainings.models import TrainingMeeting
from shared.auth import roles as r
from shared.clock import utcnow
from shared.ids import uuid7
from tests.registry.support import DAY, Caller, Json, Registry, expect

COURSES, SESSIONS = "/v1/trainings", "/v1/training-sessions"
ENROLMENTS, CERTIFICATES = "/v1/training-enrolments", "/v1/training-certificates"
HELD = DAY + timedelta(days=7)
"""The day of a session's only meeting."""
SCORES = {"content": 5, "teaching": 4, "usefulness": 5, "organisation": 3}
LEFT = {"reason_code": "cannot_attend"}

_people = count(1)


@dataclass
class School:
    """Training at the registry, with the people who run it."""

    registry: Registry

    @property
    def officer(self) -> Caller:
        return self.registry.caller(r.HR_OFFICER, account="hr-officer")

    @property
    def second(self) -> Caller:
        return self.registry.caller(r.SCIENCE_OFFICER, account="science-two")

    async def course(self, **changes: object) -> Json:
        """A published course."""
        body = {"title": "创业者财税实务", "audience": "founders", "summary": "账务、发票与纳税申报。", **changes}
        drafted = expect(await self.officer.post(COURSES, body), 201)
        return expect(await self.second.post(f"{COURSES}/{drafted['id']}/publish"), 200)

    async def session(self, capacity: int = 20, course: Json | None = None, **changes: object) -> Json:
        """A session of one meeting on `HELD`, that takes enrolments since `DAY`."""
        course = course or await self.course()
        body = {
            "course_id": course["id"],
            "place": "城关双创中心二楼报告厅",
            "meetings": [{"held_on": HELD.isoformat(), "starts": "09:30", "ends": "12:30"}],
            "capacity": capacity,
            "centre_id": course["centre_id"],
            **changes,
        }
        return expect(await self.officer.post(SESSIONS, body), 201)

    async def founders(self, number: int) -> list[Caller]:
        """As many founders, each with an account of its own."""
        refs = [f"p-founder-{next(_people)}-{uuid7().hex[-6:]}" for _ in range(number)]
        rows = [{"id": uuid7(), "version": 1, "ref": ref, "name": "扎西顿珠", "registered_by": "t"} for ref in refs]
        async with self.registry.db.transaction() as session:
            await session.execute(insert(Person), rows)
        return [self.registry.caller(r.FOUNDER, account=ref, person_ref=ref) for ref in refs]

    async def enrolled(self, caller: Caller, training: Json) -> Json:
        """The founder's own enrolment."""
        return expect(await caller.post(f"{SESSIONS}/{training['id']}/enrol", {"consent": True}), 201)

    async def read(self, training: Json) -> Json:
        return expect(await self.registry.public.get(f"{SESSIONS}/{training['id']}"), 200)

    async def enrolment(self, enrolment: Json) -> Json:
        return expect(await self.officer.get(f"{ENROLMENTS}/{enrolment['id']}"), 200)

    async def opened(self, training: Json, meeting: int = 1, on: date = HELD) -> str:
        """The code of now, its screen opened on the meeting's day."""
        path, runner = f"{SESSIONS}/{training['id']}", self.officer.on(on)
        expect(await runner.post(f"{path}/open-attendance", {"meeting": meeting}), 200)
        return str(expect(await runner.get(f"{path}/attendance-token", meeting=meeting), 200)["token"])

    async def code_at(self, training: Json, moment: datetime, meeting: int = 1, of: Json | None = None) -> str:
        """A code as the service would have shown it at that moment; signed for the session `of`."""
        async with self.registry.db.transaction() as session:
            query = select(TrainingMeeting).where(
                TrainingMeeting.session_id == UUID(training["id"]), TrainingMeeting.number == meeting
            )
            found = (await session.scalars(query)).one()
        assert found.salt is not None
        key = codes.key_of(self.registry.keys.private("registry"))
        return codes.mint(key, UUID((of or training)["id"]), found.id, found.salt, moment)

    async def attend(self, caller: Caller, training: Json, on: date = HELD) -> Json:
        """Counted by a fresh code of the open screen."""
        code = await self.code_at(training, utcnow())
        return expect(await caller.on(on).post(f"{SESSIONS}/{training['id']}/attend", {"token": code}), 200)

    async def completed(self, training: Json, on: date = HELD) -> Json:
        return expect(await self.officer.on(on).post(f"{SESSIONS}/{training['id']}/complete"), 200)

    async def certified(self, training: Json, on: date = HELD) -> list[Json]:
        """The certificates of everybody who attended."""
        path = f"{SESSIONS}/{training['id']}/issue-certificates"
        expect(await self.second.on(on).post(path), 200)
        listed = expect(await self.officer.get(CERTIFICATES, session_id=training["id"], limit=200), 200)
        return list(listed["items"])
