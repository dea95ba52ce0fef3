"""Compiled kernels and compiled RTL against what else there is, as ratios in one run on one core.

`python benchmarks/native.py [--out reports] [--quick]` prints the table and, with `--out`, writes
native.json, native.md and native.png. Both sides of every ratio take turns, and each counts by its
best turn: another process can only take time away. The bounds are C that a person wrote
(bounds.cc), compiled on the spot; their results are compared with the kernels' first.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import json
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from campaigns.freshness.stamps import write_report
from sc_hw import Device
from sc_hw.files import write_json
from sc_model.golden import Bank, Synapse
from sc_model.native import NativeLayer, OpenLoopLayer
from sc_model.native.build import address
from sc_model.native.compiler import compiled
from sc_model.rules import load_rule
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec

SCHEMA = "sc-hw.native-benchmark.v1"
ROWS, COLUMNS, STEPS = 512, 1024, 256
SIZES = ((32, 32), (100, 100), (320, 320), (1000, 1000), (2500, 4000))
RSTDP = "reward_modulated_stdp"
PEER = "sc_neurocore"


def best(turns: int, *works: Callable[[], object]) -> list[float]:
    """Seconds of each piece of work: the best of some turns, which they take one after another."""
    for work in works:
        work()
    times = [float("inf")] * len(works)
    for _ in range(turns):
        for number, work in enumerate(works):
            start = perf_counter()
            work()
            times[number] = min(times[number], perf_counter() - start)
    return times


def mask(spikes: np.ndarray) -> np.ndarray:
    return -spikes.astype(np.int16)


def traces(spikes: np.ndarray, increment: int, top: int, shift: int) -> np.ndarray:
    """Values before each step of a trace, shape (T, n)."""
    values, value = np.empty(spikes.shape, np.int64), np.zeros(spikes.shape[1], np.int64)
    for t, now in enumerate(spikes):
        values[t] = value
        value = np.minimum(value - (value >> shift) + np.where(now, increment, 0), top)
    return values


def bound_arrays(family: str, pre: np.ndarray, post: np.ndarray) -> list[np.ndarray]:
    """p, s, q, m of bounds.cc."""
    if family == RSTDP:
        p, q, m = (
            np.where(pre, 4095, traces(pre, 4095, 4095, 4)),
            traces(post, 4095, 4095, 4),
            mask(post),
        )
    elif family == "pair_stdp":
        p, q, m = (
            (16 * traces(pre, 1023, 4095, 4)) >> 8,
            (17 * traces(post, 1023, 4095, 4)) >> 8,
            mask(post),
        )
    else:
        p, q = (traces(pre, 16383, 65535, 4) >> 7) << 6, (17 * traces(post, 16383, 65535, 5)) >> 10
        m = np.where(post, traces(post, 4095, 65535, 7) >> 7, 0) << 6
    return [np.ascontiguousarray(array, np.int16) for array in (p, mask(pre), q, m)]


def dense(family: str, bounds: ctypes.CDLL, turns: int) -> dict[str, Any]:
    """Replay of a dense layer: the kernel, and the same by hand."""
    rng, rule = np.random.default_rng(1), load_rule(family)
    params = rule.params_type()
    pre, post = rng.random((STEPS, ROWS)) < 0.1, rng.random((STEPS, COLUMNS)) < 0.1
    first = rng.integers(0, 65536, (ROWS, COLUMNS))
    kernel = OpenLoopLayer(rule, params, ROWS, COLUMNS, first)
    rewards = rng.integers(-128, 128, STEPS).astype(np.int16)
    shared = {"reward": rewards} if family == RSTDP else {}
    arrays = bound_arrays(family, pre, post) + ([rewards] if family == RSTDP else [])
    fields: dict[str, list[np.ndarray]] = {}
    works: dict[str, Callable[[], object]] = {"native": lambda: kernel.replay(pre, post, shared)}
    sizes = [ctypes.c_int64(n) for n in (STEPS, ROWS, COLUMNS)]
    name = {RSTDP: "rstdp", "pair_stdp": "pair", "triplet_stdp": "triplet"}[family]
    for kind, dtype, offset in (("plain", np.int32, 0), ("simd", np.int16, 32768)):
        if hasattr(bounds, f"{name}_{kind}"):
            fields[kind] = [(first - offset).astype(dtype)]
            fields[kind] += [np.zeros((ROWS, COLUMNS), dtype)] if family == RSTDP else []
            pointers = [address(array) for array in arrays + fields[kind]]
            works[kind] = lambda run=bounds[f"{name}_{kind}"], pointers=pointers: run(
                *sizes, *pointers
            )
    for work in works.values():  # once, and all must agree
        work()
    for kind, own in fields.items():
        offset = 32768 if kind == "simd" else 0
        if not np.array_equal(own[0].astype(np.int64) + offset, kernel.state["weight"]):
            raise SystemExit(f"{family}: the loop by hand ({kind}) and the kernel differ")
    times = dict(zip(works, best(turns, *works.values()), strict=True))
    rates = {kind: ROWS * COLUMNS * STEPS / seconds for kind, seconds in times.items()}
    row: dict[str, Any] = {
        "rule": family,
        "updates_per_s": {kind: round(rate) for kind, rate in rates.items()},
    }
    row["of_simd"] = rates["native"] / rates["simd"] if "simd" in rates else None
    row["of_simd_reason"] = (
        None
        if "simd" in rates
        else "no intrinsics are written for this machine (AVX-512BW and AVX2 are)"
    )
    return row


def models(turns: int) -> dict[str, float]:
    """Synapse steps a second of the scalar model, NumPy, and a peer where it is installed."""
    rule = load_rule(RSTDP)
    params = rule.params_type()
    one, bank = (
        Synapse(rule, params, {"weight": 1000}),
        Bank(rule, params, 100_000, {"weight": 1000}),
    )
    rng = np.random.default_rng(2)
    many = {
        "pre_spike": rng.integers(0, 2, 100_000),
        "post_spike": rng.integers(0, 2, 100_000),
        "reward": 3,
    }
    inputs = {"pre_spike": 1, "post_spike": 0, "reward": 3}

    def scalar() -> None:
        for _ in range(5000):
            one.step(inputs)

    seconds = best(turns, scalar, lambda: bank.step(many))
    rates = {"scalar": 5000 / seconds[0], "numpy": 100_000 / seconds[1]}
    if importlib.util.find_spec(PEER) is not None:
        from sc_neurocore.learning import OnlineO1Config, OnlineO1Synapse

        peer = OnlineO1Synapse(OnlineO1Config())

        def steps() -> None:
            for _ in range(5000):
                peer.step(pre_spike=True, post_spike=False, reward=3)

        rates["peer"] = 5000 / best(turns, steps)[0]
    return rates


def closed_loop(bounds: ctypes.CDLL, turns: int) -> dict[str, Any]:
    """1,024 x 256, spikes of neurons that the weights decide, against a plain C loop of the
    same.
    """
    rows, columns, steps, threshold = 1024, 256, 64, 6_000_000
    rng, rule = np.random.default_rng(3), load_rule(RSTDP)
    x, rewards = rng.random((steps, rows)) < 0.1, rng.integers(-128, 128, steps).astype(np.int16)
    first = rng.integers(0, 65536, (rows, columns))
    layer = NativeLayer(
        rule,
        rule.params_type(),
        PlasticLayerSpec(inputs=rows, neurons=columns),
        NeuronSpec(threshold=threshold),
        first,
    )
    weight, eligibility = first.astype(np.int32), np.zeros((rows, columns), np.int32)
    pre, post, potential = (
        np.zeros(rows, np.int32),
        np.zeros(columns, np.int32),
        np.zeros(columns, np.int64),
    )
    fired, before, current = (
        np.zeros(columns, np.uint8),
        np.zeros(columns, np.uint8),
        np.zeros(columns, np.int64),
    )
    bits = x.astype(np.uint8)
    sizes = [ctypes.c_int64(n) for n in (steps, rows, columns)]
    state = [
        address(array)
        for array in (weight, eligibility, pre, post, potential, fired, before, current)
    ]

    def plain() -> None:
        bounds.closed_plain(
            *sizes, address(bits), address(rewards), ctypes.c_int32(threshold), *state
        )

    plain()
    spikes = layer.run(x, {"reward": rewards})
    if not np.array_equal(layer.state["synapse"]["weight"], weight) or not spikes.any():
        raise SystemExit("closed loop: the loop by hand and the kernel differ")
    seconds = best(turns, lambda: layer.run(x, {"reward": rewards}), plain)
    rates = [steps * rows * columns / s for s in seconds]
    return {
        "updates_per_s": {"native": round(rates[0]), "plain": round(rates[1])},
        "of_plain": rates[0] / rates[1],
    }


def growth(turns: int) -> list[dict[str, Any]]:
    """Nanoseconds a synapse and step, from 10^3 to 10^7 synapses."""
    rule, rng, results = load_rule(RSTDP), np.random.default_rng(4), []
    for rows, columns in SIZES:
        steps = max(256, min(65_536, 2**28 // (rows * columns) // 64 * 64))
        layer = OpenLoopLayer(rule, rule.params_type(), rows, columns, 30_000)
        pre, post = rng.random((steps, rows)) < 0.1, rng.random((steps, columns)) < 0.1
        shared = {"reward": rng.integers(-128, 128, steps)}
        (seconds,) = best(
            turns,
            lambda layer=layer, pre=pre, post=post, shared=shared: layer.replay(pre, post, shared),
        )
        results.append(
            {
                "synapses": rows * columns,
                "steps": steps,
                "ns": seconds / (rows * columns * steps) * 1e9,
            }
        )
    return results


def rtl(turns: int) -> dict[str, float]:
    """Clocks a second of a compiled lane, updates a second of a layer, by the public API."""
    rng, rates = np.random.default_rng(5), {}
    with tempfile.TemporaryDirectory() as root:
        lane = Device.open(Design(name="lane", block="lane"), on="rtl", root=Path(root))
        count = 1_000_000
        stimulus = {name: rng.random(count) < 0.3 for name in ("pre_spike", "post_spike")}
        stimulus["reward"] = rng.integers(-128, 128, count).astype(np.int8)
        rates["lane_cycles_per_s"] = count / best(turns, lambda: lane.run(**stimulus))[0]
        spec = PlasticLayerSpec(inputs=128, neurons=32, lanes=8)
        layer = Device.open(
            Design(name="layer", block="layer", layer=spec), on="rtl", root=Path(root)
        )
        inputs = {"spikes": rng.random((100, 128)) < 0.1, "reward": rng.integers(-128, 128, 100)}
        rates["layer_updates_per_s"] = 100 * 128 * 32 / best(turns, lambda: layer.run(**inputs))[0]
    return rates


def numba_of(turns: int) -> dict[str, Any]:
    """The exact rule written for Numba with all the tricks that make it vectorise, where Numba is
    installed.
    """
    if importlib.util.find_spec("numba") is None:
        return {"updates_per_s": None, "reason": "numba is not installed"}
    import numba

    i16, i32 = np.int16, np.int32

    @numba.njit(fastmath=False)  # type: ignore[untyped-decorator]
    def replay(p: Any, s: Any, q: Any, m: Any, r8: Any, weight: Any, eligibility: Any) -> None:
        for t0 in range(0, p.shape[0], 64):
            for i in range(weight.shape[0]):
                for j0 in range(0, weight.shape[1], 256):
                    w, e = weight[i, j0 : j0 + 256], eligibility[i, j0 : j0 + 256]
                    for t in range(t0, min(t0 + 64, p.shape[0])):
                        a, b, r, c, d = (
                            p[t, i],
                            s[t, i],
                            r8[t],
                            q[t, j0 : j0 + 256],
                            m[t, j0 : j0 + 256],
                        )
                        for j in range(w.shape[0]):
                            x = e[j]
                            y = i16(x - i16(i16(x + i16(np.uint16(x) >> np.uint16(12))) >> i16(4)))
                            y = i16(i16(y + i16(d[j] & a)) - i16(c[j] & b))
                            y = min(max(y, i16(-2048)), i16(2047))
                            e[j] = y
                            change = i16((i32(i16(y << i16(4))) * i32(r)) >> i32(16))
                            w[j] = i16(min(max(i32(w[j]) + i32(change), i32(-32768)), i32(32767)))

    rng = np.random.default_rng(1)
    pre, post = rng.random((STEPS, ROWS)) < 0.1, rng.random((STEPS, COLUMNS)) < 0.1
    first = rng.integers(0, 65536, (ROWS, COLUMNS))
    rewards = rng.integers(-128, 128, STEPS).astype(np.int16)
    arrays = [*bound_arrays(RSTDP, pre, post), (rewards.astype(np.int32) << 8).astype(np.int16)]
    weight, eligibility = (first - 32768).astype(np.int16), np.zeros((ROWS, COLUMNS), np.int16)
    start = perf_counter()
    replay(*arrays, weight, eligibility)
    compiling = perf_counter() - start
    kernel = OpenLoopLayer(load_rule(RSTDP), load_rule(RSTDP).params_type(), ROWS, COLUMNS, first)
    kernel.replay(pre, post, {"reward": rewards})
    if not np.array_equal(weight.astype(np.int64) + 32768, kernel.state["weight"]):
        raise SystemExit("Numba's loop and the kernel differ")
    (seconds,) = best(turns, lambda: replay(*arrays, weight, eligibility))
    return {
        "updates_per_s": round(ROWS * COLUMNS * STEPS / seconds),
        "reason": None,
        "first_call_s": compiling,
    }


def plot(path: Path, rows: list[dict[str, Any]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    axes.plot(
        [row["synapses"] for row in rows], [row["ns"] for row in rows], marker="o", color="#2a6f97"
    )
    axes.set_xscale("log")
    axes.set_ylim(0, 1.25 * max(row["ns"] for row in rows))
    axes.set_xlabel("synapses")
    axes.set_ylabel("ns per synapse and step")
    axes.set_title("Compiled replay of a dense layer, one core")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def markdown(result: dict[str, Any]) -> str:
    m, scalar = result["models"], result["models"]["scalar"]
    lines = [
        "# Compiled kernels and compiled RTL\n",
        (
            f"Made by `python benchmarks/native.py --out reports` on {result['machine']}, one core."
            " Ratios are of the same run.\n"
        ),
        "| what | synapse steps a second | times the scalar model |",
        "|---|---|---|",
    ]
    lines += [f"| {name} model | {rate:,.0f} | {rate / scalar:,.1f} |" for name, rate in m.items()]
    for row in result["dense"]:
        for kind, rate in row["updates_per_s"].items():
            label = {
                "native": "compiled from the rule",
                "plain": "plain C loop by hand",
                "simd": "intrinsics by hand",
            }[kind]
            lines.append(
                f"| dense replay, {row['rule']}, {label} | {rate:,.0f} | {rate / scalar:,.0f} |"
            )
    rate = result["numba"]["updates_per_s"]
    cells = (
        f"{rate:,.0f} | {rate / scalar:,.0f}"
        if rate
        else f"not measured: {result['numba']['reason']} | -"
    )
    lines.append(f"| dense replay, {RSTDP}, Numba by hand | {cells} |")
    for kind, rate in result["closed_loop"]["updates_per_s"].items():
        label = "compiled from the rule" if kind == "native" else "plain C loop by hand"
        lines.append(f"| closed loop 1,024 x 256, {label} | {rate:,.0f} | {rate / scalar:,.0f} |")
    lines += ["", "| ratio | reached | asked |", "|---|---|---|"]
    for check in result["checks"]:
        reach = "not measured" if check["reached"] is None else f"{check['reached']:,.2f}"
        lines.append(f"| {check['what']} | {reach} | {check['asked']:,} |")
    lines += [
        "",
        (
            f"RTL in the process: a lane {result['rtl']['lane_cycles_per_s']:,.0f} clocks a second,"
            f" a layer of 8 lanes {result['rtl']['layer_updates_per_s']:,.0f} updates a second.\n"
        ),
        "Per synapse and step: "
        + ", ".join(f"{r['ns']:.3f} ns at {r['synapses']:,}" for r in result["growth"])
        + ".\n",
        "![growth](native.png)\n",
    ]
    return "\n".join(lines)


def machine() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(
            line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument(
        "--quick", action="store_true", help="few turns: the table alone, no figures to quote"
    )
    options = parser.parse_args()
    turns = 2 if options.quick else 12
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    bounds = compiled((Path(__file__).with_name("bounds.cc")).read_text(encoding="utf-8"))
    result: dict[str, Any] = {
        "schema_version": SCHEMA,
        "machine": machine(),
        "turns": turns,
        "models": models(turns),
    }
    result["dense"] = [
        dense(family, bounds, turns) for family in (RSTDP, "pair_stdp", "triplet_stdp")
    ]
    result["numba"] = numba_of(turns)
    result["closed_loop"] = closed_loop(bounds, turns)
    result["growth"] = growth(max(2, turns // 3))
    result["rtl"] = rtl(turns)
    exact = result["dense"][0]
    times_scalar = exact["updates_per_s"]["native"] / result["models"]["scalar"]
    checks: list[tuple[str, float | None, float]] = [
        ("compiled replay, times the scalar model", times_scalar, 20_000)
    ]
    checks += [
        (f"{row['rule']}: of intrinsics by hand", row["of_simd"], 0.7 if row is exact else 0.5)
        for row in result["dense"]
    ]
    checks += [
        ("closed loop, of a plain C loop", result["closed_loop"]["of_plain"], 0.5),
        ("RTL lane, million clocks a second", result["rtl"]["lane_cycles_per_s"] / 1e6, 5),
    ]
    result["checks"] = [
        {"what": what, "reached": reached, "asked": asked} for what, reached, asked in checks
    ]
    print(markdown(result))
    if options.out:
        write_json(options.out / "native.json", json.loads(json.dumps(result)))
        write_report(options.out, "native", markdown(result))
        plot(options.out / "native.png", result["growth"])


if __name__ == "__main__":
    main()
