"""What a host does with a block, over whatever bus: load, step, read all back."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

JOB = "SC_DOOR_JOB"  # environment variable: the job's file
WORD = 32


def job() -> dict[str, Any]:
    """What the test asks for: manifest, stimulus, where the answer goes."""
    content: dict[str, Any] = json.loads(Path(os.environ[JOB]).read_text(encoding="utf-8"))
    return content


def answer(**values: Any) -> None:
    """What the bench has found."""
    Path(job()["answer"]).write_text(json.dumps(values), encoding="utf-8")


def packed(fields: list[dict[str, Any]], **values: int) -> int:
    """Fields of a word, as `offset` and `width` say."""
    word = 0
    for field in fields:
        mask = (1 << field["width"]) - 1
        word |= (values.get(field["name"], 0) & mask) << field["offset"]
    return word


def step_words(
    step: dict[str, Any], place: dict[str, int], spikes: list[int], **common: int
) -> list[int]:
    """The words of a layer's step: modulators and flags, then a bit for each chain and row."""
    words = [0] * step["words"]
    for field in step["common"]:
        mask = (1 << field["bits"]) - 1
        words[field["word"]] |= (common[field["name"]] & mask) << field["lo"]
    for number, spike in enumerate(spikes):
        row, chain = number % place["rows"], number // place["rows"]
        word, slot = divmod(row, step["transfers_per_word"])
        words[step["common_words"] + word] |= spike << slot * step["transfer_bits"] + chain
    return words


class Host(ABC):
    """A host.

    Parameters
    ----------
    content : the job: `manifest`, `weights`, `steps`.
    """

    def __init__(self, content: dict[str, Any]) -> None:
        self.manifest = content["manifest"]
        self.host = self.manifest["host"]
        self.weights, self.steps = content["weights"], content["steps"]
        self.at = {register["name"]: register["offset"] for register in self.host["registers"]}

    @abstractmethod
    async def read(self, *names: str) -> list[int]:
        """Read registers in order."""

    @abstractmethod
    async def write(self, *words: tuple[str, int]) -> None:
        """Write registers in order."""

    @abstractmethod
    def words_of(self, number: int) -> list[int]:
        """The words of a step."""

    async def take(self, number: int) -> None:
        """Take a step by the registers."""
        await self.write(*(("STEP_DATA", word) for word in self.words_of(number)))

    async def output(self) -> list[int]:
        """The output packet that comes next."""
        count = self.host["output"]["words"]
        for _ in range(1000):
            if (await self.read("OUTPUT_LEVEL"))[0] >= count:
                return await self.read(*["OUTPUT_DATA"] * count)
        raise AssertionError("no output packet after 1000 looks at OUTPUT_LEVEL")


class LaneHost(Host):
    """A host of a lane: an output packet is the state after its step."""

    def words_of(self, number: int) -> list[int]:
        """The rule's inputs, in one word."""
        return [packed(self.host["step"]["fields"], **self.steps[number])]

    async def load(self) -> None:
        """Load the weight, and 0 everywhere else."""
        word = packed(self.host["windows"][0]["spaces"][0]["fields"], weight=self.weights[0])
        parts = range(self.host["windows"][0]["accesses"])
        await self.write(*(("WINDOW_DATA", word >> WORD * part & 0xFFFFFFFF) for part in parts))

    async def learn(self) -> dict[str, list[list[int]]]:
        """Load, and take all steps; what a test compares."""
        identity = await self.read("MAGIC", "PROTOCOL", "BUILD_ID_LOW", "BUILD_ID_HIGH")
        await self.load()
        outputs = []
        for number in range(len(self.steps)):
            await self.take(number)
            outputs.append(await self.output())
        return {"identity": identity, "outputs": outputs, "errors": await self.read("ERRORS")}


class LayerHost(Host):
    """A host of a plastic layer."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.place = self.manifest["placement"]

    def words_of(self, number: int) -> list[int]:
        """The words of a step."""
        step = self.steps[number]
        names = [field["name"] for field in self.host["step"]["common"]]
        common = {name: int(step[name]) for name in names}
        return step_words(self.host["step"], self.place, step["spikes"], **common)

    def addresses(self) -> dict[str, list[int]]:
        """WINDOW_ADDRESS of all words that belong to something, by space."""
        window = self.host["windows"][0]
        codes = {space["name"]: space["code"] for space in window["spaces"]}
        rows, columns = self.place["rows"], self.place["columns"]

        def at(space: str, chain: int = 0, number: int = 0, word: int = 0) -> int:
            fields = {"space": codes[space], "chain": chain, "number": number, "word": word}
            return packed(window["address"], **fields)

        inputs, neurons = range(self.place["inputs"]), range(self.place["neurons"])
        return {
            "synapse": [
                at("synapse", i // rows, j % columns, j // columns * rows + i % rows)
                for i in inputs
                for j in neurons
            ],
            "input": [at("input", i // rows, 0, i % rows) for i in inputs],
            "output": [at("output", word=j) for j in neurons],
            "neuron": [at("neuron", word=j) for j in neurons],
        }

    async def load(self) -> None:
        """Load the weights, and 0 everywhere else."""
        for space, places in self.addresses().items():
            words = self.weights if space == "synapse" else [0] * len(places)
            for place, word in zip(places, words, strict=True):
                await self.write(("WINDOW_ADDRESS", place), ("WINDOW_DATA", word))

    async def state(self) -> dict[str, list[int]]:
        """All words of the state."""
        found: dict[str, list[int]] = {}
        for space, places in self.addresses().items():
            found[space] = []
            for place in places:
                await self.write(("WINDOW_ADDRESS", place))
                found[space] += await self.read("WINDOW_DATA")
        return found
