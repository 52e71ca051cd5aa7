"""Alibaba Cloud SMS (阿里云短信): approved templates to phones."""
