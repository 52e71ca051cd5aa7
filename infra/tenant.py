"""What a tenant chooses: infra/tenants/<id>.toml, read once and checked before anything is synthesised."""

import re
import tomllib
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
VERIFY_FILE = re.compile(r"(WW|MP)_verify_[A-Za-z0-9]+\.txt")
ORIGIN = re.compile(r"https://[a-z0-9.-]+(:\d{1,5})?|http://localhost(:(\d{1,5}|\*))?")
QUEUE = re.compile(r"[a-z]+-[a-z]+")
CONCURRENCY = range(2, 1_001)  # what Lambda takes for a queue
VERIFY_BYTES_MAX = 2_000  # the functions' environment holds them, and Lambda allows 4 KB in all


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Domain(Part):
    name: str = ""
    certificate_arn: str = ""

    @model_validator(mode="after")
    def check_certificate(self) -> Self:
        if bool(self.name) != bool(self.certificate_arn):
            raise ValueError("a domain needs both its name and its certificate_arn")
        return self


class Egress(Part):
    kind: Literal["none", "nat", "shared"] = "none"
    vpc_id: str = ""
    subnet_ids: tuple[str, ...] = ()
    availability_zones: tuple[str, ...] = ()
    security_group_id: str = ""

    @model_validator(mode="after")
    def check_shared(self) -> Self:
        values = (self.vpc_id, self.subnet_ids, self.availability_zones, self.security_group_id)
        if self.kind == "shared" and not all(values):
            raise ValueError("a shared VPC needs vpc_id, subnet_ids, availability_zones and security_group_id")
        if self.kind != "shared" and any(values):
            raise ValueError(f"egress of kind {self.kind} takes no VPC, subnets or security group")
        if len(self.subnet_ids) != len(self.availability_zones):
            raise ValueError("one availability zone a subnet, in the same order")
        return self


class Warmth(Part):
    kind: Literal["none", "ping", "provisioned"] = "none"
    instances: int = Field(default=1, ge=1, le=100)


class Limits(Part):
    requests_per_second: int = Field(default=500, ge=1, le=10_000)
    burst: int = Field(default=1_000, ge=1, le=5_000)
    per_caller_and_minute: int = Field(default=6_000, ge=0, le=1_000_000)
    accept_concurrency: int = Field(default=0, ge=0, le=1_000)


class Web(Part):
    """The tenant's own front ends."""

    origins: tuple[str, ...] = Field(default=(), max_length=20)
    board_url: str = Field(default="", pattern=r"^$|^https?://[!-~]+$", max_length=500)

    @field_validator("origins")
    @classmethod
    def check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [origin for origin in origins if not ORIGIN.fullmatch(origin)]:
            raise ValueError(f"not an origin, e.g. https://desk.example.com: {wrong[0]}")
        return origins

    @field_validator("board_url")
    @classmethod
    def check_board(cls, url: str) -> str:
        if url and "{id}" not in url:
            raise ValueError("board_url needs {id} where the ticket's id goes")
        return url


class Logs(Part):
    retention_days: int = 30

    @field_validator("retention_days")
    @classmethod
    def check_days(cls, days: int) -> int:
        if days not in RETENTION_DAYS:
            raise ValueError(f"retention_days is one of {RETENTION_DAYS}")
        return days


class Alarms(Part):
    email: str = Field(default="", pattern=r"^$|^[^@\s]+@[^@\s]+$")


class Tenant(Part):
    """One customer organisation (租户): its id stands in every AWS name of its stack."""

    id: str = Field(pattern=r"^[a-z0-9]{3,20}$")
    name: str = Field(min_length=1, max_length=80)
    region: str = Field(default="us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    timezone: str = "Asia/Shanghai"
    default_region: str = Field(default="base", pattern=r"^([1-8][0-9]{5}|base)$")
    architecture: Literal["arm64", "x86_64"] = "arm64"
    clock_scale: Literal[1] = 1
    keep_data: bool = True
    domain: Domain = Domain()
    egress: Egress = Egress()
    warmth: Warmth = Warmth()
    limits: Limits = Limits()
    concurrency: dict[str, int] = {}
    web: Web = Web()
    logs: Logs = Logs()
    alarms: Alarms = Alarms()
    verify_files: dict[str, str] = {}

    @field_validator("timezone")
    @classmethod
    def check_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no such time zone: {name}") from error
        return name

    @field_validator("concurrency")
    @classmethod
    def check_concurrency(cls, queues: dict[str, int]) -> dict[str, int]:
        if wrong := [name for name in queues if not QUEUE.fullmatch(name)]:
            raise ValueError(f"not a queue's name, e.g. webhooks-changes: {wrong[0]}")
        if wrong := [name for name, number in queues.items() if number not in CONCURRENCY]:
            raise ValueError(f"{wrong[0]}: from {CONCURRENCY[0]} to {CONCURRENCY[-1]} functions side by side")
        return queues

    @field_validator("verify_files")
    @classmethod
    def check_verify_files(cls, files: dict[str, str]) -> dict[str, str]:
        if wrong := [name for name in files if not VERIFY_FILE.fullmatch(name)]:
            raise ValueError(f"not a verification file's name: {wrong[0]}")
        if sum(len(name) + len(content) for name, content in files.items()) > VERIFY_BYTES_MAX:
            raise ValueError(f"verification files may hold {VERIFY_BYTES_MAX} characters in all")
        return files


def read_tenant(path: Path) -> Tenant:
    """The tenant of one TOML file; raises pydantic.ValidationError (a ValueError) when it can't be meant so."""
    tenant = Tenant.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    if tenant.id != path.stem:
        raise ValueError(f"{path.name} describes tenant {tenant.id}: file and id must agree")
    return tenant
