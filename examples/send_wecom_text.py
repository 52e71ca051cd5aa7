"""Write to the hub as WeCom would: an encrypted, signed text message from a member.

    make dev                                                  # in another terminal
    .venv/bin/python examples/send_wecom_text.py "冰柜不制冷"

Reads .hub/ready.json, which a running hub writes.
"""

import json
import secrets
import sys
import time
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from hub.channels.door import Stamp
from hub.channels.registry import codec

text = sys.argv[1] if len(sys.argv) > 1 else "冰柜不制冷"
sender = sys.argv[2] if len(sys.argv) > 2 else "mgr_chen"
ready_file = Path(".hub/ready.json")
if not ready_file.exists():
    sys.exit("no hub is up: run `make dev` in another terminal, and this one from the project's directory")
ready = json.loads(ready_file.read_text(encoding="utf-8"))
connection = next(c for c in ready["connections"] if c["channel"] == "wecom")

plaintext = (
    f"<xml><ToUserName>{connection['settings']['corp_id']}</ToUserName><FromUserName>{sender}</FromUserName>"
    f"<CreateTime>{int(time.time())}</CreateTime><MsgType>text</MsgType><Content><![CDATA[{text}]]></Content>"
    f"<MsgId>{secrets.randbits(62)}</MsgId><AgentID>1000002</AgentID></xml>"
)
stamp = Stamp(timestamp=str(int(time.time())), nonce=secrets.token_hex(8), randomness=secrets.token_bytes(16))
delivery = codec("wecom").sample(connection["settings"], plaintext.encode(), stamp)
url = f"{connection['webhook_url']}?{urlencode(delivery.query)}"
with urlopen(Request(url, data=delivery.body, headers=dict(delivery.headers), method="POST")) as answer:  # noqa: S310
    print(answer.status, answer.read().decode() or "(empty body: taken)")  # noqa: T201
