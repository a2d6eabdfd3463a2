"""Roles and what they allow 角色权限, read from roles.toml; which duties exclude each other 不相容岗位."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.kit.problems import Refused, Text

FILE = Path(__file__).parent / "roles.toml"
SELF = "gateway:self"  # everyone who signed in: his own session and password
BIND = "gateway:bind"  # a citizen who is not bound to his person yet


class RoleUnknown(Refused):
    """No such role for this kind of caller (角色不存在)."""

    slug = "role-unknown"
    title = Text("角色不存在或不能授予", "No such role, or not one to grant")
    detail = Text("请从 {grantable} 中选择角色。", "Choose from {grantable}.")


class DutiesIncompatible(Refused):
    """One person would hold duties that exclude each other (不相容岗位)."""

    slug = "duties-incompatible"
    title = Text("不相容岗位不得由同一人兼任", "These duties exclude each other")
    detail = Text("{rule_zh}，请调整角色：{roles}。", "{rule_en}; change the roles {roles}.")


@dataclass(frozen=True, slots=True)
class Role:
    """One role."""

    code: str
    title: Text
    kind: str
    duty: str
    scopes: frozenset[str]
    given: bool


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Two duties that exclude each other, and where that is said."""

    duties: frozenset[str]
    rule: Text
    source: str


class Roles:
    """All roles and exclusions."""

    def __init__(self, roles: Mapping[str, Role], exclusions: Iterable[Exclusion]) -> None:
        self.all, self.exclusions = dict(roles), tuple(exclusions)

    def scopes(self, roles: Iterable[str]) -> frozenset[str]:
        """What the roles allow together; a role that no longer exists allows nothing."""
        allowed = {SELF}
        for code in roles:
            if role := self.all.get(code):
                allowed |= role.scopes
        return frozenset(allowed)

    def check(self, roles: Iterable[str], *, kind: str) -> list[str]:
        """The roles in order, if they may be granted together. Raises RoleUnknown, DutiesIncompatible."""
        chosen = sorted(set(roles))
        grantable = sorted(role.code for role in self.all.values() if role.kind == kind and not role.given)
        if not set(chosen) <= set(grantable):
            raise RoleUnknown(grantable=grantable)
        duties = {self.all[code].duty for code in chosen}
        for exclusion in self.exclusions:
            if exclusion.duties <= duties:
                raise DutiesIncompatible(rule_zh=exclusion.rule.zh, rule_en=exclusion.rule.en, roles=chosen)
        return chosen


def load(file: Path = FILE) -> Roles:
    """The roles of the file."""
    data = tomllib.loads(file.read_text("utf-8"))
    roles = {
        code: Role(
            code=code,
            title=Text(entry["zh"], entry["en"]),
            kind=entry["kind"],
            duty=entry["duty"],
            scopes=frozenset(entry["scopes"]),
            given=entry.get("given", False),
        )
        for code, entry in data["role"].items()
    }
    exclusions = [
        Exclusion(frozenset(entry["duties"]), Text(entry["zh"], entry["en"]), entry["source"])
        for entry in data["incompatible"]
    ]
    return Roles(roles, exclusions)
