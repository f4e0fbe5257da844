"""wrk: what a server can answer when it is asked as fast as it answers."""
import re
import subprocess
import urllib.request
from typing import Sequence

from rows import Result
from cluster.process import Server

_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 60e6}


def requests(server: Server, url: str, seconds: float, *, connections: int, keep_alive: bool,
             prefix: Sequence[str] = ()) -> Result:
    """Requests a second, median and 99th percentile in microseconds, the CPU microseconds of `server` for each request,
    and the size of an answer. Every answer must be a 2xx. `prefix` is put in front of the command."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        # An answer without a length ends where the connection does: wrk takes it, and counts an error in reading as well.
        ends_by_closing = answer.length is None and not answer.chunked
        size = len(answer.read())
    closing = [] if keep_alive else ["-H", "Connection: close"]
    before = server.cpu_seconds(ended_threads=True)
    done = subprocess.run([*prefix, "wrk", "-t1", f"-c{connections}", f"-d{max(1, int(seconds))}s", "--latency",
                           *closing, url], capture_output=True, text=True)
    cpu = server.cpu_seconds(ended_threads=True) - before
    output = re.sub(r"(?<=read )\d+", "0", done.stdout) if ends_by_closing else done.stdout
    wrong = re.search(r"Non-2xx.*|Socket errors:.*[1-9].*", output)
    if done.returncode != 0 or wrong:
        raise RuntimeError(f"wrk {url}: {wrong.group() if wrong else done.stderr or output}")
    return {"per_s": float(_found(r"Requests/sec:\s+([0-9.]+)", output)),
            "p50_us": _percentile(50, output), "p99_us": _percentile(99, output),
            "cpu_us": cpu / int(_found(r"(\d+) requests in", output)) * 1e6, "bytes": size}


def _percentile(which: int, output: str) -> float:
    match = re.search(rf"^\s+{which}%\s+([0-9.]+)(us|ms|s|m)$", output, re.MULTILINE)
    if not match:
        raise RuntimeError(f"no {which}% in:\n{output}")
    return float(match.group(1)) * _UNITS[match.group(2)]


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if not match:
        raise RuntimeError(f"no {pattern!r} in:\n{text}")
    return match.group(1)
