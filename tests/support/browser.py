"""A real browser for tests: the Chromium of the machine, driven by playwright. Without one a test is skipped in words;
where CI is set, it fails instead."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@dataclass
class Visit:
    """A page and what happened on it: every address that was asked for, and whatever the console complained of."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def chromium() -> str:
    """Where the machine's browser is. Skips the test without one."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and os.environ.get("CI"):
        pytest.fail("no Chromium on this machine, though CI is set: apt-get install chromium")
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium fonts-noto-cjk")
    return str(path)


@contextmanager
def browsing(viewport: dict[str, int] = PHONE, **options: Any) -> Iterator[Visit]:
    """A page of a fresh browser. options: of playwright's context."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport=viewport, locale="zh-CN", device_scale_factor=2, **options).new_page()
        visit = Visit(page)
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("console", lambda line: visit.complaints.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        try:
            yield visit
        finally:
            browser.close()
