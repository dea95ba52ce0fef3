"""Error and cost of decay codes: `python -m campaigns.decay --out reports`.

A decay code is a short number that a synapse stores in place of a time constant; a table turns it
into a factor. For every size of code and every way to make the product the campaign writes the
worst and the mean relative error of the time constant over its range, and the LUTs, flip-flops,
block RAMs and multipliers that table and decay take after synthesis (input and saturation
included).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from campaigns.freshness.stamps import write_report
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family, load_family
from sc_hw.fabric.targets import Target, load_target
from sc_hw.files import write_json, write_text
from sc_hw.price.synthesis import count
from sc_hw.tools import find, run_yosys
from sc_hw.trained.lane import synapse_graph
from sc_hw.trained.table import TableMemory
from sc_model.graph import restrict
from sc_model.layer_kinds import hetsyn
from sc_model.spec import HetSynSpec, IntFormat

TARGETS = ("ice40-up5k", "ice40-hx8k", "ecp5-25f-6")
CODE_BITS = (3, 4, 5, 6, 7, 8)
TERMS = (1, 2, 3, 4, 0)  # shifted copies of the trace that make up the product; 0: a multiplier
TICK_MS = 1.0
TRACE_BITS, TRACE_FRACTION = 15, 8  # fits the multiplier of every family that has one
UNITS = ("lut", "ff", "bram", "dsp")
SCHEMA = "sc-hw.decay.v1"


class Decay(wiring.Component):
    """The part of a lane that turns a synapse's code and trace into its next trace.

    The lane's memories and its products with weights are left out, so that a synthesis of this
    component shows the cost of the decay alone. One synapse a clock; the latency is that of
    `update`.

    Parameters
    ----------
    spec : the layer whose synapses are meant.
    family : the family that the pipeline is cut for.

    Members
    -------
    code : in, code of the decay; it comes a clock before the others.
    trace : in, `trace_bits`, the trace before the tick.
    value : in, 1 bit, whether the input spikes.
    next : out, `trace_bits`, the trace after the tick.
    """

    def __init__(self, spec: HetSynSpec, family: Family) -> None:
        synapse = hetsyn.pipeline(spec, IntFormat(1), TICK_MS)
        self.table = TableMemory(synapse.tables["code"])
        self.update = Datapath(restrict(synapse_graph(synapse, family), ("trace",)), family.delay)
        super().__init__(
            {
                "code": In(len(self.table.code)),
                "trace": In(spec.trace_bits),
                "value": In(1),
                "next": Out(spec.trace_bits),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.table = table = self.table
        m.submodules.update = update = self.update
        m.d.comb += [table.code.eq(self.code), self.next.eq(update.o_trace)]
        # The table is a synchronous memory: its columns are there a clock after the code, together
        # with trace and value.
        operands = {"trace": self.trace, "value": self.value} | {
            str(name): table.columns[name] for name, _ in table.layout
        }
        for name in update.graph.variables:
            m.d.comb += getattr(update, f"i_{name}").eq(operands[name])
        return m


def cost(spec: HetSynSpec, target: Target, folder: Path) -> dict[str, Any]:
    """LUT, FF, BRAM and DSP of a decay on a target, and its latency in clocks.

    Raises
    ------
    ToolError
        Synthesis fails.
    """
    family = load_family(target.family)
    decay = Decay(spec, family)
    write_text(folder / "decay.v", to_verilog(decay, "decay", family))
    script = (
        f"read_verilog decay.v\n{target.synth} -top decay\nflatten\nopt_clean -purge\ntee -q -o"
        " decay.stat.json stat -json\n"
    )
    run_yosys(script, folder=folder, name="decay")
    cells = json.loads((folder / "decay.stat.json").read_text())["design"]["num_cells_by_type"]
    units = count(cells, target.cells)
    return {unit: units[unit] for unit in UNITS} | {"latency_clocks": decay.update.latency}


def decay_table() -> dict[str, Any]:
    """What `decay.json` holds: a row for each number of terms and size of code."""
    targets = [load_target(name) for name in TARGETS]
    rows = []
    with tempfile.TemporaryDirectory(prefix="sc-hw-decay-") as name:
        for terms in TERMS:
            for bits in CODE_BITS:
                spec = HetSynSpec(
                    name="decay",
                    inputs=1,
                    neurons=1,
                    terms=terms,
                    code_bits=bits,
                    trace_bits=TRACE_BITS,
                    trace_fraction=TRACE_FRACTION,
                )
                codes = spec.codes(TICK_MS)
                worst, mean = codes.errors()
                rows.append(
                    {
                        "terms": terms,
                        "code_bits": bits,
                        "factors": len(codes.factors),
                        "worst_error": round(worst, 4),
                        "mean_error": round(mean, 4),
                        "cost": {target.name: cost(spec, target, Path(name)) for target in targets},
                    }
                )
    return {
        "schema_version": SCHEMA,
        "command": "python -m campaigns.decay --out reports",
        "tick_ms": TICK_MS,
        "tau_ms": [spec.tau_min_ms, spec.tau_max_ms],
        "trace_bits": spec.trace_bits,
        "factor_shift": spec.factor_shift,
        "yosys": find("yosys").version,
        "rows": rows,
    }


def as_markdown(table: dict[str, Any]) -> str:
    """The table as Markdown."""
    low, high = table["tau_ms"]
    heads = "".join(f" {name}: LUT | FF | BRAM | DSP |" for name in TARGETS)
    widths = (
        f"{table['trace_bits']}-bit traces, factors of {table['factor_shift']} binary places, a"
        f" tick of {table['tick_ms']} ms"
    )
    lines = [
        "# Decay codes: error and cost",
        "",
        f"Made by `{table['command']}` (Yosys {table['yosys']}; {widths}).",
        (
            f"Errors are relative ones of the time constant over [{low}, {high}] ms. Costs are of"
            " table, decay, input and clamp,"
        ),
        (
            "pipelined for the family; synthesis alone. Terms are shifted copies added or"
            " subtracted, `x` is a multiplier with any"
        ),
        (
            "factor. The factors of a row are the best that there are (`sc_model/spec/decay.py`):"
            " with few terms more bits of code"
        ),
        (
            "make the mean error smaller, not the worst. Large tables go into a block RAM where"
            " synthesis finds that cheaper."
        ),
        "",
        f"| terms | bits of code | worst error | mean error |{heads}",
        "|---|---|---|---|" + "---|---|---|---|" * len(TARGETS),
    ]
    for row in table["rows"]:
        costs = [f"{row['cost'][name][unit]}" for name in TARGETS for unit in UNITS]
        errors = [f"{100 * row[key]:.1f} %" for key in ("worst_error", "mean_error")]
        lines.append(
            "| "
            + " | ".join([str(row["terms"] or "x"), str(row["code_bits"]), *errors, *costs])
            + " |"
        )
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Measure all codes, then write `decay.json` and `decay.md`."""
    parser = argparse.ArgumentParser(
        prog="python -m campaigns.decay", description="Error and cost of decay codes."
    )
    parser.add_argument("--out", type=Path, default=Path("reports"))
    out = parser.parse_args(arguments).out
    table = decay_table()
    write_json(out / "decay.json", table)
    write_report(out, "decay", as_markdown(table))
    print(f"wrote {out / 'decay.json'} and decay.md")


if __name__ == "__main__":
    main()
