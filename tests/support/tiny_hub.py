"""A tiny hub in a process of its own: `python -m tests.support.tiny_hub DIRECTORY [broken]`."""

import json
import sys
from pathlib import Path

from hubctl.dev import Options, running_hub, wait_for_interrupt
from hubctl.state import LocalState
from tests.support.tiny_stack import write_tiny_stack


def main() -> None:
    directory = Path(sys.argv[1])
    stack = write_tiny_stack(directory)
    if "broken" in sys.argv:
        template = json.loads(stack.template.read_text())
        template["Resources"]["Bad"] = {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/x"}}
        stack.template.write_text(json.dumps(template))
    options = Options(tenant="tiny", steps=(), state=LocalState(directory / ".hub"))
    try:
        with running_hub(options, stack) as hub:
            ready = json.loads(hub.ready.model_dump_json()) | {"pids": hub.dispatcher.pids}
            sys.stdout.write(json.dumps(ready) + "\n")
            sys.stdout.flush()
            wait_for_interrupt()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
