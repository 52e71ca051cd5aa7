"""WeChat Store (微信小店): orders and after-sales as hints at the door, and read by its API."""
