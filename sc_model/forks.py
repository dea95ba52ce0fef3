"""Modules run as programs, without the time of their imports.

`run_module` does what `python -m MODULE ARGUMENTS` does. A process beside this one, the *server*,
has imported what the modules need, and forks for each call: a prover begins in 10 ms instead of
half a second. The server ends with this process. Where the system can't tell it of the end of a
fork (`os.pidfd_open` of Linux), each call starts an interpreter instead.
"""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import traceback
import types
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import IO, Any, cast

from sc_model.environment import child_environment, python_command
from sc_model.processes import marked_environment, run_program, stopping

_PATIENCE_S = 2.0  # for the server's own end

_making_a_server = threading.Lock()
_servers: dict[tuple[str, ...], _Server] = {}


def run_module(
    module: str,
    arguments: Sequence[str],
    imports: Sequence[str],
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a module as a program to its end, and keep what it prints.

    The working folder is that of this process.

    Parameters
    ----------
    module : its name.
    arguments : what it finds in `sys.argv` behind its own name.
    imports : modules that the server imports before it forks; the same for all calls, and without
        threads of their own.
    env : environment; by default that of `sc_model.environment.child_environment`.

    Raises
    ------
    OSError : the server can't be started.
    KeyboardInterrupt : the programs of this process are being stopped.
    """
    if not hasattr(os, "pidfd_open"):
        return run_program(python_command(module, *arguments), env=env)
    environ = marked_environment(child_environment() if env is None else env)
    future, server = _call(module, arguments, imports, environ)
    try:
        status, out, err = future.result()
    except BaseException:  # also an interrupt: whatever it is, the program must not go on
        server.kill(future)
        raise
    if stopping():
        raise KeyboardInterrupt
    return subprocess.CompletedProcess([module, *arguments], status, out, err)


def _call(
    module: str, arguments: Sequence[str], imports: Sequence[str], environ: Mapping[str, str]
) -> tuple[Future[tuple[int, str, str]], _Server]:
    """Ask a server that has these imports, a new one where the last has ended."""
    # A fork is an interpreter as it was started: other variables of Python need another one.
    python = [f"{name}={value}" for name, value in environ.items() if name.startswith("PYTHON")]
    key = (str(os.getpid()), *imports, *sorted(python))
    for _ in range(2):
        with _making_a_server:
            server = _servers.get(key)
            if server is None or server.ended:
                server = _servers[key] = _Server(imports, environ)
        with suppress(BrokenPipeError):  # it ended just now
            return server.ask(module, arguments, environ), server
    raise OSError("the process that forks provers ends at once")


class _Server:
    """A server, as the process sees it that asks.

    Members
    -------
    ended : whether it has ended.
    """

    def __init__(self, imports: Sequence[str], environ: Mapping[str, str]) -> None:
        self.ended = False
        self._answers: dict[int, Future[tuple[int, str, str]]] = {}
        self._lock = threading.Lock()
        self._number = 0
        self._process = subprocess.Popen(
            python_command("sc_model.forks", *imports),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Libraries of NumPy would start threads, which a fork does not have.
            env={**environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            cwd="/",
        )
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._lines = cast("IO[bytes]", self._process.stdout)
        threading.Thread(target=self._listen, name="forks", daemon=True).start()
        atexit.register(self.close)

    def ask(
        self, module: str, arguments: Sequence[str], environ: Mapping[str, str]
    ) -> Future[tuple[int, str, str]]:
        """Have a module run: exit status, standard output and standard error in the future.

        Raises BrokenPipeError where the server has ended.
        """
        future: Future[tuple[int, str, str]] = Future()
        with self._lock:
            if self.ended:
                raise BrokenPipeError
            self._number += 1
            self._answers[self._number] = future
            self._send(
                number=self._number,
                module=module,
                arguments=list(arguments),
                environ=dict(environ),
                cwd=os.getcwd(),
            )
        return future

    def kill(self, future: Future[tuple[int, str, str]]) -> None:
        """End the program of a future, and its children."""
        with self._lock, suppress(BrokenPipeError):
            for number, other in self._answers.items():
                if other is future:
                    self._send(kill=number)

    def close(self) -> None:
        """End the server and all that it runs."""
        with self._lock, suppress(OSError):
            self._requests.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, **request: Any) -> None:
        self._requests.write(json.dumps(request).encode() + b"\n")
        self._requests.flush()

    def _listen(self) -> None:
        """Hand each answer to who waits for it, until the server ends."""
        for line in self._lines:
            answer = json.loads(line)
            with self._lock:
                future = self._answers.pop(answer["number"])
            future.set_result((answer["status"], answer["out"], answer["err"]))
        with self._lock:
            self.ended = True
            with suppress(OSError):  # what was not written goes nowhere
                self._requests.close()
            futures = list(self._answers.values())
            self._answers.clear()
        atexit.unregister(self.close)
        self._lines.close()
        self._process.wait()
        for future in futures:
            # as of a program that was killed
            future.set_result((-signal.SIGKILL, "", "the process that forks provers has ended"))


# --- the server -----------------------------------------------------------------------------------


def serve(imports: Sequence[str]) -> None:
    """Import modules; then run others in forks, as standard input asks for, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks decides what ends
    # What a module prints while it is imported must not come between the answers.
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for name in imports:
        importlib.import_module(name)
    forks: dict[int, tuple[int, int, int, int]] = {}  # number: process, its end, two outputs
    text = b""
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd != 0:
                    number = key.data
                    selector.unregister(key.fd)
                    _answer(answers, number, *forks.pop(number))
                    continue
                piece = os.read(0, 1 << 16)
                if not piece:
                    for process, *_ in forks.values():
                        _end(process)
                    return
                *lines, text = (text + piece).split(b"\n")
                for line in lines:
                    request = json.loads(line)
                    if "kill" in request:
                        if request["kill"] in forks:
                            _end(forks[request["kill"]][0])
                        continue
                    fork = _fork(request, answers)
                    forks[request["number"]] = fork
                    selector.register(fork[1], selectors.EVENT_READ, request["number"])


def _fork(request: Mapping[str, Any], answers: int) -> tuple[int, int, int, int]:
    """Run a module in a fork: its process, the descriptor of its end, and those of its outputs."""
    outputs = [os.memfd_create(name) for name in ("out", "err")]
    process = os.fork()
    if not process:
        status = 1
        try:
            os.close(answers)  # whoever listens must see the end of the server, should it be killed
            _become(request, outputs)
            status = _run(request["module"], request["arguments"])
        finally:
            os._exit(status)  # the libraries' own clean-up is that of the server
    with suppress(OSError):  # the fork does the same: whoever comes first
        os.setpgid(process, process)
    return process, os.pidfd_open(process), outputs[0], outputs[1]


def _become(request: Mapping[str, Any], outputs: Sequence[int]) -> None:
    """Give a fork the streams, environment and folder of the program that it is."""
    os.setpgid(0, 0)  # with its children it can be ended as one
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream, output in enumerate(outputs, 1):
        os.dup2(output, stream)
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["cwd"])


def _run(module: str, arguments: Sequence[str]) -> int:
    """Run a module as `__main__`; its exit status."""
    try:
        spec = importlib.util.find_spec(module)
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(f"No module named {module!r}", name=module)
        main = types.ModuleType("__main__")
        main.__dict__.update(__spec__=spec, __file__=spec.origin, __package__=spec.parent)
        sys.modules["__main__"] = main
        sys.argv = [str(spec.origin), *arguments]
        exec(spec.loader.get_code(module), main.__dict__)  # type: ignore[attr-defined]
    except SystemExit as error:
        if error.code is not None and not isinstance(error.code, int):
            print(error.code, file=sys.stderr)
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _answer(answers: int, number: int, process: int, end: int, *outputs: int) -> None:
    """Tell who asked what a fork has printed, and its exit status."""
    _, waited = os.waitpid(process, 0)
    os.close(end)
    texts = []
    for output in outputs:
        size = os.fstat(output).st_size
        texts.append(os.pread(output, size, 0).decode(errors="replace"))
        os.close(output)
    status = os.waitstatus_to_exitcode(waited)
    line = {"number": number, "status": status, "out": texts[0], "err": texts[1]}
    data = json.dumps(line).encode() + b"\n"
    with suppress(BrokenPipeError):
        while data:
            data = data[os.write(answers, data) :]


def _end(process: int) -> None:
    """End a fork and its children."""
    with suppress(OSError):
        os.killpg(process, signal.SIGKILL)
    with suppress(OSError):
        os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    serve(sys.argv[1:])
