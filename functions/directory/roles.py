"""The fixed catalogue of roles (角色): what one may be in the organisation, in both languages."""

from __future__ import annotations

from hub.contracts.base import Words
from hub.contracts.directory import RoleView

ROLES: tuple[RoleView, ...] = (
    RoleView(id="administrator", title=Words(zh="管理员", en="Administrator")),
    RoleView(id="supervisor", title=Words(zh="主管", en="Supervisor")),
    RoleView(id="agent", title=Words(zh="客服", en="Agent")),
    RoleView(id="engineer", title=Words(zh="工程师", en="Engineer")),
    RoleView(id="finance", title=Words(zh="财务", en="Finance")),
    RoleView(id="integrator", title=Words(zh="集成方", en="Integrator")),
    RoleView(id="store_manager", title=Words(zh="店长", en="Store manager")),
    RoleView(id="viewer", title=Words(zh="只读成员", en="Viewer")),
)
