"""What is kept is computed once for all who ask, and forgotten in the order it was used."""

import threading
import time

import pytest

from dashboard.kept import kept


def test_many_who_ask_at_once_cost_one_computation():
    asked = []

    @kept(2)
    def slow(number):
        asked.append(number)
        time.sleep(0.05)
        return number * 2

    found = []
    threads = [threading.Thread(target=lambda: found.append(slow(4))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [8] * 8
    assert asked == [4]


def test_the_value_used_longest_ago_goes_first():
    asked = []

    @kept(2)
    def double(number):
        asked.append(number)
        return number * 2

    for number in (1, 2, 1, 3, 1, 2):
        assert double(number) == number * 2
    assert asked == [1, 2, 3, 2]


def test_a_failure_is_not_kept():
    answers = [ValueError("not yet"), 5]

    @kept(2)
    def ask(number):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer + number

    with pytest.raises(ValueError, match="not yet"):
        ask(1)
    assert ask(1) == 6
