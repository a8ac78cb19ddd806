"""The papers of a case: what they say, who may have them, and an edition's own template (2.3-5, 2.3-6)."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import pytest
from docx import Document
from httpx import Response

from services.evaluation.delistings import papers
from shared.files.papers import DOCX, PaperTemplateError, render, template_for, written_date
from tests.evaluation.cases import DAYS, NOTICE, PUBLISHED, SIGNED, published, second_year
from tests.evaluation.conftest import DEMO_POLICY
from tests.evaluation.known import Json
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOLDER = Path(papers.__file__).parent


def _text(response: Response) -> str:
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == DOCX
    with ZipFile(BytesIO(response.content)) as archive:
        assert archive.testzip() is None
    paper = Document(BytesIO(response.content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    text = "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *cells])
    assert "{{" not in text
    assert "{%" not in text
    return text


async def _paper(desk: Desk, case: Json, kind: str) -> Response:
    return await desk.caller("auditor", today=PUBLISHED).get(f"/v1/delistings/{case['id']}/papers/{kind}.docx")


async def test_the_notice_names_the_facts_the_clauses_and_the_rights_with_their_last_days(desk: Desk) -> None:
    _, (centre,) = await second_year(desk)
    case = await desk.case_of(centre)
    before = _text(await _paper(desk, case, "notice-of-intent"))
    assert "自本告知书送达之次日起5个工作日内" in before
    assert "最后期限" not in before
    await desk.caller("science_officer", today=DAYS[0]).ok(f"/v1/delistings/{case['id']}/notice-of-intent", NOTICE)
    notice = _text(await _paper(desk, case, "notice-of-intent"))
    for said in ("拟摘牌告知书", "虚构告〔2021〕1号", case["no"], centre.operator_code, str(centre.state["name"])):
        assert said in notice
    assert "2019年度：" in notice
    assert "2020年度：" in notice
    assert notice.count("2.3-5　连续2年不合格摘牌并取消资格") == 1
    assert "2.3-6　3年内不得申报" in notice
    assert "3年内不受理该中心及你单位的市级载体申报" in notice
    assert f"最后期限为{written_date(date.fromisoformat((await desk.case_of(centre))['statement_due_on']))}" in notice
    assert "拉萨市科技局" in notice
    assert "2021年1月29日" in notice


async def test_the_decision_names_procedure_ban_and_remedies_with_their_last_days(desk: Desk) -> None:
    _, case = await published(desk)
    service = {"method": "mail", "recipient_role": "authorised_agent", "served_on": "2021-03-05"}
    await desk.caller("science_officer", today=date(2021, 3, 8)).ok(
        f"/v1/delistings/{case['id']}/service-record", service
    )
    decision = _text(await _paper(desk, case, "decision"))
    assert case["decision_no"] in decision
    assert "2021年1月29日送达《拟摘牌告知书》（虚构告〔2021〕1号）" in decision
    assert "在期限内未提出陈述申辩" in decision
    assert "生效日期为2021年3月1日" in decision
    assert "期限自2021年3月1日起至2024年3月1日止，2024年3月2日起可以重新申报" in decision
    assert "60日内依法申请行政复议（最后期限为2021年5月6日）" in decision
    assert "6个月内依法向人民法院提起行政诉讼（最后期限为2021年9月6日）" in decision
    sheet = _text(await _paper(desk, case, "service-record"))
    for said in ("送达回证", "邮寄送达", "委托代理人", "2021年3月5日", "直接送达", case["decision_no"]):
        assert said in sheet


async def test_papers_say_what_was_known_when_they_were_given_whenever_they_are_printed(desk: Desk) -> None:
    cycle, (centre,) = await second_year(desk)
    case = await desk.case_of(centre)
    await desk.procedure(case["id"], DAYS)
    kinds = ("notice-of-intent", "decision")
    before = [_text(await _paper(desk, case, kind)) for kind in kinds]
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], PUBLISHED)
    first, second = [await desk.evaluation_of(centre, year) for year in (2019, 2020)]
    notice, decision = [_text(await _paper(desk, case, kind)) for kind in kinds]
    assert notice == before[0]
    for paper in (notice, decision):
        assert first["document_no"] in paper
        assert second["document_no"] not in paper
    assert written_date(PUBLISHED) not in notice
    assert written_date(PUBLISHED) in decision  # the day from which it has its effect
    score = "UPDATE evaluation SET score = 1.23 WHERE id = :id RETURNING 1"
    await desk.count(score, id=UUID(second["id"]))
    assert _text(await _paper(desk, case, "notice-of-intent")) == notice


async def test_no_decision_is_printed_before_it_is_taken_and_no_paper_of_another_kind(desk: Desk) -> None:
    _, (centre,) = await second_year(desk)
    case = await desk.case_of(centre)
    refused = await _paper(desk, case, "decision")
    assert (refused.status_code, refused.json()["code"]) == (409, "paper-not-yet-possible")
    assert (await _paper(desk, case, "circular")).status_code == 422
    stranger = desk.caller("centre_operator", today=PUBLISHED, org="91540100000000000X")
    assert (await stranger.get(f"/v1/delistings/{case['id']}/papers/notice-of-intent.docx")).status_code == 404
    own = await desk.operator(centre, PUBLISHED).get(f"/v1/delistings/{case['id']}/papers/notice-of-intent.docx")
    assert "filename*=UTF-8''%E6%8B%9F" in own.headers["Content-Disposition"]


@pytest.fixture
def own_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "papers" / "lhasa-2019"
    folder.mkdir(parents=True)
    return folder


def _template(path: Path, text: str) -> Path:
    paper = Document()
    paper.add_paragraph(text)
    paper.save(str(path))
    return path


async def test_an_editions_own_template_takes_the_place_of_the_bundled_one(own_folder: Path) -> None:
    policy_dir, bundled = own_folder.parents[1], FOLDER / "decision.docx"
    assert template_for("delisting-decision", bundled, ("lhasa-2019", ""), policy_dir) == bundled
    own = _template(own_folder / "delisting-decision.docx", "{{ city }}自拟文本")
    assert template_for("delisting-decision", bundled, ("lhasa-2019", ""), policy_dir) == own
    assert template_for("delisting-decision", bundled, ("lhasa-2025", "lhasa-2019"), policy_dir) == own
    assert template_for("delisting-decision", bundled, ("lhasa-2019", ""), None) == bundled
    assert Document(BytesIO(render(own, {"city": "A<b>&市"}))).paragraphs[0].text == "A<b>&市自拟文本"
    assert DEMO_POLICY.is_dir()


@pytest.mark.parametrize("text", ["{{ unknown_name }}", "{% if %}", "{{ city.__class__.__mro__ }}"])
async def test_a_template_that_cannot_be_filled_says_why(own_folder: Path, text: str) -> None:
    with pytest.raises(PaperTemplateError, match=r".+"):
        render(_template(own_folder / "broken.docx", text), {"city": "拉萨市"})
