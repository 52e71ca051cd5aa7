"""A sale's peak on a simulated account: many clients at the door, functions that die, and a queue that brings again
what they had in hand."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from functions.tickets import app as tickets
from functions.webhooks import app
from functions.webhooks.accept import Door
from functions.webhooks.handlers import changes
from hub.edge.aws import Clients
from hub.store.inbox import Inbox
from tests.support.aws import account
from tests.support.hosts import host_of
from tests.support.http import Context, call, sqs_batch
from tests.support.tickets import ESCALATION, Stage, World, as_
from tests.support.turns import clients_of
from tests.support.webhooks import WECOM, Stack, deliver, wecom_text

SEED, FAULTY_SHARE = 20261111, 0.2
BATCH, RECEIVES_MAX, WORKERS = 10, 8, 5
TRIES_MAX = 20


class Death(BaseException):
    """A function's process ends here: nothing after it runs."""


@dataclass
class Lambdas:
    """Functions of which every fifth call dies: before one of its calls to AWS, or after it."""

    random: Random = field(default_factory=lambda: Random(SEED))
    calls: int = 0
    died: int = 0
    _fate: threading.local = field(default_factory=threading.local)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, function: Callable[[], Any]) -> Any:
        """What the function answers, None where it died."""
        with self._lock:
            self.calls += 1
            doomed = self.random.random() < FAULTY_SHARE
            self._fate.left, self._fate.after = self.random.randrange(1, 4), self.random.random() < 0.5
        self._fate.left = self._fate.left if doomed else 0
        try:
            answer = function()
            if self._fate.left:  # it made fewer calls: it dies with its work done, and nobody hears of it
                raise Death
        except Death:
            with self._lock:
                self.died += 1
            return None
        else:
            return answer
        finally:
            self._fate.left = 0

    def around(self, call_aws: Callable[[], Any]) -> Any:
        """One call to AWS of the function that runs in this thread."""
        left = getattr(self._fate, "left", 0)
        self._fate.left = max(0, left - 1)
        if left != 1:
            return call_aws()
        if self._fate.after:
            call_aws()
        raise Death


class Mortal:
    """A client whose calls may be a function's last."""

    def __init__(self, client: Any, lambdas: Lambdas) -> None:
        self._client, self._lambdas = client, lambdas

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._client, name)
        if name not in self._client.meta.method_to_api_mapping:
            return value
        return lambda **request: self._lambdas.around(lambda: value(**request))


@dataclass
class Peak:
    """The door and the queue behind it, under load. answers: what the clients heard."""

    stack: Stack
    lambdas: Lambdas = field(default_factory=Lambdas)
    answers: Counter[int] = field(default_factory=Counter)
    dead_letters: int = 0

    def post_all(self, posts: int, clients: int) -> None:
        """So many posts from clients that come again until they hear success, as a platform does."""
        make = clients_of(self.stack.session)
        dynamodb = Mortal(make("dynamodb"), self.lambdas)
        plain = self.stack.door()
        inbox = Inbox(plain.inbox.table, dynamodb, plain.inbox.tenant)
        door = Door(plain.secrets, inbox, plain.queue, plain.tally_url, plain.clock)
        with ThreadPoolExecutor(clients) as pool:
            for statuses in pool.map(lambda number: self._post(door, number), range(posts)):
                self.answers.update(statuses)

    def _post(self, door: Door, number: int) -> list[int]:
        event = deliver(WECOM, wecom_text("你好", f"p{number}", f"wmPeak{number % 97}"))
        heard: list[int] = []
        while len(heard) < TRIES_MAX:
            answer = self.lambdas.run(lambda: door.answer(event))
            heard.append(answer["statusCode"] if answer else 500)
            if heard[-1] == 200:
                break
        return heard

    def drain(self) -> None:
        """Everything that the stream tells is handed to functions side by side; what one had in hand when it died comes
        again, eight times at most."""
        session, make = self.stack.session, clients_of(self.stack.session)
        clients = Clients(lambda service: Mortal(make(service), self.lambdas))
        host = host_of(app.room, session, self.stack.clock)
        host.client = clients
        app.room.install(host)
        queue = deque((body, 1) for body in self.stack.changes())
        while queue:
            batches = [[queue.popleft() for _ in range(min(BATCH, len(queue)))] for _ in range(WORKERS) if queue]
            with ThreadPoolExecutor(WORKERS) as pool:
                for back in pool.map(self._handle, batches):
                    queue.extend(back)
        self.stack.restart()

    def _handle(self, batch: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
        event = sqs_batch(*(body for body, _ in batch))
        answer = self.lambdas.run(lambda: changes.on_change(event, Context()))
        failed = (
            {f["itemIdentifier"] for f in answer["batchItemFailures"]} if answer else {f"m{n}" for n in range(BATCH)}
        )
        back = [(body, receives) for nth, (body, receives) in enumerate(batch) if f"m{nth}" in failed]
        self.dead_letters += sum(receives == RECEIVES_MAX for _, receives in back)
        return [(body, receives + 1) for body, receives in back if receives < RECEIVES_MAX]


def stats() -> dict[str, int]:
    """What the counters say."""
    shown = call(app.room, "GET", "/webhooks/stats").json
    return {name: shown[name] for name in ("accepted", "pending", "processed", "quarantined", "dead")}


@contextmanager
def busy_room() -> Iterator[World]:
    """The tickets room, whose tables several threads may use at once; an engineer and a supervisor work there."""
    facts = {"HUB_ESCALATION_ARN": ESCALATION, "HUB_STEPS_FUNCTION": "hub-demo-tickets-steps"}
    with account("tickets", **facts) as session:
        hub = Stage(session, Clients(clients_of(session))).fresh(("repair", "consult"))
        hub.hire("li")
        hub.hire("chen", role="supervisor", region="base")
        yield hub


def work_side_by_side(hub: World, ticket_ids: list[str], users: int) -> dict[str, Counter[int]]:
    """Each ticket is commented by three of the users and accepted by two of them at once; the answers by what was
    done."""
    answers: dict[str, Counter[int]] = {"comment": Counter(), "complete": Counter()}
    lock = threading.Lock()

    def do(job: tuple[str, str, int]) -> None:
        what, ticket_id, user = job
        person = as_("supervisor", sub=f"user{user}")
        if what == "comment":
            status = _again(ticket_id, "comment", {"text": f"第{user}人"}, person)
        else:
            status = _again(ticket_id, "nodes/accept/complete", {"outcome": "accepted"}, person)
        with lock:
            answers[what][status] += 1

    jobs = []
    for nth, ticket_id in enumerate(ticket_ids):
        jobs += [("comment", ticket_id, (nth + step) % users) for step in range(3)]
        jobs += [("complete", ticket_id, (nth + step) % users) for step in range(2)]
    with ThreadPoolExecutor(users) as pool:
        list(pool.map(do, jobs))
    hub.settle()
    return answers


def _again(ticket_id: str, verb: str, body: Any, person: str) -> int:
    """One request, again while the hub asks for it."""
    for _ in range(TRIES_MAX):
        answer = call(tickets.room, "POST", f"/tickets/{ticket_id}/{verb}", body, as_=person)
        if answer.status != 503:
            return answer.status
    return 503
