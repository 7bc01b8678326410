#!/usr/bin/env python3
"""Does goal `strict` keep its promise on real Spark and Kafka: no event waits above T0 plus one slot plus what is left of
the batch that is running? Three traffics of eleven minutes: phases, and two recorded traces sped up; beside each governed
query an ungoverned one. Kafka stamps the events as it gets them. Raw records and a Markdown table land in
build/bench/strict/.

    make bench-strict [ARGS="--together --quick"]

A traffic is `phases` or TRACE@SPEED, a trace of tests/data/traces. A finished run is kept as long as its plan and the agent
stay the same: calling it again goes on where it was left; --fresh begins anew.
"""

import argparse
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab import journal  # noqa: E402
from lab.environment import LabError, build_folder  # noqa: E402
from lab.kafka import Kafka  # noqa: E402
from lab.processes import unwind_on_signals  # noqa: E402
from lab.records import kept_run, take_folder  # noqa: E402
from lab.report import facts_line, figures, write_report  # noqa: E402
from lab.run import TRACE_BINS, Plan, measured_run, measured_together  # noqa: E402
from lab.screen import Screen, clock  # noqa: E402
from lab.simulation import agreement_table, simulated_plan  # noqa: E402

PHASES, TIMES = "200x100,4000x20,200x30,5x70", 3
# Both traces nearly whole, at 13 and 83 events a second on average, with some hundreds at their peaks.
TRAFFICS = "phases,llm_code@5,btc_feed@27"
DURATION_S = 660
QUICK = {"phases": "200x15,3000x5,5x15", "times": 1, "traffics": "phases,llm_code@60", "duration": 30}
OVERHEAD_S = 80  # start, warm-up and end of a driver, roughly: only for the time left
BOUND_TRIGGERS = 1  # the promise of `strict`: T0, and the slot that journal.promised_s() adds


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traffics", default=TRAFFICS, help=f"default {TRAFFICS}")
    parser.add_argument("--phases", default=PHASES, help=f"of the traffic `phases` (default {PHASES})")
    parser.add_argument("--times", type=int, default=TIMES, help=f"the phases in a row (default {TIMES})")
    parser.add_argument("--duration", type=float, default=DURATION_S, help=f"seconds of a trace (default {DURATION_S})")
    parser.add_argument("--trigger", default="2 seconds")
    parser.add_argument("--options", default="", help="further agent options, key=value,...")
    parser.add_argument("--together", action="store_true",
                        help="all traffics at once, in one driver on topics of their own: 13 minutes, but six queries")
    parser.add_argument("--quick", action="store_true", help="half a minute each: proves the machinery, not the promise")
    parser.add_argument("--fresh", action="store_true", help="forget earlier runs")
    parser.add_argument("--output", type=pathlib.Path, help="default build/bench/strict")
    options = parser.parse_args()
    if options.quick:
        options.phases, options.times = QUICK["phases"], QUICK["times"]
        options.traffics, options.duration = QUICK["traffics"], QUICK["duration"]
        options.options = "warmup=5s" + ("," + options.options if options.options else "")
    name = "strict" + ("-together" if options.together else "") + ("-quick" if options.quick else "")
    options.output = options.output or build_folder() / "bench" / name
    options.traffics = options.traffics.split(",")
    for traffic in options.traffics:
        trace, _, speed = traffic.partition("@")
        if traffic != "phases" and (trace not in TRACE_BINS or not speed.replace(".", "", 1).isdigit()):
            parser.error(f"--traffics: {traffic!r} is neither `phases` nor TRACE@SPEED, with one of {', '.join(TRACE_BINS)}")
    return options


def plan_of(options, traffic):
    several = options.together and len(options.traffics) > 1
    extra = f",{options.options}" if options.options else ""
    common = {"trigger": options.trigger, "bound_triggers": BOUND_TRIGGERS,
              "agent_options": f"queries={'governed-*' if several else 'governed'},goal=strict{extra}",
              "beside": len(options.traffics) - 1 if several else None}
    if traffic == "phases":
        return Plan(phases=options.phases, times=options.times, **common)
    trace, _, speed = traffic.partition("@")
    return Plan(trace=trace, speed=float(speed), duration_s=options.duration, **common)


def folder_of(options, index):
    if options.together and len(options.traffics) > 1:
        return options.output / "together" / str(index)
    return options.output / options.traffics[index - 1].replace("@", "-at-")


def one_by_one(kafka, options, plans, kept, screen):
    reports = {}
    for index, plan in plans.items():
        if kept[index]:
            reports[index] = kept[index]
            continue
        name = options.traffics[index - 1]
        later_s = sum(other.seconds() + OVERHEAD_S for number, other in plans.items() if number > index and not kept[number])

        def every_second(elapsed_s, index=index, plan=plan, name=name, later_s=later_s):
            left_s = max(plan.seconds() - elapsed_s, 0) + later_s
            screen.bar((index - 1 + elapsed_s / plan.seconds()) / len(plans),
                       f"{name} ({index} of {len(plans)}): {clock(elapsed_s)}, about {clock(left_s)} left")

        folder = folder_of(options, index)
        shutil.rmtree(folder, ignore_errors=True)
        reports[index] = measured_run(kafka, plan, folder, folder.name,
                                      lambda text, name=name: screen.say(f"{name}: {text}"), every_second)
        screen.say(f"{name}: {said(reports[index])}")
    return reports


def all_at_once(kafka, options, plans, screen):
    longest_s = max(plan.seconds() for plan in plans.values())

    def every_second(elapsed_s):
        screen.bar(elapsed_s / longest_s, f"traffic {clock(elapsed_s)}, about {clock(max(longest_s - elapsed_s, 0))} left")

    folder = folder_of(options, 1).parent
    shutil.rmtree(folder, ignore_errors=True)
    return measured_together(kafka, list(plans.values()), folder, "together", screen.say, every_second)


def said(report):
    governed, fixed = report["queries"]
    return (f"{governed['above_bound']} of {report['events']} events above {report['bound_s']:g} s and the running batch "
            f"(ungoverned: {fixed['above_bound']}), mean wait {report['all']['ratio']['mean']:.3f} of the ungoverned one's")


def collect(options, screen):
    take_folder(options.output, options.fresh)
    plans = {index: plan_of(options, traffic) for index, traffic in enumerate(options.traffics, 1)}
    kept = {index: kept_run(folder_of(options, index), plan, screen.say) for index, plan in plans.items()}
    if all(kept.values()):
        screen.say("all runs are there already; --fresh runs them anew")
        return kept
    kafka_folder = options.output / "kafka"
    shutil.rmtree(kafka_folder, ignore_errors=True)
    kafka_folder.mkdir(parents=True)
    with Kafka(kafka_folder) as kafka:
        if options.together and len(plans) > 1:
            reports = all_at_once(kafka, options, plans, screen)
        else:
            reports = one_by_one(kafka, options, plans, kept, screen)
    shutil.rmtree(kafka_folder, ignore_errors=True)
    return reports


def journal_of(options, index):
    """The journal, and the governed query's name in it."""
    folder = folder_of(options, index)
    if folder.name == str(index):
        return folder.parent / "journal.jsonl", f"governed-{index}"
    return folder / "journal.jsonl", "governed"


def described(plan):
    if plan.trace:
        return f"`{plan.trace}` at {plan.speed:g} times its speed"
    return f"`phases={plan.phases}`, {plan.times} times"


def table(options, reports):
    plans = {index: plan_of(options, options.traffics[index - 1]) for index in reports}
    together = ", all in one driver at the same time" if plans[1].beside else ", one after the other"
    extra = f", `{options.options}`" if options.options else ""
    lines = [f"Goal `strict`, trigger {options.trigger}{extra}; beside each governed query an ungoverned one on the same "
             f"topic{together}. Governed over ungoverned; waits from an event's arrival in Kafka (its stamp) to its trigger.", "",
             "| traffic | seconds | events | a second | batches | ungoverned | mean | p50 | p95 | p99 | max |",
             "|---|---|---|---|---|---|---|---|---|---|---|"]
    for index, report in reports.items():
        block, seconds = report["all"], plans[index].seconds()
        lines.append(f"| {described(plans[index])} | {seconds:g} | {report['events']} | {report['events'] / seconds:.0f} "
                     f"| {block['query']['batches']} ({block['ratio']['batches']:.3f}) | {block['against']['batches']} "
                     f"| {figures(block['ratio'])} |")
    bounds = " or ".join(sorted({f"{report['bound_s']:g}" for report in reports.values()}))
    lines += ["", f"The promise: no event waits longer than {bounds} s (the trigger's interval and a slot) and what was left "
              "of the batch running when it came. Time stamps are whole milliseconds. An excess below zero says how far the "
              "worst event kept below.", "",
              "| traffic | longest wait, s, governed / ungoverned | events above | largest excess, s "
              "| decisions, the same when replayed |", "|---|---|---|---|---|"]
    for index, report in reports.items():
        (governed, fixed), block = report["queries"], report["all"]
        replay = journal.replayed(*journal_of(options, index))
        lines.append(f"| {described(plans[index])} | {block['query']['max_s']:.3f} / {block['against']['max_s']:.3f} "
                     f"| {governed['above_bound']} / {fixed['above_bound']} "
                     f"| {governed['largest_excess_s']:.3f} / {fixed['largest_excess_s']:.3f} "
                     f"| {replay['decisions']}, {'yes' if replay['equal'] else 'NO'} |")
    above = sum(report["queries"][0]["above_bound"] for report in reports.values())
    events = sum(report["events"] for report in reports.values())
    rows = [(described(plans[index]), report["all"]["ratio"], simulated_plan(plans[index], "strict"))
            for index, report in reports.items()]
    return lines + ["", f"Asked for: no event above the promise: {'yes' if above == 0 else f'NO, {above}'} of {events}.", "",
                    *agreement_table(rows)]


def main():
    options = arguments()
    unwind_on_signals()
    try:
        reports = collect(options, Screen())
        text = "\n".join([facts_line(list(reports.values())), ""] + table(options, reports)) + "\n"
    except (LabError, OSError) as error:
        sys.exit(f"bench-strict: {error}")
    except KeyboardInterrupt:
        sys.exit(f"bench-strict: stopped; finished runs are kept in {options.output}")
    write_report(options.output / "results.md", text)
    print(text)
    print(f"Raw records: {options.output}")


if __name__ == "__main__":
    main()
