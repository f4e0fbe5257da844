"""HAProxy beside the router: its image, its service in the running stack, and containers that take addresses."""
import os

from . import swarm
from .settings import FOLDER, Settings

SERVICE = "haproxy"
PLACEHOLDERS = 4


class HAProxy:
    def __init__(self, settings: Settings, ports: tuple[int, int, int]) -> None:
        self.settings, self.ports = settings, ports
        self.name = settings.full(SERVICE)
        self.image = f"{settings['TAMADA_REGISTRY']}tamada-compare-haproxy:{settings['TAMADA_TAG']}"
        self.taken: list[str] = []

    def build(self) -> None:
        """From the same base as the other images; BASE_IMAGE and BUILD_NETWORK as for build-images.sh."""
        base, network = os.environ.get("BASE_IMAGE", "debian:bookworm-slim"), os.environ.get("BUILD_NETWORK")
        swarm.docker("build", "-q", *(["--network", network] if network else []), "--build-arg", f"BASE_IMAGE={base}",
                     "-t", self.image, str(FOLDER / "compare"),
                     timeout=600, environment=os.environ | {"DOCKER_BUILDKIT": "0"})

    def start(self) -> None:
        """A service on this machine, in the stack's network. Its label makes `docker stack rm` take it along."""
        self.remove()
        publish = [part for target, port in zip((5000, 5001, 7000), self.ports)
                   for part in ("--publish", f"mode=host,target={target},published={port}")]
        swarm.docker("service", "create", "--detach", "--name", self.name, "--network", self.settings.network,
                     "--endpoint-mode", "dnsrr", "--no-resolve-image", "--restart-delay", "1s",
                     "--label", f"com.docker.stack.namespace={self.settings.stack}",
                     "--constraint", f"node.id=={swarm.info()['Swarm']['NodeID']}", *publish, self.image)

    def hang_up(self) -> None:
        """HUP, as users of HAProxy send it."""
        for container in swarm.local_containers(self.name):
            swarm.docker("kill", "--signal", "HUP", container)

    def take_addresses(self) -> None:
        """Containers that do nothing but hold addresses, so that whoever comes back does not get its old one."""
        for _ in range(PLACEHOLDERS):
            self.taken.append(swarm.docker(
                "run", "-d", "--rm", "--network", self.settings.network, "--entrypoint", "sleep",
                self.settings.image("node"), "3600").strip())

    def free_addresses(self) -> None:
        if self.taken:
            swarm.docker("rm", "-f", "-v", *self.taken)
        self.taken = []

    def remove(self) -> None:
        """The service and the placeholders; nothing if they are not there."""
        self.free_addresses()
        if swarm.inspect("service", [self.name]):
            swarm.docker("service", "rm", self.name)
