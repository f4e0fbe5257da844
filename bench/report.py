"""The tables of `make bench`, from its results."""
from tables import median, number, table

# row -> target -> one result (metric -> value) a round
Results = dict[str, dict[str, list[dict[str, float]]]]

EFFECT = "stats:effect"
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


# title, rows, metric, whether more of it is better
Tables = tuple[tuple[str, str, str, bool], ...]
TABLES: Tables = (
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
    ("At rest, resident MiB", "rest", "rss_mib", False))
STATISTICS: Tables = (
    ("Requests a second (`wrk`, 8 connections; `-close`: a connection for each request)", "stats:", "per_s", True),
    ("Microseconds until the answer was there, median", "stats:", "p50_us", False),
    ("Microseconds until the answer was there, 99th percentile", "stats:", "p99_us", False),
    ("The proxy's CPU microseconds for each request", "stats:", "cpu_us", False),
    ("Bytes of an answer's body", "stats:", "bytes", False))
AGENTS: Tables = (
    ("Memory at rest, MB (PSS)", "agent:memory", "pss_mb", False),
    ("Memory at rest, MB (RSS)", "agent:memory", "rss_mb", False),
    ("Memory at rest, MB (private and dirty)", "agent:memory", "dirty_mb", False),
    ("Milliseconds from the start of the program", "agent:start", "ms", False),
    ("Requests a second (`wrk`, 8 connections, the server on one processor; `-close`: a connection for each request)",
     "agent:primary", "per_s", True),
    ("Microseconds until the answer was there, median", "agent:primary", "p50_us", False),
    ("Microseconds until the answer was there, 99th percentile", "agent:primary", "p99_us", False),
    ("CPU microseconds for each request", "agent:primary", "cpu_us", False))


def report(results: Results) -> str:
    """The tables of the proxies as such."""
    return "\n".join(_tables(results, TABLES))


def statistics_report(results: Results) -> str:
    """The tables of their statistics ports."""
    parts = _tables({name: found for name, found in results.items() if name != EFFECT}, STATISTICS)
    if EFFECT in results:
        parts.append(_effect(results[EFFECT]))
    return "\n".join(parts)


def agents_report(results: Results) -> str:
    """The tables of the agent and Patroni. A result of one measurement has several cases here: `leader pss_mb`."""
    parts = []
    for title, names, metric, _ in AGENTS:
        lines = []
        for name, found in results.items():
            if not name.startswith(names):
                continue
            for key in next(iter(found.values()))[0]:
                case, _, its = key.rpartition(" ")
                if its == metric:
                    values = Row(found, key).values
                    lines.append([case or name.partition(":")[2], *(number(value) for value in values.values()),
                                  _quotient(*values.values())])
            targets = list(found)
        if lines:
            parts.append(f"**{title}**\n\n{table(['', *targets, ' / '.join(targets)], lines)}")
    return "\n".join(parts)


def _quotient(ours: float, theirs: float | None = None) -> str:
    return f"{ours / theirs:.2f}" if theirs else "–"


def _tables(results: Results, tables: Tables) -> list[str]:
    parts = []
    for title, names, metric, more_is_better in tables:
        chosen = {name: found for name, found in results.items()
                  if name.startswith(names) and all(metric in rounds[0] for rounds in found.values())}
        if chosen:
            parts.append(_table(title, chosen, metric, more_is_better))
    return parts


def _table(title: str, chosen: Results, metric: str, more_is_better: bool) -> str:
    targets = list(dict.fromkeys(target for found in chosen.values() for target in found))
    if metric in ("cpu_us", "cpu_ms_per_gib"):
        targets = [target for target in targets if target != "direct"]
    head = ["", *targets, "router / HAProxy's better"]
    added = metric in ("p50_us", "p99_us") and "direct" in targets
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


def _effect(found: dict[str, list[dict[str, float]]]) -> str:
    """What scraping costs the sessions: each round's router against the same round's dummy."""
    ratios = sorted(router["tps"] / dummy["tps"] for router, dummy in zip(found["router"], found["dummy"]))
    lines = []
    for name, text in (("nobody", "nobody is scraped"), ("dummy", "a dummy is scraped"),
                       ("router", "the router is scraped")):
        row = [text]
        for metric in ("tps", "cpu_us", "scrapes_per_s", "scraper_cpu_us"):
            values = [result[metric] for result in found[name] if metric in result]
            row.append(number(median(values)) if values else "")
        lines.append(row)
    quarter = len(ratios) // 4
    return ("**What scraping the router costs its sessions (`pgbench -S -M prepared`, 8 clients)**\n\n"
            + table(["", "transactions a second", "the router's CPU microseconds for each", "scrapes a second",
                     "the scraper's CPU microseconds for each"], lines)
            + f"\nTransactions with the router scraped / with the dummy scraped: {median(ratios):.3f} (median of "
              f"{len(ratios)} rounds; half of them between {ratios[quarter]:.3f} and {ratios[-1 - quarter]:.3f}).\n")
