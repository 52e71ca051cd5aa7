"""A typed client, generated from the reference by a tool that knows nothing of the hub: nothing is left out of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from hubctl.reference import reference

METHODS = ("get", "put", "post", "patch", "delete")


def test_a_typed_client_has_every_operation(tmp_path: Path) -> None:
    """openapi-python-client makes a function of each operation, and leaves nothing out."""
    document = json.loads(json.dumps(reference()))
    (tmp_path / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "config.yml").write_text("post_hooks: []\n", encoding="utf-8")
    tool = str(Path(sys.executable).with_name("openapi-python-client"))
    options = ["--path", "openapi.json", "--meta", "none", "--config", "config.yml", "--output-path", "client"]
    done = subprocess.run([tool, "generate", *options], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stdout.splitlines() if "WARNING" in line or "Unable" in line]) == (
        0,
        [],
    )
    functions = [path for path in (tmp_path / "client" / "api").rglob("*.py") if path.name != "__init__.py"]
    operations = [method for item in document["paths"].values() for method in METHODS if method in item]
    assert len(functions) == len(operations) > 200
    compiled = subprocess.run([sys.executable, "-m", "compileall", "-q", "client"], cwd=tmp_path, check=False)
    assert compiled.returncode == 0
