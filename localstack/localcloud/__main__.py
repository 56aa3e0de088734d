"""`python -m localcloud --port 4566 --log info`"""

import argparse
import logging
import os
import sys

from localcloud.preflight import CannotStartError
from localcloud.settings import Settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="localcloud", description="A local AWS, on loopback.")
    parser.add_argument("--port", type=int, default=4566, help="port of the AWS APIs")
    parser.add_argument(
        "--listener-base", type=int, default=8000, help="first port for load balancers"
    )
    parser.add_argument("--cdn-base", type=int, default=8080, help="first port for distributions")
    parser.add_argument("--database-base", type=int, default=15432, help="first port for databases")
    parser.add_argument("--postgres-image", default="", help="image that databases run")
    parser.add_argument(
        "--persist", action="store_true", help="keep databases' rows when the local cloud stops"
    )
    parser.add_argument(
        "--log", default="info", choices=("debug", "info", "warning", "error"), help="log level"
    )
    return parser


def main() -> int:
    arguments = _parser().parse_args()
    level = arguments.log.upper()
    os.environ["LOG_LEVEL"] = level  # MiniStack's, read when it is imported
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    given = {name: value for name, value in vars(arguments).items() if name != "log"}
    return _run(Settings(**given))


def _run(settings: Settings) -> int:
    from localcloud.server import run

    try:
        return run(settings)
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        return 3


if __name__ == "__main__":
    sys.exit(main())
