"""``python -m benchmarks.responder UDP TCP``: so many ports that answer, in a process of their own.

A UDP port answers every SIP OPTIONS with 200 and anything else as a DNS query with REFUSED; a TCP port accepts and
hangs up. The first line names the ports; then a line for each question that comes after half a second of silence,
with its time (seconds of the monotonic clock, which the processes of a machine share). Ends with SIGTERM.
"""

from __future__ import annotations

import selectors
import socket
import sys
import time

SILENCE_S = 0.5
_ECHOED = (b"via:", b"from:", b"to:", b"call-id:", b"cseq:")
_DNS_RESPONSE_REFUSED = b"\x80\x05"


def sip_answer(request: bytes) -> bytes:
    """200 to a request, with the headers RFC 3261 §8.2.6.2 wants back."""
    head = request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    kept = [line for line in head if line.lower().startswith(_ECHOED)]
    tagged = [line + b";tag=bench" if line.lower().startswith(b"to:") else line for line in kept]
    return b"\r\n".join([b"SIP/2.0 200 OK", *tagged, b"Content-Length: 0", b"", b""])


def dns_answer(query: bytes) -> bytes:
    """REFUSED, with the question as it came (RFC 1035 §4.1.1)."""
    return query[:2] + _DNS_RESPONSE_REFUSED + query[4:]


def answer(one: socket.socket) -> None:
    """Answer what waits at this port."""
    if one.type == socket.SOCK_STREAM:
        one.accept()[0].close()
        return
    data, asker = one.recvfrom(8192)
    one.sendto(sip_answer(data) if data.startswith(b"OPTIONS ") else dns_answer(data), asker)


def serve(udp_ports: int, tcp_ports: int) -> None:
    """Answer, forever."""
    waiting = selectors.DefaultSelector()
    kinds = [socket.SOCK_DGRAM] * udp_ports + [socket.SOCK_STREAM] * tcp_ports
    ports = []
    for kind in kinds:
        one = socket.socket(socket.AF_INET, kind)
        one.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            one.listen()
        waiting.register(one, selectors.EVENT_READ, one)
        ports.append(one.getsockname()[1])
    print("ports", *ports, flush=True)
    last = float("-inf")
    while True:
        for key, _ in waiting.select():
            now = time.monotonic()
            answer(key.data)
            if now > last + SILENCE_S:
                print(f"asked {now:.6f}", flush=True)
            last = now


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
