"""Where AWS credentials come from: the environment at once, everything else through botocore."""

import threading
from collections.abc import Mapping
from typing import Any

from deploy.errors import PreflightError
from deploy.signature import Credentials

LOCAL = Credentials("test", "test")
RENEW = "renew them (`aws sso login`, or set AWS_PROFILE) and run it again"


class CredentialChain:
    """The order of botocore: the environment, then profile, SSO, container, instance.

    https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
    `environ` is the process's environment. With `local` (a local cloud) any credentials do, and
    the user's stay at home. Thread-safe.
    """

    def __init__(self, environ: Mapping[str, str], *, local: bool = False) -> None:
        self._fixed = LOCAL if local else of_environment(environ)
        self._found: Any = None  # botocore's, which refresh themselves
        self._lock = threading.Lock()

    def current(self) -> Credentials:
        """Return credentials that are good now. Raises PreflightError if there are none."""
        if self._fixed:
            return self._fixed
        from botocore.exceptions import BotoCoreError

        try:
            with self._lock:
                self._found = self._found or _resolve()
            frozen = self._found.get_frozen_credentials()
        except BotoCoreError as error:
            raise PreflightError(str(error), remedy=RENEW) from error
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "")

    def renew(self, refused: Credentials) -> bool:
        """Look again where credentials come from, after AWS called `refused` expired.

        Return whether there are others now. Raises PreflightError if there are none.
        """
        if self._fixed:
            return False
        with self._lock:
            self._found = None
        return self.current() != refused


def of_environment(environ: Mapping[str, str]) -> Credentials | None:
    """Return the environment's credentials; None if botocore must look at them, or elsewhere."""
    access, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if not access or not secret or environ.get("AWS_CREDENTIAL_EXPIRATION"):
        return None
    token = environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN")
    return Credentials(access, secret, token or "")


def _resolve() -> Any:
    from botocore.exceptions import NoCredentialsError
    from botocore.session import Session

    found = Session().get_credentials()
    if found is None:
        raise NoCredentialsError
    return found
