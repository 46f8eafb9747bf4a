"""Work for the tests of executors."""

import os
import signal
import time


def count(shared, job, worker, stop):
    """Yield numbers up to `job`, from the one that is shared."""
    for number in range(shared, job):
        yield number
        if stop():
            yield "stopped"
            return


def report(shared, job, worker, stop):
    """Say who works, and then do what the job says: end, die, raise, or go on until stopped."""
    yield (worker, os.getpid())
    if job == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if job == "exit":
        os._exit(7)
    if job == "raise":
        raise ValueError("that was\nwrong")
    if job == "go on":
        while not stop():
            time.sleep(0.01)
        yield "stopped"
    if job == "deaf":
        time.sleep(600)
