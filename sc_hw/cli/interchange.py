"""`sc-hw import`: from a network in NIR to a design file with its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from sc_hw.cli.terminal import AsJson, errors, out, print_json
from sc_hw.cli.width_options import (
    Calibrate,
    CodeBits,
    Fraction,
    Leak,
    LeakBits,
    MaxDelay,
    MayDiffer,
    PotentialBits,
    Scale,
    Strict,
    TauMax,
    TauMin,
    Terms,
    ThresholdBits,
    TraceBits,
    TraceFraction,
    WeightBits,
)
from sc_hw.errors import EXIT_BAD_INPUT
from sc_model.spec import ConfigError
from sc_model.spec.errors import did_you_mean
from sc_model.texts import shown

NODE_DELAY = "--reset-delay-of"
ANSWERS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
RESETS = {each: each for each in ("zero", "subtract", "none")}


class NodeOptions(TyperCommand):
    """A command whose flag `--reset-delay` also takes NODE=yes or NODE=no, for one node.

    An option of click either is a flag or takes a value, so the words of the second kind are
    handed to a hidden option.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Rename `--reset-delay` where a node's answer follows it, or is joined to it by `=`."""
        words = list(args)
        for place, word in enumerate(words):
            following = words[place + 1] if place + 1 < len(words) else ""
            if word == "--reset-delay" and following.rpartition("=")[2].lower() in ANSWERS:
                if "=" in following:
                    words[place] = NODE_DELAY
            elif word.startswith("--reset-delay="):
                words[place] = f"{NODE_DELAY}={word.partition('=')[2]}"
        rest: list[str] = super().parse_args(ctx, words)
        return rest


def by_node(option: str, words: Sequence[str], answers: Mapping[str, Any]) -> dict[str, Any] | None:
    """Answers by node, `*` for one of all nodes; None without any.

    Parameters
    ----------
    option : as the user wrote it, for the error.
    words : each an answer, or NODE=answer.
    answers : what the words stand for.

    Raises ConfigError for another answer, and for a node that is given twice.
    """
    by_key: dict[str, Any] = {}
    for word in words:
        node, equals, answer = word.rpartition("=")
        key = node if equals else "*"
        if answer.lower() not in answers:
            names = ", ".join(answers)
            raise ConfigError(
                f"{option} must be one of {names}, or NODE= and one of them, not {shown(word)}"
                f"{did_you_mean(answer, answers) or '.'}"
            )
        if key in by_key:
            what = "all nodes" if key == "*" else f"node {shown(key)}"
            raise ConfigError(f"{option} must be given once for {what}, not twice.")
        by_key[key] = answers[answer.lower()]
    return by_key or None


NirFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="A network in the Neuromorphic Intermediate Representation."
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option("--out", help="Folder for design and parameters; else one of its name."),
]
Name = Annotated[str | None, typer.Option(help="Name of the design; else the file's.")]
SourceName = Annotated[
    str | None,
    typer.Option(
        help="What wrote the file: snntorch, norse (or norse-1.1, norse-seconds), spikingjelly, sc."
    ),
]
StepMs = Annotated[
    float | None, typer.Option(help="Length of a step, in ms, where the source leaves it open.")
]
ResetOf = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NODE=]RESET",
        help="What a spike does to the potential: zero, subtract or none; with NODE= for one"
        " node. May be given more than once.",
    ),
]
ResetDelay = Annotated[
    bool | None,
    typer.Option(
        "--reset-delay/--no-reset-delay",
        help="Whether it does so in the step after; --reset-delay NODE=yes or NODE=no for one"
        " node.",
    ),
]
NodeDelays = Annotated[list[str] | None, typer.Option(NODE_DELAY, hidden=True)]
Lanes = Annotated[
    int, typer.Option(min=1, max=64, help="Lanes of each layer, one synapse a clock each.")
]
Fabric = Annotated[str, typer.Option(help="Family that the pipelines are cut for.")]
PlasticityOf = Annotated[
    str, typer.Option(help="Connections that learn: refuse them, or freeze them.")
]

CompactOf = Annotated[
    bool | None,
    typer.Option(
        "--compact/--dense",
        help="Kernels for convolutions, and lists where most weights are 0 (in hardware a synapse a"
        " clock), or dense layers alone; else kernels that have hardware, and both for too large"
        " layers.",
    ),
]
ReadoutOf = Annotated[
    str | None,
    typer.Option(
        help="What answers a sample: count, first_spike, last_potential or largest_potential."
    ),
]


def import_(
    file: NirFile,
    folder: Folder = None,
    name: Name = None,
    source: SourceName = None,
    dt_ms: StepMs = None,
    reset: ResetOf = None,
    reset_delay: ResetDelay = None,
    node_delays: NodeDelays = None,
    weight_bits: WeightBits = None,
    scale: Scale = None,
    leak: Leak = "factor",
    leak_bits: LeakBits = None,
    fraction: Fraction = None,
    threshold_bits: ThresholdBits = None,
    potential_bits: PotentialBits = None,
    max_delay: MaxDelay = None,
    trace_bits: TraceBits = None,
    trace_fraction: TraceFraction = None,
    code_bits: CodeBits = None,
    terms: Terms = None,
    tau_min_ms: TauMin = None,
    tau_max_ms: TauMax = None,
    calibrate: Calibrate = None,
    may_differ: MayDiffer = None,
    strict: Strict = False,
    lanes: Lanes = 1,
    fabric: Fabric = "generic",
    plasticity: PlasticityOf = "refuse",
    compact: CompactOf = None,
    readout: ReadoutOf = None,
    as_json: AsJson = False,
) -> None:
    """Write a design file and its parameters for a network in NIR, and say what rounding costs.

    NIR files come from snnTorch, Norse, SpikingJelly and others.
    """
    widths = {
        "weight_bits": weight_bits,
        "scale": scale,
        "leak": leak,
        "factor_shift": leak_bits,
        "fraction": fraction,
        "threshold_bits": threshold_bits,
        "potential_bits": potential_bits,
        "max_delay": max_delay,
        "trace_bits": trace_bits,
        "trace_fraction": trace_fraction,
        "code_bits": code_bits,
        "terms": terms,
        "tau_min_ms": tau_min_ms,
        "tau_max_ms": tau_max_ms,
    }
    delays = by_node("--reset-delay", node_delays or (), ANSWERS)
    if reset_delay is not None:
        delays = {"*": reset_delay, **(delays or {})}
    _import(
        file,
        folder,
        as_json,
        lanes=lanes,
        name=name,
        source=source,
        dt_ms=dt_ms,
        reset=by_node("--reset", reset or (), RESETS),
        reset_delay=delays,
        fabric=fabric,
        plasticity=plasticity,
        compact=compact,
        readout=readout,
        calibrate=calibrate,
        may_differ=may_differ,
        strict=strict,
        **widths,
    )


def _import(file: Path, folder: Path | None, as_json: bool, **options: Any) -> None:
    """Import and print; losses of a strict import are a line each."""
    from sc_hw.commands.import_nir import LossError, import_nir

    choices = {name: value for name, value in options.items() if value is not None}
    try:
        result = import_nir(file, folder, **choices)
    except LossError as error:
        for loss in error.losses:
            errors.print(f"error: {loss}", markup=False)
        raise typer.Exit(EXIT_BAD_INPUT) from None
    if as_json:
        print_json({key: value for key, value in result.items() if key != "text"})
    else:
        out.print(result["text"], markup=False)
        out.print(f"wrote {result['design']} and {result['parameters']}", markup=False)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(
        "import",
        cls=NodeOptions,
        epilog="Example: sc-hw import digits_snn.nir --source snntorch --reset subtract"
        " --reset-delay",
    )(import_)
