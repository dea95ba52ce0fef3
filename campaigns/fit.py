"""`sc-hw fit` on designs that do not fit, or miss a rate; and its search against an exhaustive one.

`python -m campaigns.fit --out reports` writes fit.json and fit.md. Candidates are priced by Yosys
and nextpnr's packer. In the first part nothing is placed: the lanes that the search finds are
compared with the most that fit, found by trying all numbers of lanes up to the second one in a row
that does not fit. In the second part designs are made to fit, placed and routed, or refused.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from sc_hw.bitstream.fit import Search, fit, search_on
from sc_hw.bitstream.lanes import lane_counts
from sc_hw.boards import load_board
from sc_hw.errors import BoardError
from sc_hw.files import write_json
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec

SCHEMA = "sc-hw.fit.v1"
# board, inputs, neurons: small, for all of their lanes are synthesised
EXHAUSTIVE = (("icebreaker", 16, 4), ("hx8k-breakout", 16, 8), ("icebreaker", 64, 10))
# board, inputs, neurons, lanes that the design names, steps a second that are needed
DESIGNS: tuple[tuple[str, int, int, int, float | None], ...] = (
    ("icebreaker", 16, 4, 16, None),
    ("icebreaker", 16, 4, 1, 100_000),
    ("icebreaker", 16, 4, 1, 5_000_000),
    ("icebreaker", 64, 16, 8, 10_000),
    ("icebreaker", 256, 10, 10, None),
    ("icebreaker", 1024, 256, 4, None),
    ("hx8k-breakout", 64, 16, 32, 20_000),
    ("hx8k-breakout", 512, 64, 1, None),
    ("colorlight-i5", 256, 64, 64, 20_000),
    ("tang-nano-9k", 64, 16, 16, 5_000),
)


def layer(inputs: int, neurons: int, lanes: int = 1) -> Design:
    """A layer with the default rule and neurons that compete."""
    return Design(
        name=f"layer_{inputs}_{neurons}",
        block="layer",
        layer=PlasticLayerSpec(inputs=inputs, neurons=neurons, lanes=lanes),
        neuron=NeuronSpec(threshold=4096, winner_take_all=True),
    )


def compared(board: str, inputs: int, neurons: int, root: Path) -> dict[str, Any]:
    """The search's lanes beside the most that fit."""
    design = layer(inputs, neurons)
    search = search_on(design, load_board(board), None, root, print)
    best = search.best(None)
    count = len(search.trials)
    most, misses = _exhaustive(search, lane_counts(design))
    return {
        "board": board,
        "inputs": inputs,
        "neurons": neurons,
        "lanes": best.choices["lanes"] if best else None,
        "ticks_per_s": best.ticks_per_s if best else None,
        "tried": count,
        "exhaustive_lanes": most,
        "exhaustive_ticks_per_s": search.trial_of(most).ticks_per_s if most else None,
        "exhaustive_tried": len(search.trials),
        "first_misses": misses,
    }


def _exhaustive(search: Search, counts: Sequence[int]) -> tuple[int | None, list[dict[str, Any]]]:
    """The most lanes that fit, and the two next that do not."""
    most: int | None = None
    misses: list[dict[str, Any]] = []
    for lanes in counts:
        trial = search.trial_of(lanes)
        if trial.fits:
            most, misses = lanes, []
        else:
            misses.append(trial.as_json()["bottleneck"] | {"lanes": lanes})
        if len(misses) == 2:
            break
    return most, misses


def made_to_fit(
    board: str, inputs: int, neurons: int, lanes: int, ticks: float | None, root: Path
) -> dict[str, Any]:
    """What `fit` makes of a design, or why it refuses it."""
    row = {"board": board, "inputs": inputs, "neurons": neurons, "lanes": lanes, "goal": ticks}
    start = time.monotonic()
    try:
        values = fit(
            layer(inputs, neurons, lanes), board, ticks=ticks, seeds=2, root=root, progress=print
        )
    except BoardError as error:
        return {**row, "refused": str(error), "seconds": round(time.monotonic() - start, 1)}
    board_build = values.pop("built")
    return {
        **row,
        "refused": None,
        **{key: values[key] for key in ("choices", "ticks_per_s", "bottleneck", "tried")},
        "fmax_mhz": board_build["fmax_mhz"],
        "timing_met": board_build["timing_met"],
        "bitstream_bytes": board_build["bitstream_bytes"],
        "seconds": round(time.monotonic() - start, 1),
    }


def markdown(values: dict[str, Any]) -> str:
    """Both tables."""
    lines = [
        "# What `sc-hw fit` chooses",
        "",
        f"Made by `{values['command']}`. No board was measured.",
        "",
        "| board | layer | lanes found | tried | most lanes that fit | tried for that |",
        "|---|---|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row['board']} | {row['inputs']} x {row['neurons']} | {row['lanes']} | {row['tried']} |"
        f" {row['exhaustive_lanes']} | {row['exhaustive_tried']} |"
        for row in values["exhaustive"]
    ]
    lines += [
        "",
        "| board | layer | lanes named | steps/s needed | outcome |",
        "|---|---|--:|--:|---|",
    ]
    for row in values["designs"]:
        goal = "as many as fit" if row["goal"] is None else f"{row['goal']:,.0f}"
        outcome = row["refused"]
        if outcome is None:
            limit = row["bottleneck"]
            outcome = (
                f"{row['choices']['lanes']} lanes, {row['ticks_per_s']:,.0f} steps/s;"
                f" {limit['kind']} {limit['used']:,} of {limit['available']:,}"
            )
        lines.append(
            f"| {row['board']} | {row['inputs']} x {row['neurons']} | {row['lanes']} | {goal} |"
            f" {outcome} |"
        )
    return "\n".join([*lines, ""])


def command(exhaustive: int, designs: int) -> str:
    """The command that makes the report; with options where not all rows were run."""
    text = "python -m campaigns.fit --out reports"
    if exhaustive < len(EXHAUSTIVE):
        text += f" --exhaustive {exhaustive}"
    return text + (f" --designs {designs}" if designs < len(DESIGNS) else "")


def kept_rows(file: Path) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows of a report that is there, by part and case; none of another schema's."""
    if not file.is_file():
        return {}
    values = json.loads(file.read_text(encoding="utf-8"))
    if values.get("schema_version") != SCHEMA:
        return {}
    layer_keys = ("board", "inputs", "neurons")
    keys: dict[str, tuple[str, ...]] = {
        "exhaustive": layer_keys,
        "designs": (*layer_keys, "lanes", "goal"),
    }
    return {
        (part, *(row[key] for key in names)): row
        for part, names in keys.items()
        for row in values[part]
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both parts; the report is written after each row, and `--resume` takes up its rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--exhaustive", type=int, default=len(EXHAUSTIVE), help="rows of part one")
    parser.add_argument("--designs", type=int, default=len(DESIGNS), help="rows of part two")
    parser.add_argument("--resume", action="store_true", help="keep the report's rows")
    options = parser.parse_args(arguments)
    values: dict[str, Any] = {
        "schema_version": SCHEMA,
        "command": command(options.exhaustive, options.designs),
        "hardware_measurement_claimed": False,
        "exhaustive": [],
        "designs": [],
    }

    def write() -> None:
        write_json(options.out / "fit.json", values)
        write_report(options.out, "fit", markdown(values))

    rows = kept_rows(options.out / "fit.json") if options.resume else {}
    for case in EXHAUSTIVE[: options.exhaustive]:
        row = rows.get(("exhaustive", *case))
        values["exhaustive"].append(row or compared(*case, options.build))
        write()
    for design in DESIGNS[: options.designs]:
        row = rows.get(("designs", *design))
        values["designs"].append(row or made_to_fit(*design, options.build))
        write()


if __name__ == "__main__":
    main()
