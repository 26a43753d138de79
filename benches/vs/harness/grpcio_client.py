"""Calls `bench.Bench/Hello` by grpcio from many threads: `grpcio_client.py ADDR THREADS SECONDS PID`

Prints one line of JSON; `server_cpu_ns` is what a call cost the process PID.
"""

import json
import pathlib
import sys
import threading
import time

import grpc

MESSAGE = b"\x0a\x0axxxxxxxxxx"
WARM_UP = 0.2


def main():
    """Measures for some seconds after a while of warming up."""
    address, threads, seconds, pid = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    times, stop = [[] for _ in range(threads)], threading.Event()
    with grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=30)
        callers = [threading.Thread(target=call, args=(channel, stop, mine)) for mine in times]
        for caller in callers:
            caller.start()
        time.sleep(seconds * WARM_UP)
        before = sample(times, pid)
        time.sleep(seconds)
        after = sample(times, pid)
        stop.set()
        for caller in callers:
            caller.join()
    print(json.dumps(line(before, after, sorted(sum(times, [])))))


def call(channel, stop, times):
    """One call after the other; notes how long each took."""
    hello = channel.unary_unary("/bench.Bench/Hello")
    while not stop.is_set():
        start = time.perf_counter()
        assert hello(MESSAGE) == MESSAGE, "the reply is not the name that was sent"
        times.append(time.perf_counter() - start)


def sample(times, pid):
    """How far it has come."""
    return time.perf_counter(), sum(map(len, times)), cpu_ns(pid)


def cpu_ns(pid):
    """The CPU time of all threads of a process, as Linux counts it."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text(encoding="utf-8").split()[0]) for task in tasks)


def line(before, after, times):
    """What is printed."""
    seconds, count, cpu = (late - early for early, late in zip(before, after))
    return {
        "mode": "grpcio",
        "count": count,
        "seconds": seconds,
        "per_second": count / seconds,
        "server_cpu_ns": cpu / count,
        "p50_us": times[len(times) // 2] * 1e6,
        "p99_us": times[len(times) * 99 // 100] * 1e6,
    }


if __name__ == "__main__":
    main()
