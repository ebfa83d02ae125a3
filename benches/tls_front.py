"""tls_front.py CHAIN KEY PORT: TLS 1.3 in front of the stub at PORT. Prints its own port.

A thread a connection; requests and answers alternate, so each is passed on by turns.
"""

import socket
import ssl
import sys
import threading


def serve(context, raw, port):
    try:
        with context.wrap_socket(raw, server_side=True) as near:
            with socket.create_connection(("127.0.0.1", port)) as far:
                far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while request := message(near):
                    far.sendall(request)
                    near.sendall(message(far))
    except OSError:
        pass  # The client went away.


def message(stream):
    """One HTTP message; empty at the connection's end."""
    data = b""
    while True:
        piece = stream.recv(65536)
        if not piece:
            return b""
        data += piece
        head, end, body = data.partition(b"\r\n\r\n")
        lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if end and len(body) >= int(lengths[0] if lengths else 0):
            return data


def main():
    chain, key, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    # Connections come at the same time; none shall wait for the interpreter.
    sys.setswitchinterval(0.0002)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(chain, key)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            raw, _ = listener.accept()
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(context, raw, port), daemon=True).start()


main()
