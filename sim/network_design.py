"""What a bench knows of a network: its specification, and the streams, registers and crossings that
the manifest lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sc_model.spec import NetworkSpec
from sim.design import BuildFolderError, read_manifest

BLOCK = "network"


@dataclass(frozen=True)
class Meeting:
    """A register that takes bits of another clock.

    Members
    -------
    path : of its instance, from the top.
    source, to : the domains.
    bits : wires.
    layer : which layer's crossing it is in.
    """

    path: tuple[str, ...]
    source: str
    to: str
    bits: int
    layer: str


@dataclass(frozen=True)
class NetworkDut:
    """A network under test, read from its build folder."""

    folder: Path
    manifest: Mapping[str, Any]

    @cached_property
    def spec(self) -> NetworkSpec:
        """The network."""
        network = self.manifest["design"][BLOCK]
        return NetworkSpec.model_validate({**network, "layers": tuple(network["layers"])})

    @property
    def verilog(self) -> Path:
        """The emitted Verilog."""
        return self.folder / str(self.manifest["verilog"])

    @cached_property
    def ports(self) -> dict[str, Mapping[str, Any]]:
        """Ports by name."""
        return {str(port["name"]): port for port in self.manifest["ports"]}

    @property
    def roles(self) -> tuple[str, ...]:
        """Clock domains."""
        return tuple(str(domain["role"]) for domain in self.manifest["domains"])

    def _streams(self, direction: str) -> tuple[str, ...]:
        end = "__valid"
        found = (
            name
            for name, port in self.ports.items()
            if name.endswith(end) and port["direction"] == direction
        )
        return tuple(name.removesuffix(end) for name in found)

    @property
    def sources(self) -> tuple[str, ...]:
        """Streams into the network; `i` is the first."""
        return self._streams("input")

    @property
    def sinks(self) -> tuple[str, ...]:
        """Streams out of it; `o` is the first."""
        return self._streams("output")

    @property
    def watches(self) -> tuple[str, ...]:
        """Outputs that report what went wrong or was lost."""
        return tuple(name for name in self.ports if name.startswith(("out_of_step_", "lost_")))

    def _meetings(self, storage: bool) -> tuple[Meeting, ...]:
        found = []
        for crossing in self.manifest["crossings"]:
            if (crossing["kind"] == "storage") == storage:
                path = tuple(crossing["destination"].split(".")[:-1])  # without the register in it
                layer = path[0].removeprefix("crossing_")
                found.append(
                    Meeting(path, crossing["from"], crossing["to"], int(crossing["bits"]), layer)
                )
        return tuple(found)

    @cached_property
    def synchronisers(self) -> tuple[Meeting, ...]:
        """Flip-flops in a row."""
        return self._meetings(storage=False)

    @cached_property
    def captures(self) -> tuple[Meeting, ...]:
        """Registers that take words, one for each crossing between two clocks."""
        return self._meetings(storage=True)


def read_network(folder: Path) -> NetworkDut:
    """Read a network's build folder; BuildFolderError says what it lacks."""
    manifest = read_manifest(folder)
    if manifest["design"]["block"] != BLOCK:
        raise BuildFolderError(
            f"build folder {folder} must hold a network, not a {manifest['design']['block']}."
        )
    return NetworkDut(folder, manifest)
