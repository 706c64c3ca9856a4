"""The distillation losses: tensors in, tensors out (paper, section 3.1)."""

from trident.losses.trident import (
    COMPONENTS,
    IGNORE_INDEX,
    Audit,
    LossOutput,
    Sources,
    TridentLoss,
    ce,
    focal,
    gradient_audit,
    jsd,
    kl,
)

__all__ = [
    "Audit",
    "COMPONENTS",
    "IGNORE_INDEX",
    "LossOutput",
    "Sources",
    "TridentLoss",
    "ce",
    "focal",
    "gradient_audit",
    "jsd",
    "kl",
]
