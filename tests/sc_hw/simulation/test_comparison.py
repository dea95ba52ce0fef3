"""Two devices in lock step: the first difference is found, wherever it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_designs import LAYER, stimulus
from support import RULE, edited, random_inputs

from sc_hw import Device
from sc_hw.build.elaborate import Build
from sc_hw.simulation.comparison import Difference
from sc_hw.simulation.devices.device_block import State
from sc_model.spec import Design

BuildOf = Callable[..., Build]
BANK = Design(name="bank", block="bank", synapses=5)
LANE = Design(name="lane", block="lane")


class Wrong(Device):
    """A model whose state is wrong in one bit from a step on, in one synapse."""

    first_wrong = 10**9
    index: tuple[int, ...] = ()
    steps_done = 0

    def run(self, **stimulus: Any) -> Any:
        self.steps_done += self.block.steps(stimulus)
        log = super().run(**stimulus)
        if self.block.logs_every_step:
            start = self.steps_done - len(log["weight"])
            log["weight"][max(0, self.first_wrong - start) :] ^= 1
        return log

    def state(self) -> State:
        state = super().state()
        if self.steps_done > self.first_wrong and not self.block.logs_every_step:
            state["synapse"]["weight"][self.index] ^= 1
        return state

    def restore(self, state: Any) -> None:
        super().restore(state)
        self.steps_done = self.restored_steps

    restored_steps = 0


def inputs(shape: tuple[int, ...]) -> dict[str, Any]:
    return random_inputs(np.random.default_rng(4), RULE.params_type(), shape)


@pytest.mark.parametrize("every", [1, 7, 100])
def test_a_wrong_state_of_a_bank_is_found_in_its_step(every: int) -> None:
    first, second = Device.open(BANK), Wrong.open(BANK)
    assert isinstance(second, Wrong)
    second.first_wrong, second.index = 0, (3,)
    found = Device.compare(first, second, every=every, **inputs((40, 5)))
    assert found is not None
    assert (found.step, found.space, found.field, found.index) == (0, "synapse", "weight", (3,))
    assert found.actual == found.expected ^ 1
    assert found.wave is None  # none of them is RTL


def test_a_wrong_log_of_a_lane_is_found_in_its_step() -> None:
    first, second = Device.open(LANE), Wrong.open(LANE)
    assert isinstance(second, Wrong)
    second.first_wrong = 23
    found = Device.compare(first, second, **inputs((40,)))
    assert found is not None
    assert (found.step, found.field, found.index) == (23, "weight", ())


def test_a_wrong_spike_is_an_output() -> None:
    first, second = Device.open(LAYER), Device.open(LAYER)
    given = stimulus(LAYER, 30)
    run = second.block.run

    def wrong_run(engine: Any, values: Any) -> Any:
        fired = np.array(run(engine, values))
        fired[0, 2] ^= 1
        return fired

    second.block.run = wrong_run  # type: ignore[method-assign]
    found = Device.compare(first, second, every=10, **given)
    assert found is not None
    assert (found.step, found.space, found.field, found.index) == (0, "output", "spike", (2,))
    assert found.actual == found.expected ^ 1


def test_text_of_a_difference() -> None:
    text = "step 3: neuron.potential[4] is 5 in the first device and 6 in the second"
    difference = Difference(3, "neuron", "potential", (4,), 5, 6)
    assert str(difference) == text
    wave = Difference(3, "neuron", "potential", (4,), 5, 6, Path("a.vcd"))
    assert str(wave) == text + "; waves: a.vcd"


def test_every_must_be_positive() -> None:
    with pytest.raises(ValueError, match=r"^every must be >= 1, not 0$"):
        Device.compare(Device.open(BANK), Device.open(BANK), every=0, **inputs((2, 5)))


def test_a_device_that_is_not_deterministic_is_named() -> None:
    """The two end apart, and agree when they repeat the same steps."""
    first, second = Device.open(BANK), Wrong.open(BANK)
    assert isinstance(second, Wrong)
    second.first_wrong, second.index, second.restored_steps = 20, (0,), -(10**9)
    state, calls = second.state, [0]

    def state_once() -> State:
        calls[0] += 1
        second.steps_done = 100 if calls[0] == 1 else -(10**9)
        return state()

    second.state = state_once  # type: ignore[method-assign]
    text = (
        r"^two devices differed, and no longer do when they do the same again: one of them is not"
        r" deterministic\.$"
    )
    with pytest.raises(RuntimeError, match=text):
        Device.compare(first, second, every=30, **inputs((30, 5)))


def test_seeded_bug_is_located(build_of: BuildOf, tmp_path: Path) -> None:
    """One bit of one word, from one value on: the model says when that is first written."""
    build = build_of("bank", 9)
    broken = edited(
        build,
        tmp_path / "edited",
        r"words\[write__addr\] <= write__data;",
        "words[write__addr] <= write__data"
        " ^ ((write__addr == 5 && write__data[15:0] > 45000) ? 4 : 0);",
    )
    given = random_inputs(np.random.default_rng(7), RULE.params_type(), (400, 9))
    model = Device.open(build.design)
    model.load(30_000)
    begin, step = model.state(), 0
    for step in range(400):
        model.step(**{name: values[step] for name, values in given.items()})
        weight = int(model.state()["synapse"]["weight"][5])
        if weight > 45_000:
            break
    assert 0 < step < 399
    model.restore(begin)
    found = Device.compare(model, Device.open(broken.folder, on="rtl"), **given)
    assert found is not None
    assert (found.step, found.space, found.field, found.index) == (step, "synapse", "weight", (5,))
    assert (found.expected, found.actual) == (weight, weight ^ 4)
    assert found.wave is not None
    assert re.search(r"\$var wire +\d+ \S+ write__data", found.wave.read_text(encoding="utf-8"))
    assert str(found).startswith(
        f"step {step}: synapse.weight[5] is {weight} in the first device and {weight ^ 4} in the"
        " second"
    )
