"""Arithmetic on whole numbers, for proofs that share none with the bridge."""

from collections.abc import Sequence


def half_up(numerator: int, denominator: int) -> int:
    """Rounded to a whole number, halves away from zero."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in proportion, what is over going to the largest remainders, the earlier first."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    over = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for index in over[: total - sum(parts)]:
        parts[index] += 1
    return parts
