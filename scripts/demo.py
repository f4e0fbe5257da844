#!/usr/bin/python3
"""make demo: etcd, three PostgreSQL nodes under tamada-agent, and the router, on this machine.

    demo.py                     starts it all, shows what changes as it happens; Ctrl-C stops everything it started
    demo.py kill NODE           in another terminal: the node dies, as a machine that loses power
    demo.py start NODE          brings it back
    demo.py pause NODE          freezes it, as a virtual machine that is paused
    demo.py resume NODE         lets it go on

DEMO_AGENT=patroni has Patroni on the nodes instead. As root the servers run as user postgres, else as whoever started it.
"""
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))

from cluster import Cluster, Node, Router, Timeout, agent_program, router_program  # noqa: E402
from cluster.patroni_config import APPLICATION  # noqa: E402
from demo_screen import Screen  # noqa: E402

# The running demo listens here, so that a second one knows of it and `demo.py kill` finds it. The kernel drops the
# name when the demo ends, however it ends.
CONTROL = "\0tamada-demo"
VERBS = ("kill", "start", "pause", "resume")
AGENTS = {"tamada": "tamada-agent", "patroni": "Patroni"}
PORTS = {"write": 5000, "read": 5001, "stats": 7000}
# Who may change something on the page of the demo: user demo, password demo (made by openssl passwd -6).
USER = "demo:$6$tamadademo$HYCR3rXUY9NMCLMXf1CvYecoosnzCgFkL/y7..AoL2PM2tscbfyBqAG.zxZ4gfxDV62gO2ZG42C8a5Kkde.Et."


class Demo:
    def __init__(self) -> None:
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.control.bind(CONTROL)
        except OSError:
            sys.exit(f"demo: another one is running already (process {running_demo()}); end it with Ctrl-C first")
        self.control.listen()
        self.agent = wanted_agent()
        self.cluster = Cluster(tell=lambda text: self.screen.say(text), agent=self.agent)
        self.screen = Screen(self.cluster.folder / "demo.log")
        self.cluster.folder.chmod(0o711)  # so that patronictl can read its file, whoever runs it
        self.socket = self.cluster.folder / "admin.sock"
        self.router = Router(self.cluster, address="127.0.0.1",
                             ports=(PORTS["write"], PORTS["read"], PORTS["stats"]),
                             config={"stats": {"users": [USER], "socket": [f"{self.socket} level admin mode 666"]}})
        self.lock = threading.Lock()  # one verb at a time

    def run(self) -> None:
        self.screen.say(f"starting etcd and three nodes under {AGENTS[self.agent]} in {self.cluster.folder}")
        self.cluster.start()
        for listener, wanted in PORTS.items():
            used = getattr(self.router, listener)[1]
            if used != wanted:
                self.screen.say(f"port {wanted} is taken: the router's {listener} port is {used} instead")
        self.router.start()
        self.cluster.add(self.router)
        self.router.wait_ready()
        self.screen.say("the router is ready")
        self.explain()
        threading.Thread(target=self.take_orders, daemon=True).start()
        self.watch()

    # --- what a person reads

    def explain(self) -> None:
        user, password = APPLICATION
        patronictl = self.cluster.folder / "patronictl.yml"
        patronictl.write_text(f"scope: {self.cluster.settings.scope}\netcd3:\n  host: {self.cluster.etcd.endpoint}\n")
        patronictl.chmod(0o644)
        script = os.path.relpath(__file__)
        sudo = "sudo " if os.geteuid() == 0 and os.environ.get("SUDO_USER") else ""

        def url(port: tuple[str, int]) -> str:
            return f"postgresql://{user}:{password}@{port[0]}:{port[1]}/postgres"
        page = f"http://{self.router.stats[0]}:{self.router.stats[1]}"
        first = self.cluster.nodes[0]
        self.screen.pin(f"""
To try, in another terminal:
  the leader (write port)  psql {url(self.router.write)}
  a replica (read port)    psql {url(self.router.read)}
  the page                 {page}/  (to change something, sign in as demo, password demo)
  the same as JSON         curl {page}/api/v1/state
  for HAProxy's tools      curl '{page}/;csv'; echo 'show info' | socat - {self.socket}
  the nodes' own view      patronictl -c {patronictl} list
  what a node says         curl {first.api}/patroni; {sudo}tail -f {first.log}
  a planned switchover     patronictl -c {patronictl} switchover --force
  a node dies, comes back  {sudo}{script} kill patroni1; {sudo}{script} start patroni1
  a node freezes, goes on  {sudo}{script} pause patroni2; {sudo}{script} resume patroni2
  an endless writer        while :; do psql -qAtc "SELECT now(), inet_server_addr()" {url(self.router.write)}; sleep 0.2; done
Ctrl-C stops it all. Until then, logs and data are in {self.cluster.folder}, and what happens is told here:
""")

    def watch(self) -> None:
        """One line for each fact that changes in what the router believes; returns never."""
        leader: Any = None
        nodes: dict[str, tuple[Any, ...]] = {}
        error: Any = None
        while True:
            assert self.router.server
            if not self.router.server.running():
                raise RuntimeError(f"the router has ended with {self.router.server.exit_code()}:\n"
                                   f"{self.router.log_text()[-2000:]}")
            status = self.router.status()
            if status["leader"]["node"] != leader:
                leader = status["leader"]["node"]
                reason = status["leader"].get("reason") or ""
                self.screen.say((f"{leader} leads: writers go there" + (f" ({reason})" if reason else "")) if leader
                                else f"writers wait: {reason or 'no leader'}")
            for node in status["nodes"]:
                now = (node["role"], node["state"], node.get("timeline"))
                if nodes.get(node["name"]) != now:
                    nodes[node["name"]] = now
                    reason = node.get("reason") or ""
                    timeline = f", timeline {node['timeline']}" if node.get("timeline") else ""
                    self.screen.say(f"{node['name']}: {node['role']}, {node['state']}{timeline}"
                                    + (f" ({reason})" if reason else ""))
            if status["config"]["error"] != error:
                error = status["config"]["error"]
                self.screen.say(f"configuration: {error or 'is fine again'}")
            self.screen.refresh()
            time.sleep(0.1)

    # --- orders from `demo.py VERB NODE`

    def take_orders(self) -> None:
        while True:
            client, _ = self.control.accept()
            with client:
                peer = int.from_bytes(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[4:8], sys.byteorder)
                words = client.recv(200).decode(errors="replace").split()
                if not words:
                    answer = ""  # a second demo that only asked who runs
                elif peer not in (0, os.geteuid()):
                    answer = "only root and the one who started the demo may do this"
                else:
                    answer = self.obey(*words)
                try:
                    client.sendall(answer.encode())
                except OSError:
                    pass

    def obey(self, verb: str, name: str = "") -> str:
        node = next((node for node in self.cluster.nodes if node.name == name), None)
        if verb not in VERBS or node is None:
            return f"cannot {verb} {name!r}; verbs: {', '.join(VERBS)}; " \
                   f"nodes: {', '.join(node.name for node in self.cluster.nodes)}"
        runs = node.server is not None and node.server.running()
        if verb == "start" and runs:
            return f"{name} runs already"
        if verb != "start" and not runs:
            return f"{name} does not run"
        with self.lock:
            self.screen.say(f"you: {verb} {name}")
            self.act(verb, node)
        return f"{name}: {verb} done"

    @staticmethod
    def act(verb: str, node: Node) -> None:
        {"kill": node.kill9, "start": node.start, "pause": node.pause, "resume": node.resume}[verb]()

    def close(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # it takes a second or two
        self.screen.close()
        self.screen.say("stopping everything")
        self.router.stop()
        self.cluster.close()
        self.screen.say("done")


def wanted_agent() -> str:
    """Who keeps the nodes: DEMO_AGENT, else tamada-agent."""
    return os.environ.get("DEMO_AGENT") or "tamada"


def running_demo() -> int:
    """The pid of the demo that holds the name; 0 when it cannot be told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(CONTROL)
        except OSError:
            return 0
        return int.from_bytes(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)


def order(words: list[str]) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(CONTROL)
        except OSError:
            sys.exit("demo: none is running; start it with make demo")
        client.sendall(" ".join(words).encode())
        print(client.recv(1000).decode())


def stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    if len(sys.argv) > 1:
        if sys.argv[1] in VERBS and len(sys.argv) == 3:
            return order(sys.argv[1:])
        sys.exit(__doc__)
    if wanted_agent() not in AGENTS:
        sys.exit(f"demo: DEMO_AGENT={wanted_agent()} is not known; tamada (as without it) or patroni")
    programs = [router_program()] + ([agent_program()] if wanted_agent() == "tamada" else [])
    for program in programs:
        if not program.exists():
            sys.exit(f"demo: {program} does not exist; run make demo, or make build first")
    signal.signal(signal.SIGINT, stop)  # also when started in the background, where the shell has it ignored
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    demo = Demo()
    failed = ""
    try:
        demo.run()
    except KeyboardInterrupt:
        print()
    except (OSError, RuntimeError, Timeout) as error:
        failed = f"demo: {error}"
    finally:
        demo.close()
    if failed:
        sys.exit(failed)


if __name__ == "__main__":
    main()
