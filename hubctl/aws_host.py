"""The embedded AWS: ministack in our own process, on a loopback port, its functions run by our workers.

ministack reads its settings from the environment as its modules are imported, so one process has one embedded
AWS at a time, always on the same port; starting it again begins empty. A few private names of it are replaced
or called; they are looked for at start, since a silent change would only show as lost calls.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import boto3
from botocore.config import Config

from hubctl.clock.activity import Activity
from hubctl.clock.pace import Pace
from hubctl.dispatcher import Outcome
from hubctl.failures import OperatorError
from hubctl.serving import LOOPBACK, AsgiApp, Receive, Scope, Send, Server, claim_port
from hubctl.worker_process import Call

ACCOUNT = "000000000000"
REGION = "us-east-1"
INHERITED = ("AWS_", "MINISTACK_", "LOCALSTACK_", "SFN_", "IOT_", "SFTP_", "PERSIST_STATE", "S3_PERSIST")
READY_SECONDS = 30.0

Invoke = Callable[[str, object], Outcome]


class AwsHostError(OperatorError):
    """The embedded AWS cannot be used as it is."""


def client_environment(endpoint: str) -> dict[str, str]:
    """The AWS settings of everything that talks to the embedded AWS."""
    return {
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
    }


@dataclass
class AwsHost:
    """One run of the embedded AWS. pace: makes its waits follow the hub's time. activity: where requests count as
    work. on_call: is told of each call by its name, e.g. "PutItem"; of what has none, by its path."""

    logs: Path
    pace: Pace
    activity: Activity = field(default_factory=Activity)
    on_call: Callable[[str], None] = lambda _name: None
    _port: ClassVar[int] = 0
    _server: Server | None = field(default=None, init=False)
    _shell: dict[str, str] | None = field(default=None, init=False)
    _replaced: ExitStack = field(default_factory=ExitStack, init=False)

    def __post_init__(self) -> None:
        self._listener = claim_port(type(self)._port)
        type(self)._port = self._listener.getsockname()[1]
        self.endpoint = f"http://{LOOPBACK}:{self._port}"

    def start(self, invoke: Invoke) -> None:
        """Serves it; `invoke` runs the functions. Raises AwsHostError on a ministack we do not know."""
        _keep_quiet(self.logs / "aws.log")
        self._shell = _exchange_environment(self._settings())
        app = self.module("app")
        self._lambda = self.module("services.lambda_svc")
        app._reset_all_state()
        self._replace(invoke)
        self._server = Server("aws", self._counted(app.app), self._listener, lean=True).start()
        self._wait_ready()

    def stop(self) -> None:
        """Frees the port and puts the shell's environment back; harmless when it never started."""
        self._listener.close()
        self.pace.close()
        if self._server is not None:
            self._server.stop()
        self._replaced.close()
        if self._shell is not None:
            os.environ.clear()
            os.environ.update(self._shell)

    def client(self, service: str) -> Any:
        """A boto3 client that no proxy, profile or credential of the shell reaches."""
        session = boto3.Session(ACCOUNT, "local", region_name=REGION)
        config = Config(proxies={}, retries={"max_attempts": 2}, connect_timeout=5, read_timeout=60)
        return session.client(service, endpoint_url=self.endpoint, config=config, verify=False)

    def emit_logs(self, call: Call, outcome: Outcome) -> None:
        """Writes a call's log into its log group, where its dashboard and people look for it."""
        record = {"config": {"FunctionName": call.function_name, "Version": "$LATEST"}}
        self._lambda._emit_lambda_logs(record, call.request_id, outcome.log, outcome.failed, outcome.duration_ms)

    def _settings(self) -> dict[str, str]:
        return {
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(self._port),
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "LAMBDA_ACCOUNT_CONCURRENCY": "0",  # calls wait in line at our dispatcher; theirs would be dropped
            "IOT_MTLS_ENABLED": "0",  # else it opens port 8883
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "DOCKER_HOST": "unix:///nonexistent",  # it would look for containers to remove
        }

    def _replace(self, invoke: Invoke) -> None:
        def dispatch(_function: object, config: dict[str, Any], event: object, *_call: object) -> dict[str, Any]:
            return executor_result(invoke(config["FunctionName"], event))

        self.require(self._lambda, "_emit_lambda_logs")
        self.replace(self._lambda, "_execute_function_dispatch", dispatch)
        self.pace.install(self)

    def module(self, name: str) -> ModuleType:
        """A module of the embedded AWS ("services.sqs")."""
        return importlib.import_module(f"ministack.{name}")

    def require(self, module: ModuleType, *names: str) -> None:
        """Raises AwsHostError when a private name that we use is gone."""
        if missing := [name for name in names if not hasattr(module, name)]:
            raise AwsHostError(
                f"{module.__name__} has no {missing[0]}: another version of ministack than the pinned one"
            )

    def replace(self, module: ModuleType, name: str, value: Any) -> None:
        """Puts `value` in a private name's place until the host stops. Raises AwsHostError when there is no such."""
        self.require(module, name)
        self._replaced.callback(setattr, module, name, vars(module)[name])
        setattr(module, name, value)

    def _counted(self, app: AsgiApp) -> AsgiApp:
        """The app with each request counted as work while it lasts."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await app(scope, receive, send)
            self.on_call(_name_of(scope))
            with self.activity.during("requests to the embedded AWS"):
                return await app(scope, receive, send)

        return counted

    def _wait_ready(self) -> None:
        sts, deadline = self.client("sts"), time.monotonic() + READY_SECONDS
        while sts.get_caller_identity()["Account"] != ACCOUNT:
            if time.monotonic() > deadline:
                raise AwsHostError("the embedded AWS did not come up")
            time.sleep(0.05)


def _name_of(scope: Scope) -> str:
    target = dict(scope["headers"]).get(b"x-amz-target", b"").decode("latin-1")
    return target.rpartition(".")[2] or str(scope["path"])


def executor_result(outcome: Outcome) -> dict[str, Any]:
    """An outcome as ministack's executors answer it; errors keep their names: state machines catch by them."""
    if outcome.failed:
        return {"body": outcome.answer["error"], "error": True, "log": outcome.log}
    return {"body": outcome.answer["ok"], "log": outcome.log}


def _keep_quiet(log: Path) -> None:
    """ministack configures the root logger when nobody has: give it a file instead of the terminal."""
    if "ministack.app" not in sys.modules and not logging.getLogger().handlers:
        logging.basicConfig(filename=log, level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")


def _exchange_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Takes the shell's AWS settings out of our environment, puts ours in, and answers how it was before.

    ministack imports a service's module when the service is first called, so this lasts until the host stops.
    """
    before = dict(os.environ)
    for name in [name for name in before if name.startswith(INHERITED)]:
        del os.environ[name]
    os.environ.update(settings)
    return before
