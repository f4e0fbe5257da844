"""Settings of a deployment: the defaults, then docker/stack.env, then the environment, the later one wins.

STACK_ENV names another file than docker/stack.env. What is known, what it means and its default: KNOWN, which
docker/stack.env.example shows to people.
"""
import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

FOLDER = Path(__file__).resolve().parents[1]
MEMBERS = (1, 2, 3)

# Every setting with its default. All of them reach the YAML files, which name them as ${NAME}.
KNOWN: dict[str, str] = {
    "STACK": "tamada",
    "TAMADA_REGISTRY": "",
    "TAMADA_TAG": "latest",
    "WRITE_PORT": "5000",
    "READ_PORT": "5001",
    "STATS_PORT": "7000",
    "WRITE_PORT2": "5010",
    "READ_PORT2": "5011",
    "STATS_PORT2": "7010",
    "SYNCHRONOUS": "true",
    "TTL": "30",
    "MAX_CONNECTIONS": "100",
    "SCOPE": "patroni",
    "STORAGE": "volumes",
    "DATA_DIR": "/srv/tamada",
    "ROUTERS": "global",
    "SECRETS_DIR": "",
    "NET_MTU": "1450",
    "NODE_MEMORY": "1G",
    "NODE_CPUS": "2.0",
    "ETCD_MEMORY": "512M",
    "ETCD_CPUS": "1.0",
    "ROUTER_MEMORY": "512M",
    "ROUTER_CPUS": "2.0",
}
CHOICES = {
    "SYNCHRONOUS": ("true", "false"),
    "STORAGE": ("volumes", "none", "folders"),
    "ROUTERS": ("global", "two"),
}
PORTS = ("WRITE_PORT", "READ_PORT", "STATS_PORT")
PORTS2 = ("WRITE_PORT2", "READ_PORT2", "STATS_PORT2")
NUMBERS = {"TTL": (20, 3600), "MAX_CONNECTIONS": (10, 10000), "NET_MTU": (576, 9216)}
FORMS = {
    "STACK": (r"[a-z][a-z0-9-]{0,30}", "small letters, digits and -, a letter first"),
    "SCOPE": (r"[A-Za-z0-9_-]+", "letters, digits, _ and -"),
    "TAMADA_REGISTRY": (r"(\S+/)?", "nothing, or a registry with / at its end, such as registry.example:5000/"),
    "TAMADA_TAG": (r"[\w][\w.-]*", "an image's tag, such as latest or 0.1.0"),
    "DATA_DIR": (r"/\S*", "an absolute path"),
    "SECRETS_DIR": (r"(/\S*)?", "nothing, or an absolute path"),
}


class SettingsError(Exception):
    """What is wrong, where, and what is expected instead; one line an error."""


@dataclass(frozen=True)
class RouterPorts:
    """One router service and where every machine that runs it publishes it."""
    service: str
    write: int
    read: int
    stats: int


@dataclass(frozen=True)
class Settings:
    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    @property
    def stack(self) -> str:
        return self.values["STACK"]

    @property
    def network(self) -> str:
        return f"{self.stack}_net"

    @property
    def synchronous(self) -> bool:
        return self.values["SYNCHRONOUS"] == "true"

    @property
    def storage(self) -> str:
        return self.values["STORAGE"]

    @property
    def nodes(self) -> list[str]:
        return [f"patroni{number}" for number in MEMBERS]

    @property
    def etcd(self) -> list[str]:
        return [f"etcd{number}" for number in MEMBERS]

    @property
    def routers(self) -> list[RouterPorts]:
        names = [("router", PORTS)] + ([("router2", PORTS2)] if self.values["ROUTERS"] == "two" else [])
        return [RouterPorts(name, *(int(self.values[port]) for port in ports)) for name, ports in names]

    @property
    def services(self) -> list[str]:
        return self.etcd + self.nodes + [router.service for router in self.routers]

    @property
    def files(self) -> list[Path]:
        """The YAML files of this deployment, the base first."""
        names = ["stack.yml"]
        if self.values["ROUTERS"] == "two":
            names.append("stack-two-routers.yml")
        return [FOLDER / name for name in names]

    @property
    def mounts(self) -> dict[str, str]:
        """What stands before the colon of a member's data in stack.yml, where it is no volume."""
        if self.storage == "volumes":
            return {}
        folder = self.values["DATA_DIR"]
        return {f"{member.upper()}_DATA": f"{folder}/{member}:" if self.storage == "folders" else ""
                for member in self.etcd + self.nodes}

    def image(self, name: str) -> str:
        """The whole name of `router`, `node` or `etcd`."""
        return f"{self.values['TAMADA_REGISTRY']}tamada-{name}:{self.values['TAMADA_TAG']}"

    def full(self, service: str) -> str:
        """The name that the swarm gives a service, a secret or a volume of this stack."""
        return f"{self.stack}_{service}"


def load(environment: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Raises SettingsError with everything that is wrong. A file that was named must exist, the default need not."""
    if environment is None:
        environment = os.environ
    values = dict(KNOWN)
    errors: list[str] = []
    named = file or (Path(environment["STACK_ENV"]) if environment.get("STACK_ENV") else None)
    path = named or FOLDER / "stack.env"
    if path.exists():
        values.update(_parse(path, errors))
    elif named:
        errors.append(f"{named}: there is no such file; copy {FOLDER / 'stack.env.example'} there, or unset STACK_ENV")
    values.update({name: environment[name] for name in KNOWN if environment.get(name)})
    errors += _check(values)
    if errors:
        raise SettingsError("\n".join(errors))
    return Settings(values)


def _parse(path: Path, errors: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals:
            errors.append(f"{path}:{number}: found {line!r}, expected NAME=VALUE")
        elif name not in KNOWN:
            near = difflib.get_close_matches(name, KNOWN, 1)
            hint = f" (did you mean {near[0]}?)" if near else f"; known are {', '.join(KNOWN)}"
            errors.append(f"{path}:{number}: unknown setting {name}{hint}")
        else:
            found[name] = value.strip("\"'")
    return found


def _check(values: Mapping[str, str]) -> list[str]:
    errors = []
    for name, choices in CHOICES.items():
        if values[name] not in choices:
            errors.append(f"{name}: found {values[name]!r}, expected {' or '.join(choices)}")
    limits = NUMBERS | {name: (1, 65535) for name in PORTS + PORTS2}
    for name, (low, high) in limits.items():
        if not values[name].isdecimal() or not low <= int(values[name]) <= high:
            errors.append(f"{name}: found {values[name]!r}, expected a number from {low} to {high}")
    for name, (pattern, words) in FORMS.items():
        if not re.fullmatch(pattern, values[name]):
            errors.append(f"{name}: found {values[name]!r}, expected {words}")
    seen: dict[str, str] = {}
    for name in PORTS + (PORTS2 if values["ROUTERS"] == "two" else ()):
        if values[name] in seen:
            errors.append(f"{name}: port {values[name]} is {seen[values[name]]} already; choose another")
        seen[values[name]] = name
    return errors
