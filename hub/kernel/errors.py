"""The one error tree. An error carries facts, not prose; `hub.edge` turns it into an answer by its type.

HubError
├── Refuse                the sender's fault: a 4xx, never retried
│   ├── Malformed         400  cannot be read at all (broken JSON, wrong content type)
│   ├── Unauthenticated   401  who are you? (missing, expired or forged credentials)
│   ├── Forbidden         403  known, but not allowed; or a delivery that does not verify
│   ├── NotFound          404
│   ├── NotAllowed        405  the path exists, the method does not
│   ├── Conflict          409  the thing has moved on: another version, another state
│   │   └── Stale         409  another version than the sender saw: `differences`, field by field
│   ├── TooLarge          413
│   ├── Invalid           422  readable, but fields are wrong: `problems` names each by JSON pointer
│   └── TooMany           429  more than a caller may ask in a minute: again after `after_seconds`
├── Retry                 503  passing: try again after `after_seconds`
└── Broken                500  a bug of ours: alarm
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.kernel.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong field.

    pointer: RFC 6901 JSON pointer into the body ("" is the whole body), or "query:limit", "header:Idempotency-Key".
    rule: what it must be, in plain English, e.g. "must be one of: low, normal, urgent".
    """

    pointer: str
    rule: str


class HubError(Exception):
    """Base of every error the hub raises on purpose.

    code: a stable kebab-case name; it ends the problem+json `type` URI.
    facts: ids and values that say what happened. Never secrets, never bodies.
    """

    code = "error"

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts

    def __str__(self) -> str:
        facts = " ".join(f"{name}={value}" for name, value in self.facts.items())
        return " ".join(part for part in (self.code, self.detail, facts) if part)


class Refuse(HubError):
    """The sender's fault: answered with a 4xx and never retried."""

    code = "refused"


class Malformed(Refuse):
    """400: the request cannot be read at all."""

    code = "malformed"


class Unauthenticated(Refuse):
    """401: no credentials, or credentials that do not hold."""

    code = "unauthenticated"


class Forbidden(Refuse):
    """403: known, but not allowed."""

    code = "forbidden"


class NotFound(Refuse):
    """404."""

    code = "not-found"


class NotAllowed(Refuse):
    """405: this path has no such method."""

    code = "method-not-allowed"


class Conflict(Refuse):
    """409: the thing has moved on since the sender looked."""

    code = "conflict"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a thing that has moved on. pointer: RFC 6901, into the thing as it is shown. seen: as it was in the
    version that the sender saw; yours: as they want it; now: as it is. Each None where nobody knows, or nothing is."""

    pointer: str
    seen: object = None
    yours: object = None
    now: object = None


class Stale(Conflict):
    """409: the sender saw another version. differences: where it is known what has changed since; the edge reads it
    from the thing itself where nobody says."""

    def __init__(
        self, detail: str = "it has changed since", differences: Sequence[Difference] = (), **facts: object
    ) -> None:
        super().__init__(detail, **facts)
        self.differences = tuple(differences)


class TooLarge(Refuse):
    """413."""

    code = "too-large"


class Invalid(Refuse):
    """422: readable, but fields are wrong. `problems` names every one of them."""

    code = "invalid"

    def __init__(self, detail: str = "", problems: Sequence[Problem] = (), **facts: object) -> None:
        super().__init__(detail, **facts)
        self.problems = tuple(problems)


class TooMany(Refuse):
    """429: more than this caller may ask for now. Again after `after_seconds`."""

    code = "too-many"

    def __init__(self, detail: str = "", after_seconds: int = 1, **facts: object) -> None:
        super().__init__(detail, **facts)
        self.after_seconds = after_seconds


class Retry(HubError):
    """503: passing (a throttle, a time-out, a lost race). Safe to do again after `after_seconds`."""

    code = "try-again"

    def __init__(self, detail: str = "", after_seconds: int = 1, **facts: object) -> None:
        super().__init__(detail, **facts)
        self.after_seconds = after_seconds


class Broken(HubError):
    """500: a bug of ours; it raises an alarm."""

    code = "broken"
