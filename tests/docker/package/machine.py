"""A Debian machine with systemd as PID 1, as a Docker container. Docker's own settings (DOCKER_HOST) hold."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent

# What systemd needs to mount and to shut services in. Not --privileged: that asks for every capability there is, and an
# engine that does not have them all itself (in a container or a small virtual machine) refuses it.
POWERS = ("--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined",
          "--security-opt", "apparmor=unconfined", "--security-opt", "systempaths=unconfined")


class Failure(Exception):
    """What was looked at, what was found, and what was expected."""


def docker(*words: str, check: bool = True) -> str:
    """Runs the Docker tool; returns what it and the command inside say, both outputs together."""
    done = subprocess.run(["docker", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if check and done.returncode != 0:
        raise Failure(f"docker {' '.join(words[:6])}: exit status {done.returncode}, expected 0:\n{done.stdout}")
    return done.stdout


class Machine:
    """Builds the image with the package laid in, and starts the machine. A context: leaves nothing behind."""

    def __init__(self, package: pathlib.Path, base: str) -> None:
        self._package = package
        self._base = base
        self._name = f"tamada-package-test-{os.getpid()}"

    def __enter__(self) -> "Machine":
        try:
            self._build()
            docker("run", "-d", "--name", self._name, *POWERS, "--network", "none", "--env", f"TREE={self._name}",
                   "--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp", self._name)
            self.wait("systemd has started", "systemctl is-system-running", ("running", "degraded"), seconds=60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        docker("rm", "--force", "--volumes", self._name, check=False)
        docker("run", "--rm", *POWERS, "--network", "none", "--env", f"TREE={self._name}", self._name, "--clean",
               check=False)
        docker("rmi", "--force", self._name, check=False)

    def _build(self) -> None:
        with tempfile.TemporaryDirectory() as context:
            for name in ("Dockerfile", "start-systemd"):
                shutil.copy(HERE / name, context)
            shutil.copy(self._package, f"{context}/tamada-router.deb")
            docker("build", "--network", "host", "--build-arg", f"BASE_IMAGE={self._base}", "--tag", self._name,
                   context)

    def run(self, command: str) -> str:
        """What a shell command says; it must succeed."""
        return docker("exec", self._name, "sh", "-c", command).strip()

    def status(self, command: str) -> tuple[int, str]:
        """The exit status of a shell command that may fail, and what it says."""
        done = subprocess.run(["docker", "exec", self._name, "sh", "-c", command],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        """Replaces a file's content."""
        subprocess.run(["docker", "exec", "-i", self._name, "sh", "-c", f"cat >{path}"], input=text, text=True,
                       check=True)

    def expect(self, what: str, command: str, expected: str) -> None:
        """A command must say exactly this, whatever its exit status."""
        found = self.status(command)[1]
        if found != expected:
            raise Failure(f"{what}: `{command}` says {found!r}, expected {expected!r}\n{self.journal()}")

    def wait(self, what: str, command: str, expected: tuple[str, ...], seconds: float = 15) -> None:
        """A command must come to say one of these."""
        end = time.monotonic() + seconds
        while (found := self.status(command)[1]) not in expected:
            if time.monotonic() > end:
                raise Failure(f"{what}: `{command}` still says {found!r} after {seconds:g} s, expected "
                              f"{' or '.join(expected)}\n{self.journal()}")
            time.sleep(0.2)

    def journal(self) -> str:
        """The last lines of the service's journal, for a failure's message."""
        return self.status("journalctl --no-pager -n 25 -u tamada-router")[1]
