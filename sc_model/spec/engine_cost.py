"""What a tick costs with each engine, and which of them a layer with engine 'auto' gets.

The model counts the clocks between two ticks of a layer that always has inputs. A sweep visits all
columns for each group of neurons. Events visit those that are not 0, a group in a clock, beside a
clock for each chunk of columns that is searched; meanwhile the neurons of the tick before have
their turns, one a clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sc_model.spec.trained_layer import TrainedLayerSpec

ACTIVITY = 0.1  # share of a tick's columns that are not 0; images as single spikes have less
CHUNK = 16  # columns that are searched at a time
# Sums in block RAM, two banks of them, and the search cost as much again as a swept lane: events
# must be so many times faster.
WORTH = 2


def sweep_clocks(layer: TrainedLayerSpec) -> int:
    """Clocks of a tick that visits every synapse."""
    return max(layer.columns, layer.lanes) * layer.groups


def event_clocks(layer: TrainedLayerSpec, activity: float = ACTIVITY) -> int:
    """Clocks of a tick in which a share of the columns is not 0."""
    adding = round(layer.columns * activity) * layer.groups + -(-layer.columns // CHUNK)
    return max(adding, layer.neurons)


def cheaper_engine(layer: TrainedLayerSpec) -> Literal["sweep", "events"]:
    """The engine of a layer that leaves it open."""
    if not layer.EVENT_DRIVEN or layer.max_delay:
        return "sweep"
    return "events" if WORTH * event_clocks(layer) <= sweep_clocks(layer) else "sweep"


def engine_line(layer: TrainedLayerSpec) -> str | None:
    """What speaks for and against a layer's engine; None where it has no choice."""
    if not layer.EVENT_DRIVEN or layer.max_delay:
        return None
    better = cheaper_engine(layer)
    advice = "" if better == layer.engine else f"; '{better}' would be the better choice"
    return (
        f"layer '{layer.name}': engine '{layer.engine}'; a sweep takes {sweep_clocks(layer):,}"
        f" clocks a tick, events {event_clocks(layer):,} with {ACTIVITY:.0%} of"
        f" {layer.columns:,} columns active{advice}"
    )
