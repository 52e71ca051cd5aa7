"""The forms that ship with the hub (模板): refund, trial lesson, risk, beauty, acceptance, sign-up, fault."""

from __future__ import annotations

from pathlib import Path

from hub.documents.kinds import preset_files

FORMS_FOLDER = Path(__file__).parents[1] / "presets" / "forms"

shipped_forms = preset_files(FORMS_FOLDER)
