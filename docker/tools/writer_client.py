"""The writer (writer.py) at work in a container, seen from this side."""
from typing import Any, Sequence

from . import swarm
from .events_program import Program
from .settings import Settings
from .verdict import Log

SECRET = "/run/secrets/tamada_superuser_password"


def password(settings: Settings, file: str | None) -> str:
    """The superuser's: from a file, or else from a node's container on this machine. Raises DockerError."""
    if file:
        with open(file, encoding="utf-8") as source:
            return source.readline().rstrip("\n")
    for node in settings.nodes:
        for container in swarm.local_containers(settings.full(node)):
            return swarm.docker("exec", container, "cat", SECRET).splitlines()[0]
    raise swarm.DockerError("no node runs on this machine, whose container could tell the superuser's password; give a "
                            "file that has it: --password-file FILE")


class Client:
    """Everything that it has told stands in `log`."""

    def __init__(self, settings: Settings, routers: Sequence[tuple[str, int]], secret: str, table: str) -> None:
        self.log = Log()
        self.dropped = False
        self.table = table
        self.program = Program(settings, "chaos-writer", "writer.py", "host", {
            "hosts": [host for host, _ in routers], "ports": [port for _, port in routers],
            "user": "postgres", "password": secret, "database": "postgres", "table": table}, self._take)

    def _take(self, line: Any) -> None:
        if isinstance(line, dict) and "dropped" in line:
            self.dropped = True
        self.log.take(line)

    def rows(self) -> int:
        return len(self.log.times)

    def wrote_after(self, moment: float) -> bool:
        self.program.check()
        return self.log.acknowledged_after(moment)

    def stop(self) -> None:
        """It inserts no more, and reads the table: `log.present` follows."""
        self.program.send("stop")

    def drop_table(self) -> None:
        self.program.send("drop")

    def end(self) -> None:
        self.program.end()
