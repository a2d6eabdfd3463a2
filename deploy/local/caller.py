"""A client of the gateway as an integrator would write it: keys for every effect, and patience.

A request that got no answer, or 502, 503, 504 or 429, is sent again with the same Idempotency-Key: whether the
first one had its effect or not, there is one effect and one answer in the end.
"""

import asyncio
from typing import Any, Self
from uuid import uuid4

import httpx

PATIENCE_SECONDS = 60.0
_AGAIN = {429, 502, 503, 504}


class Refusal(Exception):
    """An answer that was not expected, with its problem."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.problem: dict[str, Any] = _problem(response)
        request = response.request
        super().__init__(
            f"{request.method} {request.url.path} -> {self.status} {self.problem.get('type', '')}\n"
            f"  {self.problem.get('detail', '')} {self.problem.get('errors', '')}"
        )


class Caller:
    """One signed-in caller (or nobody) at the gateway."""

    def __init__(self, gateway: str, *, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.AsyncClient(base_url=gateway, headers=headers, timeout=30)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, **params: object) -> Any:
        return await self.send("GET", path, params=params)

    async def post(self, path: str, body: object | None = None, *, key: str | None = None) -> Any:
        return await self.send("POST", path, body=body, key=key)

    async def put(self, path: str, body: object, *, key: str | None = None) -> Any:
        return await self.send("PUT", path, body=body, key=key)

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: object | None = None,
        form: dict[str, str] | None = None,
        params: dict[str, object] | None = None,
        key: str | None = None,
    ) -> Any:
        """The JSON of the answer. Raises Refusal when the answer is a problem."""
        headers = {"Idempotency-Key": key or str(uuid4())} if method != "GET" else {}
        request: dict[str, Any] = {"headers": headers, "params": params}
        request |= {"data": form} if form is not None else {"json": body} if body is not None else {}
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            response = await self._try(method, path, request)
            late = asyncio.get_running_loop().time() > deadline
            if response is not None and (response.status_code not in _AGAIN or late):
                break
            if late:
                raise TimeoutError(f"{method} {path}: no answer within {PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(_pause(response))
        if response.is_error:
            raise Refusal(response)
        return response.json() if response.content else None

    async def _try(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response | None:
        try:
            return await self._http.request(method, path, **request)
        except httpx.TransportError:
            return None


def _pause(response: httpx.Response | None) -> float:
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    return min(float(asked), 5.0) if asked.isdigit() else 0.3


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        told = response.json()
    except ValueError:
        return {"detail": response.text[:200]}
    return told if isinstance(told, dict) else {"detail": str(told)}
