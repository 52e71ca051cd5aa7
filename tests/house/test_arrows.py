"""Who may use what, file by file, each import followed to its end: what import-linter's layers do not say."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from pathlib import Path

import pytest

from hub.channels.registry import CHANNELS
from tests.support.imports import chains, circles, graph_of, sources, written

ROOT = Path(__file__).parents[2]
MODULES = sources(ROOT, ("functions", "hub", "infra", "hubctl"))
REGISTRY_CLIENT = {"hub.channels.registry.client": "hub.channels.client"}
"""The registry imports a channel's client by name; every one of them stands on the shared one."""
GRAPH = graph_of(MODULES, REGISTRY_CLIENT)

AWS = ("boto3", "botocore", "pynamodb", "aws_lambda_powertools")
HTTP = ("requests", "urllib3", "httpx", "urllib.request", "http.client", "smtplib", "socket")
OUTWARD = (*AWS, *HTTP, "chalice")

PURE = ("functions/*", "hub/kernel/*", "hub/rules/*", "hub/contracts/*", "hub/channels/*", "hub/documents/*")
"""Where decisions are: all files there are pure, but the ones below."""
WIRING = (
    *("functions/*/app.py", "functions/*/accept.py", "functions/*/room.py", "functions/*/settings.py"),
    *("functions/*/desk.py", "functions/*/tables.py", "functions/*_table.py", "functions/*/api/*"),
    *("functions/*/handlers/*", "hub/channels/client.py", "hub/channels/*/client.py"),
    *("hub/documents/*_table.py", "hub/documents/reading.py", "hub/documents/scoped.py", "hub/documents/routes.py"),
    "hub/documents/operations.py",
    *("hub/documents/drafting.py", "hub/documents/publishing.py", "hub/documents/documents.py"),
)
GATEWAYS = (
    "functions/directory/sign_in/wecom.py",  # the WeCom app that people sign in by
    "functions/notifications/gateways/carrier.py",  # the channels by which notices leave
    "functions/tickets/flows/machines.py",  # Step Functions
    "hub/channels/guard.py",  # the one socket to an address that a tenant gave us
    "hub/channels/wechat/api.py",  # what the clients of WeChat's family share
    "hub/channels/wechat/corp_api.py",
)


def name_of(module: str) -> str:
    return MODULES[module].relative_to(ROOT).as_posix()


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def is_pure(module: str) -> bool:
    """Whether the module is one of those that decide and touch nothing."""
    name = name_of(module)
    return fits(name, PURE) and not fits(name, (*WIRING, *GATEWAYS))


PURE_MODULES = [module for module in MODULES if is_pure(module)]


@pytest.mark.parametrize("module", PURE_MODULES)
def test_pure_files_reach_neither_aws_nor_http_nor_chalice(module: str) -> None:
    """A file that holds decisions reaches no AWS, no HTTP, no Chalice, neither straight nor through others."""
    assert [" → ".join(chain) for chain in chains(GRAPH, module, OUTWARD).values()] == []


@pytest.mark.parametrize("module", PURE_MODULES)
def test_pure_files_read_neither_clock_nor_chance(module: str) -> None:
    """Time, ids and randomness are arguments of whatever decides."""
    path = MODULES[module]
    assert not {name.partition(".")[0] for name in written(path, module)} & {"random", "secrets", "os"}
    text = path.read_text(encoding="utf-8")
    clock_words = ("datetime.now(", "utcnow(", "time.monotonic(", "uuid4(")
    assert not [word for word in clock_words if word in text]


def test_no_module_imports_itself_through_others() -> None:
    """There are no import circles, not even under TYPE_CHECKING."""
    assert [" → ".join(chain) for chain in circles(GRAPH).values()] == []


def test_the_routes_of_a_room_stand_on_top() -> None:
    """`api/` is imported by its room's app.py and within itself, by nobody else."""
    strays = {
        f"{module} → {target}"
        for module, targets in GRAPH.items()
        for target in targets
        if target.startswith("functions.") and target.split(".")[2:3] == ["api"]
        if module != f"functions.{target.split('.')[1]}.app" and module.split(".")[:3] != target.split(".")[:3]
    }
    assert strays == set()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_imports_no_other_channel(channel: str) -> None:
    """What two channels share lies beside their folders; a new channel changes nothing here."""
    others = {f"hub.channels.{name}" for name in CHANNELS} - {f"hub.channels.{channel}"}
    own = [module for module in MODULES if module.split(".")[:3] == ["hub", "channels", channel]]
    strays = {
        f"{module} → {target}"
        for module in own
        for target in GRAPH[module]
        if ".".join(target.split(".")[:3]) in others
    }
    assert strays == set()


def users_of(package: str) -> set[str]:
    """The modules that import a library themselves."""
    return {module for module, targets in GRAPH.items() if any(name.partition(".")[0] == package for name in targets)}


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("chalice", ("functions/*/app.py", "functions/*/accept.py", "functions/*/api/*", "hub/edge/*")),
        ("pynamodb", ("functions/*/tables.py", "functions/*_table.py", "hub/store/*")),
        ("boto3", ("functions/*/tables.py", "functions/*_table.py", "hub/store/*", "hub/edge/*", "hubctl/*")),
        ("requests", ("hub/channels/client.py", "hub/channels/*/client.py", "hub/edge/fetch.py", "hubctl/*")),
    ],
)
def test_a_library_is_used_only_where_it_belongs(package: str, allowed: tuple[str, ...]) -> None:
    """Chalice, PynamoDB, boto3 and requests each stay in their places, in every folder."""
    assert [name for name in map(name_of, sorted(users_of(package))) if not fits(name, allowed)] == []


ONE_CALLER = {"hub.store.tokens.TokenCache", "hub.store.limits.Limits", "hub.store.circuit.Circuit"}
"""What makes a connection's platform see one caller."""


def makes_a_caller(module: str) -> bool:
    """Whether a module imports one of these, or takes hold of a channel's `Client`."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and {f"{node.module}.{name.name}" for name in node.names} & ONE_CALLER:
            return True
        if isinstance(node, ast.Attribute) and node.attr == "Client":
            return True
    return False


def test_a_platform_is_called_in_one_place() -> None:
    """One access token, one limiter, one circuit a connection: hub/platforms alone makes them, and a channel's client.
    A room that made its own would be a second caller."""
    modules = [module for module in MODULES if module.startswith(("functions.", "hub."))]
    assert [*filter(makes_a_caller, modules)] == ["hub.platforms.clients"]


def test_a_page_of_a_list_is_made_in_one_place() -> None:
    """`hub.edge.answers.page`: how a list ends, and how it goes on, is the same everywhere."""
    makers = set()
    for module in [module for module in MODULES if module.startswith(("functions.", "hub."))]:
        tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
        imported = {f"{n.module}.{a.name}" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
        called = {ast.unparse(node.func).partition("[")[0] for node in ast.walk(tree) if isinstance(node, ast.Call)}
        if "Page" in called and "hub.contracts.http.Page" in imported:
            makers.add(module)
    assert makers == {"hub.edge.answers"}


def test_a_rooms_files_leave_botocore_to_the_store() -> None:
    """AWS's errors are translated where AWS is called, in `hub`; beside the front door no room's file knows them."""
    assert {module for module in users_of("botocore") if module.startswith("functions.")} == {
        "functions.webhooks.accept"
    }


def test_the_environment_is_read_in_one_place() -> None:
    """`os.environ` stands in hub.edge.settings, in the lean front door's own settings, and in hubctl."""
    readers = {
        name_of(module)
        for module, path in MODULES.items()
        if module.startswith(("functions.", "hub."))
        if any(word in path.read_text("utf-8") for word in ("os.environ", "os.getenv"))
    }
    assert readers <= {"hub/edge/settings.py", "functions/webhooks/settings.py"}


FOR_OTHERS = {"statement.changed", "pool.exhausted", "endpoint.called", "sla.breached"}
"""Said to whoever listens on the bus beside our rooms: what becomes of statements, pools and deadlines; and what the
outbound room, which is told everything, calls an endpoint for."""


def test_every_contract_event_has_a_producer_and_a_consumer() -> None:
    """No event is said that nobody hears, but those for later, or awaited that nobody says."""
    from importlib import import_module

    from hub.contracts.events import EVENTS
    from hub.edge.room import EVERY_EVENT
    from hubctl.reference import ROOMS

    heard = {
        kind
        for room in ROOMS
        for entry in import_module(f"functions.{room}.app").room.manifest()["entries"]
        for kind in entry.get("subscriptions", ())
    }
    rooms_and_channels = "".join(
        path.read_text("utf-8")
        for module, path in MODULES.items()
        if module.startswith(("functions.", "hub.channels."))
    )
    said = {kind for kind, path in EVENTS.items() if f"{path.partition('.')[2]}(" in rooms_and_channels}
    heard.discard(EVERY_EVENT)  # who is told everything is no reason to say it
    assert not heard & FOR_OTHERS
    assert heard | FOR_OTHERS == said == set(EVENTS)


def test_every_handler_in_a_manifest_exists() -> None:
    """What the stack will call can be imported by the name that the manifest gives."""
    from importlib import import_module

    from functions.webhooks import accept
    from hubctl.reference import ROOMS

    manifests = [accept.MANIFEST, *(import_module(f"functions.{room}.app").room.manifest() for room in ROOMS)]
    for entry in (entry for manifest in manifests for entry in manifest["entries"]):
        module, _, attribute = entry["handler"].rpartition(".")
        assert callable(getattr(import_module(module), attribute)), entry["handler"]
