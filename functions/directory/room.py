"""The room, on which its parts are declared."""

from __future__ import annotations

from functions.directory.desk import build_desk
from hub.documents.items import POINTER
from hub.edge.room import Room
from hub.jobs.desk import Importable
from hub.jobs.routes import FOLLOWED as JOB
from hub.store.idempotency import Idempotency

ADMINISTRATOR = ("administrator",)
IMPORTS = (
    Importable(
        "people",
        "PUT",
        "/directory/people/{person_id}",
        same_by=("person_id",),
        labels={
            "工号": "person_id",
            "姓名": "name",
            "角色": "roles",
            "技能": "skills",
            "团队": "teams",
            "地区": "region",
            "门店": "store_id",
            "上级": "supervisor",
            "企业微信账号": "wecom_userid",
        },
    ),
    Importable(
        "stores",
        "PUT",
        "/directory/stores/{store_id}",
        same_by=("store_id",),
        labels={"门店编号": "store_id", "门店名称": "name", "名称": "name", "地区": "region", "店长": "manager"},
    ),
)
"""What comes from files, with the names that people give to columns."""

room = Room(
    "directory",
    paths=("/directory", "/auth", "/jobs/directory", "/docs"),
    make_desk=build_desk,
    idempotency=Idempotency,
    exact_paths=("/openapi.json", "/{file}"),
    module="functions.directory.app",
    followed=("person", "store", "roster", "glass#", POINTER, JOB),
    shared={"changes": "events"},
)
