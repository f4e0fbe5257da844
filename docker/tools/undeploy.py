"""Removes the stack: services, containers and network. The data stay, and the secrets and labels that belong to
them, so that docker/deploy.sh brings the same cluster back. With --with-data these go, too, on this machine; what has
to be run on the others is printed.
"""
import argparse
import sys
import time

from . import prepare, swarm
from .settings import MEMBERS, Settings, SettingsError, load

WAIT_S = 120.0
LOOK_EVERY_S = 0.5


class Failed(Exception):
    """Something could not be removed: what, and what to do."""


def remove_stack(settings: Settings) -> None:
    """Returns when all of it is gone on this machine, and the network from the swarm."""
    if not swarm.services(settings.stack) and not _left(settings):
        say(f"there is no stack {settings.stack}")
        return
    swarm.docker("stack", "rm", settings.stack)
    say(f"removing the stack {settings.stack}; sessions may go on until the routers' time to drain is over")
    deadline = time.monotonic() + WAIT_S
    while left := _left(settings):
        if time.monotonic() > deadline:
            raise Failed(f"still there after {WAIT_S:.0f} s: {', '.join(left)}. Containers of others may be in the"
                         f" network (docker network inspect {settings.network}); stop them and run this again")
        time.sleep(LOOK_EVERY_S)
    say(f"removed the services, the containers and the network {settings.network}")


def remove_data(settings: Settings) -> None:
    for volume in swarm.volumes(settings.stack):
        swarm.docker("volume", "rm", volume)
        say(f"removed the volume {volume}")
    there = swarm.secrets()
    for secret in prepare.SECRETS:
        if settings.full(secret.name) in there:
            swarm.docker("secret", "rm", settings.full(secret.name))
            say(f"removed the secret {settings.full(secret.name)}")


def elsewhere(settings: Settings) -> list[str]:
    """Commands that remove what this machine cannot: a machine's name, then its command."""
    here = swarm.info()["Swarm"]["NodeID"]
    commands = []
    for machine in swarm.machines():
        members = [number for number in MEMBERS if machine.labels.get(f"{settings.stack}.member{number}") == "yes"]
        names = [f"{kind}{number}" for number in members for kind in ("etcd", "patroni")]
        if not names:
            continue
        if settings.storage == "folders":
            folders = " ".join(f"{settings['DATA_DIR']}/{name}" for name in names)
            commands.append(f"on {machine.name}: find {folders} -mindepth 1 -delete")
        elif settings.storage == "volumes" and machine.id != here:
            commands.append(f"on {machine.name}: docker volume rm {' '.join(settings.full(name) for name in names)}")
    return commands


def tell_what_remains(settings: Settings) -> None:
    volumes, there = swarm.volumes(settings.stack), swarm.secrets()
    kept = [settings.full(secret.name) for secret in prepare.SECRETS if settings.full(secret.name) in there]
    if settings.storage == "folders":
        say(f"kept the data: the folders in {settings['DATA_DIR']} of each machine")
    elif volumes:
        say(f"kept the data of this machine: the volumes {' '.join(volumes)}")
        if len(swarm.machines()) > 1:
            say("the other machines keep theirs, too")
    if kept:
        say(f"kept the secrets, whose passwords the data need: {' '.join(kept)}")
    if volumes or kept or settings.storage == "folders":
        say("docker/deploy.sh brings the same cluster back; docker/undeploy.sh --with-data removes these, too")


def _left(settings: Settings) -> list[str]:
    label = f"label=com.docker.stack.namespace={settings.stack}"
    containers = swarm.docker("ps", "-a", "--format", "{{.Names}}", "--filter", label).split()
    networks = swarm.docker("network", "ls", "--format", "{{.Name}}", "--filter", label).split()
    return containers + networks


def _confirmed(stack: str) -> bool:
    print(f"This removes the database of {stack} for good. Type the stack's name to go on: ", end="", flush=True)
    return sys.stdin.readline().strip() == stack


def say(text: str) -> None:
    print(f"undeploy: {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="undeploy.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--with-data", action="store_true", help="also the data and the secrets, after a question")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    arguments = parser.parse_args()
    try:
        settings = load()
        prepare.check_swarm()
        if arguments.with_data and not arguments.yes and not _confirmed(settings.stack):
            print("undeploy: that is not its name; nothing was removed", file=sys.stderr)
            return 1
        remove_stack(settings)
        if not arguments.with_data:
            tell_what_remains(settings)
            return 0
        commands = elsewhere(settings)
        remove_data(settings)
        prepare.unlabel_machines(settings)
        for command in commands:
            say(f"what is left, {command}")
    except (SettingsError, swarm.DockerError, prepare.NotReady, Failed) as error:
        print(f"undeploy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
