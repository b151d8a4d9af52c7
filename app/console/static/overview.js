"use strict";

// Figures come as server-sent events, all of the past first; nothing here computes what the server knows.

const KEPT_LOOKS = 300;
const SILENT_MS_MAX = 8000;
const AGAIN_MS = 5000;
const language = document.documentElement.lang;
const words = document.getElementById("words");
const live = document.getElementById("live");
const looks = [];

const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium", hour12: false, timeZone: "Asia/Shanghai" });

function seconds(value) {
  if (value === null) return "–";
  if (value < 1) return `${whole.format(value * 1000)} ms`;
  if (value < 120) return `${fine.format(value)} s`;
  if (value < 7200) return `${whole.format(value / 60)} min`;
  return value < 172800 ? `${whole.format(value / 3600)} h` : `${whole.format(value / 86400)} d`;
}

// Fen are integers: the last two digits are split off, never divided.
function yuan(fen) {
  const digits = String(Math.abs(fen)).padStart(3, "0");
  return `${fen < 0 ? "−" : ""}${whole.format(Number(digits.slice(0, -2)))}.${digits.slice(-2)}`;
}

// A sentence of the page, its blanks filled.
const filled = (sentence, values) => sentence.replace(/{(\w+)}/g, (_, name) => values[name]);

const rate = (value) => (value < 10 ? fine : whole).format(value);

function tell(name, text, below) {
  for (const element of document.querySelectorAll(`[data-figure="${name}"]`)) element.textContent = text;
  if (below !== undefined) document.querySelector(`[data-below="${name}"]`).textContent = below;
}

function warn(name, isBad) {
  document.querySelector(`[data-tile="${name}"]`).classList.toggle("is-bad", isBad);
}

function show(look) {
  const refused = look.codes.reduce((sum, [, , count]) => sum + count, 0);
  tell("settled", rate(look.settled));
  tell("declined_share", look.answered ? percent.format(refused / look.answered) : "–");
  tell("record", seconds(look.record_p99), `${words.dataset.p50} ${seconds(look.record_p50)}`);
  tell("till", seconds(look.till_p99), `${words.dataset.p50} ${seconds(look.till_p50)}`);
  tell("lag", whole.format(look.lag), look.stalled_seconds < 10 ? words.dataset.partitions : seconds(look.stalled_seconds));
  warn("lag", look.stalled_seconds >= 10 || look.unowned > 0);
  tell("processes", filled(words.dataset.processes, look));
  tell("unowned", whole.format(look.unowned));
  tell("stalled", look.stalled_seconds ? seconds(look.stalled_seconds) : words.dataset.none);
  tell("unpublished", look.unpublished_seconds ? seconds(look.unpublished_seconds) : words.dataset.none);
  tell("dead_letters", whole.format(look.dead_letters));
  showTruths(look.truths);
  showCodes(look.codes, refused);
}

function showTruths(truths) {
  warn("imbalance", truths === null || truths.imbalance_fen !== 0);
  if (truths === null) {
    tell("imbalance", "?", words.dataset.noScheduler);
    for (const name of ["unsealed", "holds", "breaks", "verify"]) tell(name, "–");
    return;
  }
  tell("imbalance", yuan(truths.imbalance_fen), `${words.dataset.checked} ${clock.format(new Date(truths.read_at * 1000))}`);
  tell("unsealed", truths.day_unsealed_seconds ? seconds(truths.day_unsealed_seconds) : words.dataset.none);
  tell("holds", truths.holds_overdue_seconds ? seconds(truths.holds_overdue_seconds) : words.dataset.none);
  tell("breaks", whole.format(truths.breaks));
  const verified = { since: seconds(truths.verify_seconds), broken: whole.format(truths.verify_broken) };
  tell("verify", filled(words.dataset.verified, verified));
}

function meaning(code) {
  const found = words.content.querySelector(`[data-code="${CSS.escape(code)}"]`);
  return found ? found.textContent : "";
}

function showCodes(codes, refused) {
  const list = document.getElementById("codes");
  document.getElementById("no-codes").hidden = codes.length > 0;
  list.replaceChildren(
    ...codes.slice(0, 8).map(([status, code, count]) => {
      const item = document.createElement("li");
      const name = document.createElement("code");
      name.textContent = code;
      const figure = document.createElement("span");
      figure.textContent = whole.format(count);
      const bar = document.createElement("meter");
      bar.max = refused;
      bar.value = count;
      bar.setAttribute("aria-label", `${status} ${code}`);
      const said = document.createElement("p");
      said.textContent = meaning(code);
      item.append(name, figure, bar, said);
      return item;
    }),
  );
}

// Charts

function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function chart(id, columns, format) {
  const place = document.getElementById(id);
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: colour("--quiet"), grid, ticks: grid, font: "12px system-ui, sans-serif" };
  const options = {
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, low, high) => [0, Math.max(high * 1.15, 0.001)] } },
    axes: [
      { ...axis, values: (_, splits) => splits.map((at) => clock.format(new Date(at * 1000)).slice(0, 8)), space: 70, size: 34 },
      { ...axis, size: 64, values: (_, splits) => splits.map(format) },
    ],
    series: [
      {},
      { stroke: colour("--chart-1"), width: 2, spanGaps: false, points: { show: false } },
      { stroke: colour("--chart-2"), width: 2, spanGaps: false, points: { show: false } },
    ],
  };
  const data = () => [looks.map((look) => look.at), ...columns.map((name) => looks.map((look) => look[name]))];
  const drawn = new uPlot(options, data(), place);
  return {
    update: () => drawn.setData(data()),
    resize: () => drawn.setSize({ width: place.clientWidth, height: place.clientHeight }),
    remove: () => drawn.destroy(),
  };
}

let charts = [];

function draw() {
  charts.forEach((each) => each.remove());
  charts = [chart("throughput", ["settled", "declined"], rate), chart("latency", ["record_p99", "till_p99"], seconds)];
}

window.addEventListener("resize", () => charts.forEach((each) => each.resize()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

// The stream

let lastHeard = 0;

function tellState(state, text) {
  live.dataset.state = state;
  live.textContent = text;
}

function hear(event) {
  const known = looks.length ? looks[looks.length - 1].at : 0;
  looks.push(...JSON.parse(event.data).filter((look) => look.at > known));
  looks.splice(0, Math.max(0, looks.length - KEPT_LOOKS));
  if (!looks.length) return;
  lastHeard = Date.now();
  const newest = looks[looks.length - 1];
  show(newest);
  if (charts.length) charts.forEach((each) => each.update());
  else draw();
  tellState("on", `${live.dataset.on} · ${clock.format(new Date(newest.at * 1000))}`);
}

// A browser comes again by itself where the line broke, and not where it was answered by an error.
function listen() {
  const stream = new EventSource("/console/overview/stream");
  stream.addEventListener("looks", hear);
  stream.addEventListener("end", () => {
    stream.close();
    hasEnded = true;
    tellState("off", live.dataset.ended);
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED && !hasEnded) setTimeout(listen, AGAIN_MS);
  });
}

let hasEnded = false;
listen();
setInterval(() => {
  if (lastHeard && !hasEnded && Date.now() - lastHeard > SILENT_MS_MAX) tellState("off", live.dataset.off);
}, 1000);
