"""What the Markdown reports of the benches have in common."""

import datetime

from lab.environment import machine


def facts_line(report):
    """Where and when, in a sentence: a figure without them cannot be compared."""
    facts = machine()
    today = datetime.date.today().isoformat()
    return (f"{today}, {facts['cores']} cores, Linux {facts['kernel']}, Java {report['java']}, Spark {report['spark']}, "
            f"Python {facts['python']}; load average at the end {facts['load']:.1f}.")


def figures(ratio):
    """Ratios of the five wait figures as table cells."""
    return " | ".join(f"{ratio[name]:.3f}" if name in ratio else "-" for name in ("mean", "p50", "p95", "p99", "max"))


def write_report(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
