"""The verilated design as a shared library: built once for a text, taken from the build folder from
then on.

`python -m sim.library BUILD_FOLDER [--waves]` builds it and prints where it lies; `sim.rtl` loads
it, or for a network `sim.network`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.compiled import compiled, mangled
from sim.design import CLOCK, BuildFolderError, Dut, read_build, read_manifest
from sim.harness import SimulationError
from sim.network_design import BLOCK
from sim.network_library import build_network_library

# What a block tells beside its streams: an event by its valid bit, and the ports that go with it.
EVENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "lane": {},
    "bank": {"updated": ("updated_address", "updated_state")},
    "layer": {"spike": ("neuron",), "done": ()},
}
VERILATOR = (
    "--cc",
    "--prefix",
    "Vdut",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--noassert",
    "-Wno-fatal",
    "-Wno-WIDTH",
)
COMPILE = ("-O3", "-fPIC", "-march=native")

_DRIVER = """
#include "Vdut.h"
#include "verilated.h"
{trace_include}
#include <cstdint>
#include <cstring>

namespace {{

struct Array {{ const void *data; int64_t kind; }};  // bytes of an element, negative if signed; 0: one int64 for all clocks

inline int64_t get(const Array &a, int64_t i) {{
  switch (a.kind) {{
    case 1: return ((const uint8_t *)a.data)[i];
    case -1: return ((const int8_t *)a.data)[i];
    case 2: return ((const uint16_t *)a.data)[i];
    case -2: return ((const int16_t *)a.data)[i];
    case 4: return ((const uint32_t *)a.data)[i];
    case -4: return ((const int32_t *)a.data)[i];
    case 0: return *(const int64_t *)a.data;
    default: return ((const int64_t *)a.data)[i];
  }}
}}

template <int BITS, typename P> inline void put_narrow(P &port, uint64_t value) {{
  port = BITS < 64 ? value & ((1ULL << (BITS & 63)) - 1) : value;
}}
template <int BITS, typename P> inline void put_wide(P &port, const uint64_t *words) {{
  for (int w = 0; w < (BITS + 31) / 32; w++) port[w] = (uint32_t)(words[w / 2] >> (32 * (w & 1)));
  if (BITS % 32) port[BITS / 32] &= (1U << (BITS % 32)) - 1;
}}
template <int BITS, typename P> inline void get_wide(uint64_t *words, const P &port) {{
  for (int w = 0; w < (BITS + 63) / 64; w++) words[w] = 0;
  for (int w = 0; w < (BITS + 31) / 32; w++) words[w / 2] |= (uint64_t)port[w] << (32 * (w & 1));
}}
template <int BITS> inline int64_t extended(uint64_t value) {{ return (int64_t)(value << (64 - BITS)) >> (64 - BITS); }}

struct Rtl {{
  VerilatedContext context;
  Vdut top{{&context}};
  {trace_member}
  int64_t cycles = 0;

  Rtl() {{ {trace_on} }}
  void rise() {{
    top.{clock} = 1;
    top.eval();
    {trace_dump_high}
    cycles++;
  }}
  void fall() {{
    top.{clock} = 0;
    top.eval();
    {trace_dump_low}
  }}
}};

}}  // namespace

extern "C" {{

Rtl *rtl_new() {{ return new Rtl; }}
void rtl_delete(Rtl *rtl) {{ delete rtl; }}
int64_t rtl_cycles(Rtl *rtl) {{ return rtl->cycles; }}
void rtl_trace(Rtl *rtl, const char *file) {{ {trace_open} }}

void rtl_reset(Rtl *rtl, int64_t clocks) {{
  Vdut &top = rtl->top;
  {zeros}
  top.rst = 1;
  for (int64_t i = 0; i < clocks; i++) {{ rtl->fall(); rtl->rise(); }}
  top.rst = 0;
}}

// Every clock a value for each input; the outputs behind the rising edge at which it counted.
void rtl_play(Rtl *rtl, int64_t count, const Array *in, void *const *out) {{
  Vdut &top = rtl->top;
  for (int64_t i = 0; i < count; i++) {{
    {play_in}
    rtl->fall();
    rtl->rise();
    {play_out}
  }}
}}

struct Source {{ const uint64_t *words; int64_t count; int64_t done; }};
struct Sink {{ uint64_t *words; int64_t *clocks; int64_t room; int64_t wanted; int64_t done; }};

// Words into the input streams and out of the output streams and events, at full speed, until all sources are empty and every
// sink has what it wants; how many clocks that took, or -1 where nothing has moved for `patience`.
int64_t rtl_transact(Rtl *rtl, Source *in, Sink *out, int64_t patience) {{
  Vdut &top = rtl->top;
  int64_t clocks = 0, still = 0;
  {sink_ready}
  for (;;) {{
    bool more = false;
    for (int s = 0; s < {sources}; s++) more |= in[s].done < in[s].count;
    for (int s = 0; s < {sinks}; s++) more |= out[s].done < out[s].wanted;
    if (!more) break;
    if (still > patience) return -1;
    {offer}
    rtl->fall();
    bool moved = false;
    {taken}
    {told}
    rtl->rise();
    clocks++;
    still = moved ? 0 : still + 1;
  }}
  {withdraw}
  return clocks;
}}

}}  // extern "C"
"""


def streams(dut: Dut) -> tuple[list[str], list[str]]:
    """Names of the input streams, and of the output streams."""
    ports = dut.manifest["ports"]
    valid = [port for port in ports if port["name"].endswith("__valid")]

    def named(direction: str) -> list[str]:
        return [
            port["name"].removesuffix("__valid") for port in valid if port["direction"] == direction
        ]

    return named("input"), named("output")


def sinks(dut: Dut) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Output streams and events: the valid bit and the ports of the payload."""
    found = {name: (f"{name}__valid", (f"{name}__payload",)) for name in streams(dut)[1]}
    return found | {name: (name, ports) for name, ports in EVENTS[dut.block].items()}


def words_of(bits: int) -> int:
    """64-bit words that so many bits take."""
    return max(1, -(-bits // 64))


def driver(dut: Dut, waves: bool) -> str:
    """The C++ around the verilated design."""
    ports = {port["name"]: port for port in dut.manifest["ports"]}
    width = {name: int(port["width"]) for name, port in ports.items()}
    inputs = [
        name for name, port in ports.items() if port["direction"] == "input" and name != CLOCK
    ]
    outputs = [name for name, port in ports.items() if port["direction"] == "output"]

    def put(name: str, words: str) -> str:
        kind = "wide" if width[name] > 64 else "narrow"
        return (
            f"put_{kind}<{width[name]}>(top.{mangled(name)},"
            f" {words if kind == 'wide' else f'*({words})'});"
        )

    play_in, play_out = [], []
    for number, name in enumerate(inputs):
        if width[name] <= 64:
            play_in.append(f"put_narrow<{width[name]}>(top.{mangled(name)}, get(in[{number}], i));")
    for number, name in enumerate(outputs):
        if width[name] > 64:
            continue
        kind = f"{'' if ports[name]['signed'] else 'u'}int{element_bits(width[name])}_t"
        value = f"top.{mangled(name)}"
        value = f"extended<{width[name]}>({value})" if ports[name]["signed"] else value
        play_out.append(f"if (out[{number}]) (({kind} *)out[{number}])[i] = {value};")
    offer, taken, withdraw = [], [], []
    for number, name in enumerate(streams(dut)[0]):
        payload, many = f"{name}__payload", words_of(width[f"{name}__payload"])
        valid = f"top.{mangled(name + '__valid')}"
        offer.append(f"{valid} = in[{number}].done < in[{number}].count;")
        offer.append(
            f"if ({valid}) {{ {put(payload, f'in[{number}].words + {many} * in[{number}].done')} }}"
        )
        taken.append(
            f"if ({valid} && top.{mangled(name + '__ready')}) {{ in[{number}].done++; moved ="
            " true; }"
        )
        withdraw.append(f"{valid} = 0;")
    told = []
    for number, (told_by, beside) in enumerate(sinks(dut).values()):
        many = sum(words_of(width[name]) for name in beside)
        lines, place = [], 0
        for name in beside:
            to = f"out[{number}].words + {many} * out[{number}].done + {place}"
            source = f"top.{mangled(name)}"
            lines.append(
                f"get_wide<{width[name]}>({to}, {source});"
                if width[name] > 64
                else f"*({to}) = {source};"
            )
            place += words_of(width[name])
        told.append(
            f"if (top.{mangled(told_by)}) {{ moved = true; if (out[{number}].done <"
            f" out[{number}].room) {{ {' '.join(lines)} out[{number}].clocks[out[{number}].done] ="
            f" clocks; }} out[{number}].done++; }}"
        )
    low, high = (
        "if (trace) trace->dump((uint64_t)(10 * cycles));",
        "if (trace) trace->dump((uint64_t)(10 * cycles + 5));",
    )
    opened = (
        "rtl->context.traceEverOn(true); rtl->trace = new VerilatedVcdC; rtl->top.trace(rtl->trace,"
        " 99); rtl->trace->open(file);"
    )
    return _DRIVER.format(
        trace_include='#include "verilated_vcd_c.h"' if waves else "",
        trace_member=(
            "VerilatedVcdC *trace = nullptr; ~Rtl() { if (trace) { trace->close(); delete"
            " trace; } }"
            if waves
            else ""
        ),
        trace_dump_low=low if waves else "",
        trace_dump_high=high if waves else "",
        trace_open=opened if waves else "(void)rtl; (void)file;",
        clock=CLOCK,
        trace_on="context.traceEverOn(true);" if waves else "",
        zeros=" ".join(
            (
                f"for (auto &word : top.{mangled(name)}.m_storage) word = 0;"
                if width[name] > 64
                else f"top.{mangled(name)} = 0;"
            )
            for name in inputs
        ),
        play_in="\n    ".join(play_in),
        play_out="\n    ".join(play_out),
        sources=len(streams(dut)[0]),
        sinks=len(sinks(dut)),
        sink_ready=" ".join(f"top.{mangled(name + '__ready')} = 1;" for name in streams(dut)[1]),
        offer="\n    ".join(offer),
        taken="\n    ".join(taken),
        told="\n    ".join(told),
        withdraw=" ".join(withdraw),
    )


def element_bits(width: int) -> int:
    """Bits of the narrowest integer of C that holds so many."""
    return next(bits for bits in (8, 16, 32, 64) if bits >= width)


def build_library(folder: Path, waves: bool = False) -> Path:
    """The library of a build folder, built unless it is there.

    Raises BuildFolderError for a folder that is no build, SimulationError where a tool is missing
    or fails.
    """
    if read_manifest(folder)["design"]["block"] == BLOCK:
        return build_network_library(folder, waves)
    dut = read_build(folder)
    if dut.block not in EVENTS:
        raise BuildFolderError(
            f"no library for block '{dut.block}': there are those of {', '.join((*EVENTS, BLOCK))}."
        )
    sources = {"top.v": dut.verilog.read_text(encoding="utf-8"), "driver.cc": driver(dut, waves)}
    return compiled(
        dut.folder,
        str(dut.manifest["top"]),
        sources,
        [*VERILATOR, *(("--trace",) if waves else ())],
        COMPILE,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: prints the library's path; 2 for a bad folder, 3 where a tool fails, with one
    line of why.
    """
    parser = argparse.ArgumentParser(prog="python -m sim.library", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--waves", action="store_true")
    given: Any = parser.parse_args(arguments)
    try:
        print(build_library(given.folder, given.waves))
    except BuildFolderError as error:
        print(error, file=sys.stderr)
        return 2
    except SimulationError as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
