// SPDX-License-Identifier: Apache-2.0
// How a report's page looks: light and dark as the reader's system is, light on paper; as many
// figures beside one another as fit. All text has at least the contrast that WCAG AA asks for.
#pragma once

#include <string_view>

namespace mx::cli {

inline constexpr std::string_view kReportStyle = R"(
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --soft: #57606a; --grid: #e3e6ea;
  --s0: #0b5cad; --s1: #a34700; --s2: #1f6f43; --s3: #7a3e9d; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #14171b; --ink: #e3e7eb; --soft: #a0a9b3; --grid: #2e343b;
    --s0: #7db8f5; --s1: #f0a45d; --s2: #7fcf9f; --s3: #cfa4ec; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1320px; padding: 1.2rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
p { margin: 0 0 .3rem; }
pre, .lead { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; }
pre { margin: 0 0 1rem; padding: .6rem .8rem; border: 1px solid var(--grid); border-radius: 4px; }
.figures { display: grid; gap: 1.2rem 2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 360px), 1fr)); }
figure { margin: 0; max-width: 460px; break-inside: avoid; }
figcaption { font-weight: 600; margin-bottom: .2rem; }
figure svg { display: block; width: 100%; height: auto; overflow: visible;
  font: 12px system-ui, "Helvetica Neue", Arial, sans-serif; }
.grid { stroke: var(--grid); } .axis { stroke: var(--soft); }
text.soft { fill: var(--soft); }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.ring { fill: var(--paper); stroke-width: 1.6; }
path.s0, .ring.s0 { stroke: var(--s0); } text.s0, .dot.s0 { fill: var(--s0); }
path.s1, .ring.s1 { stroke: var(--s1); } text.s1, .dot.s1 { fill: var(--s1); }
path.s2, .ring.s2 { stroke: var(--s2); } text.s2, .dot.s2 { fill: var(--s2); }
path.s3, .ring.s3 { stroke: var(--s3); } text.s3, .dot.s3 { fill: var(--s3); }
@media (min-width: 1000px) { .two { display: grid; gap: 0 3rem;
  grid-template-columns: minmax(0, auto) minmax(0, 1fr); } td.n { white-space: nowrap; } }
.rest { columns: 13rem; } .rest div { break-inside: avoid; overflow-wrap: anywhere; }
.rest span, small, th { color: var(--soft); } small { font-size: .9em; }
.wide { overflow-x: auto; margin: 0 0 1.4rem; break-inside: avoid; }
table { border-collapse: collapse; min-width: min(100%, 16rem); }
caption { text-align: left; font-weight: 600; padding-bottom: .2rem; }
th, td { text-align: left; vertical-align: top; padding: .14rem 1.1rem .14rem 0;
  border-bottom: 1px solid var(--grid); }
th { font-weight: 400; } .long { display: inline-block; max-width: 14rem; overflow-wrap: anywhere; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
.bar { display: inline-block; width: 6rem; height: .7em; margin-left: .6rem; background: var(--grid); }
.bar rect { fill: var(--s0); }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } .wide { overflow: visible; }
  .figures { grid-template-columns: 1fr 1fr; }  h2 { break-after: avoid; } .bar { print-color-adjust: exact; } }
)";

}  // namespace mx::cli
