"""What every platform's client does the same way: one call whose failures are ours, where tokens come from, what each
error code means on this platform, and how many calls it allows.

Tokens and signatures travel in query strings, so no error here carries a URL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hub.channels.base import Settings
from hub.channels.parsing import parse_json
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Retry
from hub.kernel.platforms import PlatformGone, PlatformMisconfigured, PlatformRefused

if TYPE_CHECKING:
    import requests

__all__ = [
    "TIMEOUT_SECONDS",
    "ApiClient",
    "Budget",
    "ErrorTable",
    "PlatformGone",
    "PlatformMisconfigured",
    "PlatformRefused",
    "Token",
    "TokenSource",
    "count_of",
    "exchange",
    "expect",
    "expect_object",
    "expect_rows",
]

TIMEOUT_SECONDS = (3.05, 10.0)
TOO_MANY = 429
THROTTLED_SECONDS = 60
"""A platform that says 429 is left alone for so long."""


class Token(NamedTuple):
    """An access token, the life that the platform gives it (it may die earlier), and what renews it ("" nothing)."""

    value: str
    expires_in_seconds: int
    renewal: str = ""


class TokenSource(Protocol):
    """Who keeps the access token. force: the last one answered is refused by the platform, get a new one."""

    def get(self, force: bool) -> str: ...


class Budget(Protocol):
    """How many calls a platform allows (hub.store.limits)."""

    def take(self, api: str) -> None:
        """Before a call. Raises Retry with the seconds to wait when it would be one too many."""

    def done(self, api: str) -> None:
        """After its answer, or its failure."""


@dataclass(frozen=True)
class ErrorTable:
    """What one platform's error codes mean; the same code means other things elsewhere.

    stale_token: renew the token once and call again. retry_after_seconds: passing. misconfigured: an operator has to
    act. gone: this receiver or thing can't be reached. Any other code but `success` is a refusal.
    """

    channel: str
    success: frozenset[str] = frozenset({"0"})
    stale_token: frozenset[str] = frozenset()
    retry_after_seconds: Mapping[str, int] = field(default_factory=dict)
    misconfigured: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()

    def raise_for(self, code: object, **facts: object) -> None:
        """Nothing for success. Raises Retry, PlatformMisconfigured, PlatformGone or PlatformRefused."""
        text = str(code)
        if text in self.success:
            return
        if text in self.retry_after_seconds or text in self.stale_token:
            after_seconds = self.retry_after_seconds.get(text, 30)
            raise Retry(self.channel, after_seconds=after_seconds, errcode=code, **facts)
        kind = PlatformMisconfigured if text in self.misconfigured else PlatformRefused
        raise (PlatformGone if text in self.gone else kind)(self.channel, errcode=code, **facts)


class ApiClient:
    """What a platform's client stands on. Subclasses are named `Client` and set `CHANNEL`, `BASE_URL` and `ERRORS`.
    OWN_ADDRESS: they call an address that the tenant gave us, by the `gateway` that they are made with.

    settings: the connection's. tokens: None where the calls need none. wall_now: real time, which many platforms want
    signed. budget: None where the platform names no limit.
    """

    CHANNEL = ""
    BASE_URL = ""
    ERRORS = ErrorTable("")
    OWN_ADDRESS = False

    def __init__(
        self,
        settings: Settings,
        tokens: TokenSource | None = None,
        *,
        wall_now: Callable[[], datetime],
        base_url: str = "",
        session: requests.Session | None = None,
        timeout: tuple[float, float] = TIMEOUT_SECONDS,
        budget: Budget | None = None,
    ) -> None:
        self.settings = settings
        self.wall_now = wall_now
        self._tokens = tokens
        self._base_url = (base_url or self.BASE_URL).rstrip("/")
        self._session = session or _new_session()
        self._timeout = timeout
        self._budget = budget

    def token(self, force: bool = False) -> str:
        """The access token. Raises PlatformMisconfigured when this client was given no source of them."""
        if self._tokens is None:
            raise PlatformMisconfigured(self.CHANNEL, reason="no source of tokens")
        return self._tokens.get(force)

    def exchange(self, method: str, path: str, *, api: str = "", **request: Any) -> Any:
        """One call, and the JSON that came back. api: its name in the platform's limits (default: the path).

        Raises Retry: `<channel>-unreachable` (no answer, or an HTTP error), `<channel>-unreadable` (no JSON).
        """
        name = api or path
        if self._budget is not None:
            self._budget.take(name)
        try:
            return exchange(self._session, self.CHANNEL, method, self._base_url, path, timeout=self._timeout, **request)
        finally:
            if self._budget is not None:
                self._budget.done(name)

    def with_token(
        self,
        call: Callable[[str], Mapping[str, Any]],
        code_of: Callable[[Mapping[str, Any]], object],
        facts_of: Callable[[Mapping[str, Any]], Mapping[str, object]] = lambda _: {},
    ) -> Any:
        """`call(token)`; a token that died early is renewed once. Raises what the error table says of its code.

        facts_of: what else an error should say, such as the platform's own words; never a secret.
        """
        answer = call(self.token())
        if str(code_of(answer)) in self.ERRORS.stale_token:
            answer = call(self.token(force=True))
        self.ERRORS.raise_for(code_of(answer), **facts_of(answer))
        return answer


def _new_session() -> requests.Session:
    import requests  # a room that holds clients calls no platform on most of its starts

    return requests.Session()


def exchange(session: requests.Session, channel: str, method: str, base_url: str, path: str, **request: Any) -> Any:
    """One call, and the JSON that came back. Raises Retry: `<channel>-unreachable`, `-unreadable`, `-throttled`."""
    import requests  # as above

    try:
        response = session.request(method, base_url + path, allow_redirects=False, **request)
        if response.status_code == TOO_MANY:
            raise Retry(f"{channel}-throttled", after_seconds=THROTTLED_SECONDS, path=path)
        answer = parse_json(response.content, parse_int=int, parse_float=str)  # amounts stay the text that they were
    except requests.RequestException as failure:
        raise Retry(f"{channel}-unreachable", path=path, failure=type(failure).__name__) from None
    except (ValueError, RecursionError):
        raise Retry(f"{channel}-unreadable", path=path, status=response.status_code) from None
    if response.status_code >= 400 and not isinstance(answer, dict):
        raise Retry(f"{channel}-unreadable", path=path, status=response.status_code)
    if response.status_code >= 500:
        raise Retry(f"{channel}-unreachable", path=path, status=response.status_code)
    return answer


def expect(channel: str, answer: Any, path: str, *names: str) -> Any:
    """The value at `names` in an answer. Raises Retry(`<channel>-unreadable`) where the answer has another shape."""
    for name in names:
        if not isinstance(answer, Mapping) or name not in answer:
            raise Retry(f"{channel}-unreadable", path=path, missing=name)
        answer = answer[name]
    return answer


def expect_object(channel: str, answer: Any, path: str, *names: str) -> Mapping[str, Any]:
    """The object at `names` in an answer. Raises Retry(`<channel>-unreadable`) where there is another thing."""
    value = expect(channel, answer, path, *names)
    if not isinstance(value, Mapping):
        raise Retry(f"{channel}-unreadable", path=path)
    return value


def expect_rows(channel: str, answer: Any, path: str, *names: str) -> list[Any]:
    """The list at `names` in an answer, whatever stands in it; null is an empty one. Raises Retry as `expect`."""
    rows = expect(channel, answer, path, *names)
    if rows is not None and not isinstance(rows, list):
        raise Retry(f"{channel}-unreadable", path=path)
    return rows or []


def count_of(channel: str, answer: Any, path: str, name: str) -> int:
    """The whole number at `name`, told as a number or as text; a page that doesn't say how many there are is no last
    page. Raises Retry(`<channel>-unreadable`)."""
    count = expect(channel, answer, path, name)
    if isinstance(count, bool) or not str(count).isdecimal():
        raise Retry(f"{channel}-unreadable", path=path, field=name)
    return int(str(count))
