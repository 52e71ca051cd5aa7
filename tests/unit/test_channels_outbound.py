"""What the channels that only send share."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.base import check_fields
from hub.channels.outbound import PHONE, check_message, cut_text
from hub.kernel.errors import Invalid
from tests.channels.support import PAYLOADS

ROOT = PAYLOADS.parents[1]
OUTBOUND = ("dingtalk", "feishu", "sms_aliyun", "sms_tencent", "email", "phone")


@given(st.text(max_size=60), st.integers(3, 80))
def test_a_text_is_cut_between_characters(text: str, limit: int) -> None:
    """What fits stays whole; what doesn't is cut to at most the limit, and still is text."""
    cut = cut_text(text, limit)
    whole = text.encode("utf-8", "replace").decode()
    assert len(cut.encode()) <= limit
    assert cut == whole if len(whole.encode()) <= limit else whole.startswith(cut.removesuffix("…"))


@pytest.mark.parametrize(
    ("receivers", "send_id", "pointers"),
    [
        (["13800000000"], "snd_1", []),
        ([], "", ["/receivers"]),
        (["1"] * 3, "", ["/receivers"]),
        ("13800000000", "", ["/receivers"]),
        (["13800000000,13900000000"], "", ["/receivers"]),
        (["13800000000"], "a\nb", ["/send_id"]),
        (["x"], "x" * 65, ["/receivers", "/send_id"]),
    ],
)
def test_receivers_and_send_ids_have_a_form(receivers: list[str], send_id: str, pointers: list[str]) -> None:
    """How many, of which form, and an id without surprises: each is named by pointer."""
    found: list[str] = []
    try:
        check_message(receivers, send_id, least=1, most=2, form=PHONE, rule="must be phones")
    except Invalid as refused:
        found = [problem.pointer for problem in refused.problems]
    assert found == pointers


@pytest.mark.parametrize("name", OUTBOUND)
def test_an_outbound_channel_describes_itself(name: str) -> None:
    """Both languages in every text, patterns that compile, no webhook, and a guide that says it is untried."""
    folder = ROOT / "hub" / "channels" / name
    document = json.loads((folder / "channel.json").read_text(encoding="utf-8"))
    texts = [document["title"], document["success"], *document["steps"]]
    texts += [field[part] for field in document["settings"] for part in ("label", "help")]
    guide = (folder / "setup.md").read_text(encoding="utf-8")
    assert (document["name"], document["direction"], document["webhook"]) == (name, ["out"], "")
    assert all(text["zh"] and text["en"] for text in texts)
    assert all(re.compile(field["pattern"]) for field in document["settings"])
    assert {f"/{field['name']}" for field in document["settings"] if field["required"]} == {
        problem.pointer for problem in check_fields(document["settings"], {})
    }
    assert "尚未在真实" in guide
    assert re.search(r"not been tried against", guide.replace("\n> ", " "))
