"""The noise that the proof expects is that of the model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sc_hw.proof.blocks.plastic.neurons.noise import lfsr_after
from sc_model.arithmetic import Lfsr


@given(st.integers(1, 24), st.integers(1, (1 << 32) - 1))
def test_noise_of_the_proof_is_that_of_the_model(bits: int, seed: int) -> None:
    model = Lfsr(bits, seed)
    number = model.number()
    state = sum(
        (sum(seed >> source & 1 for source in sources) & 1) << place
        for place, sources in enumerate(lfsr_after(bits))
    )
    assert state == model.state
    assert state & ((1 << bits) - 1) == number & ((1 << bits) - 1)
