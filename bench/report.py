"""The tables of `make bench`, from its results."""
from tables import median, number, table

# row -> target -> one result (metric -> value) a round
Results = dict[str, dict[str, list[dict[str, float]]]]

HAPROXY = "HAProxy"
ROUTER = "router"


class Row:
    """One row's medians by target."""

    def __init__(self, results: dict[str, list[dict[str, float]]], metric: str) -> None:
        self.values = {target: median(result[metric] for result in rounds) for target, rounds in results.items()}

    def of(self, prefix: str) -> dict[str, float]:
        return {target: value for target, value in self.values.items() if target.startswith(prefix)}

    def best(self, prefix: str, *, more_is_better: bool) -> float | None:
        values = self.of(prefix).values()
        return (max(values) if more_is_better else min(values)) if values else None

    def ratio(self, more_is_better: bool) -> str:
        """The router as it comes, against HAProxy's better setting."""
        haproxy = self.best(HAPROXY, more_is_better=more_is_better)
        router = self.values.get(ROUTER)
        return f"{router / haproxy:.2f}" if router is not None and haproxy else "–"


def report(results: Results) -> str:
    """All tables that these results give."""
    parts = []
    for title, names, metric, more_is_better in (
            ("Transactions a second (`pgbench -S -M prepared`), by clients", "pgbench:", "tps", True),
            ("The proxy's CPU microseconds for each transaction", "pgbench:", "cpu_us", False),
            ("New connections a second (`pgbench -S -C`, 8 clients)", "connect", "per_s", True),
            ("The proxy's CPU microseconds for each connection", "connect", "cpu_us", False),
            ("Latency in microseconds, median, by clients", "latency:", "p50_us", False),
            ("Latency in microseconds, 99th percentile, by clients", "latency:", "p99_us", False),
            ("Bulk stream, MiB a second", "bulk:", "mib_s", True),
            ("Bulk stream, the proxy's CPU milliseconds for each GiB", "bulk:", "cpu_ms_per_gib", False),
            ("Memory for each idle session, bytes", "idle", "bytes", False),
            ("At rest, per cent of a processor", "rest", "cpu_percent", False),
            ("At rest, resident MiB", "rest", "rss_mib", False)):
        chosen = {name: found for name, found in results.items() if name.startswith(names)}
        if chosen:
            parts.append(_table(title, chosen, metric, more_is_better))
    return "\n".join(parts)


def _table(title: str, chosen: Results, metric: str, more_is_better: bool) -> str:
    targets = list(dict.fromkeys(target for found in chosen.values() for target in found))
    if metric in ("cpu_us", "cpu_ms_per_gib"):
        targets = [target for target in targets if target != "direct"]
    head = ["", *targets, "router / HAProxy's better"]
    added = metric in ("p50_us", "p99_us")
    if added:
        head.append("added by the router / by HAProxy")
    lines = []
    for name, found in chosen.items():
        row = Row(found, metric)
        line = [name.partition(":")[2] or name]
        line += [number(row.values[target]) if target in row.values else "" for target in targets]
        line.append(row.ratio(more_is_better))
        if added:
            direct, haproxy = row.values.get("direct", 0), row.best(HAPROXY, more_is_better=False)
            router = row.values.get(ROUTER)
            line.append((number(router - direct) if router is not None else "–") + " / "
                        + (number(haproxy - direct) if haproxy is not None else "–"))
        lines.append(line)
    return f"**{title}**\n\n{table(head, lines)}"
