"""What is proved of the register behind random inputs: that it shifts as the model's does.

Of its bits nothing is assumed: what is claimed of a step holds whatever they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from sc_hw.proof.prover import Prover, number
from sc_model.arithmetic.noise import SEED, WIDTH, sources_after
from sc_model.graph.smt import K
from sc_model.spec import IntFormat, Rule, RuleParams


@dataclass(frozen=True)
class RandomBits:
    """The random inputs of a rule in the lowest bits of a register.

    Members
    -------
    prover : decides the claims.
    fields : formats of the inputs, the lowest bits first.
    """

    prover: Prover
    fields: Mapping[str, IntFormat]

    @classmethod
    def of(
        cls, prover: Prover, rule: Rule, params: RuleParams, ports: Mapping[str, Any]
    ) -> Self | None:
        """Those of a block with these input ports; None without such a register."""
        return cls(prover, rule.random_formats(params)) if "random__seed" in ports else None

    @property
    def bits(self) -> int:
        """Bits that a step uses."""
        return sum(form.width for form in self.fields.values())

    def numbers(self, register: Any) -> dict[str, Any]:
        """The random inputs, as the integers that they mean."""
        values, low, t = {}, 0, self.prover.terms
        for name, form in self.fields.items():
            vector = t(K.BV_EXTRACT, register, indices=(low + form.width - 1, low))
            values[name] = number(t, vector, form.signed)
            low += form.width
        return values

    def shifted(self, register: Any) -> Any:
        """The register after the shifts of a step."""
        t = self.prover.terms
        taps = [
            self._parity([t(K.BV_EXTRACT, register, indices=(bit, bit)) for bit in bits])
            for bits in sources_after(self.bits)
        ]
        return t(K.BV_CONCAT, *reversed(taps))

    def _parity(self, bits: list[Any]) -> Any:
        return self.prover.terms(K.BV_XOR, *bits) if len(bits) > 1 else bits[0]


def prove_random_source(
    random: RandomBits,
    *,
    step: Any,
    restart: Any,
    rst: Any,
    register: Any,
    following: Any,
    load: Any,
    seed: Any,
) -> None:
    """Add the claims about the register in one clock, from any state.

    Parameters
    ----------
    random : the random inputs.
    step, restart, rst, load : conditions in this clock; a reset goes before a load of the register,
        this before a restart, and a restart before a step.
    register, following : the register now and in the next clock.
    seed : what a load writes.
    """
    prover, t = random.prover, random.prover.terms
    first, shifted = t.const(SEED, WIDTH), random.shifted(register)
    undisturbed = [prover.no(rst), prover.no(load), prover.no(restart)]
    for name, statement, expected, assumptions in (
        (
            "step",
            f"a step shifts the register by {random.bits} places: no bit is used twice",
            shifted,
            [*undisturbed, step],
        ),
        ("hold", "without a step it keeps its state", register, [*undisturbed, prover.no(step)]),
        ("load", "its port loads it, whatever else happens", seed, [prover.no(rst), load]),
        ("reset", f"a reset gives its seed, 0x{SEED:08X}", first, [rst]),
    ):
        prover.claim(
            f"random: {name}",
            statement,
            t.differ(following, expected),
            assumptions,
            {"register": register, "register'": following},
        )
    prover.claim(
        "random: never 0",
        "from a state other than 0 no step leads to 0, where it would stay",
        prover.both(prover.no(prover.equals(register, 0)), prover.equals(shifted, 0)),
        [],
        {"register": register},
    )
