/** A chart of stacked bars, one bar per day. */

import { h, svg } from "./dom.js";

const HEIGHT = 260;
const LEFT = 70;
const BOTTOM = 30;
const TOP = 12;
const LINES = 4;
const MAX_BAR_WIDTH = 60;
const LABEL = 110;

const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
/** For costs, which may be small. */
const EXACT = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });

/**
 * Draws a chart.
 *
 * @param series `[{ name, values }]`, with a value for each day
 */
export function chart({ title, days, series }) {
  // The units of the drawing are about as large as the page's pixels, so that the labels are readable.
  const width = matchMedia("(max-width: 480px)").matches ? 380 : 1000;
  const totals = days.map((_, index) => series.reduce((sum, one) => sum + one.values[index], 0));
  const top = roundUp(Math.max(...totals));
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const step = (width - LEFT) / days.length;
  const barWidth = Math.min(MAX_BAR_WIDTH, step * 0.75);
  const labelEvery = Math.ceil(days.length * LABEL / width);
  return h("figure", { class: "chart" },
    h("figcaption", {}, title),
    svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `${title}. ${EXACT.format(totals.reduce((a, b) => a + b, 0))} in total. The table below has the numbers.` },
      Array.from({ length: LINES + 1 }, (_, index) => top * index / LINES).map((value) => [
        svg("line", { class: "grid", x1: LEFT, x2: width, y1: y(value), y2: y(value) }),
        svg("text", { class: "label", x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, SHORT.format(value)),
      ]),
      days.map((day, index) => {
        const x = LEFT + step * index + (step - barWidth) / 2;
        let sum = 0;
        return [
          index % labelEvery === 0 && svg("text", { class: "label", x: x + barWidth / 2, y: HEIGHT - 10, "text-anchor": "middle" }, day.slice(5)),
          series.filter((one) => one.values[index] > 0).map((one) => {
            const value = one.values[index];
            const bar = svg("rect", { class: `series-${series.indexOf(one)}`, x, width: barWidth, y: y(sum + value), height: y(sum) - y(sum + value) },
              svg("title", {}, `${day}, ${one.name}: ${EXACT.format(value)}`));
            sum += value;
            return bar;
          }),
        ];
      })),
    h("ul", { class: "legend" }, series.map((one, index) => h("li", { class: `series-${index}` }, one.name))));
}

/** Rounds up to 1, 2, 4 or 5 times a power of ten, so that the grid lines have round numbers. */
function roundUp(value) {
  if (value <= 0) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value);
}
