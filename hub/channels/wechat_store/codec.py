"""The door for WeChat Store (微信小店): the GET that verifies a URL, and the POST that brings an event.

https://developers.weixin.qq.com/doc/store/shop/notify/order_callback (read 2025): JSON by default; `success` within 5
seconds, else up to ten pushes in some 3.6 hours. Events have no message id: the hash of the plaintext, which a repeat
has again, is theirs.
"""

from __future__ import annotations

from hub.channels.wechat.push import PushDoor

DOOR = PushDoor()
