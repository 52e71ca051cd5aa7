"""The page of a form in a real browser: what hangs on an answer appears with it, and what is handed in is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from functions.tickets import app
from tests.support.browser import browsing
from tests.support.forms import field, form, publish
from tests.support.gateway import gateway
from tests.support.tickets import World, world

SERVICE = {
    **form(
        {**field("name", "text", required=True, field_class="identity"), "section": "basic",
         "title": {"zh": "姓名", "en": "Name"}},
        {**field("phone", "cn_mobile", required=True), "section": "basic", "title": {"zh": "手机", "en": "Mobile"}},
        {**field("type", "select", options=["产品咨询", "售后服务"], required=True),
         "title": {"zh": "需要什么", "en": "What is it about"}},
        {**field("model", "select", options=["BX3", "BX5"], required=True, when={"type": {"eq": "产品咨询"}}),
         "title": {"zh": "型号", "en": "Model"}},
        {**field("fault", "long_text", required=True, when={"type": {"eq": "售后服务"}}),
         "title": {"zh": "故障描述", "en": "What is wrong"}},
        {**field("amount", "money", when={"fault": {"contains_any": ["退款"]}}),
         "title": {"zh": "退款金额", "en": "Amount"}},
        {**field("note", "long_text"), "section": "remark", "title": {"zh": "备注", "en": "Remarks"}},
    ),
    "title": {"zh": "服务申请", "en": "Service"},
    "open_to": "public",
    "on_submit": {"ticket": {"type": "repair"}},
}  # fmt: skip


@dataclass
class Visit:
    """One opening of the page. requests: every address that was asked for; refusals: what the page's policy refused."""

    hub: World
    url: str
    page: Any
    requests: list[str]
    refusals: list[str]

    def visible(self) -> list[str]:
        """The fields that are there to be filled in."""
        parts = self.page.locator("[data-field]")
        return [part.get_attribute("data-field") for part in parts.all() if part.is_visible()]

    def wrong(self) -> dict[str, str]:
        """What is said beside fields."""
        parts = {name: self.page.locator(f"#wrong-{name}").text_content() for name in self.visible()}
        return {name: words for name, words in parts.items() if words}


@pytest.fixture(scope="module")
def visit() -> Iterator[Visit]:
    with browsing() as browser, world() as hub, gateway(app.room) as url:
        page = browser.page
        publish(hub, "service", SERVICE)
        opened = Visit(hub, url, page, [], [])
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("console", lambda message: opened.refusals.append(message.text) if message.type == "error" else None)
        yield opened


def test_what_hangs_on_an_answer_comes_and_goes_with_it(visit: Visit) -> None:
    """The model with 产品咨询, the fault with 售后服务, the amount with a word in it; the browser asks nobody but the
    hub, and its policy refuses nothing."""
    page = visit.page
    page.goto(f"{visit.url}/f/service")
    always = ["name", "phone", "type"]
    assert visit.visible() == [*always, "note"]
    page.get_by_label("产品咨询").check()
    assert visit.visible() == [*always, "model", "note"]
    page.get_by_label("售后服务").check()
    assert visit.visible() == [*always, "fault", "note"]
    page.get_by_label("故障描述").fill("不制冷，要退款")
    assert visit.visible() == [*always, "fault", "amount", "note"]
    assert {request.removeprefix(visit.url) for request in visit.requests} == {"/f/service"}
    assert visit.refusals == []


def test_what_is_wrong_is_said_beside_it_and_what_is_right_is_handed_in(visit: Visit) -> None:
    """Nothing leaves the page before it fits; then a ticket is there, of what the page showed and no more, and its
    sender may follow it."""
    page = visit.page
    page.goto(f"{visit.url}/f/service")
    page.get_by_label("产品咨询").check()
    page.get_by_label("BX3").check()
    page.get_by_label("售后服务").check()
    page.get_by_label("手机").fill("1380013800")
    page.get_by_role("button", name="提交").click()
    assert set(visit.wrong()) == {"name", "phone", "fault"}
    assert "11 位手机号码" in visit.wrong()["phone"]

    page.get_by_label("姓名").fill("韩梅梅")
    page.get_by_label("手机").fill("１３８ 0013-8000")
    page.get_by_label("故障描述").fill("不制冷")
    page.get_by_role("button", name="提交").click()
    page.get_by_text("已收到").wait_for()
    assert page.get_by_text("查看进度").get_attribute("href").startswith("/t/")

    visit.hub.settle()
    ticket = visit.hub.ticket()
    assert ticket["fields"] == {"type": "售后服务"}
    assert ticket["texts"] == {"name": "韩梅梅", "phone": "13800138000", "fault": "不制冷"}
    assert visit.refusals == []


def test_what_the_server_refuses_is_said_beside_its_field(visit: Visit) -> None:
    """A number that looks like one and is none (libphonenumber): the server's words, in Chinese."""
    page = visit.page
    page.goto(f"{visit.url}/f/service")
    page.get_by_label("姓名").fill("李雷")
    page.get_by_label("手机").fill("15400000000")
    page.get_by_label("产品咨询").check()
    page.get_by_label("BX3").check()
    page.get_by_role("button", name="提交").click()
    page.locator("#wrong-phone:not(:empty)").wait_for()
    assert visit.wrong() == {"phone": "须为 11 位手机号码"}
