"""The docker CLI with its JSON made into objects. It asks the engine that DOCKER_HOST or the context names."""
import json
import os
import subprocess
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from .settings import Settings

FINISHED = {"complete", "shutdown", "failed", "rejected", "remove", "orphaned"}


class DockerError(Exception):
    """A docker command that failed: the command and what it said."""


@dataclass(frozen=True)
class Machine:
    """A machine of the swarm; `address` is where others reach it."""
    id: str
    name: str
    address: str
    manager: bool
    ready: bool  # up, and takes tasks
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Service:
    id: str
    name: str
    image: str
    replicas: int | None  # None: one on every machine
    update: str  # updating, completed, paused, rollback_...; empty: never updated
    spec: Mapping[str, Any]  # what its tasks are to be


@dataclass(frozen=True)
class Task:
    """One try to run a container of a service."""
    id: str
    service_id: str
    machine_id: str
    container: str
    state: str  # running only once its health check passes
    desired: str
    error: str  # why it failed, or that it ended
    since: str
    spec: Mapping[str, Any]  # what its service asked for when it was made

    @property
    def wanted(self) -> bool:
        return self.desired in ("running", "ready")


def docker(*arguments: str, stdin: bytes | None = None, timeout: float = 120,
           environment: Mapping[str, str] | None = None) -> str:
    """What `docker ARGUMENTS` prints; raises DockerError. Secrets go through `stdin`, never through arguments."""
    command = ["docker", *arguments]
    try:
        done = subprocess.run(command, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                              capture_output=True, timeout=timeout, env=environment, check=False)
    except FileNotFoundError as error:
        raise DockerError("docker: there is no such program; docker/install-docker.sh installs it") from error
    except subprocess.TimeoutExpired as error:
        raise DockerError(f"{' '.join(command)}: no answer within {timeout:.0f} s") from error
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip() or done.stdout.decode(errors="replace").strip()
        raise DockerError(f"{' '.join(command)}: {words or f'exit status {done.returncode}'}")
    return done.stdout.decode(errors="replace")


def inspect(kind: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """`docker inspect` of things that may vanish meanwhile: those that are gone are left out."""
    if not names:
        return []
    try:
        return list(json.loads(docker("inspect", "--type", kind, *names)))
    except DockerError:
        if len(names) == 1:
            return []
        return [found for name in names for found in inspect(kind, [name])]


def info() -> dict[str, Any]:
    found = json.loads(docker("info", "--format", "{{json .}}"))
    if found.get("ServerErrors"):
        raise DockerError(f"docker info: {'; '.join(found['ServerErrors'])}")
    return dict(found)


def machines() -> list[Machine]:
    result = []
    for node in inspect("node", docker("node", "ls", "-q").split()):
        status, manager = node["Status"], node.get("ManagerStatus") or {}
        address = status.get("Addr", "")
        if address in ("", "0.0.0.0", "127.0.0.1") and manager.get("Addr"):
            address = manager["Addr"].rpartition(":")[0].strip("[]")
        result.append(Machine(
            node["ID"], node["Description"]["Hostname"], address, bool(manager),
            status["State"] == "ready" and node["Spec"]["Availability"] == "active", node["Spec"].get("Labels") or {}))
    return sorted(result, key=lambda machine: (machine.name, machine.id))


def label_machine(machine: Machine, label: str, value: str) -> None:
    docker("node", "update", "--label-add", f"{label}={value}", machine.id)


def services(stack: str) -> dict[str, Service]:
    """By their names without the stack's."""
    names = docker("service", "ls", "-q", "--filter", f"label=com.docker.stack.namespace={stack}").split()
    result = {}
    for found in inspect("service", names):
        spec = found["Spec"]
        mode = spec["Mode"]
        replicas = mode["Replicated"].get("Replicas", 1) if "Replicated" in mode else None
        result[spec["Name"].removeprefix(f"{stack}_")] = Service(
            found["ID"], spec["Name"], spec["TaskTemplate"]["ContainerSpec"]["Image"], replicas,
            (found.get("UpdateStatus") or {}).get("State", ""), _comparable(spec["TaskTemplate"]))
    return result


def tasks(service: str) -> list[Task]:
    """All tasks of a service (its whole name), the newest first; past ones too, as long as the swarm keeps them."""
    found = inspect("task", docker("service", "ps", "-q", "--no-trunc", service).split())
    result = []
    for task in found:
        status = task["Status"]
        container = status.get("ContainerStatus") or {}
        ended = "its program ended without an error" if status["State"] == "complete" else ""
        result.append(Task(
            task["ID"], task["ServiceID"], task.get("NodeID", ""), container.get("ContainerID", ""), status["State"],
            task["DesiredState"], status.get("Err", "") or ended, status.get("Timestamp", ""),
            _comparable(task["Spec"])))
    return sorted(result, key=lambda task: task.since, reverse=True)


def _comparable(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A task's specification without what the engine writes differently in services and in tasks."""
    kept = ("ContainerSpec", "Resources", "Placement", "ForceUpdate")
    return {key: _without_empty(value) for key, value in spec.items() if key in kept}


def _without_empty(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _without_empty(one) for key, one in value.items()}
    return {key: one for key, one in inner.items() if one not in (None, {}, [])}


def secrets() -> set[str]:
    return set(docker("secret", "ls", "--format", "{{.Name}}").split())


def create_secret(name: str, value: bytes, stack: str) -> None:
    docker("secret", "create", "--label", f"tamada.stack={stack}", name, "-", stdin=value)


def image_id(name: str) -> str:
    """Empty if this machine does not have it."""
    found = inspect("image", [name])
    return str(found[0]["Id"]) if found else ""


def volumes(stack: str) -> list[str]:
    """Those of the stack on this machine."""
    return sorted(docker("volume", "ls", "-q", "--filter", f"label=com.docker.stack.namespace={stack}").split())


def stack_deploy(stack: str, files: Iterable[Any], values: Mapping[str, str], resolve: str) -> str:
    arguments = [part for file in files for part in ("--compose-file", str(file))]
    return docker("stack", "deploy", "--resolve-image", resolve, *arguments, stack,
                  environment=os.environ | dict(values))


def scale(service: str, replicas: int) -> None:
    """Returns at once; the tasks follow."""
    docker("service", "scale", "--detach", f"{service}={replicas}")


def local_containers(service: str) -> list[str]:
    """Running containers of a service (its whole name) on this machine, the newest first."""
    return docker("ps", "-q", "--no-trunc", "--filter", f"label=com.docker.swarm.service.name={service}",
                  "--filter", "status=running").split()


def inside(settings: Settings, *command: str, timeout: float = 30) -> str:
    """Runs a command in the stack's network: in a node's container on this machine, or in one made for it."""
    for node in settings.nodes:
        for container in local_containers(settings.full(node)):
            return docker("exec", container, *command, timeout=timeout)
    return docker("run", "--rm", "--network", settings.network, "--entrypoint", command[0], settings.image("node"),
                  *command[1:], timeout=timeout)
