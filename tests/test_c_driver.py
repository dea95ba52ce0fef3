"""The C driver against registers in Python: fields, order of accesses, and every error."""

from __future__ import annotations

import ctypes
import random
import subprocess
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, byref, c_int, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any

import pytest
from support import ROOT

from sc_hw.export.registers import export_registers
from sc_hw.host.register_map import register_map

SOURCE = ROOT / "drivers" / "c"
MAP = register_map(kind=3, build_id="0123456789ab", design_hash="fedcba9876543210", streams=True)
BUILD_ID, DESIGN_HASH = 0x0123456789AB, 0xFEDCBA9876543210
OK, BUS, NOT_SC_HW, PROTOCOL, OTHER_DESIGN, TIMEOUT = 0, -1, -2, -3, -4, -5
HALT, RESET, CLEAR, STREAM = 1, 2, 4, 8
PATIENCE = 3

READ = CFUNCTYPE(c_int, c_void_p, c_uint32, POINTER(c_uint32))
WRITE = CFUNCTYPE(c_int, c_void_p, c_uint32, c_uint32)


class Bus(ctypes.Structure):
    """`sc_bus_t`."""

    _fields_ = [("read32", READ), ("write32", WRITE), ("context", c_void_p)]


class Identity(ctypes.Structure):
    """`sc_identity_t`."""

    _fields_ = [("protocol", c_uint32), ("kind", c_uint32)]
    _fields_ += [("build_id", c_uint64), ("design_hash", c_uint64)]


class Counters(ctypes.Structure):
    """`sc_counters_t`."""

    _fields_ = [(name, c_uint32) for name in ("steps_taken", "steps_done", "spikes")]
    _fields_ += [("clocks", c_uint64)]


class Board:
    """Registers that note every access; some may refuse, some have several values in turn."""

    def __init__(self) -> None:
        names = {register.offset: register.name for register in MAP}
        self.values = {register.name: register.reset or 0 for register in MAP}
        self.turns: dict[str, list[int]] = {}
        self.refused: set[str] = set()
        self.accesses: list[tuple[str, int | None]] = []

        def read(_: Any, offset: int, value: Any) -> int:
            name = names[offset]
            self.accesses.append((name, None))
            if name in self.refused:
                return 2
            turns = self.turns.get(name)
            value[0] = turns.pop(0) if turns else self.values[name]
            return 0

        def write(_: Any, offset: int, word: int) -> int:
            name = names[offset]
            self.accesses.append((name, word))
            if name in self.refused:
                return 2
            self.values[name] = word
            return 0

        self.bus = Bus(READ(read), WRITE(write), None)

    @property
    def written(self) -> list[tuple[str, int]]:
        """The writes, in order."""
        return [(name, word) for name, word in self.accesses if word is not None]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The driver as a shared library, with every warning an error."""
    folder: Path = tmp_path_factory.mktemp("driver")
    export_registers(MAP.as_json(), "test", folder, ["c"])
    flags = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
    command = ["gcc", *flags, "-shared", "-fPIC", "-I", str(folder), "-I", str(SOURCE)]
    command += [str(SOURCE / "sc_host.c"), "-o", str(folder / "driver.so")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    library = ctypes.CDLL(str(folder / "driver.so"))
    library.sc_get.restype = c_uint32
    library.sc_get_signed.restype = c_int32
    return library


@pytest.fixture
def board() -> Board:
    return Board()


def words(*values: int) -> Any:
    """An array of 32-bit words."""
    return (c_uint32 * len(values))(*values)


def test_fields_are_packed_as_integers_of_python_say(driver: Any) -> None:
    rng = random.Random(1)
    for _ in range(300):
        bits = rng.choice([1, 2, 8, 31, 32, rng.randint(1, 32)])
        lo = rng.randint(0, 96 - bits)
        before, value = rng.getrandbits(96), rng.getrandbits(32)
        array = words(*(before >> 32 * k & 0xFFFFFFFF for k in range(3)))
        driver.sc_put(array, lo, bits, c_uint32(value))
        mask = (1 << bits) - 1
        wanted = before & ~(mask << lo) | (value & mask) << lo
        assert sum(word << 32 * k for k, word in enumerate(array)) == wanted
        field = value & mask
        assert driver.sc_get(array, lo, bits) == field
        sign = field >> bits - 1
        assert driver.sc_get_signed(array, lo, bits) == field - (sign << bits)


def test_a_board_is_identified(driver: Any, board: Board) -> None:
    found = Identity()
    assert driver.sc_identify(byref(board.bus), byref(found)) == OK
    assert (found.protocol, found.kind) == (1, 3)
    assert (found.build_id, found.design_hash) == (BUILD_ID, DESIGN_HASH)
    assert driver.sc_expect(byref(board.bus), c_uint64(DESIGN_HASH)) == OK
    assert driver.sc_expect(byref(board.bus), c_uint64(1)) == OTHER_DESIGN


@pytest.mark.parametrize(
    ("register", "value", "status"), [("MAGIC", 0xFFFFFFFF, NOT_SC_HW), ("PROTOCOL", 2, PROTOCOL)]
)
def test_what_is_no_board_of_ours_is_refused(
    driver: Any, board: Board, register: str, value: int, status: int
) -> None:
    board.values[register] = value
    assert driver.sc_identify(byref(board.bus), byref(Identity())) == status


def test_control_keeps_what_is_not_asked_for(driver: Any, board: Board) -> None:
    bus = byref(board.bus)
    assert driver.sc_halt(bus, True, PATIENCE) == TIMEOUT  # `halted` never comes
    board.turns["STATUS"] = [0, 2]
    assert driver.sc_halt(bus, True, PATIENCE) == OK
    board.values["CONTROL"] = STREAM
    calls: list[Callable[[], int]] = [
        lambda: driver.sc_reset(bus),
        lambda: driver.sc_clear(bus),
        lambda: driver.sc_stream(bus, False),
        lambda: driver.sc_stream(bus, True),
        lambda: driver.sc_halt(bus, False, PATIENCE),
    ]
    wanted = [STREAM | RESET, STREAM | CLEAR, HALT, HALT | STREAM, STREAM]
    before = [STREAM, STREAM, HALT | STREAM, HALT, HALT | STREAM]
    for call, value, control in zip(calls, wanted, before, strict=True):
        board.values["CONTROL"] = control
        board.accesses.clear()
        assert call() == OK
        assert board.written == [("CONTROL", value)]


def test_a_step_waits_for_room_and_an_output_for_its_words(driver: Any, board: Board) -> None:
    bus = byref(board.bus)
    board.turns["STEP_ROOM"] = [0, 1, 2]
    assert driver.sc_step(bus, words(7, 8), c_size_t(2), PATIENCE) == OK
    assert board.accesses == [("STEP_ROOM", None)] * 3 + [("STEP_DATA", 7), ("STEP_DATA", 8)]
    found = words(0, 0)
    board.turns = {"OUTPUT_LEVEL": [1, 2], "OUTPUT_DATA": [1, 5]}
    assert driver.sc_output(bus, found, c_size_t(2), PATIENCE) == OK
    assert list(found) == [1, 5]
    board.accesses.clear()
    assert driver.sc_step(bus, words(7), c_size_t(1), PATIENCE) == TIMEOUT
    assert board.accesses == [("STEP_ROOM", None)] * (PATIENCE + 1)  # and nothing was written
    assert driver.sc_output(bus, found, c_size_t(2), 0) == TIMEOUT


def test_the_window_is_set_once_for_many_words(driver: Any, board: Board) -> None:
    bus = byref(board.bus)
    data = words(1, 2, 3, 4)
    assert driver.sc_window_write(bus, 1, 0x44, 2, data, c_size_t(2)) == OK
    place = [("WINDOW_PORT", 1), ("WINDOW_ADDRESS", 0x44)]
    assert board.accesses == [*place, *(("WINDOW_DATA", k) for k in range(1, 5))]
    board.accesses.clear()
    board.turns["WINDOW_DATA"] = [9, 8]
    assert driver.sc_window_read(bus, 1, 0x44, 2, data, c_size_t(1)) == OK
    assert board.accesses == [*place, ("WINDOW_DATA", None), ("WINDOW_DATA", None)]
    assert list(data) == [9, 8, 3, 4]


def test_errors_counters_and_interrupts(driver: Any, board: Board) -> None:
    bus = byref(board.bus)
    board.values["ERRORS"] = 5
    errors = c_uint32()
    assert driver.sc_errors(bus, byref(errors)) == OK
    assert (errors.value, board.written) == (5, [("ERRORS", 5)])
    board.values |= {"STEPS_TAKEN": 4, "STEPS_DONE": 3, "SPIKES": 2}
    board.values |= {"CLOCKS_LOW": 1, "CLOCKS_HIGH": 1}
    counters = Counters()
    board.accesses.clear()
    assert driver.sc_counters(bus, byref(counters)) == OK
    found = (counters.steps_taken, counters.steps_done, counters.spikes, counters.clocks)
    assert found == (4, 3, 2, (1 << 32) + 1)
    names = [name for name, _ in board.accesses]
    assert names.index("CLOCKS_LOW") < names.index("CLOCKS_HIGH")  # the low half keeps the high
    assert driver.sc_interrupts(bus, 3) == OK
    assert board.values["INTERRUPT_ENABLE"] == 3


REFUSALS: dict[str, tuple[str, ...]] = {
    "sc_reset": ("CONTROL",),
    "sc_counters": ("STEPS_TAKEN", "STEPS_DONE", "SPIKES", "CLOCKS_LOW", "CLOCKS_HIGH"),
    "sc_identify": ("MAGIC", "PROTOCOL", "BUILD_ID_LOW", "BUILD_ID_HIGH", "DESIGN_HASH_HIGH"),
    "sc_step": ("STEP_ROOM", "STEP_DATA"),
    "sc_output": ("OUTPUT_LEVEL", "OUTPUT_DATA"),
    "sc_window_write": ("WINDOW_PORT", "WINDOW_ADDRESS", "WINDOW_DATA"),
    "sc_halt": ("CONTROL", "STATUS"),
    "sc_errors": ("ERRORS",),
}


@pytest.mark.parametrize("function", REFUSALS)
def test_a_refused_access_ends_every_function(driver: Any, board: Board, function: str) -> None:
    """... with SC_BUS, and without a further access."""
    arguments: dict[str, tuple[Any, ...]] = {
        "sc_counters": (byref(Counters()),),
        "sc_identify": (byref(Identity()),),
        "sc_step": (words(1), c_size_t(1), PATIENCE),
        "sc_output": (words(0), c_size_t(1), PATIENCE),
        "sc_window_write": (0, 0, 1, words(1), c_size_t(1)),
        "sc_halt": (True, PATIENCE),
        "sc_errors": (byref(c_uint32()),),
    }
    board.values |= {"STEP_ROOM": 1, "OUTPUT_LEVEL": 1}
    for register in REFUSALS[function]:
        board.refused = {register}
        board.accesses.clear()
        status = getattr(driver, function)(byref(board.bus), *arguments.get(function, ()))
        assert status == BUS, register
        assert board.accesses[-1][0] == register
