"""A worker process for tests: the real one, but the broker gives unacknowledged events back after two seconds."""

import sys

import uvloop

from services.kit import consumer, worker

consumer.ACK_WAIT_SECONDS = 2.0

if __name__ == "__main__":
    uvloop.run(worker.main(sys.argv[1]))
