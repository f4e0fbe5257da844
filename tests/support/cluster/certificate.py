"""A self-signed certificate for the servers, enough for `sslmode=require`."""
import os
import subprocess
from pathlib import Path

from .process import give_to_service_user


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """(certificate, key); the key is readable for the service user only, as PostgreSQL insists."""
    certificate, key = folder / "server.crt", folder / "server.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "30", "-subj", "/CN=tamada-test", "-keyout", str(key), "-out", str(certificate)],
                   check=True, capture_output=True)
    os.chmod(key, 0o600)
    for path in (certificate, key):
        give_to_service_user(path)
    return certificate, key
