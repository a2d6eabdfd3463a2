"""The short way of a plain read: `uvicorn gateway.app:app --http gateway.protocol:Protocol`.

Most requests are reads by a known caller whose answer is small and comes at once. The task, the messages and the
events that ASGI needs for one cost more than all of the gateway's own work, so such a read is served within the
parsers' callbacks (docs/decisions/0010). The rules are the gateway's own, called in the same order. Whatever else
happens (a refusal, no free connection, an answer in pieces, a broken service, a caller who leaves or who asks on
before he is answered) hands the request over to the ordinary way, which goes on where this one was.
"""

import asyncio
from functools import partial
from typing import Any
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.app import Application
from gateway.ask import Ask
from gateway.proxy import WHOLE, RawHeaders, answer_headers
from gateway.upstream import Connection, check_head


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with the short way before its own. One request at a time is on the short way."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        ordinary = self.config.access_log or self.root_path or self.limit_concurrency is not None
        app = self.app
        self._gateway = app.gateway if isinstance(app, Application) and not ordinary else None
        self._ask: Ask | None = None
        self._asked: Any = None  # its scope
        self._keep = True
        self._upstream: Connection | None = None
        self._default_headers: RawHeaders | None = None
        self._default_lines = b""

    # uvicorn -------------------------------------------------------------------------------------

    def on_headers_complete(self) -> None:
        if self._ask is not None:
            self._hand_over(self._upstream)  # asked on before he was answered: uvicorn keeps the order
        elif self._take():
            return
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self._ask is None:
            super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._ask is not None:
            self._hand_over(self._upstream)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        if self._ask is None:
            super().shutdown()
        else:
            self._keep = False

    # the short way -------------------------------------------------------------------------------

    def _take(self) -> bool:
        """Takes a request that may go the short way, and begins it; else does nothing."""
        gateway, parser, url = self._gateway, self.parser, self.url
        if gateway is None or parser.get_method() != b"GET" or parser.get_http_version() != "1.1":
            return False
        if (
            self.expect_100_continue
            or parser.should_upgrade()
            or url[:1] != b"/"
            or b"#" in url
            or not url.isascii()
        ):
            return False
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        path, _, query = url.partition(b"?")
        ask = Ask(method="GET", path=path, query=query, peer=self.client[0] if self.client else "")
        if not gateway.is_plain(ask, self.headers):
            return False
        self._ask, self._asked, self._keep = ask, self.scope, parser.should_keep_alive()
        self._begin(ask)
        return True

    def _begin(self, ask: Ask) -> None:
        assert self._gateway is not None
        try:
            connection = self._upstream = self._gateway.begin(ask)
        except Exception as error:  # the ordinary way tells the caller
            self._hand_over(error)
            return
        if connection is None:
            self._hand_over(None)
        else:
            connection.heard = self._heard

    def _heard(self) -> None:
        """The service has said something, or the connection to it has failed."""
        connection = self._upstream
        assert connection is not None
        if connection.complete and not connection.error and not self.flow.write_paused:
            self._answer(connection)
        elif connection.error or (connection.answered and connection.promised > WHOLE):
            self._hand_over(connection)
        else:
            connection.expect()

    def _answer(self, connection: Connection) -> None:
        ask, gateway = self._ask, self._gateway
        assert ask is not None and gateway is not None
        try:
            head = self._head(connection, gateway.added(ask))
            gateway.note(ask, connection.status)
        except Exception:  # the ordinary way meets it too, and tells
            self._hand_over(connection)
            return
        body = connection.taken()
        if not self.transport.is_closing():
            self.transport.write(head + body)
        self._forget(connection)
        connection.release()
        if not self._keep:
            self.transport.close()
        self.on_response_complete()

    def _head(self, connection: Connection, added: RawHeaders) -> bytes:
        """The head of a whole answer. Raises Unsendable, KeyError for a status that uvicorn does not know."""
        default = self.server_state.default_headers
        if self._default_headers is not default:  # uvicorn makes another list when the date changes
            self._default_headers = default
            self._default_lines = b"".join([b"%b: %b\r\n" % pair for pair in default])
        length = None if connection.status in (204, 304) else connection.buffered
        headers = answer_headers(connection, added, length=length)
        lines = [name + b": " + value for name, value in headers]
        if not self._keep:
            lines.append(b"connection: close")
        head = STATUS_LINE[connection.status] + self._default_lines + b"\r\n".join(lines) + b"\r\n\r\n"
        check_head(head, lines=1 + len(default) + len(lines))
        return head

    # the ordinary way ----------------------------------------------------------------------------

    def _hand_over(self, begun: Connection | Exception | None) -> None:
        """Goes on with the request as uvicorn would have begun it."""
        ask, scope, gateway = self._ask, self._asked, self._gateway
        assert ask is not None and gateway is not None
        self._forget(self._upstream)
        path = unquote(ask.path.decode("ascii"))
        scope |= {"method": ask.method, "path": path, "raw_path": ask.path, "query_string": ask.query}
        self.cycle = RequestResponseCycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=self._keep,
            on_response=self.on_response_complete,
        )
        self.cycle.more_body = False
        self._start_asgi_task(self.cycle, partial(gateway.resume, ask, begun))

    def _forget(self, connection: Connection | None) -> None:
        if connection is not None:
            connection.heard = None
        self._ask = self._asked = self._upstream = None
