"""The stores that rooms share: sealed values, content by reference."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from pynamodb.connection import Connection
from pynamodb.transactions import TransactWrite

from hub.kernel.errors import Broken, NotFound
from hub.store.content import ContentStore
from hub.store.faults import Lost
from hub.store.model import RoomModel, bind, saving
from hub.store.sealing import Sealer
from tests.support.aws import REGION, TENANT, account


@pytest.fixture(name="session", scope="module")
def _session() -> Iterator[Any]:
    with account("sample") as session:
        yield session


def sealer(session: Any, tenant: str = TENANT) -> Sealer:
    return Sealer(session.client("kms"), f"alias/hub-{TENANT}", tenant)


def test_a_sealed_value_opens_to_what_it_was(session: Any) -> None:
    """Another process, with nothing but the key's name, opens it; it shows nothing of the text."""
    sealed = sealer(session).seal("冰柜不制冷", "tkt_1/subject")
    assert "冰柜" not in sealed
    assert sealer(session).unseal(sealed, "tkt_1/subject") == "冰柜不制冷"


def test_a_sealed_value_cannot_be_moved(session: Any) -> None:
    """Sealed for one field of one item, it does not open as another's."""
    sealed = sealer(session).seal("冰柜不制冷", "tkt_1/subject")
    with pytest.raises(Broken):
        sealer(session).unseal(sealed, "tkt_2/subject")


def test_the_same_text_is_sealed_differently_each_time(session: Any) -> None:
    """Equal values can't be recognised by their sealed forms."""
    one = sealer(session)
    assert one.seal("a", "x") != one.seal("a", "x")


def test_nothing_seals_to_nothing(session: Any) -> None:
    """An empty text stays empty, both ways."""
    assert sealer(session).unseal(sealer(session).seal("", "x"), "x") == ""


def test_what_was_never_sealed_does_not_pass_for_it(session: Any) -> None:
    """Open text where a sealed value belongs is a bug, and loud."""
    with pytest.raises(Broken):
        sealer(session).unseal("open text", "x")


class Thing(RoomModel):
    """Any room's item."""

    class Meta(RoomModel.Meta):
        pass


def test_a_transaction_whose_condition_fails_is_lost_and_not_passing(session: Any) -> None:
    """PynamoDB's error of a transaction hides its reasons: somebody who was first is no reason to try again."""
    bind(f"hub-{TENANT}-sample", Thing)
    for outcome in (nullcontext(), pytest.raises(Lost)):
        with outcome, saving(thing="thing_1"), TransactWrite(connection=Connection(region=REGION)) as transaction:
            transaction.save(Thing(f"{TENANT}#thing_1", "thing"), condition=Thing.pk.does_not_exist())


def test_content_is_read_back_by_its_reference(session: Any) -> None:
    """What was stored under a reference is what is read, and an unknown one says so."""
    store = ContentStore(TENANT, f"hub-{TENANT}-content", session.client("dynamodb"))
    store.put("msg_1", {"text": "冰柜不制冷 😀"}, 1_800_000_000)
    assert store.get("msg_1") == {"text": "冰柜不制冷 😀"}
    store.put("msg_1", {"text": "半个\ud83d"}, 1_800_000_000)
    assert store.get("msg_1") == {"text": "半个?"}
    with pytest.raises(NotFound):
        store.get("msg_2")


def test_a_tenant_never_sees_another_s_content(session: Any) -> None:
    """The tenant begins the key: the same reference under another tenant is another thing."""
    mine = ContentStore(TENANT, f"hub-{TENANT}-content", session.client("dynamodb"))
    theirs = ContentStore("other", f"hub-{TENANT}-content", session.client("dynamodb"))
    mine.put("msg_3", {"text": "mine"}, 1_800_000_000)
    with pytest.raises(NotFound):
        theirs.get("msg_3")
