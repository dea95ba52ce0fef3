"""Float layers against other packages; `test_integers.py` compares with the interpreter of NIR."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sc_model.evaluation import run_floats
from sc_model.evaluation.floats import delayed
from sc_model.quantisation import FloatLayer


def test_spikes_come_later_and_none_before_the_first() -> None:
    x = np.arange(6).reshape(1, 3, 2)
    assert delayed(x, 0) is x
    assert delayed(x, 1).tolist() == [[[0, 0], [0, 1], [2, 3]]]
    assert not delayed(x, 3).any()


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_spikes_are_those_of_snntorch(reset: str) -> None:
    """Numbers that float32 holds exactly, so that every spike must be the same."""
    torch = pytest.importorskip("torch")
    snn = pytest.importorskip("snntorch")
    rng = np.random.default_rng(2)
    weight = rng.integers(-6, 9, (3, 4)) / 8
    leaky = snn.Leaky(beta=0.5, threshold=1.0, reset_mechanism=reset, reset_delay=True)
    samples = (rng.random((2, 30, 4)) < 0.5).astype(np.uint8)
    # with a reset to zero the moment makes no difference in a plain Leaky
    moment: dict[str, Any] = {"reset": reset, "reset_delay": reset == "subtract"}
    layer = FloatLayer("n", weight, leak=0.5, **moment)
    (found,) = run_floats([layer], samples)
    for number, sample in enumerate(samples):
        memory = leaky.reset_mem()
        for step, word in enumerate(sample):
            current = torch.tensor(weight @ word, dtype=torch.float32)
            fired, memory = leaky(current, memory)
            assert fired.tolist() == found[number, step].tolist()
    assert found.any()
