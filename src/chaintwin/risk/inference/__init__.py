"""What probably caused what was seen: noisy-or networks, exact where possible, else sampled."""

from chaintwin.risk.inference.network import NoisyOr
from chaintwin.risk.inference.posterior import InferenceMethod, Posterior, RootCause, posterior, root_causes

__all__ = ["InferenceMethod", "NoisyOr", "Posterior", "RootCause", "posterior", "root_causes"]
