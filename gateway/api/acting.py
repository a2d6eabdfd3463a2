"""What a route tells the trail, and what it learns from the request around it."""

from typing import cast

from fastapi import Request

from gateway.ask import Ask
from gateway.auth import columns_of
from services.kit.identity import Identity


def _ask(request: Request) -> Ask:
    return cast(Ask, request.state.ask)


def acted_as(request: Request, identity: Identity) -> None:
    """Names the caller of a sign-in for the trail."""
    _ask(request).acted = columns_of(identity)


def owner_session(request: Request) -> str:
    """The session of the caller's token."""
    caller = _ask(request).caller
    return caller.session if caller else ""


def resource(request: Request, *, name: str, value: object) -> None:
    """Names for the trail what a route made or granted."""
    ask, named = _ask(request), f"{name}={str(value).replace('&', '%26')}"
    ask.made = f"{ask.made}&{named}" if ask.made else named
