"""Linear NIR nodes as matrices, against torch and by hand."""

from __future__ import annotations

from typing import Any

import nir
import numpy as np
import pytest

from sc_model.interchange.unroll import linear_node


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@pytest.mark.parametrize("seed", range(12))
def test_convolutions_unroll_to_what_torch_computes(seed: int) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    groups = int(rng.choice([1, 2]))
    kernel, stride, dilation = (
        tuple(int(each) for each in rng.integers(1, 4, 2)) for _ in range(3)
    )
    padding: Any = ["same", "valid", tuple(int(each) for each in rng.integers(0, 3, 2))][seed % 3]
    stride = (1, 1) if padding == "same" else stride
    weight, bias = rng.normal(size=(4, 2, *kernel)), rng.normal(size=4)
    x = rng.normal(size=(2 * groups, 9, 8))
    node = nir.Conv2d(None, weight, stride, padding, dilation, groups, bias)
    matrix, added, shape = linear_node("c", node, x.shape)
    expected = torch.nn.functional.conv2d(
        torch.tensor(x)[None],
        torch.tensor(weight),
        torch.tensor(bias),
        stride,
        padding,
        dilation,
        groups,
    )[0].numpy()
    assert shape == expected.shape
    assert np.allclose(matrix @ x.reshape(-1) + added, expected.reshape(-1), rtol=0, atol=1e-12)
    line = nir.Conv1d(
        None,
        weight[:, :, :, 0],
        stride[0],
        padding if isinstance(padding, str) else padding[0],
        dilation[0],
        groups,
        bias,
    )
    matrix, added, shape = linear_node("c", line, (2 * groups, 9))
    expected = torch.nn.functional.conv1d(
        torch.tensor(x[None, :, :, 0]),
        torch.tensor(weight[:, :, :, 0]),
        torch.tensor(bias),
        stride[0],
        padding if isinstance(padding, str) else padding[0],
        dilation[0],
        groups,
    )[0].numpy()
    assert shape == expected.shape
    assert np.allclose(
        matrix @ x[:, :, 0].reshape(-1) + added, expected.reshape(-1), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [((2, 2), (2, 2), (0, 0)), ((3, 2), (1, 2), (1, 1)), (2, 3, 1)]
)
def test_pools_unroll_to_what_torch_computes(kernel: Any, stride: Any, padding: Any) -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=(3, 7, 6))
    expected = torch.nn.functional.avg_pool2d(torch.tensor(x)[None], kernel, stride, padding)[
        0
    ].numpy()
    fields = {
        "kernel_size": np.array(kernel),
        "stride": np.array(stride),
        "padding": np.array(padding),
    }
    for made, factor in ((nir.AvgPool2d, 1), (nir.SumPool2d, np.prod(np.broadcast_to(kernel, 2)))):
        matrix, bias, shape = linear_node("p", made(**fields), x.shape)
        assert bias is None
        assert shape == expected.shape
        assert np.allclose(
            matrix @ x.reshape(-1), expected.reshape(-1) * factor, rtol=0, atol=1e-12
        )


def test_the_other_linear_nodes_by_hand() -> None:
    matrix, bias, shape = linear_node(
        "n", nir.Affine(np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([0.5, -1.0])), (2,)
    )
    assert np.array_equal(matrix.toarray(), [[1, 2], [0, 3]])
    assert np.array_equal(bias, [0.5, -1.0])
    assert shape == (2,)
    stacked = np.arange(12.0).reshape(2, 2, 3)
    matrix, bias, shape = linear_node("n", nir.Linear(stacked), (2, 3))
    assert bias is None
    assert shape == (2, 2)
    x = np.arange(6.0)
    assert np.array_equal(matrix @ x, np.concatenate([stacked[0] @ x[:3], stacked[1] @ x[3:]]))
    matrix, _, shape = linear_node("n", nir.Scale(np.array([2.0, 0.5])), (2,))
    assert np.array_equal(matrix.toarray(), [[2, 0], [0, 0.5]])
    for start, end, expected in (
        (0, -1, (24,)),
        (1, -1, (2, 12)),
        (0, 1, (6, 4)),
        (-2, -1, (2, 12)),
    ):
        assert linear_node("n", nir.Flatten(None, start, end), (2, 3, 4))[2] == expected
