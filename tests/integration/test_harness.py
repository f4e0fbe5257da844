"""The harness itself: what it measures is real, and it leaves nothing behind. HAProxy stands where the router will."""
import os
import signal
import subprocess
import sys
from pathlib import Path

from cluster import Cluster, HAProxy, Workload, wait_until

SUPPORT = Path(__file__).resolve().parents[1] / "support"


def test_a_killed_test_run_leaves_no_process(tmp_path: Path) -> None:
    script = ("import sys, pathlib, time; from cluster.process import Server;"
              "s = Server(['sh', '-c', 'setsid sleep 1000 & echo $! >&2; wait'], pathlib.Path(sys.argv[1]));"
              "print(s.pid, flush=True); time.sleep(1000)")
    log = tmp_path / "log"
    tmp_path.chmod(0o755)
    run = subprocess.Popen([sys.executable, "-c", script, str(log)], stdout=subprocess.PIPE, text=True,
                           env={**os.environ, "PYTHONPATH": str(SUPPORT)})
    assert run.stdout
    server = int(run.stdout.readline())
    sleeper = int(wait_until("the server has started its child", lambda: log.exists() and log.read_text().strip()))
    assert Path(f"/proc/{server}").exists() and Path(f"/proc/{sleeper}").exists()

    run.send_signal(signal.SIGKILL)
    run.wait()

    wait_until("both are gone", lambda: not Path(f"/proc/{server}").exists() and not Path(f"/proc/{sleeper}").exists())


def test_writers_report_a_switchover_through_haproxy(cluster: Cluster) -> None:
    proxy = HAProxy(cluster).start()
    try:
        proxy.wait_ready()
        with Workload(cluster, proxy) as load:
            before = cluster.leader()
            after = cluster.switchover()
            load.wait_for_writes()
        report = load.report()
    finally:
        proxy.stop()

    assert before and after.name != before.name
    # What HAProxy is replaced for: nobody waits there, and every session is lost.
    assert report.errors_on_new_connections(), report.describe()
    assert {0, 1, 2, 3} <= set(report.errors_of_sessions()), report.describe()
    assert load.missing(report) == set()
