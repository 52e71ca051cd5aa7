"""A thousand complaints as people write them, each with what it is about: six in ten are late deliveries.

Deterministic. Some are written so that no rule knows them, some name one thing and mean another.
"""

from __future__ import annotations

from random import Random

COUNT = 1000
SHARES = {"logistics": 60, "quality": 17, "service": 8, "billing": 8, "question": 7}
"""In a hundred; question: about none of the four."""
WHAT = ("奶茶", "麻辣烫", "生日蛋糕", "冻品", "生鲜", "盒饭", "外卖", "一箱牛奶", "水果", "小龙虾", "月饼", "面包")
WHEN = ("昨天下单的", "早上订的", "中午点的", "三天前买的", "上周五拍的", "刚才点的", "周末订的", "前天买的")
OPENERS = ("", "", "你好,", "在吗?", "您好 ", "客服!!", "急!", "我想问下,", "麻烦处理一下:", "喂,", "亲,", "请问")
CLOSERS = (
    "",
    "",
    "!",
    "!!!",
    "。",
    ",尽快处理",
    ",给个说法",
    ",谢谢",
    ",太失望了",
    "😡",
    ",再也不买了",
    ",订单号后四位 {n}",
)
SAYINGS = {
    "logistics": (
        "{when}{what}到现在还没到", "{what}配送慢死了", "{what}怎么还没送", "等了很久{what}也没来",
        "{when}{what}超时一个小时",
        "物流慢,{what}三天没动", "{what}送晚了,客人都走了", "快递没动过,{when}{what}", "骑手一直不接电话,{what}在哪",
        "{when}{what}没收到货", "能不能催一下配送,{when}{what}", "{what}迟迟不到", "显示签收但{what}没送到",
        "物流没更新了,{what}到哪了", "my {what} has not arrived", "{what}送得太慢了,都凉了", "催单!{what}",
        "送货慢,{when}{what}", "still waiting for my order, {what}",
    ),
    "quality": (
        "{what}变质了", "{what}里有头发", "{what}馊了没法吃", "吃了{what}拉肚子", "{what}发霉,附照片",
        "{what}里有异物",
        "{what}过期两天还在卖", "{what}没熟,里面是生的", "{when}{what}质量太差", "{what} has gone bad",
        "{what}里面有虫",
    ),
    "service": (
        "店员态度差", "你们客服态度恶劣", "问一句就不耐烦", "送餐的人骂人", "前台爱答不理",
        "the staff was rude to me",
        "{when}{what},店长态度不好",
    ),
    "billing": (
        "{when}{what}多收了 {n} 元", "{what}重复扣款", "同一单扣了两次", "发票一直没开", "{what}退款没到账",
        "满减优惠没减",
        "I was charged twice for {what}",
    ),
    "question": (
        "{what}有无糖的吗", "周日营业到几点", "想加盟怎么联系", "{what}能不能换口味", "你们店停车方便吗",
        "会员卡怎么升级",
    ),
}  # fmt: skip
UNSEEN = {
    "logistics": ("{when}{what}人呢??", "{what}再不来我就取消了", "一个半钟头了,{what}连个影子都没有",
        "{what}说好十二点,现在两点"),
    "quality": ("{what}味道怪怪的不敢吃", "{what}跟图片完全两样", "{what}打开全是水"),
    "service": ("叫了三遍都没人理", "店里的人翻白眼"),
    "billing": ("价格跟标的不一样", "会员价没给我算"),
    "question": ("{what}适合小孩吗", "有没有大份的{what}"),
}  # fmt: skip
"""What no rule has words for: one in ten."""
MISLEADING = (
    ("{what}超时送来还有头发", "quality"), ("{what}质量差,骑手倒是挺准时", "quality"), ("骑手态度差", "service"),
    ("骑手把汤洒了,{what}没法吃", "quality"), ("没有超时,就是想问{what}怎么加热", "question"),
)  # fmt: skip
"""What names one thing and means another: one in fifty."""


def complaints() -> list[tuple[str, str]]:
    """(text, what it is about), COUNT of them, always the same."""
    random = Random(39)
    topics = [topic for topic, share in SHARES.items() for _ in range(share * COUNT // 100)]
    random.shuffle(topics)
    return [_complaint(random, topic) for topic in topics]


def _complaint(random: Random, topic: str) -> tuple[str, str]:
    chance = random.random()
    if chance < 0.02:
        saying, topic = random.choice(MISLEADING)
    else:
        saying = random.choice((UNSEEN if chance < 0.12 else SAYINGS)[topic])
    text = random.choice(OPENERS) + saying + random.choice(CLOSERS)
    return text.format(what=random.choice(WHAT), when=random.choice(WHEN), n=random.randint(1000, 9999)), topic
