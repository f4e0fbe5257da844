"""Shows how the stack is: services, etcd, members, leader, lag, and what each router believes.

Exit status 0: healthy; 1: not, and the last lines say what is wrong.
"""
import argparse
import dataclasses
import json
import sys
from typing import Sequence

from . import health, swarm
from .settings import Settings, SettingsError, load


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]


def size(count: int | None) -> str:
    if count is None:
        return "-"
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1024 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError("not reached: GB returns")


def short(text: str, width: int = 60) -> str:
    return text if len(text) <= width else text[:width - 3] + "..."


def screen(settings: Settings, picture: health.Picture) -> str:
    problems = health.problems(settings, picture)
    lines = [f"stack {settings.stack}: {'healthy' if not problems else 'NOT healthy'}"]
    if picture.services:
        for part in (_services(picture), _members(settings, picture), _routers(settings, picture)):
            lines += ["", *part]
    if problems:
        lines += ["", *(f"! {problem}" for problem in problems)]
    return "\n".join(lines)


def _services(picture: health.Picture) -> list[str]:
    rows = []
    for service in picture.services:
        note = short(service.error) or ("" if service.current else "updating") or (
            service.update if service.update not in ("", "completed", "rollback_completed") else "")
        rows.append([service.name, f"{service.running}/{service.wanted}", ", ".join(service.machines) or "-",
                     service.image.partition("@")[0], note])
    return table(["SERVICE", "TASKS", "MACHINE", "IMAGE", ""], rows)


def _members(settings: Settings, picture: health.Picture) -> list[str]:
    etcd = ", ".join(f"{name} {'ok' if not error else 'FAILS'}" for name, error in picture.etcd.items())
    lines = [f"etcd: {etcd or 'unknown'}"]
    if picture.members_error:
        return lines + [f"members: unknown ({picture.members_error})"]
    working = {member.name for member in picture.working()}
    rows = [[member.name, member.role, member.state, str(member.timeline or "-"),
             "-" if member.leads else size(member.lag) if member.lag is not None else "unknown",
             "" if member.name in working else "<-"] for member in picture.members]
    rows += [[name, "-", "no member", "-", "-", "<-"] for name in settings.nodes
             if name not in {member.name for member in picture.members}]
    return lines + table(["MEMBER", "ROLE", "STATE", "TIMELINE", "LAG", ""], rows)


def _routers(settings: Settings, picture: health.Picture) -> list[str]:
    rows = []
    for router in picture.routers:
        if router.error:
            rows.append([router.name, "no answer", "?", "?", "?"] + ["?"] * len(settings.nodes))
            continue
        seen = []
        for name in settings.nodes:
            node = router.node(name)
            doors = ",".join(door for door, fit in node.eligible.items() if fit) if node else ""
            seen.append(f"{node.role}: {doors or node.state}" if node else "not known")
        rows.append([router.name, "ready" if router.ready else "not ready", router.leader or "none",
                     str(router.sessions), router.etcd or "-", *seen])
    if not rows:
        return ["routers: none"]
    return table(["ROUTER", "", "LEADER", "SESSIONS", "ETCD", *settings.nodes], rows)


def as_json(settings: Settings, picture: health.Picture) -> str:
    problems = health.problems(settings, picture)
    found = dataclasses.asdict(picture) | {"stack": settings.stack, "healthy": not problems, "problems": problems,
                                           "leader": picture.leader.name if picture.leader else None}
    return json.dumps(found, indent=2)


def main() -> int:
    parser = argparse.ArgumentParser(prog="status.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="everything, for programs")
    arguments = parser.parse_args()
    try:
        settings = load()
        picture = health.look(settings)
    except (SettingsError, swarm.DockerError) as error:
        print(f"status: {error}", file=sys.stderr)
        return 1
    print(as_json(settings, picture) if arguments.json else screen(settings, picture))
    return 1 if health.problems(settings, picture) else 0


if __name__ == "__main__":
    sys.exit(main())
