"""The answers that a user gives to what a NIR graph leaves open: for all nodes, or for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, get_args

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import Reset
from sc_model.interchange.profile import Source
from sc_model.spec.errors import did_you_mean
from sc_model.texts import shown

Answer = TypeVar("Answer")
NodeAnswer: TypeAlias = Answer | Mapping[str, Answer] | None
"""One answer for all nodes, a mapping from names of nodes to answers, or none."""

OTHERS = "*"  # in a mapping: the nodes that it does not name
RESETS = get_args(Reset)


class Answers:
    """What is known beside the graph, and which reset it gives to each node.

    Parameters
    ----------
    source : the package that wrote the graph, or None.
    reset, reset_delay : of `from_nir`.
    dt_ms : length of a step.
    nodes : names of the nodes that have a reset.

    Raises InterchangeError for an answer that is none, and for one to a node that has no reset.
    """

    def __init__(
        self,
        source: Source | None,
        reset: NodeAnswer[Reset],
        reset_delay: NodeAnswer[bool],
        dt_ms: float,
        nodes: Sequence[str],
    ) -> None:
        self.source, self.dt_ms = source, dt_ms
        self._resets = _by_node("reset", reset, nodes)
        self._delays = _by_node("reset_delay", reset_delay, nodes)
        for name, value in self._resets.items():
            if value not in RESETS:
                raise InterchangeError(
                    f"reset{_of(name)} must be 'zero', 'subtract' or 'none', not {shown(value)}."
                )
        for name, value in self._delays.items():
            if value not in (True, False):
                raise InterchangeError(
                    f"reset_delay{_of(name)} must be True or False, not {shown(value)}."
                )

    def reset_of(self, name: str, metadata: Mapping[str, Any]) -> Reset:
        """What a spike of a node does.

        Parameters
        ----------
        name : of the node.
        noted : metadata of this project's profile.

        Raises InterchangeError where nothing says it, or where two answers contradict each other.
        """
        reset: Reset = self._choose(
            name,
            "reset",
            self._resets,
            metadata.get("sc_reset"),
            "'zero' (to v_reset), 'subtract' (less the threshold) or 'none'",
        )
        if reset not in RESETS:
            raise InterchangeError(
                f"metadata sc_reset of node '{name}' must be 'zero', 'subtract' or 'none', not"
                f" {shown(reset)}."
            )
        return reset

    def delay_of(self, name: str, metadata: Mapping[str, Any], reset: Reset) -> bool:
        """Whether the reset of a node is done in the step after the spike.

        A node without a reset has none to delay. Parameters and errors are those of `reset_of`.
        """
        if reset == "none":
            return False
        value = metadata.get("sc_reset_delay")
        return bool(
            self._choose(
                name,
                "reset_delay",
                self._delays,
                None if value is None else bool(value),
                "False (at the spike) or True (in the step after, as snnTorch does by default)",
            )
        )

    def _choose(
        self, name: str, what: str, options: Mapping[str, Any], note: Any, allowed: str
    ) -> Any:
        """The answer for a node, by argument, metadata or source."""
        argument = options.get(name, options.get(OTHERS))
        meaning = getattr(self.source, what, None)
        for where, value in (
            (f"metadata of node '{name}' says", note),
            (f"source '{getattr(self.source, 'name', '')}' means", meaning),
        ):
            if value is not None and argument is not None and value != argument:
                raise InterchangeError(
                    f"{what} must be {value!r}, as {where}, not {argument!r}; leave it out."
                )
        answer = next((value for value in (argument, note, meaning) if value is not None), None)
        if answer is None:
            raise InterchangeError(
                f"{what} must be given for node '{name}', NIR has no field for it: {allowed}."
            )
        return answer


def _by_node(what: str, options: Any, nodes: Sequence[str]) -> dict[str, Any]:
    """Answers by node; InterchangeError for a node that has no reset."""
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        return {OTHERS: options}
    for name in options:
        if name != OTHERS and name not in nodes:
            listed = ", ".join(nodes[:20]) or "none"
            hint = did_you_mean(str(name), nodes) or f"; those that have one are {listed}."
            raise InterchangeError(
                f"{what} must be given for nodes that have a reset (IF, LIF, CubaLIF), not for"
                f" '{name}'{hint}"
            )
    return dict(options)


def _of(name: str) -> str:
    return "" if name == OTHERS else f" of node '{name}'"
