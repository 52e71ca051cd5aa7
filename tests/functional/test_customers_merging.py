"""Two customers turn out to be one, or one to be two: nothing is lost, and all of it can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from functions.customers import app
from hub.contracts.events import ContactChanged, Event, MessageReceived, OrderPaid, TicketOpened
from hub.kernel.clock import rfc3339
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, bus_events, call, token

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
PHONE = "13800138000"
NOBODY = "cus_00000000000000000000000000"


@pytest.fixture(autouse=True)
def session() -> Iterator[Any]:
    with account("customers") as session:
        install(app.room, session)
        yield session


def hear(*events: Event) -> None:
    assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}


def order(buyer: str, number: int) -> OrderPaid:
    return OrderPaid(
        id=f"evt_{buyer}_{number}", tenant=TENANT, at=AT.replace(minute=number), connection_id="con_1",
        channel="douyin", shop_id=f"shop-{buyer}", order_id=f"ord_{buyer}_{number}", order_no=f"{buyer}{number}",
        buyer_id=buyer, amount_minor=100, currency="CNY",
    )  # fmt: skip


def buyers(**orders: int) -> dict[str, str]:
    """Customers by name, each with so many orders of a shop of their own."""
    ids: dict[str, str] = {}
    for name, count in orders.items():
        hear(*(order(name, number) for number in range(count)))
        known = {row["id"] for row in call(app.room, "GET", "/customers").json["data"]}
        (ids[name],) = known - {*ids.values()}
    return ids


def shown(customer_id: str, **options: Any) -> Any:
    return call(app.room, "GET", f"/customers/{customer_id}", **options).json


def count(customer_id: str) -> int:
    return len(shown(customer_id)["orders"])


def merge(customer_id: str, into: str, **options: Any) -> Any:
    return call(app.room, "POST", f"/customers/{customer_id}/merge", {"into": into}, **options)


def unmerge(customer_id: str, identity_id: str, **options: Any) -> Any:
    return call(app.room, "POST", f"/customers/{customer_id}/unmerge", {"identity_id": identity_id}, **options)


def listed(as_: str = "") -> list[str]:
    return sorted(row["id"] for row in call(app.room, "GET", "/customers", as_=as_ or token("agent")).json["data"])


def say(sender: str, channel: str = "open", within: str = "con_1", **person: str) -> MessageReceived:
    ref = f"msg_{channel}_{sender}"
    app.room.desk.contents.put(ref, {"schema": 1, "kind": "text", "text": "hi", "person": person}, 0)
    return MessageReceived(
        id=f"evt_{ref}", tenant=TENANT, at=AT, message_id=ref, connection_id="con_1", channel=channel, account=within,
        sender_id=sender, kind="text", content_ref=ref,
    )  # fmt: skip


def resolved(session: Any, *events: MessageReceived) -> list[str]:
    hear(*events)
    return [event["customer_id"] for event in bus_events(session) if event["type"] == "message.resolved"]


def test_merging_into_oneself_in_circles_and_back() -> None:
    """A 2, B 3, C 4 orders: A into A is refused; A into B is 5, B into C 9; B into A is nothing to do; A's id leads to
    C, and a new order of A's is C's tenth. B out of C: 4 and 6; A out of B: 3 and 3."""
    ids = buyers(a=2, b=3, c=4)
    a, b, c = ids["a"], ids["b"], ids["c"]
    assert (merge(a, a).status, count(a)) == (422, 2)
    assert len(merge(a, b).json["orders"]) == 5
    assert len(merge(b, c).json["orders"]) == 9
    again = merge(b, a)
    assert (again.status, again.json["id"], len(again.json["orders"])) == (200, c, 9)
    assert (shown(a)["id"], shown(b)["id"], listed()) == (c, c, [c])
    hear(order("a", 9))
    assert count(c) == 10
    assert unmerge(c, b).status == 200
    assert (count(c), count(b), shown(a)["id"], listed()) == (4, 6, b, sorted([b, c]))
    assert unmerge(b, a).status == 200
    assert (count(a), count(b), count(c), listed()) == (3, 3, 4, sorted([a, b, c]))


def test_records_that_stand_in_a_circle_are_read_once_each() -> None:
    """A into B; then the table says of A that B is part of it, which no merge writes: whoever is read comes to an end,
    with each record once."""
    ids = buyers(a=1, b=1)
    assert merge(ids["a"], ids["b"]).status == 200
    table = app.room.desk.people
    item = {"schema": 1, "customer_id": ids["b"], "at": rfc3339(AT), "evidence": "hand", "actor": "boss"}
    table._table.put({"pk": table._pk(ids["a"]), "sk": f"member#{ids['b']}", **item})
    names = {ids["a"], ids["b"]}
    profiles = [item["pk"] for item in islice(table.profiles(ids["b"]), 5)]
    assert len(profiles) == len(set(profiles)) == 2
    assert [merged.customer_id for merged in islice(table.merges(ids["b"]), 5)] == [ids["a"]]
    assert (set(table.records(ids["b"])), len(shown(ids["b"])["orders"])) == (names, 2)


def test_the_same_merge_and_the_same_split_again_change_nothing() -> None:
    """Sent twice, each leaves all as it was after the first."""
    ids = buyers(a=1, b=1)
    assert merge(ids["a"], ids["b"]).json == merge(ids["a"], ids["b"]).json
    assert unmerge(ids["b"], ids["a"]).status == 200
    before = shown(ids["a"]), shown(ids["b"]), listed()
    assert unmerge(ids["b"], ids["a"]).status == 200
    assert (shown(ids["a"]), shown(ids["b"]), listed()) == before


def test_a_merge_that_is_sent_again_with_its_key_is_not_done_again() -> None:
    """After a split the repeat of an old merge shows who they are now, and merges nobody."""
    ids = buyers(a=1, b=1)
    key = {"Idempotency-Key": "merge-1"}
    assert merge(ids["a"], ids["b"], headers=key).json["id"] == ids["b"]
    unmerge(ids["b"], ids["a"])
    assert merge(ids["a"], ids["b"], headers=key).json["id"] == ids["a"]
    assert listed() == sorted(ids.values())


def test_a_dry_run_shows_who_would_be_whom_and_changes_nothing() -> None:
    """A merge and a split are seen before they are made: the customer as they would be, and then as they were."""
    ids = buyers(a=2, b=3)
    a, b = ids["a"], ids["b"]
    would = merge(a, b, query={"dry_run": "1"})
    assert (would.status, would.json["id"], len(would.json["orders"])) == (200, b, 5)
    assert (count(a), count(b)) == (2, 3)
    made = merge(a, b)
    assert made.json["merged"][0]["customer_id"] == would.json["merged"][0]["customer_id"] == a
    apart = unmerge(b, a, query={"dry_run": "1"})
    assert (apart.status, len(apart.json["orders"]), apart.json["merged"]) == (200, 3, [])
    assert (count(a), count(b)) == (5, 5)


def test_merges_in_a_circle_at_once_leave_one_customer() -> None:
    """A into B, B into C and C into A, all at the same time and repeated while they race: one customer, all orders."""
    ids = buyers(a=1, b=1, c=1)
    pairs = [("a", "b"), ("b", "c"), ("c", "a")]
    for _ in range(3):
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda pair: merge(ids[pair[0]], ids[pair[1]]).status, pairs))
        assert {*answers} <= {200, 409, 503}
    (root,) = listed()
    assert {shown(one)["id"] for one in ids.values()} == {root}
    assert count(root) == 3


def test_each_merge_says_why_and_who_and_every_entry_by_which_name(session: Any) -> None:
    """The customer shows its records with the evidence; the timeline shows by which of them each entry came."""
    ids = buyers(a=1, b=1)
    merge(ids["a"], ids["b"])
    (merged,) = shown(ids["b"])["merged"]
    assert {name: merged[name] for name in ("customer_id", "into", "evidence", "actor")} == {
        "customer_id": ids["a"], "into": ids["b"], "evidence": "hand", "actor": "boss",
    }  # fmt: skip
    entries = call(app.room, "GET", f"/customers/{ids['b']}/timeline").json["data"]
    assert {(entry["subject_id"], entry["identity_id"]) for entry in entries} == {
        ("ord_a_0", ids["a"]), ("ord_b_0", ids["b"]),
    }  # fmt: skip


def test_a_merged_timeline_is_read_page_by_page() -> None:
    """Pages of two over two records hold each of seven entries once, newest first."""
    ids = buyers(a=4, b=3)
    merge(ids["a"], ids["b"])
    seen: list[str] = []
    cursor = ""
    for _ in range(4):
        query = {"limit": "2", "cursor": cursor}
        page = call(app.room, "GET", f"/customers/{ids['b']}/timeline", query=query).json
        seen += [entry["at"] for entry in page["data"]]
        cursor = page["next_cursor"]
    assert (len(seen), seen, cursor) == (7, sorted(seen, reverse=True), "")


def opened(customer_id: str, ticket: str, region: str, identity_id: str = "") -> TicketOpened:
    return TicketOpened(
        id=f"evt_{ticket}", tenant=TENANT, at=AT, ticket_id=ticket, customer_id=customer_id, ticket_type="repair",
        priority="high", region=region, identity_id=identity_id,
    )  # fmt: skip


def test_whoever_served_one_half_finds_the_whole_until_it_is_split() -> None:
    """Served in 310101 and in 440300: once merged both regions list one customer, split again each has its own."""
    ids = buyers(a=1, b=1)
    a, b = ids["a"], ids["b"]
    hear(opened(a, "tkt_1", "310101"), opened(b, "tkt_2", "440300"))
    shanghai, shenzhen = token("supervisor", region="310000"), token("supervisor", region="440300")
    assert (listed(shanghai), listed(shenzhen)) == ([a], [b])
    merge(a, b)
    assert (listed(shanghai), listed(shenzhen)) == ([b], [b])
    hear(opened(b, "tkt_3", "320000", identity_id=a))
    assert listed(token("agent", region="320000")) == [b]
    unmerge(b, a)
    assert (listed(shanghai), listed(shenzhen)) == ([a], [b])
    assert listed(token("agent", region="320000")) == [a]


def test_nobody_merges_whom_they_do_not_reach() -> None:
    """A supervisor of 310000 merges neither into nor from a customer of 440300, and learns nothing of them."""
    ids = buyers(a=1, b=1)
    hear(opened(ids["a"], "tkt_1", "310101"), opened(ids["b"], "tkt_2", "440300"))
    theirs = token("supervisor", region="310000")
    hidden, nobody = (merge(ids["a"], other, as_=theirs) for other in (ids["b"], NOBODY))
    assert (hidden.status, nobody.status, hidden.json["errors"]) == (422, 422, nobody.json["errors"])
    assert merge(ids["b"], ids["a"], as_=theirs).status == 404
    assert unmerge(ids["a"], ids["b"], as_=theirs).status == 422
    assert merge(ids["a"], ids["b"], as_=token("viewer")).status == 403
    assert (count(ids["a"]), count(ids["b"])) == (1, 1)


def test_one_s_own_record_can_not_be_split_off() -> None:
    """What was never merged is refused, with the place."""
    ids = buyers(a=1)
    refused = unmerge(ids["a"], ids["a"])
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/identity_id")


def test_a_form_that_links_a_unionid_and_a_phone_brings_three_names_together(session: Any) -> None:
    """A follower and a contact with UnionID u, a buyer with phone p, then a form with both: one customer with all of
    them; split off again, the buyer has what was theirs, and the next form does not undo what people said."""
    hear(say("o1", "official_account", "gh_1", union_id="u"), say("wm1", "wecom", "ww1", union_id="u"))
    hear(say("b1", "taobao", "shop", phone=PHONE), order("b1", 1))
    taobao = [event for event in bus_events(session) if event["type"] == "message.resolved"][2]["customer_id"]
    (customer_id,) = resolved(session, say("form-1", union_id="u", phone=PHONE))
    names = {(one["channel"], one["external_id"]): one["identity_id"] for one in shown(customer_id)["identities"]}
    assert {channel for channel, _ in names} == {"official_account", "wecom", "taobao", "open", "unionid", "phone"}
    root = shown(taobao)["id"]
    assert root == customer_id
    assert {one["evidence"] for one in shown(root)["merged"]} == {"unionid", "phone"}
    split = next(one["customer_id"] for one in shown(root)["merged"] if one["evidence"] == "phone")
    assert unmerge(root, split).status == 200
    sizes = [{one["channel"] for one in shown(one)["identities"]} for one in (root, split)]
    assert {"taobao"} in [size - {"phone", "unionid"} for size in sizes]
    assert resolved(session, say("form-1", union_id="u", phone=PHONE)) != [shown(taobao)["id"]]


def test_a_family_phone_is_not_a_person(session: Any) -> None:
    """UnionIDs u1 and u2 with one phone are two customers for ever; a call from it alone is neither's in silence: it
    shows both, and an agent says who it was."""
    first, second = resolved(session, say("f1", union_id="u1", phone=PHONE), say("f2", union_id="u2", phone=PHONE))
    assert first != second
    (caller,) = resolved(session, say("caller", phone=PHONE))
    assert caller not in (first, second)
    assert shown(caller)["perhaps"] == sorted([first, second])
    assert resolved(session, say("f1", union_id="u1", phone=PHONE), say("f2", phone=PHONE)) == [first, second]
    assert merge(caller, second).status == 200
    assert resolved(session, say("caller", phone=PHONE)) == [second]
    assert shown(second)["perhaps"] == [first]


def test_two_buyers_of_one_shop_with_one_phone_are_two(session: Any) -> None:
    """A platform that knows two buyers apart is right: their phone merges them neither with each other nor later."""
    one, other = resolved(session, say("b1", "taobao", "s1", phone=PHONE), say("b2", "taobao", "s1", phone=PHONE))
    assert one != other


def test_contacts_and_facts_of_both_halves_are_shown(session: Any) -> None:
    """A merged customer shows the contacts of each record, and of two words on one thing the later."""
    (a, b) = resolved(session, say("wm1", "wecom", "ww1"), say("crm-1", name="老王"))
    added = ContactChanged.model_validate(
        {"id": "evt_c", "tenant": TENANT, "at": AT, "connection_id": "con_1", "channel": "wecom", "account": "ww1",
         "change": "added", "member_id": "li", "contact_id": "wm1"}
    )  # fmt: skip
    hear(added)
    assert call(app.room, "PUT", f"/customers/{a}/facts/name", {"value": "王女士"}).status == 200
    merge(a, b)
    seen = shown(b)
    assert [contact["member_id"] for contact in seen["contacts"]] == ["li"]
    assert [(fact["value"], fact["source"]) for fact in seen["facts"]] == [("王女士", "boss")]
    assert listed(token("engineer", sub="li", region="310000")) == [b]
    unmerge(b, a)
    assert [fact["value"] for fact in shown(b)["facts"]] == ["老王"]
