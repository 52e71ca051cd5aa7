"""How JD (JOS) signs API calls: https://open.jd.com/v2/#/doc/guide?listId=2643 (its published example passes)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hub.channels.signing import wrapped_md5

PARAMETERS = "360buy_param_json"


def sign_call(app_secret: str, params: Mapping[str, str]) -> str:
    """The `sign` of a call, over UTF-8, without `format` and `sign_method`; the parameters' JSON sorts first."""
    unsigned = ("sign", "format", "sign_method")
    return wrapped_md5(app_secret, {name: value for name, value in params.items() if name not in unsigned})


def parameters(params: Mapping[str, Any]) -> str:
    """The parameters of a call as they are signed and sent."""
    return json.dumps(params, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
