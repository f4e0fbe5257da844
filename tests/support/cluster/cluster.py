"""A real cluster in a folder of its own: etcd and some Patroni nodes, ended with everything they started."""
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Callable

import psycopg2

from .certificate import make_certificate
from .etcd import Etcd
from .network import Network
from .node import Node
from .patroni_config import APPLICATION, SUPERUSER, Settings
from .process import give_to_service_user
from .wait import wait_until

DATABASE = "postgres"


def work_folder() -> Path:
    """A new folder that the service user owns; in memory where there is room, so that no disk slows a test down.

    TAMADA_TEST_DIR names another parent. It is removed when the cluster ends, unless TAMADA_KEEP is set.
    """
    parent = os.environ.get("TAMADA_TEST_DIR")
    if not parent and os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 4 << 30:
        parent = "/dev/shm"
    folder = Path(tempfile.mkdtemp(prefix="tamada-", dir=parent))
    give_to_service_user(folder)
    return folder


class Cluster:
    """Use it as a context manager: `with Cluster(ttl=20) as cluster:` gives a cluster with a leader and all replicas.

    The arguments are those of patroni_config.Settings.
    """

    def __init__(self, *, tell: Callable[[str], None] = lambda text: None, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self._tell = tell
        self.network = Network()
        self.folder = work_folder()
        self.etcd = Etcd(self.network, self.folder)
        certificate = make_certificate(self.folder) if self.settings.tls else None
        self.nodes = [Node(self.network, self.folder, index + 1, self.settings, self.etcd.endpoint, certificate)
                      for index in range(self.settings.nodes)]
        self._others: list[Any] = []

    # --- its life

    def __enter__(self) -> "Cluster":
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        self.etcd.start()
        self._tell("etcd is up")
        self.nodes[0].start()
        self.wait_for_leader(seconds=120)
        self._tell(f"{self.nodes[0].name} leads")
        self.prepare_database()
        for node in self.nodes[1:]:
            node.start()
        self.wait_for_replicas(len(self.nodes) - 1)
        self.configure(loop_wait=self.settings.loop_wait)
        self._tell("the replicas stream")

    def prepare_database(self) -> None:
        user, password = APPLICATION
        self.sql(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'; GRANT ALL ON SCHEMA public TO {user};"
                 f"GRANT pg_signal_backend TO {user}")

    def add(self, server: Any) -> Any:
        """`server` (anything with `stop()`) ends before the cluster does. Gives it back."""
        self._others.append(server)
        return server

    def close(self) -> None:
        for server in reversed(self._others):
            server.stop()
        for node in self.nodes:
            node.discard()
        self.etcd.stop()
        self.network.close()
        if not os.environ.get("TAMADA_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- what it looks like

    def leader(self) -> Node | None:
        """The one node that takes writes; None when there is none."""
        leaders = [node for node in self.nodes if node.server and node.is_leader()]
        return leaders[0] if len(leaders) == 1 else None

    def replicas(self) -> list[Node]:
        return [node for node in self.nodes if node.server and node.is_streaming_replica()]

    def node(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def wait_for_leader(self, *, other_than: Node | None = None, seconds: float = 120) -> Node:
        def found() -> Node | None:
            leader = self.leader()
            return leader if leader is not other_than else None
        what = f"a leader other than {other_than.name}" if other_than else "a leader"
        return wait_until(what, found, seconds)

    def wait_for_replicas(self, count: int, seconds: float = 120) -> None:
        """Until `count` replicas run and the leader streams to as many."""
        def there() -> bool:
            leader = self.leader()
            return leader is not None and len(self.replicas()) >= count and \
                len((leader.status() or {}).get("replication", [])) >= count
        wait_until(f"{count} streaming replicas", there, seconds)

    def wait_healthy(self, seconds: float = 180) -> None:
        """All nodes are there: one leader, the others stream from it."""
        self.wait_for_leader(seconds=seconds)
        self.wait_for_replicas(len(self.nodes) - 1, seconds)

    # --- what is done to it

    def switchover(self, to: Node | None = None) -> Node:
        """A planned one through the REST API, as patronictl does; gives the new leader back when it takes writes."""
        leader = self.wait_for_leader()
        body: dict[str, Any] = {"leader": leader.name}
        if to:
            body["candidate"] = to.name
        leader.post("/switchover", body)
        return self.wait_for_leader(other_than=leader)

    def configure(self, **changes: Any) -> None:
        """PATCH /config: changes the cluster's own settings in place (`None` removes one)."""
        leader = self.wait_for_leader()
        # A new cluster has a leader a moment before it has settings.
        wait_until("the cluster has its settings", lambda: leader.get("/config"))
        leader.post("/config", changes, method="PATCH")

    def sql(self, statement: str, node: Node | None = None) -> list[tuple[Any, ...]]:
        """Runs `statement` as superuser straight on a node (the leader when none is named)."""
        node = node or self.wait_for_leader()
        user, password = SUPERUSER
        connection = psycopg2.connect(host=node.address, port=node.postgres_port, user=user, password=password,
                                      dbname=DATABASE, connect_timeout=10)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()
