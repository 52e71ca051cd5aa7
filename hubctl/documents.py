"""`hubctl documents …`: what people bend, from the command line, over the API of a hub that runs here or on AWS.

Kinds are found in the hub's own reference (/openapi.json), so a new kind needs nothing here.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import requests
import typer

from hubctl.failures import OperatorError
from hubctl.places import line_and_column

ANSWER_SECONDS = 60.0
_PUBLISH = re.compile(r"[a-z]+_publish_(\w+)")

app = typer.Typer(
    no_args_is_help=True,
    help="Documents that people bend: flows, forms, price books … over the API of a hub; answers are JSON.",
)

Document = Annotated[str, typer.Argument(help="KIND/KEY, e.g. ladder/repair; KIND alone where there is only one")]
File = Annotated[Path, typer.Argument(help="the document as JSON; for a region or store its overlay; - reads stdin")]
Scope = Annotated[str, typer.Option(help="base, a region code, or a store's id")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="say what would happen, change nothing")]
Version = Annotated[int, typer.Argument(min=0)]


@dataclass(frozen=True)
class Hub:
    """A running hub, as who has this token."""

    base_url: str
    token: str

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer's JSON, None where there is none. Raises OperatorError with every problem that the hub tells."""
        sent = {name: str(value) for name, value in query.items() if value not in (None, "", False)}
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            response = requests.request(
                method, self.base_url + path, json=body, params=sent, headers=headers, timeout=ANSWER_SECONDS
            )
            answer = response.json() if response.content else None
        except (requests.RequestException, ValueError):
            raise OperatorError(f"{self.base_url} doesn't answer as a hub: is it running, is --url right?") from None
        if response.status_code >= 400:
            raise OperatorError(_problem(answer, response.status_code))
        return answer

    def kinds(self) -> dict[str, str]:
        """Kind → the path of one of its documents."""
        found = {}
        for path, item in self.ask("GET", "/openapi.json")["paths"].items():
            name = _PUBLISH.fullmatch(item.get("post", {}).get("operationId", ""))
            if name and path.endswith("/publish"):
                found[name[1]] = path.removesuffix("/publish")
        return found

    def path(self, document: str) -> str:
        """The path of KIND/KEY. Raises OperatorError for a kind that the hub doesn't have, and a missing key."""
        kind, _, key = document.partition("/")
        kinds = self.kinds()
        if kind not in kinds:
            raise OperatorError(f"no kind {kind!r}: choose from {', '.join(sorted(kinds))}")
        if "{key}" in kinds[kind] and not re.fullmatch(r"\w+", key):
            raise OperatorError(f"which {kind}? `{kind}/KEY`; `hubctl documents list {kind}` says which there are")
        return kinds[kind].replace("{key}", key)


@app.callback()
def main(
    context: typer.Context,
    url: Annotated[str, typer.Option(help="the hub's base URL; else that of the hub that runs here")] = "",
    token: Annotated[str, typer.Option(envvar="HUB_TOKEN", help="whose rights (`hubctl token`)")] = "",
    ready_file: Annotated[Path, typer.Option(help="where a hub that runs here says so")] = Path(".hub/ready.json"),
) -> None:
    """Where the hub is, and as whom."""
    context.obj = hub_at(url, token, ready_file)


def hub_at(url: str, token: str, ready_file: Path) -> Hub:
    """The hub at this URL, else the one that runs here. Raises OperatorError where none does."""
    ready: Mapping[str, Any] = {}
    if not url:
        try:
            ready = json.loads(ready_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise OperatorError("no hub runs here: `make dev`, or give --url and --token") from None
    return Hub((url or ready["base_url"]).rstrip("/"), token or ready.get("token", ""))


@app.command()
def kinds(context: typer.Context) -> None:
    """The kinds of documents that this hub has, and where they lie."""
    for kind, path in sorted(context.obj.kinds().items()):
        sys.stdout.write(f"{kind:<24} {path}\n")


@app.command(name="list")
def list_documents(context: typer.Context, kind: str) -> None:
    """Every document of a kind."""
    hub: Hub = context.obj
    path, cursor = hub.path(f"{kind}/any").removesuffix("/any"), ""
    while True:
        page = hub.ask("GET", path, limit=200, cursor=cursor)
        for head in page["data"]:
            sys.stdout.write(f"{head['key']:<32} {head['origin']:<10} {head['version'] or ''}\n")
        cursor = page["next_cursor"]
        if not cursor:
            return


@app.command()
def show(
    context: typer.Context,
    document: Document,
    scope: Scope = "base",
    version: Annotated[int | None, typer.Option(help="that version, whatever is in force")] = None,
    at: Annotated[str, typer.Option(help="what was in force then: RFC 3339 with an offset")] = "",
    known_at: Annotated[str, typer.Option(help="as known then")] = "",
) -> None:
    """What is in force in a scope, whose each part is, and where overlays conflict."""
    hub: Hub = context.obj
    _print(hub.ask("GET", hub.path(document), scope=scope, version=version, at=at, known_at=known_at))


@app.command()
def draft(context: typer.Context, document: Document, file: File, scope: Scope = "base") -> None:
    """Save a draft; one that cannot work is refused with every finding."""
    hub: Hub = context.obj
    _print(hub.ask("PUT", f"{hub.path(document)}/draft", {"document": _read(file), "scope": scope}))


@app.command()
def lint(context: typer.Context, document: Document, file: File, scope: Scope = "base") -> None:
    """Every finding with its line, column and place; exit 1 if one is an error."""
    hub, text = context.obj, _text(file)
    found = hub.ask("POST", f"{hub.path(document)}/lint", {"document": _parsed(file, text), "scope": scope})
    for finding in found["findings"]:
        line, column = line_and_column(text, finding["pointer"])
        place = f"{line}:{column} {finding['pointer'] or '(all)'}"
        sys.stdout.write(f"{finding['severity']:<8} {place} {finding['rule']}\n")
    raise typer.Exit(0 if found["usable"] else 1)


@app.command()
def compare(
    context: typer.Context, document: Document, old: str = "current", new: str = "draft", scope: Scope = "base"
) -> None:
    """What has changed between two versions, the draft (draft) and what is in force (current)."""
    hub: Hub = context.obj
    found = hub.ask("GET", f"{hub.path(document)}/compare", old=old, new=new, scope=scope)
    for change in found["changes"]:
        was, now = (json.dumps(change.get(name), ensure_ascii=False) for name in ("was", "now"))
        sys.stdout.write(f"{change['what']:<8} {change['pointer']} {was} → {now}\n")


@app.command()
def publish(
    context: typer.Context,
    document: Document,
    file: Annotated[Path | None, typer.Argument(help="the document as JSON; none: the draft")] = None,
    scope: Scope = "base",
    seen: Annotated[int | None, typer.Option(help="the head that you saw; another by now is a conflict")] = None,
    valid_from: Annotated[str | None, typer.Option(help="of kinds with effective dates")] = None,
    valid_to: Annotated[str | None, typer.Option(help="of kinds with effective dates")] = None,
    dry_run: DryRun = False,
) -> None:
    """Publish a document, or the draft."""
    hub: Hub = context.obj
    body = {"scope": scope, "seen_version": seen, "valid_from": valid_from, "valid_to": valid_to}
    body |= {"document": _read(file)} if file else {}
    _print(hub.ask("POST", f"{hub.path(document)}/publish", body, dry_run=int(dry_run)))


@app.command()
def revert(
    context: typer.Context, document: Document, version: Version, scope: Scope = "base", dry_run: DryRun = False
) -> None:
    """Put an earlier version in force again; 0 is what ships with the hub, or in a region or store no overlay."""
    hub: Hub = context.obj
    body = {"version": version, "scope": scope}
    _print(hub.ask("POST", f"{hub.path(document)}/revert", body, dry_run=int(dry_run)))


@app.command()
def withdraw(
    context: typer.Context, document: Document, version: Version, scope: Scope = "base", dry_run: DryRun = False
) -> None:
    """Take a version of a kind with effective dates back."""
    hub: Hub = context.obj
    body = {"version": version, "scope": scope}
    _print(hub.ask("POST", f"{hub.path(document)}/withdraw", body, dry_run=int(dry_run)))


@app.command()
def copy(
    context: typer.Context,
    document: Document,
    to: Annotated[list[str], typer.Argument(help="regions and stores")],
    source: Annotated[str, typer.Option(help="whose overlay; base: what makes them read as base does")] = "base",
    dry_run: DryRun = False,
) -> None:
    """Copy an overlay to many scopes, each whole or not at all; exit 1 if one was refused."""
    hub: Hub = context.obj
    body = {"source": source, "targets": to}
    results = hub.ask("POST", f"{hub.path(document)}/copy", body, dry_run=int(dry_run))["results"]
    for result in results:
        sys.stdout.write(f"{result['scope']:<32} {result['outcome']:<10} {result['reason']}\n")
    raise typer.Exit(1 if any(result["outcome"] == "refused" for result in results) else 0)


def _read(path: Path) -> Any:
    """The JSON of a file. Raises OperatorError."""
    return _parsed(path, _text(path))


def _text(path: Path) -> str:
    try:
        return sys.stdin.read() if path == Path("-") else path.read_text(encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"{path} can't be read: {error.strerror}") from None
    except ValueError:
        raise OperatorError(f"{path} is no UTF-8") from None


def _parsed(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise OperatorError(f"{path} is no JSON: {error}") from None


def _problem(answer: Any, status: int) -> str:
    """What a problem+json answer says, in lines."""
    problem = answer if isinstance(answer, dict) else {}
    lines = [f"{status} {problem.get('title', '')}: {problem.get('detail', '')}"]
    lines += [f"{error['pointer'] or '(all)'} {error['detail']}" for error in problem.get("errors", ())]
    return "\n  ".join(lines)


def _print(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
