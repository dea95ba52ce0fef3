"""A verilated design with one clock: ports as arrays, and streams at full speed."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.spec import IntFormat
from sc_sim.bits import Words, element_bits
from sc_sim.clocks import Clock, Clocking
from sc_sim.design import Dut, RuleDut, read_build, read_dut
from sc_sim.driver.driver import Driver, Transfers
from sc_sim.driver.header import input_ports, output_ports
from sc_sim.driver.structures import Array
from sc_sim.toolchain import SimulationError

# A transfer takes some tens of clocks at most; after so many, beside four sweeps, the design has
# stopped.
PATIENCE_CLOCKS = 100_000
SWEEPS_OF_PATIENCE = 4
RESET_CLOCKS = 2
PERIOD_PS, PHASE_PS = 10, 5  # steps of the waves; time has no other meaning here


def _read(folder: Path) -> Dut:
    """A build of one clock; the layers of a learning network have rules of their own."""
    dut = read_dut(folder)
    return read_build(folder) if "domains" in dut.manifest or "rule" in dut.manifest else dut


class Rtl(Driver):
    """A verilated lane, bank or layer, in reset state.

    Members
    -------
    dut : the build it is made of.
    patience : clocks without a transfer after which the design counts as stuck.
    """

    dut: RuleDut

    def __init__(self, folder: Path, library: Path) -> None:
        """`library`: what `sc_sim.library` has built of that folder."""
        super().__init__(_read(folder), library)
        self._inputs, self._outputs = input_ports(self.dut), output_ports(self.dut)
        (role,) = self.dut.roles
        self._role, self._reset = role, self.dut.domains[0].reset
        sweep = int(self.dut.manifest["timing"].get("sweep_clocks", 0))
        self.patience = PATIENCE_CLOCKS + SWEEPS_OF_PATIENCE * sweep
        self.start(Clocking({role: Clock(PERIOD_PS, PHASE_PS)}))
        self.reset()

    @property
    def cycles(self) -> int:
        """Clocks since it was made, resets included."""
        return self.clocks[self._role]

    def reset(self) -> None:
        """Hold the reset for some clocks."""
        self.play({self._reset: np.ones(RESET_CLOCKS, np.uint8)})

    def play(self, inputs: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
        """Give ports a value for every clock; the outputs just after the edge that took it.

        Parameters
        ----------
        inputs : by port, integers of shape (T,) or scalars; those not named are 0. Ports of more
            than 64 bits stay as they are.

        Returns every output of up to 64 bits, shape (T,).

        Raises
        ------
        ValueError
            A value does not fit its port, or the arrays are not of one length.
        TypeError
            The design has no such port, or the values are no integers.
        """
        unknown = sorted(set(inputs) - set(self._inputs))
        if unknown:
            raise TypeError(f"input ports of this design are {self._inputs}, not {unknown}")
        lengths = {len(array) for array in map(np.asarray, inputs.values()) if array.ndim == 1}
        if len(lengths) != 1:
            raise ValueError(
                "inputs must be of equally many clocks, at least one of shape (clocks,), not"
                f" {sorted(lengths)}"
            )
        (count,) = lengths
        # the arrays must live until the call is over
        arrays = [self._input(name, inputs.get(name, 0), count) for name in self._inputs]
        addresses = [Array(array.ctypes.data, kind) for array, kind in arrays]
        outputs: dict[str, NDArray[Any]] = {}
        targets = (ctypes.c_void_p * len(self._outputs))()
        for number, name in enumerate(self._outputs):
            port = self.dut.ports[name]
            if port["width"] <= 64:
                sign = "" if port["signed"] else "u"
                outputs[name] = np.empty(count, f"{sign}int{element_bits(port['width'])}")
                targets[number] = outputs[name].ctypes.data
        self.play_ports(count, (Array * len(self._inputs))(*addresses), targets)
        return outputs

    def _input(self, name: str, values: ArrayLike, count: int) -> tuple[NDArray[Any], int]:
        """Values of a port in a form that the driver reads, and their kind (`structures.Array`)."""
        array, port = np.asarray(values), self.dut.ports[name]
        if array.dtype.kind not in "biu" or array.ndim > 1:
            raise TypeError(
                f"{name} must be integers of shape ({count},) or a scalar, not {array.dtype} of"
                f" shape {array.shape}"
            )
        form = IntFormat(int(port["width"]), bool(port["signed"]))
        if array.size and not form.lo <= int(array.min()) <= int(array.max()) <= form.hi:
            wrong = array.min() if array.min() < form.lo else array.max()
            raise ValueError(f"{name} must be in [{form.lo}, {form.hi}], not {int(wrong)}")
        if array.ndim == 0:
            return np.array([int(array)], np.int64), 0
        if array.dtype == np.bool_:  # a bool is a byte that is 0 or 1: no copy
            array = array.view(np.uint8) if array.flags.c_contiguous else array.astype(np.uint8)
        array = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
        is_narrow_signed = array.dtype.kind == "i" and array.itemsize < 8
        return array, -array.itemsize if is_narrow_signed else array.itemsize

    def transact(
        self,
        inputs: Mapping[str, Words],
        wanted: Mapping[str, int],
        room: Mapping[str, int] | None = None,
    ) -> tuple[int, dict[str, tuple[NDArray[np.int64], Words]]]:
        """Transfer words at full speed until all are taken and enough has come out.

        Parameters
        ----------
        inputs : payloads by input stream, shape (n, 64-bit words).
        wanted : words to wait for, by output stream or event.
        room : how many of them to keep at most, by default as many.

        Returns the clocks it took and, for each of `wanted` and `room`, the clocks and payloads of
        the words. A clock counts from the beginning of the call; each port of an event begins a
        word of its own.

        Raises
        ------
        SimulationError
            Nothing has been transferred for `patience` clocks.
        """
        rooms = {**wanted, **(room or {})}
        transfers = Transfers(self.dut, inputs, rooms, wanted)
        begin = self.cycles
        if not self.run_at_full_speed(transfers, self.patience):
            raise SimulationError(
                f"design {self.dut.manifest['id']} waited {self.patience} clocks for"
                f" {' and '.join(transfers.unfinished())}."
            )
        outputs = {}
        for name, sink in zip(transfers.sink_names, transfers.sinks, strict=False):
            if name in rooms:
                count = min(int(sink.done), rooms[name])
                outputs[name] = (transfers.times[name][:count], transfers.words[name][:count])
        return self.cycles - begin, outputs
