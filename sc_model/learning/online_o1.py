"""The O(1) synapse: online learning with a state of constant size, whatever the number of steps.

The rule and its equations are in `sc_model.rules.reward_modulated_stdp`. This module is the public
contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden import Synapse
from sc_model.native import NativeBank, NativeSynapse
from sc_model.rules import load_rule
from sc_model.rules.reward_modulated_stdp import FAMILY, Params
from sc_model.spec import RuleParams

MEMORY_PROOF_SCHEMA = "sc-model.online-o1.memory-proof.v1"
ANNOTATION_SCHEMA = "sc-model.online-o1.annotation.v1"
STATE_FIELDS = tuple(field.name for field in load_rule(FAMILY).state)


class OnlineO1Config(Params):
    """Widths and shifts of the O(1) synapse, immutable; `Params` has each field and its bounds.

    Members
    -------
    rule_family : name of the rule, always `reward_modulated_stdp`.

    Raises
    ------
    ConfigError : a value is out of range (a ValueError that names the field and its bound).
    ConfigTypeError : a value is no integer (a TypeError).
    """

    rule_family: Literal["reward_modulated_stdp"] = "reward_modulated_stdp"

    @property
    def params(self) -> RuleParams:
        """The rule's parameters, without `rule_family`."""
        return Params(**{name: getattr(self, name) for name in Params.model_fields})

    def to_scnir_annotation(self, rule_id: str) -> dict[str, Any]:
        """Return the rule's metadata for a network description; equal inputs give equal metadata.

        Parameters
        ----------
        rule_id : name of the rule in the description.

        Raises
        ------
        TypeError : `rule_id` is no string.
        ValueError : `rule_id` is empty.
        """
        if not isinstance(rule_id, str):
            raise TypeError(f"rule_id must be a string, not {rule_id!r} ({type(rule_id).__name__})")
        if not rule_id:
            raise ValueError(
                "rule_id must not be empty: it names the rule in the network description"
            )
        return {
            "schema_version": ANNOTATION_SCHEMA,
            "rule_id": rule_id,
            "rule_family": self.rule_family,
            "state_fields": list(STATE_FIELDS),
            "per_synapse_state_bits": self.per_synapse_state_bits,
            **{name: getattr(self, name) for name in Params.model_fields},
            "saturation_policy": "signed_eligibility_unsigned_weight",
            "hidden_history_fields": [],
            "sequence_length_independent": True,
        }


@dataclass(frozen=True)
class OnlineO1Snapshot:
    """State of one synapse.

    Members
    -------
    weight : in [0, max_weight].
    pre_trace, post_trace : in [0, 2^trace_bits - 1].
    eligibility : in [min_eligibility, max_eligibility].
    """

    weight: int
    pre_trace: int
    post_trace: int
    eligibility: int


class OnlineO1Synapse:
    """One synapse in exact integers.

    Parameters
    ----------
    config : widths and shifts; None for the default configuration.
    initial_weight : integer, saturated into [0, max_weight].

    Raises
    ------
    TypeError : the configuration or the weight is of the wrong kind.
    """

    __slots__ = ("_synapse", "config")

    def __init__(self, config: OnlineO1Config | None = None, initial_weight: int = 0) -> None:
        if config is not None and not isinstance(config, OnlineO1Config):
            raise TypeError(
                f"config must be an OnlineO1Config, not {config!r} ({type(config).__name__})"
            )
        if not hasattr(initial_weight, "__index__"):
            raise TypeError(
                f"initial_weight must be an integer, not {initial_weight!r}"
                f" ({type(initial_weight).__name__})"
            )
        self.config = config if config is not None else OnlineO1Config()
        self._synapse = self._new_synapse({"weight": initial_weight.__index__()})

    def _new_synapse(self, initial: dict[str, int]) -> Synapse:
        return Synapse(load_rule(FAMILY), self.config, initial)

    @property
    def state_fields(self) -> tuple[str, ...]:
        """Names of all state fields of the synapse."""
        return tuple(self._synapse.state)

    @property
    def state_bit_count(self) -> int:
        """Bits of all state fields: W + 3T, with the widths of weight and traces."""
        return self._synapse.rule.state_bits(self.config)

    def snapshot(self) -> OnlineO1Snapshot:
        """Return the current state."""
        return OnlineO1Snapshot(**self._synapse.state)

    def step(self, pre_spike: bool | int, post_spike: bool | int, reward: int) -> OnlineO1Snapshot:
        """Advance by one time step and return the new state.

        Parameters
        ----------
        pre_spike, post_spike : whether the neurons fire in this step.
        reward : integer, saturated into [min_reward, max_reward].

        Raises
        ------
        TypeError : a value is no integer.
        """
        self._synapse.step({"pre_spike": pre_spike, "post_spike": post_spike, "reward": reward})
        return self.snapshot()


class NativeOnlineO1Synapse(OnlineO1Synapse):
    """The same contract in compiled code, with `replay` for many steps at once.

    Raises
    ------
    NativeError : there is no compiler, or a value does not fit 64 bits.
    """

    __slots__ = ()

    def _new_synapse(self, initial: dict[str, int]) -> Synapse:
        return NativeSynapse(load_rule(FAMILY), self.config, initial)

    def replay(
        self, pre_spike: ArrayLike, post_spike: ArrayLike, reward: ArrayLike
    ) -> dict[str, NDArray[np.int64]]:
        """Advance by T steps and return the state fields after each step, (T,).

        Parameters
        ----------
        pre_spike, post_spike, reward : scalars or (T,).
        """
        synapse = self._synapse
        if not isinstance(synapse, NativeSynapse):
            raise TypeError("a native synapse must hold a compiled one")
        return synapse.replay({"pre_spike": pre_spike, "post_spike": post_spike, "reward": reward})


class NativeOnlineO1Array:
    """N synapses of the same contract in compiled code.

    Parameters
    ----------
    config : widths and shifts; None for the default configuration.
    synapses : N >= 1.
    initial_weight : a scalar or (N,), saturated into [0, max_weight].

    Raises
    ------
    TypeError : a value is of the wrong kind.
    NativeError : there is no compiler, or a value does not fit 64 bits.
    """

    __slots__ = ("_bank", "config")

    def __init__(
        self, config: OnlineO1Config | None = None, synapses: int = 1, initial_weight: ArrayLike = 0
    ) -> None:
        if config is not None and not isinstance(config, OnlineO1Config):
            raise TypeError(
                f"config must be an OnlineO1Config, not {config!r} ({type(config).__name__})"
            )
        self.config = config if config is not None else OnlineO1Config()
        self._bank = NativeBank(
            load_rule(FAMILY), self.config, synapses, {"weight": initial_weight}
        )

    @property
    def state_fields(self) -> tuple[str, ...]:
        """Names of all state fields of a synapse."""
        return STATE_FIELDS

    def snapshot(self) -> dict[str, NDArray[np.int64]]:
        """Return the current state, (N,) for each field."""
        return self._bank.state

    def step(
        self, pre_spike: ArrayLike, post_spike: ArrayLike, reward: ArrayLike
    ) -> dict[str, NDArray[np.int64]]:
        """Advance all synapses by one step; inputs are scalars or (N,)."""
        return self._bank.step({"pre_spike": pre_spike, "post_spike": post_spike, "reward": reward})

    def replay(
        self, pre_spike: ArrayLike, post_spike: ArrayLike, reward: ArrayLike
    ) -> dict[str, NDArray[np.int64]]:
        """Advance all synapses by T steps and return the state after them.

        Parameters
        ----------
        pre_spike, post_spike, reward : (T, N), (T, 1) or scalars.
        """
        self._bank.replay({"pre_spike": pre_spike, "post_spike": post_spike, "reward": reward})
        return self.snapshot()


def build_online_o1_memory_proof(
    n_synapses: int, config: OnlineO1Config, sequence_length: int | None = None
) -> Mapping[str, Any]:
    """Return the memory that synapses need, and that it does not depend on the sequence's length.

    Parameters
    ----------
    n_synapses : number of synapses, >= 0.
    config : their configuration.
    sequence_length : number of steps, >= 0, or None. It has no influence on the result, which is
        what the result states.

    Raises
    ------
    TypeError : a count is no integer.
    ValueError : a count is negative.
    """
    for name, value in (("n_synapses", n_synapses), ("sequence_length", sequence_length)):
        if value is None and name == "sequence_length":
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name} must be an integer, not {value!r} ({type(value).__name__})")
        if value < 0:
            raise ValueError(f"{name} must be >= 0, not {value}")
    return {
        "schema_version": MEMORY_PROOF_SCHEMA,
        "n_synapses": n_synapses,
        "state_fields": list(STATE_FIELDS),
        "per_synapse_state_bits": config.per_synapse_state_bits,
        "total_state_bits": n_synapses * config.per_synapse_state_bits,
        "sequence_length_independent": True,
        "hidden_history_fields": [],
    }
