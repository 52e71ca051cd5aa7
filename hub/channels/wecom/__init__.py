"""WeCom (企业微信): callbacks of a self-built app, and messages to members."""
