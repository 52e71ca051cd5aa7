"""Official accounts: three modes at the door, replies in the same breath, and what each callback says."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from hub.channels.base import Answer, Delivery, NotUnderstood, Rejected
from hub.channels.official_account import inbound, replies
from hub.channels.official_account.codec import DOOR
from hub.channels.registry import settings_problems
from hub.channels.wechat.crypto import decrypt, sign
from hub.channels.wechat.document import read_fields
from tests.channels.support import STAMP, payload, stored

KNOWN: dict[str, Any] = payload("official_account_examples")["settings"]
OPEN = {**KNOWN, "plaintext_allowed": "yes"}
PEOPLE = "<ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oA]]></FromUserName>"
WHEN = "<CreateTime>1767242700</CreateTime>"
TEXT = f"<xml>{PEOPLE}{WHEN}<MsgType>text</MsgType><Content>x</Content><MsgId>71</MsgId></xml>"
AT = 1767242701.9
ENTROPY = b"entropy-of-16-by"


def sealed(plaintext: str, **changes: Any) -> Delivery:
    delivery = DOOR.sample(KNOWN, plaintext.encode(), STAMP)
    return dataclasses.replace(delivery, at=AT, entropy=ENTROPY, **changes)


def plain(body: str, token: str = KNOWN["token"]) -> Delivery:
    query = {"signature": sign(token, "1767242700", "n1", ""), "timestamp": "1767242700", "nonce": "n1"}
    return Delivery("POST", query, {}, body.encode(), AT, ENTROPY)


def reason_of(delivery: Delivery, known: dict[str, Any] = KNOWN) -> str:
    with pytest.raises(Rejected) as refused:
        DOOR.accept(delivery, known)
    return refused.value.reason


def event(name: str, extra: str = "") -> str:
    return f"<xml>{PEOPLE}{WHEN}<MsgType>event</MsgType><Event>{name}</Event>{extra}</xml>"


def said(plaintext: str) -> list[dict[str, Any]]:
    drafts = inbound.events(stored("official_account", plaintext.encode()))
    return [draft.event.model_dump(mode="json") for draft in drafts if draft.event]


def test_a_saved_url_is_answered_with_its_echo() -> None:
    """`echostr` comes back byte for byte as text/plain; without a good signature nothing does."""
    query = {**plain("").query, "echostr": "4375120948345356249"}
    answer = DOOR.accept(Delivery("GET", query), KNOWN).answer
    assert (answer.status, answer.body, answer.content_type) == (200, b"4375120948345356249", "text/plain")
    assert reason_of(Delivery("GET", {**query, "signature": "0" * 40})) == "bad-signature"
    assert reason_of(Delivery("GET", {**query, "echostr": "<script>"})) == "not-an-echo"
    assert reason_of(Delivery("GET", query), {}) == "bad-settings"


def test_plaintext_mode_is_refused_unless_it_is_chosen() -> None:
    """A plain body under a good signature counts only with `plaintext_allowed` = yes."""
    assert reason_of(plain(TEXT)) == "bad-settings"
    (received,) = DOOR.accept(plain(TEXT), OPEN).messages
    assert (received.plaintext, received.account, received.dedupe_key) == (TEXT.encode(), KNOWN["app_id"], "oA:71")
    assert reason_of(plain(TEXT, token="another"), OPEN) == "bad-signature"
    assert reason_of(plain(" "), OPEN) == "bad-form"


@pytest.mark.parametrize("known", [KNOWN, OPEN], ids=["sealed-only", "plaintext-allowed"])
def test_secure_mode_needs_the_signature_over_the_ciphertext(known: dict[str, Any]) -> None:
    """With encrypt_type=aes the three-part `signature` alone proves nothing, whatever the settings."""
    delivery = sealed(TEXT)
    query = {name: value for name, value in delivery.query.items() if name != "msg_signature"}
    assert reason_of(dataclasses.replace(delivery, query=query), known) == "bad-signature"


def test_compatible_mode_trusts_only_the_decrypted_copy() -> None:
    """Plain fields beside the ciphertext are ignored, even an Encrypt or a DTD that a follower wrote into them."""
    delivery = sealed(TEXT)
    words = "<![CDATA[<!DOCTYPE x><Encrypt><![CDATA[QUFB]]]]><![CDATA[></Encrypt>]]>"
    forged = f"<xml>{PEOPLE}<Content>{words}</Content>".encode()
    both = forged + delivery.body.removeprefix(b"<xml>")
    (received,) = DOOR.accept(dataclasses.replace(delivery, body=both), KNOWN).messages
    assert received.plaintext == TEXT.encode()


def test_the_original_id_is_no_receive_id() -> None:
    """A message for `gh_…` is refused, and a component's AppID is taken once it is listed."""
    other = {**KNOWN, "app_id": "wx00000component0", "receive_ids": []}
    delivery = DOOR.sample(other, TEXT.encode(), STAMP)
    assert reason_of(delivery) == "wrong-receive-id"
    (received,) = DOOR.accept(delivery, {**KNOWN, "receive_ids": ["wx00000component0"]}).messages
    assert received.account == "wx00000component0"


def test_json_is_taken_like_xml() -> None:
    """The JSON envelope opens, and the message id of JSON is its key; an event has the hash of its text."""
    text = '{"FromUserName":"oA","CreateTime":1,"MsgType":"text","Content":"x","MsgId":7300000000000000001}'
    delivery = sealed(text)
    assert json.loads(delivery.body).keys() == {"ToUserName", "Encrypt"}
    assert DOOR.accept(delivery, KNOWN).messages[0].dedupe_key == "oA:7300000000000000001"
    happened = event("TEMPLATESENDJOBFINISH", "<MsgID>71</MsgID>")
    assert len(DOOR.accept(sealed(happened), KNOWN).messages[0].dedupe_key) == 64


def reply_of(delivery: Delivery, known: dict[str, Any]) -> dict[str, Any]:
    return read_fields(DOOR.accept(delivery, known).answer.body)


def test_who_follows_is_greeted_and_nobody_else() -> None:
    """`subscribe_reply` answers the event subscribe, people swapped; all else still gets `success`."""
    known = {**OPEN, "subscribe_reply": "欢迎 ]]> &"}
    assert reply_of(plain(event("subscribe")), known) == {
        "tousername": "oA",
        "fromusername": "gh_1",
        "createtime": "1767242701",
        "msgtype": "text",
        "content": "欢迎 ]]> &",
    }
    for other in (TEXT, event("CLICK"), event("unsubscribe"), "<xml>", "no xml"):
        assert DOOR.accept(plain(other), known).answer.body == b"success"
    assert DOOR.accept(plain(event("subscribe")), OPEN).answer.body == b"success"


def test_messages_are_answered_or_handed_over() -> None:
    """`auto_reply` answers messages with words, `hand_over` gives them to the desk; events get neither."""
    assert reply_of(plain(TEXT), {**OPEN, "auto_reply": "稍后回复"})["content"] == "稍后回复"
    handed = reply_of(plain(TEXT), {**OPEN, "hand_over": "yes"})
    assert (handed["msgtype"], "content" in handed) == ("transfer_customer_service", False)
    assert DOOR.accept(plain(event("CLICK")), {**OPEN, "auto_reply": "x", "hand_over": "yes"}).answer.body == b"success"
    assert DOOR.accept(plain(TEXT), {**OPEN, "hand_over": "no"}).answer.body == b"success"


def test_what_came_sealed_is_answered_sealed() -> None:
    """In secure mode the reply is encrypted for the same AppID and stamped with the time of receipt."""
    answer = DOOR.accept(sealed(TEXT), {**KNOWN, "auto_reply": "好"}).answer
    fields = read_fields(answer.body)
    assert set(fields) == {"encrypt", "msgsignature", "timestamp", "nonce"}
    assert (fields["timestamp"], answer.content_type) == ("1767242701", "text/xml")
    assert fields["msgsignature"] == sign(KNOWN["token"], fields["timestamp"], fields["nonce"], fields["encrypt"])
    opened, app_id = decrypt(KNOWN["encoding_aes_key"], fields["encrypt"], [KNOWN["app_id"]])
    assert (read_fields(opened)["content"], app_id) == ("好", KNOWN["app_id"])


def test_a_reply_is_sealed_with_the_secrets_that_the_message_came_under() -> None:
    """While secrets are rotated, a message under the older ones is answered under the older ones."""
    older = payload("official_account_examples")["older_secrets"]
    delivery = DOOR.sample({**KNOWN, **older}, TEXT.encode(), STAMP)
    answer = DOOR.accept(delivery, {**KNOWN, "auto_reply": "好", "previous": older}).answer
    assert decrypt(older["encoding_aes_key"], read_fields(answer.body)["encrypt"], [KNOWN["app_id"]])


def test_only_secrets_have_generations() -> None:
    """Whoever takes back plaintext mode, an AppID or a reply while rotating a token that leaked has taken it back."""
    older = {**OPEN, "token": "LeakedToken", "auto_reply": "旧的回复", "receive_ids": ["wx00000component0"]}
    rotated = {**KNOWN, "previous": older}
    assert reason_of(plain(TEXT, token="LeakedToken"), rotated) == "bad-settings"
    assert DOOR.accept(DOOR.sample({**KNOWN, "token": "LeakedToken"}, TEXT.encode(), STAMP), rotated).answer == Answer(
        200, b"success"
    )
    component = DOOR.sample({**older, "app_id": "wx00000component0"}, TEXT.encode(), STAMP)
    assert reason_of(component, rotated) == "wrong-receive-id"


def test_json_is_answered_in_json() -> None:
    """A JSON message gets a JSON reply, in secure mode in the JSON envelope with a whole number for its time."""
    text = '{"ToUserName":"gh_1","FromUserName":"oA","CreateTime":1,"MsgType":"text","Content":"x","MsgId":1}'
    answer = DOOR.accept(sealed(text), {**KNOWN, "auto_reply": "好"}).answer
    envelope = json.loads(answer.body)
    opened, _ = decrypt(KNOWN["encoding_aes_key"], envelope["Encrypt"], [KNOWN["app_id"]])
    assert (envelope["TimeStamp"], answer.content_type) == (1767242701, "application/json")
    assert json.loads(opened) == {
        "ToUserName": "oA",
        "FromUserName": "gh_1",
        "CreateTime": 1767242701,
        "MsgType": "text",
        "Content": "好",
    }
    unsealed = json.loads(DOOR.accept(plain(text), {**OPEN, "auto_reply": "好"}).answer.body)
    assert unsealed["Content"] == "好"


def test_cdata_cannot_be_left() -> None:
    """Text that would end its CDATA is split between two."""
    assert replies.cdata("a]]>b]]>") == "<![CDATA[a]]]]><![CDATA[>b]]]]><![CDATA[>]]>"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"app_id": "gh_0123456789ab"}, "/app_id"),
        ({"encoding_aes_key": KNOWN["encoding_aes_key"] + "="}, "/encoding_aes_key"),
        ({"plaintext_allowed": "true"}, "/plaintext_allowed"),
        ({"subscribe_reply": "x" * 501}, "/subscribe_reply"),
        ({"auto_reply": "\x00"}, "/auto_reply"),
        ({"auto_reply": "a", "hand_over": "yes"}, "/hand_over"),
        ({"receive_ids": ["gh_1"]}, "/receive_ids"),
    ],
)
def test_settings_that_would_fail_are_named(change: dict[str, Any], pointer: str) -> None:
    """Each wrong setting is told by its pointer, before anything is saved in the console."""
    assert [problem.pointer for problem in settings_problems("official_account", {**KNOWN, **change})] == [pointer]


@pytest.mark.parametrize(
    ("plaintext", "kind", "scene"),
    [
        (event("subscribe", "<EventKey>qrscene_店铺1</EventKey>"), "followed", "店铺1"),
        (event("subscribe", "<EventKey></EventKey>"), "followed", ""),
        (event("subscribe", "<EventKey>last_trade_no_1</EventKey>"), "followed", ""),
        (event("Scan", "<EventKey>店铺1</EventKey>"), "scanned", "店铺1"),
        (event("SCAN", "<EventKey>qrscene_店铺1</EventKey>"), "scanned", "店铺1"),
    ],
)
def test_a_code_says_where_somebody_came_from(plaintext: str, kind: str, scene: str) -> None:
    """Followers by a code and followers who scan again carry the same scene, whatever prefix and case it came in."""
    (told,) = said(plaintext)
    assert (told["kind"], told["object_id"]) == (kind, scene)
    assert told["attribution"] == ({"scene": scene} if scene else {})


def test_a_message_below_an_article_says_which_article() -> None:
    """It is a message and a view of the article: two events with ids of their own."""
    first, second = said(TEXT.replace("</xml>", "<MsgDataId>2650000001</MsgDataId><Idx>1</Idx></xml>"))
    assert (first["type"], second["type"], second["kind"]) == ("message.received", "touchpoint.captured", "page_viewed")
    assert second["attribution"] == {"article": "2650000001_1"}
    assert first["id"] != second["id"]


def test_each_template_is_answered_for_itself() -> None:
    """A dialog with several templates says several consents, in XML and in JSON alike."""
    items = [("T1", "accept"), ("T2", "reject"), ("T3", "ban")]
    listed = "".join(
        f"<List><TemplateId>{one}</TemplateId><SubscribeStatusString>{yes}</SubscribeStatusString></List>"
        for one, yes in items
    )
    xml = event("subscribe_msg_popup_event", f"<SubscribeMsgPopupEvent>{listed}</SubscribeMsgPopupEvent>")
    as_json = {"FromUserName": "oA", "CreateTime": 1767242700, "MsgType": "event", "Event": "subscribe_msg_popup_event"}
    as_json["List"] = [{"TemplateId": one, "SubscribeStatusString": yes} for one, yes in items]
    for told in (said(xml), said(json.dumps(as_json))):
        assert [(one["scope"], one["change"]) for one in told] == [
            ("T1", "messages_allowed"),
            ("T2", "messages_refused"),
            ("T3", "messages_refused"),
        ]
        assert len({one["id"] for one in told}) == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("success", "notice_delivered"),
        ("failed:user block", "notice_failed"),
        ("failed: system failed", "notice_failed"),
        ("", "notice_failed"),
    ],
)
def test_only_success_delivers_a_template(status: str, kind: str) -> None:
    """TEMPLATESENDJOBFINISH names the message by MsgID and says what became of it."""
    (told,) = said(event("TEMPLATESENDJOBFINISH", f"<MsgID>2000001</MsgID><Status>{status}</Status>"))
    assert (told["kind"], told["object_id"]) == (kind, "2000001")


def test_what_became_of_a_subscribed_notice() -> None:
    """subscribe_msg_sent_event is a delivery, not a consent; code 0 alone is a success."""
    items = "".join(f"<List><MsgID>{n}</MsgID><ErrorCode>{n}</ErrorCode></List>" for n in (0, 43101))
    told = said(event("subscribe_msg_sent_event", f"<SubscribeMsgSentEvent>{items}</SubscribeMsgSentEvent>"))
    assert [(one["kind"], one["object_id"]) for one in told] == [("notice_delivered", "0"), ("notice_failed", "43101")]


def test_a_notice_of_an_open_platform_tells_no_secret() -> None:
    """Tickets and authorisation codes stay in the inbox; an ended authorisation is urgent."""
    secret = "<AuthorizationCode>SECRET</AuthorizationCode><ComponentVerifyTicket>SECRET</ComponentVerifyTicket>"
    for notice, urgent in (("unauthorized", True), ("component_verify_ticket", False), ("authorized", False)):
        (told,) = said(f"<xml><InfoType>{notice}</InfoType><AuthorizerAppid>wx1</AuthorizerAppid>{secret}</xml>")
        assert (told["kind"], told["urgent"], told["subject_id"]) == ("authorization", urgent, "wx1")
        assert "SECRET" not in json.dumps(told)


def test_a_withdrawal_is_about_the_person_that_it_names() -> None:
    """FromUserName of a privacy event is the platform; OpenID is who withdrew."""
    (told,) = said(event("user_authorization_revoke", "<OpenID>oB</OpenID><RevokeInfo>1,4</RevokeInfo>"))
    assert (told["person_id"], told["change"], told["scope"]) == ("oB", "revoked", "1,4")
    (told,) = said(event("user_authorization_cancellation", "<OpenID>oB</OpenID>"))
    assert (told["person_id"], told["change"]) == ("oB", "erasure_asked")
    with pytest.raises(NotUnderstood):
        said(event("user_authorization_cancellation"))


def test_words_and_places_stay_out_of_events() -> None:
    """What a follower wrote is content; where they are and what they scanned is in no event at all."""
    (draft,) = inbound.events(stored("official_account", TEXT.encode()))
    assert draft.content == {"schema": 1, "kind": "text", "text": "x", "source_time": "1767242700"}
    (place,) = said(event("LOCATION", "<Latitude>31.2304</Latitude><Longitude>121.4737</Longitude>"))
    info = "<ScanCodeInfo><ScanResult>SN-0001</ScanResult></ScanCodeInfo>"
    (scan,) = said(event("scancode_push", f"<EventKey>M</EventKey>{info}"))
    assert not [word for word in ("31.2304", "121.4737", "SN-0001") if word in json.dumps([place, scan])]


def test_a_mass_message_that_failed_says_so() -> None:
    """MASSSENDJOBFINISH is a job: sent, or failed for any other word."""
    for status, ours in (("send success", "sent"), ("send fail", "failed"), ("err(10001)", "failed")):
        (told,) = said(event("MASSSENDJOBFINISH", f"<MsgID>9</MsgID><Status>{status}</Status>"))
        assert (told["kind"], told["status"], told["subject_id"]) == ("job", ours, "9")


@pytest.mark.parametrize(("told", "at"), [("1767242700", "2026-01-01T04:45:00"), ("0", ""), ("-1", ""), ("x", "")])
def test_the_platforms_time_is_told_or_left_out(told: str, at: str) -> None:
    """Seconds of its own clock; what is no time, and the 0 that stands for none, is not made one."""
    (event_,) = said(event("CLICK", "<EventKey>k</EventKey>").replace("1767242700", told))
    assert str(event_["source_at"] or "").startswith(at)
    assert bool(event_["source_at"]) == bool(at)


def test_a_long_menu_url_is_cut_and_not_lost() -> None:
    """An EventKey of 3000 characters is still a view of a link."""
    (told,) = said(event("VIEW", f"<EventKey>https://example.com/{'a' * 3000}</EventKey>"))
    assert (told["kind"], len(told["object_id"])) == ("link_viewed", inbound.OBJECT_LIMIT_CHARS)


def test_the_shared_echo_refuses_what_is_no_echo() -> None:
    """Whatever a signed GET carries, only a short plain word comes back."""
    for echo in ("", "a b", "x" * 129, "\r\nSet-Cookie: a=b"):
        with pytest.raises(Rejected):
            DOOR.accept(Delivery("GET", {**plain("").query, "echostr": echo}), KNOWN)
