"""`hubctl packs …`: an industry's documents in a folder, installed on a hub in one command. A pack is data alone."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from hubctl.documents import Hub, hub_at
from hubctl.failures import OperatorError

FOLDER = Path(__file__).parents[1] / "packs"
app = typer.Typer(no_args_is_help=True, help="Packs: an industry's flows, forms and plans, installed in one command.")


@dataclass(frozen=True)
class Pack:
    """A folder: pack.json says the title and the documents in their order, KIND/KEY each; scenario.json what they come
    to."""

    folder: Path

    @property
    def head(self) -> Any:
        return self._read("pack.json")

    @property
    def scenario(self) -> Any:
        return self._read("scenario.json")

    def documents(self) -> list[tuple[str, Any]]:
        """(KIND/KEY, document), in the order in which they are published. Raises OperatorError."""
        return [(name, self._read(f"documents/{name}.json")) for name in self.head["documents"]]

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise OperatorError(f"{self.folder.name}/{name} can't be read as JSON") from None


def packs(folder: Path = FOLDER) -> list[Pack]:
    """All that there are, by name."""
    return [Pack(path.parent) for path in sorted(folder.glob("*/pack.json"))]


def install(hub: Hub, pack: Pack) -> list[tuple[str, Any]]:
    """Publish its documents, one after the other; what is in force already stays that version. Raises OperatorError
    where one is refused: those before it are published."""
    bodies = [(name, {"document": document}) for name, document in pack.documents()]
    return [(name, hub.ask("POST", f"{hub.path(name)}/publish", body)) for name, body in bodies]


@app.command(name="list")
def list_packs() -> None:
    """The packs that there are."""
    for pack in packs():
        title = pack.head["title"]
        sys.stdout.write(f"{pack.folder.name:<24} {title['zh']} · {title['en']}\n")


@app.command(name="install")
def install_pack(
    name: Annotated[str, typer.Argument(help="as `hubctl packs list` has it")],
    url: Annotated[str, typer.Option(help="the hub's base URL; else that of the hub that runs here")] = "",
    token: Annotated[str, typer.Option(envvar="HUB_TOKEN", help="whose rights (`hubctl token`)")] = "",
    ready_file: Annotated[Path, typer.Option(help="where a hub that runs here says so")] = Path(".hub/ready.json"),
) -> None:
    """Publish all documents of a pack."""
    pack = next((pack for pack in packs() if pack.folder.name == name), None)
    if pack is None:
        raise OperatorError(f"no pack {name!r}: choose from {', '.join(pack.folder.name for pack in packs())}")
    for document, answer in install(hub_at(url, token, ready_file), pack):
        sys.stdout.write(f"{document:<40} {answer['version']}\n")
