"""The O(1) synapse: bounded online learning whose state does not grow with how long it has been
learning.

The rule is `sc_model.rules.reward_modulated_stdp`; its equations stand there. This module is the
public contract.
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
    """Widths and shifts of the O(1) synapse, immutable; see `Params` for each field and its bound.

    Raises ConfigError (a ValueError) that names the field and its bound for a value out of range,
    ConfigTypeError (a TypeError) for a value that is no integer.
    """

    rule_family: Literal["reward_modulated_stdp"] = "reward_modulated_stdp"

    @property
    def params(self) -> RuleParams:
        """The rule's own parameters, without the family's name."""
        return Params(**{name: getattr(self, name) for name in Params.model_fields})

    def to_scnir_annotation(self, rule_id: str) -> dict[str, Any]:
        """Deterministic metadata of the rule for a network description; ValueError for an empty
        `rule_id`.
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
    """The four integers a synapse is made of."""

    weight: int
    pre_trace: int
    post_trace: int
    eligibility: int


class OnlineO1Synapse:
    """One synapse in exact integers.

    Parameters
    ----------
    config : widths and shifts.
    initial_weight : saturated into [0, max_weight]; TypeError if it is no integer.
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
        self._synapse = self._made({"weight": initial_weight.__index__()})

    def _made(self, initial: dict[str, int]) -> Synapse:
        return Synapse(load_rule(FAMILY), self.config, initial)

    @property
    def state_fields(self) -> tuple[str, ...]:
        """Names of all state the synapse holds."""
        return tuple(self._synapse.state)

    @property
    def state_bit_count(self) -> int:
        """Bits of all state the synapse holds: W + 3T."""
        return self._synapse.rule.state_bits(self.config)

    def snapshot(self) -> OnlineO1Snapshot:
        """The state now."""
        return OnlineO1Snapshot(**self._synapse.state)

    def step(self, pre_spike: bool | int, post_spike: bool | int, reward: int) -> OnlineO1Snapshot:
        """One time step; `reward` is saturated into [min_reward, max_reward]. TypeError for what is
        no integer.
        """
        self._synapse.step({"pre_spike": pre_spike, "post_spike": post_spike, "reward": reward})
        return self.snapshot()


class NativeOnlineO1Synapse(OnlineO1Synapse):
    """The same contract, compiled; and :meth:`replay` for many steps at once.

    Raises NativeError where there is no compiler, or a value does not fit 64 bits.
    """

    __slots__ = ()

    def _made(self, initial: dict[str, int]) -> Synapse:
        return NativeSynapse(load_rule(FAMILY), self.config, initial)

    def replay(
        self, pre_spike: ArrayLike, post_spike: ArrayLike, reward: ArrayLike
    ) -> dict[str, NDArray[np.int64]]:
        """Advance by T steps and return the four fields after each, shape (T,); inputs are scalars
        or have shape (T,).
        """
        synapse = self._synapse
        if not isinstance(synapse, NativeSynapse):
            raise TypeError("a native synapse must hold a compiled one")
        return synapse.replay({"pre_spike": pre_spike, "post_spike": post_spike, "reward": reward})


class NativeOnlineO1Array:
    """N synapses of the same contract, compiled: every input and field has shape (N,).

    Parameters
    ----------
    config : widths and shifts.
    synapses : N >= 1.
    initial_weight : a scalar or shape (N,), saturated into [0, max_weight].

    Raises what :class:`NativeOnlineO1Synapse` raises.
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
        """Names of all state a synapse holds."""
        return STATE_FIELDS

    def snapshot(self) -> dict[str, NDArray[np.int64]]:
        """The state now, by field."""
        return self._bank.state

    def step(
        self, pre_spike: ArrayLike, post_spike: ArrayLike, reward: ArrayLike
    ) -> dict[str, NDArray[np.int64]]:
        """One time step of all synapses; inputs are scalars or have shape (N,)."""
        return self._bank.step({"pre_spike": pre_spike, "post_spike": post_spike, "reward": reward})

    def replay(
        self, pre_spike: ArrayLike, post_spike: ArrayLike, reward: ArrayLike
    ) -> dict[str, NDArray[np.int64]]:
        """T time steps of all synapses, and the state after them; inputs have shape (T, N), (T, 1)
        or are scalars.
        """
        self._bank.replay({"pre_spike": pre_spike, "post_spike": post_spike, "reward": reward})
        return self.snapshot()


def build_online_o1_memory_proof(
    n_synapses: int, config: OnlineO1Config, sequence_length: int | None = None
) -> Mapping[str, Any]:
    """What `n_synapses` synapses hold in memory, whatever the length of the sequence they have
    seen.

    `sequence_length` is taken and has no influence: that is the statement. ValueError for a
    negative count.
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
