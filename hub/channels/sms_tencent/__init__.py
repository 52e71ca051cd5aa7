"""Tencent Cloud SMS (腾讯云短信): approved templates to phones."""
