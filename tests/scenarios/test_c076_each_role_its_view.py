"""C076: sales sees the contact and no parameters, the technician the reverse: in the answer, ticket and export."""

from __future__ import annotations

import json
from typing import Any

import boto3

from functions.directory.directory_table import DirectoryTable
from functions.directory.tables import MODELS
from hub.edge.access.policy import packaged_document
from hub.store.model import bind
from hub.store.table import Table
from tests.support.aws import REGION, TENANT
from tests.support.forms import field, form, publish, submit
from tests.support.tickets import World, as_, world

SHEET = form(
    field("contact", "cn_mobile", required=True),
    field("params", "long_text", field_class="technical"),
    field("product", "select", options=["BX3", "BX5"]),
    on_submit={"ticket": {"type": "repair"}},
)
ANSWERS = {"contact": "13800138000", "params": "p=3.2 bar", "product": "BX3"}
SALES, TECH = "agent", "engineer"


def hide_contacts_from_engineers() -> None:
    """The tenant's own field policy, where the directory puts it: engineers see no contact."""
    policy = packaged_document().model_dump(mode="json")
    for rule in policy["rules"]:
        if rule["role"] == TECH:
            rule["sees"] = [name for name in rule["sees"] if name != "contact"]
    name = f"hub-{TENANT}-directory"
    bind(name, *MODELS)
    directory = DirectoryTable(TENANT, Table(name, boto3.client("dynamodb", region_name=REGION)))
    directory.keep_field_policy(1, json.dumps(policy))


def seen_by(hub: World, role: str, path: str) -> Any:
    """A path as one of this role in Shanghai sees it."""
    answer = hub.call("GET", path, as_=as_(role, sub="x"))
    assert answer.status == 200, answer.text
    return answer


def test_one_policy_for_the_answer_the_ticket_and_the_file() -> None:
    """What a role may not see is absent, in the submission and on the ticket that it opened, and is no column of the
    CSV."""
    with world() as hub:
        hide_contacts_from_engineers()
        hub.clock.advance(seconds=10)
        publish(hub, "sheet", SHEET)
        made = submit(hub, "sheet", ANSWERS, query={"region": "310101"}).json
        expected = {
            SALES: {"contact": "13800138000", "product": "BX3"},
            TECH: {"params": "p=3.2 bar", "product": "BX3"},
        }
        for role, answers in expected.items():
            assert seen_by(hub, role, f"/forms/submissions/{made['id']}").json["answers"] == answers
            ticket = seen_by(hub, role, f"/tickets/{made['ticket_id']}").json
            assert ticket["texts"] | ticket["fields"] == answers
            heads = seen_by(hub, role, "/forms/submissions/export?form=sheet").text.splitlines()[0]
            assert {name for name in ANSWERS if f"({name})" in heads} == set(answers)
