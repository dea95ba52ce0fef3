"""`sc-hw new`, `elaborate`, `audit`: from a description to audited Verilog."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sc_hw.cli.terminal import (
    DEFAULT_ROOT,
    AsJson,
    DesignFile,
    Root,
    out,
    print_json,
    progress_lines,
    verdict,
)
from sc_hw.errors import EXIT_FAILED
from sc_model.spec import ConfigError, load_design

# the options that give the size of a block
SIZES = {
    "lane": (),
    "bank": ("synapses",),
    "layer": ("inputs", "neurons", "lanes"),
    "network": ("inputs", "neurons", "lanes"),
    "learning_network": ("inputs", "neurons", "lanes"),
    "recurrent_network": ("inputs", "neurons", "lanes"),
}


def new(
    name: Annotated[
        str, typer.Argument(help="Name of the design: lower-case letters, digits, underscores.")
    ],
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")] = Path(),
    rule: Annotated[
        bool,
        typer.Option("--rule", help="Write a rule file NAME.py too, and a design that runs it."),
    ] = False,
    block: Annotated[
        str | None,
        typer.Option(
            help=(
                "lane, bank (default), layer, network, learning_network or recurrent_network; with"
                " --rule lane."
            )
        ),
    ] = None,
    synapses: Annotated[
        int | None, typer.Option(help="Synapses of a bank, 1 to 65,536; by default 1024.")
    ] = None,
    inputs: Annotated[
        int | None, typer.Option(help="Inputs of a layer, or of a network's first; by default 64.")
    ] = None,
    neurons: Annotated[
        int | None, typer.Option(help="Neurons of a layer, or of each of a network; by default 16.")
    ] = None,
    lanes: Annotated[
        int | None,
        typer.Option(
            help=(
                "Lanes of a layer, or of each of a network; by default 1, of a learning_network 8,"
                " of a recurrent_network 4."
            )
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a commented design file NAME.toml, with --rule also a rule file NAME.py to edit."""
    block_name = block or ("lane" if rule else "bank")
    options = {"synapses": synapses, "inputs": inputs, "neurons": neurons, "lanes": lanes}
    sizes = {key: value for key, value in options.items() if value is not None}
    for key in sizes:
        # an option that does nothing would leave its user with another design than was asked for
        if block_name in SIZES and key not in SIZES[block_name]:
            blocks = " or ".join(name for name, keys in SIZES.items() if key in keys)
            raise ConfigError(
                f"--{key} is not of block '{block_name}'; give --block {blocks} with it."
            )
    if rule:
        from sc_hw.commands.new_rule import new_rule

        text = new_rule(name, folder, block=block_name, **sizes)
        files = {"design": folder / f"{name}.toml", "rule": folder / f"{name}.py"}
    else:
        from sc_hw.commands.new import new as run_new

        files = {"design": run_new(name, block=block_name, folder=folder, **sizes)}
        text = f"wrote {files['design']}"
    if as_json:
        print_json({what: str(path) for what, path in files.items()})
    else:
        out.print(text, markup=False)


def elaborate(
    design: DesignFile,
    door: Annotated[
        str | None,
        typer.Option(
            help="Put the block behind registers and this door (system.v): uart, spi,"
            " spi_bus, axi, wishbone."
        ),
    ] = None,
    build: Root = DEFAULT_ROOT,
    as_json: AsJson = False,
) -> None:
    """Write the Verilog (top.v) and manifest.json: ports, latency, named signals, state layout."""
    from sc_hw.build.elaborate import SYSTEM_FILE
    from sc_hw.build.elaborate import elaborate as run_elaborate
    from sc_hw.host.doors import load_door

    subject = load_design(design)
    if door is not None:
        load_door(door)
        subject = subject.behind(door)
    with progress_lines(as_json) as progress:
        progress(f"{subject.name}: elaborating")
        result = run_elaborate(subject, build)
    if as_json:
        print_json({"id": result.id, "folder": str(result.folder), "manifest": result.manifest})
    else:
        lines = len(result.verilog.read_text().splitlines())
        beside = f"{SYSTEM_FILE} and manifest.json" if subject.host is not None else "manifest.json"
        out.print(f"{subject.name}: {result.verilog} ({lines} lines), {beside} beside it")
        for layer in subject.network.layers if subject.network is not None else ():
            if line := layer.engine_line:
                out.print(line)


def audit(design: DesignFile, build: Root = DEFAULT_ROOT, as_json: AsJson = False) -> None:
    """Check every path between two clocks of the Verilog; writes audit.json.

    `elaborate` does so for every network.
    """
    from sc_hw.build.audit_design import audit_design

    subject = load_design(design)
    with progress_lines(as_json) as progress:
        progress(f"{subject.name}: looking for crossings")
        answer = audit_design(subject, build)
    if as_json:
        print_json(answer)
    else:
        for finding in answer["findings"]:
            out.print(f"[red]{finding['kind']}[/red]: ", end="")
            out.print(finding["text"], markup=False)
        count, expected = len(answer["crossings"]), answer["expected"]
        out.print(
            f"{subject.name}: {verdict(answer['passed'])}: {count} crossings found, {expected}"
            " expected; not judged:"
        )
        for what in answer["not_judged"]:
            out.print(f"    {what}", markup=False)
    if not answer["passed"]:
        raise typer.Exit(EXIT_FAILED)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: sc-hw new my_lane --block lane")(new)
    app.command(epilog="Example: sc-hw elaborate my_lane.toml")(elaborate)
    app.command(epilog="Example: sc-hw audit my_lane.toml")(audit)
