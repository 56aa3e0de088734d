"""`python -m localcloud --port 4566 --log info`"""

import argparse
import logging
import os
import sys

from localcloud.preflight import CannotStartError
from localcloud.settings import Settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="localcloud", description="A local AWS, on loopback.")
    parser.add_argument("--port", type=int, default=4566, help="port of the AWS APIs")
    parser.add_argument(
        "--listener-base", type=int, default=8000, help="first port for load balancers"
    )
    parser.add_argument("--cdn-base", type=int, default=8080, help="first port for distributions")
    parser.add_argument(
        "--log", default="info", choices=("debug", "info", "warning", "error"), help="log level"
    )
    arguments = parser.parse_args()
    level = arguments.log.upper()
    os.environ["LOG_LEVEL"] = level  # MiniStack's, read when it is imported
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    bases = {"listener_base": arguments.listener_base, "cdn_base": arguments.cdn_base}
    return _run(Settings(port=arguments.port, **bases))


def _run(settings: Settings) -> int:
    from localcloud.server import run

    try:
        return run(settings)
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        return 3


if __name__ == "__main__":
    sys.exit(main())
