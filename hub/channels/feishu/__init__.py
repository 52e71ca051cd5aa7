"""Feishu (飞书, Lark): notices into a group, by its custom bot (自定义机器人)."""
