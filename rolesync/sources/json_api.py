"""Reads JSON over HTTPS for a list, as the server of an address answers it."""

import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from rolesync.sources.fetch_context import FetchError, parse_time
from rolesync.sources.http_reader import Answer, HttpReader


class JsonReader:
    """Reads JSON of one server, authorised by a token.

    Args:
        reader: reads over HTTP.
        token: sent to the server of the list only; "" for none.
    """

    def __init__(self, reader: HttpReader, token: str) -> None:
        self._reader = reader
        self._secrets = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, url: str) -> tuple[dict[str, Any] | list[Any], Mapping[str, str]]:
        """Read an object or a list, and the headers.

        Raises:
            FetchError: the server refused, or answered something else.
        """
        answer = self._reader.get(url, {"Accept": "application/json"}, self._secrets)
        return self._parse(answer), answer.headers

    def get_object(self, url: str) -> dict[str, Any]:
        """Read an object.

        Raises:
            FetchError: the server refused, or answered something else.
        """
        value, _ = self.get(url)
        if not isinstance(value, dict):
            raise self.unexpected_error()
        return value

    def get_bytes(self, url: str) -> bytes:
        """Read a file.

        Raises:
            FetchError: the server refused, or the file may be incomplete.
        """
        return self._reader.whole_file(self._reader.get(url, {}, self._secrets))

    def time(self, text: str) -> datetime:
        """Parse a time of an answer, in ISO 8601 with its zone.

        Raises:
            FetchError: the text is no such time.
        """
        time = parse_time(text)
        if time is None:
            raise self.unexpected_error()
        return time

    def unexpected_error(self) -> FetchError:
        """Make the error for an answer that isn't as documented."""
        return FetchError(
            f"{self._reader.where}: the answer is not as documented",
            hint="check the address; if it is right, report this with the name of the service",
        )

    def _parse(self, answer: Answer) -> dict[str, Any] | list[Any]:
        if answer.status != HTTPStatus.OK:
            raise self._reader.refusal_error(answer)
        try:
            value = json.loads(answer.data)
            json.dumps(
                value, ensure_ascii=False
            ).encode()  # an escape may give half of a letter, which no file can have
        except (ValueError, RecursionError):
            raise self.unexpected_error() from None
        if not isinstance(value, dict | list):
            raise self.unexpected_error()
        return value
