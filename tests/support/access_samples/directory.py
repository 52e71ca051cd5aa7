"""People, a store, a team with its roster, a key, and broken glass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from functions.directory import app
from hub.edge.access.policy import packaged_document
from tests.support.access import REGION, STORE, Ids, Sample, start_job
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import call, token

LI = {"name": "李雷", "roles": ["agent"], "region": REGION, "store_id": STORE}
SHIFTS = {"shifts": [{"person_id": "li", "starts_at": "2026-11-21T01:00:00Z", "ends_at": "2026-11-21T10:00:00Z"}]}
SPAN = {"starts_at": "2026-11-21T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z"}
POLICY = {"document": packaged_document().model_dump(mode="json")}
BODIES = {
    ("POST", "/directory/people/{person_id}"): LI,
    ("PUT", "/directory/people/{person_id}"): LI,
    ("POST", "/directory/people/{person_id}/grant"): {"role": "finance", **SPAN},
    ("POST", "/directory/break-glass"): {"thing": "tkt_1", "reason": "VIP 客户投诉"},
    ("PUT", "/directory/stores/{store_id}"): {"name": "门店", "region": REGION},
    ("PUT", "/directory/teams/{team}"): {"name": "客服", "region": REGION, "stores": [STORE]},
    ("PUT", "/directory/rosters/{team}"): SHIFTS,
    ("POST", "/auth/links"): {"person_id": "lileilei1"},
    ("POST", "/auth/keys"): {"name": "ERP", "scopes": ["viewer"], "region": REGION},
    ("PUT", "/directory/field-policy/draft"): POLICY,
    ("POST", "/directory/field-policy/lint"): POLICY,
    ("POST", "/directory/field-policy/compare"): POLICY,
    ("POST", "/directory/field-policy/publish"): POLICY,
    ("POST", "/directory/field-policy/revert"): {"version": 0},
}
QUERIES = {("GET", "/directory/break-glass"): {"thing": "tkt_1"}}


@contextmanager
def stage() -> Iterator[Ids]:
    """An organisation with one of each."""
    with account("directory") as session:
        install(app.room, session)
        ids = {"person_id": "lileilei1", "store_id": STORE, "team": "care", "code": "310101", "field": "phone"}
        for method, path in (
            ("PUT", "/directory/people/{person_id}"), ("PUT", "/directory/stores/{store_id}"),
            ("PUT", "/directory/teams/{team}"), ("PUT", "/directory/rosters/{team}"),
        ):  # fmt: skip
            assert call(app.room, method, path.format(**ids), BODIES[method, path]).status == 200
        call(app.room, "PUT", "/directory/people/gm", {**LI, "roles": ["supervisor"], "region": "base"})
        glass = BODIES["POST", "/directory/break-glass"]
        assert call(app.room, "POST", "/directory/break-glass", glass, as_=token(sub="gm")).status == 201
        key = call(app.room, "POST", "/auth/keys", BODIES["POST", "/auth/keys"]).json
        yield {**ids, "key_id": key["id"], "job_id": start_job(app.room, "/directory/people"), "link": "none"}


SAMPLE = Sample(app.room, stage, BODIES, QUERIES)
