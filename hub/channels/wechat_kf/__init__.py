"""WeChat customer service (微信客服): customers who write from WeChat, fetched message by message."""
