"""Normalisation."""

from operators.entry import Channels, Operator, aten

OPERATORS = (
    Operator(
        (aten.batch_norm.default, aten._native_batch_norm_legit_no_training.default),
        Channels.NORMALISE,
        phones="becomes a part of the convolution before it",
    ),
)
