"""Kullback-Leibler divergences of distributions, and IDKL's alignment of two classifiers' posteriors by them."""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.runtime import InputError, unknown

DIRECTIONS = ("forward", "reverse", "symmetric")


def divergence(log_p: Tensor, log_q: Tensor, direction: str = "forward") -> Tensor:
    """KL divergence of the rows of two matrices of log-probabilities (N, C), mean over the rows.

    The papers sum over the rows; with the mean, as in IDKL's public code, a weight does not depend on the batch size
    (the sum is N times the weight).

    Args:
        log_p: logarithms of P; each row of P sums to 1.
        log_q: logarithms of Q.
        direction: "forward": KL(P || Q) = sum of P log(P / Q); "reverse": KL(Q || P); "symmetric": the mean of both.

    Raises:
        InputError: the direction is unknown.
    """
    if direction not in DIRECTIONS:
        raise unknown("direction", direction, DIRECTIONS)
    if direction == "symmetric":
        return (divergence(log_p, log_q) + divergence(log_q, log_p)) / 2
    if direction == "reverse":
        log_p, log_q = log_q, log_p
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def require_temperature(temperature: float) -> float:
    """The temperature of a softmax.

    Raises:
        InputError: it is not above 0, or infinite.
    """
    if not 0 < temperature < math.inf:
        raise InputError(f"temperature={temperature}: give a number above 0; 1 is the paper's")
    return temperature


class ClassAlignment(nn.Module):
    """KL divergence of the posteriors of two classifiers (CSA; Ren and Zhang 2024, Eq. 19, and Eq. 20).

    The paper prints KL of the logits, which are no distributions: here after a softmax. It prints KL(student,
    teacher): here KL(teacher || student), as it prints it for TGSA.

    Args:
        direction: of `divergence`; P is the first argument's posterior.
        temperature: the logits are divided by it.

    Raises:
        InputError: a temperature that is not above 0, or an unknown direction.
    """

    def __init__(self, direction: str = "forward", temperature: float = 1.0):
        super().__init__()
        if direction not in DIRECTIONS:
            raise unknown("direction", direction, DIRECTIONS)
        self.direction, self.temperature = direction, require_temperature(temperature)

    def forward(self, teacher: Tensor, student: Tensor) -> Tensor:
        """Returns the scalar loss of logits (N, C), row i of both being the same image or identity.

        Raises:
            InputError: other shapes.
        """
        if teacher.shape != student.shape:
            raise InputError(
                f"CSA: logits of shapes {tuple(teacher.shape)} and {tuple(student.shape)}; give the same rows and "
                "classes of both: row i of both is the same image or identity"
            )
        log_p, log_q = ((logits / self.temperature).log_softmax(1) for logits in (teacher, student))
        return divergence(log_p, log_q, self.direction)
