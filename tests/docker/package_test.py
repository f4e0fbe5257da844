#!/usr/bin/python3
"""package_test.py DEB: what happens to the Debian package in its life, on a machine (a container) with systemd as
PID 1: installed, configured, started, reloaded, given a drop-in, killed, upgraded, removed, installed again, purged.
Prints every step; exit status 1 and a reason at the first that goes wrong. BASE_IMAGE chooses the Debian
(debian:bookworm-slim).
"""
import os
import pathlib
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "package"))
from machine import Failure, Machine  # noqa: E402  (the folder beside this file)

SERVICE = "tamada-router"
DEFAULTS = "/etc/default/tamada-router"
CONFIG = "/etc/tamada/router.yaml"
EDITED = "TAMADA_NODES=127.0.0.1\nTAMADA_STATE_DIR=/var/lib/tamada-router\n# edited\n"
DROP_IN = """[Service]
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
Environment=TAMADA_STATS_BIND=0.0.0.0:443 TAMADA_STATS_ADMIN_USER=dba TAMADA_STATS_ADMIN_PASSWORD=secret
Environment="TAMADA_STATS_SOCKET=/run/tamada/admin.sock level admin mode 660 group tamada"
"""
APT = "DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold"
HIGHEST_EXPOSURE = 1.6  # systemd-analyze's points from 0 (nothing is exposed) to 10
WATCHDOG_SECONDS = 10
OPEN_FILES = 65536


def pid(machine: Machine) -> str:
    return machine.run(f"systemctl show -P MainPID {SERVICE}")


def answers(machine: Machine) -> None:
    """The service runs, said so itself, and does its work."""
    machine.expect("the service", f"systemctl is-active {SERVICE}", "active")
    machine.expect("the statistics port", "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:7000/health", "200")


def installed_unconfigured(machine: Machine) -> None:
    """A fresh install succeeds, starts nothing, and says what to do."""
    said = machine.run(f"{APT} install /packages/first.deb")
    if "tamada-router is not configured yet" not in said:
        raise Failure(f"apt install: does not say that the router has to be configured:\n{said}")
    machine.expect("enabled", f"systemctl is-enabled {SERVICE}", "enabled")
    machine.expect("not started, not failed", f"systemctl is-active {SERVICE}", "inactive")
    machine.run(f"systemctl start {SERVICE}")
    machine.expect("a start changes nothing", f"systemctl is-active {SERVICE}", "inactive")
    machine.expect("failed units", "systemctl --failed --plain --no-legend", "")
    if "not configured yet: name the nodes" not in machine.journal():
        raise Failure(f"the journal does not say why nothing was started:\n{machine.journal()}")


def configured_and_started(machine: Machine) -> None:
    """Nodes in /etc/default are enough. `systemctl start` comes back once the router has said that it is ready."""
    machine.write(DEFAULTS, EDITED)
    machine.run(f"systemctl start {SERVICE}")
    machine.expect("how it is waited for", f"systemctl show -P Type {SERVICE}", "notify")
    answers(machine)


def confined(machine: Machine) -> None:
    """Not root, and shut in: looked at in the kernel, not in the unit."""
    process = pid(machine)
    machine.expect("its user", f"ps -o user= -p {process}", "tamada")
    for key, expected in {"NoNewPrivs": "1", "Seccomp": "2", "CapBnd": "0" * 16, "CapEff": "0" * 16}.items():
        machine.expect(key, f"awk '$1 == \"{key}:\" {{ print $2 }}' /proc/{process}/status", expected)
    machine.expect("the root of its file system",
                   f"awk '$5 == \"/\" {{ print substr($6, 1, 2) }}' /proc/{process}/mountinfo", "ro")
    possible = machine.run("grep '^Max open files' /proc/1/limits | awk '{ print $5 }'")  # an engine may allow fewer
    machine.expect("open files", f"awk '/^Max open files/ {{ print $4 }}' /proc/{process}/limits",
                   str(min(OPEN_FILES, int(possible))))
    machine.expect("its state", "stat -c '%U %G %a' /var/lib/tamada-router", "tamada tamada 750")
    verdict = machine.run(f"systemd-analyze security --no-pager {SERVICE} | tail -n 1")
    match = re.search(r"([\d.]+) \w+", verdict)
    if not match or float(match.group(1)) > HIGHEST_EXPOSURE:
        raise Failure(f"systemd-analyze security says {verdict!r}, expected at most {HIGHEST_EXPOSURE}")
    print(f"        {verdict}")


def watched(machine: Machine) -> None:
    """The router feeds systemd's watchdog: it is still the same process after the time in which it would be killed."""
    process = pid(machine)
    machine.expect("the watchdog", f"systemctl show -P WatchdogUSec {SERVICE}", f"{WATCHDOG_SECONDS}s")
    time.sleep(WATCHDOG_SECONDS + 2)
    machine.expect("the process", f"systemctl show -P MainPID {SERVICE}", process)
    answers(machine)


def reloaded(machine: Machine) -> None:
    """A reload applies the file; a wrong file makes the reload fail and leaves the router as it is."""
    process, before = pid(machine), machine.run(f"cat {CONFIG}")
    good = 'stats:\n  bind: "0.0.0.0:7000, 127.0.0.1:7001"\n'
    machine.write(CONFIG, good)
    machine.run(f"systemctl reload {SERVICE}")
    machine.wait("the new port", "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:7001/health", ("200",))
    machine.write(CONFIG, good + "  nonsense: 1\n")
    code, said = machine.status(f"systemctl reload {SERVICE}")
    if code == 0:
        raise Failure(f"systemctl reload with a wrong file: succeeded, expected a failure: {said}")
    if 'unknown setting "nonsense"' not in machine.journal():
        raise Failure(f"the journal does not name the error of the file:\n{machine.journal()}")
    answers(machine)
    machine.write(CONFIG, before + "\n# edited\n")
    machine.run(f"systemctl reload {SERVICE}")
    machine.expect("the process", f"systemctl show -P MainPID {SERVICE}", process)
    answers(machine)


def extended(machine: Machine) -> None:
    """A drop-in as in docs/packages.md opens a port below 1024. State and run-time socket find their folders."""
    folder = f"/etc/systemd/system/{SERVICE}.service.d"
    node = "curl -s -u dba:secret http://127.0.0.1:443/admin/nodes/127.0.0.1"
    machine.run(f"mkdir {folder}")
    machine.write(f"{folder}/more.conf", DROP_IN)
    machine.run(f"systemctl daemon-reload && systemctl restart {SERVICE}")
    machine.expect("the run-time socket", "stat -c '%F %U %G %a' /run/tamada/admin.sock", "socket tamada tamada 660")
    drained = '{"name":"127.0.0.1","state":"drain","listeners":{}}'
    machine.expect("a drain by hand", f"{node} -X PUT -d '{{\"state\": \"drain\"}}'", drained)
    machine.run(f"systemctl restart {SERVICE}")
    machine.expect("the drain after a restart", node, drained)
    machine.run(f"rm -r {folder} && systemctl daemon-reload && systemctl restart {SERVICE}")
    answers(machine)


def nobody_is_refused(machine: Machine, command: str) -> None:
    """While `command` runs, somebody connects to the write port again and again."""
    machine.write("/tmp/connect", "set -eu\nwhile ! test -e /tmp/done\n"
                  "do exec 3<>/dev/tcp/127.0.0.1/5000; exec 3>&-; done\n")
    machine.run(f"rm -f /tmp/done; code=0; bash /tmp/connect & ({command}) || code=$?; "
                "touch /tmp/done; wait $! && exit $code")


def restarted(machine: Machine) -> None:
    """A restart refuses nobody: systemd keeps the sockets meanwhile. A stop closes them."""
    process = pid(machine)
    nobody_is_refused(machine, f"systemctl restart {SERVICE}")
    if pid(machine) == process:
        raise Failure(f"systemctl restart: it is still process {process}")
    answers(machine)
    machine.run(f"systemctl stop {SERVICE}")
    code, _ = machine.status("bash -c 'exec 3<>/dev/tcp/127.0.0.1/5000'")
    if code == 0:
        raise Failure("the write port after a stop: somebody listens, expected nobody")
    machine.run(f"systemctl start {SERVICE}")
    answers(machine)


def taken_over(machine: Machine) -> None:
    """Another process takes over, refusing nobody. One that would not start changes nothing."""
    process, before = pid(machine), machine.run(f"cat {CONFIG}")
    nobody_is_refused(machine, "/usr/libexec/tamada-router/take-over")
    if pid(machine) == process:
        raise Failure(f"take-over: it is still process {process}")
    answers(machine)
    machine.write(CONFIG, "nonsense: 1\n")
    code, _ = machine.status("/usr/libexec/tamada-router/take-over")
    if code != 1:
        raise Failure(f"take-over with a wrong file: exit status {code}, expected 1")
    machine.write(CONFIG, before)
    answers(machine)


def killed(machine: Machine) -> None:
    """A router that dies is started again."""
    process = pid(machine)
    machine.run(f"kill -KILL {process}")
    machine.wait("another process", f"test $(systemctl show -P MainPID {SERVICE}) -gt {process} && "
                 f"systemctl is-active {SERVICE}", ("active",))
    answers(machine)


def repack(machine: Machine, version: str) -> None:
    """Makes /packages/next.deb of what lies in /tmp/next."""
    machine.run(f"sed -i 's/^Version:.*/Version: {version}/' /tmp/next/DEBIAN/control && "
                "dpkg-deb -b /tmp/next /packages/next.deb")


def upgraded(machine: Machine) -> None:
    """The next version, with a changed /etc/default file: it takes over, what was edited is kept."""
    process = pid(machine)
    machine.run(f"dpkg-deb -R /packages/first.deb /tmp/next && echo '# of the next version' >>/tmp/next{DEFAULTS}")
    repack(machine, "99.0-1")
    nobody_is_refused(machine, f"{APT} install /packages/next.deb")
    machine.expect("the version", f"dpkg-query -W -f '${{Status}} ${{Version}}' {SERVICE}",
                   "install ok installed 99.0-1")
    if pid(machine) == process:
        raise Failure(f"the new version has not taken over: it is still process {process}")
    kept(machine)
    machine.run(f"grep -q '# of the next version' {DEFAULTS}.dpkg-dist")
    answers(machine)


def kept(machine: Machine) -> None:
    """Both edited files are as they were edited."""
    machine.expect("the edited file", f"cat {DEFAULTS}", EDITED.strip())
    machine.expect("the edited file", f"tail -n 1 {CONFIG}", "# edited")


def upgraded_while_stopped(machine: Machine) -> None:
    """An upgrade starts no router that somebody has stopped."""
    machine.run(f"systemctl stop {SERVICE}")
    repack(machine, "99.0-2")
    machine.run(f"{APT} install /packages/next.deb")
    machine.expect("the service", f"systemctl is-active {SERVICE}", "inactive")
    machine.run(f"systemctl start {SERVICE}")
    answers(machine)


def removed(machine: Machine) -> None:
    """The program stops and goes; what was edited stays."""
    machine.run(f"{APT} remove {SERVICE}")
    machine.expect("processes of its user", "pgrep -u tamada", "")
    machine.expect("the service", f"systemctl is-active {SERVICE}", "inactive")
    machine.run("! test -e /usr/bin/tamada-router && test -d /var/lib/tamada-router")
    kept(machine)


def installed_again(machine: Machine) -> None:
    """With its files still there, it is running when apt is done."""
    machine.run(f"{APT} install /packages/next.deb")
    kept(machine)
    answers(machine)


def purged(machine: Machine) -> None:
    """Nothing stays but the user, and what the journal holds."""
    machine.run(f"{APT} purge {SERVICE} && rm -r /tmp/next")
    machine.expect("processes of its user", "pgrep -u tamada", "")
    machine.expect("files left", "find / -path /proc -prune -o -path /sys -prune -o -name '*tamada*' -print", "")
    machine.expect("the unit", f"systemctl show -P LoadState {SERVICE}", "not-found")
    machine.expect("failed units", "systemctl --failed --plain --no-legend", "")
    machine.expect("the user", "id -un tamada", "tamada")


STEPS = (installed_unconfigured, configured_and_started, confined, watched, reloaded, restarted, taken_over,
         extended, killed, upgraded, upgraded_while_stopped, removed, installed_again, purged)


def main() -> int:
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1]).is_file():
        print("usage: package_test.sh DEB (make package makes one in build/packages/)", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    package = pathlib.Path(sys.argv[1])
    print(f"package: {package.name}: building a machine with systemd", flush=True)
    try:
        with Machine(package, os.environ.get("BASE_IMAGE", "debian:bookworm-slim")) as machine:
            for step in STEPS:
                begin = time.monotonic()
                step(machine)
                print(f"package: {step.__name__.replace('_', ' ')}: ok ({time.monotonic() - begin:.1f} s)", flush=True)
    except Failure as failure:
        print(f"package: FAILED: {failure}", file=sys.stderr)
        return 1
    print("package: everything is fine")
    return 0


if __name__ == "__main__":
    sys.exit(main())
