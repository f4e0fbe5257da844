"""A verdict in words and tables."""
from typing import Sequence

from .verdict import Event, Log, Return, Rows, Stretch, Verdict


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as needed; the first to the left, the others too, for they hold words and numbers."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [head, *rows]]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def since(moment: float | None, begin: float | None) -> float | None:
    return None if moment is None or begin is None else max(0.0, moment - begin)


def event_table(events: Sequence[Event], gaps: Sequence[Stretch]) -> str:
    rows = [(event.name, f"{gap.seconds:.2f} s{'' if gap.ended else ' and not ended'}")
            for event, gap in zip(events, gaps)]
    return table(("event", "longest stretch without writes that began in it"), rows)


def return_table(returns: Sequence[Return]) -> str:
    """One line for each node that came back, and each router."""
    head = ("node", "address before -> now", "answers", "/health 200", "in service", "router", "UP in all",
            "after /health 200", "after in service")
    rows = []
    for back in returns:
        for router, moment in back.up_at.items():
            rows.append((
                back.node, f"{back.address_before} -> {back.address}",
                seconds(since(back.answers_at, back.scaled_at)), seconds(since(back.healthy_at, back.scaled_at)),
                seconds(since(back.serves_at, back.scaled_at)), router,
                seconds(since(moment, back.scaled_at)) if moment else "still DOWN",
                seconds(back.seconds(router, back.healthy_at)), seconds(back.seconds(router, back.serves_at))))
    return table(head, rows)


def row_lines(rows: Rows, log: Log) -> str:
    lines = [f"acknowledged  {rows.acknowledged}", f"present       {rows.present}",
             f"missing       {len(rows.missing)}"]
    if rows.lost:
        lines.append(f"lost          {rows.lost}, with all copies, on purpose")
    lines.append(f"unknown       {rows.unknown} (the connection broke meanwhile), {rows.unknown_present} of them "
                 "present")
    lines.append(f"refused       {rows.refused}")
    lines.append(f"connections   {log.failed_connects} failed")
    for words, count in sorted(log.errors.items(), key=lambda item: -item[1])[:6]:
        lines.append(f"  {count} x {words[:100]}")
    return "\n".join(lines)


def verdict_lines(verdict: Verdict) -> str:
    lines = [f"note: {remark}" for remark in verdict.remarks]
    lines += [f"  - {reason}" for reason in verdict.reasons]
    if verdict.passed:
        lines.append("VERDICT: PASSED")
    else:
        lines.insert(len(verdict.remarks), "VERDICT: FAILED")
    return "\n".join(lines)
