"""Short-term plasticity against its published recursion, and the contract of `drive`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sc_model.golden import Bank, Synapse
from sc_model.graph import INTS, trace
from sc_model.graph.plastic import layer_rule
from sc_model.native import NativeSynapse
from sc_model.rules import load_rule
from sc_model.rules.tsodyks_markram import Params
from sc_model.spec.errors import RuleError

RULE = load_rule("tsodyks_markram")


def delivered(params: Params, spikes: np.ndarray, weight: int = 255) -> np.ndarray:
    synapse = Synapse(RULE, params, {"weight": weight})
    return np.array([synapse.step({"pre_spike": int(spike)})["drive"] for spike in spikes])


def of_the_paper(params: Params, spikes: np.ndarray) -> np.ndarray:
    """Tsodyks, Pawelzik & Markram 1998 in real numbers: u+ = u + U (1 - u), R- = R - u+ R."""
    part, u, r, found = params.use_step / 2**params.fraction_bits, 0.0, 1.0, []
    for spike in spikes:
        u = u + part * (1 - u) if spike else u
        released = u * r if spike else 0.0
        found.append(released)
        u *= 1 - 2.0**-params.facilitation_shift
        r = 1 - (1 - r + released) * (1 - 2.0**-params.recovery_shift)
    return np.array(found)


@pytest.mark.parametrize(
    ("facilitation", "recovery", "part"), [(1, 5, 0.5), (5, 2, 0.1), (3, 3, 0.3)]
)
def test_wide_integers_are_the_published_recursion(
    facilitation: int, recovery: int, part: float
) -> None:
    params = Params(
        weight_bits=16,
        fraction_bits=16,
        use_step=round(part * 2**16) - 1,
        facilitation_shift=facilitation,
        recovery_shift=recovery,
    )
    spikes = np.random.default_rng(1).random(400) < 0.3
    found = delivered(params, spikes, 65_535) / 65_535
    assert np.abs(found - of_the_paper(params, spikes)).max() < 2e-3


def test_a_train_depresses_or_facilitates() -> None:
    train = np.arange(40) % 4 == 0
    depressing = delivered(Params(), train)[train]
    assert np.all(np.diff(depressing[:4]) < 0)
    facilitating = delivered(Params(use_step=20, facilitation_shift=6, recovery_shift=1), train)[
        train
    ]
    assert np.all(np.diff(facilitating[:4]) > 0)
    assert not delivered(Params(), train)[~train].any()


def test_after_silence_it_is_as_at_first() -> None:
    state = {**RULE.initial_state(), "weight": 200, "use": 255, "used": 255}
    for _ in range(200):
        state = RULE.apply(INTS, state, {"pre_spike": 0}, Params())
    assert state == {"weight": 200, "use": 0, "used": 0, "drive": 0}


def test_models_agree_on_what_is_delivered() -> None:
    spikes = np.random.default_rng(2).random(60) < 0.4
    expected = delivered(Params(), spikes, 99).tolist()
    native = NativeSynapse(RULE, Params(), {"weight": 99})
    assert native.replay({"pre_spike": spikes.astype(int)})["drive"].tolist() == expected
    bank = Bank(RULE, Params(), 2, {"weight": 99})
    found = [bank.step({"pre_spike": int(spike)})["drive"].tolist() for spike in spikes]
    assert found == [[value, value] for value in expected]


def test_update_does_not_see_what_was_delivered(tmp_path: Path) -> None:
    file = tmp_path / "rule.py"
    file.write_text(RULE.source.replace('"weight": state.weight,', '"weight": state.drive,', 1))
    with pytest.raises(RuleError, match="state has no field 'drive'"):
        traced(file)


def traced(file: Path) -> None:
    rule = load_rule(str(file))
    trace(rule, rule.params_type())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "def float_drive(",
            "def other(",
            "a rule that defines DRIVE must define DRIVE, drive, float_drive; it lacks"
            " float_drive.",
        ),
        (
            'DRIVE = StateField("drive", "weight_bits")',
            'DRIVE = StateField("use", "weight_bits")',
            "two fields or inputs have the name 'use'.",
        ),
        (
            'DRIVE = StateField("drive", "weight_bits")',
            'DRIVE = StateField("drive", "fraction_bit")',
            "the width of 'drive' must be a field of Params, not 'fraction_bit'; did you mean"
            " 'fraction_bits'? Its fields are: facilitation_shift, fraction_bits, most,"
            " recovery_shift, use_step, weight_bits.",
        ),
        (
            "def drive(ops: Ops, state: Any, inputs: Any, params: Params) -> Any:",
            "def drive(ops: Ops, state: Any) -> Any:",
            "drive must take the parameters (ops, state, inputs, params), not (ops: 'Ops', state:"
            " 'Any') -> 'Any'.",
        ),
        (
            'ops.let("drive_whole", state.weight * released) >> params.fraction_bits',
            'ops.let("drive_whole", state.weight * released)',
            "rule 'tsodyks_markram': the value written to drive can be anywhere in [0, 64770], but"
            " the field holds [0, 255] (unsigned 8 bits): clamp the value or widen the field.",
        ),
    ],
)
def test_a_mistake_is_one_line(old: str, new: str, expected: str, tmp_path: Path) -> None:
    assert RULE.source.count(old) == 1
    file = tmp_path / "rule.py"
    file.write_text(RULE.source.replace(old, new))
    with pytest.raises(RuleError) as error:
        traced(file)
    place, _, message = str(error.value).partition(": ")
    assert message == expected
    assert place.startswith(str(file))


def test_a_drive_is_no_loadable_field(tmp_path: Path) -> None:
    file = tmp_path / "rule.py"
    file.write_text(
        RULE.source.replace('"weight_bits")\nINPUTS', '"weight_bits", initial=1)\nINPUTS')
    )
    with pytest.raises(RuleError, match="begins with 0 and is not loadable"):
        load_rule(str(file))


def test_layers_sum_weights() -> None:
    with pytest.raises(RuleError) as error:
        layer_rule(RULE, Params())
    assert str(error.value).endswith(
        "rule 'tsodyks_markram' can't run in a layer: its synapses deliver 'drive', and the neurons"
        " of a layer sum weights; use a lane or a bank."
    )
