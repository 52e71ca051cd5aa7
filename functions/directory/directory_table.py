"""The organisation in the room's table: people and what they may, stores, rosters, keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from pynamodb.connection import Connection
from pynamodb.transactions import TransactWrite

from functions.directory.tables import ApiKeyItem, KeyItem, PersonItem, PrincipalItem, RosterItem, StoreItem
from hub.contracts.directory import (
    GrantBody,
    KeyBody,
    KeyView,
    PersonBody,
    RosterBody,
    StoreBody,
    StoreView,
)
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict
from hub.store.model import RoomModel, find_item, saving
from hub.store.paging import Position, read_page

Item = TypeVar("Item", bound=RoomModel)

PEOPLE_PAGE = 200


class DirectoryTable:
    """The organisation of one tenant. Errors: NotFound, Conflict for a stale version, Retry for what passes."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    # People and their rights.

    def person(self, person_id: str) -> PersonItem:
        """A person's record (strongly consistent). Raises NotFound."""
        return _get(PersonItem, self._pk("person", person_id), "person")

    def people(self, limit: int, start: Position | None) -> tuple[list[PersonItem], Position | None]:
        """All people by id; up to two seconds behind."""
        return read_page(PersonItem.by_list.query, f"{self._tenant}#people", limit=limit, start=start)

    def save_person(self, person_id: str, body: PersonBody, sealed_name: str, now: datetime) -> PersonItem:
        """Create or replace a person, and their rights with them. Raises Conflict when `body.version` is stale."""
        item = find_item(PersonItem, self._pk("person", person_id), "person") or PersonItem(
            self._pk("person", person_id),
            "person",
            person_id=person_id,
            list_pk=f"{self._tenant}#people",
            list_sk=person_id,
        )
        _check_version(item, body.version)
        fields = body.model_dump(exclude={"version", "name", "roles", "skills", "teams"})
        for name, value in fields.items():
            setattr(item, name, value)
        item.name = sealed_name
        item.roles, item.skills, item.teams = list(body.roles), list(body.skills), list(body.teams)
        return self._save_with_rights(item, now)

    def freeze(self, person_id: str, frozen: bool, now: datetime) -> PersonItem:
        """Freeze or thaw. Freezing also ends every token given out so far, for good."""
        item = self.person(person_id)
        item.frozen = frozen
        return self._save_with_rights(item, now, ends_tokens=frozen)

    def members(self, userid: str) -> list[PersonItem]:
        """The people who are this member of the corp in WeCom, without a userid of their own by their id; up to two
        seconds behind."""
        people, position = self.people(PEOPLE_PAGE, None)
        while position is not None:
            more, position = self.people(PEOPLE_PAGE, position)
            people += more
        return [person for person in people if userid and userid == (person.wecom_userid or person.person_id)]

    def rename_member(self, person_id: str, userid: str, now: datetime) -> PersonItem:
        """The person has another userid in WeCom from now on."""
        item = self.person(person_id)
        item.wecom_userid = userid
        return self._save_with_rights(item, now)

    def save_grants(self, person_id: str, grants: Sequence[GrantBody], seen_version: int, now: datetime) -> PersonItem:
        """Replace a person's temporary rights. Raises Conflict when the person changed since `seen_version`."""
        item = self.person(person_id)
        _check_version(item, seen_version)
        item.grants = [grant.model_dump(mode="json") for grant in grants]
        return self._save_with_rights(item, now)

    def _save_with_rights(self, item: PersonItem, now: datetime, ends_tokens: bool = False) -> PersonItem:
        """The person and the principal that follows from them: both or neither."""
        item.updated_at = rfc3339(now)
        rights = self._principal(item.person_id)
        rights.roles, rights.region = list(item.roles), item.region
        rights.stores = [item.store_id] if item.store_id else []
        rights.frozen = item.frozen or not item.active
        rights.epoch = int(rights.epoch) + (1 if ends_tokens else 0)
        rights.grants = list(item.grants)
        _save_together(item, rights)
        return item

    # Stores and rosters.

    def store(self, store_id: str) -> StoreView:
        """A store. Raises NotFound."""
        return _store_view(_get(StoreItem, self._pk("store", store_id), "store"))

    def stores(self, limit: int, start: Position | None) -> tuple[list[StoreView], Position | None]:
        """All stores by id; up to two seconds behind."""
        listed = f"{self._tenant}#stores"
        items, position = read_page(StoreItem.by_list.query, listed, limit=limit, start=start)
        return [_store_view(item) for item in items], position

    def save_store(self, store_id: str, body: StoreBody) -> StoreView:
        """Create or replace a store. Raises Conflict when `body.version` is stale."""
        pk = self._pk("store", store_id)
        item = find_item(StoreItem, pk, "store") or StoreItem(
            pk, "store", store_id=store_id, list_pk=f"{self._tenant}#stores", list_sk=store_id
        )
        _check_version(item, body.version)
        item.name, item.region, item.manager = body.name, body.region, body.manager
        with saving(store=store_id):
            item.save()
        return _store_view(item)

    def roster(self, team: str) -> RosterItem:
        """A team's roster (strongly consistent). Raises NotFound."""
        return _get(RosterItem, self._pk("roster", team), "roster")

    def rosters(self, limit: int, start: Position | None) -> tuple[list[RosterItem], Position | None]:
        """All rosters by team; up to two seconds behind."""
        return read_page(RosterItem.by_list.query, f"{self._tenant}#rosters", limit=limit, start=start)

    def save_roster(self, team: str, body: RosterBody, now: datetime) -> RosterItem:
        """Replace a team's roster. Raises Conflict when `body.version` is stale."""
        pk = self._pk("roster", team)
        item = find_item(RosterItem, pk, "roster") or RosterItem(
            pk, "roster", team=team, list_pk=f"{self._tenant}#rosters", list_sk=team
        )
        _check_version(item, body.version)
        item.shifts = [shift.model_dump(mode="json") for shift in body.shifts]
        item.updated_at = rfc3339(now)
        with saving(team=team):
            item.save()
        return item

    # API keys.

    def create_key(self, key_id: str, fingerprint: str, body: KeyBody, now: datetime) -> KeyView:
        """A key's record, the way to it from its fingerprint, and its rights: all or none. Raises Conflict."""
        key = KeyItem(self._pk("key", key_id), "key", key_id=key_id, name=body.name, roles=list(body.scopes))
        key.region, key.created_at = body.region, rfc3339(now)
        key.list_pk, key.list_sk = f"{self._tenant}#keys", key_id
        way = ApiKeyItem(self._pk("apikey", fingerprint), "apikey", sub=key_id, roles=list(body.scopes))
        way.region = body.region
        rights = self._principal(key_id)
        rights.roles, rights.region = list(body.scopes), body.region
        _save_together(key, way, rights)
        return _key_view(key)

    def key(self, key_id: str) -> KeyView:
        """A key without its secret. Raises NotFound."""
        return _key_view(_get(KeyItem, self._pk("key", key_id), "key"))

    def keys(self, limit: int, start: Position | None) -> tuple[list[KeyView], Position | None]:
        """All keys, oldest first; up to two seconds behind."""
        items, position = read_page(KeyItem.by_list.query, f"{self._tenant}#keys", limit=limit, start=start)
        return [_key_view(item) for item in items], position

    def revoke_key(self, key_id: str) -> KeyView:
        """No request with this key, or with a token made from it, is let in any more. Raises NotFound."""
        key = _get(KeyItem, self._pk("key", key_id), "key")
        rights = self._principal(key_id)
        key.revoked = rights.frozen = True
        _save_together(key, rights)
        return _key_view(key)

    def _principal(self, sub: str) -> PrincipalItem:
        pk = self._pk("principal", sub)
        return find_item(PrincipalItem, pk, "principal") or PrincipalItem(pk, "principal", region="base")

    def _pk(self, kind: str, name: str) -> str:
        return f"{self._tenant}#{kind}#{name}"


def _save_together(*items: RoomModel) -> None:
    with saving(), TransactWrite(connection=Connection()) as transaction:
        for item in items:
            transaction.save(item)


def _check_version(item: RoomModel, seen: int | None) -> None:
    now = int(item.version or 0)
    if seen is not None and seen != now:
        raise Conflict("it has changed since", yours=seen, now=now)


def _get(model: type[Item], pk: str, sk: str) -> Item:
    with saving(item=pk.partition("#")[2]):
        return model.get(pk, sk, consistent_read=True)


def _store_view(item: StoreItem) -> StoreView:
    return StoreView(
        id=item.store_id, name=item.name, region=item.region, manager=item.manager, version=int(item.version)
    )


def _key_view(item: KeyItem) -> KeyView:
    return KeyView(
        id=item.key_id,
        name=item.name,
        scopes=tuple(item.roles),
        region=item.region,
        revoked=item.revoked,
        created_at=parse_rfc3339(item.created_at),
    )
