"""WeCom (企业微信): callbacks of an app or a suite, messages to members, greetings of new customers."""
