"""Training callbacks under the name that users of learners look for them.

They are defined in `sc_model.callbacks`, which training loops and learners both use.
"""

from sc_model.callbacks import (
    CSVCallback,
    TensorBoardCallback,
    TrainingCallback,
    WandBCallback,
)

__all__ = ["CSVCallback", "TensorBoardCallback", "TrainingCallback", "WandBCallback"]
