"""What an operation needs before it can be shown with a good answer (示例的前置步骤): a job that is done, a second
customer, a link that was just made. A step makes it, by the API, and answers the walk with the ids, body and caller to
ask with.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from functions.customers import app as customers
from functions.directory import app as directory
from functions.notifications import app as notifications
from functions.settlement import app as settlement
from functions.tickets import app as tickets
from functions.webhooks.handlers import changes as webhooks
from hub.jobs.desk import JobDesk
from hub.jobs.jobs_table import SHARD
from tests.support.access import BOSS, PERSON, REGION, STORE, Walk
from tests.support.http import Context, call, sqs_batch, token

Step = Callable[[Walk], tuple[Walk, str]]
FOLLOWERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "customers": customers.on_change,
    "directory": directory.on_change,
    "notifications": notifications.on_change,
    "settlement": settlement.on_change,
    "tickets": tickets.on_change,
    "webhooks": webhooks.on_change,
}
"""What the stream of each room with jobs calls."""
AS_BOSS = token(sub=BOSS)
SLICES = 20
FILES = {
    "customers": ("/customers", "customers", "csv", "手机,姓名,地区\n13800138000,张三,310101\n"),
    "directory": ("/directory/people", "people", "csv", "工号,姓名,角色,地区\nli,小李,engineer,310000\n"),
    "notifications": ("/notifications", "", "csv", ""),
    "settlement": (
        "/settlement/conflicts",
        "facts",
        "ndjson",
        '{"id": "order:9", "kind": "order", "occurred_at": "2026-11-20T02:00:00Z"}\n',
    ),
    "tickets": ("/tickets", "tickets", "csv", "类型,客户,地区,内容\nrepair,cus_1,310101,冷柜结霜\n"),
    "webhooks": (
        "/webhooks/orders",
        "orders",
        "csv",
        "连接,订单号,状态,金额,更新时间\n{connection},E1,paid,19.90,2026/12/1 14:30\n",
    ),
}
"""Of each room with jobs: a list that can be exported, what comes from files, their format, and such a file."""
OPEN_CONNECTION = {
    "channel": "open",
    "name": "ERP",
    "settings": {"secret": f"whsec_{b64encode(bytes(32)).decode()}", "account": "erp"},
}
PHOTO = {"content_type": "image/jpeg", "size_bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()}
CASHIER = {"phone": "13600136000", "name": "韩梅梅", "region": REGION}
FOUND = {"name": "李雷", "phone": "13800138000", "fault": "冷柜结霜", "product": "BX3"}


def ask(walk: Walk, method: str, path: str, body: Any = None, as_: str = AS_BOSS, **query: str) -> Any:
    """What another operation of the room answers; it has to be a good answer."""
    answer = call(walk.sample.room, method, path.format(**walk.ids), body, as_=as_, query=query or None)
    assert answer.status < 300, (method, path, answer.text)
    return answer.json if answer.text else None


def with_ids(walk: Walk, as_: str = AS_BOSS, **ids: str) -> tuple[Walk, str]:
    """The walk with other ids, and who asks."""
    return replace(walk, ids={**walk.ids, **ids}), as_


def with_body(walk: Walk, where: tuple[str, str], body: Any, **ids: str) -> tuple[Walk, str]:
    """The walk with another body of one operation."""
    bodies = {**walk.sample.bodies, where: body}
    return with_ids(replace(walk, sample=replace(walk.sample, bodies=bodies)), **ids)


# Jobs, of any room that has them.


def export_body(room: str) -> dict[str, str]:
    """An export of the room's."""
    return {"list": FILES[room][0], "format": "xlsx"}


def import_body(room: str, **names: str) -> dict[str, str]:
    """An import of the room's."""
    _, into, file_format, file = FILES[room]
    for name, value in names.items():
        file = file.replace(f"{{{name}}}", value)
    return {"into": into, "format": file_format, "content": b64encode(file.encode()).decode()}


def finished(walk: Walk, job_id: str) -> str:
    """The job, once no slice of it, or of its shards, is due."""
    room = walk.sample.room
    table = JobDesk(room).table
    for _ in range(SLICES):
        job = table.find(job_id)
        if job.state not in ("queued", "running"):
            return job_id
        for sort in ("job", *(f"{SHARD}{number:03d}" for number in range(job.shards) if job.waits)):
            change = {"table": "t", "kind": "MODIFY", "pk": f"demo#job#{job_id}", "sk": sort, "new": None, "old": None}
            FOLLOWERS[room.app_name](sqs_batch(change), Context())
    raise AssertionError("the job does not end")


def _exported(walk: Walk) -> tuple[Walk, str]:
    name = walk.sample.room.app_name
    return with_ids(walk, job_id=finished(walk, ask(walk, "POST", f"/jobs/{name}/exports", export_body(name))["id"]))


def _linked(walk: Walk) -> tuple[Walk, str]:
    here, _ = _exported(walk)
    url = ask(here, "GET", f"/jobs/{walk.sample.room.app_name}/{{job_id}}/file")["url"]
    return with_ids(walk, link=urlsplit(url).path.rpartition("/")[2])


def _previewed(walk: Walk) -> tuple[Walk, str]:
    name = walk.sample.room.app_name
    connection = ask(walk, "POST", "/webhooks/connections", OPEN_CONNECTION)["id"] if name == "webhooks" else ""
    job = ask(walk, "POST", f"/jobs/{name}/imports", import_body(name, connection=connection))
    return with_ids(walk, job_id=finished(walk, job["id"]))


# Customers.


def _two_customers(walk: Walk) -> tuple[Walk, str]:
    other = ask(walk, "POST", "/customers", CASHIER)["id"]
    return with_body(walk, ("POST", "/customers/{customer_id}/merge"), {"into": other})


def _one_of_two(walk: Walk) -> tuple[Walk, str]:
    whole = ask(walk, "GET", "/customers/{customer_id}")
    return with_body(
        walk,
        ("POST", "/customers/{customer_id}/unmerge"),
        {"identity_id": whole["merged"][0]["customer_id"]},
        customer_id=whole["id"],
    )


# The directory: whoever signs in.


def _as_the_manager(walk: Walk) -> tuple[Walk, str]:
    return with_ids(walk, token("supervisor", sub="gm"))


def _with_a_key(walk: Walk) -> tuple[Walk, str]:
    key = ask(walk, "POST", "/auth/keys", {"name": "ERP", "scopes": ["viewer"]})["api_key"]
    return with_body(walk, ("POST", "/auth/tokens"), {"api_key": key})


def _link_of(walk: Walk) -> str:
    return str(ask(walk, "POST", "/auth/links", {"person_id": "gm"})["link"])


def _with_a_link(walk: Walk) -> tuple[Walk, str]:
    return with_body(walk, ("POST", "/auth/login/link"), {"link": _link_of(walk)})


def _with_a_session(where: tuple[str, str]) -> Step:
    def step(walk: Walk) -> tuple[Walk, str]:
        session = ask(walk, "POST", "/auth/login/link", {"link": _link_of(walk)})
        return with_body(walk, where, {"refresh_token": session["refresh_token"]})

    return step


# Settlement.


def _reconciled(walk: Walk) -> tuple[Walk, str]:
    body = walk.sample.bodies["POST", "/settlement/reconciliations"]
    made = ask(walk, "POST", "/settlement/reconciliations", body)
    finished(walk, made["job_id"])
    rows = ask(walk, "GET", f"/settlement/reconciliations/{made['id']}/differences")["data"]
    return with_ids(walk, reconciliation_id=made["id"], number=str(rows[0]["number"]))


def _settled(walk: Walk) -> tuple[Walk, str]:
    here, as_ = _reconciled(walk)
    path = "/settlement/reconciliations/{reconciliation_id}"
    for row in ask(here, "GET", f"{path}/differences")["data"]:
        ask(here, "POST", f"{path}/differences/{row['number']}/resolve", {"resolution": "claimed"})
    return here, as_


# Tickets.


def _another_ticket(walk: Walk, **more: Any) -> str:
    made = ask(walk, "POST", "/tickets", {**walk.sample.bodies["POST", "/tickets"], **more})
    return str(made["id"])


def _as_the_person(walk: Walk) -> tuple[Walk, str]:
    return with_ids(walk, token("engineer", sub=PERSON, region=REGION))


def _with_its_link(walk: Walk) -> tuple[Walk, str]:
    return with_ids(walk, link=ask(walk, "GET", "/tickets/{ticket_id}")["link"].rpartition("/")[2])


def _lay_down(walk: Walk, form: Any) -> str:
    """What S3 does with a file that its form lets in; answers the upload's id."""
    host = walk.sample.room.host
    host.client("s3").put_object(
        Bucket=host.settings.files_bucket, Key=form["fields"]["key"], Body=b"x", ChecksumAlgorithm="SHA256"
    )
    return str(form["id"])


def _uploaded(walk: Walk) -> tuple[Walk, str]:
    return with_ids(walk, upload_id=_lay_down(walk, ask(walk, "POST", "/tickets/{ticket_id}/uploads", PHOTO)))


def _uploaded_by_link(walk: Walk) -> tuple[Walk, str]:
    here, as_ = _with_its_link(walk)
    return with_ids(here, as_, upload_id=_lay_down(here, ask(here, "POST", "/t/{link}/uploads", PHOTO, as_="")))


def _over(walk: Walk) -> tuple[Walk, str]:
    ticket_id = _another_ticket(walk)
    ask(walk, "POST", f"/tickets/{ticket_id}/cancel", {})
    return with_ids(walk, ticket_id=ticket_id)


def _beside_another(walk: Walk) -> tuple[Walk, str]:
    return with_body(walk, ("POST", "/tickets/{ticket_id}/links"), {"tickets": [_another_ticket(walk)]})


def _a_draft(walk: Walk) -> tuple[Walk, str]:
    made = ask(walk, "POST", "/forms/repair/submissions", FOUND, store=STORE, region=REGION, draft="1")
    return with_ids(walk, submission_id=made["id"])


# Connections.


def _an_open_connection(walk: Walk) -> tuple[Walk, str]:
    return with_ids(walk, connection_id=ask(walk, "POST", "/webhooks/connections", OPEN_CONNECTION)["id"])


JOBS: Mapping[tuple[str, str], Step] = {
    ("GET", "/jobs/{room}/{job_id}/file"): _exported,
    ("GET", "/jobs/{room}/files/{link}"): _linked,
    ("POST", "/jobs/{room}/{job_id}/apply"): _previewed,
}
STEPS: Mapping[tuple[str, str], Step] = {
    **{
        (method, path.replace("{room}", room)): step
        for (method, path), step in JOBS.items()
        for room in FILES
        if FILES[room][1] or step is not _previewed
    },
    ("POST", "/customers/{customer_id}/merge"): _two_customers,
    ("POST", "/customers/{customer_id}/unmerge"): _one_of_two,
    ("POST", "/directory/break-glass"): _as_the_manager,
    ("POST", "/auth/logout-everywhere"): _as_the_manager,
    ("POST", "/auth/tokens"): _with_a_key,
    ("POST", "/auth/login/link"): _with_a_link,
    **{("POST", path): _with_a_session(("POST", path)) for path in ("/auth/refresh", "/auth/logout")},
    ("GET", "/settlement/reconciliations/{reconciliation_id}"): _reconciled,
    ("GET", "/settlement/reconciliations/{reconciliation_id}/differences"): _reconciled,
    ("POST", "/settlement/reconciliations/{reconciliation_id}/differences/{number}/resolve"): _reconciled,
    ("POST", "/settlement/reconciliations/{reconciliation_id}/approve"): _settled,
    ("POST", "/tickets/{ticket_id}/nodes/{node}/delegate"): _as_the_person,
    ("POST", "/tickets/queues/{team}/take"): _as_the_person,
    ("POST", "/tickets/{ticket_id}/uploads/{upload_id}/done"): _uploaded,
    ("GET", "/t/{link}"): _with_its_link,
    ("POST", "/t/{link}/uploads"): _with_its_link,
    ("POST", "/t/{link}/uploads/{upload_id}/done"): _uploaded_by_link,
    ("POST", "/tickets/{ticket_id}/reopen"): _over,
    ("POST", "/tickets/{ticket_id}/links"): _beside_another,
    ("POST", "/forms/submissions/{submission_id}/submit"): _a_draft,
    ("POST", "/webhooks/connections/{connection_id}/settings"): _an_open_connection,
    ("POST", "/webhooks/connections/{connection_id}/orders"): _an_open_connection,
    ("POST", "/webhooks/connections/{connection_id}/test"): _an_open_connection,
}
"""By the operation, as its route is declared."""


def prepared(walk: Walk, where: tuple[str, str]) -> tuple[Walk, str]:
    """The walk with what an operation needs, and who asks."""
    step = STEPS.get(where)
    return step(walk) if step else with_ids(walk)
