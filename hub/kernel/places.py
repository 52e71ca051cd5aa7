"""Places in Chinese texts (地名识别): "浦东的冰柜不制冷" lies in 310115. Pure.

Full names (浦东新区) and the short ones that people use (浦东) are read. Rather no place than a wrong one:

- a name that several places have (朝阳区, 鼓楼区) is decided by a place around it in the same text, or by where the
  text came in, and else by nothing;
- a short name that is an ordinary word as well (开封, 白银, 修水), or is not known all over the country, counts only
  straight behind the place that it lies in: 河南开封, 九江修水; a full name of two characters (城区, 赵县) also where
  the text came in from around there;
- what is part of a road's or a product's name is none: 南京东路, 青岛啤酒;
- of two places that have nothing to do with each other neither counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from hub.kernel.dataclass import dataclass
from hub.kernel.regions import BASE, covers, path

TEXT_LIMIT_CHARS = 2000
"""So much of a text is looked at."""

_DATA = Path(__file__).parent / "regions.json"
_KIND = re.compile(r"(特别行政区|自治区|自治州|自治县|自治旗|地区|新区|林区|[省市区县盟旗])$")
_PEOPLE = re.compile(
    r"(维吾尔|哈萨克|柯尔克孜|塔吉克|蒙古|朝鲜|土家|布依|哈尼|傈僳|拉祜|纳西|景颇|达斡尔|仫佬|布朗|撒拉|毛南|仡佬|锡伯"
    r"|普米|鄂温克|裕固|保安|独龙|东乡|各|壮|回|藏|苗|彝|满|侗|瑶|白|傣|黎|佤|畲|水|土|羌|怒)族?$"
)
_NOT_A_PLACE = re.compile(
    r"[东西南北中]?[一二三四五六]?(路|街|大道|大街|道|高架|巷|弄|大桥)|啤酒|火锅|拉面|烤鸭|扒鸡|小吃|小面|火腿|米粉"
    r"|大米|香?醋|白药|卫视|大学|银行|牌|石|玉|瓜|茶"
)
"""What follows a name that is not meant as a place."""
_BETWEEN = re.compile(r"[\s,，、·/-]{0,2}的?")


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


MAJOR = (
    *("11", "12", "31", "50", "2101", "2102", "2201", "2301", "3201", "3301", "3302", "3502", "3701", "3702"),
    *("4201", "4401", "4403", "5101", "6101"),
)
"""Municipalities and cities of vice-provincial rank: the short names of their districts are known everywhere."""
KNOWN = _set(
    "昆山 常熟 太仓 江阴 宜兴 海安 启东 如皋 靖江 泰兴 高邮 丹阳 溧阳 义乌 诸暨 海宁 桐乡 温岭 瑞安 乐清 嵊州 福清"
    " 晋江 滕州 寿光 曲阜 巩义 新郑 浏阳 宁乡 延吉 敦煌 腾冲 西昌 凯里 景洪"
)
"""Smaller cities with a short name of two characters that needs nothing beside it; longer ones never do."""
WORDS = _set(
    "开封 白银 来宾 日照 安康 阿里 三明 通化 吉安 安顺 中卫 吴忠 海东 海西 海北 河池 河源 山南 四平 文山 红河 兴安"
    " 和平 新民 金山 大东 二道 榆树 方正 木兰 长海 天桥 市中 市南 市北 白云 光明 从化 同安 长寿 青山 长安 新城 两江"
    " 江北 南岸 南关 上城 东城 西城 河东 河西 滨海 西湖 滨江 金牛 五常 延寿 尚志 城口 道里 道外 江岸 红桥 湖里 福田"
    " 锦江 六合 集美 钢城 蓝田 绿园 沙河"
)
"""Short names that are ordinary words, brands, or the names of many small things."""
CONTESTED = frozenset({"朝阳"})
"""Short names of a city that are just as usual for a district elsewhere."""


@dataclass(frozen=True)
class Named:
    """A name: the places that have it. needs: what must stand beside it, "" nothing, "around" a place around it or
    the way in, "before" the place it lies in, straight before it."""

    codes: tuple[str, ...]
    needs: str = ""


@dataclass(frozen=True)
class Mention:
    """A name where it stands in a text."""

    start: int
    end: int
    named: Named

    @property
    def codes(self) -> tuple[str, ...]:
        return self.named.codes


def read_place(text: str, near: str = BASE) -> str:
    """The code of the place that `text` names, the narrowest; "" for none, or none for sure.

    near: the region that the text came in from; it decides between places of one name.
    """
    mentions = _attached(text, list(_mentions(text[:TEXT_LIMIT_CHARS])), near)
    codes = {code for mention in mentions if (code := _decided(mention, mentions, near))}
    narrowest = max(codes, key=lambda code: len(path(code)), default="")
    return narrowest if all(covers(code, narrowest) for code in codes) else ""


@cache
def region_names() -> Mapping[str, str]:
    """Code → Chinese name of every province, city and district (GB/T 2260), as `make regions` wrote them."""
    names: Mapping[str, str] = json.loads(_DATA.read_text(encoding="utf-8"))["names"]
    return names


def is_known_region(code: str) -> bool:
    """Whether this is `base`, or a province, city or district that the whole data knows; `is_region` is what to ask of
    codes that were given before, since districts come and go."""
    return code == BASE or code in region_names()


def short_name(name: str) -> str:
    """What people say: 浦东新区 → 浦东, 恩施土家族苗族自治州 → 恩施; the name itself where nothing would be left."""
    bare = _KIND.sub("", name)
    while bare != name and "自治" in name and len(shorter := _PEOPLE.sub("", bare)) > 1 and shorter != bare:
        bare = shorter
    return bare if len(bare) > 1 else name


def _mentions(text: str) -> Iterator[Mention]:
    """The names in the text from left to right, the longest at each place."""
    names, start = _names(), 0
    while start < len(text) - 1:
        name = next((name for name in names.get(text[start : start + 2], ()) if text.startswith(name, start)), "")
        if name and not _NOT_A_PLACE.match(text, start + len(name)):
            yield Mention(start, start + len(name), _by_name()[name])
        start += len(name) or 1


def _attached(text: str, mentions: list[Mention], near: str) -> list[Mention]:
    """The mentions that have what they need: a place that they lie in straight before them, or the way in."""
    kept: list[Mention] = []
    for mention in mentions:
        before = kept[-1] if kept else None
        inside = _inside(mention, before) if before and _BETWEEN.fullmatch(text, before.end, mention.start) else ()
        if inside:
            kept.append(replace(mention, named=Named(inside)))
        elif mention.named.needs != "before" and (not mention.named.needs or _nearest(mention.codes, near)):
            kept.append(mention)
    return kept


def _inside(mention: Mention, before: Mention) -> tuple[str, ...]:
    return tuple(code for code in mention.codes if any(covers(outer, code) and outer != code for outer in before.codes))


def _decided(mention: Mention, mentions: Iterable[Mention], near: str) -> str:
    """The one place that is meant: by a place around it in the text, else by where the text came in."""
    if len(mention.codes) == 1:
        return mention.codes[0]
    sure = [other.codes[0] for other in mentions if len(other.codes) == 1]
    around = [code for code in mention.codes if any(covers(other, code) for other in sure)]
    return around[0] if len(around) == 1 else _nearest(mention.codes, near)


def _nearest(codes: Iterable[str], near: str) -> str:
    """The only one of these in the narrowest region around `near` that has any; "" for none, and for several."""
    for region in path(near):
        inside = [code for code in codes if region != BASE and covers(region, code)]
        if inside:
            return inside[0] if len(inside) == 1 else ""
    return ""


@cache
def _names() -> Mapping[str, tuple[str, ...]]:
    """Names by their first two characters, the longest first."""
    names: dict[str, list[str]] = {}
    for name in sorted(_by_name(), key=len, reverse=True):
        names.setdefault(name[:2], []).append(name)
    return {start: tuple(group) for start, group in names.items()}


@cache
def _by_name() -> Mapping[str, Named]:
    codes: dict[str, list[str]] = {}
    full = set(region_names().values())
    for code, name in region_names().items():
        for each in dict.fromkeys((name, short_name(name))):
            codes.setdefault(each, []).append(code)
    return {name: _named(name, tuple(sorted(group)), name in full) for name, group in codes.items()}


def _named(name: str, codes: tuple[str, ...], full: bool) -> Named:
    """What a name stands for: of places within each other the outermost; a short name is first a province's, then a
    city's."""
    if not full and name not in CONTESTED:
        codes = next((wide for end in ("0000", "00") if (wide := _ending(codes, end))), codes)
    outer = tuple(code for code in codes if not any(covers(other, code) and other != code for other in codes))
    if full:
        return Named(outer, "around" if len(name) == 2 else "")
    return Named(outer, "" if _stands_alone(name, outer) else "before")


def _ending(codes: Iterable[str], end: str) -> tuple[str, ...]:
    return tuple(code for code in codes if code.endswith(end))


def _stands_alone(name: str, codes: tuple[str, ...]) -> bool:
    if name in WORDS:
        return False
    wide = any(code.endswith("00") or code.startswith(MAJOR) for code in codes)
    return wide or name in KNOWN or (len(name) > 2 and any(region_names()[code].endswith("市") for code in codes))
