"""DingTalk (钉钉): notices into a group, by its custom robot (自定义机器人)."""
