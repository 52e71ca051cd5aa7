"""The organisation in the room's table: people and what they may, stores, rosters, keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from functions.directory.tables import (
    ApiKeyItem,
    FieldPolicyItem,
    GlassItem,
    KeyItem,
    PersonItem,
    PrincipalItem,
    RosterItem,
    SecretItem,
    StoreItem,
    TeamItem,
)
from hub.contracts.directory import (
    Grant,
    KeyBody,
    KeyView,
    PersonBody,
    PersonView,
    RosterBody,
    StoreBody,
    StoreView,
    TeamBody,
    TeamView,
)
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Forbidden, Stale
from hub.kernel.regions import BASE
from hub.store.lists import LIST_ATTRIBUTES, Within
from hub.store.model import RoomModel, find_item, put_of, saving
from hub.store.paging import Position, read_page
from hub.store.placed import WHOLE, list_placed, position_at, read_placed
from hub.store.table import Put, Table

Item = TypeVar("Item", bound=RoomModel)

PEOPLE_PAGE = 200
LOOKED_AT = 1000
"""So many are looked at for a page of those who are asked for by more than their ids."""
KEPT = (PersonItem, StoreItem, RosterItem)
"""Of these each version is kept: who changes one that has moved on hears how it was."""
LISTS = ("roles", "skills", "teams", "stores")
CONTACTS = ("phone", "email", "feishu_open_id")


class Sealed(NamedTuple):
    """What of a person is kept sealed: their name, and how they are reached (JSON of CONTACTS, "" for nothing)."""

    name: str
    contacts: str


class DirectoryTable:
    """The organisation of one tenant. What people change is one transaction. Errors: NotFound, Conflict for a stale
    version, Retry for what passes."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    # People and their rights.

    def person(self, person_id: str) -> PersonItem:
        """A person's record (strongly consistent). Raises NotFound."""
        return _get(PersonItem, self._pk("person", person_id), "person")

    def people(
        self,
        within: Within,
        limit: int,
        start: Position | None,
        is_asked: Callable[[PersonItem], bool] | None = None,
    ) -> tuple[list[PersonItem], Position | None]:
        """The people within by id, or those asked for; up to two seconds behind."""
        return self._list(PersonItem, "people", within, limit, start, is_asked)

    def save_person(self, person_id: str, body: PersonBody, sealed: Sealed, now: datetime) -> PersonItem:
        """Create or replace a person, and their rights with them. Raises Conflict when `body.version` is stale."""
        item = find_item(PersonItem, self._pk("person", person_id), "person") or PersonItem(
            self._pk("person", person_id), "person", person_id=person_id
        )
        _check_version(item, body.version)
        fields = body.model_dump(exclude={"version", "name", *CONTACTS, *LISTS})
        for name, value in fields.items():
            setattr(item, name, value)
        item.name, item.contacts = sealed.name, sealed.contacts
        for name in LISTS:
            setattr(item, name, list(getattr(body, name)))
        return self._save_with_rights(item, now)

    def freeze(self, person_id: str, now: datetime, epoch: int) -> PersonItem:
        """Freeze. Tokens made before `epoch` (hub.edge.auth.epoch_at) are dead for good."""
        item = self.person(person_id)
        item.frozen = True
        return self._save_with_rights(item, now, epoch=epoch)

    def thaw(self, person_id: str, now: datetime) -> PersonItem:
        """Thaw: a new token opens again what they may."""
        item = self.person(person_id)
        item.frozen = False
        return self._save_with_rights(item, now)

    def sign_out(self, sub: str, epoch: int) -> None:
        """Tokens and sessions made before `epoch` are dead for good. Raises Forbidden for who has no record here: a
        token that the operator signed ends by itself."""
        rights = find_item(PrincipalItem, self._pk("principal", sub), "principal")
        if rights is None:
            raise Forbidden("the directory knows nobody of this name", sub=sub)
        rights.epoch = max(int(rights.epoch), epoch)
        self._save(rights)

    def members(self, userid: str) -> list[PersonItem]:
        """The people who are this member of the corp in WeCom, without a userid of their own by their id; up to two
        seconds behind."""
        people, position = self.people(WHOLE, PEOPLE_PAGE, None)
        while position is not None:
            more, position = self.people(WHOLE, PEOPLE_PAGE, position)
            people += more
        return [person for person in people if userid and userid == (person.wecom_userid or person.person_id)]

    def rename_member(self, person_id: str, userid: str, now: datetime) -> PersonItem:
        """The person has another userid in WeCom from now on."""
        item = self.person(person_id)
        item.wecom_userid = userid
        return self._save_with_rights(item, now)

    def save_grants(self, person_id: str, grants: Sequence[Grant], seen_version: int, now: datetime) -> PersonItem:
        """Replace a person's temporary rights. Raises Conflict when the person changed since `seen_version`."""
        item = self.person(person_id)
        _check_version(item, seen_version)
        item.grants = [grant.model_dump(mode="json") for grant in grants]
        return self._save_with_rights(item, now)

    def break_glass(
        self, person: PersonView, grants: Callable[[], Sequence[Grant]], glass: GlassItem, now: datetime
    ) -> GlassItem:
        """A person's grants, the newest of which is broken glass, and the record of it: all or none, and nothing where
        it is known. Raises Conflict when the person changed since they were read, and what `grants` raises."""
        glass.pk, glass.sk = self._pk("glass", glass.thing), f"glass#{glass.starts_at}#{glass.person_id}"
        known = find_item(GlassItem, glass.pk, glass.sk)
        if known is not None:
            return known
        item = self.person(person.id)
        _check_version(item, person.version)
        item.grants = [grant.model_dump(mode="json") for grant in grants()]
        self._save_with_rights(item, now, more=(glass,))
        return glass

    def glass(self, pk: str, sk: str) -> GlassItem:
        """One record of broken glass. Raises NotFound."""
        return _get(GlassItem, pk, sk)

    def glasses(self, thing: str, limit: int, start: Position | None) -> tuple[list[GlassItem], Position | None]:
        """Who broke the glass of a thing, the latest first."""
        pk = self._pk("glass", thing)
        return read_page(GlassItem.query, pk, limit=limit, start=start, scan_index_forward=False, consistent_read=True)

    def _save_with_rights(
        self, item: PersonItem, now: datetime, epoch: int = 0, more: Sequence[RoomModel] = ()
    ) -> PersonItem:
        """The person and the principal that follows from them, and what else belongs to it: all or none."""
        item.updated_at = rfc3339(now)
        self._place(item, "people", item.person_id, item.region, item.store_id, item.person_id)
        rights = self._principal(item.person_id)
        rights.roles, rights.region = list(item.roles), item.region
        rights.stores = list(dict.fromkeys(filter(None, (item.store_id, *item.stores))))
        rights.teams, rights.level = list(item.teams), item.level
        rights.frozen = item.frozen or not item.active
        rights.epoch = max(int(rights.epoch), epoch)
        rights.grants = list(item.grants)
        self._save(item, rights, *more)
        return item

    # Stores and rosters.

    def store(self, store_id: str) -> StoreView:
        """A store. Raises NotFound."""
        return _store_view(_get(StoreItem, self._pk("store", store_id), "store"))

    def store_then(self, store_id: str, version: int) -> StoreView | None:
        """A store as it was in a version; None where that is not known."""
        item = find_item(StoreItem, self._pk("store", store_id), _past_sk("store", version))
        return _store_view(item) if item else None

    def stores(
        self,
        within: Within,
        limit: int,
        start: Position | None,
        is_asked: Callable[[StoreItem], bool] | None = None,
    ) -> tuple[list[StoreView], Position | None]:
        """The stores within by id, or those asked for; up to two seconds behind."""
        items, position = self._list(StoreItem, "stores", within, limit, start, is_asked)
        return [_store_view(item) for item in items], position

    def store_item(self, store_id: str) -> StoreItem:
        """A store's record (strongly consistent). Raises NotFound."""
        return _get(StoreItem, self._pk("store", store_id), "store")

    def save_store(self, store_id: str, body: StoreBody, now: datetime) -> StoreView:
        """Create or replace a store. Raises Conflict when `body.version` is stale."""
        pk = self._pk("store", store_id)
        item = find_item(StoreItem, pk, "store") or StoreItem(pk, "store", store_id=store_id)
        _check_version(item, body.version)
        item.name, item.region, item.manager = body.name, body.region, body.manager
        item.position = body.position.model_dump() if body.position else None
        item.updated_at = rfc3339(now)
        self._place(item, "stores", store_id, body.region, store_id)
        self._save(item)
        return _store_view(item)

    def team(self, team: str) -> TeamView:
        """A team. Raises NotFound."""
        return _team_view(_get(TeamItem, self._pk("team", team), "team"))

    def teams(self, within: Within, limit: int, start: Position | None) -> tuple[list[TeamView], Position | None]:
        """The teams within by key; up to two seconds behind."""
        items, position = self._list(TeamItem, "teams", within, limit, start)
        return [_team_view(item) for item in items], position

    def save_team(self, team: str, body: TeamBody) -> TeamView:
        """Create or replace a team, and where its roster lies with it. Raises Conflict when `body.version` is
        stale."""
        pk = self._pk("team", team)
        item = find_item(TeamItem, pk, "team") or TeamItem(pk, "team", team=team)
        _check_version(item, body.version)
        item.name, item.region, item.stores = body.name, body.region, list(body.stores)
        self._place(item, "teams", team, body.region)
        roster = find_item(RosterItem, self._pk("roster", team), "roster")
        if roster is not None:
            self._place(roster, "rosters", team, body.region)
        self._save(item, *filter(None, (roster,)))
        return _team_view(item)

    def roster(self, team: str) -> RosterItem:
        """A team's roster (strongly consistent). Raises NotFound."""
        return _get(RosterItem, self._pk("roster", team), "roster")

    def rosters(self, within: Within, limit: int, start: Position | None) -> tuple[list[RosterItem], Position | None]:
        """The rosters of the teams within, by team; up to two seconds behind."""
        return self._list(RosterItem, "rosters", within, limit, start)

    def save_roster(self, team: str, body: RosterBody, now: datetime) -> RosterItem:
        """Replace a team's roster: it lies where the team does. Raises Conflict when `body.version` is stale."""
        pk = self._pk("roster", team)
        item = find_item(RosterItem, pk, "roster") or RosterItem(pk, "roster", team=team)
        _check_version(item, body.version)
        for name in ("shifts", "recurring", "swaps"):
            setattr(item, name, [part.model_dump(mode="json") for part in getattr(body, name)])
        item.hand_over, item.updated_at = body.hand_over, rfc3339(now)
        placed = find_item(TeamItem, self._pk("team", team), "team")
        self._place(item, "rosters", team, placed.region if placed else BASE)
        self._save(item)
        return item

    def keep_field_policy(self, number: int, document: str) -> None:
        """Put the field policy in force where every room's edge reads it."""
        pk, sk = self._pk("principal", "field_policy"), "field_policy"
        item = find_item(FieldPolicyItem, pk, sk) or FieldPolicyItem(pk, sk)
        item.number, item.document = number, document
        with saving(policy=number):
            item.save()

    # API keys.

    def create_key(
        self, key_id: str, fingerprint: str, body: KeyBody, now: datetime, secret: SecretItem | None = None
    ) -> KeyView:
        """A key's record, the way to it from its fingerprint, and its rights: all or none. secret: kept with it for who
        repeats the request. Raises Conflict."""
        key = KeyItem(self._pk("key", key_id), "key", key_id=key_id, name=body.name, roles=list(body.scopes))
        key.region, key.created_at = body.region, rfc3339(now)
        self._place(key, "keys", key_id, body.region)
        way = ApiKeyItem(self._pk("apikey", fingerprint), "apikey", sub=key_id, roles=list(body.scopes))
        way.region = body.region
        rights = self._principal(key_id)
        rights.roles, rights.region = list(body.scopes), body.region
        more: list[RoomModel] = []
        if secret:
            secret.pk, secret.sk = self._pk("key", key_id), "secret"
            more = [secret]
        self._save(key, way, rights, *more, made=key_id)
        return _key_view(key)

    def secret(self, key_id: str) -> SecretItem | None:
        """The sealed secret of a key that was made just now, for who repeats the request."""
        return find_item(SecretItem, self._pk("key", key_id), "secret")

    def key(self, key_id: str) -> KeyView:
        """A key without its secret. Raises NotFound."""
        return _key_view(_get(KeyItem, self._pk("key", key_id), "key"))

    def keys(self, within: Within, limit: int, start: Position | None) -> tuple[list[KeyView], Position | None]:
        """The keys within, oldest first; up to two seconds behind."""
        items, position = self._list(KeyItem, "keys", within, limit, start)
        return [_key_view(item) for item in items], position

    def revoke_key(self, key_id: str) -> KeyView:
        """No request with this key, or with a token made from it, is let in any more. Raises NotFound."""
        key = _get(KeyItem, self._pk("key", key_id), "key")
        rights = self._principal(key_id)
        key.revoked = rights.frozen = True
        self._save(key, rights)
        return _key_view(key)

    def _list(
        self,
        model: type[Item],
        name: str,
        within: Within,
        limit: int,
        start: Position | None,
        is_asked: Callable[[Item], bool] | None = None,
    ) -> tuple[list[Item], Position | None]:
        """A page of all within, or of those asked for among LOOKED_AT: that one may be short."""
        size = limit if is_asked is None else LOOKED_AT
        items, position = read_placed(model, self._table, self._tenant, name, within, limit=size, start=start)
        if is_asked is None:
            return items, position
        fitting = [item for item in items if is_asked(item)]
        more = position_at(name, fitting[limit - 1], within) if len(fitting) > limit else position
        return fitting[:limit], more

    def _place(self, item: RoomModel, name: str, item_id: str, region: str, store: str = "", person: str = "") -> None:
        list_placed(item, self._tenant, name, item_id, region=region, store=store, person=person)

    def _principal(self, sub: str) -> PrincipalItem:
        pk = self._pk("principal", sub)
        return find_item(PrincipalItem, pk, "principal") or PrincipalItem(pk, "principal", region="base")

    def _save(self, *items: RoomModel, made: str = "") -> None:
        """All of these or none; of what two people may change at once, each version is kept beside it."""
        puts = [put_of(item) for item in items]
        kept = [_as_past(put) for put, item in zip(puts, items, strict=True) if isinstance(item, KEPT)]
        self._table.transact(*puts, *kept, made=made)

    def past(self, item: Item, version: int) -> Item | None:
        """The same as it was in a version; None where that is not known."""
        return find_item(type(item), str(item.pk), _past_sk(str(item.sk), version))

    def _pk(self, kind: str, name: str) -> str:
        return f"{self._tenant}#{kind}#{name}"


def _past_sk(sk: str, version: int) -> str:
    return f"past#{sk}#{version:08}"


def _as_past(put: Put) -> Put:
    """The write that keeps this version of an item, in no list."""
    listed = {*LIST_ATTRIBUTES, "list_pk", "list_sk"}
    values = {name: value for name, value in put.item.items() if name not in listed}
    return Put({**values, "sk": _past_sk(str(values["sk"]), int(values["version"]))})


def _check_version(item: RoomModel, seen: int | None) -> None:
    now = int(item.version or 0)
    if seen is not None and seen != now:
        raise Stale(yours=seen, now=now)


def _get(model: type[Item], pk: str, sk: str) -> Item:
    with saving(item=pk.partition("#")[2]):
        return model.get(pk, sk, consistent_read=True)


def _store_view(item: StoreItem) -> StoreView:
    return StoreView(
        id=item.store_id,
        name=item.name,
        region=item.region,
        manager=item.manager,
        position=item.position,
        version=int(item.version),
    )


def _team_view(item: TeamItem) -> TeamView:
    stores = tuple(item.stores)
    return TeamView(id=item.team, name=item.name, region=item.region, stores=stores, version=int(item.version))


def _key_view(item: KeyItem) -> KeyView:
    return KeyView(
        id=item.key_id,
        name=item.name,
        scopes=tuple(item.roles),
        region=item.region,
        revoked=item.revoked,
        created_at=parse_rfc3339(item.created_at),
    )
