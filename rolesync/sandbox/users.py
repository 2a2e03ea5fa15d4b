"""The calls that read users: from parameters to the JSON body. Of HTTP this module knows only the status.

`per_page` above 50 is 422: the API reference names 50 as the maximum, and 422 as the answer to an invalid value.
"""

from collections.abc import Mapping, Sequence

from rolesync.sandbox.options import Options
from rolesync.sandbox.responses import ApiError, encode
from rolesync.sandbox.stale_reads import View
from rolesync.sandbox.store import Store

MAX_PER_PAGE = 50
MAX_PAGE = 2**31 - 1
DEFAULT_PER_PAGE = 20

NOT_FOUND = "The user(s) was not found"
MISSING = "Required parameter is missing"
_INT64 = 2**63


class Users:
    """Answers the calls that read users.

    Args:
        store: the data.
        options: how the calls behave.
    """

    def __init__(self, store: Store, options: Options) -> None:
        self._store = store
        self._options = options

    def search(self, params: Mapping[str, str], view: View, excess: int = 0) -> bytes:
        """Answer `GET /users/search`.

        Args:
            params: the parameters of the query.
            view: the people to search.
            excess: by how much the totals are too high.

        Raises:
            ApiError: 400 without role and email; 422 for an unknown role or a bad page.
        """
        role, email = params.get("role", ""), params.get("email", "")
        if not role and not email:
            raise ApiError(400, MISSING)
        if role and role not in self._options.roles:
            raise ApiError(422, f"Invalid role: {role}")
        page, per_page = _paging(params)
        if email:
            match, case = self._options.email_match, self._options.email_case
            ids: Sequence[int] = view.with_email(email, match=match, case=case, role=role)
        else:
            ids = view.holders(role)
        start = (page - 1) * per_page
        users = b",".join(view.encoded(ids[start : start + per_page]))
        return b'{"users":[%b],"meta":%b}' % (users, self._meta(page, per_page, len(ids) + excess))

    def get(self, user_id: str, view: View) -> bytes:
        """Answer `GET /users/{user_id}`.

        Raises:
            ApiError: 422 if the id is not an int64, 404 if nobody has it.
        """
        return b'{"user":%b}' % self.find(_user_id(user_id), view)

    def find(self, user_id: int, view: View) -> bytes:
        """The JSON of one person.

        Raises:
            ApiError: 404 if nobody has this id.
        """
        matches = view.encoded([user_id]) if fits(user_id) else []
        if not matches:
            raise ApiError(404, NOT_FOUND)
        return matches[0]

    def media(self, user_id: str, params: Mapping[str, str]) -> bytes:
        """Answer `GET /users/{user_id}/media`.

        Raises:
            ApiError: as `get`, and 422 for a bad page.
        """
        number = _user_id(user_id)
        self.find(number, self._store)
        page, per_page = _paging(params)
        media, total = self._store.media_of(number, (page - 1) * per_page, per_page)
        return b'{"media":%b,"meta":%b}' % (encode(media), self._meta(page, per_page, total))

    def _meta(self, page: int, per_page: int, total: int) -> bytes:
        last = -(-total // per_page) or self._options.empty_last_page
        return b'{"current_page":%d,"last_page":%d,"total_count":%d}' % (page, last, total)


def fits(user_id: int) -> bool:
    """Whether SQLite can be asked for this id."""
    return -_INT64 <= user_id < _INT64


def _user_id(text: str) -> int:
    user_id = _whole_number(text)
    if user_id is None or not fits(user_id):
        raise ApiError(422, f"Invalid user_id: {text}")
    return user_id


def _paging(params: Mapping[str, str]) -> tuple[int, int]:
    page = _whole_number(params.get("page", "1"))
    if page is None or not 1 <= page <= MAX_PAGE:
        raise ApiError(422, f"Invalid page: {params['page']}")
    per_page = _whole_number(params.get("per_page", str(DEFAULT_PER_PAGE)))
    if per_page is None or not 1 <= per_page <= MAX_PER_PAGE:
        raise ApiError(422, f"Invalid per_page: {params['per_page']}, it is from 1 to {MAX_PER_PAGE}")
    return page, per_page


def _whole_number(text: str) -> int | None:
    """Read a decimal number of at most 20 characters; Python's own `int` takes blanks and underscores too."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(text) <= 20 else None  # noqa: PLR2004  # the limit of the docstring
