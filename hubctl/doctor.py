"""`hubctl doctor`: whether every open ticket of a hub has what keeps it moving, page after page over its API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hubctl.documents import Hub


@dataclass(frozen=True)
class Report:
    """looked_at: so many open tickets. findings: as the hub told them. assumed: so many are due by a guess."""

    looked_at: int
    findings: tuple[dict[str, Any], ...]
    assumed: int = 0

    @property
    def is_ill(self) -> bool:
        """Whether something is not mended."""
        return any(not finding["fixed"] for finding in self.findings)

    def lines(self) -> Iterator[str]:
        """A line a finding: the ticket, what it lacks, where it waits, and in words."""
        for each in self.findings:
            place = ",".join(each["nodes"]) or "-"
            end = "fixed" if each["fixed"] else "open"
            what = f"{each['lacks']:<10} {each['status'] or '-':<9} {place:<16} {end:<5}"
            yield f"{each['ticket_id']}  {what} {each['words']['zh']} · {each['words']['en']}"

    def summary(self) -> Iterator[str]:
        """What it comes to, in numbers."""
        yield f"{self.looked_at} open tickets, {len(self.findings)} findings"
        if self.assumed:
            yield f"{self.assumed} are due on days that no calendar knows (docs/deadlines.md)"


def check_up(hub: Hub, *, fix: bool) -> Report:
    """Look at all open tickets, and mend what they lack where that is asked for."""
    looked_at, assumed, findings, cursor = 0, 0, list[dict[str, Any]](), ""
    while True:
        page = hub.ask("POST", "/tickets/doctor", {"fix": fix, "cursor": cursor})
        looked_at += page["looked_at"]
        assumed += page["assumed"]
        findings += page["findings"]
        cursor = page["cursor"]
        if not cursor:
            return Report(looked_at, tuple(findings), assumed)
