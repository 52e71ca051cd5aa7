"""The fixed catalogue of roles (角色): what one may be in the organisation, in both languages."""

from __future__ import annotations

from hub.contracts.directory import RoleView

ROLES: tuple[RoleView, ...] = (
    RoleView(id="administrator", title_zh="管理员", title_en="Administrator"),
    RoleView(id="supervisor", title_zh="主管", title_en="Supervisor"),
    RoleView(id="agent", title_zh="客服", title_en="Agent"),
    RoleView(id="engineer", title_zh="工程师", title_en="Engineer"),
    RoleView(id="finance", title_zh="财务", title_en="Finance"),
    RoleView(id="integrator", title_zh="集成方", title_en="Integrator"),
    RoleView(id="store_manager", title_zh="店长", title_en="Store manager"),
    RoleView(id="viewer", title_zh="只读成员", title_en="Viewer"),
)
