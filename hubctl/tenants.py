"""The tenants that there are: the files infra/tenants/<tenant>.toml."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import ValidationError

from hubctl.failures import OperatorError
from hubctl.stamps import ROOT
from infra.tenant import Tenant, read_tenant

FORM = re.compile(r"[a-z0-9]{3,20}")


class TenantError(OperatorError):
    """There is no such tenant, or its file can't be meant so."""


def tenant_file(tenant: str, root: Path = ROOT) -> Path:
    """The tenant's file. Raises TenantError where there is none."""
    if not FORM.fullmatch(tenant):
        raise TenantError(f"{tenant!r} can't be a tenant's id: 3 to 20 lower-case letters and digits")
    path = root / "infra" / "tenants" / f"{tenant}.toml"
    if not path.exists():
        raise TenantError(f"there is no tenant {tenant}: write infra/tenants/{tenant}.toml (copy demo.toml)")
    return path


def find_tenant(tenant: str, root: Path = ROOT) -> Tenant:
    """The tenant as its file describes it. Raises TenantError, which says what is wrong in the file."""
    path = tenant_file(tenant, root)
    try:
        return read_tenant(path)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False))
        raise TenantError(f"infra/tenants/{path.name}: {'; '.join(wrong)}") from None
    except ValueError as error:  # no TOML, or another tenant's
        raise TenantError(f"infra/tenants/{path.name}: {error}") from None
