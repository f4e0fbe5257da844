"""How the stack is: one look at its machines, services, etcd, members and routers, and what is wrong with it."""
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from . import router_page, swarm
from .settings import Settings

# States in which Patroni calls a member that does its work.
WORKING = ("running", "streaming")
LEADERS = ("leader", "master", "primary", "standby_leader")


@dataclass(frozen=True)
class ServiceView:
    """`current`: every task runs what the service asks for now; False while an update is on its way."""
    name: str
    wanted: int
    running: int
    machines: list[str]
    image: str
    update: str
    current: bool
    error: str  # of the newest task that failed, while not all run


@dataclass(frozen=True)
class Member:
    """What Patroni says of a node in /cluster."""
    name: str
    role: str
    state: str
    timeline: int | None
    lag: int | None  # bytes behind the leader; None: unknown, or the leader itself

    @property
    def leads(self) -> bool:
        return self.role in LEADERS


@dataclass
class Picture:
    machines: list[swarm.Machine] = field(default_factory=list)
    services: list[ServiceView] = field(default_factory=list)
    etcd: dict[str, str] = field(default_factory=dict)  # member: empty, or why it is not healthy
    members: list[Member] = field(default_factory=list)
    members_error: str = ""
    routers: list[router_page.RouterView] = field(default_factory=list)

    @property
    def leader(self) -> Member | None:
        return next((member for member in self.members if member.leads), None)

    @property
    def healthy_etcd(self) -> list[str]:
        return [name for name, error in self.etcd.items() if not error]

    def working(self) -> list[Member]:
        """Members that do their work: the leader, and replicas that stream on its timeline."""
        leader = self.leader
        return [member for member in self.members if member.state in WORKING and leader and (
            member is leader or (member.lag is not None and member.timeline in (None, leader.timeline)))]


def look(settings: Settings) -> Picture:
    """Never fails for what is broken in the stack; raises DockerError if the engine itself does not answer."""
    picture = Picture(machines=swarm.machines())
    found = swarm.services(settings.stack)
    picture.services = [_service(name, found[name], picture.machines) for name in _order(settings, found)]
    picture.routers = _routers(settings, picture)
    if not any(service.running for service in picture.services if service.name in settings.nodes + settings.etcd):
        picture.members_error = "no node and no etcd is running"
        picture.etcd = {name: "not running" for name in settings.etcd}
    else:
        _ask_inside(settings, picture)
    return picture


def problems(settings: Settings, picture: Picture) -> list[str]:
    """What keeps the stack from being healthy, in sentences; empty if it is."""
    if not picture.services:
        return [f"there is no stack {settings.stack}; docker/deploy.sh deploys it"]
    found = [f"the service {name} is missing; docker/deploy.sh makes it"
             for name in settings.services if name not in {service.name for service in picture.services}]
    found += [f"{machine.name} is not ready: no tasks can run there"
              for machine in picture.machines if not machine.ready]
    for service in picture.services:
        if not service.wanted:
            found.append(f"{service.name} is scaled to 0: docker service scale"
                         f" {settings.full(service.name)}=1 brings it back")
        elif service.running < service.wanted:
            found.append(f"{service.name}: {service.running} of {service.wanted} running"
                         f"{f': {service.error}' if service.error else ''}")
        elif not service.current:
            found.append(f"{service.name}: an update is on its way")
        elif service.update in ("paused", "rollback_paused", "rollback_completed"):
            found.append(f"{service.name}: its last update failed ({service.update})")
    silent = {service.name for service in picture.services if not service.running}  # told already
    found += [f"{name}: {error}" for name, error in picture.etcd.items() if error and name not in silent]
    found += _member_problems(settings, picture)
    for router in picture.routers:
        if router.error and router.service not in silent:
            found.append(f"router {router.name}: {router.error}")
        elif not router.error and not router.ready:
            found.append(f"router {router.name} knows no leader: {router.reason}")
        elif not router.error and picture.leader and router.leader != picture.leader.name:
            found.append(f"router {router.name} takes {router.leader} for the leader, Patroni {picture.leader.name}")
    return found


def _member_problems(settings: Settings, picture: Picture) -> list[str]:
    if picture.members_error:
        return [f"the members are unknown: {picture.members_error}"]
    found = [] if picture.leader else ["Patroni names no leader"]
    working = {member.name for member in picture.working()}
    by_name = {member.name: member for member in picture.members}
    for name in settings.nodes:
        member = by_name.get(name)
        if member is None:
            found.append(f"{name} is not a member of the cluster")
        elif name not in working and picture.leader:
            found.append(f"{name} does not stream: Patroni says {member.role}, {member.state},"
                         f" timeline {member.timeline or 'unknown'}")
        elif member.state not in WORKING:
            found.append(f"{name}: Patroni says {member.state}")
    return found


def _order(settings: Settings, found: dict[str, swarm.Service]) -> list[str]:
    return [name for name in settings.services if name in found] + sorted(set(found) - set(settings.services))


def _service(name: str, service: swarm.Service, machines: list[swarm.Machine]) -> ServiceView:
    tasks = swarm.tasks(service.name)
    wanted = [task for task in tasks if task.wanted]
    running = [task for task in wanted if task.state == "running"]
    count = service.replicas if service.replicas is not None else sum(machine.ready for machine in machines)
    names = {machine.id: machine.name for machine in machines}
    failed = next((task for task in tasks if task.error), None)
    error = f"{failed.error} ({failed.state} on {names.get(failed.machine_id, 'no machine')})" if failed else ""
    return ServiceView(
        name, count, len(running), sorted(names.get(task.machine_id, "?") for task in running), service.image,
        service.update, all(task.spec == service.spec for task in wanted) and service.update != "updating",
        error if len(running) < count else "")


def _routers(settings: Settings, picture: Picture) -> list[router_page.RouterView]:
    services = {service.name for service in picture.services}
    doors = [(machine.address, ports) for machine in picture.machines if machine.ready
             for ports in settings.routers if ports.service in services]
    with ThreadPoolExecutor(16) as pool:
        views = pool.map(lambda door: router_page.view(door[0], door[1].stats), doors)
        return [replace(view, service=ports.service) for view, (_, ports) in zip(views, doors)]


def _ask_inside(settings: Settings, picture: Picture) -> None:
    """etcd's and Patroni's own words, asked from inside the network: a line of JSON each."""
    endpoints = ",".join(f"http://{name}:2379" for name in settings.etcd)
    script = (f"etcdctl --endpoints {endpoints} --dial-timeout 1s --command-timeout 2s endpoint health -w json"
              " 2>/dev/null | tail -n 1; echo;"
              f" for node in {' '.join(settings.nodes)};"
              " do curl -sf -m 2 http://$node:8091/cluster && break; done; echo")
    try:
        lines = swarm.inside(settings, "sh", "-c", script).splitlines()
    except swarm.DockerError as error:
        picture.members_error = str(error)
        picture.etcd = {name: "unknown: nothing can be asked inside the network" for name in settings.etcd}
        return
    answers = [json.loads(line) for line in lines if line.startswith(("[", "{"))]
    healths = next((answer for answer in answers if isinstance(answer, list)), [])
    cluster = next((answer for answer in answers if isinstance(answer, dict)), None)
    by_endpoint = {health["endpoint"]: health for health in healths}
    for name in settings.etcd:
        health = by_endpoint.get(f"http://{name}:2379", {"error": "no answer"})
        picture.etcd[name] = "" if health.get("health") else health.get("error") or "not healthy"
    if cluster is None:
        picture.members_error = "no node answers GET /cluster"
        return
    for member in cluster.get("members", []):
        lag = member.get("lag")
        picture.members.append(Member(
            member["name"], member["role"], member["state"], member.get("timeline"),
            lag if isinstance(lag, int) else None))
    picture.members.sort(key=lambda member: member.name)
