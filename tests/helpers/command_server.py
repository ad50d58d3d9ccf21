"""Run `moodcurve` in copies of one process that has imported everything: importing takes seconds, copying does not.

`python -m tests.helpers.command_server SOCKET` serves; the script of `write_client`, as ``moodcurve`` on the PATH of a
shell, passes a command's words, folder, environment and streams on, and ends as the command does.
"""

import array
import atexit
import json
import os
import signal
import socket
import sys
from pathlib import Path

CLIENT = """#!{python} -ISE
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({socket!r})
    call = {{"words": sys.argv, "folder": os.getcwd(), "environment": dict(os.environ)}}
    socket.send_fds(server, [json.dumps(call).encode() + b"\\n"], [0, 1, 2])
    sys.exit(int(server.recv(16) or 99))
"""
MODULES = (
    "matplotlib.backends.backend_agg", "matplotlib.pyplot", "numba", "onnx", "onnxruntime", "sklearn.linear_model",
    "sklearn.svm", "soundfile", "torch", "moodcurve.analysis", "moodcurve.cli.commands", "moodcurve.cli.training",
    "moodcurve.learn.training",
)  # fmt: skip


def write_client(path: Path, socket_path: Path) -> None:
    """Write the script that stands for the command."""
    path.write_text(CLIENT.format(python=sys.executable, socket=str(socket_path)))
    path.chmod(0o755)


def main() -> None:
    """Serve until the process that started this one closes its end of standard input."""
    if hasattr(os, "sched_setaffinity"):  # one worker process for a folder: each takes as long to start as its songs
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})
    for module in MODULES:
        __import__(module)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(sys.argv[1])
        server.listen()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no child is waited for
        if os.fork() == 0:
            sys.stdin.read()
            os.kill(os.getppid(), signal.SIGTERM)
            os._exit(0)
        print("ready", flush=True)
        while True:
            client, _ = server.accept()
            if os.fork() == 0:
                server.close()
                serve(client)
            client.close()


def serve(client: socket.socket) -> None:
    """Run a command and report its exit code; does not return."""
    from moodcurve.cli import main as run

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    data, streams, *_ = socket.recv_fds(client, 1 << 20, 3)
    while not data.endswith(b"\n"):
        data += client.recv(1 << 20)
    call = json.loads(data)
    for number, stream in enumerate(array.array("i", streams)):
        os.dup2(stream, number)
        os.close(stream)
    # text layers know whether what they lie on can be rewound, so they are made again
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, "w" if n else "r", closefd=False) for n in range(3))
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["environment"])
    sys.argv = call["words"]
    code = 70
    try:
        run()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        client.sendall(str(code).encode())
        os._exit(0)


if __name__ == "__main__":
    main()
