"""Memories of state: the pipeline that updates a word and the host share one write port.

A state memory has three users. The pipeline reads a word and, some clocks later, writes the new
one; between steps the host loads words and reads them. All share the two ports of one `BlockRAM`:
the host's reads go through the pipeline's read address (the owner selects it), and its loads join
the updates in the write register built here.
"""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Module, Mux, Signal, Value

from sc_hw.fabric.primitives import BlockRAM
from sc_hw.wires import select

# Clocks from a write's enable and data, in front of the write register, to the first clock in which
# its address may be read: the register, the memory's own write.
WRITE = 2


@dataclass(frozen=True)
class Write:
    """One write of a memory.

    Members
    -------
    enable : write in this clock, one bit.
    address : of the word.
    data : the word.
    """

    enable: Value
    address: Value
    data: Value


def write_register(m: Module, *, update: Write, load: Write) -> Write:
    """A register for the write of a state memory, by the pipeline or by the host.

    Latency 1, throughput one write a clock, domain ``sync``. Reset clears the enable: a write that
    is in flight is lost, and none happens by chance. The host wins where both write; it only loads
    between steps, when no update is in flight, so that this never loses one.

    Parameters
    ----------
    m : the module that the registers are added to.
    update : the pipeline's write.
    load : the host's write; its address and data must stand in the clock of its enable.

    Returns
    -------
    The registered write, for one or several memories (see `connect`).
    """
    # Only the enable needs a reset: address and data count with it alone.
    write_en = Signal()
    write_address = Signal(len(update.address), reset_less=True)
    write_data = Signal(len(update.data), reset_less=True)
    m.d.sync += [
        write_en.eq(update.enable | load.enable),
        write_data.eq(Mux(load.enable, load.data, update.data)),
        write_address.eq(Mux(load.enable, load.address, update.address)),
    ]
    return Write(write_en, write_address, write_data)


def gated_write_register(
    m: Module, *, load: Write, update: Write | None = None, name: str = "write"
) -> Write:
    """The same for layers whose first tick after a reset ignores the state in memory.

    Latency 1, throughput one write a clock, domain ``sync``. No reset: a word that lands during a
    reset does no harm there, and an enable without reset needs no LUT. Address and data are
    selected by gates, for the same reason (see `sc_hw.wires.gated`). The update wins where both
    write.

    Parameters
    ----------
    m : the module that the registers are added to.
    load : the host's write; its address and data must stand in the clock of its enable.
    update : the pipeline's write; None for a memory that the host alone writes.
    name : the registers are called `<name>_en`, `<name>_address` and `<name>_data`.

    Returns
    -------
    The registered write.
    """
    write_en = Signal(name=f"{name}_en", reset_less=True)
    write_address = Signal(len(load.address), name=f"{name}_address", reset_less=True)
    write_data = Signal(len(load.data), name=f"{name}_data", reset_less=True)
    enable, address, data = load.enable, load.address, load.data
    if update is not None:
        enable = update.enable | load.enable
        address = select(update.enable, update.address, load.address)
        data = select(update.enable, update.data, load.data)
    m.d.sync += [write_en.eq(enable), write_address.eq(address), write_data.eq(data)]
    return Write(write_en, write_address, write_data)


def connect(m: Module, ram: BlockRAM, write: Write) -> None:
    """Connect a write to the write port of a memory."""
    m.d.comb += [
        ram.w_en.eq(write.enable),
        ram.w_addr.eq(write.address),
        ram.w_data.eq(write.data),
    ]
