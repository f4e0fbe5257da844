"""What has to be there before the stack: an engine in a swarm, the images, the machines' labels, the secrets."""
import os
import secrets as random
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from . import swarm
from .settings import MEMBERS, Settings

USERS_FILE = b"nobody:*\n"  # a users file must not be empty; * lets nobody in
DATA_USERS = {"patroni": 10126, "etcd": 10127}


class NotReady(Exception):
    """Something is missing: what, and how it is made."""


@dataclass(frozen=True)
class Secret:
    """`with_data`: it is of no use to replace it while the data of a node exist, since those know the old one."""
    name: str
    make: Callable[[], bytes]
    with_data: bool = False


def _password() -> bytes:
    return random.token_urlsafe(24).encode()


SECRETS = (
    Secret("superuser_password", _password, with_data=True),
    Secret("replication_password", _password, with_data=True),
    Secret("rest_password", _password),
    Secret("router_users", lambda: USERS_FILE),
)


def check_swarm() -> None:
    state = swarm.info()["Swarm"]
    if state["LocalNodeState"] != "active":
        raise NotReady("this engine is in no swarm. On the first machine: docker swarm init --advertise-addr ADDRESS;"
                       " on the others the command that it prints")
    if not state["ControlAvailable"]:
        raise NotReady("this machine is a worker of the swarm. Run this on a manager, or there: docker node promote"
                       f" {state['NodeID']}")


def image_ids(settings: Settings) -> dict[str, str]:
    """Of images that no registry keeps: an image that was built anew under the same tag is an update, too."""
    if settings["TAMADA_REGISTRY"]:
        return {}
    ids = {name: swarm.image_id(settings.image(name)) for name in ("etcd", "node", "router")}
    missing = [settings.image(name) for name, found in ids.items() if not found]
    if missing:
        raise NotReady(f"this machine does not have the image {' and '.join(missing)}. Build the images with"
                       " docker/build-images.sh, or name in TAMADA_REGISTRY where they are")
    return {f"{name.upper()}_IMAGE_ID": found for name, found in ids.items()}


def label_machines(settings: Settings, say: Callable[[str], None]) -> dict[int, swarm.Machine]:
    """Which machine has the data of which member. Members that have one keep it; the others are spread."""
    machines = swarm.machines()
    homes: dict[int, swarm.Machine] = {}
    for number in MEMBERS:
        labelled = [machine for machine in machines if machine.labels.get(_label(settings, number)) == "yes"]
        if len(labelled) > 1:
            raise NotReady(f"member {number} has several homes: {', '.join(machine.name for machine in labelled)}. Keep"
                           f" the one with its data: docker node update --label-rm {_label(settings, number)} MACHINE")
        if labelled:
            homes[number] = labelled[0]
    ready = [machine for machine in machines if machine.ready]
    if not ready:
        raise NotReady("no machine of the swarm takes tasks: docker node ls tells why")
    for number in MEMBERS:
        if number not in homes:
            load = {machine.id: sum(home.id == machine.id for home in homes.values()) for machine in ready}
            homes[number] = min(ready, key=lambda machine: load[machine.id])
            swarm.label_machine(homes[number], _label(settings, number), "yes")
            say(f"etcd{number} and patroni{number} have their home on {homes[number].name}"
                f" (label {_label(settings, number)})")
    used = {machine.id for machine in homes.values()}
    if len(used) < min(len(ready), len(MEMBERS)):
        say(f"note: the members use {len(used)} of {len(ready)} machines, as the labels say; docs/docker.md tells how"
            " to move one")
    for number, home in homes.items():
        if not home.ready:
            say(f"note: {home.name}, the home of etcd{number} and patroni{number}, takes no tasks now")
    return homes


def unlabel_machines(settings: Settings) -> None:
    for machine in swarm.machines():
        for number in MEMBERS:
            if _label(settings, number) in machine.labels:
                swarm.docker("node", "update", "--label-rm", _label(settings, number), machine.id)


def check_folders(settings: Settings, homes: dict[int, swarm.Machine]) -> None:
    """Those of this machine, where the data are in folders. The other machines' are seen only by their engines."""
    if settings.storage != "folders":
        return
    here = swarm.info()["Swarm"]["NodeID"]
    for number, home in homes.items():
        for kind, user in DATA_USERS.items():
            folder = Path(settings["DATA_DIR"]) / f"{kind}{number}"
            if home.id != here:
                continue
            if not folder.is_dir() or folder.stat().st_uid != user:
                raise NotReady(f"{folder} is no folder of user {user}. On each machine: STORAGE=folders"
                               f" DATA_DIR={settings['DATA_DIR']} docker/install-docker.sh")


def make_secrets(settings: Settings, say: Callable[[str], None]) -> None:
    """Creates those that are missing: from SECRETS_DIR, else at random. They reach the engine through a pipe."""
    there = swarm.secrets()
    missing = [secret for secret in SECRETS if settings.full(secret.name) not in there]
    values: dict[str, bytes] = {}
    for secret in missing:
        file = Path(settings["SECRETS_DIR"]) / secret.name
        if settings["SECRETS_DIR"] and file.exists():
            values[secret.name] = _read(file)
        elif secret.with_data and (data := _data_here(settings)):
            raise NotReady(f"the secret {settings.full(secret.name)} is missing, but there are data ({data}) that know"
                           f" the old one. Put it into a file {secret.name} and name its folder in SECRETS_DIR, or"
                           " remove the data: docker/undeploy.sh --with-data")
    for secret in missing:
        name = settings.full(secret.name)
        swarm.create_secret(name, values.get(secret.name) or secret.make(), settings.stack)
        say(f"made the secret {name}{f' from {secret.name} in SECRETS_DIR' if secret.name in values else ''}")


def _read(file: Path) -> bytes:
    value = file.read_bytes()
    value = value if file.name == "router_users" else value.strip(b"\r\n")
    if not value:
        raise NotReady(f"{file}: it is empty; expected {'users' if file.name == 'router_users' else 'a password'}")
    return value


def _data_here(settings: Settings) -> str:
    if settings.storage == "folders":
        folders = [Path(settings["DATA_DIR"]) / node for node in settings.nodes]
        readable = [folder for folder in folders if folder.is_dir() and os.access(folder, os.R_OK)]
        return next((str(folder) for folder in readable if any(folder.iterdir())), "")
    if settings.storage == "none":
        return ""
    volumes = set(swarm.volumes(settings.stack))
    return next((settings.full(node) for node in settings.nodes if settings.full(node) in volumes), "")


def _label(settings: Settings, number: int) -> str:
    return f"{settings.stack}.member{number}"
