"""Surveys (满意度调查): what an answer calls for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.contracts import events
from hub.kernel.ids import derived_id


def survey_answered(
    tenant: str, token: str, survey: Mapping[str, Any], score: int, content_ref: str, at: datetime
) -> events.OccasionResolved:
    """What the rooms hear of an answer: rules say whether it calls for a return visit."""
    return events.OccasionResolved(
        id=derived_id("evt", at, "survey.answered", token),
        tenant=tenant,
        at=at,
        connection_id="",
        channel="survey",
        kind="survey",
        subject_id=str(survey.get("ticket_id", "")),
        customer_id=str(survey.get("customer_id", "")),
        identity_id=str(survey.get("identity_id", "")),
        region=str(survey.get("region") or "base"),
        store_id=str(survey.get("store_id", "")),
        rating=score,
        content_ref=content_ref,
    )
