#!/usr/bin/env python3
"""Shows a governed and an ungoverned query side by side on real Spark and Kafka, in about four minutes.

Both are the same job with the same 2 s trigger, in one driver, on one topic; the agent governs one of them. Traffic comes
in bursts. At the end the waits of all events are worked out from Kafka's time stamps. Call it by `make demo`.
"""

import argparse
import json
import pathlib
import re
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab import journal  # noqa: E402
from lab.environment import ROOT, LabError, agent, build_folder  # noqa: E402
from lab.kafka import Kafka  # noqa: E402
from lab.processes import unwind_on_signals  # noqa: E402
from lab.records import take_folder  # noqa: E402
from lab.run import Plan, measured_run  # noqa: E402
from lab.screen import Screen, clock  # noqa: E402

PHASES = "150x30,3000x15,100x15,5x30"
TIMES = 2
TRIGGER = "2 seconds"
# Less warm-up than by default, since the whole show lasts three minutes.
AGENT_OPTIONS = "queries=governed,warmup=10s"
COLUMNS = ("mean", "p95", "p99", "max")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phases", default=PHASES, help=f"traffic, RATExSECONDS,... (default {PHASES})")
    parser.add_argument("--times", type=int, default=TIMES, help=f"how often in a row (default {TIMES})")
    parser.add_argument("--goal", default="balanced", choices=["balanced", "strict", "latency", "cost"])
    parser.add_argument("--output", type=pathlib.Path, help="folder for the records (default build/demo)")
    options = parser.parse_args()
    options.output = (options.output or build_folder() / "demo").resolve()
    return options


class LiveLine:
    """The state of both queries, from the agent's journal and the driver's counts."""

    def __init__(self, screen, plan, folder):
        self.screen = screen
        self.plan = plan
        self.folder = folder
        self.follower = journal.Follower(folder / "journal.jsonl")
        self.last = {}
        self.dashboard = None

    def find_dashboard(self):
        """Tells once where the agent's predictor shows its page; nothing where it has none."""
        log = self.folder / "driver.log"
        found = re.search(r"dashboard at (http://[^/\s;]+)", log.read_text(errors="replace")) if log.exists() else None
        if found:
            self.dashboard = found.group(1)
            self.screen.say(f"see it live: {self.dashboard}/ (while the demo runs)")

    def rate_at(self, elapsed_s):
        phases = [tuple(map(float, phase.split("x"))) for phase in self.plan.phases.split(",")]
        for rate, seconds in phases * self.plan.times:
            elapsed_s -= seconds
            if elapsed_s < 0:
                break
        return rate

    def fixed_batches(self):
        try:
            return json.loads((self.folder / "live").read_text(encoding="utf-8"))["fixed"]
        except (OSError, ValueError, KeyError):
            return 0

    def show(self, elapsed_s):
        if self.dashboard is None:
            self.find_dashboard()
        for line in self.follower.poll():
            if line["event"] == "decision":
                self.last = line
        part = elapsed_s / self.plan.seconds()
        if not self.last:
            self.screen.bar(part, clock(elapsed_s), 16)
            return
        self.screen.bar(part, f"{clock(elapsed_s)} {self.rate_at(elapsed_s):5g}/s  interval {self.last['interval_s']:5.2f} s"
                        f"  pending {self.last['pending']:5d}  batches {self.last['own_batches']}/{self.fixed_batches()}", 10)


def table_line(title, block):
    governed, fixed = block["query"], block["against"]
    cells = "".join(f"  {governed[name + '_s']:5.2f} {fixed[name + '_s']:5.2f}" for name in COLUMNS)
    return f"  {title:<16} {governed['batches']:4d} {fixed['batches']:4d}{cells}"


def ratio_cell(value):
    return f"  {'':5} {value:5.2f}"


def result_screen(report, plan, output):
    total = report["all"]
    rule = "  " + "-" * 78
    lines = ["", f"{report['events']} events in {clock(plan.seconds())}, trigger {plan.trigger};",
             "how long each waited for its trigger, in seconds:", "",
             f"  {'':16} {'batches':>9}" + "".join(f"  {name:>11}" for name in COLUMNS),
             f"  {'':16} {'gov.':>4} {'fix.':>4}" + f"  {'gov.':>5} {'fixed':>5}" * len(COLUMNS), rule]
    lines += [table_line(block["phase"], block) for block in report["phases"]]
    ratio = total["ratio"]
    lines += [rule, table_line("all", total),
              f"  {'governed / fixed':<16} {'':4} {ratio['batches']:4.2f}"
              + "".join(ratio_cell(ratio[name]) for name in COLUMNS), ""]
    shadow, real = report["shadow"], total["against"]
    lines += ["The agent keeps a shadow of your own trigger, so that you see the savings",
              "without a second query:"]
    for title, side in (("the shadow said", shadow), ("fixed really had", real)):
        lines.append(f"  {title:<16} {'':4} {side['batches']:4d}"
                     + "".join(ratio_cell(side[name + "_s"]) for name in COLUMNS))
    lines += ["", "Next:",
              "  your own job     spark-submit \\",
              f"                     --conf spark.driver.extraJavaOptions=-agentpath:{agent()} ...",
              f"  see it again     build/adaptivestream dashboard {output / 'journal.jsonl'}",
              f"  every decision   build/adaptivestream replay {output / 'journal.jsonl'}",
              f"  how it works     {ROOT / 'README.md'}", ""]
    return "\n".join(lines)


def show(options, screen):
    take_folder(options.output, fresh=True)
    plan = Plan(phases=options.phases, times=options.times, trigger=TRIGGER,
                agent_options=f"{AGENT_OPTIONS},goal={options.goal}", warmup_batches=20, live=True)
    live = LiveLine(screen, plan, options.output)
    began_s = time.monotonic()
    screen.say(f"records: {options.output}")
    screen.say("starting Kafka")
    with Kafka(options.output / "kafka") as kafka:
        report = measured_run(kafka, plan, options.output, "demo", screen.say, live.show)
    shutil.rmtree(options.output / "kafka", ignore_errors=True)
    screen.say(f"done in {clock(time.monotonic() - began_s)}")
    print(result_screen(report, plan, options.output))


def main():
    options = arguments()
    unwind_on_signals()
    try:
        show(options, Screen())
    except (LabError, OSError) as error:
        sys.exit(f"\ndemo: {error}")
    except KeyboardInterrupt:
        sys.exit("\ndemo: stopped; nothing is left running")


if __name__ == "__main__":
    main()
