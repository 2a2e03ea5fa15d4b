import pytest

from rolesync.history.events import Intent, Outcome, Recovered, Reread, RolesById, RunEvent, RunStart, SentAction
from rolesync.history.run_effects import OpenRequest, all_role_changes, effects, last_seen, open_requests
from rolesync.model.history import Effect
from rolesync.model.vocabulary import Action

ADD_1 = SentAction(1, "add", "Admin", "a@x.edu", 2)
REMOVE_2 = SentAction(2, "remove", "Admin", "b@x.edu", 0)
TIME = "2026-11-23T01:00:00.000000+00:00"


def intent(*actions: SentAction, request: int = 1, before: RolesById | None = None) -> Intent:
    roles = {"1": ["Teacher"], "2": ["Admin"]} if before is None else before
    return Intent(run="r", chunk=1, request=request, time=TIME, actions=actions, before=roles)


def outcome(status: int | str, after: RolesById | None = None, request: int = 1) -> Outcome:
    return Outcome(run="r", request=request, status=status, after=after or {})


def reread(after: RolesById, request: int = 1) -> Reread:
    return Reread(run="r", request=request, after=after)


def done(*events: RunEvent) -> list[tuple[int, str]]:
    return [(effect.user_id, effect.action.value) for effect in effects(events)]


def test_a_response_shows_which_actions_took_effect() -> None:
    answered = outcome(200, {"1": ["Admin", "Teacher"], "2": []})
    assert effects([RunStart(run="r"), intent(ADD_1, REMOVE_2), answered]) == [
        Effect(1, "a@x.edu", Action.ADD, "Admin", 2, "r", TIME),
        Effect(2, "b@x.edu", Action.REMOVE, "Admin", 0, "r", TIME),
    ]
    assert open_requests([intent(ADD_1, REMOVE_2), answered]) == []


def test_an_action_that_changes_nothing_is_no_effect() -> None:
    before = {"1": ["Admin"], "2": []}
    assert done(intent(ADD_1, REMOVE_2, before=before), outcome(200, {"1": ["Admin"], "2": []})) == []


@pytest.mark.parametrize("status", ["unknown", 422, 404])
def test_without_a_good_response_the_read_that_followed_shows_the_effect(status: int | str) -> None:
    records = [intent(ADD_1, REMOVE_2), outcome(status), reread({"1": ["Admin"], "2": ["Admin"]})]
    assert done(*records) == [(1, "add")]
    assert open_requests(records) == []


def test_a_later_run_may_find_out() -> None:
    records = [intent(ADD_1, REMOVE_2), Recovered(run="r", request=1, by="r2", after={"1": ["Admin"], "2": ["Admin"]})]
    assert done(*records) == [(1, "add")]
    assert open_requests(records) == []


def test_a_read_corrects_a_doubtful_answer() -> None:
    assert done(intent(ADD_1), outcome(200, {"1": ["Teacher"]}), reread({"1": ["Admin"]})) == [(1, "add")]
    assert done(intent(ADD_1), outcome(200, {"1": ["Admin"]}), reread({"1": []})) == []


def test_a_user_who_is_gone_was_not_changed() -> None:
    records = [intent(REMOVE_2), outcome(404), reread({"2": None})]
    assert done(*records) == []
    assert open_requests(records) == []


@pytest.mark.parametrize("status", [401, 403, 429, "not_sent"])
def test_a_request_that_was_refused_outright_did_nothing_and_is_not_open(status: int | str) -> None:
    records = [intent(ADD_1, REMOVE_2), outcome(status)]
    assert done(*records) == []
    assert open_requests(records) == []


@pytest.mark.parametrize("rest", [[], [outcome("unknown")], [outcome("unknown"), reread({"1": ["Admin"]})]])
def test_a_request_without_a_known_effect_is_open(rest: list[RunEvent]) -> None:
    known = {1} if len(rest) == 2 else set()
    request = intent(ADD_1, REMOVE_2)
    assert open_requests([request, *rest]) == [OpenRequest(request, tuple(sorted({1, 2} - known)))]


def test_a_change_that_was_sent_again_is_judged_by_its_last_request() -> None:
    refused, sent_again = outcome(422), outcome(200, {"1": ["Admin"]}, request=2)
    records = [intent(ADD_1, REMOVE_2), refused, intent(ADD_1, request=2), sent_again]
    assert done(*records) == [(1, "add")]
    assert [request.user_ids for request in open_requests(records)] == [(2,)]
    last_open = [intent(ADD_1), refused, intent(ADD_1, request=2), outcome("unknown", request=2)]
    assert [request.intent.request for request in open_requests(last_open)] == [2]
    assert done(*last_open, reread({"1": ["Admin"]}, request=2)) == [(1, "add")]


@pytest.mark.parametrize("status", ["not_sent", 401, 429])
def test_a_request_that_did_nothing_does_not_supersede_an_open_one(status: int | str) -> None:
    records = [intent(ADD_1), outcome(422), intent(ADD_1, request=2), outcome(status, request=2)]
    assert [request.intent.request for request in open_requests(records)] == [1]


def test_changes_are_in_the_order_of_requests_with_their_side_effects() -> None:
    cost = [intent(ADD_1, before={"1": ["Observer"]}), outcome(200, {"1": ["Admin"]})]
    given_back = SentAction(1, "add", "Observer", "a@x.edu", 0)
    undo = [intent(given_back, request=2, before={"1": ["Admin"]}), outcome(200, {"1": ["Admin", "Observer"]}, 2)]
    changes = [(change.action.value, change.role) for change in all_role_changes([*cost, *undo])]
    assert changes == [("add", "Admin"), ("remove", "Observer"), ("add", "Observer")]


def test_roles_hide_a_request_that_they_do_not_show() -> None:
    request = OpenRequest(intent(ADD_1, REMOVE_2), (1, 2))
    assert request.is_hidden_in({1: frozenset(), 2: frozenset()})
    assert not request.is_hidden_in({1: frozenset({"Admin"}), 2: None})
    assert not OpenRequest(request.intent, (2,)).is_hidden_in({2: frozenset()})


def test_requests_are_kept_apart() -> None:
    records = [
        intent(ADD_1, request=1),
        outcome("unknown", request=1),
        reread({"1": ["Teacher"]}, request=1),
        intent(ADD_1, request=2),
        outcome(200, {"1": ["Admin", "Teacher"]}, request=2),
    ]
    assert done(*records) == [(1, "add")]


def test_side_effects_are_taken_from_responses() -> None:
    request = intent(ADD_1, REMOVE_2, before={"1": ["Teacher", "Subaccount admin"], "2": ["Admin"]})
    answered = outcome(200, {"1": ["Admin", "Teacher"], "2": ["Observer"], "9": ["Admin"]})
    changes = [
        (change.user_id, change.action.value, change.role, change.row)
        for change in all_role_changes([request, answered])
    ]
    assert changes == [
        (1, "add", "Admin", 2),
        (2, "remove", "Admin", 0),
        (1, "remove", "Subaccount admin", 0),
        (2, "add", "Observer", 0),
    ]


@pytest.mark.parametrize("kind", [Reread, Recovered])
def test_of_a_read_only_the_loss_of_the_rival_of_an_added_role_is_a_side_effect(kind: type[Reread | Recovered]) -> None:
    request = intent(ADD_1, REMOVE_2, before={"1": ["Teacher", "Subaccount admin"], "2": ["Admin", "Subaccount admin"]})
    after = {"1": ["Admin", "Observer"], "2": []}

    def changes(*, all_roles: bool) -> list[tuple[int, str, str]]:
        seen = kind(run="r", request=1, after=after, all_roles=all_roles)
        events = [request, outcome("unknown"), seen]
        return [(change.user_id, change.action.value, change.role) for change in all_role_changes(events)]

    actions = [(1, "add", "Admin"), (2, "remove", "Admin")]
    assert changes(all_roles=True) == [*actions, (1, "remove", "Subaccount admin")]
    assert changes(all_roles=False) == actions


def test_users_are_as_the_last_request_left_them() -> None:
    records = [
        intent(ADD_1, REMOVE_2, request=1),
        outcome(200, {"1": ["Admin"], "2": []}, request=1),
        intent(REMOVE_2, request=2, before={"2": []}),
        outcome(404, request=2),
        reread({"2": None}, request=2),
    ]
    assert last_seen(records) == {1: ["Admin"], 2: None}
    assert last_seen([*records, intent(ADD_1, request=3)]) == {2: None}
    assert last_seen([intent(ADD_1), outcome("not_sent")]) == {1: ["Teacher"]}
