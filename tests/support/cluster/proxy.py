"""What HAProxy, the router and a direct connection have in common for tests and measurements."""
from typing import Any

import psycopg2

from .cluster import DATABASE
from .patroni_config import APPLICATION
from .process import Server
from .wait import wait_until

Address = tuple[str, int]


class Proxy:
    """`write` leads to the leader, `read` to the replicas. `server` is the proxy's process, None for none."""

    name: str
    write: Address
    read: Address
    server: Server | None = None

    def stop(self) -> None:
        if self.server:
            self.server.stop(15)
            self.server = None

    def arguments(self, port: Address | None = None, **more: Any) -> dict[str, Any]:
        """For psycopg2.connect(): the application's user through `port` (the write port when none is named)."""
        host, number = port or self.write
        user, password = APPLICATION
        return {"host": host, "port": number, "user": user, "password": password, "dbname": DATABASE, **more}

    def connect(self, port: Address | None = None, **more: Any) -> Any:
        """A new psycopg2 connection in autocommit mode."""
        connection = psycopg2.connect(**self.arguments(port, **more))
        connection.autocommit = True
        return connection

    def environment(self, port: Address | None = None) -> dict[str, str]:
        """The same for psql and pgbench."""
        host, number = port or self.write
        return {"PGHOST": host, "PGPORT": str(number), "PGUSER": APPLICATION[0], "PGPASSWORD": APPLICATION[1],
                "PGDATABASE": DATABASE}

    def serves(self, port: Address, in_recovery: bool) -> bool:
        """Whether a new session through `port` works and lands on a server of that role."""
        try:
            connection = self.connect(port, connect_timeout=5)
        except psycopg2.OperationalError:
            return False
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery()")
                return bool(cursor.fetchone()[0] == in_recovery)
        except psycopg2.Error:
            return False
        finally:
            connection.close()

    def wait_ready(self, *, replicas: bool = True, seconds: float = 60) -> None:
        wait_until(f"{self.name} leads to the leader", lambda: self.serves(self.write, False), seconds)
        if replicas:
            wait_until(f"{self.name} leads to a replica", lambda: self.serves(self.read, True), seconds)


class Direct(Proxy):
    """No proxy at all: the leader and the first replica, as they are when this is made."""

    def __init__(self, write: Address, read: Address) -> None:
        self.name, self.write, self.read = "direct", write, read
