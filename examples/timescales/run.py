"""Time constants of their own for all synapses against shared ones: writes `timescales.json` and
`timescales.md`.

    python examples/timescales/run.py --out reports [--seeds 10] [--build build]

Some two minutes a seed on one core. What a seed has found is kept in `BUILD/timescales/`, so that a
run that was stopped goes on where it was. README.md says what the task is and how the settings were
chosen.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import torch
from memory import memory_capacities
from network import (
    BATCH,
    TASK,
    TEST,
    TRAIN,
    TUNE,
    UPDATES,
    VALIDATE,
    Contender,
    accuracy,
    counts,
    fit,
    fixed_point_accuracy,
    integers,
    network,
    stream,
    tensors,
    tuned,
)

from sc_hw.files import replacing
from sc_hw.seeds import SPREAD_HEAD, once, spread, spread_cells

SCHEMA = "sc-hw.timescales.v1"
HIDDEN = (0, 12)  # neurons of the hidden layer; 0: there is none
SYNAPSE, NEURON = Contender("synapse", (10.0,)), Contender("neuron", (10.0,))
FIXED = tuple(Contender("fixed", (tau,)) for tau in (5.0, 10.0, 20.0, 40.0, 80.0))
TRAINED = tuple(Contender("shared", taus) for taus in ((10.0,), (30.0,), (60.0, 10.0), (5.0, 80.0)))
SHARED = (*FIXED, *TRAINED)
RATES = (0.01, 0.02, 0.04)
FOR_RATES = {
    "synapse": SYNAPSE,
    "neuron": NEURON,
    "fixed": Contender("fixed", (40.0,)),
    "shared": Contender("shared", (30.0,)),
}
SETTINGS_SEEDS = (
    100,
    101,
)  # the task and the learning rates were chosen on these, and nothing is reported of them but that
CODE_BITS = (5, 6, 8)
VALIDATION, TESTED, EXPORTED = 500, 1_000, 100  # sequences


def trained(contender: Contender, hidden: int, seed: int, rate: float) -> torch.nn.Sequential:
    """A network after training: the same sequences and the same number of updates for every
    contender of a seed.
    """
    net = network(contender, hidden, seed)
    fit(net, rate, stream(seed, TRAIN))
    return net


def settings() -> dict[str, dict[str, dict[str, float]]]:
    """Mean validation accuracy over the settings' seeds: by hidden neurons, kind of contender and
    learning rate.
    """
    shares: dict[str, dict[str, dict[str, float]]] = {}
    for hidden in HIDDEN:
        for name, contender in FOR_RATES.items():
            for rate in RATES:
                right = []
                for seed in SETTINGS_SEEDS:
                    net = trained(contender, hidden, seed, rate)
                    right.append(accuracy(net, *tensors(VALIDATION, stream(seed, VALIDATE))))
                shares.setdefault(str(hidden), {}).setdefault(name, {})[str(rate)] = (
                    statistics.mean(right)
                )
                print(
                    f"settings: {hidden:2} hidden, {name:8} rate {rate}:"
                    f" {statistics.mean(right):.3f}",
                    flush=True,
                )
    return shares


def kinds(hidden: int) -> dict[str, tuple[Contender, ...]]:
    """Contenders of a kind, of which validation chooses one. Of a single layer, one time constant a
    layer is one for all.
    """
    shared = {"single": FIXED, "layer": TRAINED} if hidden else {"single": SHARED}
    return {"synapse": (SYNAPSE,), "neuron": (NEURON,), **shared}


def best_rate(shares: dict[str, Any], hidden: int, tau: str) -> float:
    """The learning rate that did best on the settings' seeds."""
    by_rate: dict[str, float] = shares[str(hidden)][tau]
    return float(max(by_rate, key=lambda rate: by_rate[rate]))


def one(contender: Contender, hidden: int, seed: int, rate: float) -> dict[str, Any]:
    """Accuracies of one contender in one seed; with trained time constants for all synapses also
    their range and, of two layers, what is left in integers.
    """
    net = trained(contender, hidden, seed, rate)
    test = tensors(TESTED, stream(seed, TEST))
    figures: dict[str, Any] = {
        "validation": accuracy(net, *tensors(VALIDATION, stream(seed, VALIDATE))),
        "test": accuracy(net, *test),
        "tau_ms": [
            [float(q) for q in np.quantile(layer.export().tau, (0.05, 0.5, 0.95))] for layer in net
        ],
    }
    if contender is SYNAPSE and hidden:
        figures |= quantised(net, seed, rate, test)
    print(f"seed {seed}, {hidden:2} hidden, {contender.name:12}: {figures['test']:.3f}", flush=True)
    return figures


def one_seed(seed: int, rates: dict[str, Any], folder: Path) -> dict[str, Any]:
    """All contenders of a seed, and which of a kind validation chooses."""
    result: dict[str, Any] = {"seed": seed}
    for hidden in HIDDEN:
        contenders = {}
        for contender in (SYNAPSE, NEURON, *SHARED):
            file = (
                folder
                / f"seed{seed}"
                / f"{hidden}-{contender.name.replace('/', '-').replace(' ', '-')}.json"
            )
            rate = best_rate(rates, hidden, contender.tau)
            contenders[contender.name] = once(
                file, lambda c=contender, h=hidden, r=rate: one(c, h, seed, r)
            )
        choices = {
            kind: max(
                (contender.name for contender in group),
                key=lambda name: contenders[name]["validation"],
            )
            for kind, group in kinds(hidden).items()
        }
        result[str(hidden)] = {"contenders": contenders, "chosen": choices}
    return result


def quantised(
    net: torch.nn.Sequential, seed: int, rate: float, test: tuple[torch.Tensor, torch.Tensor]
) -> dict[str, Any]:
    """Accuracies of the network in integers, and how often its export into float64 gives the answer
    that torch gives.
    """
    x, labels = test[0].numpy().astype(np.int64), test[1].numpy()
    figures: dict[str, Any] = {"rounded": {}, "tuned": {}}
    for bits in CODE_BITS:
        figures["rounded"][str(bits)] = fixed_point_accuracy(integers(net, bits), x, labels)
        trained_on = tuned(net, bits, rate, stream(seed, TUNE))
        figures["tuned"][str(bits)] = fixed_point_accuracy(integers(trained_on, bits), x, labels)
    with torch.no_grad():
        answers = counts(net, test[0][:, :EXPORTED]).argmax(1).numpy()
    layers, same = [layer.export() for layer in net], 0
    for k in range(EXPORTED):
        fired = test[0][:, k].double().numpy()
        for layer in layers:
            layer.reset()
            fired = layer.run(fired)
        same += int(fired[-TASK.window :].sum(0).argmax() == answers[k])
    figures["export_agrees"] = same / EXPORTED
    return figures


# --- report ---------------------------------------------------------------------------------------


def summary(seeds: list[dict[str, Any]]) -> dict[str, Any]:
    """Spreads over the seeds, and of the differences seed by seed."""
    result: dict[str, Any] = {}
    for hidden in HIDDEN:
        rows = [seed[str(hidden)] for seed in seeds]
        best = {
            kind: [row["contenders"][row["chosen"][kind]]["test"] for row in rows]
            for kind in kinds(hidden)
        }
        figures: dict[str, Any] = {
            "best": {kind: spread(values) for kind, values in best.items()},
            "synapse_over": {
                kind: spread([a - b for a, b in zip(best["synapse"], values, strict=True)])
                for kind, values in best.items()
                if kind != "synapse"
            },
            "contenders": {
                contender.name: spread([row["contenders"][contender.name]["test"] for row in rows])
                for contender in SHARED
            },
        }
        if hidden:
            exact = [row["contenders"][SYNAPSE.name] for row in rows]
            for how in ("rounded", "tuned"):
                figures[how] = {
                    str(bits): spread([row[how][str(bits)] for row in exact]) for bits in CODE_BITS
                }
                figures[f"{how}_over_float"] = {
                    str(bits): spread([row[how][str(bits)] - row["test"] for row in exact])
                    for bits in CODE_BITS
                }
            figures["export_agrees"] = spread([row["export_agrees"] for row in exact])
        result[str(hidden)] = figures
    return result


TITLES = {
    "0": "One layer: 24 inputs, 4 neurons",
    "12": "Two layers: 24 inputs, 12 neurons, 4 neurons",
}
NAMES = {
    "synapse": "trained, one a synapse",
    "neuron": "trained, one a neuron",
    "layer": "trained, one a layer: the best of four beginnings, by validation",
    "single": "one for the whole network: the best by validation",
}


def markdown(report: dict[str, Any]) -> str:
    """The report's page: a section for each network, memory capacity, learning rates."""
    lines = [
        "# Time constants of their own for all synapses, against shared ones",
        "",
        (
            f"Made by `{report['command']}`; {len(report['seeds'])} seeds, {TESTED:,} test"
            " sequences each."
        ),
        (
            "The task, the protocol and what the rows mean:"
            " [examples/timescales/README.md](../examples/timescales/README.md)."
        ),
        "Share of right answers; chance is 0.25. `sd` is over seeds.",
        "",
    ]
    for hidden in map(str, HIDDEN):
        figures = report["summary"][hidden]
        lines += [*accuracies(figures, hidden), *shared_ones(figures, hidden), ""]
        if "tuned" in figures:
            lines += in_fixed_point(figures)
    lines += [*memory_capacity(report), "", *learning_rates(report)]
    return "\n".join(lines) + "\n"


def accuracies(figures: dict[str, Any], hidden: str) -> list[str]:
    """Lines about the best of each kind of time constants, with that many hidden neurons."""
    lines = [
        f"## {TITLES[hidden]}",
        "",
        f"| time constants {SPREAD_HEAD[0]}",
        f"|---{SPREAD_HEAD[1]}",
    ]
    lines += [
        f"| {NAMES[kind]} | {spread_cells(values)}" for kind, values in figures["best"].items()
    ]
    lines += ["", "Accuracy with one a synapse over the others, seed by seed:", ""]
    lines += [f"| over {SPREAD_HEAD[0]}", f"|---{SPREAD_HEAD[1]}"]
    lines += [
        f"| {NAMES[kind]} | {spread_cells(values, '+')}"
        for kind, values in figures["synapse_over"].items()
    ]
    return lines


def shared_ones(figures: dict[str, Any], hidden: str) -> list[str]:
    """Lines about each setting of shared time constants."""
    lines = [
        "",
        "All shared ones:",
        "",
        f"| time constants {SPREAD_HEAD[0]}",
        f"|---{SPREAD_HEAD[1]}",
    ]
    for contender in SHARED:
        taus = " and ".join(
            f"{tau:g}" for tau in (contender.tau_ms if int(hidden) else contender.tau_ms[:1])
        )
        what = (
            f"fixed at {taus} ms"
            if contender.tau == "fixed"
            else f"trained, one a layer, from {taus} ms"
        )
        lines.append(f"| {what} | {spread_cells(figures['contenders'][contender.name])}")
    return lines


def in_fixed_point(figures: dict[str, Any]) -> list[str]:
    """Lines about the same networks in integers."""
    lines = [
        (
            "In integers: weights of 8 bits, decay codes of three shifted copies, the same"
            " networks (`rounded`), and"
        ),
        (
            "after 100 more updates with straight-through rounding (`tuned`). Differences"
            " are from the float network of the"
        ),
        "same seed; the extra updates alone may be part of what `tuned` gains.",
        "",
        "| in fixed point | mean | sd | least | greatest | mean difference |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for how in ("rounded", "tuned"):
        for bits in map(str, CODE_BITS):
            cells = spread_cells(figures[how][bits])
            difference = figures[f"{how}_over_float"][bits]["mean"]
            lines.append(f"| {how}, codes of {bits} bits | {cells} {difference:+.3f} |")
    lines += [
        "",
        (
            "Export into float64 gives torch's answer in"
            f" {figures['export_agrees']['mean']:.1%} of the sequences."
        ),
        "",
    ]
    return lines


def memory_capacity(report: dict[str, Any]) -> list[str]:
    """Lines about the linear memory of the traces."""
    return [
        "## Linear memory capacity",
        "",
        (
            "Of the traces of 32 synapses on one input of noise (Jaeger 2001), without training:"
            " the sum over delays of the squared"
        ),
        (
            f"correlation with the best linear readout, from {report['memory']['steps']:,} steps."
            " Directions of the traces with"
        ),
        (
            f"less than {report['memory']['floor']:g} of the largest one's variance are left out,"
            " as noise would hide them."
        ),
        "",
        "| time constants | capacity |",
        "|---|--:|",
        *(f"| {name} | {value} |" for name, value in report["memory"]["capacity"].items()),
    ]


def learning_rates(report: dict[str, Any]) -> list[str]:
    """Lines about the validation by which the learning rates were chosen."""
    lines = [
        "## Learning rates",
        "",
        (
            f"Mean validation accuracy over the seeds {report['protocol']['settings_seeds']}, which"
            " are not among those reported."
        ),
        "",
        "| hidden | time constants | " + " | ".join(map(str, RATES)) + " |",
        "|--:|---|" + "--:|" * len(RATES),
    ]
    for hidden, kinds in report["settings"].items():
        for name, by_rate in kinds.items():
            lines.append(
                f"| {hidden} | {name} | "
                + " | ".join(f"{by_rate[str(rate)]:.3f}" for rate in RATES)
                + " |"
            )
    return lines


def main() -> None:
    """Run what is missing and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    folder = options.build / "timescales"
    rates = once(folder / "settings.json", settings)
    seeds = [one_seed(seed, rates, folder) for seed in range(options.seeds)]
    report = {
        "schema": SCHEMA,
        "command": f"python examples/timescales/run.py --out reports --seeds {options.seeds}",
        "made_with": {
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "protocol": {
            "updates": UPDATES,
            "batch": BATCH,
            "validation": VALIDATION,
            "test": TESTED,
            "settings_seeds": list(SETTINGS_SEEDS),
            "task": vars(TASK),
        },
        "summary": summary(seeds),
        "memory": memory_capacities(),
        "settings": rates,
        "seeds": seeds,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("timescales.json", json.dumps(report, indent=1) + "\n"),
        ("timescales.md", markdown(report)),
    ):
        with replacing(options.out / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
