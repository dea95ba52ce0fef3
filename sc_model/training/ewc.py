r"""`EWCPenalty`: elastic weight consolidation for any torch module.

The diagonal of the Fisher information of the parameters theta, on data x, for the model's own
distribution of answers,

    F = mean over x of E[y ~ p(y | x, theta)] (d log p(y | x, theta) / d theta)^2

comes from gradients of the log-likelihood, one for each example and answer. After a task, a new one
is trained on loss + (lambda / 2) sum F (theta - theta*)^2 (Kirkpatrick et al. 2017,
doi:10.1073/pnas.1611835114). Penalties of several tasks add up to one parabola: F their sum, theta*
the mean weighted by F; the value differs from the sum of penalties by a constant.

`labels` chooses the answers y of the expectation. `expected` goes through all classes with their
probabilities, which is the Fisher information itself. `sampled` draws one class for each example,
which is unbiased and cheaper. `empirical` takes the targets of the data, which is *not* the Fisher
information (Kunstner, Balles & Hennig 2019, arXiv:1905.12558), but is used in much published work.

The module returns logits: (B, C) for C classes, or (B,) or (B, 1) for the logit of one probability.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, get_args

import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap

from sc_model.checks import choice

Labels = Literal["expected", "sampled", "empirical"]
Named = dict[str, Tensor]


def log_likelihoods(logits: Tensor) -> Tensor:
    """Log-probability of every answer, (B, C) for logits (B, C), (B, 2) for (B,) or (B, 1).

    ValueError for another shape.
    """
    if logits.ndim == 1:
        logits = logits[:, None]
    if logits.ndim != 2:
        raise ValueError(
            f"module must return logits of shape (B, C) or (B,), not {tuple(logits.shape)}"
        )
    if logits.shape[1] == 1:
        logits = torch.cat([torch.zeros_like(logits), logits], 1)
    return torch.log_softmax(logits, 1)


def diagonal_fisher(
    module: torch.nn.Module,
    inputs: Tensor,
    targets: Tensor | None = None,
    *,
    labels: Labels = "expected",
    generator: torch.Generator | None = None,
    batch: int = 64,
) -> Named:
    """Diagonal Fisher information of each parameter, by its name and of its shape.

    Parameters
    ----------
    module : from inputs to logits; only parameters that need a gradient count.
    inputs : (N, ...), examples.
    targets : (N,), classes; used by "empirical" only.
    labels : "expected", "sampled" or "empirical", see above.
    generator : of the samples of "sampled".
    batch : number of examples at a time.

    Raises ValueError for no inputs, missing targets, or gradients that are not finite.
    """
    choice("labels", labels, get_args(Labels))
    if not len(inputs):
        raise ValueError("inputs must hold an example at least, not 0")
    if labels == "empirical" and (targets is None or len(targets) != len(inputs)):
        raise ValueError(
            f"targets must be given for all {len(inputs)} inputs with labels='empirical'"
        )
    parameters = {
        name: value.detach() for name, value in module.named_parameters() if value.requires_grad
    }

    total = {name: torch.zeros_like(value) for name, value in parameters.items()}
    for start in range(0, len(inputs), batch):
        x = inputs[start : start + batch]
        with torch.no_grad():
            chances = log_likelihoods(module(x)).exp()
        if labels == "expected":
            answers = [
                (torch.full((len(x),), c, device=x.device), chances[:, c])
                for c in range(chances.shape[1])
            ]
        elif labels == "sampled":
            samples = torch.multinomial(chances, 1, generator=generator)[:, 0]
            answers = [(samples, torch.ones_like(chances[:, 0]))]
        else:
            classes = targets[start : start + batch] if targets is not None else torch.zeros(0)
            answers = [(classes.long(), torch.ones_like(chances[:, 0]))]
        for answer, weight in answers:
            for name, gradient in _scores(module, parameters, x, answer).items():
                total[name] += torch.tensordot(weight, gradient.square(), dims=1)
    for name, value in total.items():
        if not torch.isfinite(value).all():
            raise ValueError(
                f"Fisher information of {name} must be finite; its log-likelihood has gradients"
                " that are not"
            )
    return {name: value / len(inputs) for name, value in total.items()}


def _scores(module: torch.nn.Module, parameters: Named, x: Tensor, answers: Tensor) -> Named:
    """Gradients of the log-likelihood of one answer for each example, (B, *shape) by parameter.

    torch's `vmap` computes all examples at once. It has no rule for custom autograd functions, as
    surrogate gradients mostly are; then there is one backward pass for each example, with the same
    result.
    """

    def likelihood(values: Named, one: Tensor, answer: Tensor) -> Tensor:
        log = log_likelihoods(functional_call(module, values, (one[None],)))
        return log[0].gather(0, answer[None])[0]

    try:
        grads: Named = vmap(grad(likelihood), in_dims=(None, 0, 0))(parameters, x, answers)
        return grads
    except RuntimeError:  # an error of the module itself is raised again below
        leaves = {name: value.clone().requires_grad_() for name, value in parameters.items()}
        rows = [
            torch.autograd.grad(
                likelihood(leaves, one, answer), tuple(leaves.values()), allow_unused=True
            )
            for one, answer in zip(x, answers, strict=True)
        ]
        return {
            name: torch.stack(
                [torch.zeros_like(leaf) if row[k] is None else row[k] for row in rows]
            )
            for k, (name, leaf) in enumerate(leaves.items())
        }


class EWCPenalty:
    """A penalty that keeps a module near the parameters that mattered for earlier tasks.

    Parameters
    ----------
    module : any module that returns logits.
    ewc_lambda : weight of the penalty, >= 0.

    Members
    -------
    fisher : Fisher information F by parameter name; empty before the first task.
    star : theta*, the parameters after the tasks, by name; empty before the first task.
    tasks : number of tasks that were consolidated.
    """

    def __init__(self, module: torch.nn.Module, ewc_lambda: float = 10.0) -> None:
        if not 0 <= ewc_lambda < math.inf:
            raise ValueError(f"ewc_lambda must be >= 0 and finite, not {ewc_lambda!r}")
        self.module, self.ewc_lambda = module, float(ewc_lambda)
        self.fisher: Named = {}
        self.star: Named = {}
        self.tasks = 0

    def consolidate_task(self, inputs: Tensor, targets: Tensor | None = None, **how: Any) -> None:
        """Add a task, at its end and with its data; arguments are those of `diagonal_fisher`."""
        present = {
            name: value.detach().clone()
            for name, value in self.module.named_parameters()
            if value.requires_grad
        }
        for name, new in diagonal_fisher(self.module, inputs, targets, **how).items():
            old = self.fisher.get(name, torch.zeros_like(new))
            total = old + new
            anchored = old * self.star.get(name, present[name]) + new * present[name]
            self.star[name] = torch.where(
                total > 0, anchored / torch.where(total > 0, total, 1), present[name]
            )
            self.fisher[name] = total
        self.tasks += 1

    def penalty(self) -> Tensor:
        """(lambda / 2) sum F (theta - theta*)^2, to be added to a loss; 0 before the first task."""
        parts = [
            (self.fisher[name] * (value - self.star[name]).square()).sum()
            for name, value in self.module.named_parameters()
            if name in self.fisher
        ]
        return 0.5 * self.ewc_lambda * sum(parts, torch.zeros(()))

    def apply_ewc_penalty(self, step_size: float = 0.01) -> float:
        """A gradient step on the penalty alone; returns the penalty before it.

        No parameter goes beyond theta*.
        """
        if not 0 < step_size < math.inf:
            raise ValueError(f"step_size must be > 0 and finite, not {step_size!r}")
        with torch.no_grad():
            before = float(self.penalty())
            for name, value in self.module.named_parameters():
                if name in self.fisher:
                    share = (step_size * self.ewc_lambda * self.fisher[name]).clamp(max=1.0)
                    value -= share * (value - self.star[name])
        return before

    def state_dict(self) -> dict[str, Any]:
        """The state for a checkpoint."""
        return {
            "fisher": {name: value.clone() for name, value in self.fisher.items()},
            "star": {name: value.clone() for name, value in self.star.items()},
            "tasks": self.tasks,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the state that `state_dict` gave. ValueError for other keys."""
        if set(state) != {"fisher", "star", "tasks"}:
            raise ValueError(
                f"penalty state must hold 'fisher', 'star' and 'tasks', not {sorted(state)}"
            )
        self.fisher, self.star = dict(state["fisher"]), dict(state["star"])
        self.tasks = int(state["tasks"])
