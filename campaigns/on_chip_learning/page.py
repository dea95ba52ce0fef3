"""The report on networks that learn on the chip, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.on_chip_learning.rows import BEFORE, MARKS, SEEDS
from campaigns.on_chip_learning.trials import trial_lines
from campaigns.on_chip_learning.verilog import SHOWN


def page(report: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    lines = [
        "# Networks that learn on the chip, hidden layers too",
        "",
        f"`{report['command']}`",
        "",
        "Integers alone: weights of 8 bits where nothing else is said, no other memory a synapse,"
        " one sample and one update at a time, from random weights. The",
        "compiled golden model computed all rows; what it computes and what the papers have:"
        " [docs/learning_on_chip.md](../docs/learning_on_chip.md).",
        "",
        "| task | kind | samples shown | right, mean | deviation | worst | over | floor | goal |"
        " samples with an error | synapses updated a sample | samples/s |",
        "|---|---|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|",
    ]
    for each in rows_of(report):
        deviation = each["deviation"]
        cells = [
            each["task"],
            each["kind"],
            f"{each['samples']:,}",
            f"{100 * each['mean']:.2f} %",
            "-" if deviation is None else f"{100 * deviation:.2f}",
            f"{100 * each['worst']:.2f} %",
            each["over"],
            *(f"{100 * each[key]:.1f} %" if key in each else "" for key in ("floor", "goal")),
            f"{100 * each['samples_with_an_error']:.0f} %"
            if "samples_with_an_error" in each
            else "-",
            f"{100 * each['share_updated']:.1f} %" if "share_updated" in each else "-",
            f"{each['samples_per_s']:,}" if "samples_per_s" in each else "-",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += [
        "",
        "*Readout alone*: the hidden layer keeps its random weights. *Floating point*: the same"
        " network without rounding or bounds of weights. Synapses updated: words that are",
        "written, with all their lanes, as a share of all synapses. Samples a second: processor"
        " time of one core, on a machine with other work.",
        "",
        *(f"Not run: {each}." for each in report.get("missing", ())),
        *([""] if report.get("missing") else []),
        *drift_lines(report["drift"] or []),
        "",
        *pytorch_lines(report["pytorch"] or []),
        "",
        *rtl_lines(report),
        "",
        *trial_lines(report),
        *speed_lines(report["speed"]),
        "## Where settings were chosen",
        "",
        *(f"* {task}: {text}." for task, text in report["chosen"].items()),
    ]
    return "\n".join(lines) + "\n"


def rows_of(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of all tasks that were run."""
    return [each for part in ("digits", "mnist", "fashion") for each in report[part] or []]


def speed_lines(figures: Mapping[str, Any] | None) -> list[str]:
    """How fast the compiled model learns."""
    if figures is None:
        return []
    return [
        f"The compiled golden model learns {figures['per_s']:,} samples a second of 784-128-10, the"
        f" first {figures['samples']:,} from random weights on, on one core.",
        "",
    ]


def pytorch_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Networks that were trained in PyTorch, and go on learning."""
    if not rows:
        return ["## From PyTorch", "", "Not run (`--part pytorch`)."]
    lines = [
        "## From PyTorch",
        "",
        f"Digits, 64-128-10, trained in PyTorch, then on the chip; the sensor changes, and the chip"
        f" learns from {rows[0]['samples']:,} samples more (`examples/on_chip/from_pytorch.py`)."
        f" Right answers on the test, means of {rows[0]['seeds']} splits. The first split",
        "in Verilog, too: answers, and values of the state at the end, that are not the model's.",
        "",
        "| change | in PyTorch | on the chip | behind the change | learned on | worst |"
        " other answers | other values of the state |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for each in rows:
        shares = [each[key] for key in ("trained", "before", "changed", "after", "worst")]
        lines.append(
            f"| {each['change']} | "
            + " | ".join(f"{share:.3f}" for share in shares)
            + f" | {each['other_answers']} | {each['other_values']} |"
        )
    return lines


def rtl_lines(report: Mapping[str, Any]) -> list[str]:
    """Runs in Verilog."""
    missing = [kind for kind in SHOWN if not report.get(f"rtl_{kind}")]
    lines = [
        "## In Verilog",
        "",
        "Whole runs of `top.v`, compiled by Verilator, beside the model: every answer, and at the"
        " end every weight, age and register. Clocks with those of all loads; seconds of one core.",
        "",
        "| run | samples | synapses updated | clocks | s | other answers |"
        " other values of the state | right at the end |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for kind in SHOWN:
        if kind in missing:
            continue
        each = report[f"rtl_{kind}"]
        lines.append(
            f"| {each['task']} | {each['samples']:,} | {each['synapse_updates']:,} |"
            f" {each['clocks']:,} | {each['seconds']:,} | {each['other_answers']} |"
            f" {each['other_values_of_the_state']} of {each['values_of_the_state']:,} |"
            f" {100 * each['right']:.2f} % |"
        )
    if missing:
        lines += ["", "Not run: " + ", ".join(f"`--part rtl_{kind}`" for kind in missing) + "."]
    return lines


def drift_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a change of the sensor does."""
    marks = [f"{mark:,}" for mark in MARKS]
    lines = [
        "## A sensor that changes",
        "",
        f"784-128-10, handwritten digits; after {BEFORE:,} samples the sensor changes, and the"
        f" network goes on learning. Right answers, means of {SEEDS} seeds; in brackets the floor,"
        " which is that of the research",
        "prototype (three seeds). *rewired*: every pixel on another wire; *shifted*: by 4 pixels;"
        " *dead*: three of ten pixels dark, the others half as bright.",
        "",
        "| change | told | kind | before | at once | " + " | ".join(marks[1:]) + " | worst |",
        "|---|---|---|" + "--:|" * (len(MARKS) + 2),
    ]
    for each in rows:
        floors = each["floors"] or {}
        cells = [
            f"{share:.3f}" + (f" ({floors[mark]:.3f})" if mark in floors else "")
            for mark, share in each["after"].items()
        ]
        lines.append(
            f"| {each['change']} | {each['told']} | {each['kind']} | {each['before']:.3f} | "
            + " | ".join(cells)
            + f" | {each['worst_at_the_end']:.3f} |"
        )
    return lines
