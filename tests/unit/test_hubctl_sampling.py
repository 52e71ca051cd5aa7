"""Samples are sent to any URL, signed so that the channel's own door takes them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from hub.channels.base import Delivery
from hub.channels.registry import codec, inbound, inbound_channels, samples
from hub.channels.samples import sample_names
from hubctl.failures import OperatorError
from hubctl.market_orders import ORDERS
from hubctl.platforms.app import make_double
from hubctl.sampling import Target, find_target, send_sample
from tests.channels.support import payload, stored

TEXT = "冰柜 & 空调 100% 不制冷"


@dataclass
class Listener:
    """Any web server: it keeps what came, and answers the same each time."""

    url: str = ""
    came: list[Delivery] = field(default_factory=list)
    answer: tuple[int, bytes] = (200, "收到".encode())


@pytest.fixture(scope="module")
def server() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(url.query, keep_blank_values=True))
            listener.came.append(Delivery("POST", query, headers, body, at=time.time(), path=url.path))
            self.send_response(listener.answer[0])
            self.end_headers()
            self.wfile.write(listener.answer[1])

        def log_message(self, *args: object) -> None:
            """Nothing: the test says what it sees."""

    http = HTTPServer(("127.0.0.1", 0), Handler)
    listener.url = f"http://127.0.0.1:{http.server_port}"
    Thread(target=http.serve_forever, daemon=True).start()
    yield listener
    http.shutdown()
    http.server_close()


def settings(channel: str) -> dict[str, Any]:
    known: dict[str, Any] = payload(f"{channel}_examples")["settings"]
    return known


@pytest.mark.parametrize("channel", inbound_channels())
def test_every_sample_of_a_channel_passes_its_door_over_http(channel: str, server: Listener) -> None:
    """Signed with fresh time and numbers, carried by a real request: the plaintext is stored as it was shown, and no
    two are repeats."""
    target, keys = Target(f"{server.url}/webhooks/{channel}/con_1", settings(channel)), []
    for one in samples(channel):
        answered = send_sample(channel, one["name"], target, TEXT)
        (message,) = codec(channel).accept(server.came[-1], settings(channel)).messages
        assert (answered.status, answered.body) == (200, "收到")
        assert answered.plaintext == message.plaintext.decode()
        assert answered.url.startswith(target.url)
        keys.append(message.dedupe_key)
    assert len(set(keys)) == len(samples(channel))


@pytest.mark.parametrize("channel", ORDERS)
def test_the_double_knows_the_order_before_its_push_speaks_of_it(channel: str, server: Listener) -> None:
    """To the hub that runs here a push goes after its double was told of a paid order with the very number in it."""
    target = Target(f"{server.url}/webhooks/{channel}/con_1", settings(channel), platforms_url=server.url)
    send_sample(channel, ORDERS[channel].push, target, TEXT)
    control, push = server.came[-2:]
    (message,) = codec(channel).accept(push, settings(channel)).messages
    (draft,) = inbound(channel).events(stored(channel, message.plaintext, account=message.account))
    event: Any = draft.event
    assert (event.type, control.path) == ("order.touched", f"/_control/{channel}/orders")
    assert event.order_no in control.body.decode()
    double = make_double(channel, [settings(channel)])
    assert double is not None
    assert double.control("orders", json.loads(control.body)).status == 200


def test_the_words_are_those_that_were_given(server: Listener) -> None:
    """What a person says in the sample is said in the message's content."""
    send_sample("open", "message.created", Target(server.url, settings("open")), TEXT)
    (message,) = codec("open").accept(server.came[-1], settings("open")).messages
    (draft,) = inbound("open").events(stored("open", message.plaintext))
    assert draft.content
    assert draft.content["text"] == TEXT


def test_a_sample_that_is_sent_twice_is_two_messages(server: Listener) -> None:
    """Each has a number of its own, so the second is no repeat."""
    target = Target(server.url, settings("wecom"))
    name = sample_names("wecom")[0]
    first, second = (send_sample("wecom", name, target, TEXT) for _ in range(2))
    assert first.plaintext != second.plaintext


def test_a_path_that_the_settings_name_is_signed_instead_of_the_urls(server: Listener) -> None:
    """Behind a proxy the platform signs the path that it called, not the one that arrives."""
    known = {**settings("xiaohongshu"), "push_path": "/public/hook"}
    name = sample_names("xiaohongshu")[0]
    send_sample("xiaohongshu", name, Target(f"{server.url}/inner/hook", known), TEXT)
    assert server.came[-1].path == "/inner/hook"
    assert codec("xiaohongshu").accept(server.came[-1], known).messages


def test_a_refusal_is_told_as_it_was_said(server: Listener) -> None:
    """Status and words of whoever answers, a refusal among them."""
    before, server.answer = server.answer, (401, b'{"error":"not-verified"}')
    answered = send_sample("open", "message.created", Target(server.url, settings("open")), TEXT)
    server.answer = before
    assert (answered.status, answered.body) == (401, '{"error":"not-verified"}')


@pytest.mark.parametrize("channel", ["nosuch", "dingtalk"])
def test_a_channel_without_samples_is_refused_with_those_that_have_some(channel: str) -> None:
    """Unknown, or one that only sends."""
    with pytest.raises(OperatorError, match="choose from wecom, "):
        send_sample(channel, "x", Target("http://127.0.0.1:9", {}), TEXT)


def test_an_unknown_sample_is_refused_with_those_that_there_are() -> None:
    """The names are those of the channel's samples.json."""
    with pytest.raises(OperatorError, match=r"open has no sample 'x': choose from message\.created, "):
        send_sample("open", "x", Target("http://127.0.0.1:9", settings("open")), TEXT)


@pytest.mark.parametrize("channel", inbound_channels())
def test_settings_that_cannot_sign_are_named(channel: str) -> None:
    """Nothing is sent with empty settings: an error says what is missing, by pointer or name."""
    with pytest.raises(OperatorError, match=f"these settings cannot sign for {channel}: .+"):
        send_sample(channel, sample_names(channel)[0], Target("http://127.0.0.1:9", {}), TEXT)


def test_an_optional_setting_that_signing_needs_is_named() -> None:
    """A marketplace that is pulled needs no relay's secret, until a relay's message is to be signed."""
    known = {name: value for name, value in settings("taobao").items() if name != "relay_secret"}
    with pytest.raises(OperatorError, match=r"cannot sign for taobao: /relay_secret must be given$"):
        send_sample("taobao", sample_names("taobao")[0], Target("http://127.0.0.1:9", known), TEXT)


@pytest.mark.parametrize("channel", inbound_channels())
def test_settings_that_are_no_texts_are_an_error_in_words(channel: str) -> None:
    """A number where a text belongs never ends in a traceback."""
    for name in settings(channel):
        with pytest.raises(OperatorError):
            send_sample(
                channel, sample_names(channel)[0], Target("http://127.0.0.1:9", {**settings(channel), name: 7}), TEXT
            )


@pytest.mark.parametrize(
    "url", ["localhost:8000", "http://", "http://[", "http://[::1", "http://h:99999/", "http://h:x/", "http://a b/"]
)
def test_a_url_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    """Before anything is signed: no scheme, no host, a bracket that never closes, a port that is none, a blank."""
    path = tmp_path / "settings.json"
    path.write_text('{"secret": "mine"}', encoding="utf-8")
    with pytest.raises(OperatorError, match=re.escape(f"{url!r} is no URL")):
        find_target("open", url, path, tmp_path / "none.json")


def test_empty_settings_are_given_settings(tmp_path: Path) -> None:
    """Whoever gives an empty file is told what is missing in it, not that no hub runs here."""
    path = tmp_path / "settings.json"
    path.write_text("{}", encoding="utf-8")
    assert find_target("open", "http://else", path, tmp_path / "none.json") == Target("http://else", {})


@pytest.mark.parametrize(
    ("url", "said"),
    [("", "give --to URL and --settings FILE (its"), ("http://captured", "is known here: give --settings FILE (its")],
)
def test_where_no_hub_runs_only_what_is_missing_is_asked_for(tmp_path: Path, url: str, said: str) -> None:
    """A URL that was given is not asked for again; `hubctl decode` has no --to at all."""
    with pytest.raises(OperatorError, match=re.escape(said)):
        find_target("open", url, None, tmp_path / "none.json")


def test_a_url_that_does_not_answer_is_named() -> None:
    """One line, and no traceback of the HTTP library."""
    with pytest.raises(OperatorError, match=r"http://127\.0\.0\.1:9 does not answer: ConnectionError"):
        send_sample("open", "message.created", Target("http://127.0.0.1:9", settings("open")), TEXT)


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """What a hub that runs here says of itself."""
    path = tmp_path / "ready.json"
    one = {"id": "con_1", "channel": "open", "webhook_url": "http://hub/1", "settings": {"secret": "s1"}}
    other = {**one, "id": "con_2", "webhook_url": "http://hub/2"}
    path.write_text(json.dumps({"connections": [one, other]}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("url", "connection", "where"),
    [("", "", "http://hub/1"), ("", "con_2", "http://hub/2"), ("http://else", "", "http://else")],
)
def test_a_target_is_the_running_hubs_unless_it_is_given(ready: Path, url: str, connection: str, where: str) -> None:
    """The first connection of the channel, the one that is named, or another URL with its settings."""
    assert find_target("open", url, None, ready, connection) == Target(where, {"secret": "s1"})


def test_a_target_can_be_given_whole(tmp_path: Path) -> None:
    """URL and settings file: no hub needs to run."""
    path = tmp_path / "settings.json"
    path.write_text('{"secret": "mine"}', encoding="utf-8")
    assert find_target("open", "http://else", path, tmp_path / "none.json") == Target("http://else", {"secret": "mine"})


@pytest.mark.parametrize(("channel", "connection"), [("wecom", ""), ("open", "con_9")])
def test_without_a_connection_it_says_what_to_give(ready: Path, channel: str, connection: str) -> None:
    """No connection of that channel, or none of that id."""
    with pytest.raises(OperatorError, match="give --to URL and --settings FILE"):
        find_target(channel, "", None, ready, connection)


@pytest.mark.parametrize("text", ["", "[]", "{", "7", '"secret"'])
def test_a_settings_file_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    """The error names the file and its form."""
    path = tmp_path / "settings.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OperatorError, match=r"settings\.json must hold the connection's settings as a JSON object"):
        find_target("open", "http://else", path, tmp_path / "none.json")


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_ready_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """Half-written, or somebody else's."""
    path = tmp_path / "ready.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OperatorError, match=r"ready\.json is not what"):
        find_target("open", "", None, path)
