"""The losses of section 3.1: tensors in, tensors out. The weights w come from :mod:`trident.schedules` (section 3.2).

==========  ==============================================================  ==============================
L_trident   Σ w·L over the components                                       `TridentLoss`, `fused`
L_focal     −alpha·(1 − s_y)^gamma·ln s_y                                   `components.focal`
L_jsd       [KL(p ‖ m)/2 + KL(q ‖ m)/2]·T²,  m = (p + q)/2                  `components.jsd`
L_semantic  1 − cos(encode(prediction), encode(reference))                  `semantic.SemanticTerm`
baseline    −ln s_y and KL(p ‖ q)·T² (section 4.2)                          `components.ce`, `components.kl`
==========  ==============================================================  ==============================

s is the student's softmax and y the label; q and p are the softmax of student and teacher at temperature T.
`gradients` measures how large the components' gradients are, and whether they agree.
"""

from trident.losses.components import COMPONENTS, ce, focal, jsd, kl
from trident.losses.gradients import gradient_audit
from trident.losses.trident import Head, TridentLoss

__all__ = ["COMPONENTS", "Head", "TridentLoss", "ce", "focal", "gradient_audit", "jsd", "kl"]
