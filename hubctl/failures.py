"""What can go wrong for an operator, and can be mended by one: said in one line, without a traceback."""

from __future__ import annotations


class OperatorError(Exception):
    """Base of hubctl's own errors. The message says what happened and what to do."""
