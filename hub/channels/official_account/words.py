"""The words of official accounts' callbacks, and ours for them: tables that `inbound` reads by."""

from __future__ import annotations

from collections.abc import Mapping

CONTENT_FIELDS: Mapping[str, Mapping[str, str]] = {
    "text": {"content": "text", "bizmsgmenuid": "menu_id"},
    "image": {"picurl": "pic_url", "mediaid": "media_id"},
    "voice": {"mediaid": "media_id", "format": "format", "mediaid16k": "media_id_16k", "recognition": "text"},
    "video": {"mediaid": "media_id", "thumbmediaid": "thumb_media_id"},
    "shortvideo": {"mediaid": "media_id", "thumbmediaid": "thumb_media_id"},
    "location": {"location_x": "latitude", "location_y": "longitude", "scale": "scale", "label": "label"},
    "link": {"title": "title", "description": "description", "url": "url"},
    "file": {
        "title": "title",
        "description": "description",
        "filekey": "file_key",
        "filemd5": "md5",
        "filetotallen": "bytes",
    },
}
"""Per kind of message: the platform's field (lower case) → the content's."""
TOUCHPOINTS: Mapping[str, tuple[str, str]] = {
    "click": ("menu_clicked", "eventkey"),
    "view": ("link_viewed", "eventkey"),
    "view_miniprogram": ("page_viewed", "eventkey"),
    "scancode_push": ("scanned", "eventkey"),
    "scancode_waitmsg": ("scanned", "eventkey"),
    "pic_sysphoto": ("menu_clicked", "eventkey"),
    "pic_photo_or_album": ("menu_clicked", "eventkey"),
    "pic_weixin": ("menu_clicked", "eventkey"),
    "location_select": ("located", "eventkey"),
    "location": ("located", ""),
    "kf_create_session": ("session_started", "kfaccount"),
    "kf_close_session": ("session_ended", "kfaccount"),
    "kf_switch_session": ("session_transferred", "tokfaccount"),
}
"""Event → our kind, and the field that names its object."""
CARDS: Mapping[str, str] = {
    "user_get_card": "claimed",
    "user_gifting_card": "given",
    "user_consume_card": "used",
    "user_pay_from_pay_cell": "used",
    "user_view_card": "viewed",
    "user_del_card": "deleted",
}
PRIVACY: Mapping[str, tuple[str, str]] = {
    "user_info_modified": ("revoked", "user_info"),
    "user_authorization_revoke": ("revoked", ""),
    "user_authorization_cancellation": ("erasure_asked", ""),
}
"""Event → what changed, and its scope where the platform names none. A profile that the platform cleaned has to be
deleted here too: `user_info_modified` takes back what was told."""
AUTHORIZATIONS: Mapping[str, tuple[str, bool]] = {
    "authorized": ("authorized", False),
    "updateauthorized": ("updated", False),
    "unauthorized": ("unauthorized", True),
    "component_verify_ticket": ("ticket_renewed", False),
}
"""An open platform's notices: InfoType → status, and whether somebody has to act. Tickets and codes stay unsaid."""
VERIFICATIONS: Mapping[str, tuple[str, bool]] = {  # (from memory)
    "qualification_verify_success": ("qualified", False),
    "qualification_verify_fail": ("qualification_refused", True),
    "naming_verify_success": ("named", False),
    "naming_verify_fail": ("naming_refused", True),
    "annual_renew": ("renewal_due", True),
    "verify_expired": ("verification_expired", True),
}
"""The account's own verification (认证)."""
