// The charts, on uPlot. Each is drawn from what /api/series answers; times are seconds, as uPlot wants them.
"use strict";

const Charts = (() => {
  const color = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const sync = uPlot.sync("time");
  const known = value => value !== null && value !== undefined;

  // 1234567 -> "1.23 M"; numbers that people read, never more than three digits that matter.
  function count(value) {
    if (!known(value)) return "–";
    const size = Math.abs(value);
    if (size >= 1e9) return (value / 1e9).toPrecision(3) + " G";
    if (size >= 1e6) return (value / 1e6).toPrecision(3) + " M";
    if (size >= 1e4) return (value / 1e3).toPrecision(3) + " k";
    if (size >= 100 || Number.isInteger(value)) return String(Math.round(value));
    return String(Number(value.toPrecision(2)));
  }
  function seconds(value) {
    if (!known(value)) return "–";
    const size = Math.abs(value);
    if (size < 0.9995) return Math.round(value * 1000) + " ms";
    if (size < 100) return Number(value.toPrecision(3)) + " s";
    if (size < 5400) return Math.round(value / 60) + " min";
    if (size < 172800) return (value / 3600).toFixed(1) + " h";
    return (value / 86400).toFixed(1) + " days";
  }
  const rate = value => known(value) ? count(value) + "/s" : "–";
  const percent = value => known(value) ? Math.round(value) + " %" : "–";

  const charts = [];

  function axes(format, size) {
    const common = { stroke: () => color("soft"), grid: { stroke: () => color("grid"), width: 1 }, ticks: { show: false },
      font: "12px system-ui, sans-serif" };
    return [{ ...common, size: 28, space: 62, incrs: steps, values: (u, splits) => splits.map(clock) },
      { ...common, size: size || 58, space: 34, values: (u, splits) => splits.map(format) }];
  }
  const steps = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800];
  let span = 120;
  function clock(at) {
    const date = new Date(at * 1000), two = value => String(value).padStart(2, "0");
    const time = two(date.getHours()) + ":" + two(date.getMinutes());
    if (span > 90000) return date.toLocaleDateString(undefined, { month: "short", day: "numeric" }) + " " + time;
    return span > 3600 ? time : time + ":" + two(date.getSeconds());
  }

  // 02:18:43.7, of the reader's time zone.
  function clockOf(at, tenths) {
    const date = new Date(at), two = value => String(value).padStart(2, "0");
    return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":") + (tenths ? "." + Math.floor(date.getMilliseconds() / 100) : "");
  }

  // A chart over time. `lines`: {label, color, fill, dash, width, points, value}, in the order of the data.
  function overTime(id, lines, options) {
    const host = document.getElementById(id);
    host.setAttribute("role", "img");
    const height = options.height || 170;
    const plot = new uPlot({
      width: host.clientWidth || 400, height,
      padding: [8, 8, 0, 0],
      cursor: { sync: { key: sync.key, setSeries: false }, drag: { x: true, y: false, setScale: false, dist: 6 }, points: { size: 6 } },
      legend: { live: true },
      scales: { x: { time: true, range: () => plotRange }, y: { range: options.range || ((u, low, high) => [0, high > 0 ? high * 1.08 : 1]) } },
      axes: options.axes || axes(options.format, options.axisSize),
      series: [{ label: "Time", value: (u, at) => at == null ? "–" : clockOf(at * 1000, false) }].concat(lines.map(line => ({
        label: line.label, stroke: line.color ? () => color(line.color) : undefined, fill: line.fill ? () => color(line.fill) : undefined,
        width: line.width ?? 1.75, dash: line.dash, spanGaps: line.spanGaps ?? false, paths: line.paths,
        points: { show: line.points || false, size: 5, fill: line.color ? () => color(line.color) : undefined },
        value: (u, value) => line.value(value) }))),
      bands: options.bands ? options.bands.map(band => ({ series: band.series, fill: () => color(band.fill) })) : undefined,
      hooks: { ...options.hooks, setSelect: [select] },
    }, lines.length ? [[0], ...lines.map(() => [null])] : [[0]], host);
    host.addEventListener("dblclick", () => chosen && chosen(null));
    const chart = { plot, host, height };
    charts.push(chart);
    new ResizeObserver(() => { if (host.clientWidth > 0) plot.setSize({ width: host.clientWidth, height }); }).observe(host);
    return chart;
  }
  let plotRange = [0, 1];

  // A stretch of time dragged over in one chart; the others, which follow its cursor, tell of the same one.
  let chosen = null, choosing = false;
  function select(u) {
    const { left, width } = u.select;
    if (width <= 0) return;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (choosing || !chosen) return;
    choosing = true;
    setTimeout(() => { choosing = false; });
    chosen([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
  }
  const onChoose = callback => { chosen = callback; };

  // Marks of triggers in two rows, yours above, ours below. Where they would stand closer than pixels: batches a bucket, as bars.
  let marks = { own: [], shadow: [], counts: null };
  function drawTriggers(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio || 1, half = bbox.height / 2;
    const rows = [["shadow", "shadow", "shadow-soft", bbox.top], ["own", "own", "own-soft", bbox.top + half]];
    ctx.save();
    ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
    for (const [key, strong, soft, top] of rows) {
      const bottom = top + half - 2 * ratio, room = half - 6 * ratio;
      if (marks.counts) {
        const most = Math.max(1, ...marks.counts.own, ...marks.counts.shadow);
        ctx.fillStyle = color(strong);
        const width = Math.max(ratio, u.valToPos(marks.counts.x[0] + marks.counts.width, "x", true) - u.valToPos(marks.counts.x[0], "x", true) - ratio * 0.5);
        marks.counts.x.forEach((at, i) => {
          const high = marks.counts[key][i] / most * room;
          if (high > 0) ctx.fillRect(u.valToPos(at, "x", true), bottom - high, width, high);
        });
        continue;
      }
      const most = Math.max(1, ...marks[key].map(mark => mark[1]));
      for (const [start, events, took] of marks[key]) {
        const x = u.valToPos(start / 1000, "x", true), high = room * (0.25 + 0.75 * Math.sqrt(events / most));
        if (took > 0) { ctx.fillStyle = color(soft); ctx.fillRect(x, bottom - high, u.valToPos((start + took) / 1000, "x", true) - x, high); }
        ctx.fillStyle = color(strong);
        ctx.fillRect(x - ratio * 0.6, bottom - high, ratio * 1.6, high);
      }
    }
    ctx.restore();
  }

  // Batch time by size: each trigger a dot, and the learned line.
  let batches = { dots: [], learned: [] };
  function drawBatches(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio || 1;
    ctx.save();
    ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
    ctx.fillStyle = color("own"); ctx.globalAlpha = 0.55;
    for (const [events, took] of batches.dots) {
      ctx.beginPath(); ctx.arc(u.valToPos(events, "x", true), u.valToPos(took, "y", true), 3 * ratio, 0, 7); ctx.fill();
    }
    ctx.globalAlpha = 1; ctx.strokeStyle = color("forecast"); ctx.lineWidth = 2 * ratio; ctx.beginPath();
    batches.learned.forEach(([events, took], i) => ctx[i ? "lineTo" : "moveTo"](u.valToPos(events, "x", true), u.valToPos(took, "y", true)));
    ctx.stroke(); ctx.restore();
  }

  let all = null;
  function create() {
    const stepped = uPlot.paths.stepped({ align: 1 });
    const bars = format => axes(format);
    all = {
      arrivals: overTime("chart-arrivals", [
        { label: "high", color: "forecast", width: 0, value: () => "" }, { label: "low", color: "forecast", width: 0, value: () => "" },
        { label: "arrived", color: "arrive", fill: "arrive-soft", value: rate },
        { label: "forecast, with the band that holds 8 of 10", color: "forecast", dash: [5, 4], width: 1.5, value: rate }],
        { height: 220, format: rate, bands: [{ series: [1, 2], fill: "forecast-soft" }] }),
      triggers: overTime("chart-triggers", [
        { label: "your trigger", color: "shadow", width: 0, value: count }, { label: "adaptive trigger", color: "own", width: 0, value: count }],
        { height: 132, range: () => [0, 1], format: () => "", hooks: { draw: [drawTriggers] },
          axes: [bars(count)[0], { ...bars(count)[1], size: 58, grid: { show: false }, splits: () => [0.25, 0.75], values: () => ["adaptive", "yours"] }] }),
      waits: overTime("chart-waits", [
        { label: "your trigger", color: "shadow", dash: [6, 4], spanGaps: true, value: seconds },
        { label: "adaptive", color: "own", fill: "own-soft", spanGaps: true, value: seconds }], { format: seconds }),
      pending: overTime("chart-pending", [{ label: "pending", color: "own", fill: "own-soft", spanGaps: true, width: 1.25, value: count }], { format: count }),
      cost: overTime("chart-cost", [
        { label: "waiting has cost", color: "own", fill: "own-soft", spanGaps: true, width: 1.25, value: percent },
        { label: "price of a batch", color: "shadow", dash: [6, 4], value: percent }],
        { format: percent, range: (u, low, high) => [0, Math.max(125, Math.min(high || 0, 400) * 1.05)] }),
      interval: overTime("chart-interval", [
        { label: "your trigger", color: "shadow", dash: [6, 4], value: seconds },
        { label: "planned interval", color: "own", spanGaps: true, paths: stepped, value: seconds },
        { label: "batch time", color: "arrive", width: 0, points: true, value: seconds }], { format: seconds }),
      confidence: overTime("chart-confidence", [
        { label: "confidence", color: "forecast", fill: "forecast-soft", spanGaps: true, value: percent }],
        { height: 142, format: percent, range: () => [0, 100] }),
    };
    const host = document.getElementById("chart-batches");
    host.setAttribute("role", "img");
    const common = axes(seconds)[1];
    all.batches = { host, height: 170, plot: new uPlot({ width: host.clientWidth || 400, height: 198, padding: [8, 14, 0, 0], legend: { show: false },
      cursor: { show: false }, scales: { x: { time: false, range: (u, low, high) => [0, high > 0 ? high * 1.04 : 1] }, y: { range: (u, low, high) => [0, high > 0 ? high * 1.12 : 1] } },
      axes: [{ ...common, size: 28, space: 76, values: (u, splits) => splits.map((value, i) => i === splits.length - 1 ? count(value) + " ev." : count(value)) }, common],
      series: [{}, { label: "batch", paths: () => null, points: { show: false } }], hooks: { draw: [drawBatches] } }, [[0], [0]], host) };
    new ResizeObserver(() => { if (host.clientWidth > 0) all.batches.plot.setSize({ width: host.clientWidth, height: 198 }); }).observe(host);
  }

  // Means over a moving stretch, weighed by events: single batches jump too much to be read.
  function smooth(mean, weight, width) {
    const sums = [0], weights = [0];
    mean.forEach((value, i) => {
      sums.push(sums[i] + (known(value) ? value * weight[i] : 0));
      weights.push(weights[i] + (known(value) ? weight[i] : 0));
    });
    return mean.map((_, i) => {
      const from = Math.max(0, i + 1 - width), total = weights[i + 1] - weights[from];
      return total > 0 ? (sums[i + 1] - sums[from]) / total : null;
    });
  }

  function update(series, query) {
    if (!all) create();
    const x = series.rate.map((_, i) => (series.start_ms + i * series.width_ms) / 1000);
    const end = series.now_ms / 1000, first = Math.max(end - series.range_ms / 1000, query.first_ms / 1000 - 1);
    plotRange = [Math.min(first, end - 10), end];
    span = plotRange[1] - plotRange[0];
    const n = Math.max(5, Math.round(span / 24 / (series.width_ms / 1000)));
    const flat = value => x.map(() => value ?? null);
    const set = (chart, ...columns) => chart.plot.setData([x, ...columns]);
    set(all.arrivals, series.high, series.low, series.rate, series.forecast);
    marks = { own: series.own_triggers, shadow: series.shadow_triggers, counts: null };
    const counted = series.width_ms > 2000; // single triggers would stand closer than pixels, or are no longer known
    if (counted) marks.counts = { x, width: series.width_ms / 1000, own: series.batches, shadow: series.shadow_batches };
    set(all.triggers, series.shadow_batches, series.batches);
    set(all.waits, smooth(series.shadow_wait_s, series.shadow_events, n), smooth(series.own_wait_s, series.own_events, n));
    set(all.pending, series.pending);
    set(all.cost, series.cost.map(cost => known(cost) ? cost * 100 : null), flat(100));
    set(all.interval, flat(query.config && query.config.trigger_s), series.interval_s, series.batch_s.map((took, i) => series.batches[i] > 0 ? took : null));
    all.confidence.host.hidden = !series.confidence.some(known);
    set(all.confidence, series.confidence.map(value => known(value) ? value * 100 : null));
    batches.dots = !counted
      ? series.own_triggers.filter(mark => mark[2] >= 0).map(mark => [mark[1], mark[2] / 1000])
      : series.batches.map((many, i) => many > 0 && known(series.batch_s[i]) ? [series.batch_events[i] / many, series.batch_s[i]] : null).filter(Boolean);
    batches.learned = query.cost ? query.cost.events.map((events, i) => [events, query.cost.seconds[i]]) : [];
    const points = batches.dots.concat(batches.learned).sort((a, b) => a[0] - b[0]);
    all.batches.plot.setData([points.map(point => point[0]), points.map(point => point[1])]);
    describe(series, query);
  }

  // What a screen reader is told of each chart.
  function describe(series, query) {
    const last = column => column.filter(known).at(-1), most = column => Math.max(0, ...column.filter(known));
    const say = (chart, text) => all[chart].host.setAttribute("aria-label", text);
    say("arrivals", `Arrival rate: now ${rate(last(series.rate))}, at most ${rate(most(series.rate))}.`);
    const own = series.batches.reduce((a, b) => a + b, 0), shadow = series.shadow_batches.reduce((a, b) => a + b, 0);
    say("triggers", `${own} batches by the adaptive trigger, ${shadow} your trigger would have started.`);
    say("waits", `Mean wait: ${seconds(last(series.own_wait_s))}, with your trigger ${seconds(last(series.shadow_wait_s))}.`);
    say("pending", `Pending events: now ${count(last(series.pending))}, at most ${count(most(series.pending))}.`);
    say("cost", `Waiting of what is pending has cost ${known(last(series.cost)) ? percent(last(series.cost) * 100) : "nothing known"} of a batch.`);
    say("interval", `Planned interval ${seconds(last(series.interval_s))}, batch time ${seconds(last(series.batch_s))}.`);
    say("batches", `Time of ${batches.dots.length} batches by their number of events.`);
    say("confidence", `Confidence in the forecast: ${known(last(series.confidence)) ? percent(last(series.confidence) * 100) : "none"}.`);
  }

  function redraw() { if (all) Object.values(all).forEach(chart => chart.plot.redraw(false, true)); }

  return { update, redraw, onChoose, clockOf, count, seconds, rate, percent, known };
})();
