"""Fuzz archives: `python -m campaigns.fuzz.archives --count 10000 --out reports`.

A mutant is a good recording or checkpoint with one to three changes on one of four levels: its
arrays (another shape, type, value or name; one more, one less), the header in front of an array,
the zip archive around them (sizes, methods, flags, names, a member twice, a bomb), or its bytes.
Each is read by what reads such a file, within limits of time and memory, and must be accepted, or
refused by the one class of error that the reader names.
"""

from __future__ import annotations

import argparse
import io
import json
import lzma
import random
import struct
import tempfile
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaigns.freshness.stamps import write_report
from campaigns.fuzz.cases import Outcome, faults, fuzz, table
from sc_hw.files import write_json
from sc_hw.simulation.checkpoint import check_state, read_checkpoint, write_checkpoint
from sc_hw.simulation.devices import device_block
from sc_model.golden import RecordingError, load_layer_recording, load_recording
from sc_model.golden.network.recording import load_network_recording
from sc_model.rules import resolve
from sc_model.spec import (
    ConfigError,
    Design,
    HetSynSpec,
    NetworkSpec,
    NeuronSpec,
    PlasticLayerSpec,
)

SCHEMA = "sc-hw.fuzz-archives.v1"
Arrays = dict[str, NDArray[Any]]
LANE = Design(name="lane", block="lane")
BANK = Design(name="bank", block="bank", synapses=3)
LAYER = Design(
    name="layer",
    block="layer",
    layer=PlasticLayerSpec(inputs=4, neurons=3, critic_shift=3),
    neuron=NeuronSpec(winner_take_all=True, noise_bits=6),
)
NETWORK = NetworkSpec(
    layers=(
        HetSynSpec(name="a", inputs=3, neurons=2),
        HetSynSpec(name="b", inputs=2, neurons=1, code_bits=2),
    )
)
_NAMES = ("meta", "about", "spikes", "synapse", "a.b.c", "", "../x", "x\x1b[0m\n", "é" * 300)
_TYPES = ("?", "i1", ">i8", "u8", "f4", "f8", "c16", "U3", "S2", "O", "m8", "V4", "f2")
_VALUES = (-1, 2, 1 << 15, 1 << 31, 1 << 62, -(1 << 63), (1 << 63) - 1)
_HEADERS = (
    "'shape': (1000000000000,)",
    "'shape': (" + "9" * 4400 + ",)",
    "'shape': (" + "1, " * 300 + ")",
    "'shape': " + "(" * 400 + ")" * 400,
    "'shape': (-1,)",
    "'shape': (True,)",
    "'shape': (2.5,)",
    "'shape': 3",
    "'shape': (0, 99999999)",
    "'descr': '|O'",
    "'descr': '<U99999999'",
    "'descr': [('a', '<i8'), ('b', '<i8')]",
    "'descr': '<i8', 'descr': '<i4'",
    "'fortran_order': 1",
    "'other': 1",
    "'shape': __import__('os')",
)


@dataclass(frozen=True)
class Reader:
    """A kind of file, and what reads it.

    Members
    -------
    good : bytes of a file that is accepted.
    read : reads a file.
    error : what it raises for a file that is none of its kind.
    """

    good: bytes
    read: Callable[[Path], Any]
    error: type[Exception]


def _zipped(arrays: Mapping[str, Any]) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def _bank_recording() -> Reader:
    rule, params = resolve(BANK.rule)
    forms = rule.input_formats(params)
    arrays: dict[str, Any] = {name: np.zeros((5, 3), np.int16) for name in forms}
    arrays |= {"initial_weight": np.arange(3), "meta": np.array(json.dumps({"a": 1}))}
    return Reader(
        _zipped(arrays), lambda path: load_recording(path, rule, params, 3), RecordingError
    )


def _layer_recording() -> Reader:
    rule, params = resolve(LAYER.rule)
    layer, neuron = LAYER.layer, LAYER.neuron
    if layer is None or neuron is None:
        raise TypeError("the layer's design has a layer and its neurons")
    arrays = {
        "spikes": np.ones((6, 4), bool),
        "reward": np.full(6, -3, np.int8),
        "decide": np.zeros(6, np.uint8),
        "meta": np.array("{}"),
    }
    return Reader(
        _zipped(arrays),
        lambda path: load_layer_recording(path, rule, params, layer, neuron),
        RecordingError,
    )


def _network_recording() -> Reader:
    arrays = {
        "x": np.ones((4, 3), bool),
        "a.weight": np.full((2, 3), -128, np.int8),
        "a.code": np.full((2, 3), 63),
        "b.weight": np.full((1, 2), 127),
        "b.code": np.zeros((1, 2), np.uint8),
    }
    return Reader(
        _zipped(arrays), lambda path: load_network_recording(path, NETWORK), RecordingError
    )


def _checkpoint(design: Design) -> Reader:
    """The way that `Device.restore` goes, on the golden model."""
    block = device_block(design)
    engine = block.model(native=False)
    with tempfile.TemporaryDirectory() as folder:
        good = write_checkpoint(Path(folder) / "c.npz", block.state(engine), block).read_bytes()

    def restore(path: Path) -> None:
        state = read_checkpoint(path, block)
        check_state(f"checkpoint {path}", state, block.layout())
        block.restore(engine, state)

    return Reader(good, restore, ConfigError)


def _evolution() -> Reader:
    """The checkpoint of a genetic algorithm."""
    from sc_model.learning import SNNGeneticEvolver

    def evolver() -> SNNGeneticEvolver:
        return SNNGeneticEvolver(
            lambda: SimpleNamespace(weights=np.ones((2, 3))), lambda layer: 1.0, population_size=4
        )

    with tempfile.TemporaryDirectory() as folder:
        evolver().evolve(1, checkpoint=Path(folder) / "e.npz")
        good = (Path(folder) / "e.npz").read_bytes()
    return Reader(good, lambda path: evolver().evolve(1, checkpoint=path), ValueError)


def _torch() -> Reader:
    """The checkpoint of a learner in torch."""
    from sc_model import torch_files

    torch = vars(torch_files)["torch"]  # campaigns need not have it
    content = io.BytesIO()
    state = {"learner": "L", "more": {"a": [1, 2.5, None]}, "w": torch.ones(2, 3)}
    torch.save(state, content)
    return Reader(
        content.getvalue(),
        lambda path: torch_files.read_state(path, ("learner", "more")),
        ValueError,
    )


KINDS: dict[str, Callable[[], Reader]] = {
    "bank": _bank_recording,
    "layer": _layer_recording,
    "network": _network_recording,
    "lane's checkpoint": lambda: _checkpoint(LANE),
    "bank's checkpoint": lambda: _checkpoint(BANK),
    "layer's checkpoint": lambda: _checkpoint(LAYER),
    "evolution": _evolution,
    "torch": _torch,
}


@cache
def reader(kind: str) -> Reader:
    """The reader of a kind of file, made once a process."""
    return KINDS[kind]()


# --- changes --------------------------------------------------------------------------------------


def _members(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(each.filename, archive.read(each)) for each in archive.infolist()]


def _packed(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name twice is a warning, and what is wanted here
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return content.getvalue()


def _changed_array(rng: random.Random, array: NDArray[Any]) -> NDArray[Any]:
    change = rng.randrange(5)
    if change == 0:
        return np.asarray(array.reshape(-1)[: rng.randrange(array.size + 1)])
    if change == 1:
        return np.zeros([rng.choice((0, 1, 2, 3, 7, 64)) for _ in range(rng.randrange(4))], "i8")
    if change == 2:
        try:
            return array.astype(rng.choice(_TYPES))
        except (ValueError, TypeError):
            return array
    if change == 3 and array.size and array.dtype.kind in "iub":
        wide = array.astype(np.int64).reshape(-1)
        wide[rng.randrange(wide.size)] = rng.choice(_VALUES)
        return wide.reshape(array.shape)
    if array.dtype.kind in "US" and array.size:
        text = str(array.reshape(-1)[0])
        place = rng.randrange(len(text) + 1)
        piece = rng.choice(("", "[" * 100_000, "1e999", "9" * 5000, "\x00", '"', "null", "{}"))
        return np.array(text[:place] + piece + text[place + rng.randrange(9) :])
    return np.asfortranarray(array.T)


def _change_arrays(rng: random.Random, content: bytes) -> bytes:
    members = _members(content)
    place = rng.randrange(len(members))
    name, data = members[place]
    change = rng.randrange(6)
    if change == 0:
        del members[place]
    elif change == 1:
        members[place] = (rng.choice(_NAMES) + ".npy", data)
    elif change == 2:
        members.append((rng.choice((*_NAMES, name)), data))
    elif data[:6] == b"\x93NUMPY":
        array = np.load(io.BytesIO(data), allow_pickle=True)
        if array.dtype.kind == "u" and name.startswith("about"):
            text = array.tobytes().decode()
            old = rng.choice(('"bank"', "{", "1", "sc-hw.checkpoint.v1", "}", ":"))
            new = rng.choice(('"x"', "", "9" * 5000, "[" * 50_000, "null"))
            array = np.frombuffer(text.replace(old, new, 1).encode(), np.uint8)
        else:
            array = _changed_array(rng, array)
        stream = io.BytesIO()
        np.save(stream, array, allow_pickle=True)
        members[place] = (name, stream.getvalue())
    return _packed(members)


def _change_header(rng: random.Random, content: bytes) -> bytes:
    members = _members(content)
    place = rng.randrange(len(members))
    name, data = members[place]
    if data[:6] != b"\x93NUMPY":
        return _change_bytes(rng, content)
    length = int.from_bytes(data[8:10], "little")
    header, numbers = data[10 : 10 + length].decode("latin-1"), data[10 + length :]
    if rng.random() < 0.7:
        part = rng.choice(_HEADERS)
        key = part.split(":")[0]
        begin = header.find(key)
        end = header.find(", '", begin) if key != "'shape'" else header.find(", }", begin)
        header = header[:begin] + part + header[end:] if begin >= 0 else f"{{{part}}}"
    else:
        at = rng.randrange(len(header) + 1)
        header = header[:at] + rng.choice(("{", "}", "'", "(", "\x00", "\xff", "#")) + header[at:]
    text = header.encode("latin-1")
    size = rng.choice((len(text), len(text), len(text), 65535, 0)) & 0xFFFF
    version = rng.choice((1, 1, 1, 1, 2, 3, 4, 0))
    start = b"\x93NUMPY" + bytes((version, rng.choice((0, 0, 0, 9))))
    start += struct.pack("<H" if version == 1 else "<I", size)
    members[place] = (name, start + text + numbers)
    return _packed(members)


def _change_archive(rng: random.Random, content: bytes) -> bytes:
    members = _members(content)
    change = rng.randrange(8)
    if change == 0:
        return _packed(members, rng.choice((zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)))
    if change == 1:  # unpacks to gigabytes
        name, data = rng.choice(members)
        zeros = bytes(rng.choice((1 << 16, 1 << 20, 1 << 24)))
        return _packed([*members, (rng.choice((name, "more.npy")), data + zeros)])
    if change == 2:
        return _packed([*members, *((f"m{n}.npy", b"") for n in range(rng.choice((10, 5000))))])
    raw = bytearray(_packed(members, zipfile.ZIP_STORED if change == 3 else zipfile.ZIP_DEFLATED))
    entries = [
        n for n in range(len(raw) - 4) if bytes(raw[n : n + 4]) in (b"PK\x01\x02", b"PK\x03\x04")
    ]
    entries.append(raw.rindex(b"PK\x05\x06"))
    entry = rng.choice(entries)
    # a field of two or four bytes: flags, method, checksum, sizes, lengths of names, offsets
    at = entry + rng.choice(
        range(4, 46 if raw[entry + 2] == 1 else 30 if raw[entry + 2] == 3 else 22, 2)
    )
    value = rng.choice((0, 1, 8, 9, 14, 99, 0x7F, 0x801, 0xFFFF, rng.randrange(1 << 16)))
    raw[at : at + 2] = struct.pack("<H", value)
    return bytes(raw)


def _change_bytes(rng: random.Random, content: bytes) -> bytes:
    raw = bytearray(content)
    change = rng.randrange(5)
    if change == 0:
        return bytes(raw[: rng.randrange(len(raw))])
    if change == 1:
        return rng.choice(
            (b"", b"\0" * 100, b"\x80\x04.", b"\x93NUMPY\x01\0", content * 2, b"PK\x05\x06")
        )
    if change == 2:
        at = rng.randrange(len(raw))
        return bytes(raw[:at] + rng.randbytes(rng.choice((1, 7, 5000))) + raw[at:])
    for _ in range(rng.choice((1, 2, 10))):
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    return bytes(raw)


# what NumPy and the standard library raise for an archive that can't be read any more
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ValueError,
    RuntimeError,
    EOFError,
    OSError,
    LookupError,
    TypeError,
    MemoryError,
    tokenize.TokenError,
)


def mutant(number: int, kinds: tuple[str, ...] = tuple(KINDS)) -> tuple[str, bytes]:
    """The kind of the mutant of that number, and its bytes."""
    rng = random.Random(number)
    kind = rng.choice(kinds)
    content = reader(kind).good
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        change = rng.choice(
            (_change_arrays, _change_arrays, _change_header, _change_archive, _change_bytes)
        )
        try:
            content = change(rng, content)
        except BROKEN:  # by the change before
            content = _change_bytes(rng, content or b"x")
    return kind, content


# --- the command ----------------------------------------------------------------------------------


class WrongError(Exception):
    """A reader has raised another class of error than it names."""


def read_mutant(number: int, kinds: tuple[str, ...] = tuple(KINDS)) -> None:
    """Write a mutant to a file and read it."""
    kind, content = mutant(number, kinds)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mutant.npz"
        file.write_bytes(content)
        try:
            reader(kind).read(file)
        except reader(kind).error:
            raise
        except Exception as error:  # whatever else a reader lets through is what is looked for
            raise WrongError(f"{kind}: {type(error).__name__}: {error}") from error


ERRORS = (RecordingError, ConfigError, ValueError)


def main() -> None:
    """Fuzz, and write `fuzz_archives.json` and `.md`; exit 1 where there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="mutants")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    for kind in KINDS:  # imported before the limit of memory
        reader(kind)
    outcomes: list[Outcome] = []
    for outcome in fuzz(read_mutant, ERRORS, range(options.first, options.first + options.count)):
        outcomes.append(outcome)
        if faults([outcome]):
            print(f"case {outcome.number}: {outcome.verdict}: {outcome.text}", flush=True)
        if len(outcomes) % 1000 == 0:
            print(f"... {len(outcomes)} cases, {len(faults(outcomes))} faults", flush=True)
    command = f"python -m campaigns.fuzz.archives --count {options.count}"
    report = [
        "# Archives, fuzzed",
        "",
        f"Made by `{command}`: mutants of recordings of a bank, a layer and a network, and of"
        " checkpoints of devices, of a genetic algorithm and of torch, each read within 20 s and 2"
        " GB.",
        "",
        *table(outcomes),
    ]
    write_report(options.out, "fuzz_archives", "\n".join(report) + "\n")
    counts = {
        verdict: sum(outcome.verdict == verdict for outcome in outcomes)
        for verdict in sorted({outcome.verdict for outcome in outcomes})
    }
    write_json(
        options.out / "fuzz_archives.json",
        {"schema_version": SCHEMA, "command": command, "cases": counts},
    )
    raise SystemExit(bool(faults(outcomes)))


if __name__ == "__main__":
    main()
