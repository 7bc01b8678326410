// The page: listens to /api/events, asks for the chosen query's series and writes figures. No state but the address's fragment.
"use strict";

const byId = id => document.getElementById(id);
const { count, seconds, rate, percent, known } = Charts;
const ranges = [["2 min", 120], ["15 min", 900], ["2 h", 7200], ["24 h", 86400], ["7 days", 604800]];
const asked = new URLSearchParams(location.hash.slice(1));
let chosen = asked.get("query"), range = Number(asked.get("range")) || 0, overview = null, fetched = 0, busy = false, again = false, serial = 0;
let zoom = asked.get("from") && asked.get("to") ? [Number(asked.get("from")), Number(asked.get("to"))].sort((a, b) => a - b) : null; // seconds since the epoch
const token = { value: asked.get("token") || sessionStorage.getItem("token") || "" };

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter(child => child !== null));
  return made;
}
function remember() {
  const parts = new URLSearchParams();
  if (chosen) parts.set("query", chosen);
  parts.set("range", range);
  if (zoom) { parts.set("from", zoom[0]); parts.set("to", zoom[1]); }
  history.replaceState(null, "", "#" + parts);
}
const current = () => overview && (overview.queries.find(query => query.query === chosen) || overview.queries[0]);
const timeOf = at => Charts.clockOf(at, true);
const many = (value, word) => `${count(value)} ${word}${Math.round(value) === 1 ? "" : "es"}`;

// ---------------------------------------------------------------------------------------------- overview

function spark(values) {
  const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), most = Math.max(1, ...values.filter(known));
  const line = document.createElementNS(ns, "polyline");
  line.setAttribute("points", values.map((value, i) => `${(i / (values.length - 1) * 74).toFixed(1)},${(32 - (value || 0) / most * 29).toFixed(1)}`).join(" "));
  for (const [name, value] of [["fill", "none"], ["stroke", "currentColor"], ["stroke-width", "1.5"]]) line.setAttribute(name, value);
  svg.setAttribute("viewBox", "0 0 74 34"); svg.setAttribute("aria-hidden", "true");
  svg.append(line);
  return svg;
}
function saving(hour) {
  if (!known(hour.waits_ratio)) return "no figures yet";
  const percents = Math.round((1 - hour.waits_ratio) * 100);
  return percents >= 0 ? `${percents} % less waiting` : `${-percents} % more waiting`;
}
function showQueries() {
  const nav = byId("queries"), focused = document.activeElement && document.activeElement.dataset.query;
  nav.dataset.count = overview.queries.length;
  nav.replaceChildren(...overview.queries.map(query => {
    const button = element("button", { type: "button", title: `${query.query}: ${query.sentence}` }, element("b", {}, query.query),
      element("small", {}, `${rate(query.arrival_rate)} · ${saving(query.last_hour)}`), spark(query.sparks));
    button.dataset.query = query.query;
    if (query === current()) button.setAttribute("aria-current", "true");
    button.onclick = () => { chosen = query.query; remember(); show(); load(); };
    return button;
  }));
  if (focused) { const same = [...nav.children].find(button => button.dataset.query === focused); if (same) same.focus(); }
}

// ---------------------------------------------------------------------------------------------- the chosen query

function tile(label, value, beside, meaning, bars) {
  const children = [element("div", { className: "label" }, label), element("div", { className: "value" }, ...value)];
  if (bars && bars.every(known)) {
    const most = Math.max(...bars, 1e-9), box = element("div", { className: "bars" });
    box.setAttribute("aria-hidden", "true");
    bars.forEach(part => { const bar = element("i"); bar.style.width = part / most * 100 + "%"; box.append(bar); });
    children.push(box);
  }
  if (beside) children.push(element("div", { className: "beside" }, ...[].concat(beside)));
  const made = element("div", { className: "tile", tabIndex: 0 }, ...children, element("span", { className: "meaning", role: "tooltip" }, meaning));
  made.setAttribute("role", "group");
  return made;
}
const unit = text => element("small", {}, " " + text);
function amount(text) { // "540 ms" -> number and unit apart
  const at = text.lastIndexOf(" ");
  return at < 0 ? [text] : [text.slice(0, at), unit(text.slice(at + 1))];
}
function waitTile(label, meaning, own, shadow) {
  const change = known(own) && shadow > 0 ? Math.round((own / shadow - 1) * 100) : null;
  const words = change === null ? "" : change === 0 ? "as with yours, " : `${Math.abs(change)} % ${change < 0 ? "less" : "more"}, `;
  const beside = [element("span", { className: change === null ? "" : change < 0 ? "good" : change > 0 ? "bad" : "" }, words), `yours ${seconds(shadow)}`];
  return tile(label, amount(seconds(own)), beside, meaning, [own, shadow]);
}
function showTiles(query) {
  const stats = query.stats || {}, own = stats.own || {}, shadow = stats.shadow || {}, hour = query.last_hour, decision = query.decision || {};
  const config = query.config || {}, forecast = query.forecast;
  const since = "Since this run of the query began.";
  const focus = document.activeElement && document.activeElement.classList.contains("tile") ? [...byId("tiles").children].indexOf(document.activeElement) : -1;
  byId("tiles").replaceChildren(
    waitTile("Mean wait", "How long an event waited in the source until its batch started, on average; beside it what your own trigger would have made of the same arrivals. " + since, own.mean_s, shadow.mean_s),
    waitTile("95 of 100 waited at most", "The 95th percentile of the waits. " + since, own.p95_s, shadow.p95_s),
    waitTile("99 of 100 waited at most", "The 99th percentile of the waits. " + since, own.p99_s, shadow.p99_s),
    tile("Events' time saved", amount(seconds(hour.saved_s)), "last hour", "Sum over all events of the time they waited less than they would have with your trigger: 1,000 events that waited 1 s less each are 1,000 s."),
    tile("Batches", [count(hour.own_batches), unit(`of ${count(hour.shadow_batches)}`)], `last hour; ${hour.saved_batches >= 0 ? count(hour.saved_batches) + " saved" : count(-hour.saved_batches) + " more"}`, "Triggers that took events, and how many your own trigger would have run on the same arrivals.", [hour.own_batches, hour.shadow_batches]),
    tile("Budget", [known(config.budget) ? `${Math.round(config.budget * 100)}` : "–", unit("%")], known(stats.debt_batches) ? (stats.debt_batches > 0 ? `${many(stats.debt_batches, "batch")} over` : `${many(-stats.debt_batches, "batch")} to spare`) : "", "Batches allowed, in percent of those of your own trigger, and how far the run is from that. At 120 batches over, the job's own schedule is kept until they are paid back."),
    tile("Interval now", amount(seconds(decision.interval_s)), `yours ${seconds(config.trigger_s)}`, "The interval at which triggers would fire if traffic went on as expected. A single wait ends earlier or later, on what really arrives."),
    tile("Arriving", amount(known(query.arrival_rate) ? count(query.arrival_rate) + " /s" : "–"), forecast && known(forecast.rate) ? `forecast ${rate(forecast.rate)}` : known(decision.rate) ? `counted with ${rate(decision.rate)}` : "", "Events per second, mean of the last seconds."),
    tile("Pending", [count(decision.pending), unit("events")], decision.pending > 0 && known(decision.oldest_s) ? `oldest ${seconds(decision.oldest_s)}` : "", "Events in the source that no batch has taken yet (the lag), and how long the oldest has waited; as of the last look."),
    tile("Looks", [count(stats.decisions)], `${count(stats.probes)} asked the source, ${count(stats.faults || 0)} faults`, "Decisions made, how many of them needed the source to be asked, and how often something went wrong, upon which the job's own schedule was kept."));
  if (focus >= 0) byId("tiles").children[focus].focus();
}
function showSentence(text) {
  const box = byId("sentence");
  if (box.dataset.text === text) return; // a screen reader would read it again
  box.dataset.text = text;
  box.replaceChildren(...text.split(/(\d+(?:\.\d+)? % (?:less|fewer batches)|\d+(?:\.\d+)? % (?:more batches|more))/).map(part =>
    /% (less|fewer)/.test(part) ? element("span", { className: "less" }, part) : /% more/.test(part) ? element("span", { className: "more" }, part) : part));
}
function showSettings(query) {
  const config = query.config || {}, rows = [["Mode", config.mode], ["Goal", config.goal], ["Policy", config.policy], ["Your trigger", seconds(config.trigger_s)],
    ["Longest wait", seconds(config.max_wait_s)], ["Intervals", `${seconds(config.min_interval_s)} to ${seconds(config.max_interval_s)}`], ["Looks every", seconds(config.slot_s)],
    ["Warm-up", seconds(config.warmup_s)], ["Mode, goal, budget", { __proto__: null, options: "as started", file: "by the config file", page: "by this page", cli: "by the command" }[config.origin]], ["Live arrivals", query.config ? config.rows_only ? "no, rows of batches" : "yes" : null]];
  byId("settings").replaceChildren(...rows.filter(row => row[1] && !row[1].startsWith("–")).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
  byId("change").hidden = !overview.may_change;
  showFreeze(config);
}
// What a batch takes: so long, and so much more with each event, by the ends of the learned line.
function learned(cost) {
  if (!cost || cost.events.length < 2) return "";
  const last = cost.events.length - 1, slope = (cost.seconds[last] - cost.seconds[0]) / (cost.events[last] - cost.events[0]);
  if (!(slope >= 0)) return "";
  return `: about ${seconds(Math.max(0, cost.seconds[0] - slope * cost.events[0]))}, and ${Number((slope * 1e6).toPrecision(2))} µs an event`;
}
function showForecast(query) {
  const forecast = query.forecast, fact = (name, value) => element("span", {}, name + " ", element("b", {}, value));
  byId("forecast").replaceChildren(...(forecast ? [forecast.model ? fact("model", forecast.model) : null, known(forecast.rate) ? fact("next second", rate(forecast.rate)) : null,
    known(forecast.low) ? fact("8 of 10 within", `${count(forecast.low)} to ${rate(forecast.high)}`) : null, known(forecast.effective) && forecast.confidence > 0 ? fact("decisions count with", rate(forecast.effective)) : element("span", {}, "decisions do not follow it yet"),
    known(forecast.elapsed_us) ? fact("answered in", forecast.elapsed_us + " µs") : null, overview.replay ? null : fact("predictor up for", `${seconds(overview.predictor.uptime_s)}, ${count(overview.predictor.requests)} requests`)] : [element("span", {}, "None: decisions follow what arrives.")]).filter(Boolean));
}
function show() {
  const query = current();
  byId("source").textContent = overview.replay ? "Replay of " + overview.source : "Live";
  byId("version").textContent = "AdaptiveStream " + overview.version;
  showQueries();
  if (!query) return;
  document.title = query.query + " · AdaptiveStream";
  byId("name").textContent = query.query;
  const state = byId("state");
  state.className = "pill " + (query.state || "");
  state.replaceChildren(query.state || "", element("span", { className: "meaning", role: "tooltip" }, query.state_words));
  showSentence(query.sentence);
  byId("why").hidden = !query.why;
  byId("why").textContent = query.why || "";
  byId("learned").textContent = learned(query.cost);
  showTiles(query); showSettings(query); showForecast(query);
}

// ---------------------------------------------------------------------------------------------- series and log

async function ask(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}
function showLog(details) {
  byId("log").replaceChildren(...details.log.map(entry => element("tr", {}, element("td", { title: new Date(entry.start_ms).toString() }, timeOf(entry.start_ms)),
    element("td", {}, element("span", { className: "tag " + entry.reason }, entry.reason || "–")), element("td", { className: "num" }, count(entry.events)), element("td", {}, entry.words))));
  const reasons = Object.entries(details.reasons).sort((a, b) => b[1] - a[1]), total = reasons.reduce((sum, reason) => sum + reason[1], 0) || 1;
  byId("reasons").replaceChildren(...reasons.map(([name, times]) => {
    const bar = element("i");
    bar.style.width = Math.max(1, times / total * 100) + "%";
    return element("div", { tabIndex: 0 }, element("span", {}, name || "not told"), element("span", {}, bar), element("span", {}, `${count(times)} · ${percent(times / total * 100)}`),
      details.meanings && details.meanings[name] ? element("em", { className: "meaning", role: "tooltip" }, details.meanings[name]) : null);
  }));
  byId("changes").replaceChildren(...details.options_changed.map(change => element("li", {}, `${timeOf(change.time_ms)} ${change.what}, by ${change.origin || "somebody"}`)));
}
function showSum(sum) {
  const change = (ratio, same) => { const percents = Math.round((ratio - 1) * 100); return percents === 0 ? same : `${Math.abs(percents)} % ${percents < 0 ? "less" : "more"}`; };
  const waits = whose => `${seconds(sum[whose + "_wait_s"])} on average` + (known(sum[whose + "_p95_s"]) ? `, 95 of 100 up to ${seconds(sum[whose + "_p95_s"])}` : "") + (known(sum[whose + "_p99_s"]) ? `, 99 up to ${seconds(sum[whose + "_p99_s"])}` : "");
  byId("range-sum").textContent = !known(sum.waits_ratio) || !known(sum.batches_ratio) ? "No figures of the time shown."
    : `In the time shown events waited ${waits("own")}; with your trigger ${waits("shadow")} (on average ${change(sum.waits_ratio, "the same")}). ${many(sum.own_batches, "batch")}, with yours ${count(sum.shadow_batches)} (${change(sum.batches_ratio, "as many")}).`;
}
async function load() {
  const query = current();
  if (!query) return;
  if (busy) { again = true; return; }
  busy = true; fetched = performance.now();
  try {
    const name = encodeURIComponent(query.query);
    const [series, details] = await Promise.all([ask(`/api/series?query=${name}&` + (zoom ? `range=${zoom[1] - zoom[0]}&end=${zoom[1] * 1000}` : `range=${range}`)), ask(`/api/details?query=${name}`)]);
    if (current() && current().query === series.query) { Charts.update(series, current()); showSum(series.savings); showLog(details); document.body.dataset.drawn = ++serial; }
  } catch (problem) {
    console.warn(problem.message); // the link says it too
  } finally { busy = false; }
  if (again) { again = false; load(); }
}
const period = () => zoom ? 30000 : range <= 120 ? 900 : range <= 900 ? 1900 : range <= 7200 ? 9000 : 30000;

function pickRange() {
  if (range) return;
  const query = current(), lasts = query ? (overview.now_ms - query.first_ms) / 1000 : 0;
  range = overview.replay ? (ranges.find(([, length]) => length >= lasts) || ranges.at(-1))[1] : 120;
  showRanges();
}
// Stretches are of whole seconds, which is what can be asked for.
function setZoom(stretch) {
  zoom = stretch && [Math.floor(stretch[0]), Math.max(Math.ceil(stretch[1]), Math.floor(stretch[0]) + 2)];
  remember(); showRanges(); load();
}
Charts.onChoose(setZoom);
byId("unzoom").onclick = () => setZoom(null);
addEventListener("keydown", event => { if (event.key === "Escape" && zoom) setZoom(null); });
function showRanges() {
  byId("unzoom").hidden = !zoom;
  if (zoom) byId("unzoom").textContent = `${Charts.clockOf(zoom[0] * 1000, false)} to ${Charts.clockOf(zoom[1] * 1000, false)} ×`;
  byId("unzoom").setAttribute("aria-label", "Show the latest time again");

  byId("ranges").replaceChildren(...ranges.map(([label, length]) => {
    const button = element("button", { type: "button", onclick: () => { range = length; setZoom(null); } }, label);
    button.setAttribute("role", "radio"); button.setAttribute("aria-checked", length === range); button.tabIndex = length === range ? 0 : -1;
    return button;
  }));
}
byId("ranges").addEventListener("keydown", event => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const at = ranges.findIndex(([, length]) => length === range);
  byId("ranges").children[(at + step + ranges.length) % ranges.length].click();
  byId("ranges").querySelector("[aria-checked=true]").focus();
});

// ---------------------------------------------------------------------------------------------- changes

async function askFor(change) {
  const form = byId("change"), said = byId("change-said");
  if (form.token.value) { token.value = form.token.value; sessionStorage.setItem("token", token.value); }
  const answer = await fetch("/api/set", { method: "POST", headers: { "X-AdaptiveStream-Token": token.value, "Content-Type": "application/json" }, body: JSON.stringify(change) }).catch(() => null);
  const body = answer ? await answer.json().catch(() => ({})) : {};
  const taken = Boolean(answer && answer.ok);
  for (const name of Object.keys(filled.values)) if (taken && name in change) form[name].value = filled.values[name] = String(change[name]);
  said.textContent = taken ? "Asked for: it applies at the next wait." : `Refused: ${body.error || "the dashboard does not answer"}.`;
  load();
}
byId("change").addEventListener("submit", event => {
  event.preventDefault();
  const form = event.target, change = { query: current().query };
  for (const name of Object.keys(filled.values)) // what was not touched may have been changed by others since
    if (form[name].value && isTouched(name)) change[name] = name === "budget" ? Number(form[name].value) : form[name].value;
  if (Object.keys(change).length === 1) byId("change-said").textContent = "Nothing was changed.";
  else askFor(change);
});
let filled = { query: null, values: {} };
function isTouched(name) { return byId("change")[name].value !== filled.values[name]; }
// The form follows the query's settings but for fields that differ from what was filled in: those somebody is changing.
function fillForm(query) {
  if (!query || !query.config) return;
  const form = byId("change"), config = query.config;
  const values = { mode: config.mode || "active", goal: config.goal || "balanced", budget: String(config.budget ?? 1) };
  for (const [name, value] of Object.entries(values)) {
    if (filled.query === query.query && isTouched(name) && form[name].value !== value) continue;
    if (form[name].value !== value) form[name].value = value;
    filled.values[name] = value;
  }
  filled.query = query.query;
}
byId("freeze").onclick = () => askFor({ query: current().query, mode: byId("freeze").dataset.mode });
function showFreeze(config) {
  const acts = config.mode === "active", button = byId("freeze");
  button.dataset.mode = acts ? "monitoring" : "active";
  button.textContent = acts ? "Freeze: back to your trigger" : "Release: decide again";
}

// ---------------------------------------------------------------------------------------------- start

function take(news) {
  overview = news;
  pickRange();
  show();
  fillForm(current());
  if (performance.now() - fetched >= period() || !serial) load();
}
function connect() {
  const link = byId("link"), events = new EventSource("/api/events");
  events.onopen = () => { link.textContent = "connected"; link.className = "link on"; };
  events.onerror = () => { link.textContent = "not connected, trying again"; link.className = "link off";
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 3000); };
  events.onmessage = message => take(JSON.parse(message.data));
}
const themes = ["", "dark", "light"];
function setTheme(name) {
  if (name) document.documentElement.dataset.theme = name; else delete document.documentElement.dataset.theme;
  byId("theme").textContent = { "": "Auto", dark: "Dark", light: "Light" }[name];
  byId("theme").setAttribute("aria-label", "Theme: " + byId("theme").textContent);
  Charts.redraw();
}
let theme = localStorage.getItem("theme") || "";
byId("theme").onclick = () => { theme = themes[(themes.indexOf(theme) + 1) % 3]; localStorage.setItem("theme", theme); setTheme(theme); };
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => Charts.redraw());
addEventListener("hashchange", () => {
  const parts = new URLSearchParams(location.hash.slice(1));
  if (parts.get("query")) chosen = parts.get("query");
  if (Number(parts.get("range"))) range = Number(parts.get("range"));
  zoom = Number(parts.get("from")) && Number(parts.get("to")) ? [Number(parts.get("from")), Number(parts.get("to"))] : null;
  showRanges();
  if (overview) { show(); load(); }
});
byId("zone").textContent = "Times are of " + Intl.DateTimeFormat().resolvedOptions().timeZone + ".";
setTheme(theme); showRanges(); connect();
