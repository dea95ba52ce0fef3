"""Training callbacks under the name that users of learners look for them.

They are defined in `sc_model.callbacks`, which `sc_model.training` and `sc_model.learning` both use.
"""

from sc_model.callbacks import (
    CSVCallback,
    TensorBoardCallback,
    TrainingCallback,
    WandBCallback,
)

__all__ = ["CSVCallback", "TensorBoardCallback", "TrainingCallback", "WandBCallback"]
