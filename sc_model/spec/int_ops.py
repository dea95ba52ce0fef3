"""The algebra of rules on Python integers, exact at any width."""

from __future__ import annotations

from typing import Any


class IntOps:
    """Python integers. `lets` collects the named intermediates of the last step."""

    def __init__(self) -> None:
        self.lets: dict[str, Any] = {}

    def mux(self, condition: Any, if_true: Any, if_false: Any) -> Any:
        """See :class:`sc_model.spec.rule.Ops`."""
        return if_true if condition else if_false

    def clamp(self, value: Any, lo: int, hi: int) -> Any:
        """See :class:`sc_model.spec.rule.Ops`."""
        return max(lo, min(hi, value))

    def let(self, name: str, value: Any) -> Any:
        """See :class:`sc_model.spec.rule.Ops`."""
        self.lets[name] = value
        return value
