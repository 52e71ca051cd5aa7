"""Synthesise one stack a tenant: `python -m infra.app --out DIR [--tenant ID]`; `hubctl synth` is the way to call it.

Reads build/ (made by `hubctl build`), statemachines/ and infra/tenants/, and writes the cloud assembly, offline.
"""

import argparse
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks

from infra.manifest import read_manifests
from infra.stack import TenantStack
from infra.tenant import read_tenant

ROOT = Path(__file__).resolve().parent.parent


def synthesise(tenant_files: list[Path], *, build: Path, definitions: Path, out: Path, check: bool = True) -> Path:
    """Write the assembly of these tenants into `out`. `check` runs cdk-nag, whose findings stop the synthesis."""
    app = cdk.App(outdir=str(out), analytics_reporting=False)
    if check:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    manifests = read_manifests(build)
    for path in tenant_files:
        TenantStack(app, read_tenant(path), manifests=manifests, build=build, definitions=definitions)
    app.synth()
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenant", default="*", help="a tenant's id; without it, all of them")
    parser.add_argument("--tenants", type=Path, default=ROOT / "infra" / "tenants")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--definitions", type=Path, default=ROOT / "statemachines")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "cdk")
    parser.add_argument("--unchecked", action="store_true", help="leave cdk-nag out: for the local machine")
    arguments = parser.parse_args()
    files = sorted(arguments.tenants.glob(f"{arguments.tenant}.toml"))
    if not files:
        parser.error(f"no tenant {arguments.tenant} in {arguments.tenants}")
    synthesise(
        files,
        build=arguments.build,
        definitions=arguments.definitions,
        out=arguments.out,
        check=not arguments.unchecked,
    )


if __name__ == "__main__":
    main()
