"""Media vary as those of an old account do, and always in the same way."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

import pytest
import requests

from rolesync.sandbox import Options, Sandbox
from rolesync.sandbox.store import Store


def all_media(seed: int) -> Iterator[dict[str, Any]]:
    with closing(Store(Options(users=3000, seed=seed))) as store:
        for user_id in store.all_ids():
            yield from (medium for medium in store.media_of(user_id, 0, 50)[0] if medium["permission"] == "owner")


@pytest.fixture(scope="module")
def media() -> list[dict[str, Any]]:
    return list(all_media(1))


def test_the_same_seed_makes_the_same_media_and_another_makes_others(media: list[dict[str, Any]]) -> None:
    assert list(all_media(1)) == media
    facts = [
        [(medium["source"], medium["last_viewed"]) for medium in media_list] for media_list in (media, all_media(2))
    ]
    assert facts[0] != facts[1]


def test_sources_states_and_gaps_vary_and_most_media_are_whole(media: list[dict[str, Any]]) -> None:
    assert set(Counter(medium["source"] for medium in media)) == {"upload", "screen_capture", "webcam", "youtube"}
    assert set(Counter(medium["transcoding_status"] for medium in media)) == {"done", "processing", "failed"}
    shares = {name: sum(medium[name] is None for medium in media) / len(media) for name in media[0]}
    assert 0.02 < shares["size"] < 0.1
    assert 0.02 < shares["duration"] == shares["thumbnail_url"] < 0.12
    assert 0.3 < shares["description"] < 0.5
    assert 0.05 < shares["last_viewed"] < shares["last_viewed_by_student"] < 0.6
    assert 0.8 < shares["archived_at"] < 1
    never_null = {"id", "title", "created_at", "transcoding_status", "owner", "source", "permission"}
    assert not any(shares[name] for name in never_null)


def test_nothing_is_viewed_or_archived_before_it_exists_and_students_are_viewers(media: list[dict[str, Any]]) -> None:
    for medium in media:
        times = {
            name: datetime.fromisoformat(medium[name])
            for name in ("created_at", "last_viewed", "last_viewed_by_student", "archived_at")
            if medium[name]
        }
        assert all(time.tzinfo and time >= times["created_at"] for time in times.values())
        if "last_viewed_by_student" in times:
            assert times["last_viewed_by_student"] <= times["last_viewed"]


def test_media_over_http_are_those_of_the_store(studio: Sandbox, call: Callable[..., requests.Response]) -> None:
    with closing(Store(Options())) as store:
        assert call(studio, "GET", "/users/1002/media").json()["media"] == store.media_of(1002, 0, 20)[0]
