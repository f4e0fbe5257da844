"""One node: Patroni and the PostgreSQL that it runs, in one process tree."""
import json
import os
import signal
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable

import yaml

from .network import Network, free_port
from .patroni_config import Settings, patroni_config
from .process import Server, give_to_service_user, service_user
from .wait import Timeout, wait_until


REPOSITORY = Path(__file__).resolve().parents[3]


def agent_program() -> Path:
    """TAMADA_AGENT, else the release that `make build` makes."""
    return Path(os.environ.get("TAMADA_AGENT") or REPOSITORY / "build/bin/tamada-agent")


def is_alive(pid: int) -> bool:
    """It runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Node:
    def __init__(self, network: Network, folder: Path, index: int, settings: Settings, etcd: str,
                 certificate: tuple[Path, Path] | None) -> None:
        self.name = f"patroni{index}"
        self.folder = folder / self.name
        self.folder.mkdir(mode=0o700)
        give_to_service_user(self.folder)
        self._settings, self._etcd, self._certificate = settings, etcd, certificate
        self.agent = settings.agent
        self.program: Path | None = None  # another agent than agent_program()
        self.prefix: list[str] = []  # words before its command, as Server has them
        self.edit: Callable[[dict[str, Any]], None] = lambda config: None  # what a test changes of patroni.yml
        self.server: Server | None = None
        self._former: list[Server] = []  # their agents were killed; what those started may still run
        self.address = network.address(10 + index)
        self.postgres_port = free_port(self.address, 5432)
        self.api_port = free_port(self.address, 8008)

    @property
    def postgres(self) -> tuple[str, int]:
        return self.address, self.postgres_port

    @property
    def api(self) -> str:
        return f"http://{self.address}:{self.api_port}"

    @property
    def log(self) -> Path:
        return self.folder / "node.log"

    # --- its life

    def start(self) -> None:
        config = patroni_config(self._settings, name=self.name, address=self.address,
                                postgres_port=self.postgres_port, api_port=self.api_port, folder=self.folder,
                                etcd=self._etcd, certificate=self._certificate)
        self.edit(config)
        path = self.folder / "patroni.yml"
        path.write_text(yaml.safe_dump(config, sort_keys=False))
        os.chmod(path, 0o644)
        self.server = Server([*self._program(), str(path)], self.log, cwd=self.folder, user=service_user(),
                             prefix=self.prefix)

    def _program(self) -> list[str]:
        """`agent` says which; it may be changed while the node is down: both use the same files."""
        return [str(self.program or agent_program())] if self.agent == "tamada" else ["/usr/bin/patroni"]

    def stop(self, seconds: float = 60) -> None:
        """A clean end: Patroni stops PostgreSQL and gives the lock back."""
        if self.server:
            self.server.stop(seconds)
            self.server = None

    def kill9(self) -> None:
        """Everything at once, as a machine that loses power."""
        assert self.server
        for server in (self.server, *self._former):
            server.kill9()
        self.server, self._former = None, []

    def kill_agent(self) -> None:
        """Only Patroni, or the agent: its PostgreSQL goes on, for the next one to adopt."""
        assert self.server
        self.server.signal(signal.SIGKILL)
        wait_until(f"{self.name}'s agent is dead", lambda: not is_alive(self.server.pid if self.server else 0))
        self._former.append(self.server)
        self.server = None

    def discard(self) -> None:
        """Ends it quickly when nobody needs its data any more. PostgreSQL is asked (and not killed, if it can be
        helped), so that it gives its shared memory back."""
        servers = [server for server in (self.server, *self._former) if server and server.running()]
        for server in servers:
            server.resume()
            if is_alive(server.pid):
                server.signal(signal.SIGKILL)
        try:
            if servers:
                os.kill(self.postmaster(), signal.SIGQUIT)
            wait_until("PostgreSQL ends", lambda: not any(server.running() for server in servers), 5)
        except (OSError, ValueError, Timeout):
            pass
        for server in servers:
            server.kill9()
        self.server, self._former = None, []

    def restart(self, address: str | None = None) -> None:
        """Stops it if it runs, and starts it, at another address when one is given."""
        self.stop()
        if address:
            self.address = address
        self.start()

    def pause(self) -> None:
        assert self.server
        self.server.pause()

    def resume(self) -> None:
        assert self.server
        self.server.resume()

    def postmaster(self) -> int:
        """Its pid; OSError when there is none."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def kill_postmaster(self) -> None:
        os.kill(self.postmaster(), signal.SIGKILL)

    # --- what it says of itself

    def status(self) -> dict[str, Any] | None:
        """The body of `GET /patroni`, or None when the REST API does not answer."""
        return self.get("/patroni")

    def get(self, path: str) -> Any:
        """The JSON at `path`, whatever the code; None when nobody answers."""
        try:
            with urllib.request.urlopen(self.api + path, timeout=3) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                return json.loads(error.read())
            except (OSError, ValueError):  # Patroni's own error pages are HTML
                return None
        except (OSError, ValueError):
            return None

    def post(self, path: str, body: dict[str, Any], *, method: str = "POST", timeout: float = 120) -> str:
        """Gives the answer's text back; a refusal is a RuntimeError with Patroni's words."""
        request = urllib.request.Request(self.api + path, json.dumps(body).encode(), method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def is_leader(self) -> bool:
        """Takes writes: PostgreSQL is a running primary."""
        status = self.status() or {}
        return status.get("role") in ("master", "primary") and status.get("state") == "running"

    def is_streaming_replica(self) -> bool:
        status = self.status() or {}
        return status.get("role") == "replica" and status.get("state") == "running" \
            and "received_location" in status.get("xlog", {})

    def wait_for_replica(self, seconds: float = 120) -> None:
        wait_until(f"{self.name} is a running replica", self.is_streaming_replica, seconds)
