"""Puts a local hub together, in this order: ports → workers import their libraries while the embedded AWS takes the
stack → business time begins → workers get their environment → gateway opens → seed → schedules run.
"""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from hub.kernel.clock import Clock
from hubctl import seed
from hubctl.aws_host import AwsHost, client_environment
from hubctl.build import build
from hubctl.clock.activity import Activity
from hubctl.clock.local_api import LocalClock
from hubctl.clock.stepper import Stepper
from hubctl.clock.timekeeping import timekeeping
from hubctl.clock.words import Mode
from hubctl.deploy_local import Deployment, deploy, put_auth_key
from hubctl.dispatcher import Dispatcher
from hubctl.gateway import Gateway
from hubctl.platforms.app import Platforms
from hubctl.schedules import read_jobs
from hubctl.serving import AsgiApp, Receive, Scope, Send, Server, claim_port
from hubctl.state import ROOT, LocalState
from hubctl.synth import synthesise
from hubctl.watch import SourceWatch
from hubctl.worker_process import Preparation

LOCAL_ORIGINS = "http://localhost:* http://127.0.0.1:*"
"""A front end that is being written runs on some port of this machine."""
OPEN_FILES = 10_240  # as many as macOS lets a process have
TIMEZONE = "Asia/Shanghai"
PREPARATIONS = {
    "": Preparation(
        ("chalice.app", "pydantic", "pynamodb.models", "requests", "aws_lambda_powertools", "cryptography"),
        ("dynamodb", "events", "sqs", "ssm", "kms", "stepfunctions"),
    ),
    "accept": Preparation(("botocore.session", "cryptography")),
}


class Ready(BaseModel):
    """What a caller needs of a hub that is up; `hubctl dev` writes it as JSON. clock: "real", "stepped" or a scale."""

    model_config = ConfigDict(frozen=True)

    base_url: str
    tenant: str
    token: str
    platforms_url: str
    aws_url: str
    clock: str
    business_origin: datetime
    connections: tuple[seed.Connection, ...]
    started_in_seconds: float


@dataclass(frozen=True)
class Stack:
    """What to run: a template, its assets (object key → bucket), the manifests, and the sources to watch."""

    template: Path
    assets: Mapping[str, str]
    build: Path = ROOT / "build"
    sources: tuple[Path, ...] = (ROOT / "functions", ROOT / "hub")


@dataclass(frozen=True)
class Options:
    """How to run it. port 0: any free one. business_origin: the business time at the moment of readiness.

    clock: how business time runs. steps: what to seed, by default the demo's. watch: replace workers when their
    source changes. tell: hears in one line what the start is doing.
    """

    port: int = 0
    clock: Mode = Mode()  # noqa: RUF009 - it is frozen
    tenant: str = "demo"
    business_origin: datetime | None = None
    state: LocalState = field(default_factory=LocalState)
    steps: tuple[seed.Step, ...] | None = None
    watch: bool = True
    tell: Callable[[str], None] = field(default=lambda _line: None)


@dataclass
class Hub:
    """A running hub. stepper: moves its clock, None where that runs by itself. seconds: how long each phase of its
    start took."""

    ready: Ready
    clock: Clock
    stepper: Stepper | None
    aws: AwsHost
    dispatcher: Dispatcher
    platforms: Platforms
    deployment: Deployment
    seconds: Mapping[str, float]


class Assembly:
    """One start of a hub. What it starts is put on `cleanup`, to be undone in the opposite order."""

    def __init__(self, options: Options, stack: Stack | None, cleanup: ExitStack) -> None:
        self.options = options
        self.steps = tuple(seed.read_steps()) if options.steps is None else options.steps
        self.activity = Activity()
        self.time = timekeeping(options.clock, options.business_origin, self.activity)
        self._cleanup = cleanup
        self._began = time.monotonic()
        self._seconds: dict[str, float] = {}
        self._gateway_port = self._claimed(options.port)
        self.stack = stack or synthesised(options.tenant, options.tell, self._seconds)
        logs = options.state.logs
        self.host = AwsHost(logs, self.time.pace, self.activity)
        self._undo(self.host.stop)
        self.dispatcher = Dispatcher(
            logs,
            environment=client_environment(self.host.endpoint),
            preparations=PREPARATIONS,
            emit=self.host.emit_logs,
            activity=self.activity,
            carried=self.time.carried,
            on_start=self.time.heard,
        )
        local_clock = LocalClock(options.clock, lambda: self.time.clock, self.time.stepper, ZoneInfo(TIMEZONE))
        self.gateway = Gateway(self.dispatcher.invoke, self.activity, self.time.requested, local_clock.answer)
        self.platforms = Platforms(seed.platform_apps(self.steps))

    def start(self) -> Hub:
        """Everything, until the hub is seeded and its schedules run."""
        _allow_many_files()
        self.dispatcher.prestart(_bundles(self.stack.build))
        self._undo(self.dispatcher.close)
        self._serve()
        with timed(self._seconds, "deploy"):
            deployment = self._deploy()
        self._origin = self.time.begin(self.options.business_origin)
        self._start_workers(deployment)
        with timed(self._seconds, "seed"):
            ready = self._seed()
        self._start_schedules()
        return Hub(
            ready,
            self.time.clock,
            self.time.stepper,
            self.host,
            self.dispatcher,
            self.platforms,
            deployment,
            self._seconds,
        )

    def _serve(self) -> None:
        platforms_port = self._claimed(0)
        self.host.start(self.dispatcher.invoke)
        self.platforms_url = self._served("platforms", self._watched(self.platforms), platforms_port).url
        self.base_url = self._served("gateway", self.gateway, self._gateway_port).url
        self._undo(self.gateway.close)

    def _watched(self, platforms: AsgiApp) -> AsgiApp:
        """The doubles; what they are told outside the hub's sight is news for its schedules."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and (scope["method"], scope["path"][:10]) == ("POST", "/_control/"):
                self.time.disturbed()
            await platforms(scope, receive, send)

        return watched

    def _deploy(self) -> Deployment:
        tenant = self.options.tenant
        self.options.tell("deploying the template into the embedded AWS …")
        put_auth_key(self.host, tenant, self.options.state.auth_key())
        return deploy(self.host, tenant, self.stack.template, self.stack.assets)

    def _start_workers(self, deployment: Deployment) -> None:
        environment = {
            "HUB_BASE_URL": self.base_url,
            "HUB_PLATFORMS_URL": self.platforms_url,
            "HUB_ALLOWED_ORIGINS": LOCAL_ORIGINS,
        }
        self.dispatcher.register(deployment.functions, environment | self.time.environment())
        self.dispatcher.warm()
        self._undo(self.dispatcher.close)  # again, and first: what still runs must not hold up the servers
        self.gateway.open(deployment.routes)
        if self.options.watch:
            watch = SourceWatch(self.stack.sources, self.dispatcher.replace_workers)
            watch.start()
            self._undo(watch.stop)

    def _seed(self) -> Ready:
        token = self.options.state.token(self.options.tenant)
        self.options.tell("entering people, rosters, flows and connections over its HTTP API …")
        connections = seed.run_steps(self.steps, self.base_url, token, self.time.clock.business_now())
        self.dispatcher.invoke(f"hub-{self.options.tenant}-accept-http", {"warm": True})
        self.time.await_origin()
        return Ready(
            base_url=self.base_url,
            tenant=self.options.tenant,
            token=token,
            platforms_url=self.platforms_url,
            aws_url=self.host.endpoint,
            clock=str(self.options.clock),
            business_origin=self._origin,
            connections=tuple(connections),
            started_in_seconds=round(time.monotonic() - self._began, 1),
        )

    def _start_schedules(self) -> None:
        jobs = read_jobs(self.stack.build, self.options.tenant, TIMEZONE, self.time.clock.business_now())
        self.time.keep(jobs, self.dispatcher.invoke)
        self._undo(self.time.close)

    def _served(self, name: str, app: AsgiApp, listener: socket.socket) -> Server:
        server = Server(name, app, listener).start()
        self._undo(server.stop)
        return server

    def _claimed(self, port: int) -> socket.socket:
        listener = claim_port(port)
        self._undo(listener.close)
        return listener

    def _undo(self, action: Callable[[], None]) -> None:
        self._cleanup.callback(action)


@contextmanager
def timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    """Notes in `seconds` how long the block took."""
    began = time.monotonic()
    yield
    seconds[phase] = round(time.monotonic() - began, 1)


def synthesised(tenant: str, tell: Callable[[str], None], seconds: dict[str, float]) -> Stack:
    """The tenant's template, built and synthesised if its inputs changed; `tell` hears which."""
    tell("building the function bundles …")
    with timed(seconds, "build"):
        built = build(local=True)
    if not built.fresh:
        tell("  nothing changed: build skipped")
    tell(f"synthesising the CloudFormation template of tenant {tenant} …")
    with timed(seconds, "synth"):
        template = synthesise(tenant, local=True)
    if not template.fresh:
        tell("  nothing changed: synthesis skipped")
    return Stack(template.template_path, template.assets, built.directory)


def _bundles(build: Path) -> list[str]:
    return [path.parent.name for path in sorted(build.glob("*/manifest.json"))]


def _allow_many_files() -> None:
    """A burst of requests holds a socket each: raise the soft limit, as far as it may go."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_files = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < open_files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, hard))
