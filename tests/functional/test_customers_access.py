"""Who finds a customer: those who reach a region or store where they are served, their contacts, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.customers import app
from hub.contracts.events import ContactChanged, Event, GlassBroken, MessageReceived, TicketClosed, TicketOpened
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, call, token

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
ROLES = ("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator")


@pytest.fixture(autouse=True)
def session() -> Iterator[Any]:
    with account("customers") as session:
        install(app.room, session)
        yield session


def hear(*events: Event) -> None:
    assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}


def make_customer(sender: str = "wmZhang") -> str:
    """A customer who wrote once and was served nowhere."""
    before = {row["id"] for row in call(app.room, "GET", "/customers").json["data"]}
    hear(
        MessageReceived(
            id=f"evt_{sender}", tenant="demo", at=AT, message_id="msg_1", connection_id="con_1", channel="wecom",
            account="ww1", sender_id=sender, kind="text", content_ref="ref1",
        )
    )  # fmt: skip
    (customer_id,) = {row["id"] for row in call(app.room, "GET", "/customers").json["data"]} - before
    return str(customer_id)


def opened(customer_id: str, region: str, store_id: str = "", ticket: str = "tkt_1") -> TicketOpened:
    return TicketOpened(
        id=f"evt_{ticket}", tenant="demo", at=AT, ticket_id=ticket, customer_id=customer_id, ticket_type="repair",
        priority="high", region=region, store_id=store_id,
    )  # fmt: skip


def closed(customer_id: str, region: str, store_id: str) -> TicketClosed:
    return TicketClosed(
        id="evt_c", tenant="demo", at=AT, ticket_id="tkt_1", run=1, customer_id=customer_id, ticket_type="repair",
        region=region, store_id=store_id, assignee="li", outcome="done",
    )  # fmt: skip


def contact(change: str, at: datetime = AT) -> ContactChanged:
    return ContactChanged.model_validate(
        {"id": f"evt_{change}", "tenant": "demo", "at": at, "connection_id": "con_1", "channel": "wecom",
         "account": "ww1", "change": change, "member_id": "li", "contact_id": "wmZhang"}
    )  # fmt: skip


def listed(as_: str) -> list[str]:
    return [row["id"] for row in call(app.room, "GET", "/customers", as_=as_).json["data"]]


def ids_out(text: str, *ids: str) -> str:
    for one in ids:
        text = text.replace(one, "…")
    return text


@pytest.mark.parametrize("role", ROLES)
def test_a_customer_of_another_region_is_not_there_in_any_role(role: str) -> None:
    """Page, timeline, facts and list: for 440000 just as if nobody had ever been served, byte for byte."""
    customer_id = make_customer()
    hear(opened(customer_id, "310101"))
    assert call(app.room, "PUT", f"/customers/{customer_id}/facts/phone", {"value": "13800138000"}).status == 200
    theirs, unknown = token(role, region="440000"), "cus_00000000000000000000000000"
    for path in ("/customers/{}", "/customers/{}/timeline"):
        answers = [call(app.room, "GET", path.format(name), as_=theirs) for name in (customer_id, unknown)]
        assert [answer.status for answer in answers] == [404, 404]
        assert ids_out(answers[0].text, customer_id) == ids_out(answers[1].text, unknown)
    written = call(app.room, "PUT", f"/customers/{customer_id}/facts/name", {"value": "x"}, as_=theirs)
    assert written.status in (403, 404)
    assert listed(theirs) == []
    ours = token(role, region="310000")
    assert call(app.room, "GET", f"/customers/{customer_id}", as_=ours).status == 200
    assert listed(ours) == [customer_id]


def test_whoever_serves_a_customer_finds_them_at_every_level() -> None:
    """Province, city, district and store of each ticket, once in each list; the neighbours find nobody."""
    customer_id = make_customer()
    hear(opened(customer_id, "310101", "s1"), opened(customer_id, "310104", "s2", ticket="tkt_2"))
    hear(closed(customer_id, "310101", "s1"))
    for region in ("base", "310000", "310100", "310101", "310104"):
        assert listed(token("agent", region=region)) == [customer_id], region
    for region in ("310115", "320000"):
        assert listed(token("agent", region=region)) == [], region
    managers = {
        stores: token("store_manager", region="310101", stores=stores) for stores in (("s1",), ("s1", "s2"), ("s3",))
    }
    assert {stores: listed(as_) for stores, as_ in managers.items()} == {
        ("s1",): [customer_id], ("s1", "s2"): [customer_id], ("s3",): [],
    }  # fmt: skip
    assert call(app.room, "GET", f"/customers/{customer_id}", as_=managers[("s3",)]).status == 404


def test_who_was_served_nowhere_is_the_tenant_s() -> None:
    """A new customer is found by those who reach all of it."""
    customer_id = make_customer()
    assert listed(token("agent")) == [customer_id]
    assert listed(token("agent", region="310000")) == []


def test_a_contact_finds_their_customer_as_long_as_they_are_that() -> None:
    """The member of staff whom the customer added, wherever their region is; not after they parted."""
    customer_id = make_customer()
    hear(contact("added"))
    lis = token("agent", sub="li", region="440000")
    assert listed(lis) == [customer_id]
    assert call(app.room, "GET", f"/customers/{customer_id}", as_=lis).status == 200
    hear(contact("deleted_by_customer", AT.replace(hour=2)))
    assert listed(lis) == []
    assert call(app.room, "GET", f"/customers/{customer_id}", as_=lis).status == 404


def test_a_fact_that_nobody_called_plain_is_sealed_and_masked(session: Any) -> None:
    """`mobile`, `id_card` and a name of the tenant's own stand nowhere in clear; `city` does."""
    customer_id = make_customer()
    for name, value in (
        ("mobile", "13800138000"),
        ("id_card", "31010119491231002X"),
        ("hobby", "fishing"),
        ("city", "Shanghai"),
    ):
        assert call(app.room, "PUT", f"/customers/{customer_id}/facts/{name}", {"value": value}).status == 200
    stored = str(session.client("dynamodb").scan(TableName="hub-demo-customers")["Items"])
    assert [value in stored for value in ("13800138000", "31010119491231002X", "fishing", "Shanghai")] == [
        False,
        False,
        False,
        True,
    ]
    shown = {
        role: {
            f["name"]: f.get("value")
            for f in call(app.room, "GET", f"/customers/{customer_id}", as_=token(role)).json["facts"]
        }
        for role in ("agent", "viewer", "finance")
    }
    assert shown == {
        "agent": {"mobile": "13800138000", "id_card": "31010119491231002X", "hobby": "fishing", "city": "Shanghai"},
        "viewer": {"mobile": "1**", "id_card": "3**", "hobby": "f**", "city": "Shanghai"},
        "finance": {"mobile": None, "id_card": None, "hobby": None, "city": "Shanghai"},
    }


def test_a_fact_stored_in_clear_before_is_masked_by_its_name(session: Any) -> None:
    """What an older version kept in clear under a name that is personal is shown to nobody who may not see it."""
    customer_id = make_customer()
    call(app.room, "PUT", f"/customers/{customer_id}/facts/city", {"value": "13800138000"})
    table = session.resource("dynamodb").Table("hub-demo-customers")
    key = {"pk": f"demo#customer#{customer_id}", "sk": "profile"}
    item = table.get_item(Key=key)["Item"]
    table.put_item(Item={**item, "facts": item["facts"].replace('"city"', '"mobile"')})
    (fact,) = call(app.room, "GET", f"/customers/{customer_id}", as_=token("viewer")).json["facts"]
    assert (fact["name"], fact["value"], fact["personal"]) == ("mobile", "1**", True)


def test_that_somebody_broke_the_glass_stands_with_the_customer() -> None:
    """Who, and until when; glass of something else is not the customer's."""
    customer_id = make_customer()
    broken = GlassBroken(
        id="evt_g",
        tenant="demo",
        at=AT,
        glass_id="gls_1",
        thing=customer_id,
        person_id="gm",
        ends_at=AT.replace(hour=2),
    )
    hear(broken, broken, broken.model_copy(update={"id": "evt_h", "thing": "tkt_1"}))
    (entry,) = call(app.room, "GET", f"/customers/{customer_id}/timeline").json["data"]
    assert (entry["kind"], entry["subject_id"], entry["details"]) == (
        "glass.broken", "gm", {"glass_id": "gls_1", "ends_at": "2026-11-21T02:00:00Z"},
    )  # fmt: skip


def test_the_list_of_a_young_tenant_ends_with_its_first_page() -> None:
    """Without a customer, and with one, in each reach: nobody is sent for a page that is empty."""
    for count in range(2):
        ids = [make_customer() for _ in range(count)]
        for as_ in (token("agent"), token("agent", region="310000")):
            page = call(app.room, "GET", "/customers", as_=as_).json
            assert (page["has_more"], page["next_cursor"]) == (False, "")
        assert listed(token("agent")) == ids


def test_pages_go_on_within_the_same_reach() -> None:
    """Five customers of one region in pages of two, each once."""
    ids = [make_customer(f"wm{i}") for i in range(5)]
    hear(*(opened(one, "310101", ticket=f"tkt_{one}") for one in ids))
    seen: list[str] = []
    cursor, as_ = "", token("agent", region="310000")
    for _ in range(3):
        page = call(app.room, "GET", "/customers", query={"limit": "2", "cursor": cursor}, as_=as_).json
        seen += [row["id"] for row in page["data"]]
        cursor = page["next_cursor"]
    assert (sorted(seen), cursor) == (sorted(ids), "")


def all_pages(as_: str, **query: str) -> list[str]:
    """All pages of the list, each of two."""
    seen, cursor = list[str](), ""
    for _ in range(20):
        answer = call(app.room, "GET", "/customers", query={"limit": "2", "cursor": cursor, **query}, as_=as_)
        assert answer.status == 200, answer.text
        seen += [row["id"] for row in answer.json["data"]]
        cursor = answer.json["next_cursor"]
        if not cursor:
            return seen
    raise AssertionError("a list without an end")


def test_customers_of_a_region_a_store_and_one_of_us() -> None:
    """By each, and by all at once: the newest first, page by page, and only as far as one reaches; of those who are
    elsewhere nothing is told."""
    theirs = {name: make_customer(name) for name in ("wmZhang", "wmA", "wmB", "wmC", "wmD", "wmE")}
    zhang, *others, far = theirs.values()
    hear(contact("added"))
    hear(*(opened(one, "310101", "s1", ticket=f"t_{one}") for one in (zhang, *others[:3])))
    hear(*(opened(one, "310115", "s2", ticket=f"u_{one}") for one in (zhang, *others[3:])))
    hear(opened(far, "440300", "s9", ticket="t_far"))
    boss, shanghai = token("supervisor"), token("supervisor", region="310000", sub="wu")
    for as_ in (boss, shanghai):
        assert {*all_pages(as_, region="310101")} == {*all_pages(as_, store="s1")} == {zhang, *others[:3]}
        assert {*all_pages(as_, region="310100", sort="-created_at")} == {zhang, *others}
        assert all_pages(as_, assignee="li") == all_pages(as_, assignee="li", store="s1", region="310115") == [zhang]
        assert all_pages(as_, assignee="li", region="440000") == all_pages(as_, store="s8") == []
        assert {*all_pages(as_, store="s2", region="310101")} == {zhang}
    assert all_pages(boss, store="s9") == all_pages(boss, region="440000") == [far]
    manager = token("store_manager", region="310101", stores=("s1",))
    assert {*all_pages(manager, region="310000")} == {zhang, *others[:3]}
    for query in ({"store": "s9"}, {"region": "440000"}, {"assignee": "li", "store": "s9"}):
        page = call(app.room, "GET", "/customers", query={"limit": "1", **query}, as_=shanghai).json
        assert (page["data"], page["has_more"]) == ([], False)
    wrong = call(app.room, "GET", "/customers", query={"updated_since": "2026-11-01T00:00:00Z", "sort": "name"})
    assert (wrong.status, [e["pointer"] for e in wrong.json["errors"]]) == (422, ["query:updated_since"])
    assert "known: limit, cursor, since, region, store, assignee, sort" in wrong.json["errors"][0]["detail"]
    assert call(app.room, "GET", "/customers", query={"sort": "name"}).json["errors"][0]["pointer"] == "query:sort"
