"""The proof about shops that round (`make prove-rounding`), on a small scale."""

import pytest

from tests.prove_rounding import DISHONEST, HONEST, Shop, alarm, by_chance, by_line, down, drift_of, on_total, verdicts


def test_honest_shops_are_left_alone_and_the_others_are_noticed() -> None:
    found = list(verdicts(8, 300, map))
    assert len(found) == len(HONEST) + len(DISHONEST) + 1
    assert [words for words, is_right in found if not is_right] == []


@pytest.mark.parametrize("shop", HONEST, ids=lambda shop: shop.name)
def test_an_honest_shop_has_no_drift_at_all(shop: Shop) -> None:
    assert alarm(shop, 400, seed=1) is None


@pytest.mark.parametrize("shop", DISHONEST, ids=lambda shop: shop.name)
def test_a_shop_that_always_rounds_down_is_noticed_long_before_two_hundred_orders(shop: Shop) -> None:
    assert 10 < (alarm(shop, 200, seed=1) or 0) < 150


def test_pennies_that_chance_brings_are_no_habit() -> None:
    assert sum(by_chance(500, seed) is not None for seed in range(40)) == 0


def test_the_proofs_own_arithmetic_knows_up_from_down() -> None:
    lines = [(499, 20), (499, 20), (503, 5)]  # 99.8 + 99.8 + 25.15 = 224.75 pennies
    assert (by_line(lines), on_total(lines), down(lines)) == (225, 225, 224)
    assert drift_of(lines, 224) == -1
    assert drift_of(lines, 225) == 0


def test_a_shop_that_is_wrongly_called_honest_is_told() -> None:
    shop = DISHONEST[0]
    assert alarm(Shop(shop.name, shop.sell, shop.charge), 200, seed=2) is not None
