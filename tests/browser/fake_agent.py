"""An agent without a job: arrivals in bursts, a rule like the governor's, a trigger every 2 s beside it, told to a predictor as
docs/protocol.md says. So that the page can be tried, and measured, in seconds."""
import json
import math
import socket
import time


class FakeAgent:
    """One query. step() lives through the time since the last step and tells of it; say(...) sends anything."""

    SLOT_MS = 100

    def __init__(self, port, token, query="clicks", burst_every_s=20, quiet=200, burst=4000, trigger_s=2.0, start_ms=None):
        self.query, self.trigger_s = query, trigger_s
        self.burst_every_s, self.quiet, self.burst = burst_every_s, quiet, burst
        self.socket = None
        self.connect(port, token)
        self.config = {"trigger_s": trigger_s, "mode": "active", "goal": "balanced", "policy": "adaptive", "budget": 1.0, "slot_s": 0.1,
                       "min_interval_s": 0.1, "max_interval_s": 30, "max_wait_s": 2 * trigger_s, "warmup_s": 30, "rows_only": False,
                       "origin_ms": 0}
        self.slot = (start_ms or int(time.time() * 1000)) // self.SLOT_MS
        self.pending, self.shadow_pending = [], []  # [slot_ms, events]
        self.busy_until_ms = 0
        self.rates, self.second, self.carry = [0.0] * 30, 0.0, 0.0
        self.totals = {side: {"batches": 0, "events": 0, "waited_s": 0.0, "max_s": 0.0} for side in ("own", "shadow")}
        self.decisions = 0
        self.told_config, self.changes = False, []

    def connect(self, port, token):
        """Also to another predictor, with all that is pending."""
        if self.socket:
            self.close()
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.lines = self.socket.makefile("r")
        self.ask({"op": "hello", "token": token, "client": "agent"})
        self.told_config = False

    def close(self):
        self.lines.close()
        self.socket.close()

    def say(self, message):
        self.socket.sendall((json.dumps({"v": 1, **message}) + "\n").encode())

    def ask(self, message):
        self.say(message)
        answer = json.loads(self.lines.readline())
        assert "error" not in answer, answer
        return answer

    def rate(self, at_s):
        return self.burst if at_s % self.burst_every_s < 4 else self.quiet * (1.2 + math.sin(at_s / 3))

    def take(self, side, pending, now_ms):
        events, total = sum(n for _, n in pending), self.totals[side]
        for at_ms, n in pending:
            wait_s = (now_ms - at_ms - self.SLOT_MS / 2) / 1000
            total["waited_s"] += n * wait_s
            total["max_s"] = max(total["max_s"], wait_s)
        total["batches"] += 1
        total["events"] += events
        pending.clear()
        return events

    def step(self, until_ms=None):
        """Tells of every slot up to now (or until_ms) in observations of one second at most."""
        now = (until_ms or int(time.time() * 1000)) // self.SLOT_MS
        while self.slot < now:
            self.observe(min(now, self.slot + 10))

    def observe(self, until):
        start, counts, triggers, shadow, decision = self.slot, [], [], [], None
        for slot in range(start, until):
            at_ms, end_ms = slot * self.SLOT_MS, (slot + 1) * self.SLOT_MS
            self.carry += self.rate(at_ms / 1000) * self.SLOT_MS / 1000
            events = int(self.carry)
            self.carry -= events
            counts.append(events)
            self.second += events
            for pending in (self.pending, self.shadow_pending):
                if events:
                    pending.append([at_ms, events])
            waiting = sum(n * ((end_ms - at) / 1000) ** 2 for at, n in self.pending)
            price = 0.25 * self.trigger_s ** 2 * max(1, sum(self.rates) / 30) * 1.2
            oldest_s = (end_ms - self.pending[0][0]) / 1000 if self.pending else 0
            fire = bool(self.pending) and end_ms >= self.busy_until_ms and (waiting >= price or oldest_s >= 2 * self.trigger_s)
            reason = "idle" if not self.pending else "price" if waiting >= price else "max_wait" if fire else "cheap"
            decision = {"time_ms": end_ms, "fire": fire, "reason": reason, "pending": sum(n for _, n in self.pending), "oldest_s": oldest_s,
                        "waiting": waiting, "growth": 1.0, "price": price, "rate": self.rates[-1], "interval_s": 1.5, "confidence": 0.3}
            self.decisions += 1
            if fire:
                events = self.take("own", self.pending, end_ms)
                self.busy_until_ms = end_ms + 150 + events // 20
                triggers.append({"start_ms": end_ms, "end_ms": self.busy_until_ms, "events": events, "reason": reason})
            if end_ms % int(self.trigger_s * 1000) == 0 and self.shadow_pending:
                shadow.append({"start_ms": end_ms, "events": self.take("shadow", self.shadow_pending, end_ms)})
            if end_ms % 1000 == 0:
                self.rates = self.rates[1:] + [self.second]
                self.second = 0.0
        self.slot = until
        message = {"op": "observe", "query": self.query, "query_id": "1", "run": "1", "time_ms": until * self.SLOT_MS,
                   "slots": {"start_ms": start * self.SLOT_MS, "width_ms": self.SLOT_MS, "counts": counts}, "triggers": triggers,
                   "shadow": shadow, "decision": decision, "state": "active", "stats": self.stats(),
                   "cost": {"events": [0, 1000, 4000], "seconds": [0.15, 0.2, 0.35]}}
        if not self.told_config:
            message["config"], self.told_config = self.config, True
        self.say(message)

    def stats(self):
        sides = {}
        for side, total in self.totals.items():
            mean = total["waited_s"] / total["events"] if total["events"] else 0
            sides[side] = {**total, "mean_s": mean, "p50_s": mean, "p95_s": mean * 1.9, "p99_s": total["max_s"]}
        debt = self.totals["own"]["batches"] - self.totals["shadow"]["batches"]
        return {**sides, "debt_batches": debt, "decisions": self.decisions, "probes": self.decisions, "faults": 0}

    def predict(self):
        answer = self.ask({"op": "predict", "query": self.query, "history": self.rates, "time_ms": self.slot * self.SLOT_MS})
        if "set" in answer:
            self.changes.append(answer["set"])
            self.config.update({key: value for key, value in answer["set"].items() if key in self.config})
            self.told_config = False
        return answer


if __name__ == "__main__":
    import sys
    agent = FakeAgent(int(sys.argv[1]), sys.argv[2], *sys.argv[3:4], start_ms=int(time.time() * 1000) - 150000)
    end = time.time() + float(sys.argv[4]) if len(sys.argv) > 4 else math.inf
    while time.time() < end:
        agent.step()
        agent.predict()
        time.sleep(0.5)
