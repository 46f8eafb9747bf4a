"""The program for shell scripts: forked as `tests.forking` does it, by the same server.

Run with the program's arguments, in an interpreter that starts in no time: it imports no package.
Whoever runs the script has the socket, and asks nothing as long as the script runs.
"""

import json
import os
import socket
import sys
import time

VARIABLE = "TESTS_FORK_SERVER"  # the socket's descriptor


def main() -> int:
    with (
        socket.socket(fileno=int(os.environ[VARIABLE])) as channel,
        channel.makefile("rw") as lines,
    ):

        def ask(question: object) -> int | None:
            lines.write(f"{json.dumps(question)}\n")
            lines.flush()
            answer: int | None = json.loads(lines.readline())
            return answer

        own = f"/proc/{os.getpid()}/fd"
        streams = {"out": f"{own}/1", "err": f"{own}/2"}
        arguments = ["paretocli", *sys.argv[1:]]
        where = {"cwd": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109 - no imports
        process = ask({"arguments": arguments, **where, **streams})
        while (code := ask(process)) is None:
            time.sleep(0.01)
        channel.detach()
    return code


if __name__ == "__main__":
    sys.exit(main())
