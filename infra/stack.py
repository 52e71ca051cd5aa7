"""One tenant's stack: what there is and how it hangs together. Each part is in the file of its name.

Secrets are not in it, since CloudFormation can't make an SSM SecureString: the signing key `/hub/<tenant>/auth` is put
once by the operator, the connections' secrets by webhooks, both under the tenant's key.
"""

from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from infra.alarms import Alarms
from infra.api import Api
from infra.bus import Bus
from infra.dashboard import Dashboard
from infra.egress import NETWORKED, make_network
from infra.files import Files
from infra.findings import accept_findings
from infra.functions import Layer, RoomFunctions, environment
from infra.grants import Grants
from infra.keys import TenantKey
from infra.machines import Machines
from infra.manifest import Manifest
from infra.names import Names
from infra.queues import QUEUED, Queues, feed, queue_name
from infra.schedules import Schedules
from infra.streams import Streams, streamed_tables
from infra.tables import Tables
from infra.tenant import Tenant


class TenantStack(cdk.Stack):
    """Everything of one tenant. `build` holds the bundles and the layer, `definitions` the state machines."""

    def __init__(
        self, scope: Construct, tenant: Tenant, *, manifests: dict[str, Manifest], build: Path, definitions: Path
    ) -> None:
        super().__init__(
            scope,
            f"hub-{tenant.id}",
            description=f"scrm-hub {tenant.id}",
            synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        self.tenant = tenant
        self.manifests = manifests
        self.build = build
        self.names = names = Names(self, tenant.id)
        self.key = TenantKey(self, names, tenant).key
        rooms = [room for room in manifests if room != "accept"]
        streamed = {table for manifest in manifests.values() for table in streamed_tables(manifest)}
        self.tables = Tables(self, names, tenant, key=self.key, rooms=rooms, streamed=streamed).tables
        Files(self, names, key=self.key)
        self.queues = Queues(self, names, manifests=manifests)
        self.api = Api(self, names, tenant)
        self.rooms = self._rooms()
        self._connect()
        Machines(self, names, tenant, definitions=definitions, key=self.key)
        schedules = Schedules(self, names, tenant, manifests=manifests, aside=self.queues.undelivered)
        for room in self.rooms:
            schedules.keep_failures(room)
        self._observe()
        self._answer()
        accept_findings(self)

    def _rooms(self) -> list[RoomFunctions]:
        layers = self._layers()
        network = make_network(self, self.names, self.tenant)
        networked = NETWORKED if network else frozenset()
        grants = Grants(self.names, self.key, networked=networked)
        return [
            RoomFunctions(
                self,
                self.names,
                self.tenant,
                manifest=manifest,
                code=self.build / function,
                layers=layers,
                grants=list(grants.of_function(manifest)),
                environment=self._environment(function),
                network=network if function in networked else None,
            )
            for function, manifest in self.manifests.items()
        ]

    def _layers(self) -> dict[str, Layer]:
        """Everybody's, and those that single entries ask for beside it."""
        names = {entry.layer for manifest in self.manifests.values() for entry in manifest.entries if entry.layer}
        folders, own = {"": "layer"} | {name: f"layer-{name}" for name in sorted(names)}, self.tenant.architecture
        return {
            name: Layer(self, self.names, self.tenant, directory=self.build / folder / own, name=name)
            for name, folder in folders.items()
        }

    def _environment(self, room: str) -> dict[str, str]:
        return environment(
            self.names,
            self.tenant,
            base_url=self.api.url,
            room=room,
            changes_url=self._queue_url(f"{room}-changes"),
            tally_url=self._queue_url("webhooks-pulls"),
        )

    def _queue_url(self, name: str) -> str:
        return self.queues.queues[name].queue_url if name in self.queues.queues else ""

    def _connect(self) -> None:
        chosen = self.tenant.concurrency
        if unknown := chosen.keys() - self.queues.queues.keys():
            raise ValueError(f"[concurrency]: there is no queue {min(unknown)}")
        bus = Bus(self, self.names, queues=self.queues)
        bus.watch_flows()
        streams = Streams(self, queues=self.queues, tables=self.tables)
        for room in self.rooms:
            self.api.route(room)
            bus.subscribe(room)
            streams.connect(room)
            for entry in room.manifest.of_kind(*QUEUED):
                name = queue_name(room.manifest, entry)
                side_by_side = chosen.get(name, entry.concurrency)
                feed(self.queues.queues[name], room.functions[entry.name], entry, side_by_side)

    def _observe(self) -> None:
        alarms = Alarms(self, self.names, self.tenant, key=self.key)
        alarms.watch_dead("dead", self.queues.dead)
        alarms.watch_dead("undelivered", self.queues.undelivered)
        alarms.watch_http(self.api.id)
        if self.tenant.alarms.email:
            alarms.watch_calendars()
        for room in self.rooms:
            alarms.watch_stream(room)
        Dashboard(
            self,
            self.names,
            self.tenant,
            api_id=self.api.id,
            rooms=self.rooms,
            queues=self.queues.queues,
            alarms=alarms.alarms,
        )

    def _answer(self) -> None:
        cdk.CfnOutput(self, "ApiId", value=self.api.id)
        cdk.CfnOutput(self, "ApiUrl", value=self.api.url)
        if self.api.target:
            cdk.CfnOutput(self, "DomainTarget", value=self.api.target)
