"""The one place that reads the environment. The stack sets every name; a missing one fails by its name."""

import json
import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from hub.kernel.clock import Clock, clock_from


class Settings(BaseModel):
    """A function's settings, from `HUB_…` variables of the same names in upper case."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    tenant: str = Field(pattern=r"^[a-z0-9]{3,20}$")
    table: str
    inbox_table: str = ""
    content_table: str = ""
    directory_table: str = ""
    platforms_table: str = ""
    bus: str
    changes_queue_url: str = ""
    tally_queue_url: str = ""
    clock_scale: str = "1"
    clock_origin: str = ""
    base_url: str = ""
    key_id: str = ""
    flow_role_arn: str = ""
    steps_function: str = ""
    escalation_arn: str = ""
    run_arn: str = ""
    platforms_url: str = Field(default="", description="the local doubles of the platforms; empty on AWS")
    verify_files: str = Field(default="{}", description="JSON: file name → content of WW_verify_*.txt, MP_verify_*.txt")
    timezone: str = "Asia/Shanghai"
    allowed_origins: str = Field(default="", description="pages of these origins may call the API, blanks between them")
    requests_per_minute: int = Field(default=0, ge=0, description="of one caller, in one room; 0: no limit")
    files_bucket: str = Field(default="", description="the tenant's bucket, for what jobs write and read")
    board_url: str = Field(default="", description="where cards lead: a front end's page, with {ticket} in it")
    default_region: str = Field(default="base", description="where work is that nothing else gives a place")

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read `environment` (default: the process's). Raises pydantic.ValidationError naming what is missing."""
        source = os.environ if environment is None else environment
        names = {name: source[f"HUB_{name.upper()}"] for name in cls.model_fields if f"HUB_{name.upper()}" in source}
        return cls.model_validate(names)

    def clock(self) -> Clock:
        """The clocks these settings describe."""
        return clock_from(self.clock_scale, self.clock_origin)

    def verify_file(self, name: str) -> str | None:
        """The content of a platform's domain verification file, if the tenant has one of this name."""
        content = json.loads(self.verify_files or "{}").get(name)
        return None if content is None else str(content)
