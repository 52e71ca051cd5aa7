"""hubctl: the operator's command. Each command's help says what it needs and what it leaves behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.console import Console
from rich.markup import escape

from hub.contracts.directory import Role
from hubctl.build import build
from hubctl.failures import OperatorError
from hubctl.synth import synthesise

if TYPE_CHECKING:
    from hubctl.dev import Ready

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="scrm-hub on one machine and on AWS.",
)
say = Console(stderr=True, highlight=False)

Tenant = Annotated[str, typer.Option(help="the tenant: a file infra/tenants/TENANT.toml")]
Scale = Annotated[int, typer.Option(min=1, help="how many times faster business time runs than the wall clock")]


@app.command()
def dev(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="where the gateway listens on 127.0.0.1; 0 takes any free port")
    ] = 8000,
    clock_scale: Scale = 1,
    ready_file: Annotated[Path, typer.Option(help="written as JSON once the hub answers")] = Path(".hub/ready.json"),
    tenant: Tenant = "demo",
) -> None:
    """Run the whole hub here, until Ctrl-C: embedded AWS, the deployed stack, a gateway, doubles of the platforms."""
    from hubctl.dev import run_dev

    def announce(ready: Ready) -> None:
        _announce(ready, ready_file)

    run_dev(port, clock_scale, ready_file=ready_file, on_ready=announce, tenant=tenant, tell=_tell)
    say.print("stopped: nothing is left running")


@app.command()
def demo(
    as_json: Annotated[
        bool, typer.Option("--json", help="print what the day did as one JSON object, last line")
    ] = False,
    clock_scale: Scale = 360,
) -> None:
    """Play a business day through the hub over real HTTP, check every step, print what happened. Exit 0 if all held."""
    from hubctl.demo.play import play

    raise typer.Exit(0 if play(clock_scale, as_json=as_json) else 1)


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
) -> None:
    """Print a token for this machine's hub (`hubctl dev`), or with --aws for the tenant's stack; no other takes it."""
    from hub.edge.auth import Principal
    from hubctl.state import LocalState, sign

    roles = role or ["administrator"]
    if unknown := set(roles) - {*get_args(Role)}:
        raise OperatorError(f"no role {', '.join(sorted(unknown))}: choose from {', '.join(get_args(Role))}")
    principal = Principal(sub=sub, roles=tuple(roles), tenant=tenant, region=region)
    sys.stdout.write(sign(_deployed_keys(tenant) if aws else LocalState().auth_key(), principal, hours) + "\n")


def _deployed_keys(tenant: str) -> str:
    from hubctl.deploy import read_auth_keys, ssm_client

    return read_auth_keys(ssm_client(tenant), tenant)


@app.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 document of the whole API."""
    from hubctl.reference import reference

    sys.stdout.write(_json(reference()))


@app.command()
def generate() -> None:
    """Write what is generated anew: each preset flow's machine, and the packaged OpenAPI document."""
    from hubctl.reference import PACKAGED, flow_machines, reference

    for path, text in {**flow_machines(), PACKAGED: _json(reference())}.items():
        path.write_text(text, encoding="utf-8")
        say.print(f"wrote {path.name}")


def _tell(line: str) -> None:
    say.print(f"[dim]{escape(line)}[/dim]", soft_wrap=True)


def _announce(ready: Ready, ready_file: Path) -> None:
    """What a person needs of a hub that is up; the token alone goes to stdout. URLs are never broken over lines."""
    lines = [
        f"hub        {ready.base_url}   (reference: {ready.base_url}/docs)",
        f"platforms  {ready.platforms_url}   (doubles; what the hub sent: {ready.platforms_url}/_control/recorded)",
        *(f"{connection.channel:<10} {connection.webhook_url}" for connection in ready.connections),
        f"ready file {ready_file}   (all of this, and the connections' secrets, as JSON)",
        "token      of an administrator, for this hub alone:",
    ]
    say.print(f"[green]ready[/green] after {ready.started_in_seconds:.0f} s")
    for line in lines:
        say.print(f"  {escape(line)}", soft_wrap=True)
    sys.stdout.write(f"{ready.token}\n")
    sys.stdout.flush()
    say.print("try, in another terminal:")
    _try('.venv/bin/python examples/send_wecom_text.py "冰柜不制冷"')
    _try(f'curl -H "Authorization: Bearer $(.venv/bin/hubctl token)" {ready.base_url}/tickets')
    say.print("Ctrl-C stops it and everything that it started.")


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
