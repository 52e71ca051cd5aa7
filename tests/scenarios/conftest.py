"""What scenarios share with functional tests: an account a module."""

from __future__ import annotations

from tests.functional.conftest import one_account as one_account
