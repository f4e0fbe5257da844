"""What is measured against what: a direct connection, HAProxy in its settings, the router in its."""
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))

from cluster import Cluster, Direct, HAProxy, Proxy, Router, agent_program, router_program  # noqa: E402


@dataclass(frozen=True)
class Target:
    """`make(cluster)` gives a proxy that is started, or a direct connection."""
    name: str
    kind: str  # direct, haproxy, router
    make: Callable[[Cluster], Proxy]


def direct() -> Target:
    def make(cluster: Cluster) -> Proxy:
        leader = cluster.wait_for_leader()
        replica = next((node for node in cluster.nodes if node is not leader), leader)
        return Direct(leader.postgres, replica.postgres)
    return Target("direct", "direct", make)


def haproxies(*, splice: bool = False) -> list[Target]:
    def target(name: str, host: int, **options: Any) -> Target:
        return Target(name, "haproxy", lambda cluster: HAProxy(cluster, host=host, **options).start())
    found = [target("HAProxy, 1 thread", 3, threads=1), target("HAProxy, default", 4)]
    if splice:
        found += [target("HAProxy, 1 thread, splice", 5, threads=1, splice=True),
                  target("HAProxy, default, splice", 6, splice=True)]
    return found


def routers(variants: list[str]) -> list[Target]:
    """The router as it comes, and one for each `NAME=YAML`: settings laid over it. `program:` in the YAML names
    another build, so that two builds can be compared in one run."""
    if not router_program().exists() and not variants:
        print(f"{router_program()} does not exist: measuring without the router", file=sys.stderr)
        return []

    def target(name: str, host: int, config: dict[str, Any], program: Path | None) -> Target:
        def make(cluster: Cluster) -> Proxy:
            router = Router(cluster, host=host, config=config, program=program).start()
            router.name = name
            return router
        return Target(name, "router", make)
    found = [target("router", 20, {}, None)] if router_program().exists() else []
    for index, variant in enumerate(variants):
        name, _, text = variant.partition("=")
        config = yaml.safe_load(text) or {}
        program = config.pop("program", None)
        found.append(target(f"router {name}", 21 + index, config, Path(program) if program else None))
    return found
