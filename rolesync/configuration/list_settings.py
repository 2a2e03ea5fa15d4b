"""The settings of the list: which roles are managed, and how the list is written."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from rolesync.configuration.access_settings import AccessSettings
from rolesync.configuration.values import (
    Count,
    Positive,
    check_as_of,
    check_hosts,
    check_roles,
    check_sha256,
    parse_collection,
)
from rolesync.tables.guess_encoding import check_encoding


class ListSettings(AccessSettings):
    """The managed roles, and how the list is read."""

    managed_roles: Annotated[tuple[str, ...], AfterValidator(check_roles)] = Field(
        ("Admin",), description="The only roles that rolesync manages."
    )
    list: str = Field("", description="The list where a command names none: a path, or an address such as https://….")
    list_user: str = Field("", description="User for the server of the list.")
    list_secret: SecretStr = Field(
        SecretStr(""), description="Secret for the server of the list: a password, token or key, by its address."
    )
    list_headers: SecretStr = Field(
        SecretStr(""), description="Headers for the server of the list, `Name: value` in each line."
    )
    list_hosts: Annotated[tuple[str, ...], AfterValidator(check_hosts)] = Field(
        (), description="Hosts to which the server of the list may redirect, and that may be in an internal network."
    )
    list_sha256: Annotated[str, AfterValidator(check_sha256)] = Field(
        "", description="SHA-256 of the list; `beside`: that in the file `.sha256` beside it."
    )
    list_as_of: Annotated[str, AfterValidator(check_as_of)] = Field(
        "", description="When the list was made: a time with its zone; `now`: when it is read."
    )
    list_fallback: Literal["refuse", "additions"] = Field(
        "refuse", description="Without the list: refuse to run, or use the last copy and remove nobody."
    )
    list_timeout: Positive = Field(60.0, description="Seconds to fetch the list, with all attempts and redirects.")
    list_max_mb: Positive = Field(100.0, description="Maximum size of a fetched list in MB, unpacked.")
    list_known_hosts: Path | None = Field(
        None, description="Known host keys for lists over SSH. By default ~/.ssh/known_hosts."
    )
    role_aliases: dict[str, str] = Field({}, description="Other names in the list, each with its role.")
    encoding: Annotated[str, AfterValidator(check_encoding)] = Field(
        "", description="Encoding of a list in text, such as windows-1252. UTF-8 needs none."
    )
    sheet: str = Field("", description="Sheet of the workbook that holds the list: its name, or its number from 1.")
    header_row: Count = Field(0, description="Row of the list's header, counted from 1. 0: rolesync looks for it.")
    email_column: str = Field("", description="Header of the column with addresses, if it isn't `email`.")
    user_id_column: str = Field("", description="Header of the column with Studio's user ids, if it isn't `user_id`.")
    role_column: str = Field("", description="Header of the column with one role, if it isn't `role`.")
    no_header: bool = Field(False, description="The list has no header: columns are named by number or letter.")
    no_user_id: bool = Field(False, description="Don't read user ids, because they are another program's.")
    keep: dict[str, tuple[str, ...]] = Field({}, description="Columns, each with the words of the rows that count.")
    leave_out: dict[str, tuple[str, ...]] = Field(
        {}, description="Columns of `keep`, each with the words of other rows; any other word is an error."
    )
    ignore_columns: tuple[str, ...] = Field((), description="Columns that are not read, whatever their cells say.")
    bad_rows: Literal["refuse", "hold"] = Field(
        "refuse", description="An unreadable row refuses the list, or is held together with all removals."
    )
    login_identities: bool = Field(False, description="Users may be named by Canvas login where Studio has no address.")

    @field_validator(
        "managed_roles", "role_aliases", "keep", "leave_out", "ignore_columns", "list_hosts", mode="before"
    )
    @classmethod
    def _parse_form(cls, value: object) -> object:
        return parse_collection(value)

    @model_validator(mode="after")
    def _check_aliases(self) -> Self:
        for alias, role in self.role_aliases.items():
            if not alias or alias != alias.strip() or not role or role != role.strip():
                raise ValueError("role_aliases needs two names each, without blanks around them")
            if alias in self.managed_roles:
                raise ValueError(f"role_aliases gives the managed role {alias!r} another meaning: remove this alias")
            if role in self.role_aliases:
                raise ValueError(f"role_aliases maps {alias!r} to {role!r}, which is an alias itself")
        return self
