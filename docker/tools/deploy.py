"""Deploys the stack, or updates it, and waits until the cluster is healthy.

A first deployment starts everything at once. An update of a stack that works goes service by service: each etcd, the
replicas, the leader, then the routers; the next one follows when the last one does its work again. Running it twice
changes nothing. Settings: docker/stack.env or the environment, see docker/stack.env.example.
"""
import argparse
import sys
import time
from pathlib import Path

from . import health, prepare, swarm
from .progress import Progress
from .settings import Settings, SettingsError, load
from .stack_file import Parts

# How often the stack is looked at while waiting for it.
LOOK_EVERY_S = 1.0
FAILED_UPDATES = ("paused", "rollback_started", "rollback_paused", "rollback_completed")


class Failed(Exception):
    """The stack did not become healthy: what was waited for, with a diagnosis."""


class Deployment:
    def __init__(self, settings: Settings, timeout: float) -> None:
        self.settings = settings
        self.timeout = timeout
        self.deadline = 0.0
        self.values: dict[str, str] = {}
        self.progress = Progress([])

    def run(self) -> None:
        prepare.check_swarm()
        self.values = dict(self.settings.values) | self.settings.mounts | prepare.image_ids(self.settings)
        prepare.check_folders(self.settings, prepare.label_machines(self.settings, say))
        prepare.make_secrets(self.settings, say)
        before = health.look(self.settings)
        with Parts(self.settings.files) as parts:
            if before.leader and before.routers:
                self._update(parts, before)
            else:
                say(f"starting the stack {self.settings.stack}")
                self._apply(parts.make(self.settings.services))
        self._wait_healthy()

    def _apply(self, files: list[Path]) -> None:
        swarm.stack_deploy(self.settings.stack, files, self.values,
                           "always" if self.settings["TAMADA_REGISTRY"] else "never")

    def _update(self, parts: Parts, before: health.Picture) -> None:
        """One service after the other; those that do not change cost nothing but the question."""
        steps = order(self.settings, before)
        say(f"the stack {self.settings.stack} runs: updating what has changed, one service after the other")
        changed = []
        for service in steps:
            self._wait_others(service)
            old = swarm.services(self.settings.stack).get(service)
            self._apply(parts.make([service]))
            new = swarm.services(self.settings.stack).get(service)
            if old and new and old.spec == new.spec and old.replicas == new.replicas:
                continue
            changed.append(service)
            say(f"updating {service}")
            self._wait_step(service, before)
        say(f"updated {', '.join(changed)}" if changed else "nothing has changed")

    def _wait_others(self, service: str) -> None:
        """A member that works is touched only while the others of its kind do: one more would be the majority."""
        self.deadline = time.monotonic() + self.timeout
        while True:
            picture = health.look(self.settings)
            kind = next((kind for kind in (self.settings.etcd, self.settings.nodes) if service in kind), [])
            working = set(picture.healthy_etcd) | {member.name for member in picture.working()}
            missing = [name for name in kind if name not in working]
            if service in missing or not missing:
                return
            self._pause(f"{' and '.join(missing)} to work before {service} is touched", picture)

    def _wait_step(self, service: str, before: health.Picture) -> None:
        """Until the service runs as it is now asked for, and no less of the stack works than before the update."""
        self.deadline = time.monotonic() + self.timeout
        while True:
            picture = health.look(self.settings)
            view = next(view for view in picture.services if view.name == service)
            ready = sum(router.ready for router in picture.routers)
            if view.update in FAILED_UPDATES:
                raise Failed(f"the update of {service} failed and was stopped ({view.update});"
                             f" what follows was not updated\n{self._diagnosis(picture)}")
            if (view.current and view.running == view.wanted and picture.leader
                    and len(picture.working()) >= len(before.working())
                    and len(picture.healthy_etcd) >= len(before.healthy_etcd)
                    and ready >= sum(router.ready for router in before.routers)):
                return
            self._pause(f"{service} to do its work again", picture)

    def _wait_healthy(self) -> None:
        self.deadline = time.monotonic() + self.timeout
        with Progress(["containers", "etcd", "nodes", "routers"]) as self.progress:
            while True:
                picture = health.look(self.settings)
                self._show(picture)
                problems = health.problems(self.settings, picture)
                if not problems:
                    break
                self._pause("the stack to become healthy", picture)
        say(f"the stack {self.settings.stack} is healthy after {self.progress.elapsed:.1f} s")
        print(connections(self.settings, picture))

    def _show(self, picture: health.Picture) -> None:
        running = sum(service.running for service in picture.services)
        waiting = [service.name for service in picture.services if service.running < service.wanted]
        working, leader = picture.working(), picture.leader
        self.progress.update("containers", running, sum(service.wanted for service in picture.services),
                             f"waiting for {', '.join(waiting)}" if waiting else "all running")
        healthy = picture.healthy_etcd
        self.progress.update("etcd", len(healthy), len(self.settings.etcd), ", ".join(healthy))
        words = f"{leader.name} leads" if leader else "no leader yet"
        others = [member.name for member in working if member is not leader]
        self.progress.update("nodes", len(working), len(self.settings.nodes),
                             f"{words}{f', {chr(44).join(others)} stream' if others else ''}")
        ready = [router for router in picture.routers if router.ready]
        self.progress.update("routers", len(ready), len(picture.routers),
                             ", ".join(f"{router.name} says {router.leader}" for router in ready))

    def _pause(self, what: str, picture: health.Picture) -> None:
        if time.monotonic() > self.deadline:
            raise Failed(f"waited {self.timeout:.0f} s for {what}. The swarm goes on trying; docker/status.sh shows how"
                         f" far it is\n{self._diagnosis(picture)}")
        time.sleep(LOOK_EVERY_S)

    def _diagnosis(self, picture: health.Picture) -> str:
        lines = [f"  - {problem}" for problem in health.problems(self.settings, picture)]
        if any("No such image" in service.error for service in picture.services):
            lines.append("  The images have to be on every machine: docker save IMAGE | ssh MACHINE docker load; or use"
                         " a registry (TAMADA_REGISTRY)")
        if any("port" in service.error and "in use" in service.error for service in picture.services):
            lines.append("  Something else on that machine has the port: choose others (WRITE_PORT, READ_PORT,"
                         " STATS_PORT)")
        for service in picture.services:
            if service.running < service.wanted:
                lines += self._last_words(service.name)
        return "\n".join(lines)

    def _last_words(self, service: str) -> list[str]:
        name = self.settings.full(service)
        try:
            log = swarm.docker("service", "logs", "--raw", "--tail", "5", name, timeout=10).splitlines()
        except swarm.DockerError:
            return []
        return [f"  the last lines of docker service logs {name}:"] + [f"    {line}" for line in log] if log else []


def order(settings: Settings, picture: health.Picture) -> list[str]:
    """In which order services are updated: of each kind those first that do not work, and the leader last."""
    leader = picture.leader.name if picture.leader else ""
    working = {member.name for member in picture.working()}
    return (sorted(settings.etcd, key=lambda name: name in picture.healthy_etcd)
            + sorted(settings.nodes, key=lambda name: (name == leader, name in working))
            + [router.service for router in settings.routers])


def connections(settings: Settings, picture: health.Picture) -> str:
    """Where to connect, and how to learn the passwords."""
    hosts = [machine.address for machine in picture.machines if machine.ready]
    write = ",".join(f"{host}:{ports.write}" for host in hosts for ports in settings.routers)
    read = ",".join(f"{host}:{ports.read}" for host in hosts for ports in settings.routers)
    pages = "  ".join(f"http://{host}:{ports.stats}/" for host in hosts for ports in settings.routers)
    nodes = [service for service in picture.services if service.name in settings.nodes and service.machines]
    node, machine = (nodes[0].name, nodes[0].machines[0]) if nodes else (settings.nodes[0], "its machine")
    secret = (f'docker exec "$(docker ps -q -f label=com.docker.swarm.service.name={settings.full(node)})"'
              " cat /run/secrets/")
    return f"""
writes     postgresql://postgres@{write}/postgres
reads      postgresql://postgres@{read}/postgres
page       {pages}
passwords  on {machine}, of the user postgres:
             {secret}tamada_superuser_password
           of the user admin, who may change something on the page (and of patroni, for the nodes' REST API):
             {secret}tamada_rest_password"""


def say(text: str) -> None:
    print(f"deploy: {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="deploy.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timeout", type=float, default=300, metavar="SECONDS",
                        help="how long to wait for each service of an update, and until all is healthy (300)")
    arguments = parser.parse_args()
    try:
        Deployment(load(), arguments.timeout).run()
    except (SettingsError, swarm.DockerError, prepare.NotReady, Failed) as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndeploy: interrupted; what was deployed goes on. docker/status.sh shows how it is", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
