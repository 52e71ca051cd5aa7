"""C073: "１３８ 0013-8000" is stored as 13800138000, "1380013800" is 422 at /phone; the invalid rate shows it."""

from __future__ import annotations

from tests.support.forms import field, form, pointers, publish, submit
from tests.support.tickets import World, world


def figures(hub: World) -> list[tuple[int, int, int, str]]:
    """(form version, submitted, invalid, invalid rate), the newest first."""
    rows = hub.call("GET", "/forms/callback/figures").json["data"]
    return [(row["form_version"], row["submitted"], row["invalid"], row["invalid_rate"]) for row in rows]


def test_a_number_is_normalised_then_validated() -> None:
    """However it is typed it is the same number; one digit short is 422 with its place, in both languages. What was
    refused before and after a change of the form is seen by version."""
    with world() as hub:
        publish(hub, "callback", form(field("phone", "cn_mobile", required=True)))
        for typed in ("１３８ 0013-8000", "+86 138 0013 8000", "0086-13800138000", " 138 0013 8000　"):
            made = submit(hub, "callback", {"phone": typed})
            assert (made.status, made.json["answers"]) == (201, {"phone": "13800138000"})

        refused = submit(hub, "callback", {"phone": "1380013800"})
        assert (refused.status, pointers(refused)) == (422, ["/phone"])
        assert refused.json["zh"]["errors"] == [{"pointer": "/phone", "detail": "须为 11 位手机号码"}]
        assert figures(hub) == [(1, 4, 1, "0.2000")]

        easier = form(field("phone", "cn_mobile", required=True, hint={"zh": "11 位", "en": "11 digits"}))
        publish(hub, "callback", easier)
        assert submit(hub, "callback", {"phone": "13900139000"}).status == 201
        assert figures(hub) == [(2, 1, 0, "0.0000"), (1, 4, 1, "0.2000")]
