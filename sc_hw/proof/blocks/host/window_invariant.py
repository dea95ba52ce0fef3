# amaranth: UnusedElaboratable=no
"""What makes the claims about the window inductive."""

from __future__ import annotations

from amaranth.hdl import Assert, Cat, Module, Mux, Value

from sc_hw.host.host_registers import PORT_BITS
from sc_hw.host.registers import WORD_BITS
from sc_hw.proof.blocks.host.window_harness import BusModel, WindowHarness

# States by their numbers, which Amaranth gives in the order in which a state is first named. Wrong
# ones would make an assertion fail.
REST, DECODE, BEGIN, WINDOW, COUNT, PLAIN, RESET = range(7)  # of an access
REFUSE, LOAD, END, READ = 1, 2, 3, 4  # of the window
# Registers of the window, and the number of the way to the bus that each takes.
WINDOW_REGISTERS = {"WINDOW_PORT": 0, "WINDOW_ADDRESS": 2, "WINDOW_DATA": 3}
ASKS_LOAD, ASKS_READ, DONE, FAILED, LISTENS = 1, 2, 3, 4, 5  # of the block's port


class Invariant:
    """What holds of the registers in every clock, by induction.

    Parameters
    ----------
    harness : the claim's.
    m : its module.
    model : what the bus was told.
    waited : the access was asked for, and not answered, in the clock before.
    """

    def __init__(self, harness: WindowHarness, m: Module, model: BusModel, waited: Value) -> None:
        self.h, self.m, self.model, self.waited = harness, m, model, waited
        watch = harness.watch
        self.access, self.window = watch("access_state", 4), watch("window_state", 3)
        self.granted = watch("path.granted")

    def holds(self, *conditions: Value) -> None:
        """Assert."""
        self.m.d.comb += [Assert(condition) for condition in conditions]

    def add(self) -> None:
        """Assert all of it."""
        self._request()
        self._registers()
        self._parts()
        self._handed_over()
        if self.h.host_block.name == "lane":
            self._lane()
        else:
            self._port()

    def _request(self) -> None:
        """While an access is under way its copy is what the bus asks for."""
        h, watch = self.h, self.h.watch
        busy, bits = self.access != REST, h.map.address_bits
        decoded, plain = self.access > DECODE, self.access == PLAIN
        beyond = h["bus__adr"][bits:].any()
        self.holds(
            ~busy | (self.waited & ~h.ended),
            ~busy | (watch("address", bits) == h["bus__adr"][:bits]),
            ~busy | (watch("beyond") == beyond),
            ~busy | (watch("write") == h["bus__we"]),
            ~busy | (watch("word", WORD_BITS) == h["bus__dat_w"]),
            ~h.ended | self.waited,
            ~(h["bus__ack"] & h["bus__err"]),
            (self.window != REST) == (self.access == WINDOW),
            ~(self.access == WINDOW) | h.request("WINDOW_DATA"),
            *(~(self.access > WINDOW) | plain | ~h.request(name) for name in WINDOW_REGISTERS),
            ~plain | ~h.request("WINDOW_DATA"),
            plain == watch("now"),
            (self.access == RESET) == watch("reset"),
            ~(~decoded & busy) | ~h["bus__dat_r"].any(),
            ~((self.access == BEGIN) | plain) | ~h["bus__dat_r"].any(),
            # A counter's bytes are shifted into the same register.
            ~watch("counters.reads") | (self.access == COUNT) | watch("counters.phase", 3).all(),
        )
        for register in h.map:
            here = h["bus__adr"][:bits] == register.word
            name = f"at_{register.name.lower()}"
            if h.has(name):
                self.holds(~decoded | (watch(name) == here))
        for name, source in WINDOW_REGISTERS.items():
            here = decoded & (h["bus__adr"][:bits] == h.map[name].word)
            self.holds(
                ~here | (watch("known") == ~beyond),
                ~(here & plain) | ~beyond,
                ~here | ~watch("in_counters"),
                ~here | (watch("source", 2) == source),
            )

    def _registers(self) -> None:
        """Port, place and part are as the bus has set them."""
        h, model = self.h, self.model
        part_bits = max(1, (model.parts - 1).bit_length())
        busy = self.access != REST
        self.holds(
            h.watch("port", PORT_BITS) == model.next["port"],
            h.watch("place", WORD_BITS) == model.next["place"],
            h.watch("part", part_bits) == model.next["part"],
            Mux(model.exists, model.part <= model.last, ~model.part.any()),
            ~(busy & model.exists) | (h.watch("is_last") == model.ends),
            ~busy | (h.watch("is_port") == model.exists),
            # Of the model as it stands, which a new port sets back.
            ~(self.window == LOAD) | (h["bus__we"] & model.ends & model.exists),
            ~(self.window == READ) | (~h["bus__we"] & ~model.part.any() & model.exists),
            ~(self.window == END) | model.exists,
            ~(h["bus__ack"] & h.request("WINDOW_DATA")) | model.exists,
        )

    def _parts(self) -> None:
        """The parts hold what was written, or the answer."""
        h, model = self.h, self.model
        under_way = h["bus__we"] & (self.window != REST)
        read_end = (self.window == END) & ~h["bus__we"] & ~model.part.any()
        for number in range(model.parts):
            bits = model.bits(number)
            part = h.watch(f"part_{number}", bits)
            here = model.part == number
            write = here & ((self.window == LOAD) | ((self.window == END) & h["bus__we"]))
            self.holds(
                ~write | (part == h["bus__dat_w"][:bits]),
                ~read_end | (part == model.answered(number)),
                ~model.next[f"known_{number}"]
                | (under_way & here)
                | read_end
                | (part == model.next[f"word_{number}"]),
            )

    def _handed_over(self) -> None:
        """How far the access is; a load waits for `done` alone once it has been handed over."""
        h, model = self.h, self.model
        ends = self.window == END
        handed = h["bus__we"] & model.ends
        first = ~h["bus__we"] & ~model.part.any()
        free = (self.window == REST) & ~h.ended
        self.holds(
            ~ends | (model.loaded == handed),
            ~ends | (model.fetched == first),
            ~ends | (model.heard == first),
            ~(free | (self.window == REFUSE)) | ~(model.loaded | model.fetched | model.heard),
            ~(self.window == LOAD) | ~(model.fetched | model.heard),
            ~(self.window == READ) | ~model.loaded,
        )

    def _port(self) -> None:
        """The machine at the block's port is where the window is."""
        h, model = self.h, self.model
        state = h.watch("path.block.window_state", 3)
        load, read = self.window == LOAD, self.window == READ
        answer = h.watch("path.block.answer", h.host_block.data_bits)
        ports = len(h.host_block.windows)
        here = Cat(model.port == number for number in range(ports))
        given = h.watch("path.block.given")
        for kind, asks, handed in (
            ("load", ASKS_LOAD, model.loaded),
            ("read", ASKS_READ, model.fetched),
        ):
            valid = h.watch(f"path.block.{kind}_valid", ports)
            self.holds(
                ~valid.any() | ((state == asks) & (valid == here) & ~handed),
                ~((state == asks) & ~valid.any()) | (handed == given),
                ~(given & (state == asks)) | ~valid.any(),
            )
        self.holds(~given | (state == ASKS_LOAD) | (state == ASKS_READ))
        self.holds(
            ~self.granted | load | read,
            ~state.any() | self.granted,
            ~(state == ASKS_LOAD) | load,
            ~((state == ASKS_READ) | (state == LISTENS)) | read,
            ~load | (state == ASKS_LOAD) | (model.loaded == (state == DONE)),
            ~read
            | (state == ASKS_READ)
            | (model.fetched == ((state == LISTENS) | (state == DONE))),
            ~read | (model.heard == (state == DONE)),
            ~(read & (state == DONE)) | (answer == model.answer),
        )

    def _lane(self) -> None:
        """A lane is told in the clock before `done`."""
        h, model = self.h, self.model
        done = h.watch("path.block.done")
        load, read = self.window == LOAD, self.window == READ
        answer = h.watch("path.block.answer", h.host_block.data_bits)
        self.holds(
            ~self.granted | load | read,
            ~done | self.granted,
            ~load | (model.loaded == done),
            ~read | (model.fetched == done),
            ~read | (model.heard == done),
            ~(read & done) | (answer == model.answer),
        )
