"""What went wrong with a connection, in words for its owner: what it is, and what most likely causes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from hub.channels.registry import CHANNELS, channel_document
from hub.contracts.base import Words

REJECTIONS: Mapping[str, Words] = {
    "bad-signature": Words(
        zh="签名不符：核对 Token / app_secret 是否与平台后台一致，是否多了空格。",
        en="The signature does not match: compare the token or app secret with the console, blanks included.",
    ),
    "bad-ciphertext": Words(
        zh="无法解密：EncodingAESKey 与平台后台不一致。",
        en="It cannot be decrypted: the EncodingAESKey is not the console's.",
    ),
    "wrong-receive-id": Words(
        zh="解密成功，但 ReceiveId 不在允许之列：核对企业ID。",
        en="It decrypts, but is meant for another receive id: check the corp id.",
    ),
    "bad-settings": Words(zh="连接的设置不完整。", en="The settings of this connection are incomplete."),
    "stale": Words(
        zh="投递的时间戳过旧：多为重放，或中转服务器的时钟不准。",
        en="The delivery's timestamp is too old: a replay as a rule, or a relaying server whose clock is wrong.",
    ),
    "unknown-key": Words(
        zh="签名所用的密钥编号未知：平台或中转方已更换密钥，请更新本连接的设置。",
        en="It is signed with a key that is not known: the sender changed keys; update this connection's settings.",
    ),
    "unknown-source": Words(
        zh="来源不在允许之列：核对本连接设置中的来源或渠道。",
        en="Its source is not one of those allowed: check the sources or channels in this connection's settings.",
    ),
    "bad-form": Words(
        zh="投递缺少平台约定的参数：多半不是该平台发出的，或回调 URL 填到了别的平台。",
        en="It lacks what the platform always sends: somebody else's, or this URL was entered in another platform.",
    ),
    "bad-encoding": Words(
        zh="正文的压缩方式（Content-Encoding）无法解开：请用 gzip、deflate 或不压缩发送，解压后不超过平台约定的大小。",
        en="Its body is packed (Content-Encoding) in a way that cannot be undone: send it plain, as gzip or deflate, "
        "within the limit once it is unpacked.",
    ),
    "bad-method": Words(
        zh="请求方法不对：多半是有人用浏览器打开了回调 URL。",
        en="The HTTP method is not the platform's: as a rule somebody opened the webhook URL in a browser.",
    ),
    "not-an-echo": Words(
        zh="验证请求的内容不符：请在平台后台重新保存回调 URL。",
        en="The check of the URL holds no echo: save the webhook URL in the console again.",
    ),
    "dtd": Words(
        zh="内容含有 DTD（dtd），平台从不发送：疑似攻击，已拒收。",
        en="It holds a DTD (dtd), which no platform sends: an attack in all likelihood, refused.",
    ),
    "too-large": Words(
        zh="内容超过可接收的大小：多半不是该平台发出的。订单、商品类推送过大时会保留要点，不会因此被拒。",
        en="It is larger than can be taken: most likely somebody else's. A large push about an order or product is no "
        "reason: what matters of it is kept.",
    ),
    "too-many": Words(
        zh="一次投递或一批的消息过多（上限 200 条）：请中转方分批发送。",
        en="Too many messages in one delivery or batch (at most 200): have the relay send smaller batches.",
    ),
    "wrong-channel": Words(
        zh="回调 URL 中的渠道与本连接不符：请从 webhook_url 原样复制。",
        en="The channel in the URL is not this connection's: copy webhook_url as it is.",
    ),
    "no-object": Words(
        zh="中转批次中有一条不是 JSON 对象，未被接收。", en="A message in a relayed batch is no JSON object: not taken."
    ),
    "no-id": Words(
        zh="中转批次中有一条缺少 id，未被接收：请原样转发平台的消息。",
        en="A message in a relayed batch has no id: not taken. Pass the platform's messages on as they are.",
    ),
    "no-topic": Words(
        zh="中转批次中有一条缺少 topic，未被接收：请原样转发平台的消息。",
        en="A message in a relayed batch has no topic: not taken. Pass the platform's messages on as they are.",
    ),
    "reserved": Words(
        zh="中转批次中有一条使用了保留字段 pulled，未被接收。",
        en="A message in a relayed batch has the reserved field `pulled`: not taken.",
    ),
}
"""Why the door refused a delivery (`Rejected.reason` of the channels)."""

CALLS: Mapping[str, Words] = {
    "misconfigured": Words(
        zh="{channel}拒绝了接口调用：核对应用密钥、接口权限、店铺授权（是否到期或被撤回）与IP白名单。",
        en="{channel} refuses API calls: check the app's secret, its permissions, the shop's authorisation (expired or "
        "withdrawn?) and the IP allow list.",
    ),
    "unreachable": Words(
        zh="{channel}接口无应答或返回服务器错误：多为平台故障或出网受限，会自动重试。",
        en="{channel} does not answer, or with a server error: an outage of theirs or no way out of our network; it is "
        "tried again.",
    ),
    "unreadable": Words(
        zh="{channel}接口返回了无法识别的内容：多为网关报错页或接口改版，会自动重试。",
        en="{channel} answers what cannot be read: a gateway's error page, or a changed API; it is tried again.",
    ),
    "gone": Words(
        zh="{channel}表示目标已不可达：对方已拉黑、已退出、单据不存在或已过回复时限。",
        en="{channel} says that it is not there: blocked, left, not found, or the time to answer is over.",
    ),
    "refused": Words(
        zh="{channel}拒绝了这次调用：重试无用，请查看日志中的错误码。",
        en="{channel} refuses the call; trying again does not help: see the error code in the log.",
    ),
}
"""What became of a call to a platform's API (`<channel>-<this>`, hub.channels.client)."""


def words(code: str) -> Words:
    """What a rejection or a failed call means to the one who set the connection up."""
    if code in REJECTIONS:
        return REJECTIONS[code]
    channel, _, kind = code.rpartition("-")
    if channel in CHANNELS and kind in CALLS:
        title = channel_document(channel)["title"]
        return Words(zh=CALLS[kind].zh.format(channel=title["zh"]), en=CALLS[kind].en.format(channel=title["en"]))
    return Words(zh=f"出现错误：{code}", en=f"Something went wrong: {code}")
