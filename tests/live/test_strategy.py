"""Deciding how to look people up: nothing extra for few, no long way for nothing, near the best for many."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import pytest
from hypothesis import given, strategies as st

from rolesync.live.strategy import (
    RECENT,
    SAMPLE,
    SCANNABLE,
    SHARE,
    ReadPages,
    SearchOneByOne,
    SearchStrategy,
    at_least,
    theoretical_minimum,
)

PER_PAGE = 50
TEACHERS = range(8_000)
STUDENTS = range(8_000, 18_000)
OBSERVERS = range(18_000, 18_040)
ACCOUNT = {"Teacher": TEACHERS, "Student": STUDENTS, "Observer": OBSERVERS}
ROLES = tuple(ACCOUNT)


def strangers(number: int) -> range:
    return range(10**6, 10**6 + number)


def evenly(people: range, number: int) -> list[int]:
    return [people[at * len(people) // number] for at in range(number)]


def pages_of(people: Collection[int]) -> int:
    return max(1, -(-len(people) // PER_PAGE))


class Cost(NamedTuple):
    """What a search came to: the requests by role ("" for one by one), and the fewest."""

    by_role: Mapping[str, int]
    theoretical_minimum: int

    @property
    def total(self) -> int:
        return sum(self.by_role.values())


def cost(account: Mapping[str, Sequence[int]], unknown: Collection[int], window: int = 8) -> Cost:
    """Carry out what is decided in an account that is no more than its numbers; a role's people are in their order."""
    held: dict[int, set[str]] = {}
    for role, people in account.items():
        for one in people:
            held.setdefault(one, set()).add(role)
    weighing, left, spent = SearchStrategy(len(unknown), tuple(account), window), sorted(unknown), Counter[str]()
    while (step := weighing.step()) is not None:
        if isinstance(step, ReadPages):
            assert 0 < len(step.numbers) <= window
            people = account[step.role]
            for number in step.numbers:
                assert number <= pages_of(people)
                on_it = set(people[(number - 1) * PER_PAGE : number * PER_PAGE])
                rest = [one for one in left if one not in on_it]
                weighing.page(step.role, pages_of(people), len(left) - len(rest))
                left = rest
            spent[step.role] += len(step.numbers)
        else:
            assert 0 < step.people <= len(left)
            asked = [left[at * len(left) // step.people] for at in range(step.people)]
            weighing.asked(frozenset(held.get(one, ())) for one in asked)
            left = [one for one in left if one not in set(asked)]
            spent[""] += step.people
        assert weighing.left == len(left)
    assert not left
    best = theoretical_minimum(
        {role: pages_of(people) for role, people in account.items()}, [held.get(one, ()) for one in unknown]
    )
    return Cost(spent, best)


# The shapes that the decision was made for


@pytest.mark.parametrize("number", [1, 5, SHARE - 1])
def test_few_people_cost_one_request_each(number: int) -> None:
    assert cost(ACCOUNT, evenly(TEACHERS, number)).by_role == {"": number}
    assert SearchStrategy(number, ROLES, 8).step() == SearchOneByOne(number)


def test_nobody_costs_nothing() -> None:
    assert SearchStrategy(0, ROLES, 8).step() is None


def test_without_roles_to_read_all_are_asked_for_at_once() -> None:
    assert SearchStrategy(5_000, (), 8).step() == SearchOneByOne(5_000)


@pytest.mark.parametrize("window", [1, 8, 64])
def test_many_people_of_one_role_cost_its_pages(window: int) -> None:
    assert cost(ACCOUNT, evenly(TEACHERS, 5_000), window).by_role == {"Teacher": 160}


def test_the_right_role_is_found_at_the_cost_of_a_page_of_each_before() -> None:
    assert cost(ACCOUNT, evenly(STUDENTS, 5_000)).by_role == {"Teacher": 1, "Student": 200}


def test_a_role_that_promises_little_does_not_keep_from_a_better_one() -> None:
    both = sorted([*TEACHERS[::2], *STUDENTS[::10]])
    account = {"Teacher": both, "Student": STUDENTS}
    assert cost(account, STUDENTS).by_role == {"Teacher": 1, "Student": 200}


def test_several_roles_are_read_where_each_pays() -> None:
    found = cost(ACCOUNT, [*evenly(TEACHERS, 2_500), *evenly(STUDENTS, 2_500)])
    assert found.by_role == {"Teacher": 160, "Student": 200, "Observer": 1}


def test_strangers_cost_little_more_than_a_request_each() -> None:
    assert cost(ACCOUNT, strangers(5_000)).by_role == {"": 5_000, "Teacher": 1, "Student": 1, "Observer": 1}


def test_a_mixture_costs_the_pages_and_a_request_for_each_of_the_rest() -> None:
    found = cost(ACCOUNT, [*evenly(TEACHERS, 2_500), *strangers(2_500)])
    assert (found.theoretical_minimum, found.total) == (2_660, 2_662)


def test_people_at_the_end_of_a_role_are_known_from_a_sample() -> None:
    found = cost(ACCOUNT, TEACHERS[3_000:])
    assert found.by_role == {"Teacher": 160, "Student": 1, "Observer": 1, "": SAMPLE}


def test_a_role_is_left_when_it_gives_nobody_any_more() -> None:
    found = cost(ACCOUNT, [*TEACHERS[:300], *strangers(300)])
    assert found.by_role["Teacher"] <= 6 + RECENT
    assert found.total < found.theoretical_minimum


def test_a_small_role_is_opened_when_a_sample_shows_it() -> None:
    assert cost(ACCOUNT, OBSERVERS[:30]).by_role == {"Teacher": 1, "": SAMPLE, "Observer": 1}


def test_a_role_with_more_pages_than_people_is_not_read() -> None:
    account = {"Teacher": range(100_000)}
    assert cost(account, evenly(account["Teacher"], 400)).by_role == {"Teacher": 1, "": 399}


# Whatever the account is like


@st.composite
def accounts(draw: st.DrawFn) -> tuple[dict[str, list[int]], list[int]]:
    """Roles that overlap or don't, with wanted people anywhere on their pages, and strangers."""
    account, wanted, first = dict[str, list[int]](), set[int](), 0
    for role in SCANNABLE:
        number = draw(st.sampled_from([0, 1, 40, 300, 2_000]))
        people = list(range(first, first + number))
        first += number
        share = draw(st.sampled_from([0, 0.02, 0.3, 1]))
        own = people[:: max(1, round(1 / share))] if share else []
        where = draw(st.sampled_from(["evenly", "first", "last"]))
        wanted.update(own if where == "evenly" else people[: len(own)] if where == "first" else people[-len(own) :])
        also = draw(st.sampled_from([0, 0, 7]))
        shared = list(chain.from_iterable(account.values()))[::also] if also else []
        account[role] = sorted({*people, *shared})
    return account, [*wanted, *strangers(draw(st.sampled_from([0, 3, 100, 1_000])))]


@given(accounts(), st.sampled_from([1, 8, 64]))
def test_no_account_costs_much_more_than_a_request_each(
    situation: tuple[dict[str, list[int]], list[int]], window: int
) -> None:
    account, unknown = situation
    found = cost(account, unknown, window)
    assert found.total <= len(unknown) * (1 + 1 / SHARE) + len(account) * RECENT
    if len(unknown) < SHARE:
        assert found.by_role == ({"": len(unknown)} if unknown else {})


# Answers that are not to be relied on


def test_what_a_role_has_given_in_vain_is_forgotten() -> None:
    weighing = SearchStrategy(100, ["Teacher", "Student"], 8)
    assert weighing.step() == ReadPages("Teacher", range(1, 2))
    weighing.page("Teacher", 4, 40)
    assert (weighing.left, weighing.step()) == (60, ReadPages("Teacher", range(2, 3)))
    weighing.again("Teacher")
    assert (weighing.left, weighing.step()) == (100, ReadPages("Teacher", range(1, 2)))
    weighing.page("Teacher", 4, 40)
    weighing.give_up("Teacher")
    assert (weighing.left, weighing.step()) == (100, ReadPages("Student", range(1, 2)))
    weighing.give_up("Student")
    assert weighing.step() == SearchOneByOne(100)


# The arithmetic


def test_the_fewest_are_the_best_choice_of_roles() -> None:
    people = [("Teacher",)] * 5 + [("Student", "Teacher")] * 5 + [("Observer",)] * 2 + [()] * 3
    assert theoretical_minimum({"Teacher": 2, "Student": 2, "Observer": 2}, people) == 2 + 2 + 3
    assert theoretical_minimum({"Teacher": 9, "Student": 2}, people) == 2 + 5 + 2 + 3
    assert theoretical_minimum({"Teacher": 11}, people) == 15
    assert theoretical_minimum({}, people) == 15
    assert theoretical_minimum({"Teacher": 1}, []) == 0


@pytest.mark.parametrize(
    ("hits", "number", "least", "most"), [(0, 0, 0, 0), (0, 8, 0, 0), (8, 8, 0.8, 0.85), (4, 8, 0.25, 0.35)]
)
def test_a_sample_counts_for_less_the_smaller_it_is(hits: int, number: int, least: float, most: float) -> None:
    assert least <= at_least(hits, number) <= most
