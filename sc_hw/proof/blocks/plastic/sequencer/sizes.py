"""The sizes of a layer as vectors, and their multiples without a multiplier."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.frames import Frames
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import resize_unsigned
from sc_model.graph.smt import K

SIZE_PORTS = ("last_row", "last_pause", "last_group")


class Sizes:
    """The sizes of a layer as vectors wide enough for any product of two of them.

    Members
    -------
    width : bits of all vectors here.
    last_row, last_pause, last_group : the sequencer's inputs: each size less 1.
    rows, groups : synapses of a group; groups of a sweep.
    slots : clocks of a group at full speed: one for each row, then the pause.
    of_rows, of_slots : multiples of `rows` and of `slots`.
    group_bits : bits of a group's number.
    product_bits : any product of at most 2^`group_bits` groups is below 2^`product_bits`.
    """

    def __init__(self, prover: Prover, frames: Frames) -> None:
        t = prover.terms
        ports = [frames.inputs[0][name] for name in SIZE_PORTS]
        # Four bits above the sum of the widths: no sum of a few products overflows.
        self.width = sum(t.width(port) for port in ports) + 4
        self.prover = prover
        self.last_row, self.last_pause, self.last_group = (self.wide(port) for port in ports)
        self.rows, self.groups = self.plus(self.last_row, 1), self.plus(self.last_group, 1)
        self.slots = t(K.BV_ADD, self.rows, self.plus(self.last_pause, 1))
        self.group_bits = t.width(ports[2])
        # Slots are rows + pause, so at most one bit more than the wider of the two.
        self.product_bits = self.group_bits + max(t.width(ports[0]), t.width(ports[1])) + 1
        self.of_rows = Multiples(self, "rows", self.rows)
        self.of_slots = Multiples(self, "slots", self.slots)

    def wide(self, vector: Any) -> Any:
        """A vector at full width."""
        return resize_unsigned(self.prover.terms, vector, self.width)

    def const(self, value: int) -> Any:
        """A constant at full width."""
        return self.prover.terms.const(value, self.width)

    def plus(self, vector: Any, more: int) -> Any:
        """A vector and a constant."""
        return self.prover.terms(K.BV_ADD, vector, self.const(more))


class Multiples:
    """Multiples of a vector, as the claims use them: free terms that obey a few laws.

    The solver does not get through multipliers of this width. So each product is an arbitrary
    number of which only the laws below are known; that multiplication obeys them is proved once, by
    claims of their own. What holds for all such numbers holds for the products.

    Parameters
    ----------
    sizes : the vectors' width, and the prover.
    name : of the vector, for claims.
    factor : the vector that is multiplied.

    Members
    -------
    laws_in_use : what is known of the products asked for so far.
    """

    def __init__(self, sizes: Sizes, name: str, factor: Any) -> None:
        self.sizes, self.name, self.factor = sizes, name, factor
        self._products: list[tuple[Any, Any]] = []  # x, and x times the factor
        self.laws_in_use: list[Any] = []

    def laws(self, x: Any, product: Any, other: Any, other_product: Any) -> dict[str, Any]:
        """What is known of two products, by a name for each law."""
        prover, t, s, name = self.sizes.prover, self.sizes.prover.terms, self.sizes, self.name
        zero = s.const(0)
        in_range = t(K.BV_ULE, x, s.const(1 << s.group_bits))
        positive = prover.both(t(K.DISTINCT, x, zero), in_range)
        return {
            f"0 x {name} = 0": prover.implies(t(K.EQUAL, x, zero), t(K.EQUAL, product, zero)),
            f"x x {name} >= {name} for 1 <= x <= 2^{s.group_bits}": prover.implies(
                positive, t(K.BV_UGE, product, self.factor)
            ),
            f"x x {name} <= 2^{s.product_bits} for 1 <= x <= 2^{s.group_bits}": prover.implies(
                positive, t(K.BV_ULE, product, s.const(1 << s.product_bits))
            ),
            f"x x {name} depends on x alone": prover.implies(
                t(K.EQUAL, x, other), t(K.EQUAL, product, other_product)
            ),
            f"(y + 1) x {name} = y x {name} + {name}": prover.implies(
                t(K.EQUAL, x, s.plus(other, 1)),
                t(K.EQUAL, product, t(K.BV_ADD, other_product, self.factor)),
            ),
        }

    def __call__(self, x: Any) -> Any:
        """x times the vector: the same term for the same x."""
        for other, product in self._products:
            if other == x:
                return product
        product = self.sizes.prover.terms.var(
            f"{self.name} x {len(self._products)}", self.sizes.width
        )
        self._products.append((x, product))
        # Each pair of products both ways round, since some of the laws are about x alone or about y
        # + 1. The new product is paired with itself too, for the laws about x alone.
        for other, other_product in self._products:
            self.laws_in_use += [
                *self.laws(x, product, other, other_product).values(),
                *self.laws(other, other_product, x, product).values(),
            ]
        return product

    def prove(self, label: str, assumptions: list[Any]) -> None:
        """Add a claim for each law: multiplication obeys it."""
        prover, t, width = self.sizes.prover, self.sizes.prover.terms, self.sizes.width
        x, y = t.var("x", width), t.var("y", width)
        laws = self.laws(x, t(K.BV_MUL, x, self.factor), y, t(K.BV_MUL, y, self.factor))
        for law, fact in laws.items():
            prover.claim(
                f"layer sequencer, {label}: {law}",
                "a law of multiplication that other claims use",
                prover.no(fact),
                assumptions,
            )
