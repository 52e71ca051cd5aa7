"""A real browser for tests: the Chromium that the machine has, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@contextmanager
def phone() -> Iterator[Any]:
    """A page of a phone's browser. Skips where there is no browser; under CI there has to be one."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine: `apt-get install chromium fonts-noto-cjk`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        device = {name: value for name, value in playwright.devices["iPhone 13"].items() if "browser" not in name}
        yield browser.new_context(**device, locale="zh-CN").new_page()
        browser.close()
