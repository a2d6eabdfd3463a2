"""An answer leaves in one write, and nothing of it is held back at its end."""

from gateway.wire import Joined, join_writes


class Wire:
    """A transport that remembers what was written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


class TestJoined:
    def test_sends_head_and_body_together_and_the_rest_at_once(self) -> None:
        wire = Wire()
        joined = Joined(wire)
        for part in (b"HTTP/1.1 200 OK\r\n\r\n", b"one", b"two"):
            joined.write(part)
        assert wire.written == [b"HTTP/1.1 200 OK\r\n\r\none", b"two"]

    def test_lets_an_interim_answer_through(self) -> None:
        wire = Wire()
        joined = Joined(wire)
        joined.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert wire.written == [b"HTTP/1.1 100 Continue\r\n\r\n"]

    def test_sends_a_lone_head_before_it_closes(self) -> None:
        wire = Wire()
        joined = Joined(wire)
        joined.write(b"HTTP/1.1 200 OK\r\n\r\n")
        joined.close()
        assert wire.written == [b"HTTP/1.1 200 OK\r\n\r\n"]
        assert joined.is_closing()

    def test_leaves_a_server_without_transports_alone(self) -> None:
        join_writes(lambda message: None)
