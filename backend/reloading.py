"""`python -m reloading`: what `python -m app` does, anew whenever a file of app/ changes.

Only for development (compose.override.yaml): it is no part of the image. It looks at the files'
times, as uvicorn's --reload does without watchfiles: that sees changes through a bind mount of
Docker Desktop too, where no notice of them arrives.
"""

from contextlib import suppress
from socket import socket

import uvicorn
from uvicorn.supervisors.basereload import BaseReload
from uvicorn.supervisors.statreload import StatReload

from app.logs import configure_logs


def serve(sockets: list[socket] | None = None) -> None:  # noqa: ARG001 - how it is called
    """Be the service: its logs, its settings, its drain on SIGTERM. It binds the port itself."""
    from app.__main__ import main

    main()


class Reload(StatReload):
    """Looks at the files before it restarts the service: StatReload does so only afterwards, and a
    change made meanwhile would count as seen.
    """

    def restart(self) -> None:
        self.mtimes = {}
        for file in self.iter_py_files():
            with suppress(OSError):  # an editor is just replacing it
                self.mtimes[file] = file.stat().st_mtime
        BaseReload.restart(self)


def watch() -> None:
    """Run the service in a process of its own until SIGTERM or SIGINT."""
    configure_logs()
    config = uvicorn.Config("app", log_config=None, reload=True, reload_dirs=["app"])
    Reload(config, target=serve, sockets=[]).run()


if __name__ == "__main__":
    watch()
