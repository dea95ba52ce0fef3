"""Learners: the O(1) synapse, local rules, gradient learners, schedulers and callbacks.

Names that need PyTorch or another optional package are imported at first use. If the package is
missing, one error says which command installs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sc_model.callbacks import (
    CSVCallback,
    TensorBoardCallback,
    TrainingCallback,
    WandBCallback,
)
from sc_model.learning.adaptation import adaptation_benchmark
from sc_model.learning.eligibility import EligibilityTrace
from sc_model.learning.federated import FederatedAggregator
from sc_model.learning.homeostasis import HomeostaticPlasticity, HomeostaticStep
from sc_model.learning.lifelong import EWC_SCLayer
from sc_model.learning.neuroevolution import Evolution, SNNGeneticEvolver
from sc_model.learning.online_o1 import (
    NativeOnlineO1Array,
    NativeOnlineO1Synapse,
    OnlineO1Config,
    OnlineO1Snapshot,
    OnlineO1Synapse,
    build_online_o1_memory_proof,
)
from sc_model.learning.reward_modulated import RewardModulatedLearner, RewardStep
from sc_model.learning.schedulers import (
    CosineScheduler,
    ExponentialScheduler,
    Scheduler,
    StepScheduler,
    WarmupCosineScheduler,
)
from sc_model.learning.secure_aggregation import SecureAggregation, SecureSum
from sc_model.learning.short_term import ShortTermPlasticity
from sc_model.learning.structural import StructuralPlasticity, StructuralStep
from sc_model.packages import MissingPackageError

if TYPE_CHECKING:
    from sc_model.learning.flower import FlowerStrategy
    from sc_model.training.bptt import BPTTLearner
    from sc_model.training.delay_linear import DelayLinear
    from sc_model.training.eprop import EPropLearner
    from sc_model.training.ewc import EWCPenalty, diagonal_fisher
    from sc_model.training.gradient_learner import TrainStep
    from sc_model.training.hetsyn import HetSyn
    from sc_model.training.loop import TrainingError
    from sc_model.training.meta import MetaLearner, MetaTask
    from sc_model.training.network_module import NetworkModule
    from sc_model.training.tbptt import TBPTTLearner
    from sc_model.training.train import train

# Names that need an optional package: their module, the package, and the extra that installs it.
_TORCH = ("torch", "training")
_LATER = {
    "EWCPenalty": ("sc_model.training.ewc", *_TORCH),
    "diagonal_fisher": ("sc_model.training.ewc", *_TORCH),
    "BPTTLearner": ("sc_model.training.bptt", *_TORCH),
    "TBPTTLearner": ("sc_model.training.tbptt", *_TORCH),
    "DelayLinear": ("sc_model.training.delay_linear", *_TORCH),
    "HetSyn": ("sc_model.training.hetsyn", *_TORCH),
    "EPropLearner": ("sc_model.training.eprop", *_TORCH),
    "MetaLearner": ("sc_model.training.meta", *_TORCH),
    "MetaTask": ("sc_model.training.meta", *_TORCH),
    "NetworkModule": ("sc_model.training.network_module", *_TORCH),
    "TrainStep": ("sc_model.training.gradient_learner", *_TORCH),
    "TrainingError": ("sc_model.training.loop", *_TORCH),
    "train": ("sc_model.training.train", *_TORCH),
    "FlowerStrategy": ("sc_model.learning.flower", "flwr", "flower"),
}

__all__ = [
    "BPTTLearner",
    "CSVCallback",
    "CosineScheduler",
    "DelayLinear",
    "EPropLearner",
    "EWCPenalty",
    "EWC_SCLayer",
    "EligibilityTrace",
    "Evolution",
    "ExponentialScheduler",
    "FederatedAggregator",
    "FlowerStrategy",
    "HetSyn",
    "HomeostaticPlasticity",
    "HomeostaticStep",
    "MetaLearner",
    "MetaTask",
    "MissingPackageError",
    "NativeOnlineO1Array",
    "NativeOnlineO1Synapse",
    "NetworkModule",
    "OnlineO1Config",
    "OnlineO1Snapshot",
    "OnlineO1Synapse",
    "RewardModulatedLearner",
    "RewardStep",
    "SNNGeneticEvolver",
    "Scheduler",
    "SecureAggregation",
    "SecureSum",
    "ShortTermPlasticity",
    "StepScheduler",
    "StructuralPlasticity",
    "StructuralStep",
    "TBPTTLearner",
    "TensorBoardCallback",
    "TrainStep",
    "TrainingCallback",
    "TrainingError",
    "WandBCallback",
    "WarmupCosineScheduler",
    "adaptation_benchmark",
    "build_online_o1_memory_proof",
    "diagonal_fisher",
    "train",
]


def __getattr__(name: str) -> Any:
    """Import a name of `_LATER`; MissingPackageError if its package is not installed."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, package, extra = _LATER[name]
    try:
        return getattr(import_module(module), name)
    except ImportError as error:
        if (error.name or "").split(".")[0] != package:
            raise
        raise MissingPackageError(
            f"{name} needs {package}, which is not installed; pip install sc-hw[{extra}]"
        ) from None


def __dir__() -> list[str]:
    """Return the public names, including those that are imported at first use."""
    return sorted(__all__)
