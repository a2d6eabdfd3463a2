"""What travels over HTTP at the gateway's own routes."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.kit.identifiers import IdNumber

AccountName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9._-]{1,31}$", examples=["zhangsan"])]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Area = Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["990101"])]
Organisation = Annotated[str, Field(min_length=1, max_length=64)]
RoleList = Annotated[list[str], Field(min_length=1, max_length=20)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=128)]
OneTimeCode = Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SessionCreate(_Body):
    """账号登录 · sign in with an account."""

    account: Annotated[str, Field(min_length=1, max_length=64)]
    password: Password
    one_time_code: OneTimeCode | None = None


class SessionRefresh(_Body):
    """续期 · new tokens for a refresh token."""

    refresh_token: Annotated[str, Field(min_length=20, max_length=200)]


class SessionRead(_Read):
    """登录结果 · tokens of a session."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - not a secret
    expires_in: int
    refresh_token: str | None = None
    password_change_required: bool = False
    bound: bool | None = Field(default=None, description="市民是否已实名绑定 · whether the citizen is bound")


class TokenRead(BaseModel):
    """OAuth 2 令牌 · the answer of RFC 6749 section 5.1."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - not a secret
    expires_in: int
    scope: str


class CallerRead(BaseModel):
    """我是谁 · who the token says you are."""

    subject: str
    kind: str
    name: str
    roles: list[str]
    scopes: list[str]
    area: str
    organisation: str | None
    person_id: UUID | None


class AccountCreate(_Body):
    """开设账号 · a new staff account."""

    account: AccountName
    name: Name
    password: Password
    roles: RoleList
    area: Area
    organisation: Organisation | None = None


class AccountRead(_Read):
    """账号 · a staff account."""

    account_id: UUID = Field(validation_alias="id")
    account: str = Field(validation_alias="name_key")
    name: str
    roles: list[str]
    area: str
    organisation: str | None
    one_time_code: bool
    locked_until: datetime | None
    disabled_at: datetime | None
    created_at: datetime


class RolesUpdate(_Body):
    """授权 · the roles that count from now on."""

    roles: RoleList


class PasswordUpdate(_Body):
    """修改密码 · by the person."""

    password: Password
    new_password: Password


class PasswordReset(_Body):
    """重置密码 · by the administrator."""

    new_password: Password


class OneTimeCodeConfirm(_Body):
    """确认动态口令 · the first code of the app."""

    one_time_code: OneTimeCode


class OneTimeCodeRead(BaseModel):
    """动态口令密钥，只显示一次 · shown once."""

    secret: str
    otpauth: str


class ClientCreate(_Body):
    """接入系统登记 · a new system."""

    name: Name
    organisation: Organisation = Field(
        description="定点机构编码或统一社会信用代码 · institution or credit code"
    )
    roles: RoleList
    area: Area


class ClientRead(_Read):
    """接入系统 · a system."""

    client_id: str
    name: str
    organisation: str
    roles: list[str]
    area: str
    disabled_at: datetime | None
    created_at: datetime


class ClientSecretRead(ClientRead):
    """接入系统及密钥，密钥只显示一次 · with the secret, shown once."""

    client_secret: str


class WechatSessionCreate(_Body):
    """微信登录 · the code of wx.login."""

    code: Annotated[str, Field(min_length=1, max_length=128)]


class BindingCreate(_Body):
    """实名绑定 · name and id number."""

    name: Name
    id_number: IdNumber


class RoleRead(BaseModel):
    """角色 · a role."""

    code: str
    name: str
    name_en: str
    kind: str
    scopes: list[str]


class AuditRead(_Read):
    """审计记录 · a row of the trail."""

    entry_id: int = Field(validation_alias="id")
    at: datetime
    phase: str
    outcome: str
    subject: str
    kind: str
    name: str
    organisation: str
    area: str
    action: str
    method: str
    path: str
    service: str
    resources: dict[str, str]
    status: int
    duration_us: int
    request_id: str
    client_ip: str
    user_agent: str


class GuideRead(BaseModel):
    """办事指南 · every procedure of every service."""

    procedures: list[dict[str, Any]]
