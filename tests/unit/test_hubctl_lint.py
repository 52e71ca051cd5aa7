"""`hubctl lint`: no status unmapped, no API called that its channel does not list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubctl.lint import ApiNotAllowed, LintFailed, apis_named, lint_connectors, lint_mappings

WANTED = {"rules": [{"if": {"status": "1"}, "state": "paid", "label": "待发货"}], "fields": {"status": ["1"]}}


def channel(folder: Path, **files: object) -> Path:
    """A folder of channels with one in it, `shop`; files by their names' first part."""
    shop = folder / "shop"
    shop.mkdir()
    for name, content in files.items():
        suffix = ".py" if name == "client" else ".json"
        text = content if isinstance(content, str) else json.dumps(content)
        (shop / f"{name}{suffix}").write_text(text, encoding="utf-8")
    return folder


def test_every_packaged_status_of_at_least_five_marketplaces_is_mapped() -> None:
    """Twenty statuses and more for each of five platforms, a hundred rows and more in all, none unmapped."""
    lines = list(lint_mappings())
    by_channel = [int(line.split()[1]) for line in lines if line.endswith(" rows")]
    assert sum(count >= 20 for count in by_channel) >= 5
    assert lines[-1] == f"{sum(by_channel)} rows, 0 unmapped"
    assert sum(by_channel) >= 100


def test_an_unmapped_status_fails_and_is_named(tmp_path: Path) -> None:
    """A documented value that finds no rule ends the command, after all rows were printed."""
    order = {**WANTED, "fields": {"status": ["1", "交易冻结"]}}
    lines = list[str]()
    with pytest.raises(LintFailed, match="must map status=交易冻结"):
        lines.extend(lint_mappings(channel(tmp_path, status={"order": order})))


def test_rows_say_condition_state_and_label(tmp_path: Path) -> None:
    """Whoever prints the mapping reads what each code becomes."""
    assert list(lint_mappings(channel(tmp_path, status={"order": WANTED}))) == [
        "shop  order  status=1 → paid  待发货",
        "shop: 1 rows",
        "1 rows, 0 unmapped",
    ]


def test_every_client_keeps_to_its_list() -> None:
    """Each API that a marketplace's client names is one that its channel.json lists."""
    assert list(lint_connectors())[-1] == "every API that is called is listed"


def test_an_api_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    """A client that would read orders through another API fails, and the API is named."""
    client = 'call("taobao.trade.fullinfo.get")\ncall("tmall.orders.secret.get")\n'
    folder = channel(tmp_path, client=client, channel={"apis": {"order": ["taobao.trade.fullinfo.get"]}})
    with pytest.raises(ApiNotAllowed, match=r"ApiNotAllowed\nshop: tmall\.orders\.secret\.get is not listed"):
        list(lint_connectors(folder))


def test_what_is_no_api_is_not_asked_for() -> None:
    """Docstrings, error codes, content types, gateways and tokens name no API."""
    source = '''
"""taobao.trade.get"""
PATH = "/router/rest"
TYPE = "application/json"
VERSION = "2026-01"
GRAPHQL = f"/admin/api/{VERSION}/graphql.json"
CODES = {"isv.trade-not-exist", "isp.timeout.gone"}
def read(self):
    """/order/one"""
    self.call("/order/orderDetail"); self.call("youzan.trade.get/4.0.2"); self.token("/oauth2/access_token")
    return "https://shop.example/api", "2.0", "orders.", "a b.c", f"/order/{self.name}"
'''
    assert apis_named(source) == {
        "/order/orderDetail",
        "youzan.trade.get/4.0.2",
        "/admin/api/2026-01/graphql.json",
    }
