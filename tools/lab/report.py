"""What the Markdown reports of the benches have in common."""


def facts_line(reports):
    """Where, when and with what the runs were made, in a sentence: a figure without them cannot be compared."""
    mades = [report["made"] for report in reports]

    def each(name, records):
        return " and ".join(sorted({str(record[name]) for record in records}))

    loads = sorted({f"{made['load']:.1f}" for made in mades}, key=float)
    load = loads[0] if len(loads) == 1 else f"{loads[0]} to {loads[-1]}"
    missed = sum(report.get("sent", {}).get("seconds_missed", 0) for report in reports)
    late = f" The generator did not hold its target in {missed} seconds." if missed else ""
    agents = " and ".join(sorted({made["agent_sha256"][:12] for made in mades}))
    return (f"{each('date', mades)}, {each('cores', mades)} cores, Linux {each('kernel', mades)}, "
            f"Java {each('java', reports)}, Spark {each('spark', reports)}, Python {each('python', mades)}, "
            f"libadaptivestream.so with SHA-256 {agents}...; load average at the end of a run {load}.{late}")


def figures(ratio):
    """Ratios of the five wait figures as table cells."""
    return " | ".join(f"{ratio[name]:.3f}" if name in ratio else "-" for name in ("mean", "p50", "p95", "p99", "max"))


def write_report(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
