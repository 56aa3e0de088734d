"""`python -m app`: read the settings, serve until SIGTERM, exit 0.

Exit codes: 0 after a drained shutdown, 2 for settings that can't work, 3 (uvicorn's) if the
application could not start.
"""

import os
import signal
import sys
from typing import NoReturn


def main() -> None:
    # First of all: as PID 1 a process without a handler of its own ignores SIGTERM, and the
    # imports below take most of the time to start.
    signal.signal(signal.SIGTERM, stop)
    from .logs import configure_logs
    from .main import create_app
    from .server import serve
    from .settings import Settings, SettingsError

    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        configure_logs().critical("settings refused", reason=str(error))
        sys.exit(2)
    serve(create_app(settings), settings)


def stop(_signal: int, _frame: object) -> NoReturn:
    """Uvicorn drains on SIGTERM and then raises it again; a stop that was asked for is no error."""
    sys.exit(0)


if __name__ == "__main__":
    main()
