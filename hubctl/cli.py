"""hubctl: the operator's command. Each command's help says what it needs and what it leaves behind."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.console import Console
from rich.markup import escape

from hub.contracts.base import Role, Terminal
from hubctl import audit, documents, events, forms, packs, settlement
from hubctl.build import build
from hubctl.clock.command import clock_app
from hubctl.clock.words import readable
from hubctl.failures import OperatorError
from hubctl.pricing import pricing_app
from hubctl.synth import synthesise

if TYPE_CHECKING:
    from hubctl.dev import Ready

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="scrm-hub on one machine and on AWS.",
)
app.add_typer(documents.app, name="documents")
app.add_typer(packs.app, name="packs")
app.add_typer(forms.app, name="form")
app.add_typer(clock_app, name="clock")
app.add_typer(events.app, name="events")
app.add_typer(audit.app, name="audit")
app.add_typer(pricing_app, name="pricing")
app.add_typer(settlement.app, name="settlement")
say = Console(stderr=True, highlight=False)

Tenant = Annotated[str, typer.Option(help="the tenant: a file infra/tenants/TENANT.toml")]
Clock = Annotated[
    str,
    typer.Option(
        help="how business time runs: real; stepped: it stands until `hubctl clock` moves it, and then jumps from "
        "one due thing to the next; or N: so many times faster than real time"
    ),
]


@app.command()
def dev(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="where the gateway listens on 127.0.0.1; 0 takes any free port")
    ] = 8000,
    clock: Clock = "real",
    ready_file: Annotated[Path, typer.Option(help="written as JSON once the hub answers")] = Path(".hub/ready.json"),
    tenant: Tenant = "demo",
) -> None:
    """Run the whole hub here, until Ctrl-C: embedded AWS, the deployed stack, a gateway, doubles of the platforms."""
    from hubctl.clock.words import parse_mode
    from hubctl.dev import run_dev

    mode = readable(parse_mode, clock)

    def announce(ready: Ready) -> None:
        _announce(ready, ready_file)

    run_dev(port, mode, ready_file=ready_file, on_ready=announce, tenant=tenant, tell=_tell)
    say.print("stopped: nothing is left running")


@app.command()
def demo(
    as_json: Annotated[
        bool, typer.Option("--json", help="print what the day did as one JSON object, last line")
    ] = False,
) -> None:
    """Play a business day through the hub over real HTTP, check every step, print what happened. Exit 0 if all held."""
    from hubctl.demo.play import play

    raise typer.Exit(0 if play(as_json=as_json) else 1)


@app.command(name="build")
def build_command(
    local: Annotated[bool, typer.Option(help="skip the dependency layer, which only a deployment needs")] = False,
) -> None:
    """Stage build/<function>/ with its manifest, and the dependency layer from the lock file."""
    built = build(local=local)
    say.print(f"{'built' if built.fresh else 'unchanged'}: {', '.join(built.functions)} in {built.directory.name}/")


@app.command()
def synth(tenant: Tenant = "demo") -> None:
    """Synthesise the tenant's CloudFormation template from build/ (CDK; Node comes with the package)."""
    made = synthesise(tenant)
    say.print("synthesised" if made.fresh else "unchanged")
    sys.stdout.write(f"{made.template_path}\n")


@app.command()
def deploy(tenant: Tenant = "demo") -> None:
    """Build, check and deploy the tenant's stack into its AWS region, with your credentials; bootstrap CDK first."""
    from hubctl.deploy import deploy as deploy_stack

    deploy_stack(tenant)
    say.print(f"hub-{tenant} stands: its outputs are above; `hubctl token --aws --tenant {tenant}` signs a first token")


@app.command()
def token(
    role: Annotated[list[str] | None, typer.Option(help="repeat for several; administrator if none is given")] = None,
    region: Annotated[str, typer.Option(help="行政区划代码: the subtree it may see")] = "base",
    sub: Annotated[str, typer.Option(help="whose token it is")] = "administrator",
    tenant: Tenant = "demo",
    hours: Annotated[int, typer.Option(min=1, max=24)] = 12,
    aws: Annotated[bool, typer.Option("--aws", help="for the deployed stack, with your AWS credentials")] = False,
    terminal: Annotated[str, typer.Option(help="pc, mobile or h5: bind it to one terminal")] = "",
) -> None:
    """Print a token for this machine's hub (`hubctl dev`), or with --aws for the tenant's stack; no other takes it."""
    from hub.edge.auth import Principal
    from hubctl.state import LocalState, sign
    from hubctl.tenants import find_tenant

    roles = role or ["administrator"]
    if unknown := set(roles) - {*get_args(Role)}:
        raise OperatorError(f"no role {', '.join(sorted(unknown))}: choose from {', '.join(get_args(Role))}")
    if terminal not in ("", *get_args(Terminal)):
        raise OperatorError(f"no terminal {terminal}: choose from {', '.join(get_args(Terminal))}")
    find_tenant(tenant)
    principal = Principal(sub=sub, roles=tuple(roles), tenant=tenant, region=region, terminal=terminal)
    sys.stdout.write(sign(_deployed_keys(tenant) if aws else LocalState().auth_key(), principal, hours) + "\n")


def _deployed_keys(tenant: str) -> str:
    from hubctl.deploy import read_auth_keys, ssm_client

    return read_auth_keys(ssm_client(tenant), tenant)


Settings = Annotated[Path | None, typer.Option(help="the connection's settings as a JSON file; else .hub/ready.json's")]
ReadyFile = Annotated[Path, typer.Option(help="where a hub that runs here says what its connections are")]


@app.command()
def sample(
    channel: Annotated[str, typer.Argument(help="e.g. wecom")],
    name: Annotated[str, typer.Argument(help="which message; none: list them")] = "",
    to: Annotated[str, typer.Option(help="the webhook URL; else that of a connection here")] = "",
    settings: Settings = None,
    connection: Annotated[str, typer.Option(help="which connection of the hub that runs here")] = "",
    text: Annotated[str, typer.Option(help="what the person says, where the message has words")] = "冰柜不制冷",
    ready_file: ReadyFile = Path(".hub/ready.json"),
) -> None:
    """Send a documented message of a channel, signed as its platform would, to any webhook URL; or list them."""
    from hub.channels.registry import samples
    from hubctl.sampling import check_channel, find_target, send_sample

    check_channel(channel)
    if not name:
        for sample in samples(channel):
            sys.stdout.write(
                f"{sample['name']:<40} {sample['event'] or '-':<22} {sample['title']['zh']} {sample['title']['en']}\n"
            )
        return
    target = find_target(channel, to, settings, ready_file, connection)
    answered = send_sample(channel, name, target, text)
    say.print(f"sent       {escape(answered.plaintext)}", soft_wrap=True)
    say.print(f"to         {escape(answered.url)}", soft_wrap=True)
    body = escape(answered.body) or "(empty body)"
    say.print(f"answered   {answered.status} {body}", soft_wrap=True)
    raise typer.Exit(0 if answered.status < 300 else 1)


@app.command()
def decode(
    channel: Annotated[str, typer.Argument(help="e.g. wecom")],
    body: Annotated[Path | None, typer.Option(help="the captured body, byte for byte; - reads it from stdin")] = None,
    query: Annotated[str, typer.Option(help="the captured query string, or the whole URL")] = "",
    header: Annotated[list[str] | None, typer.Option(help='"name: value"; repeat for several')] = None,
    method: Annotated[str, typer.Option(help="GET for the check of a URL")] = "",
    settings: Settings = None,
    connection: Annotated[str, typer.Option(help="which connection of the hub that runs here")] = "",
    ready_file: ReadyFile = Path(".hub/ready.json"),
) -> None:
    """Say what is in a captured delivery, or which step refuses it and what is most likely wrong. Exit 0 if all of it
    verifies and is understood, 1 if it is refused or would be quarantined."""
    from hubctl.captured import explain, read_capture
    from hubctl.sampling import check_channel, find_target

    check_channel(channel)
    target = find_target(channel, "http://captured", settings, ready_file, connection)
    raw = _read_body(body)
    if not raw and not query:
        raise OperatorError("nothing was captured: give --body FILE (- reads stdin), --query, and --header for each")
    capture = read_capture(method or ("POST" if raw else "GET"), query, _read_headers(header or ()), raw)
    result = explain(channel, target.settings, capture)
    for problem in result.problems:
        say.print(f"[yellow]settings[/yellow]   {problem.pointer} {escape(problem.rule)}", soft_wrap=True)
    if result.refused:
        say.print(f"[red]refused[/red]    {result.refused}")
        for name, value in result.facts.items():
            say.print(f"           {escape(f'{name}: {value}')}", soft_wrap=True)
        if result.cause:
            say.print(f"cause      {escape(result.cause.zh)}\n           {escape(result.cause.en)}", soft_wrap=True)
        raise typer.Exit(1)
    say.print(f"[green]verifies[/green]   answered with: {escape(result.answer) or '(empty body)'}", soft_wrap=True)
    sys.stdout.write(_json(list(result.messages)))
    if any("quarantined" in message for message in result.messages):
        raise typer.Exit(1)


def _read_body(path: Path | None) -> bytes:
    """The captured bytes; - is stdin, no path no body. Raises OperatorError."""
    if path is None:
        return b""
    try:
        return sys.stdin.buffer.read() if path == Path("-") else path.read_bytes()
    except OSError as error:
        raise OperatorError(f"--body {path} can't be read: {error.strerror}") from None


def _read_headers(lines: Sequence[str]) -> dict[str, str]:
    """Each "name: value". Raises OperatorError for a line without a colon: a header that is left out signs nothing."""
    if wrong := [line for line in lines if ":" not in line]:
        raise OperatorError(f'--header {wrong[0]!r} is no header: it is "name: value"')
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


@app.command()
def lint(
    what: Annotated[str, typer.Argument(help="mappings or connectors")],
) -> None:
    """Check that every documented status is mapped (mappings), that clients call only listed APIs (connectors)."""
    from hubctl.lint import lint_connectors, lint_mappings

    checks = {"mappings": lint_mappings, "connectors": lint_connectors}
    if what not in checks:
        raise OperatorError(f"no lint of {what!r}: choose from {', '.join(checks)}")
    for line in checks[what]():
        sys.stdout.write(f"{line}\n")


@app.command()
def new(
    what: Annotated[str, typer.Argument(help="channel")],
    name: Annotated[str, typer.Argument(help="its name: a-z, 0-9 and _")],
    title_zh: Annotated[str, typer.Option(help="what it is called in Chinese")] = "",
    title_en: Annotated[str, typer.Option(help="and in English")] = "",
) -> None:
    """Make the folder of a new channel, which passes the channels' suite of promises at once (docs/connectors.md)."""
    from hubctl.new_channel import make_channel

    if what != "channel":
        raise OperatorError(f"nothing to make of {what!r}: `hubctl new channel NAME`")
    for path in make_channel(name, title_zh, title_en):
        sys.stdout.write(f"{path}\n")
    say.print(f"next: fill the places marked “yours”, then `.venv/bin/pytest tests/channels -k {name}`", soft_wrap=True)


@app.command()
def listen(
    context: typer.Context,
    forward: Annotated[str, typer.Option(help="the server here, e.g. http://localhost:3000/hook")],
    event: events.Names = None,
    url: Annotated[str, typer.Option(help="the hub's base URL; else that of the hub that runs here")] = "",
    token: Annotated[str, typer.Option(envvar="HUB_TOKEN", help="whose rights (`hubctl token`)")] = "",
    seconds: Annotated[float, typer.Option(min=0, help="for so long; 0: until Ctrl-C")] = 0.0,
    ready_file: ReadyFile = Path(".hub/ready.json"),
) -> None:
    """Hand every event of a hub to a server here, signed, until Ctrl-C; nothing has to reach this machine."""
    documents.main(context, url, token, ready_file)
    events.listen(context.obj, forward, event or (), seconds)


@app.command()
def doctor(
    context: typer.Context,
    fix: Annotated[bool, typer.Option("--fix", help="set going again what stands still, at the same node")] = False,
    url: Annotated[str, typer.Option(help="the hub's base URL; else that of the hub that runs here")] = "",
    token: Annotated[str, typer.Option(envvar="HUB_TOKEN", help="whose rights (`hubctl token`)")] = "",
    ready_file: ReadyFile = Path(".hub/ready.json"),
) -> None:
    """Look whether each open ticket has a live execution, and a clock or a reason. Exit 1 where some are not mended."""
    from hubctl.doctor import check_up

    documents.main(context, url, token, ready_file)
    for line in (report := check_up(context.obj, fix=fix)).lines():
        sys.stdout.write(f"{line}\n")
    for line in report.summary():
        say.print(line)
    raise typer.Exit(1 if report.is_ill else 0)


@app.command(name="who-sees")
def who_sees_command(
    field: Annotated[str, typer.Argument(help="a field's name, Contract.field, a fact's name, or a class")],
    node: Annotated[str, typer.Option(help="at this node of a flow")] = "",
    terminal: Annotated[str, typer.Option(help="pc, mobile or h5")] = "pc",
    as_json: Annotated[bool, typer.Option("--json", help="print it as JSON")] = False,
) -> None:
    """Print which role sees a field in full, masked or not at all (docs/access.md)."""
    from dataclasses import asdict

    from hubctl.who_sees import matrix, sights

    result = sights(field, node, terminal)
    if as_json:
        sys.stdout.write(_json([asdict(sight) for sight in result]))
    else:
        Console(width=None if sys.stdout.isatty() else 240).print(matrix(result))


@app.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 document of the whole API."""
    from hubctl.reference import reference

    sys.stdout.write(_json(reference()))


@app.command()
def bruno(folder: Annotated[Path, typer.Argument(help="where the collection is to lie")]) -> None:
    """Write a Bruno collection of the whole API: a request an operation, with its example."""
    from hubctl.bruno import collection_files
    from hubctl.reference import reference

    for name, text in collection_files(reference()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    say.print(f"open {folder} in Bruno, and put a token (hubctl token) into its environment")


@app.command()
def generate() -> None:
    """Write what is generated anew: the preset flows' machines, the packaged OpenAPI document, the docs' tables."""
    from hubctl.capabilities import capabilities_page
    from hubctl.channel_table import pages
    from hubctl.reference import PACKAGED, actions_page, flow_machines, reference

    tables = actions_page() | capabilities_page() | pages()
    for path, text in {**flow_machines(), PACKAGED: _json(reference()), **tables}.items():
        path.write_text(text, encoding="utf-8")
        say.print(f"wrote {path.name}")


def _tell(line: str) -> None:
    say.print(f"[dim]{escape(line)}[/dim]", soft_wrap=True)


def _announce(ready: Ready, ready_file: Path) -> None:
    """What a person needs of a hub that is up; the token alone goes to stdout. URLs are never broken over lines."""
    lines = [
        f"hub              {ready.base_url}   (reference: {ready.base_url}/docs)",
        f"clock            {ready.clock}{STANDS if ready.clock == 'stepped' else ''}",
        f"platforms        {ready.platforms_url}   (doubles; they were sent: {ready.platforms_url}/_control/recorded)",
        *(f"{connection.channel:<16} {connection.webhook_url}" for connection in ready.connections),
        f"ready file       {ready_file}   (all of this, and the connections' secrets, as JSON)",
        "token            of an administrator, for this hub alone:",
    ]
    say.print(f"[green]ready[/green] after {ready.started_in_seconds:.0f} s")
    for line in lines:
        say.print(f"  {escape(line)}", soft_wrap=True)
    sys.stdout.write(f"{ready.token}\n")
    sys.stdout.flush()
    say.print("try, in another terminal:")
    _try('.venv/bin/python examples/send_wecom_text.py "冰柜不制冷"')
    _try(".venv/bin/hubctl sample douyin 101")
    _try(f'curl -H "Authorization: Bearer $(.venv/bin/hubctl token)" {ready.base_url}/tickets')
    say.print("Ctrl-C stops it and everything that it started.")


STANDS = "   (it stands until `hubctl clock advance 2h`, `until 08:00` or `run`)"


def _try(command: str) -> None:
    say.print(f"  {escape(command)}", soft_wrap=True)


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """The entry point: errors that a person can mend are said in one line, without a traceback."""
    try:
        app()
    except OperatorError as error:
        say.print(f"[red]hubctl:[/red] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
