"""The search strategy: no extra request for few users, little wasted on a wrong guess, near the minimum for many."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import pytest
from hypothesis import given, strategies as st

from rolesync.live.strategy import (
    FIRST_SAMPLE,
    RECENT_PAGES,
    SCANNABLE,
    USERS_PER_TRIAL,
    ReadPages,
    SearchOneByOne,
    SearchStrategy,
    share_at_least,
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


def evenly(users: range, number: int) -> list[int]:
    return [users[at * len(users) // number] for at in range(number)]


def pages_of(users: Collection[int]) -> int:
    return max(1, -(-len(users) // PER_PAGE))


class Cost(NamedTuple):
    """The requests of a search by role ("" for one by one), and the fewest possible."""

    by_role: Mapping[str, int]
    theoretical_minimum: int

    @property
    def total(self) -> int:
        return sum(self.by_role.values())


def cost(account: Mapping[str, Sequence[int]], wanted: Collection[int], window: int = 8) -> Cost:
    """Carry out the steps in an account of ids only; the holders of a role are on its pages in their order."""
    roles_of: dict[int, set[str]] = {}
    for role, holders in account.items():
        for user in holders:
            roles_of.setdefault(user, set()).add(role)
    strategy, remaining, spent = SearchStrategy(len(wanted), tuple(account), window), sorted(wanted), Counter[str]()
    while (step := strategy.next_step()) is not None:
        if isinstance(step, ReadPages):
            assert 0 < len(step.numbers) <= window
            holders = account[step.role]
            for number in step.numbers:
                assert number <= pages_of(holders)
                page = set(holders[(number - 1) * PER_PAGE : number * PER_PAGE])
                rest = [user for user in remaining if user not in page]
                strategy.note_page(step.role, pages_of(holders), len(remaining) - len(rest))
                remaining = rest
            spent[step.role] += len(step.numbers)
        else:
            assert 0 < step.users <= len(remaining)
            sample = [remaining[at * len(remaining) // step.users] for at in range(step.users)]
            strategy.note_lookups(frozenset(roles_of.get(user, ())) for user in sample)
            remaining = [user for user in remaining if user not in set(sample)]
            spent[""] += step.users
        assert strategy.remaining == len(remaining)
    assert not remaining
    minimum = theoretical_minimum(
        {role: pages_of(holders) for role, holders in account.items()}, [roles_of.get(user, ()) for user in wanted]
    )
    return Cost(spent, minimum)


# The accounts that the strategy was made for


@pytest.mark.parametrize("number", [1, 5, USERS_PER_TRIAL - 1])
def test_few_users_cost_one_request_each(number: int) -> None:
    assert cost(ACCOUNT, evenly(TEACHERS, number)).by_role == {"": number}
    assert SearchStrategy(number, ROLES, 8).next_step() == SearchOneByOne(number)


def test_no_wanted_user_costs_no_request() -> None:
    assert SearchStrategy(0, ROLES, 8).next_step() is None


def test_without_scannable_roles_all_users_are_looked_up_in_one_step() -> None:
    assert SearchStrategy(5_000, (), 8).next_step() == SearchOneByOne(5_000)


@pytest.mark.parametrize("window", [1, 8, 64])
def test_many_users_of_one_role_cost_its_pages(window: int) -> None:
    assert cost(ACCOUNT, evenly(TEACHERS, 5_000), window).by_role == {"Teacher": 160}


def test_finding_the_right_role_costs_a_page_of_each_role_before() -> None:
    assert cost(ACCOUNT, evenly(STUDENTS, 5_000)).by_role == {"Teacher": 1, "Student": 200}


def test_a_role_that_promises_little_does_not_stop_the_trial_of_a_better_one() -> None:
    both = sorted([*TEACHERS[::2], *STUDENTS[::10]])
    account = {"Teacher": both, "Student": STUDENTS}
    assert cost(account, STUDENTS).by_role == {"Teacher": 1, "Student": 200}


def test_several_roles_are_read_if_each_pays() -> None:
    spent = cost(ACCOUNT, [*evenly(TEACHERS, 2_500), *evenly(STUDENTS, 2_500)])
    assert spent.by_role == {"Teacher": 160, "Student": 200, "Observer": 1}


def test_users_not_in_studio_cost_little_more_than_a_request_each() -> None:
    assert cost(ACCOUNT, strangers(5_000)).by_role == {"": 5_000, "Teacher": 1, "Student": 1, "Observer": 1}


def test_a_mixture_costs_the_pages_and_a_request_for_each_other_user() -> None:
    spent = cost(ACCOUNT, [*evenly(TEACHERS, 2_500), *strangers(2_500)])
    assert (spent.theoretical_minimum, spent.total) == (2_660, 2_662)


def test_a_sample_reveals_users_on_the_last_pages_of_a_role() -> None:
    spent = cost(ACCOUNT, TEACHERS[3_000:])
    assert spent.by_role == {"Teacher": 160, "Student": 1, "Observer": 1, "": FIRST_SAMPLE}


def test_a_role_is_abandoned_when_it_no_longer_pays() -> None:
    spent = cost(ACCOUNT, [*TEACHERS[:300], *strangers(300)])
    assert spent.by_role["Teacher"] <= 6 + RECENT_PAGES
    assert spent.total < spent.theoretical_minimum


def test_a_sample_reveals_a_small_role() -> None:
    assert cost(ACCOUNT, OBSERVERS[:30]).by_role == {"Teacher": 1, "": FIRST_SAMPLE, "Observer": 1}


def test_a_role_with_more_pages_than_wanted_users_is_not_read() -> None:
    account = {"Teacher": range(100_000)}
    assert cost(account, evenly(account["Teacher"], 400)).by_role == {"Teacher": 1, "": 399}


# Random accounts


@st.composite
def accounts(draw: st.DrawFn) -> tuple[dict[str, list[int]], list[int]]:
    """Roles that may overlap, with wanted users anywhere on their pages, and users not in Studio."""
    account, wanted, first = dict[str, list[int]](), set[int](), 0
    for role in SCANNABLE:
        number = draw(st.sampled_from([0, 1, 40, 300, 2_000]))
        users = list(range(first, first + number))
        first += number
        share = draw(st.sampled_from([0, 0.02, 0.3, 1]))
        spread = users[:: max(1, round(1 / share))] if share else []
        where = draw(st.sampled_from(["evenly", "first", "last"]))
        wanted.update(
            spread if where == "evenly" else users[: len(spread)] if where == "first" else users[-len(spread) :]
        )
        stride = draw(st.sampled_from([0, 0, 7]))
        shared = list(chain.from_iterable(account.values()))[::stride] if stride else []
        account[role] = sorted({*users, *shared})
    return account, [*wanted, *strangers(draw(st.sampled_from([0, 3, 100, 1_000])))]


@given(accounts(), st.sampled_from([1, 8, 64]))
def test_no_account_costs_much_more_than_a_request_per_user(
    situation: tuple[dict[str, list[int]], list[int]], window: int
) -> None:
    account, wanted = situation
    spent = cost(account, wanted, window)
    assert spent.total <= len(wanted) * (1 + 1 / USERS_PER_TRIAL) + len(account) * RECENT_PAGES
    if len(wanted) < USERS_PER_TRIAL:
        assert spent.by_role == ({"": len(wanted)} if wanted else {})


# Unreliable answers


def test_users_found_on_unreliable_pages_are_wanted_again() -> None:
    strategy = SearchStrategy(100, ["Teacher", "Student"], 8)
    assert strategy.next_step() == ReadPages("Teacher", range(1, 2))
    strategy.note_page("Teacher", 4, 40)
    assert (strategy.remaining, strategy.next_step()) == (60, ReadPages("Teacher", range(2, 3)))
    strategy.restart("Teacher")
    assert (strategy.remaining, strategy.next_step()) == (100, ReadPages("Teacher", range(1, 2)))
    strategy.note_page("Teacher", 4, 40)
    strategy.give_up("Teacher")
    assert (strategy.remaining, strategy.next_step()) == (100, ReadPages("Student", range(1, 2)))
    strategy.give_up("Student")
    assert strategy.next_step() == SearchOneByOne(100)


# The arithmetic


def test_the_theoretical_minimum_is_the_best_choice_of_roles() -> None:
    users = [("Teacher",)] * 5 + [("Student", "Teacher")] * 5 + [("Observer",)] * 2 + [()] * 3
    assert theoretical_minimum({"Teacher": 2, "Student": 2, "Observer": 2}, users) == 2 + 2 + 3
    assert theoretical_minimum({"Teacher": 9, "Student": 2}, users) == 2 + 5 + 2 + 3
    assert theoretical_minimum({"Teacher": 11}, users) == 15
    assert theoretical_minimum({}, users) == 15
    assert theoretical_minimum({"Teacher": 1}, []) == 0


@pytest.mark.parametrize(
    ("hits", "number", "least", "most"), [(0, 0, 0, 0), (0, 8, 0, 0), (8, 8, 0.8, 0.85), (4, 8, 0.25, 0.35)]
)
def test_a_smaller_sample_proves_a_smaller_share(hits: int, number: int, least: float, most: float) -> None:
    assert least <= share_at_least(hits, number) <= most
