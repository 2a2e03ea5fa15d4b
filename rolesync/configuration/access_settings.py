"""The settings of the access to Studio: the account, and its secrets."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from rolesync.configuration.values import check_account, check_base_url, check_redirect


class AccessSettings(BaseSettings):
    """The account of Studio, and how rolesync authorises itself there."""

    account: Annotated[str, AfterValidator(check_account)] = Field(
        "", description="Name before .instructuremedia.com in the address of the Studio account."
    )
    base_url: Annotated[str, AfterValidator(check_base_url)] = Field(
        "", description="Address of Studio, instead of `account`. http:// only on loopback."
    )
    token: SecretStr = Field(SecretStr(""), description="Access token or API key.")
    client_id: str = Field("", description="Id of a developer key, for OAuth instead of `token`.")
    client_secret: SecretStr = Field(SecretStr(""), description="Secret of the developer key.")
    refresh_token: SecretStr = Field(SecretStr(""), description="First refresh token, unless `rolesync login` gets it.")
    secrets_dir: Path | None = Field(
        None, description="Folder with a file for each secret, such as `rolesync_token`; in a file: relative to it."
    )
    redirect_uri: Annotated[str, AfterValidator(check_redirect)] = Field(
        "", description="Redirect address of the developer key, for `rolesync login`."
    )
    auth_scheme: str = Field("Bearer", description="Word before the token in the Authorization header. May be empty.")
    contact: str = Field("", description="Address or web page in the User-Agent, for the operators of Studio.")

    @model_validator(mode="after")
    def _check_access(self) -> Self:
        if self.account and self.base_url:
            raise ValueError("account and base_url are both set: set only one of them")
        if self.client_id and self.token.get_secret_value():
            raise ValueError("token and client_id are both set: set only one of them")
        if self.client_id and not self.client_secret.get_secret_value():
            raise ValueError("client_id is set without client_secret: set both, as the developer key shows them")
        return self
