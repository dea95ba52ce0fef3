"""The price model's report as a page: errors of the held-out designs as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def markdown(values: Mapping[str, Any]) -> str:
    """Errors of the held-out designs as a table."""
    lines = [
        "# The price model, on designs that it was not fitted to",
        "",
        f"Made by `{values['command']}`. No board was measured: LUT, FF, BRAM and DSP are Yosys'"
        " (with `estimate`'s frame taken off), the clock is nextpnr's with one seed.",
        "",
        "| held-out designs | number | LUT, median error | 90 % below | FF, median | FF exact |"
        " BRAM exact | DSP exact | Fmax, median error | 90 % below | with Fmax |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    learning = values["held_out_learning"]
    groups = {"all but networks that learn": values["held_out"]}
    groups["measured after the model's form was chosen"] = values["held_out_later"]
    groups |= values["held_out_by_target"] | values["held_out_by_block"]
    groups |= {f"both that learn, {target}": row for target, row in learning.items()}
    for name, row in groups.items():
        lut, ff, fmax = row["lut"], row["ff"], row["fmax_mhz"]
        cells = [
            str(row["designs"]),
            *_percent(lut),
            f"{ff['median_percent']} %",
            *(f"{row[unit]['exact']} of {row[unit]['designs']}" for unit in ("ff", "bram", "dsp")),
            *_percent(fmax),
            str(fmax["designs"]),
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    fit = values["fitted_to"]
    lines += [
        "",
        f"On the {fit['designs']} designs that it was fitted to the median errors are"
        f" {fit['lut']['median_percent']} % (LUT) and {fit['fmax_mhz']['median_percent']} % (Fmax)."
        " One seed of place and route by itself scatters by some 5 %.",
        "",
        *_learning_lines(values),
        f"Of at least {len(values['changed_since'])} designs today's generator makes other Verilog"
        " than was measured. What is predicted of them is of the Verilog that was.",
        "",
        f"Not measured: {len(values['failed'])} designs.",
        *(f"* {row['number']} on {row['target']}: {row['failed']}" for row in values["failed"]),
        "",
        "Clocks a step are the component's own (`timing` of the manifest), which the proofs of the"
        " blocks check; they are not fitted.",
        "",
    ]
    return "\n".join(lines)


def _percent(figure: Mapping[str, Any]) -> tuple[str, str]:
    """Median and 90th percentile of an error; a dash each where the model says nothing."""
    if not figure["designs"]:
        return "-", "-"
    return f"{figure['median_percent']} %", f"{figure['p90_percent']} %"


def _learning_lines(values: Mapping[str, Any]) -> list[str]:
    """What is to be known of networks that learn."""
    fit = values["fitted_to_learning"]
    if not fit["designs"]:
        return []
    medians = [fit[unit]["median_percent"] for unit in ("lut", "fmax_mhz")]
    return [
        "Networks that learn were drawn later, half of them held out before any was measured. The"
        " coefficients that all blocks share are those of the others; a block that learns has one"
        f" of its own for LUTs and one for the clock, fitted to {fit['designs']} designs (median"
        f" errors there {medians[0]} % and {medians[1]} %), and both of a target have the same"
        f" bars. Of {values['learning_drawn']} drawn the first were measured, as many as there was"
        f" time for. {values['least']} Clocks are fewer: in the frame some networks do not fit"
        " their device.",
        "",
    ]
