"""Names, parameters and defaults that users of spiking-network libraries already type.

The tables below are the contract: each public class and function with its positional parameters in
order, their defaults, and the parameters of its methods. Every parameter beside these must be
keyword-only and have a default, so that code written for the contract works as it stands.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from inspect import Parameter
from typing import Any

import numpy as np
import pytest

ANY = object()
"""Stands for a default that the contract leaves open, or for none."""

Parameters = dict[str, Any]

# class: (parameters of the constructor, parameters of each method)
CLASSES: dict[str, tuple[Parameters, dict[str, tuple[str, ...]]]] = {
    "sc_model.learning.BPTTLearner": (
        {"network": ANY, "loss_fn": ANY, "lr": 0.001},
        {
            "train_step": (
                "inputs",
                "targets",
            )
        },
    ),
    "sc_model.learning.TBPTTLearner": (
        {"network": ANY, "loss_fn": ANY, "lr": 0.001, "k": 50},
        {
            "train_step": (
                "inputs",
                "targets",
            )
        },
    ),
    "sc_model.learning.EligibilityTrace": (
        {"tau_e": 20.0, "dt": 1.0},
        {
            "update": (
                "pre_spike",
                "post_spike",
                "error_signal",
            )
        },
    ),
    "sc_model.learning.RewardModulatedLearner": (
        {"network": ANY, "tau_reward": 100.0},
        {"step": ("reward",)},
    ),
    "sc_model.learning.MetaLearner": (
        {"network": ANY, "inner_lr": 0.01, "outer_lr": 0.001},
        {
            "inner_loop": (
                "task_data",
                "n_steps",
            ),
            "outer_step": ("tasks",),
        },
    ),
    "sc_model.learning.HomeostaticPlasticity": (
        {"target_rate": 10.0, "tau": 1000.0},
        {"update": ("population",)},
    ),
    "sc_model.learning.ShortTermPlasticity": (
        {"tau_d": 200.0, "tau_f": 600.0, "u_se": 0.2},
        {"update": ("pre_spikes",)},
    ),
    "sc_model.learning.StructuralPlasticity": (
        {"growth_rate": 0.001, "prune_threshold": 0.01},
        {"update": ("projection",)},
    ),
    "sc_model.learning.FederatedAggregator": (
        {},
        {
            "aggregate_gradients": ("client_gradients",),
            "secure_sum_protocol": ("client_gradients",),
        },
    ),
    "sc_model.learning.EWC_SCLayer": (
        {"n_inputs": ANY, "n_neurons": ANY},
        {"consolidate_task": (), "apply_ewc_penalty": ("step_size",), "get_weights": ()},
    ),
    "sc_model.learning.SNNGeneticEvolver": (
        {"layer_factory": ANY, "fitness_func": ANY},
        {"evolve": ("generations",)},
    ),
    "sc_model.learning.schedulers.StepScheduler": (
        {"lr_init": ANY, "step_size": ANY, "gamma": 0.1},
        {"step": (), "reset": ()},
    ),
    "sc_model.learning.schedulers.ExponentialScheduler": (
        {"lr_init": ANY, "gamma": 0.999},
        {"step": (), "reset": ()},
    ),
    "sc_model.learning.schedulers.CosineScheduler": (
        {"lr_init": ANY, "lr_min": ANY, "total_steps": ANY},
        {"step": (), "reset": ()},
    ),
    "sc_model.learning.schedulers.WarmupCosineScheduler": (
        {"lr_init": ANY, "lr_min": ANY, "warmup_steps": ANY, "total_steps": ANY},
        {"step": (), "reset": ()},
    ),
    "sc_model.learning.callbacks.TrainingCallback": (
        {},
        {
            "log": (
                "metrics",
                "step",
            ),
            "close": (),
        },
    ),
    "sc_model.learning.callbacks.CSVCallback": (
        {"path": "metrics.csv"},
        {
            "log": (
                "metrics",
                "step",
            ),
            "close": (),
        },
    ),
    "sc_model.learning.callbacks.TensorBoardCallback": (
        {"log_dir": "runs"},
        {
            "log": (
                "metrics",
                "step",
            ),
            "close": (),
        },
    ),
    "sc_model.learning.callbacks.WandBCallback": (
        {"project": ANY},
        {
            "log": (
                "metrics",
                "step",
            ),
            "close": (),
        },
    ),
    "sc_model.learning.online_o1.OnlineO1Config": (
        {
            "weight_bits": 16,
            "trace_bits": 12,
            "reward_bits": 8,
            "learning_shift": 4,
            "trace_decay_shift": 4,
            "rule_family": "reward_modulated_stdp",
        },
        {"to_scnir_annotation": ("rule_id",)},
    ),
    "sc_model.learning.online_o1.OnlineO1Synapse": (
        {"config": ANY, "initial_weight": 0},
        {
            "step": (
                "pre_spike",
                "post_spike",
                "reward",
            ),
            "snapshot": (),
        },
    ),
    "sc_model.temporal_hierarchy.multi_clock.HetSynLayer": (
        {"n_inputs": ANY, "n_neurons": ANY, "tau_mean": 5.0, "tau_std": 1.0, "threshold": 1.0},
        {
            "step": (
                "x",
                "dt",
            )
        },
    ),
    "sc_model.temporal_hierarchy.multi_clock.MultiClockSNN": (
        {"layers": ANY, "layer_names": ANY, "clock_intervals": ANY},
        {
            "step": (
                "x",
                "dt",
            ),
            "run": (
                "inputs",
                "dt",
            ),
            "reset": (),
        },
    ),
    "sc_model.temporal_hierarchy.multi_clock.ClockDomain": (
        {"name": ANY, "tick_interval": ANY, "layers": ANY},
        {},
    ),
    "sc_model.training.delay_linear.DelayLinear": (
        {
            "in_features": ANY,
            "out_features": ANY,
            "max_delay": 16,
            "learn_delay": True,
            "init_delay": ANY,
        },
        {"step": ("x",), "reset": (), "to_nir_delay_array": ()},
    ),
    "sc_model.network.population.Population": ({"model": ANY, "n": ANY, "label": ANY}, {}),
    "sc_model.network.projection.Projection": (
        {"source": ANY, "target": ANY, "weight": ANY, "delay": ANY},
        {},
    ),
}

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "sc_model.learning.build_online_o1_memory_proof": (
        "n_synapses",
        "config",
        "sequence_length",
    ),
    "sc_model.training.surrogate.atan_surrogate": ("x",),
}

# defaults of keyword parameters beyond the positional ones
KEYWORDS: dict[str, Parameters] = {
    "sc_model.learning.EWC_SCLayer": {"ewc_lambda": 10.0},
    "sc_model.learning.SNNGeneticEvolver": {
        "population_size": 20,
        "mutation_rate": 0.05,
        "elite_fraction": 0.2,
    },
}
BY_KEYWORD = {"sc_model.learning.online_o1.OnlineO1Config"}  # called with keywords alone
ON_THE_CLASS = {  # methods that can be called without an instance
    "sc_model.learning.FederatedAggregator": ("aggregate_gradients", "secure_sum_protocol"),
}


def named(path: str) -> Any:
    """The object of that dotted path."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def positional(function: Callable[..., Any], bound: bool = True) -> list[Parameter]:
    """Parameters that may be given by place; without `self` of a function that is not bound."""
    found = [
        each
        for each in inspect.signature(function).parameters.values()
        if each.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    ]
    return found if bound else found[1:]


def check_others(function: Callable[..., Any]) -> None:
    """Everything that is no positional parameter is keyword-only with a default, or collects."""
    for each in inspect.signature(function).parameters.values():
        if each.kind is Parameter.KEYWORD_ONLY:
            assert each.default is not Parameter.empty, f"{each.name} must have a default"


def check_names(function: Callable[..., Any], wanted: tuple[str, ...], bound: bool = True) -> None:
    found = positional(function, bound)
    assert tuple(each.name for each in found) == wanted
    assert all(each.kind is Parameter.POSITIONAL_OR_KEYWORD for each in found)
    check_others(function)


@pytest.mark.parametrize("path", CLASSES)
def test_a_constructor_has_the_parameters_of_the_contract(path: str) -> None:
    kind, wanted = named(path), CLASSES[path][0]
    if path in BY_KEYWORD:
        assert wanted.keys() <= inspect.signature(kind).parameters.keys()
        check_others(kind)
    else:
        check_names(kind, tuple(wanted))
    for name, default in (wanted | KEYWORDS.get(path, {})).items():
        parameter = inspect.signature(kind).parameters[name]
        if default is not ANY:
            assert parameter.default == default
            assert type(parameter.default) is type(default)


@pytest.mark.parametrize(
    ("path", "method"), [(path, method) for path in CLASSES for method in CLASSES[path][1]]
)
def test_a_method_has_the_parameters_of_the_contract(path: str, method: str) -> None:
    kind = named(path)
    bound = isinstance(inspect.getattr_static(kind, method), staticmethod | classmethod)
    check_names(getattr(kind, method), CLASSES[path][1][method], bound)
    assert bound == (method in ON_THE_CLASS.get(path, ()))


@pytest.mark.parametrize("path", FUNCTIONS)
def test_a_function_has_the_parameters_of_the_contract(path: str) -> None:
    check_names(named(path), FUNCTIONS[path])


def test_a_learning_step_of_an_ewc_layer_has_its_default() -> None:
    method = named("sc_model.learning.EWC_SCLayer").apply_ewc_penalty
    assert inspect.signature(method).parameters["step_size"].default == 0.01


def test_a_project_of_wandb_has_a_default() -> None:
    found = inspect.signature(named("sc_model.learning.callbacks.WandBCallback")).parameters
    assert isinstance(found["project"].default, str)


def test_gradients_are_aggregated_on_the_class_itself() -> None:
    aggregator = named("sc_model.learning.FederatedAggregator")
    gradients = [np.array([0, 1]), np.array([1, 1]), np.array([0, 1])]
    for method in ("aggregate_gradients", "secure_sum_protocol"):
        assert getattr(aggregator, method)(gradients) is not None


def test_a_result_of_a_training_step_is_a_number() -> None:
    step = named("sc_model.learning.TrainStep")
    for name in ("BPTTLearner", "TBPTTLearner"):
        returned = inspect.signature(named(f"sc_model.learning.{name}").train_step)
        assert returned.return_annotation in (step, "TrainStep")
    assert float(step(0.25, 0.1, 1, 0.0, {}, 1, 1, {})) == 0.25


def test_a_population_takes_a_model_as_a_class_and_as_an_instance() -> None:
    from sc_model.network import HodgkinHuxleyNeuron, Population

    for model in (HodgkinHuxleyNeuron, HodgkinHuxleyNeuron()):
        population = Population(model, n=10, label="a")
        assert isinstance(population.model, HodgkinHuxleyNeuron)
        assert (population.n, population.label) == (10, "a")
