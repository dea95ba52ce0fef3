"""`sc-hw import`: from a network in NIR to a design file with its parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sc_hw.cli.terminal import AsJson, out, print_json


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A network in the Neuromorphic Intermediate Representation."
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for design and parameters; else one of its name."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the design; else the file's.")] = None,
    source: Annotated[
        str | None, typer.Option(help="What wrote the file: snntorch, norse, spikingjelly or sc.")
    ] = None,
    dt_ms: Annotated[
        float | None, typer.Option(help="Length of a step, in ms, where the source leaves it open.")
    ] = None,
    reset: Annotated[
        str | None, typer.Option(help="What a spike does to the potential: zero or subtract.")
    ] = None,
    reset_delay: Annotated[
        bool | None,
        typer.Option(
            "--reset-delay/--no-reset-delay", help="Whether it does so in the step after."
        ),
    ] = None,
    weight_bits: Annotated[int, typer.Option(help="Signed bits of a weight, 2 to 18.")] = 8,
    scale: Annotated[
        str, typer.Option(help="A weight's unit: tensor (one a layer) or row (one a neuron).")
    ] = "tensor",
    leak: Annotated[
        str, typer.Option(help="How potentials leak: factor (multiplier) or shift.")
    ] = "factor",
    lanes: Annotated[
        int, typer.Option(min=1, max=64, help="Lanes of each layer, one synapse a clock each.")
    ] = 1,
    fabric: Annotated[str, typer.Option(help="Family that the pipelines are cut for.")] = "generic",
    plasticity: Annotated[
        str, typer.Option(help="Connections that learn: refuse them, or freeze them.")
    ] = "refuse",
    as_json: AsJson = False,
) -> None:
    """Write a design file and its parameters for a network in NIR, and say what rounding costs.

    NIR files come from snnTorch, Norse, SpikingJelly and others.
    """
    from sc_hw.commands.import_nir import import_nir

    result = import_nir(
        file,
        folder,
        lanes=lanes,
        name=name,
        source=source,
        dt_ms=dt_ms,
        reset=reset,
        reset_delay=reset_delay,
        weight_bits=weight_bits,
        scale=scale,
        leak=leak,
        fabric=fabric,
        plasticity=plasticity,
    )
    if as_json:
        print_json({key: value for key, value in result.items() if key != "text"})
    else:
        out.print(result["text"], markup=False)
        out.print(f"wrote {result['design']} and {result['parameters']}")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(
        "import",
        epilog="Example: sc-hw import digits_snn.nir --source snntorch --reset subtract"
        " --reset-delay",
    )(import_)
