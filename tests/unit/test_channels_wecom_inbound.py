"""What WeCom's callbacks say, field by field: events and contents."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels.base import Draft, NotUnderstood
from hub.channels.wechat.callback import LIST_LIMIT, NAME_LIMIT_BYTES
from hub.channels.wecom import corp_events, customer_events, inbound
from hub.contracts.events import (
    CardTapped,
    ContactChanged,
    GroupChanged,
    MessageReceived,
    PlatformNoticed,
    StaffChanged,
    TouchpointCaptured,
)
from tests.channels.support import AT, RECEIVED_AT, documented, stored

SAMPLES = {one["name"]: one["plaintext"] for one in documented("wecom")}
CORP = "wwscrmhub0000000001"
SAID: dict[str, Any] = {"tenant": "demo", "at": RECEIVED_AT, "connection_id": "con_1", "channel": "wecom"}
PLATFORM: dict[str, Any] = {**SAID, "account": CORP, "source_at": datetime.fromtimestamp(AT, UTC)}
OF_SUITE: dict[str, Any] = {**PLATFORM, "account": "wpAUTHCORP"}


def read(plaintext: str, message_id: str = "msg_1") -> list[Draft]:
    return inbound.events(stored("wecom", plaintext.encode(), message_id=message_id))


def only(plaintext: str) -> tuple[Any, dict[str, Any] | None]:
    """The one event, its id left out of what is compared, and its content."""
    (draft,) = read(plaintext)
    assert draft.event is not None
    return draft.event.model_copy(update={"id": ""}), draft.content


def callback(event: str, **fields: str) -> str:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<xml><CreateTime>{AT}</CreateTime><MsgType>event</MsgType><Event>{event}</Event>{inner}</xml>"


def reason_of(plaintext: str) -> tuple[str, dict[str, Any]]:
    with pytest.raises(NotUnderstood) as refused:
        read(plaintext)
    return refused.value.reason, refused.value.facts


def test_a_text_is_an_event_without_words_and_a_content_with_them() -> None:
    """What a person wrote stays out of the event; the platform's time is kept beside it."""
    event, content = only(SAMPLES["text"])
    said = {"message_id": "msg_1", "sender_id": "zhangsan", "kind": "text", "content_ref": "msg_1"}
    assert event == MessageReceived(**SAID, **said, id="", account=CORP)
    assert content == {
        "schema": 1,
        "kind": "text",
        "text": "冰柜不制冷",
        "source_time": str(AT),
        "agent_id": "1000002",
    }


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("image", {"pic_url": "https://example.com/p.jpg", "media_id": "M1"}),
        ("voice", {"media_id": "M2", "format": "amr"}),
        ("video", {"media_id": "M3", "thumb_media_id": "T3"}),
        ("location", {"latitude": "31.2304", "longitude": "121.4737", "scale": "15", "label": "黄浦区"}),
        (
            "link",
            {"title": "t", "description": "d", "url": "https://example.com", "pic_url": "https://example.com/p.jpg"},
        ),
        ("file", {"media_id": "M7", "title": "报价单.pdf"}),
    ],
)
def test_each_kind_of_message_keeps_what_it_brings(kind: str, told: dict[str, str]) -> None:
    """Media ids, places and links, as texts."""
    _, content = only(SAMPLES[kind])
    assert content == {"schema": 1, "kind": kind, **told, "source_time": str(AT), "agent_id": "1000002"}


def test_a_long_text_is_kept_whole() -> None:
    """The limit is for ids: what somebody wrote may be as long as the platform lets it be."""
    written = "冰" * 5000
    text = f"<xml><MsgType>text</MsgType><FromUserName>li</FromUserName><Content>{written}</Content></xml>"
    _, content = only(text)
    assert content is not None
    assert content["text"] == written


def test_a_json_callback_reads_as_the_xml_one() -> None:
    """Some products send JSON with numbers in it."""
    said = only(SAMPLES["text-json"]), only(SAMPLES["text"])
    assert said[0][0] == said[1][0]
    assert said[0][1] == {**(said[1][1] or {}), "agent_id": "1000002"}


@pytest.mark.parametrize(
    ("name", "change", "state"),
    [
        ("add_external_contact", "added", "ch_store_001"),
        ("add_half_external_contact", "half_added", "ch_store_001"),
        ("edit_external_contact", "edited", "ch_store_001"),
        ("del_external_contact", "deleted_by_member", ""),
        ("del_follow_user", "deleted_by_customer", ""),
        ("transfer_fail", "transfer_failed", ""),
        ("msg_audit_approved", "archiving_agreed", ""),
    ],
)
def test_contacts_come_and_go(name: str, change: Any, state: str) -> None:
    """Who, with whom, and by which code: the state is the attribution."""
    event, content = only(SAMPLES[name])
    who = {"member_id": "zhangsan", "contact_id": "wmEXT", "state": state}
    assert (event, content) == (ContactChanged(**PLATFORM, **who, id="", change=change), None)


def test_a_state_that_nobody_configured_is_kept() -> None:
    """Reported of the platform: the state differs from the one that was set. It is said as it came."""
    who = {"UserID": "a", "ExternalUserID": "b", "ChangeType": "add_external_contact"}
    event, _ = only(callback("change_external_contact", **who, State="没有人配置过 ?"))
    assert event.state == "没有人配置过 ?"


def test_a_suites_callback_is_about_the_corp_that_authorised_it() -> None:
    """The suite is told on behalf of many corps: the account is theirs, the time is TimeStamp."""
    event, _ = only(SAMPLES["suite-change_external_contact"])
    who = {"member_id": "zhangsan", "contact_id": "wmEXT", "state": "ch_store_001"}
    assert event == ContactChanged(**OF_SUITE, **who, id="", change="added")


@pytest.mark.parametrize(
    ("name", "change", "people"),
    [
        ("create", "created", ()),
        ("add_member", "members_joined", ("wmEXT", "wmEXT2")),
        ("del_member", "members_left", ("wmEXT",)),
        ("change_owner", "owner_changed", ()),
        ("change_name", "renamed", ()),
        ("change_notice", "edited", ()),
        ("dismiss", "dismissed", ()),
    ],
)
def test_groups_and_who_joins_or_leaves_them(name: str, change: Any, people: tuple[str, ...]) -> None:
    """One member or several: a list each time."""
    event, _ = only(SAMPLES[f"change_external_chat-{name}"])
    assert event == GroupChanged(**PLATFORM, id="", group_id="wrGROUP", change=change, people=people)


def test_a_group_in_json_names_the_same_people() -> None:
    """A JSON list below Item, or in its place, reads as repeated elements do."""
    for people in ('{"Item":["a","b"]}', '["a","b"]'):
        body = '"MsgType":"event","Event":"change_external_chat","ChatId":"wr","ChangeType":"update"'
        event, _ = only(f'{{{body},"UpdateDetail":"add_member","MemChangeList":{people}}}')
        assert event.people == ("a", "b")


def test_people_of_a_callback_are_bounded() -> None:
    """At the written bound a list is read; beyond it the callback is quarantined."""
    fields = {"ChatId": "wr", "ChangeType": "update", "UpdateDetail": "add_member"}
    items = "<Item>a</Item>" * LIST_LIMIT
    event, _ = only(callback("change_external_chat", **fields, MemChangeList=items))
    assert len(event.people) == LIST_LIMIT
    too_many = callback("change_external_chat", **fields, MemChangeList=items + "<Item>a</Item>")
    assert reason_of(too_many) == ("missing-field", {"field": "memchangelist"})


@pytest.mark.parametrize(
    ("name", "kind", "status", "subject", "member", "urgent"),
    [
        ("change_external_tag-create", "tag", "created", "etTAG", "", False),
        ("change_external_tag-group", "tag", "group_created", "etGROUP", "", False),
        ("change_external_tag-shuffle", "tag", "shuffled", "etGROUP", "", False),
        ("customer_acquisition-balance_low", "quota", "balance_low", "", "", False),
        ("customer_acquisition-balance_exhausted", "quota", "balance_exhausted", "", "", True),
        ("customer_acquisition-link_unavailable", "quota", "link_unavailable", "cawcLINK", "", True),
        ("sys_approval_change-submitted", "approval", "pending", "202601010001", "lisi", False),
        ("sys_approval_change-passed", "approval", "passed", "202601010001", "lisi", False),
        ("sys_approval_change-withdrawn-after-pass", "approval", "withdrawn_after_pass", "202601010001", "lisi", False),
        ("sys_approval_change-paid", "approval", "paid", "202601010001", "lisi", False),
        ("sys_approval_change-urged", "approval", "urged", "202601010001", "lisi", False),
        ("sys_approval_change-commented", "approval", "commented", "202601010001", "lisi", False),
        ("open_approval_change", "approval", "passed", "201806010001", "lisi", False),
        ("batch_job_result", "job", "done", "J1", "", False),
        ("batch_job_result-failed", "job", "failed", "J2", "", True),
        ("kf_account_auth_change", "account", "added", "wkKF1", "", False),
    ],
)
def test_what_the_platform_says_of_its_own_things(
    name: str, kind: str, status: str, subject: str, member: str, urgent: bool
) -> None:
    """Tags, quotas, approvals, jobs and accounts: which, how it stands, and whether somebody has to act."""
    event, content = only(SAMPLES[name])
    said = {"kind": kind, "status": status, "subject_id": subject, "member_id": member, "urgent": urgent}
    assert (event, content) == (PlatformNoticed(**PLATFORM, **said, id=""), None)


@pytest.mark.parametrize(
    ("name", "account", "status", "urgent"),
    [
        ("suite_ticket", CORP, "ticket_renewed", False),
        ("create_auth", CORP, "granted", False),
        ("change_auth", "wpAUTHCORP", "changed", False),
        ("cancel_auth", "wpAUTHCORP", "cancelled", True),
        ("reset_permanent_code", CORP, "code_reset", False),
    ],
)
def test_a_suites_life_is_told_without_its_secrets(name: str, account: str, status: str, urgent: bool) -> None:
    """A cancelled authorisation is urgent; ticket and codes stay in the inbox."""
    event, _ = only(SAMPLES[name])
    subject = account if account != CORP else "tjsuite0000000001"
    said = {"kind": "authorization", "status": status, "subject_id": subject, "urgent": urgent}
    assert event == PlatformNoticed(**{**PLATFORM, "account": account}, **said, id="")
    assert "SECRET" in SAMPLES[name] or name in ("change_auth", "cancel_auth")
    assert "SECRET" not in event.model_dump_json()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("create_user", {"change": "joined", "member_id": "lisi"}),
        ("update_user", {"change": "updated", "member_id": "lisi", "new_member_id": "lisi2"}),
        ("delete_user", {"change": "left", "member_id": "lisi"}),
        ("create_party", {"change": "party_created", "object_id": "7"}),
        ("update_party", {"change": "party_updated", "object_id": "7"}),
        ("delete_party", {"change": "party_deleted", "object_id": "7"}),
        ("update_tag", {"change": "tag_updated", "object_id": "3"}),
    ],
)
def test_staff_and_departments_change(name: str, said: dict[str, Any]) -> None:
    """Ids alone: since 2022-08-15 callbacks name nobody."""
    event, _ = only(SAMPLES[f"change_contact-{name}"])
    assert event == StaffChanged(**PLATFORM, **said, id="")


def test_a_member_updated_to_have_left_has_left() -> None:
    """Status 5 is 退出企业."""
    event, _ = only(callback("change_contact", ChangeType="update_user", UserID="lisi", Status="5"))
    assert event.change == "left"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("open_profile", "link_viewed"), ("friend_request", "link_viewed"), ("customer_start_chat", "session_started")],
)
def test_an_acquired_customer_is_met_with_the_link_and_its_code(name: str, kind: Any) -> None:
    """The link and the channel's code are the attribution."""
    event, _ = only(SAMPLES[f"customer_acquisition-{name}"])
    said = {"person_id": "wmEXT", "object_id": "cawcLINK", "attribution": {"link": "cawcLINK", "code": "ch_store_001"}}
    assert event == TouchpointCaptured(**PLATFORM, **said, id="", kind=kind)


def test_an_acquisition_that_names_nobody_says_nothing() -> None:
    """Without a person there is nobody to have met."""
    assert read(callback("customer_acquisition", ChangeType="friend_request", LinkId="l", State="s")) == []


@pytest.mark.parametrize(
    ("name", "task", "key"),
    [
        ("template_card_event", "vis_1", "accept"),
        ("template_card_event-vote", "vis_2", "submit"),
        ("template_card_menu_event", "vis_1", "later"),
    ],
)
def test_a_tap_names_its_card_button_and_member(name: str, task: str, key: str) -> None:
    """The task id says which visit is meant."""
    event, _ = only(SAMPLES[name])
    assert event == CardTapped(**SAID, id="", member_id="zhangsan", task_id=task, key=key)


@pytest.mark.parametrize("event", sorted(inbound.MEMBERS_OWN))
def test_what_members_do_in_the_app_says_nothing(event: str) -> None:
    """Understood, in upper case as in lower."""
    assert read(callback(event)) == read(callback(event.upper())) == []


def test_names_of_any_case_are_the_same_event() -> None:
    """The same callback is spelled differently from one product to the next."""
    lower = callback("CHANGE_EXTERNAL_CONTACT", changetype="Add_External_Contact", userid="a", externaluserid="b")
    upper = callback("change_external_contact", ChangeType="add_external_contact", UserID="a", ExternalUserID="b")
    assert only(lower) == only(upper)


def test_event_ids_differ_by_message() -> None:
    """Two messages with equal words are two facts; two facts of one message too."""
    ids = {draft.event.id for one in ("msg_1", "msg_2") for draft in read(SAMPLES["text"], one) if draft.event}
    accounts = "<AuthAddOpenKfId>a</AuthAddOpenKfId><AuthAddOpenKfId>b</AuthAddOpenKfId>"
    both = read(callback("kf_account_auth_change", X=accounts).replace("<X>", "").replace("</X>", ""))
    assert len(ids) == 2
    assert len({draft.event.id for draft in both if draft.event}) == 2


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("add_external_contact", "WELCOME_1"),
        ("add_half_external_contact", "WELCOME_2"),
        ("suite-change_external_contact", "WELCOME_4"),
        ("msg_audit_approved", ""),
        ("del_follow_user", ""),
        ("text", ""),
    ],
)
def test_only_a_new_customer_brings_a_code_to_greet_with(name: str, code: str) -> None:
    """Consent to archiving brings a code too, but that customer was greeted before."""
    assert inbound.welcome_code(SAMPLES[name].encode()) == code


def test_a_code_is_read_from_json_and_from_nothing_else() -> None:
    """What can't be read has no code; a member who writes of one has none either."""
    new = '{"event":"change_external_contact","changetype":"add_external_contact","welcomecode":"C"}'
    texts = [new.encode(), b"", b"<xml>", SAMPLES["text"].replace("冰柜", "<WelcomeCode>C</WelcomeCode>").encode()]
    assert [inbound.welcome_code(text) for text in texts] == ["C", "", "", ""]


@pytest.mark.parametrize("field", ["FromUserName", "UserID", "TaskId", "ExternalUserID", "EventKey", "Event"])
def test_a_nested_or_missing_field_is_not_guessed(field: str) -> None:
    """Where an id should be text and is not, the message is quarantined with the field's name."""
    for name in ("text", "add_external_contact", "template_card_event"):
        start, end = f"<{field}><![CDATA[", f"]]></{field}>"
        if start not in SAMPLES[name] or (name, field) == ("add_external_contact", "FromUserName"):
            continue  # an event of the system itself: its sender is not asked for
        head, rest = SAMPLES[name].split(start)
        for broken in ("", "<a>1</a>", " "):
            message = f"{head}<{field}>{broken}</{field}>{rest.split(end)[1]}"
            assert reason_of(message) == ("missing-field", {"field": field.lower()})


def test_a_name_too_long_to_be_one_is_not_understood() -> None:
    """What could not become a key of ours is quarantined here, not a poison to every room behind the bus."""
    message = "<xml><MsgType>text</MsgType><FromUserName>{}</FromUserName><Content>x</Content></xml>"
    assert len(read(message.format("w" * NAME_LIMIT_BYTES))) == 1
    assert reason_of(message.format("w" * (NAME_LIMIT_BYTES + 1)))[0] == "missing-field"


values = st.recursive(
    st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.none(), st.just("5"), st.just("w" * 600)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)
changes = st.sampled_from(
    [
        *customer_events.CONTACT_CHANGES,
        *customer_events.GROUP_CHANGES,
        "update",
        *customer_events.TAG_CHANGES,
        *customer_events.LINK_NOTICES,
        *customer_events.LINK_MEETINGS,
        *corp_events.USER_CHANGES,
        *corp_events.PARTY_CHANGES,
        "update_tag",
    ]
)
names = ["userid", "externaluserid", "state", "chatid", "updatedetail", "memchangelist", "id", "tagid", "linkid"]
names += ["createtime", "timestamp", "status", "newuserid", "suiteid", "authcorpid", "taskid", "eventkey", "tagtype"]
names += ["fromusername", "content", "authaddopenkfid", "authdelopenkfid", "welcomecode", "msgid"]
below = st.dictionaries(st.sampled_from(["spno", "spstatus", "thirdno", "applyer", "jobid", "errcode"]), values)
documents = st.builds(
    lambda event, form, change, fields, approval, job: {
        **fields,
        **({"infotype": event} if form == "suite" else {"msgtype": form, "event": event}),
        "changetype": change,
        "approvalinfo": approval,
        "batchjob": job,
    },
    st.sampled_from([*inbound.READERS, *corp_events.SUITE_NOTICES]),
    st.sampled_from(["event", "event", "event", "suite", *inbound.CONTENT_FIELDS]),
    st.one_of(changes, values),
    st.dictionaries(st.sampled_from(names), st.one_of(st.text(min_size=1, max_size=20), values)),
    below,
    below,
)


@given(documents)
@settings(max_examples=600, deadline=None)
def test_any_callback_ends_in_events_or_not_understood(document: dict[str, Any]) -> None:
    """Whatever stands in the fields, no event is made of what is none, and none is broken; nothing crashes."""
    plaintext = json.dumps(document)
    assert isinstance(inbound.welcome_code(plaintext.encode()), str)
    try:
        drafts = read(plaintext)
    except NotUnderstood:
        return
    ids = [draft.event.id for draft in drafts if draft.event]
    assert len(set(ids)) == len(drafts)
