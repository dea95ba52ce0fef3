"""The engine of a trained layer: which layers may have which, and where their synapses lie."""

from __future__ import annotations

import numpy as np
import pytest

from sc_model.spec import ConfigError, DenseSpec, HetSynSpec


@pytest.mark.parametrize("engine", ["sweep", "events"])
def test_every_synapse_has_a_word_of_its_own(engine: str) -> None:
    spec = DenseSpec.model_validate(
        {"name": "a", "inputs": 5, "neurons": 7, "lanes": 3, "engine": engine}
    )
    neuron, column = np.divmod(np.arange(35), 5)
    words = spec.word(column, neuron)
    assert len(set(zip(neuron % 3, words, strict=True))) == 35
    assert 0 <= words.min() <= words.max() < spec.depth
    assert spec.word(3, 1) == (9 if engine == "events" else 3)


def test_what_has_no_events_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"HetSynSpec\.engine must be 'sweep' for a layer of"):
        HetSynSpec(name="a", inputs=2, neurons=2, engine="events")
    with pytest.raises(ConfigError, match=r"DenseSpec\.engine must be 'sweep' with delays, no"):
        DenseSpec(name="a", inputs=2, neurons=2, engine="events", max_delay=3)
