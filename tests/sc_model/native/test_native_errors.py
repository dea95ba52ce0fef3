"""What users give that is wrong, compilers that are missing, files that are broken, and two
processes at once.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import ROOT, RULE

from sc_model.native import (
    NativeBank,
    NativeError,
    NativeLayer,
    NativeSynapse,
    OpenLoopLayer,
    compiler,
)
from sc_model.rules import load_rule
from sc_model.spec import NeuronSpec, PlasticLayerSpec

PARAMS = RULE.params_type()
PAIR = load_rule("pair_stdp")


def test_missing_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NativeError) as caught:
        NativeSynapse(RULE, PARAMS)
    assert (
        str(caught.value)
        == "native kernels need a C++ compiler, g++, c++ or clang++, on PATH and there is none:"
        " apt-get install g++, or use the models of sc_model.golden, which need none and compute"
        " the same."
    )


def test_named_compiler_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(
        NativeError,
        match=r"'no-such-compiler' \(from the variable CXX\), on PATH and there is none",
    ):
        NativeSynapse(RULE, PARAMS)


def test_compiler_with_options_and_a_launcher(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As `ccache g++`, or conda's compiler; a folder with an odd name, which the loader would read
    as `$ORIGIN`; variables for other builds.
    """
    cache = tmp_path / "a $ORIGIN 'b"
    cache.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("CXX", "env g++ -pipe")
    monkeypatch.setenv("MAKEFLAGS", "-n")
    monkeypatch.setenv("LANGUAGE", "de")
    library = compiler.compiled('extern "C" int two() { return 2; }')
    assert library.two() == 2
    assert len(list(cache.glob("sc-hw/native/*.so"))) == 1
    for wrong in ("g++ '", " "):
        monkeypatch.setenv("CXX", wrong)
        with pytest.raises(
            NativeError, match=r"from the variable CXX\), on PATH and there is none"
        ):
            compiler.compiled("")


def test_library_that_can_not_be_loaded(
    monkeypatch: pytest.MonkeyPatch, kernel_cache: Path
) -> None:
    """As on a file system that runs no programs."""

    def refuse(path: Path) -> Any:
        raise OSError("failed to map segment from shared object")

    monkeypatch.setattr(compiler, "load_library", refuse)
    with pytest.raises(NativeError, match=r"can't be loaded: failed to map .*; set XDG_CACHE_HOME"):
        compiler.compiled('extern "C" int three() { return 3; }')


def test_compiler_that_refuses(kernel_cache: Path) -> None:
    with pytest.raises(NativeError, match=r"refuses a kernel: .*error"):
        compiler.compiled("this is no C++")


def test_folder_that_can_not_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sc-hw").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(
        NativeError,
        match=r"^native kernels are kept in the cache folder .*native can't be written: Not a"
        r" directory; set XDG_CACHE_HOME to a folder that can be\.$",
    ):
        NativeSynapse(RULE, PARAMS)


def test_kept_library_that_is_broken_is_made_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from sc_model.native import NativeSynapse
from sc_model.rules import load_rule
rule = load_rule("reward_modulated_stdp")
synapse = NativeSynapse(rule, rule.params_type())
print(synapse.step({{"pre_spike": 1, "post_spike": 0, "reward": 5}}))
"""
    expected = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    (library,) = (tmp_path / "sc-hw" / "native").glob("*.so")
    library.write_bytes(library.read_bytes()[:1000])
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        == expected
    )
    assert library.stat().st_size > 1000


def test_two_processes_make_the_same_kernel_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from sc_model.native import OpenLoopLayer
from sc_model.rules import load_rule
rule = load_rule("pair_stdp")
d = OpenLoopLayer(rule, rule.params_type(), 3, 3, 5)
d.replay([[1, 0, 1]] * 4, [[0, 1, 1]] * 4)
print(d.state["weight"].tolist())
"""
    racing = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = {process.communicate()[0] for process in racing}
    assert [process.returncode for process in racing] == [0, 0, 0]
    assert len(said) == 1
    left = sorted((tmp_path / "sc-hw" / "native").iterdir())
    assert [file.suffix for file in left] == [".so"]  # nothing half-made beside it


def test_values_beyond_64_bits_are_refused_by_name() -> None:
    wide = RULE.params_type(weight_bits=48, trace_bits=40, reward_bits=40)
    for kind in (
        NativeSynapse,
        lambda r, p: NativeBank(r, p, 2),
        lambda r, p: OpenLoopLayer(r, p, 2, 2),
    ):
        with pytest.raises(
            NativeError,
            match=r"to fit 64 bits; 'reward_modulated_stdp' with these parameters has one of \d+",
        ):
            kind(RULE, wide)


def test_counters_are_refused() -> None:
    with pytest.raises(NativeError, match="does not count saturations"):
        NativeLayer(
            RULE, PARAMS, PlasticLayerSpec(inputs=4, neurons=2, counters=True), NeuronSpec()
        )


BANK = {
    "pre_spike": np.zeros((3, 5), bool),
    "post_spike": np.zeros((3, 5), bool),
    "reward": np.zeros((3, 5), int),
}


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (
            {"reward": np.zeros((3, 4), int)},
            ValueError,
            r"reward must have shape \(3, 5\), \(3, 1\) or be a scalar, not \(3, 4\)",
        ),
        ({"reward": np.zeros((3, 5))}, TypeError, "reward must be integers, not float64"),
        (
            {"pre_spike": np.zeros((2, 5), int)},
            ValueError,
            r"inputs must be of equally many steps, .* not \[2, 3\]",
        ),
        ({"pre_spike": np.full((3, 5), "x")}, TypeError, "pre_spike must be integers"),
        ({"spike": 1}, TypeError, "takes the inputs .* not "),
    ],
)
def test_wrong_inputs_of_a_bank(
    change: dict[str, Any], kind: type[Exception], message: str
) -> None:
    bank = NativeBank(RULE, PARAMS, 5)
    before = {name: values.tolist() for name, values in bank.state.items()}
    with pytest.raises(kind, match=message):
        bank.replay(BANK | change)
    assert {name: values.tolist() for name, values in bank.state.items()} == before


def test_arrays_of_any_kind_and_order_are_right() -> None:
    """Views that are not contiguous, every integer type, numbers beyond the format, big-endian."""
    rng = np.random.default_rng(2)
    bits, numbers = rng.random((6, 5)) < 0.5, rng.integers(-300, 300, (6, 5))
    wide = {
        "pre_spike": bits.astype(np.int64),
        "post_spike": bits.astype(np.int64)[::-1],
        "reward": np.clip(numbers, -128, 127),
    }
    expected = NativeBank(RULE, PARAMS, 5, {"weight": 900})
    expected.replay(wide)
    for change in (
        {"pre_spike": bits, "reward": numbers},
        {"pre_spike": np.asfortranarray(bits), "reward": np.asfortranarray(numbers)},
        {"post_spike": np.repeat(bits[::-1], 2, axis=1)[:, ::2], "reward": numbers.astype(">i4")},
        {
            "pre_spike": bits.astype(np.uint8) * 200,
            "reward": np.clip(numbers, -128, 127).astype(np.int8),
        },
        {
            "pre_spike": bits.astype(object).astype(int).astype(object),
            "reward": numbers.astype(np.int16),
        },
    ):
        bank = NativeBank(RULE, PARAMS, 5, {"weight": 900})
        bank.replay(wide | change)
        for name, values in expected.state.items():
            assert bank.state[name].tolist() == values.tolist(), change


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (
            (np.zeros((4, 3)), np.zeros((4, 2), int), {"reward": 0}),
            TypeError,
            "pre_spike must be integers, not float64",
        ),
        (
            (np.zeros((4, 2), int), np.zeros((4, 2), int), {"reward": 0}),
            ValueError,
            r"must have shape \(steps, 3\), not \(4, 2\)",
        ),
        (
            (np.zeros((4, 3), int), np.zeros((5, 2), int), {"reward": 0}),
            ValueError,
            "equally many steps, not 4 and 5",
        ),
        (
            (np.zeros((4, 3), int), np.zeros((4, 2), int), {}),
            TypeError,
            r"takes the modulators \['reward'\], not \[\]",
        ),
        (
            (np.zeros((4, 3), int), np.zeros((4, 2), int), {"reward": [1, 2]}),
            ValueError,
            r"reward must have shape \(4,\)",
        ),
    ],
)
def test_wrong_spikes_of_a_dense_replay(
    arguments: tuple[Any, ...], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        OpenLoopLayer(RULE, PARAMS, 3, 2).replay(*arguments)


def test_wrong_state_and_sizes() -> None:
    dense = OpenLoopLayer(RULE, PARAMS, 3, 2)
    with pytest.raises(ValueError, match=r"weight must be in \[0, 65535\], not 70000"):
        dense.state = dense.state | {"weight": np.full((3, 2), 70000)}
    with pytest.raises(TypeError, match="the state of 'reward_modulated_stdp' is"):
        dense.state = {"weight": 3}
    with pytest.raises(ValueError, match="inputs must be >= 1, not 0"):
        OpenLoopLayer(RULE, PARAMS, 0, 2)
    with pytest.raises(ValueError, match=r"pre_spike must have shape \(steps, 4\), not \(3,\)"):
        NativeLayer(
            PAIR, PAIR.params_type(), PlasticLayerSpec(inputs=4, neurons=2), NeuronSpec()
        ).run(np.zeros(3, int))
