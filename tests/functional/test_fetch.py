"""The guarded way out: over a real socket and real TLS, to the address that was checked and to no other."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hub.edge.fetch import ANSWER_LIMIT_BYTES, Fetcher, PrivateAddress, Unanswered, parse_url
from hub.kernel.errors import Invalid
from tests.support.certificates import make_certificate

NAME, PUBLIC = "hooks.example.com", "93.184.216.34"


@dataclass
class Site:
    """A server on loopback, that a name with a public address leads to."""

    port: int
    certificate: Path
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    dialled: list[str] = field(default_factory=list)

    def fetcher(self, *addresses: str, limit_seconds: float = 5.0) -> Fetcher:
        """A way out for which NAME has these addresses."""

        def dial(address: tuple[str, int], timeout: float | None) -> socket.socket:
            self.dialled.append(address[0])
            return socket.create_connection(("127.0.0.1", self.port), timeout)

        trusted = ssl.create_default_context(cafile=str(self.certificate))
        names = addresses or (PUBLIC,)
        return Fetcher(resolve=lambda _host, _port: names, dial=dial, tls=lambda: trusted, limit_seconds=limit_seconds)


@pytest.fixture(scope="module", name="certificate")
def _certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), NAME)


@contextmanager
def serving(certificate: Path, tls: bool = True) -> Iterator[Site]:
    """Answers by the path: /moved redirects, /long answers without end, /drip a byte at a time, /silent not at all."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            site.requests.append((self.path, self.headers["host"], body))
            if self.path == "/silent":
                time.sleep(2)
                return
            self.send_response(307 if self.path == "/moved" else 200)
            self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()
            if self.path == "/long":
                self.wfile.write(b"x" * 3 * ANSWER_LIMIT_BYTES)
            for _ in range(20 if self.path == "/drip" else 0):
                self.wfile.write(b".")
                self.wfile.flush()
                time.sleep(0.1)

        def log_message(self, *_: object) -> None: ...

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that hangs up is no error here
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    site = Site(server.server_address[1], certificate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module", name="site")
def _site(certificate: Path) -> Iterator[Site]:
    with serving(certificate) as site:
        yield site


def test_it_posts_to_the_address_that_was_checked_under_the_name(site: Site) -> None:
    """The name is looked up once and stays what TLS and Host say."""
    answer = site.fetcher().post(f"https://{NAME}:8443/hook?a=1", b"{}", {"X-One": "1"})
    assert (answer.status, site.dialled[-1]) == (200, PUBLIC)
    assert site.requests[-1] == ("/hook?a=1", f"{NAME}:8443", b"{}")


def test_a_certificate_of_another_name_is_refused(site: Site) -> None:
    """TLS verifies the name of the URL, not the address."""
    with pytest.raises(Unanswered) as refused:
        site.fetcher().post("https://other.example.com/hook", b"{}", {})
    assert refused.value.reason == "tls"


def test_a_redirect_is_an_answer_not_a_way(site: Site) -> None:
    """Nothing goes to where it points."""
    before = len(site.requests)
    assert site.fetcher().post(f"https://{NAME}/moved", b"{}", {}).status == 307
    assert len(site.requests) == before + 1


def test_of_a_long_answer_64_kb_are_kept(site: Site) -> None:
    """The rest is not read."""
    assert len(site.fetcher().post(f"https://{NAME}/long", b"{}", {}).body) == ANSWER_LIMIT_BYTES


@pytest.mark.parametrize("path", ["/silent", "/drip"])
def test_all_of_it_ends_in_time(site: Site, path: str) -> None:
    """Whether the other side says nothing or a byte now and then."""
    begun = time.monotonic()
    with pytest.raises(Unanswered) as late:
        site.fetcher(limit_seconds=0.3).post(f"https://{NAME}{path}", b"{}", {})
    assert late.value.reason == "timeout"
    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1"),
        *("::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "fec0::1"),
    ],
)
def test_an_address_that_is_not_public_is_never_called(site: Site, address: str) -> None:
    """Nor is one beside it that would be: who controls the name may pick."""
    before = len(site.dialled)
    for addresses in ((address,), (PUBLIC, address)):
        with pytest.raises(PrivateAddress):
            site.fetcher(*addresses).post(f"https://{NAME}/hook", b"{}", {})
        with pytest.raises(PrivateAddress):
            site.fetcher(*addresses).check(f"https://{NAME}/hook")
    assert len(site.dialled) == before


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/", "ftp://example.com/", "https://", "https:///x", "example.com", ""),
        *("https://me:secret@example.com/", "https://me@example.com/", "https://example.com/#x", "https://a b/"),
        *("https://example.com:0/", "https://example.com:99999/", "https://exa\\mple.com/", "https://例子.cn/"),
        "https://example.com/" + "x" * 2000,
    ],
)
def test_a_url_that_is_none_of_ours_is_refused_with_its_place(url: str) -> None:
    """https alone, without credentials, fragments, blanks or what two parsers read differently."""
    with pytest.raises(Invalid) as refused:
        parse_url(url)
    assert [problem.pointer for problem in refused.value.problems] == ["/url"]


@pytest.mark.parametrize("host", ["0x7f.1", "2130706433", "127.1", "[::ffff:127.0.0.1]", "[::1]"])
def test_an_address_in_disguise_is_none(host: str) -> None:
    """However loopback is spelt, the resolver's own answer decides."""
    with pytest.raises((PrivateAddress, Invalid)):
        Fetcher().check(f"https://{host}/")


def test_a_name_without_an_address_is_refused_at_once() -> None:
    """At registration; at delivery it is unanswered."""

    def nothing(_host: str, _port: int) -> tuple[str, ...]:
        raise OSError("no such host")

    with pytest.raises(Invalid):
        Fetcher(resolve=nothing).check("https://nowhere.example/")
    with pytest.raises(Unanswered) as unresolved:
        Fetcher(resolve=nothing).post("https://nowhere.example/", b"", {})
    assert unresolved.value.reason == "unresolved"


def test_a_resolver_that_hangs_does_not_hang_us() -> None:
    """It is left behind at the deadline."""
    with pytest.raises(Unanswered):
        Fetcher(resolve=lambda _h, _p: time.sleep(1) or (PUBLIC,), limit_seconds=0.1).post(
            "https://a.example/", b"", {}
        )  # type: ignore[func-returns-value]


def test_where_the_hub_runs_on_one_machine_http_to_that_machine_is_allowed(certificate: Path) -> None:
    """And to no other."""
    with serving(certificate, tls=False) as site:
        assert Fetcher(loopback=True).post(f"http://127.0.0.1:{site.port}/hook", b"{}", {}).status == 200
        with pytest.raises(Invalid):
            Fetcher().post(f"http://127.0.0.1:{site.port}/hook", b"{}", {})
    with pytest.raises(PrivateAddress):
        Fetcher(loopback=True, resolve=lambda _h, _p: ("10.0.0.1",)).check("http://hooks.example.com/")
    with pytest.raises(PrivateAddress):
        Fetcher(loopback=True, resolve=lambda _h, _p: (PUBLIC,)).check("http://hooks.example.com/")


def test_where_nobody_listens_it_says_so() -> None:
    """A port that is closed."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(Unanswered) as refused:
        Fetcher(loopback=True).post(f"http://127.0.0.1:{port}/", b"", {})
    assert refused.value.reason == "unreachable"
